//! The functions and routes in `template.yaml`.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_yaml_ng::Value;

use super::document::{Api, Document, read};

/// The parts of the template that decide how a request is served.
pub struct Template {
    /// The API's stage, the first part of the path that `requestContext` shows.
    pub stage: String,
    /// Every function, by logical id.
    pub functions: BTreeMap<String, Function>,
    /// The gateway's own responses, by response type.
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
}

/// One Lambda function.
#[derive(Clone)]
pub struct Function {
    /// The logical id.
    pub name: String,
    /// The name of its executable, a binary target.
    pub executable: String,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// Its memory in MiB.
    pub memory: u64,
    /// The environment variables with plain text; the tests set those with `!Ref` and the like.
    pub environment: BTreeMap<String, String>,
    /// Its login to the database.
    pub login: Login,
    /// Its API events.
    pub routes: Vec<Route>,
}

/// A kind of login to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Login {
    /// The owner of the schema.
    Owner,
    /// Reads the catalogue.
    Reader,
    /// Writes the catalogue.
    Writer,
    /// Manages accounts.
    Accounts,
    /// Lists and changes accounts for admins.
    Admin,
    /// Manages profiles.
    Profiles,
    /// Sends the queued mail.
    Mail,
    /// Deletes old rows.
    Purge,
}

impl Login {
    /// All logins with the names of their roles; the owner's role is not created by `manage`.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Owner, ""),
        (Self::Reader, "reader"),
        (Self::Writer, "writer"),
        (Self::Accounts, "accounts"),
        (Self::Admin, "admin"),
        (Self::Profiles, "profiles"),
        (Self::Mail, "mail"),
        (Self::Purge, "purge"),
    ];

    /// Returns the part of its role's name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(login, _)| *login == self).map_or("", |(_, name)| name)
    }
}

/// One API event.
#[derive(Clone)]
pub struct Route {
    /// A resource path such as `/movies/{movie_id}`.
    pub path: String,
    /// A method, or `ANY`.
    pub method: String,
}

/// A response of the gateway itself.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GatewayResponse {
    /// The status instead of the usual one.
    pub status_code: Option<u16>,
    /// Bodies by content type.
    pub response_templates: BTreeMap<String, String>,
    response_parameters: ResponseParameters,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ResponseParameters {
    headers: BTreeMap<String, Value>,
}

impl GatewayResponse {
    /// Returns the headers with plain text, which the template writes in single quotes.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.response_parameters.headers.iter();
        headers.filter_map(|(name, value)| {
            Some((name.as_str(), value.as_str()?.strip_prefix('\'')?.strip_suffix('\'')?))
        })
    }
}

impl Template {
    /// Reads a SAM template. Fails with the name of the invalid resource.
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

    /// Returns every route with its function.
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
