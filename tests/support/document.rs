//! Reads the functions of a SAM template.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_yaml_ng::{Mapping, Value};

use super::template::{Function, GatewayResponse, Login, Route};

/// The methods of API Gateway.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The timeout of API Gateway, which the functions behind it must not exceed.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(29);

/// A template.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    #[serde(default)]
    parameters: BTreeMap<String, Mapping>,
    #[serde(default)]
    globals: Globals,
    /// By logical id.
    pub resources: BTreeMap<String, Resource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Globals {
    function: Properties,
}

/// One resource.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Resource {
    /// Its `Type`.
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(default)]
    metadata: Metadata,
    /// Its `Properties`, whose form depends on the type.
    #[serde(default)]
    pub properties: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Metadata {
    build_properties: BuildProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BuildProperties {
    binary: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Properties {
    timeout: Option<Value>,
    memory_size: Option<Value>,
    environment: Environment,
    events: BTreeMap<String, Event>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Environment {
    variables: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    properties: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ApiEvent {
    path: String,
    method: String,
}

/// The properties of an `AWS::Serverless::Api`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Api {
    /// See [`Document::text`].
    pub stage_name: Value,
    /// By response type.
    #[serde(default)]
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
}

impl Document {
    /// Reads the function that a resource describes. Errors do not contain its `name`.
    pub fn function(&self, name: &str, resource: &Resource) -> Result<Function, String> {
        let own: Properties = read(&resource.properties)?;
        let global = &self.globals.function;
        let number = |own: &Option<Value>, global: &Option<Value>, default| {
            own.as_ref().or(global.as_ref()).map_or(Ok(default), |value| self.number(value))
        };
        let executable = resource.metadata.build_properties.binary.clone();
        // The defaults of SAM, if neither the function nor the globals set a value.
        let function = Function {
            name: name.to_owned(),
            executable: executable.ok_or("it has no Metadata.BuildProperties.Binary")?,
            timeout: Duration::from_secs(number(&own.timeout, &global.timeout, 3)?),
            memory: number(&own.memory_size, &global.memory_size, 128)?,
            environment: global
                .environment
                .variables
                .iter()
                .chain(&own.environment.variables)
                .filter_map(|(name, value)| Some((name.clone(), plain(value)?)))
                .collect(),
            login: login(own.environment.variables.get("DATABASE_SECRET_ARN")),
            routes: own
                .events
                .values()
                .filter_map(|event| event.route().transpose())
                .collect::<Result<_, _>>()?,
        };
        if !function.routes.is_empty() && function.timeout > GATEWAY_TIMEOUT {
            return Err(format!("API Gateway does not wait {} s", function.timeout.as_secs()));
        }
        Ok(function)
    }

    /// Returns the text of a scalar, or for `!Ref` the default of the parameter.
    pub fn text(&self, value: &Value) -> Result<String, String> {
        if let Value::Tagged(tagged) = value
            && tagged.tag == "Ref"
            && let Some(default) = tagged
                .value
                .as_str()
                .and_then(|parameter| self.parameters.get(parameter))
                .and_then(|parameter| parameter.get("Default"))
        {
            return self.text(default);
        }
        let shown = || serde_yaml_ng::to_string(value).unwrap_or_default();
        plain(value).ok_or_else(|| format!("{} has no value here", shown().trim_end()))
    }

    fn number(&self, value: &Value) -> Result<u64, String> {
        let text = self.text(value)?;
        text.parse().map_err(|_| format!("{text:?} is not a whole number"))
    }
}

impl Event {
    /// Returns the route of an API event, or `None` for other events.
    fn route(&self) -> Result<Option<Route>, String> {
        match self.kind.as_str() {
            "Api" => {}
            "Schedule" | "ScheduleV2" | "EventBridgeRule" => return Ok(None),
            kind => return Err(format!("an event of the type {kind} is unknown")),
        }
        let ApiEvent { path, method } = read(&self.properties)?;
        let method = method.to_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!("{method} {path} has no method of API Gateway"));
        }
        if !path.starts_with('/') || (path.len() > 1 && path.ends_with('/')) {
            return Err(format!("the path {path:?} must start, and not end, with a slash"));
        }
        Ok(Some(Route { path, method }))
    }
}

/// Reads a part of the template as a `T`.
pub fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, String> {
    serde_yaml_ng::from_value(value.clone()).map_err(|error| error.to_string())
}

/// Returns the login whose secret a variable refers to, or else the owner's.
fn login(secret: Option<&Value>) -> Login {
    let reference = secret.map(|value| serde_yaml_ng::to_string(value).unwrap_or_default());
    match reference.unwrap_or_default() {
        text if text.contains("ReaderSecretArn") => Login::Reader,
        text if text.contains("WriterSecretArn") => Login::Writer,
        text if text.contains("AccountsSecretArn") => Login::Accounts,
        text if text.contains("AdminSecretArn") => Login::Admin,
        text if text.contains("ProfilesSecretArn") => Login::Profiles,
        text if text.contains("MailSecretArn") => Login::Mail,
        text if text.contains("PurgeSecretArn") => Login::Purge,
        _ => Login::Owner,
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        _ => None,
    }
}
