//! What `template.yaml` says of the functions and their routes.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_yaml_ng::{Mapping, Value};

/// The methods that API Gateway routes by.
const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// How long API Gateway waits for a function: no routed one may take longer.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(29);

/// The parts of the template that decide how a request is served.
pub struct Template {
    /// The API's stage, the first part of the path that `requestContext` shows.
    pub stage: String,
    /// Every function, by logical id.
    pub functions: BTreeMap<String, Function>,
    /// What the gateway answers itself, by response type.
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
}

/// One Lambda function.
#[derive(Clone)]
pub struct Function {
    /// The logical id.
    pub name: String,
    /// The binary target that is its executable.
    pub executable: String,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Its memory in MiB.
    pub memory: u64,
    /// The environment variables that are plain text; those made of `!Ref` and the like are the test's to give.
    pub environment: BTreeMap<String, String>,
    /// Its API events.
    pub routes: Vec<Route>,
}

/// One API event.
#[derive(Clone)]
pub struct Route {
    /// A resource path such as `/movies/{movie_id}`.
    pub path: String,
    /// A method, or `ANY`.
    pub method: String,
}

/// How the gateway words an answer of its own.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GatewayResponse {
    /// The status in place of the usual one.
    pub status_code: Option<u16>,
    /// Bodies by content type.
    pub response_templates: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(default)]
    parameters: BTreeMap<String, Mapping>,
    #[serde(default)]
    globals: Globals,
    resources: BTreeMap<String, Resource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Globals {
    function: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    properties: Value,
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Api {
    stage_name: Value,
    #[serde(default)]
    gateway_responses: BTreeMap<String, GatewayResponse>,
}

impl Template {
    /// Reads a SAM template. Fails with a sentence that names the resource which it cannot understand.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
        let mut template = Self {
            stage: String::from("Prod"),
            functions: BTreeMap::new(),
            gateway_responses: BTreeMap::new(),
        };
        for (name, resource) in &document.resources {
            let located = |error: String| format!("{name}: {error}");
            match resource.kind.as_str() {
                "AWS::Serverless::Api" => {
                    let api: Api = read(&resource.properties).map_err(located)?;
                    template.stage = document.text(&api.stage_name).map_err(located)?;
                    template.gateway_responses = api.gateway_responses;
                }
                "AWS::Serverless::Function" => {
                    let function = document.function(name, resource).map_err(located)?;
                    template.functions.insert(name.clone(), function);
                }
                _ => {}
            }
        }
        template.check_routes()?;
        Ok(template)
    }

    /// Every route with the function that it leads to.
    pub fn routes(&self) -> impl Iterator<Item = (&Route, &Function)> {
        self.functions
            .values()
            .flat_map(|function| function.routes.iter().map(move |route| (route, function)))
    }

    fn check_routes(&self) -> Result<(), String> {
        let mut owners = BTreeMap::new();
        for (route, function) in self.routes() {
            let Route { path, method } = route;
            if let Some(other) = owners.insert((path, method), &function.name) {
                return Err(format!("{}: {method} {path} is a route of {other} already", function.name));
            }
        }
        Ok(())
    }
}

impl Document {
    fn function(&self, name: &str, resource: &Resource) -> Result<Function, String> {
        let own: Properties = read(&resource.properties)?;
        let global = &self.globals.function;
        let number = |own: &Option<Value>, global: &Option<Value>, default| {
            own.as_ref().or(global.as_ref()).map_or(Ok(default), |value| self.number(value))
        };
        let executable = resource.metadata.build_properties.binary.clone();
        // SAM's own defaults where neither the function nor the globals say it.
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
            routes: own
                .events
                .values()
                .filter_map(|event| event.route().transpose())
                .collect::<Result<_, _>>()?,
        };
        if !function.routes.is_empty() && function.timeout > GATEWAY_PATIENCE {
            return Err(format!("API Gateway does not wait {} s", function.timeout.as_secs()));
        }
        Ok(function)
    }

    /// The text of a scalar, or of a parameter's default where it is `!Ref`.
    fn text(&self, value: &Value) -> Result<String, String> {
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
        text.parse().map_err(|_| format!("{text:?} is no whole number"))
    }
}

impl Event {
    /// The route of an API event; `None` for what does not come from the API.
    fn route(&self) -> Result<Option<Route>, String> {
        match self.kind.as_str() {
            "Api" => {}
            "Schedule" | "ScheduleV2" => return Ok(None),
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

fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, String> {
    serde_yaml_ng::from_value(value.clone()).map_err(|error| error.to_string())
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        _ => None,
    }
}
