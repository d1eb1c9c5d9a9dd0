//! A function to measure, and a bare program that sends the same statements.

use std::{io::Write, ops::Range};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tempfile::NamedTempFile;

use super::{Process, executable};
use crate::support::{
    App,
    proxy::{Proxy, Traffic},
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

/// A function, requests to it, and its database traffic for each.
pub struct Subject {
    /// The function.
    pub function: Function,
    /// The traffic of each request, in order.
    pub traffic: Vec<Traffic>,
    /// Whether it connects to the database before it requests the first event.
    pub connects_first: bool,
    workload: Workload,
}

/// A database with the workload's rows, and the template.
pub struct Stage(App);

impl Subject {
    /// Runs a function `runs` times and records its traffic.
    pub async fn record(function: &Function, runs: usize) -> Self {
        let mut subject = Self {
            function: function.clone(),
            traffic: Vec::new(),
            connects_first: false,
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
        self.workload.prepare(&mut app.db().await).await;
        Stage(app)
    }

    /// Returns the event of a request.
    pub fn event(&self, stage: &Stage, run: usize) -> Vec<u8> {
        self.workload.event(stage.0.template(), &self.function, run).to_string().into_bytes()
    }

    /// Returns the event of a request for a bare program, which only accepts HTTP events.
    pub fn bare_event(&self, stage: &Stage, run: usize) -> Vec<u8> {
        let template = stage.0.template();
        let list = &template.functions["ListMovies"];
        let function = if self.function.routes.is_empty() { list } else { &self.function };
        self.workload.event(template, function, run).to_string().into_bytes()
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

    /// Starts a bare program for the requests in this range.
    pub fn start_bare(
        &self,
        program: &str,
        stage: &Stage,
        requests: Range<usize>,
        variables: &[(&str, &str)],
    ) -> Process {
        let statements: Vec<_> = self.traffic[requests].iter().map(|traffic| &traffic.statements).collect();
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
