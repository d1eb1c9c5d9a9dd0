//! How long an invocation may take.

use std::time::{Duration, SystemTime};

use lambda_http::lambda_runtime::Context;

/// The longest that Lambda lets any function run
/// ([Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)).
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// When Lambda ends the invocation.
///
/// `cargo lambda watch` ends none and names the same moment of 1970 for all: there it is 15 minutes from now.
pub(crate) fn deadline(context: &Context) -> SystemTime {
    let deadline = context.deadline();
    let is_real = deadline.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|age| age > LONGEST);
    if is_real { deadline } else { SystemTime::now() + LONGEST }
}
