//! Responses that may be kept by whoever reads the catalogue: browsers, CDNs, the gateway's own cache.

use std::time::Duration;

use headers::{CacheControl, HeaderMapExt};
use lambda_http::{
    Body,
    http::{StatusCode, header::CONTENT_TYPE},
};

use super::{
    Error, Request, Response,
    etag::{entity_tag, is_known},
};
use crate::config::{self, ConfigError};

/// How long others may keep a response without asking again.
pub struct Cache {
    control: CacheControl,
}

impl Cache {
    /// Reads `CACHE_SECONDS` (10; 0 to 86400). With 0 a response may be kept, and is asked for each time.
    pub fn start() -> Result<Self, ConfigError> {
        let seconds: u32 = config::parsed("CACHE_SECONDS", 10)?;
        let control = match seconds {
            0 => CacheControl::new().with_no_cache(),
            1..=86_400 => CacheControl::new().with_public().with_max_age(Duration::from_secs(seconds.into())),
            _ => return Err(ConfigError::new("CACHE_SECONDS", "must be from 0 to 86400")),
        };
        Ok(Self { control })
    }

    /// Adds `ETag` and `Cache-Control` to a response; 304 without a body where the client has it already
    /// ([RFC 9110, section 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    pub fn answer(&self, request: &Request, mut response: Response) -> Result<Response, Error> {
        let tag = entity_tag(response.body())?;
        if is_known(request, &tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::Empty;
            response.headers_mut().remove(CONTENT_TYPE);
        }
        let headers = response.headers_mut();
        headers.typed_insert(tag);
        headers.typed_insert(self.control.clone());
        Ok(response)
    }
}
