//! An HTTP request, from a REST API or HTTP API event.

use std::{borrow::Cow, net::IpAddr, sync::OnceLock, time::SystemTime};

use headers::{Header, HeaderMapExt};
use lambda_http::{
    Body, RequestExt,
    http::{Method, header},
    request::RequestContext,
};
use lambda_runtime::Context;
use percent_encoding::percent_decode_str;

use super::{Error, StatusCode, forwarded};
use crate::{
    invocation::{deadline, trace_id},
    json::Json,
    validation::Fault,
};

/// Detail of the 400 for a body that is not UTF-8.
pub const UNREADABLE_BODY: &str = "There was an error parsing the body";

/// Detail of the 413 for a body over 1 MiB, or a form over 4 MiB.
pub const BODY_TOO_LARGE: &str = "Request body is too large.";

/// How many characters of a user agent are kept.
const MAX_USER_AGENT: usize = 255;

/// The largest body of JSON, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// One request.
pub struct Request {
    event: lambda_http::Request,
    user: OnceLock<i64>,
    address_hash: OnceLock<String>,
    has_hidden_stage: bool,
}

impl Request {
    /// Wraps the request that `lambda_http` made from the event.
    pub fn new(request: lambda_http::Request) -> Self {
        Self { event: request, user: OnceLock::new(), address_hash: OnceLock::new(), has_hidden_stage: false }
    }

    /// Returns the request with `hidden` set: whether a CDN adds the stage to the path, so that clients never
    /// see it.
    pub fn with_hidden_stage(self, hidden: bool) -> Self {
        Self { has_hidden_stage: hidden, ..self }
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        self.event.method()
    }

    /// Returns the path as sent, without the stage.
    pub fn path(&self) -> &str {
        self.event.raw_http_path()
    }

    /// Returns the path as the client sent it, including the stage, or the base path of a custom domain.
    pub fn public_path(&self) -> &str {
        if self.has_hidden_stage {
            return self.path();
        }
        let path = match self.event.request_context_ref() {
            Some(RequestContext::ApiGatewayV1(context)) => context.path.as_deref(),
            Some(RequestContext::ApiGatewayV2(context)) => context.http.path.as_deref(),
            _ => None,
        };
        path.unwrap_or_else(|| self.path())
    }

    /// Returns Lambda's request id of this invocation.
    pub fn id(&self) -> &str {
        self.context().map_or("", |context| &context.request_id)
    }

