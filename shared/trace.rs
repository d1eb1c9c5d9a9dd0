//! Which trace an invocation belongs to.

use lambda_http::lambda_runtime::Context;

/// The id of the trace, from a header such as `Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0`
/// ([X-Ray](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)).
pub(crate) fn trace_id(context: &Context) -> Option<&str> {
    context.xray_trace_id.as_deref()?.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}
