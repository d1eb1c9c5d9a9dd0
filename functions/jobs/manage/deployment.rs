//! Handles `manage` as a custom resource of CloudFormation, which migrates on every deployment
//! ([AWS](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html)).

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use shared::{JobError, aws, json::Json, run_until};

/// The time reserved for the response, for which CloudFormation waits up to an hour.
const RESPONSE_TIME: Duration = Duration::from_secs(15);

/// CloudFormation accepts at most 4096 bytes in the whole response.
const MAX_REASON_LENGTH: usize = 1000;

/// A request from CloudFormation.
pub struct Deployment {
    request_type: RequestType,
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    is_rollback: bool,
}

enum RequestType {
    Create,
    Update,
    Delete,
}

impl Deployment {
    /// Parses `event`, or returns `None` if it does not come from CloudFormation.
    pub fn parse(event: &Json<'_>) -> Option<Self> {
        let member = |name| event.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
        let version = |of| event.get(of)?.get("Version")?.as_str();
        let request_type = match &*member("RequestType")? {
            "Create" => RequestType::Create,
            "Update" => RequestType::Update,
            "Delete" => RequestType::Delete,
            _ => return None,
        };
        Some(Self {
            request_type,
            response_url: member("ResponseURL")?,
            stack_id: member("StackId")?,
            request_id: member("RequestId")?,
            logical_resource_id: member("LogicalResourceId")?,
            physical_resource_id: member("PhysicalResourceId"),
            is_rollback: is_rollback(version("ResourceProperties"), version("OldResourceProperties")),
        })
    }

    /// Does `work` on creation and update, and nothing on deletion, because the data outlive the stack. Reports the
    /// outcome to CloudFormation, also shortly before `deadline` and after a panic. Fails if it cannot report it; then
    /// Lambda retries.
    ///
    /// A rollback always succeeds: the previous release runs on a newer schema too, and an unreachable database must
    /// not leave the stack between two releases (`UPDATE_ROLLBACK_FAILED`).
    pub async fn run(
        self,
        deadline: SystemTime,
        work: impl Future<Output = Result<Value, JobError>>,
    ) -> Result<Value, JobError> {
        let outcome = match self.request_type {
            RequestType::Delete => Ok(json!({ "command": "nothing" })),
            RequestType::Create | RequestType::Update => {
                run_until(deadline.checked_sub(RESPONSE_TIME).unwrap_or(deadline), work).await.unwrap_or_else(
                    |interruption| Err(JobError::Failed(format!("Given up: {interruption}."))),
                )
            }
        };
        if let Err(error) = &outcome {
            tracing::error!(%error, "the deployment fails");
        }
        let outcome = if self.is_rollback { Ok(Value::Null) } else { outcome };
        let answer = self.answer(&outcome);
        aws::put(&self.response_url, answer.to_string()).await.map_err(|error| {
            JobError::Failed(format!("The response could not be sent to CloudFormation: {error}."))
        })?;
        Ok(answer)
    }

    fn answer(&self, outcome: &Result<Value, JobError>) -> Value {
        let (status, reason) = match outcome {
            Ok(_) => ("SUCCESS", String::new()),
            Err(error) => ("FAILED", error.to_string().chars().take(MAX_REASON_LENGTH).collect()),
        };
        json!({
            "Status": status,
            "Reason": reason,
            // Always the same: if the id changed, CloudFormation would delete the previous resource.
            "PhysicalResourceId": self.physical_resource_id.as_deref().unwrap_or("schema"),
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        })
    }
}

/// Returns whether CloudFormation rolls back, from the new and the current property `Version` of the resource: a
/// published version of this function, such as `arn:aws:lambda:…:function:manage:7`. CloudFormation does not send this
/// fact, but version numbers only grow, and a rollback goes to a lower one.
fn is_rollback(wanted: Option<&str>, present: Option<&str>) -> bool {
    let (Some((wanted, wanted_number)), Some((present, present_number))) = (split(wanted), split(present))
    else {
        return false;
    };
    // The versions of another function start at 1 again.
    wanted == present && wanted_number < present_number
}

/// Splits a published version into its function and number.
fn split(version: Option<&str>) -> Option<(&str, u64)> {
    let (function, number) = version?.rsplit_once(':')?;
    Some((function, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_version_of_same_function_is_rollback() {
        for (wanted, present, expected) in [
            (
                Some("arn:aws:lambda:r:1:function:manage:9"),
                Some("arn:aws:lambda:r:1:function:manage:10"),
                true,
            ),
            (
                Some("arn:aws:lambda:r:1:function:manage:10"),
                Some("arn:aws:lambda:r:1:function:manage:9"),
                false,
            ),
            (
                Some("arn:aws:lambda:r:1:function:manage:9"),
                Some("arn:aws:lambda:r:1:function:manage:9"),
                false,
            ),
            (
                Some("arn:aws:lambda:r:1:function:other:1"),
                Some("arn:aws:lambda:r:1:function:manage:9"),
                false,
            ),
            (Some("arn:aws:lambda:r:1:function:manage:1"), None, false),
            (None, None, false),
            (Some("1"), Some("2"), false),
        ] {
            assert_eq!(is_rollback(wanted, present), expected, "{present:?} to {wanted:?}");
        }
    }
}
