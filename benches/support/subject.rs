//! A request to measure, and a bare program that sends the cheapest statements with the same rows, or the same
//! statements.

use std::{io::Write, ops::Range};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tempfile::NamedTempFile;

use super::{Process, event, executable, functions, movies, request, simplest};
use crate::support::{
    App, Method,
    proxy::{Proxy, Traffic},
    statement::Statement,
    template::Function,
    workload::{SETTINGS, Workload},
};

/// The functions that hash passwords, which dominates their time.
const HASHING: [&str; 6] = [
    "delete_account",
    "email_change_request",
    "login",
    "password_change",
    "password_reset_complete",
    "register",
];

/// The number of movies in the catalogue of requests that have cheapest statements.
const CATALOGUE: i64 = 10_000;

/// The name of `bare_queries` when it sends the cheapest statements.
pub const SIMPLEST: &str = "simplest";

/// A request to measure; mostly the only one to its function.
pub struct Request {
    /// Its name in reports: the executable of the function, with an addition if there are several requests.
    pub name: String,
    /// The function.
    pub function: Function,
    target: Option<String>,
}

/// Returns the requests to the chosen functions.
pub fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for function in functions() {
        let name = function.executable.clone();
        if name == "list_movies" {
            let target = format!("/api/v1/theater/movies/?{}", movies::step_in_the_middle(CATALOGUE));
            let name = format!("{name} by cursor");
            requests.push(Request { name, function: function.clone(), target: Some(target) });
        }
        requests.push(Request { name, function, target: None });
    }
    requests
}

/// A request, repeated, and the database traffic for each time.
pub struct Subject {
    /// The name of the request in reports.
    pub name: String,
    /// The function.
    pub function: Function,
    /// The traffic of each request, in order.
    pub traffic: Vec<Traffic>,
    /// Whether it connects to the database before it requests the first event.
    pub connects_first: bool,
    /// The path and query of the request, if they are not the workload's.
    target: Option<String>,
    has_large_catalogue: bool,
    workload: Workload,
}

/// A database with the workload's rows, and the template.
pub struct Stage(App);

impl Subject {
    /// Sends the workload's request to a function `runs` times and records the traffic.
    pub async fn record(function: &Function, runs: usize) -> Self {
        let request = Request { name: function.executable.clone(), function: function.clone(), target: None };
        Self::record_on(&request, runs, false).await
    }

    /// Sends a request `runs` times and records the traffic. If it has cheapest statements, the catalogue is large.
    pub async fn record_request(request: &Request, runs: usize) -> Self {
        Self::record_on(request, runs, simplest::REQUESTS.contains(&request.name.as_str())).await
    }

    async fn record_on(request: &Request, runs: usize, has_large_catalogue: bool) -> Self {
        let Request { name, function, target } = request;
        let mut subject = Self {
            name: name.clone(),
            function: function.clone(),
            traffic: Vec::new(),
            connects_first: false,
            target: target.clone(),
            has_large_catalogue,
            workload: Workload::new(runs),
        };
        let stage = subject.stage().await;
        let options: PgConnectOptions = subject.url(&stage).parse().expect("it is a URL");
        let proxy = Proxy::start(options.get_host(), options.get_port());
        let url = options.host("127.0.0.1").port(proxy.port()).to_url_lossy();
        let mut process = subject.start(&stage, &[("DATABASE_URL", url.as_str())]);
        process.idle();
        subject.connects_first = proxy.connections() > 0;
        proxy.take();
        for run in 0..runs {
            process.invoke(&subject.event(&stage, run)).assert_success(function);
            let mut traffic = proxy.take();
            // Excludes the lookups of types by sqlx, which the bare program's sqlx also sends.
            traffic.statements.retain(|statement| !statement.sql.contains("pg_catalog."));
            subject.traffic.push(traffic);
        }
        subject
    }

    /// Creates a new database in which every request works again.
    pub async fn stage(&self) -> Stage {
        let app = App::start().await;
        let db = &mut app.db().await;
        self.workload.prepare(db).await;
        if self.has_large_catalogue {
            movies::add(db, 1, CATALOGUE).await;
            movies::add_genres(db).await;
        }
        Stage(app)
    }

