//! Responses that browsers and CDNs may store.

use std::time::Duration;

use headers::{CacheControl, HeaderMapExt};
use lambda_http::{
    Body,
    http::{StatusCode, header::CONTENT_TYPE},
};

use super::{
    Error, Request, Response,
    etag::{entity_tag, has_current_copy},
};
use crate::config::{self, ConfigError};

/// How long caches may use a response without revalidating it.
pub struct Cache {
    control: CacheControl,
}

impl Cache {
    /// Reads `CACHE_SECONDS` (default 10, from 0 to 86400). With 0, caches must revalidate every time. Fails
    /// if the value is outside this range.
    pub fn start() -> Result<Self, ConfigError> {
        let seconds: u32 = config::parsed("CACHE_SECONDS", 10)?;
        let control = match seconds {
            0 => CacheControl::new().with_no_cache(),
            1..=86_400 => CacheControl::new().with_public().with_max_age(Duration::from_secs(seconds.into())),
            _ => return Err(ConfigError::new("CACHE_SECONDS", "must be from 0 to 86400")),
        };
        Ok(Self { control })
    }

    /// Adds `ETag` and `Cache-Control` to a response. Turns it into 304 without a body if the client has the
    /// current version ([RFC 9110, section 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    pub fn respond(&self, request: &Request, mut response: Response) -> Result<Response, Error> {
        let tag = entity_tag(response.body())?;
        if has_current_copy(request, &tag) {
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

#[cfg(test)]
mod tests {
    use lambda_http::http::{
        self,
        header::{CACHE_CONTROL, ETAG},
    };

    use super::*;
    use crate::http::json;

    fn respond(tags: Option<&str>) -> Response {
        let request = tags
            .into_iter()
            .fold(http::Request::builder(), |request, tags| request.header("if-none-match", tags));
        let request = Request::new(request.body(Body::Empty).expect("the tags are right"));
        let control = CacheControl::new().with_public().with_max_age(Duration::from_secs(10));
        let cache = Cache { control };
        let response = json(StatusCode::OK, &["Heat"]).expect("it is JSON");
        cache.respond(&request, response).expect("the tag is a header's value")
    }

    #[test]
    fn matching_etag_returns_304_without_body() {
        let first = respond(None);
        assert_eq!((first.status(), first.body()), (StatusCode::OK, &Body::Text(r#"["Heat"]"#.into())));
        let tag = first.headers()[ETAG].to_str().expect("it is ASCII");
        let second = respond(Some(tag));
        assert_eq!((second.status(), second.body()), (StatusCode::NOT_MODIFIED, &Body::Empty));
        assert!(!second.headers().contains_key(CONTENT_TYPE));
        for name in [ETAG, CACHE_CONTROL] {
            assert_eq!(second.headers()[&name], first.headers()[&name], "{name}");
        }
    }

    #[test]
    fn other_etag_returns_200_with_body() {
        let (first, other) = (respond(None), respond(Some("\"x\"")));
        assert_eq!(other.status(), StatusCode::OK);
        assert_eq!((other.body(), other.headers()), (first.body(), first.headers()));
        assert_eq!(other.headers()[CACHE_CONTROL], "public, max-age=10");
    }
}
