//! `manage` as a custom resource of CloudFormation, which migrates on every deployment
//! ([AWS](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html)).

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{OperationError, aws, guard::guard};

/// Time that is kept for the answer: CloudFormation waits for it, up to an hour, whatever becomes of us.
const RESERVE: Duration = Duration::from_secs(15);

/// The answer may have 4096 bytes in all.
const LONGEST_REASON: usize = 1000;

/// What CloudFormation asks for.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Deployment {
    request_type: RequestType,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
}

#[derive(Deserialize, PartialEq)]
enum RequestType {
    Create,
    Update,
    Delete,
}

impl Deployment {
    /// The request, if `event` is one.
    pub fn parse(event: &Value) -> Option<Self> {
        Deployment::deserialize(event).ok()
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
