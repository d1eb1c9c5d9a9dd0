//! What a client sent, read alike from REST and HTTP API events.

use std::{net::IpAddr, sync::OnceLock, time::SystemTime};

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

/// 400, for a body that is not UTF-8.
pub const UNREADABLE_BODY: &str = "There was an error parsing the body";

/// 413, for a body over 1 MiB.
pub const BODY_TOO_LARGE: &str = "Request body is too large.";

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// One request.
pub struct Request {
    event: lambda_http::Request,
    user: OnceLock<i64>,
    pseudonym: OnceLock<String>,
    has_hidden_stage: bool,
}

impl Request {
    /// Wraps what `lambda_http` made of the event.
    pub fn new(request: lambda_http::Request) -> Self {
        Self { event: request, user: OnceLock::new(), pseudonym: OnceLock::new(), has_hidden_stage: false }
    }

    /// The same request where `hidden` says that a CDN adds the stage, which its clients never see.
    pub fn with_hidden_stage(self, hidden: bool) -> Self {
        Self { has_hidden_stage: hidden, ..self }
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        self.event.method()
    }

    /// The path, as it was sent but without the stage.
    pub fn path(&self) -> &str {
        self.event.raw_http_path()
    }

    /// The path as the client sent it, with the stage, or the base path of a domain, before it.
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

    /// Lambda's id of this invocation.
    pub fn id(&self) -> &str {
        self.context().map_or("", |context| &context.request_id)
    }

    /// API Gateway's id of the request, which its client finds in the header `x-amzn-RequestId`. `None` where the
    /// client chose one that is no plain word.
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

    /// The id of the X-Ray trace, where tracing is on.
    pub fn trace_id(&self) -> Option<&str> {
        trace_id(self.context()?)
    }

    /// Notes for the log whose account the request is about, once that is known.
    pub fn identify(&self, user_id: i64) {
        let _ = self.user.set(user_id);
    }

    /// Whose account the request is about, where that is known.
    pub fn user_id(&self) -> Option<i64> {
        self.user.get().copied()
    }

    /// Notes for the log a pseudonym of the address that the request names.
    pub fn note_pseudonym(&self, pseudonym: String) {
        let _ = self.pseudonym.set(pseudonym);
    }

    /// The pseudonym of the address that the request names, where it was noted.
    pub fn pseudonym(&self) -> Option<&str> {
        self.pseudonym.get().map(String::as_str)
    }

    /// The route of the template that led here, such as `/api/v1/theater/movies/{movie_id}`.
    pub fn route(&self) -> Option<&str> {
        match self.event.request_context_ref()? {
            RequestContext::ApiGatewayV1(context) => context.resource_path.as_deref(),
            RequestContext::ApiGatewayV2(context) => context.route_key.as_deref(),
            _ => None,
        }
    }

    /// When Lambda ends this invocation.
    pub fn deadline(&self) -> SystemTime {
        self.context().map_or_else(SystemTime::now, deadline)
    }

    /// A part of the path, percent-decoded. API Gateway and `cargo lambda watch` both hand it over encoded.
    pub fn path_value(&self, name: &str) -> Option<String> {
        let parameters = self.event.path_parameters();
        let value = parameters.first(name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// A query parameter; of a repeated one the last counts.
    pub fn query_value(&self, name: &str) -> Option<String> {
        let parameters = self.event.query_string_parameters();
        parameters.all(name)?.last().map(ToString::to_string)
    }

    /// All values of a query parameter, in the order in which they were sent; `None` where there is none.
    pub fn query_values(&self, name: &str) -> Option<impl Iterator<Item = String> + use<>> {
        let parameters = self.event.query_string_parameters();
        let values: Vec<_> = parameters.all(name)?.into_iter().map(ToString::to_string).collect();
        Some(values.into_iter())
    }

    /// The body as JSON, `None` when it is empty.
    ///
    /// A body whose media type is not JSON is one JSON string. Fails with 413 over 1 MiB, with 400 where the
    /// bytes are not UTF-8, and with a `json_invalid` fault (422) where they are not JSON.
    pub fn json(&self) -> Result<Option<Json<'_>>, Error> {
        let bytes = match self.event.body() {
            Body::Text(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            _ => &[],
        };
        if bytes.len() > MAX_BODY {
            return Err(Error::refused(StatusCode::PAYLOAD_TOO_LARGE, BODY_TOO_LARGE));
        }
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

    /// Whether the media type is `application/json`, `application/*+json` or missing.
    fn is_json(&self) -> bool {
        let Some(value) = self.event.headers().get(header::CONTENT_TYPE) else { return true };
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let media_type = value.split(';').next().unwrap_or_default().trim();
        if media_type.is_empty() {
            return value.trim().is_empty();
        }
        media_type
            .strip_prefix("application/")
            .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }

    /// The address the request comes from, as API Gateway saw it, or behind `hops` proxies of one's own (such as
    /// CloudFront) as the outermost of them saw it: [`forwarded::client`].
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

    /// The value of a header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.event.headers().get(name)?.to_str().ok()
    }

    /// A header by its type, read from all of its lines. `None` where there is none, or none of that form.
    pub fn typed_header<H: Header>(&self) -> Option<H> {
        self.event.headers().typed_get()
    }

    fn context(&self) -> Option<&Context> {
        self.event.lambda_context_ref()
    }
}
