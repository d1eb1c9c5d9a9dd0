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

#[cfg(test)]
mod tests {
    use lambda_http::http;

    use super::*;
    use crate::http::json;

    fn answer(tags: Option<&str>) -> Response {
        let request = tags
            .into_iter()
            .fold(http::Request::builder(), |request, tags| request.header("if-none-match", tags));
        let request = Request::new(request.body(Body::Empty).expect("the tags are right"));
        let cache = Cache { control: HeaderValue::from_static("public, max-age=10") };
        let response = json(StatusCode::OK, &["Heat"]).expect("it is JSON");
        cache.answer(&request, response).expect("the tag is a header's value")
    }

    #[test]
    fn body_that_client_has_is_left_out() {
        let first = answer(None);
        assert_eq!((first.status(), first.body()), (StatusCode::OK, &Body::Text(r#"["Heat"]"#.into())));
        let tag = first.headers()[ETAG].to_str().expect("it is ASCII");
        let second = answer(Some(tag));
        assert_eq!((second.status(), second.body()), (StatusCode::NOT_MODIFIED, &Body::Empty));
        assert!(!second.headers().contains_key(CONTENT_TYPE));
        for name in [ETAG, CACHE_CONTROL] {
            assert_eq!(second.headers()[&name], first.headers()[&name], "{name}");
        }
    }

    #[test]
    fn body_that_client_has_not_is_sent() {
        let (first, other) = (answer(None), answer(Some("\"x\"")));
        assert_eq!(other.status(), StatusCode::OK);
        assert_eq!((other.body(), other.headers()), (first.body(), first.headers()));
        assert_eq!(other.headers()[CACHE_CONTROL], "public, max-age=10");
    }
}
