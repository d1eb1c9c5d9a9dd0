//! Files of which a URL names one version.

use headers::{ETag, HeaderMapExt};
use lambda_http::{
    Body,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};

use super::{
    Error, Request, Response,
    etag::{has_current_copy, strong_tag},
};

/// A version of a file, whose content never changes.
pub struct FileVersion {
    tag: ETag,
    cache_control: HeaderValue,
}

impl FileVersion {
    /// Returns the version with this name and these directives for caches. Fails for text that no header can hold.
    pub fn new(name: &str, cache_control: &'static str) -> Result<Self, Error> {
        Ok(Self { tag: strong_tag(name)?, cache_control: HeaderValue::from_static(cache_control) })
    }

    /// Returns the 304 if the client has the file, which then need not be loaded.
    pub fn not_modified(&self, request: &Request) -> Option<Response> {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        has_current_copy(request, &self.tag).then(|| self.tagged(response))
    }

    /// Returns the file.
    pub fn respond(&self, media_type: &'static str, content: Vec<u8>) -> Response {
        let mut response = Response::new(Body::Binary(content));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.tagged(response)
    }

    fn tagged(&self, mut response: Response) -> Response {
        response.headers_mut().typed_insert(self.tag.clone());
        response.headers_mut().insert(CACHE_CONTROL, self.cache_control.clone());
        response
    }
}