    /// Returns API Gateway's id of the request, which the client gets in the header `x-amzn-RequestId`.
    /// Returns `None` if it is longer than 64 characters or has others than letters, digits and `-_=`.
    pub fn api_id(&self) -> Option<&str> {
        let id = match self.event.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.request_id.as_deref(),
            RequestContext::ApiGatewayV2(context) => context.request_id.as_deref(),
            _ => None,
        };
        id.filter(|id| {
            id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
        })
    }

    /// Returns the id of the X-Ray trace if tracing is on.
    pub fn trace_id(&self) -> Option<&str> {
        trace_id(self.context()?)
    }

    /// Records the user whose account the request is about, for the log.
    pub fn set_user_id(&self, user_id: i64) {
        let _ = self.user.set(user_id);
    }

    /// Returns the user whose account the request is about, if it is known.
    pub fn user_id(&self) -> Option<i64> {
        self.user.get().copied()
    }

    /// Records the keyed hash of the request's email address, for the log.
    pub fn set_address_hash(&self, hash: String) {
        let _ = self.address_hash.set(hash);
    }

    /// Returns the keyed hash of the request's email address, if one was recorded.
    pub fn address_hash(&self) -> Option<&str> {
        self.address_hash.get().map(String::as_str)
    }

    /// Returns the route of the template, such as `/api/v1/theater/movies/{movie_id}`.
    pub fn route(&self) -> Option<&str> {
        match self.event.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.resource_path.as_deref(),
            RequestContext::ApiGatewayV2(context) => context.route_key.as_deref(),
            _ => None,
        }
    }

    /// Returns when Lambda ends this invocation.
    pub fn deadline(&self) -> SystemTime {
        self.context().map_or_else(SystemTime::now, deadline)
    }

    /// Returns a path parameter, percent-decoded. API Gateway and `cargo lambda watch` both pass it encoded.
    pub fn path_value(&self, name: &str) -> Option<String> {
        let parameters = self.event.path_parameters();
        let value = parameters.first(name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// Returns a query parameter; the last value if it is repeated.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let parameters = self.event.query_string_parameters();
        parameters.all(name)?.last().map(ToString::to_string)
    }

    /// Returns all values of a query parameter, in the order of the query, or `None` if there are none.
    pub fn query_values(&self, name: &str) -> Option<impl Iterator<Item = String> + use<>> {
        let parameters = self.event.query_string_parameters();
        let values: Vec<_> = parameters.all(name)?.into_iter().map(ToString::to_string).collect();
        Some(values.into_iter())
    }

    /// Parses the body as JSON. Returns `None` if it is empty.
    ///
    /// Reads a body of another media type as one JSON string. Fails with 413 over 1 MiB, with 400 if the
    /// bytes are not UTF-8, and with a `json_invalid` fault (422) if they are not JSON.
    pub fn json(&self) -> Result<Option<Json<'_>>, Error> {
        let bytes = self.body_within(MAX_BODY)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = str::from_utf8(bytes).map_err(|_| Error::bad_request(UNREADABLE_BODY))?;
        if !self.is_json() {
            return Ok(Some(text.into()));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match Json::parse(text) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Error::Invalid(vec![Fault::json_invalid(&error)])),
        }
    }

    /// Returns the body. Fails with 413 if it has more bytes than `limit`.
    pub(super) fn body_within(&self, limit: usize) -> Result<&[u8], Error> {
        let bytes = match self.event.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        };
        if bytes.len() > limit {
            Err(Error::status(StatusCode::PAYLOAD_TOO_LARGE, BODY_TOO_LARGE))
        } else {
            Ok(bytes)
        }
    }

    /// Returns whether the media type is `application/json`, `application/*+json` or missing.
    fn is_json(&self) -> bool {
        let Some(media_type) = self.media_type() else { return true };
        media_type
            .strip_prefix("application/")
            .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    /// Returns the media type in lower case, without parameters, or `None` if it is missing.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.event.headers().get(header::CONTENT_TYPE)?;
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let media_type = value.split(';').next().unwrap_or_default().trim();
        // Parameters without a type are a type that is malformed.
        (!value.trim().is_empty()).then(|| media_type.to_owned())
    }

    /// Returns the client's address as API Gateway saw it. Behind `hops` trusted proxies, such as CloudFront,
    /// returns it as the outermost of them saw it: [`forwarded::client`].
    pub fn client(&self, hops: usize) -> Option<IpAddr> {
        let source = match self.event.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref(),
            RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref(),
            _ => None,
        };
        let source = forwarded::address(source?)?;
        let headers = self.event.headers().get_all("x-forwarded-for").iter().map(|header| header.as_bytes());
        Some(forwarded::client(source, headers, hops))
    }

    /// Returns the value of a header if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.event.headers().get(name)?.to_str().ok()
    }

    /// Returns the value of a header, with U+FFFD for what is not UTF-8.
    pub fn header_lossy(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(self.event.headers().get(name)?.as_bytes()))
    }

    /// Returns how the client names itself (`User-Agent`), at most 255 characters of it.
    /// `None` without one, and for one that is blank or not UTF-8.
    pub fn user_agent(&self) -> Option<&str> {
        let header = self.event.headers().get(header::USER_AGENT)?;
        let text = str::from_utf8(header.as_bytes()).ok()?.trim();
        let end = text.char_indices().nth(MAX_USER_AGENT).map_or(text.len(), |(end, _)| end);
        Some(&text[..end]).filter(|text| !text.is_empty())
    }

    /// Returns a typed header, or `None` if it is missing or malformed. Of several lines of a header, `lambda_http` keeps
    /// the last one for a REST API.
    pub fn typed_header<H: Header>(&self) -> Option<H> {
        self.event.headers().typed_get()
    }

    fn context(&self) -> Option<&Context> {
        self.event.lambda_context_ref()
    }
}
