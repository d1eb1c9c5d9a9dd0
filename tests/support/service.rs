//! Emulates Lambda with the API in front of it: starts the functions of `template.yaml` on demand.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::{
    executables,
    gateway::{self, HttpRequest, Reply},
    runtime::{Environment, FunctionError},
    runtime_api::MAX_PAYLOAD,
    template::{Function, Login, Template},
};

/// The largest body that the gateway accepts, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// The functions of a template behind their routes. Dropping it stops its processes, and prints their logs if the
/// test fails.
pub struct Service {
    template: Template,
    executables: PathBuf,
    environment: BTreeMap<String, String>,
    databases: BTreeMap<Login, String>,
    pools: BTreeMap<String, Mutex<Pool>>,
    reserved: BTreeMap<String, Semaphore>,
    logs: TempDir,
    #[cfg(test)]
    seen_secrets: Option<Mutex<super::log_check::SeenSecrets>>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Environment>,
    started: usize,
}

impl Service {
    /// Creates a service for the project's `template.yaml`. Panics if the file is invalid.
    pub fn of_project(executables: &Path) -> Self {
        let template = Template::parse(include_str!("../../template.yaml"));
        let template = template.unwrap_or_else(|error| panic!("template.yaml: {error}"));
        #[allow(unused_mut, reason = "benchmarks do not listen")]
        let mut service = Self::new(template, executables);
        #[cfg(test)]
        {
            service.seen_secrets = Some(Mutex::default());
        }
        service
    }

    /// Creates a service for `template`, whose executables are in the folder `executables`. Starts no process yet.
    pub fn new(template: Template, executables: &Path) -> Self {
        let pools = template.functions.keys().map(|name| (name.clone(), Mutex::default())).collect();
        let logs = tempfile::tempdir().expect("the folder for temporary files is writable");
        let executables = executables.to_owned();
        Self {
            template,
            executables,
            environment: BTreeMap::new(),
            databases: BTreeMap::new(),
            pools,
            reserved: BTreeMap::new(),
            logs,
            #[cfg(test)]
            seen_secrets: None,
        }
    }

    /// Returns the template.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Sets an environment variable for every process that starts from now on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        #[cfg(test)]
        self.seen_secrets(|seen_secrets| seen_secrets.record_setting(name, value));
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Sets `DATABASE_URL` for the functions with this login, unless the environment has another.
    pub fn set_database(&mut self, login: Login, url: String) {
        self.databases.insert(login, url);
    }

    /// Sets the timeout of a function.
    pub fn set_timeout(&mut self, function: &str, timeout: Duration) {
        self.template.functions.get_mut(function).expect("the template has the function").timeout = timeout;
    }

    /// Sets how many invocations of a function may run at once.
    pub fn set_reserved_concurrency(&mut self, function: &str, invocations: usize) {
        self.reserved.insert(function.to_owned(), Semaphore::new(invocations));
    }

