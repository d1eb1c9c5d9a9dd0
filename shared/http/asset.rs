//! Static files inside an executable, stored compressed.

use std::{
    borrow::Cow,
    io::{Read, Write},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use headers::HeaderMapExt;
use lambda_http::{
    Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
};
use ring::digest::{SHA256, digest};

use super::{
    Error, Request, Response,
    etag::{has_current_copy, strong_tag},
};

/// A static file. Its entity tag is a hash of its content.
pub struct Asset {
    gzip: Cow<'static, [u8]>,
    tag: Cow<'static, str>,
    headers: HeaderMap,
}

/// Includes a file that `build.rs` compressed, as an [`Asset`](crate::http::Asset) of this media type.
#[macro_export]
macro_rules! asset {
    ($media_type:literal, $name:literal) => {
        $crate::http::Asset::new(
            $media_type,
            include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")).as_slice(),
            include_str!(concat!(env!("OUT_DIR"), "/", $name, ".tag")),
        )
    };
}

impl Asset {
    /// Returns an asset of gzip-compressed content and its entity tag. Browsers and proxies revalidate it
    /// each time, unless [`Self::cached`] is called.
    pub fn new(
        media_type: &'static str,
        gzip: impl Into<Cow<'static, [u8]>>,
        tag: impl Into<Cow<'static, str>>,
    ) -> Self {
        let headers = [
            (CONTENT_TYPE, media_type),
            (CACHE_CONTROL, "no-cache"),
            (VARY, "accept-encoding"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self { gzip: gzip.into(), tag: tag.into(), headers: headers.into_iter().collect() }
    }

    /// Compresses `content` into an asset. Fails only if writing to memory fails.
    pub fn compress(media_type: &'static str, content: &[u8]) -> Result<Self, std::io::Error> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content)?;
        let gzip = encoder.finish()?;
        let tag = URL_SAFE_NO_PAD.encode(&digest(&SHA256, &gzip).as_ref()[..12]);
        Ok(Self::new(media_type, gzip, tag))
    }

    /// Allows browsers and proxies to cache the file for a day.
    pub fn cached(self) -> Self {
        self.with_header(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"))
    }

    /// Adds a header to every response.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Returns the uncompressed content. Fails if the stored bytes are not gzip.
    fn content(&self) -> Result<Vec<u8>, std::io::Error> {
        let mut content = Vec::new();
        GzDecoder::new(&*self.gzip).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Responds with 200 and the file, compressed for clients that accept gzip, or with 304 if the client has
    /// the current version.
    pub fn respond(&self, request: &Request) -> Result<Response, Error> {
        let compressed = request.header("accept-encoding").is_some_and(accepts_gzip);
        let tag =
            if compressed { strong_tag(&format!("{}-gzip", self.tag))? } else { strong_tag(&self.tag)? };
        let known = has_current_copy(request, &tag);

        let mut response = Response::new(Body::Empty);
        response.headers_mut().clone_from(&self.headers);
        response.headers_mut().typed_insert(tag);
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if compressed {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *response.body_mut() = Body::Binary(self.gzip.to_vec());
        } else {
            *response.body_mut() = Body::Binary(self.content().map_err(Error::internal)?);
        }
        Ok(response)
    }
}

/// Returns whether `Accept-Encoding` allows gzip
/// ([RFC 9110, section 12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)).
fn accepts_gzip(header: &str) -> bool {
    let weight = |wanted: &str| {
        header.split(',').find_map(|item| {
            let (coding, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
            let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            coding.trim().eq_ignore_ascii_case(wanted).then_some(weight.unwrap_or(0.0))
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}
