//! `manage` as a custom resource of CloudFormation, which migrates on every deployment
//! ([AWS](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html)).

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use shared::{OperationError, aws, guard::guard, json::Json};

/// Time that is kept for the answer: CloudFormation waits for it, up to an hour, whatever becomes of us.
const RESERVE: Duration = Duration::from_secs(15);

/// The answer may have 4096 bytes in all.
const LONGEST_REASON: usize = 1000;

/// What CloudFormation asks for.
pub struct Deployment {
    request_type: RequestType,
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
}

enum RequestType {
    Create,
    Update,
    Delete,
}

impl Deployment {
    /// The request, if `event` is one.
    pub fn parse(event: &Json<'_>) -> Option<Self> {
        let member = |name| event.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
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
        })
    }

    /// Does `work` on creation and update, nothing on deletion (the data outlive the stack), and tells
    /// CloudFormation how it ended, also shortly before `deadline` and after a panic. Fails where that cannot
    /// be told; Lambda then invokes again.
    pub async fn run(
        self,
        deadline: SystemTime,
        work: impl Future<Output = Result<Value, OperationError>>,
    ) -> Result<Value, OperationError> {
        let outcome = match self.request_type {
            RequestType::Delete => Ok(json!({ "command": "nothing" })),
            RequestType::Create | RequestType::Update => {
                guard(deadline.checked_sub(RESERVE).unwrap_or(deadline), work).await.unwrap_or_else(
                    |interruption| Err(OperationError::Failed(format!("Given up: {interruption}."))),
                )
            }
        };
        if let Err(error) = &outcome {
            tracing::error!(%error, "the deployment fails");
        }
        let answer = self.answer(&outcome);
        aws::put(&self.response_url, answer.to_string()).await.map_err(|error| {
            OperationError::Failed(format!("CloudFormation cannot be answered: {error}."))
        })?;
        Ok(answer)
    }

    fn answer(&self, outcome: &Result<Value, OperationError>) -> Value {
        let (status, reason) = match outcome {
            Ok(_) => ("SUCCESS", String::new()),
            Err(error) => ("FAILED", error.to_string().chars().take(LONGEST_REASON).collect()),
        };
        json!({
            "Status": status,
            "Reason": reason,
            // The same for every version: another id would make CloudFormation delete the one before.
            "PhysicalResourceId": self.physical_resource_id.as_deref().unwrap_or("schema"),
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        })
    }
}
