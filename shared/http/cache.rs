//! Answers that may be kept by whoever reads the catalogue: browsers, CDNs, the gateway's own cache.

use lambda_http::{
    Body,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
    },
};

use super::{ETag, Error, Request, Response};
use crate::config::{self, ConfigError};

/// How long others may keep an answer without asking again.
pub struct Cache {
    control: HeaderValue,
}

impl Cache {
    /// Reads `CACHE_SECONDS` (10; 0 to 86400). With 0 an answer may be kept, and is asked for each time.
    pub fn start() -> Result<Self, ConfigError> {
        let seconds: u32 = config::parsed("CACHE_SECONDS", 10)?;
        if seconds > 86_400 {
            return Err(ConfigError::new("CACHE_SECONDS", "must be from 0 to 86400"));
        }
        let control = match seconds {
            0 => HeaderValue::from_static("no-cache"),
            _ => HeaderValue::from_str(&format!("public, max-age={seconds}"))
                .map_err(|error| ConfigError::new("CACHE_SECONDS", error))?,
        };
        Ok(Self { control })
    }

    /// Adds `ETag` and `Cache-Control` to an answer; 304 without a body where the client has it already
    /// ([RFC 9110, section 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    pub fn answer(&self, request: &Request, mut response: Response) -> Result<Response, Error> {
        let etag = ETag::of(response.body());
        if etag.is_known_to(request) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::Empty;
            response.headers_mut().remove(CONTENT_TYPE);
        }
        let headers = response.headers_mut();
        headers.insert(ETAG, HeaderValue::from_str(etag.as_str()).map_err(Error::internal)?);
        headers.insert(CACHE_CONTROL, self.control.clone());
        Ok(response)
    }
}
