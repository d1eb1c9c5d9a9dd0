//! What a test works with: the whole API on a database of its own, used as a client would.

use std::{path::PathBuf, time::Duration};

use axum::http::Method;
use serde_json::Value;
use sqlx::PgConnection;

use super::{
    gateway::{HttpRequest, Reply},
    postgres::Database,
    runtime::FunctionError,
    service::{Service, executables},
    template::{Login, Template},
};

/// The key that access tokens are signed with.
pub const ACCESS_KEY: &str = "a key for access tokens, for tests alone";

/// The key that refresh tokens are signed with.
pub const REFRESH_KEY: &str = "a key for refresh tokens, for tests alone";

/// The API with an empty database. Its functions start when they are first called and end with it.
pub struct App {
    service: Service,
    database: Database,
}

/// An [`App`] to be.
pub struct Builder {
    environment: Vec<(String, String)>,
    timeouts: Vec<(String, Duration)>,
    executables: PathBuf,
}

impl Builder {
    /// Sets the time limit of a function in place of the template's.
    pub fn timeout(mut self, function: &str, timeout: Duration) -> Self {
        self.timeouts.push((function.to_owned(), timeout));
        self
    }

    /// Sets an environment variable of every function. Unless set here, `DATABASE_URL` is the app's database,
    /// with the login that the template names for the function and without TLS, the keys are [`ACCESS_KEY`] and
    /// [`REFRESH_KEY`], and attempts are not limited.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes the functions' executables from another folder than the one Cargo built for this run.
    pub fn executables(mut self, folder: impl Into<PathBuf>) -> Self {
        self.executables = folder.into();
        self
    }

    /// Makes the database and reads `template.yaml`. Panics when either cannot be.
    pub async fn start(self) -> App {
        let database = Database::create().await;
        let mut service = Service::of_project(&self.executables);
        for (login, _) in Login::ALL {
            service.set_database(login, database.url_of(login));
        }
        service.set_env("DATABASE_TLS", "prefer");
        service.set_env("SECRET_KEY_ACCESS", ACCESS_KEY);
        service.set_env("SECRET_KEY_REFRESH", REFRESH_KEY);
        service.set_env("RATE_LIMITS", "off");
        for (name, value) in &self.environment {
            service.set_env(name, value);
        }
        for (function, timeout) in &self.timeouts {
            service.set_timeout(function, *timeout);
        }
        App { service, database }
    }
}

impl App {
    /// The API as it is by default.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The API with settings.
    pub fn builder() -> Builder {
        Builder { environment: Vec::new(), timeouts: Vec::new(), executables: executables().to_owned() }
    }

    /// `GET path`, query included.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).send().await
    }

    /// `POST path` with a JSON body.
    pub async fn post_json(&self, path: &str, body: Value) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        request.body(body.to_string()).send().await
    }

    /// A request to be sent with [`Request::send`]; `path` is percent-encoded, with the query if there is one.
    pub fn request(&self, method: Method, path: &str) -> Request<'_> {
        Request { service: &self.service, http: HttpRequest::new(method, path) }
    }

    /// Sends a request and gives what comes, also where the API's description does not allow it.
    pub async fn exchange(&self, request: HttpRequest) -> Reply {
        self.service.send(request).await
    }

    /// Invokes a function directly, past the gateway.
    pub async fn invoke(&self, function: &str, payload: Value) -> Result<Value, FunctionError> {
        self.service.invoke(function, payload).await
    }

    /// A connection to the app's database.
    pub async fn db(&self) -> PgConnection {
        self.database.connect().await
    }

    /// The app's database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Sets an environment variable for every process that starts from now on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.service.set_env(name, value);
    }

    /// Sets how many invocations of a function may run at once.
    pub fn set_reserved_concurrency(&mut self, function: &str, invocations: usize) {
        self.service.set_reserved_concurrency(function, invocations);
    }

    /// What the processes of a function have printed.
    pub fn logs(&self, function: &str) -> String {
        self.service.logs(function)
    }

    /// What all functions have logged, line by line.
    pub fn lines(&self) -> Vec<Value> {
        let functions = self.service.started();
        let logs = functions.map(|function| self.logs(function)).collect::<String>();
        logs.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Panics where a function has logged what it must not, which the end of the app does otherwise.
    #[cfg(test)]
    pub fn check_logs(&self) {
        self.service.check_logs();
    }

    /// How many processes of a function have been started.
    pub fn environments(&self, function: &str) -> usize {
        self.service.environments(function)
    }

    /// How many processes of a function have ended, while no request is in flight.
    pub fn ended(&self, function: &str) -> usize {
        self.service.ended(function)
    }

    /// The functions of which a process was started.
    pub fn started(&self) -> impl Iterator<Item = &String> {
        self.service.started()
    }

    /// The most memory, in KiB, that an idle process of a function has had resident (Linux).
    pub fn peak_memory(&self, function: &str) -> u64 {
        self.service.peak_memory(function)
    }

    /// What `template.yaml` says.
    pub fn template(&self) -> &Template {
        self.service.template()
    }
}

/// A request that is being put together.
pub struct Request<'a> {
    service: &'a Service,
    http: HttpRequest,
}

impl Request<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.http.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.http.body = body.into();
        self
    }

    /// Sets the client's address.
    pub fn source_ip(mut self, address: &str) -> Self {
        self.http.source_ip = address.to_owned();
        self
    }

    /// Sends it and waits for the answer. In tests this panics where the API's description does not allow it.
    pub async fn send(self) -> Reply {
        #[cfg(test)]
        let request = self.http.clone();
        let reply = self.service.send(self.http).await;
        #[cfg(test)]
        super::description::check(self.service.template(), &request, &reply).await;
        reply
    }
}
