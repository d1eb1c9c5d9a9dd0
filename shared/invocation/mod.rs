//! What Lambda provides for one invocation.

mod key;

use std::time::{Duration, SystemTime};

pub use key::InvocationKey;
use lambda_runtime::Context;

/// The longest timeout that Lambda allows
/// ([Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)).
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Returns when Lambda ends the invocation.
///
/// `cargo lambda watch` ends no invocation and sends a deadline in 1970; then returns the time 15 minutes
/// from now.
pub(crate) fn deadline(context: &Context) -> SystemTime {
    let deadline = context.deadline();
    let is_real = deadline.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|age| age > LONGEST);
    if is_real { deadline } else { SystemTime::now() + LONGEST }
}

/// Returns the trace id from a header such as `Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0`
/// ([X-Ray](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)).
pub(crate) fn trace_id(context: &Context) -> Option<&str> {
    context.xray_trace_id.as_deref()?.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}