    /// Returns the event of a request.
    pub fn event(&self, stage: &Stage, run: usize) -> Vec<u8> {
        if let Some(target) = &self.target {
            return event(&stage.0, &request(Method::GET, target, String::new()));
        }
        self.workload.event(stage.0.template(), &self.function, run).to_string().into_bytes()
    }

    /// Returns the event of a request for a bare program, which only accepts HTTP events.
    pub fn bare_event(&self, stage: &Stage, run: usize) -> Vec<u8> {
        let template = stage.0.template();
        let list = &template.functions["ListMovies"];
        let function = if self.function.routes.is_empty() { list } else { &self.function };
        self.workload.event(template, function, run).to_string().into_bytes()
    }

    /// Returns the cheapest statements with the rows of a request, if it has such.
    pub fn simplest(&self, run: usize) -> Option<Vec<Statement>> {
        simplest::statements(&self.name, &self.traffic[run].statements)
    }

    /// Returns whether a request hashes a password.
    pub fn is_hashing(&self) -> bool {
        Self::hashes(&self.function)
    }

    /// Returns whether a function hashes passwords.
    pub fn hashes(function: &Function) -> bool {
        HASHING.contains(&function.executable.as_str())
    }

    /// Starts the function, with `variables` in addition to its settings.
    pub fn start(&self, stage: &Stage, variables: &[(&str, &str)]) -> Process {
        let url = self.url(stage);
        let own = SETTINGS.iter().copied().chain([("DATABASE_URL", url.as_str())]);
        let variables = own.chain(variables.iter().copied());
        Process::start(&executable(&self.function.executable), &self.function, variables)
    }

    /// Returns the bare program to compare the function with: one with the same statements, or hello world for a
    /// function without a database.
    pub fn bare(&self) -> &'static str {
        if self.traffic.iter().any(|traffic| !traffic.statements.is_empty()) {
            "bare_queries"
        } else {
            "bare_hello"
        }
    }

    /// Starts a bare program that sends the function's statements for the requests in this range.
    pub fn start_bare(
        &self,
        program: &str,
        stage: &Stage,
        requests: Range<usize>,
        variables: &[(&str, &str)],
    ) -> Process {
        let statements = self.traffic[requests].iter().map(|traffic| traffic.statements.clone()).collect();
        self.start_with(program, stage, statements, variables)
    }

    /// Starts a bare program that sends the cheapest statements for the requests in this range, and its name; if there are
    /// none, one that sends the function's.
    pub fn start_limit(&self, stage: &Stage, requests: Range<usize>) -> (Process, &'static str) {
        let statements: Option<Vec<_>> = requests.clone().map(|run| self.simplest(run)).collect();
        match statements {
            Some(statements) => (self.start_with("bare_queries", stage, statements, &[]), SIMPLEST),
            None => (self.start_bare(self.bare(), stage, requests, &[]), self.bare()),
        }
    }

    fn start_with(
        &self,
        program: &str,
        stage: &Stage,
        statements: Vec<Vec<Statement>>,
        variables: &[(&str, &str)],
    ) -> Process {
        let mut file = NamedTempFile::new().expect("the folder for temporary files is writable");
        let text = serde_json::to_vec(&statements).expect("it is plain data");
        file.write_all(&text).expect("the disk has room");
        let (url, path) = (self.url(stage), file.path().to_string_lossy().into_owned());
        let mut own = vec![("DATABASE_URL", url.as_str()), ("REPLAY", &path)];
        if self.is_hashing() {
            own.push(("HASH", self.workload.hash()));
        }
        let variables = own.into_iter().chain(variables.iter().copied());
        let mut process = Process::start(&executable(program), &self.function, variables);
        // The program has read the file by then.
        process.idle();
        process
    }

    /// Returns the function's URL of a stage's database.
    pub fn url(&self, stage: &Stage) -> String {
        stage.0.database().url_of(self.function.login)
    }
}