    /// Sends a request to the API.
    pub async fn send(&self, request: HttpRequest) -> Reply {
        let refuse = |kind, status, message| self.template.gateway_reply(kind, status, message);
        let too_large =
            || refuse("REQUEST_TOO_LARGE", StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        let Some(route) = self.template.find(request.method.as_str(), request.path()) else {
            let message = "Missing Authentication Token";
            return refuse("MISSING_AUTHENTICATION_TOKEN", StatusCode::FORBIDDEN, message);
        };
        let event = request.event(&route, &self.template.stage).to_string().into_bytes();
        if request.body.len() > MAX_BODY || event.len() > MAX_PAYLOAD {
            return too_large();
        }
        let failed = |status, message| refuse("DEFAULT_5XX", status, message);
        #[cfg(test)]
        self.seen_secrets(|seen_secrets| seen_secrets.record(&request));
        match self.call(route.function, event).await {
            Ok(payload) => gateway::reply(&payload)
                .unwrap_or_else(|| failed(StatusCode::BAD_GATEWAY, "Internal server error")),
            Err(error) if error.is_timeout() => {
                failed(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out")
            }
            Err(error) if error.is_throttled() => {
                failed(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
            }
            Err(_) => failed(StatusCode::BAD_GATEWAY, "Internal server error"),
        }
    }

    /// Invokes a function directly with `payload` and returns its result.
    pub async fn invoke(&self, function: &str, payload: Value) -> Result<Value, FunctionError> {
        let function = self.template.functions.get(function);
        let function = function.expect("the template has a function of this name");
        #[cfg(test)]
        self.seen_secrets(|seen_secrets| seen_secrets.record_json(payload.to_string().as_bytes()));
        let answer = self.call(function, payload.to_string().into_bytes()).await?;
        Ok(serde_json::from_slice(&answer).expect("Lambda takes only JSON from a function"))
    }

    /// Returns the output of the processes of a function, in the order of their start.
    pub fn logs(&self, function: &str) -> String {
        let started = self.environments(function);
        let read = |number| fs::read(self.log(function, number)).unwrap_or_default();
        (1..=started).map(|number| String::from_utf8_lossy(&read(number)).into_owned()).collect()
    }

    /// Returns how many processes of a function have started.
    pub fn environments(&self, function: &str) -> usize {
        self.pool(function).started
    }

    /// Returns how many processes of a function have ended. Counts busy ones too, so no request may be in flight.
    pub fn ended(&self, function: &str) -> usize {
        let mut pool = self.pool(function);
        pool.idle.retain_mut(Environment::is_usable);
        pool.started - pool.idle.len()
    }

    /// Returns the peak resident memory of the idle processes of a function, in KiB (Linux). Panics if there is no such
    /// process.
    pub fn peak_memory(&self, function: &str) -> u64 {
        let peak = self.pool(function).idle.iter().map(Environment::peak_memory).max();
        peak.expect("the function has an idle process")
    }

    /// Invokes a function in an idle environment or a new one.
    async fn call(&self, function: &Function, payload: Vec<u8>) -> Result<Vec<u8>, FunctionError> {
        if self.executables == executables::executables() {
            executables::build(&function.executable).await;
        }
        let reserved = self.reserved.get(&function.name).map(Semaphore::try_acquire).transpose();
        let _running = reserved.map_err(|_| FunctionError::throttled())?;
        let mut environment = {
            let mut pool = self.pool(&function.name);
            pool.idle.retain_mut(Environment::is_usable);
            pool.idle.pop().unwrap_or_else(|| {
                pool.started += 1;
                let log = self.log(&function.name, pool.started);
                let mut environment = self.environment.clone();
                if let Some(url) = self.databases.get(&function.login) {
                    environment.entry(String::from("DATABASE_URL")).or_insert_with(|| url.clone());
                }
                Environment::start(function, &self.executables, &environment, &log)
            })
        };
        let outcome = environment.invoke(payload, function.timeout).await;
        if environment.is_usable() {
            self.pool(&function.name).idle.push(environment);
        }
        outcome
    }

    /// Returns the functions of which a process has started.
    pub fn started(&self) -> impl Iterator<Item = &String> {
        self.pools.keys().filter(|name| self.environments(name) > 0)
    }

    /// Panics if the functions of the project have logged something private.
    #[cfg(test)]
    pub fn check_logs(&self) {
        let mut violations = Vec::new();
        self.seen_secrets(|seen_secrets| {
            let logs: Vec<String> = self.started().map(|function| self.logs(function)).collect();
            violations.extend(seen_secrets.violations(&logs));
        });
        violations.truncate(5);
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }

    #[cfg(test)]
    fn seen_secrets(&self, work: impl FnOnce(&mut super::log_check::SeenSecrets)) {
        let is_text = self.environment.get("LOG_FORMAT").is_some_and(|format| format == "text");
        if let Some(seen_secrets) = self.seen_secrets.as_ref().filter(|_| !is_text) {
            work(&mut seen_secrets.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn pool(&self, function: &str) -> MutexGuard<'_, Pool> {
        self.pools[function].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self, function: &str, number: usize) -> PathBuf {
        self.logs.path().join(format!("{function}-{number}.log"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for function in self.started() {
                eprintln!("---- log of {function} ----\n{}", self.logs(function));
            }
        } else {
            #[cfg(test)]
            self.check_logs();
        }
    }
}
