//! The API under test, with its own database.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::Method;
use serde_json::Value;
use sqlx::PgConnection;
use tempfile::TempDir;

use super::{
    executables::executables,
    gateway::{HttpRequest, Reply},
    postgres::Database,
    runtime::FunctionError,
    service::Service,
    template::{Login, Template},
};

/// The key that access tokens are signed with.
pub const ACCESS_KEY: &str = "a key for access tokens, only for tests";

/// The key that refresh tokens are signed with.
pub const REFRESH_KEY: &str = "a key for refresh tokens, only for tests";

/// Where the URLs of pictures say that they are.
pub const MEDIA_URL: &str = "https://movies.example.com/media";

/// The API with an empty database. Its functions start on the first request and stop when this value is dropped.
pub struct App {
    service: Service,
    database: Database,
    storage: TempDir,
}

/// Configures an [`App`].
pub struct Builder {
    environment: Vec<(String, String)>,
    timeouts: Vec<(String, Duration)>,
    executables: PathBuf,
}

impl Builder {
    /// Sets the timeout of a function instead of the template's.
    pub fn timeout(mut self, function: &str, timeout: Duration) -> Self {
        self.timeouts.push((function.to_owned(), timeout));
        self
    }

    /// Sets an environment variable of every function. Unless set here, `DATABASE_URL` is the app's database,
    /// with the login that the template names for the function and without TLS, the keys are [`ACCESS_KEY`] and
    /// [`REFRESH_KEY`], there are no rate limits, and a folder of the app stores pictures, with URLs below [`MEDIA_URL`].
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the folder of the functions' executables instead of Cargo's for this run.
    pub fn executables(mut self, folder: impl Into<PathBuf>) -> Self {
        self.executables = folder.into();
        self
    }

    /// Creates the database and reads `template.yaml`. Panics if either fails.
    pub async fn start(self) -> App {
        let database = Database::create().await;
        let mut service = Service::of_project(&self.executables);
        let storage = tempfile::tempdir().expect("the folder for temporary files is writable");
        for (login, _) in Login::ALL {
            service.set_database(login, database.url_of(login));
        }
        service.set_env("DATABASE_TLS", "prefer");
        service.set_env("SECRET_KEY_ACCESS", ACCESS_KEY);
        service.set_env("SECRET_KEY_REFRESH", REFRESH_KEY);
        service.set_env("RATE_LIMITS", "off");
        service.set_env("STORAGE_URL", &format!("file:{}", storage.path().display()));
        service.set_env("MEDIA_URL", MEDIA_URL);
        for (name, value) in &self.environment {
            service.set_env(name, value);
        }
        for (function, timeout) in &self.timeouts {
            service.set_timeout(function, *timeout);
        }
        App { service, database, storage }
    }
}

impl App {
    /// Starts the API with default settings.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Returns a builder for an app with other settings.
    pub fn builder() -> Builder {
        Builder { environment: Vec::new(), timeouts: Vec::new(), executables: executables().to_owned() }
    }

    /// Sends `GET path`, which may have a query.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path).send().await
    }

    /// Sends `POST path` with a JSON body.
    pub async fn post_json(&self, path: &str, body: Value) -> Reply {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        request.body(body.to_string()).send().await
    }

    /// Returns a request to send with [`Request::send`]; `path` is percent-encoded and may have a query.
    pub fn request(&self, method: Method, path: &str) -> Request<'_> {
        Request { service: &self.service, http: HttpRequest::new(method, path) }
    }

    /// Sends a request and returns the response, also if it does not match the OpenAPI description.
    pub async fn exchange(&self, request: HttpRequest) -> Reply {
        self.service.send(request).await
    }

    /// Invokes a function directly, without the gateway.
    pub async fn invoke(&self, function: &str, payload: Value) -> Result<Value, FunctionError> {
        self.service.invoke(function, payload).await
    }

    /// Connects to the app's database.
    pub async fn db(&self) -> PgConnection {
        self.database.connect().await
    }

    /// Returns the folder that stores pictures.
    pub fn storage(&self) -> &Path {
        self.storage.path()
    }

    /// Returns the app's database.
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

    /// Returns the output of the processes of a function.
    pub fn logs(&self, function: &str) -> String {
        self.service.logs(function)
    }

    /// Returns the log lines of all functions.
    pub fn lines(&self) -> Vec<Value> {
        let functions = self.service.started();
        let logs = functions.map(|function| self.logs(function)).collect::<String>();
        logs.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Panics if a function has logged something private. Dropping the app does the same.
    #[cfg(test)]
    pub fn check_logs(&self) {
        self.service.check_logs();
    }

    /// Returns how many processes of a function have started.
    pub fn environments(&self, function: &str) -> usize {
        self.service.environments(function)
    }

    /// Returns how many processes of a function have ended. No request may be in flight.
    pub fn ended(&self, function: &str) -> usize {
        self.service.ended(function)
    }

    /// Returns the functions of which a process has started.
    pub fn started(&self) -> impl Iterator<Item = &String> {
        self.service.started()
    }

    /// Returns the peak resident memory of the idle processes of a function, in KiB (Linux).
    pub fn peak_memory(&self, function: &str) -> u64 {
        self.service.peak_memory(function)
    }

    /// Returns the content of `template.yaml`.
    pub fn template(&self) -> &Template {
        self.service.template()
    }
}

/// A request to send.
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

    /// Sends it and returns the response. In tests this panics if the response does not match the OpenAPI description.
    pub async fn send(self) -> Reply {
        #[cfg(test)]
        let request = self.http.clone();
        let reply = self.service.send(self.http).await;
        #[cfg(test)]
        super::description::check(self.service.template(), &request, &reply).await;
        reply
    }
}
