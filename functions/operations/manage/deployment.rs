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
    #[serde(default)]
    resource_properties: Properties,
    #[serde(default)]
    old_resource_properties: Properties,
}

/// What `template.yaml` gives the resource.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Properties {
    /// The published version of this function, such as `arn:aws:lambda:…:function:manage:7`.
    version: String,
}

impl Properties {
    fn number(&self) -> Option<u64> {
        self.version.rsplit(':').next()?.parse().ok()
    }
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

    /// Whether CloudFormation takes a deployment back. It does not say so, but Lambda's version numbers only grow, and
    /// a roll-back asks for the lower one.
    fn is_roll_back(&self) -> bool {
        let versions = self.resource_properties.number().zip(self.old_resource_properties.number());
        self.request_type == RequestType::Update && versions.is_some_and(|(wanted, present)| wanted < present)
    }

    /// Does `work` on creation and update, nothing on deletion (the data outlive the stack), and tells
    /// CloudFormation how it ended, also shortly before `deadline` and after a panic. Fails where that cannot
    /// be told; Lambda then invokes again.
    ///
    /// A roll-back always succeeds: the release before runs on a newer schema too, and a database that does not answer
    /// must not leave the whole stack between two releases (`UPDATE_ROLLBACK_FAILED`).
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
        let outcome = if self.is_roll_back() { Ok(Value::Null) } else { outcome };
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
