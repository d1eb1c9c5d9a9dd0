//! Runs PostgreSQL for the tests: one server per process, and one database per test.
//!
//! A thread that lives as long as the process owns the server, because the runtime of a test ends with it.

use std::{
    sync::{LazyLock, mpsc as blocking},
    thread,
};

use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tokio::sync::{mpsc, oneshot};
use xtask::postgres::Temporary;

use super::{executables::executables, service::Service, template::Login};

/// The prefix of the functions' logins, which are the same as those of `manage`.
const PREFIX: &str = "theater_test";
pub const READER: &str = "theater_test_reader";
const PASSWORD: &str = "a password of the tests";

/// An empty database with the schema. PostgreSQL drops it when this value is dropped.
pub struct Database {
    name: String,
    options: PgConnectOptions,
}

impl Database {
    /// Creates a database. Panics if there is no server.
    pub async fn create() -> Self {
        let (reply, created) = oneshot::channel();
        SERVER.send(Order::Create(reply)).expect("the PostgreSQL thread lives as long as the process");
        let created = created.await.unwrap_or_else(|_| Err(String::from("its thread has panicked")));
        created.unwrap_or_else(|error| panic!("no database for this test: {error}"))
    }

    /// Returns the options for connecting to it.
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Returns its URL for the superuser.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }

    /// Returns its URL for functions with this login. The owner is the superuser here.
    pub fn url_of(&self, login: Login) -> String {
        let options = self.options.clone();
        let options = match login {
            Login::Owner => options,
            login => options.username(&format!("{PREFIX}_{}", login.name())).password(PASSWORD),
        };
        options.to_url_lossy().to_string()
    }

    /// Connects as superuser.
    pub async fn connect(&self) -> PgConnection {
        self.options.connect().await.expect("the test's database answers")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (done, dropped) = blocking::channel();
        if SERVER.send(Order::Drop(self.name.clone(), done)).is_ok() {
            let _ = dropped.recv();
        }
    }
}

static SERVER: LazyLock<mpsc::UnboundedSender<Order>> = LazyLock::new(|| {
    let (orders, inbox) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for another runtime");
    let thread = thread::Builder::new().name(String::from("postgres"));
    thread.spawn(move || runtime.block_on(serve(inbox))).expect("the system has room for another thread");
    orders
});

enum Order {
    Create(oneshot::Sender<Result<Database, String>>),
    Drop(String, blocking::Sender<()>),
}

/// Handles the orders one by one, because PostgreSQL copies a template only while it has no other connections.
async fn serve(mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut server = Server::start().await;
    while let Some(order) = orders.recv().await {
        match (&mut server, order) {
            (Ok(server), Order::Create(reply)) => {
                let _ = reply.send(server.create().await);
            }
            (Ok(server), Order::Drop(name, _done)) => server.drop(&name).await,
            (Err(error), Order::Create(reply)) => {
                let _ = reply.send(Err(error.clone()));
            }
            (Err(_), Order::Drop(..)) => {}
        }
    }
}

struct Server {
    /// Stops with this process, even if that is killed.
    _temporary: Option<Temporary>,
    options: PgConnectOptions,
    connection: PgConnection,
    /// The prefix of the names of this process's databases.
    prefix: String,
    created: usize,
}

impl Server {
    async fn start() -> Result<Self, String> {
        let (temporary, url) = match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => (None, url),
            Err(_) => {
                let temporary = Temporary::start().map_err(|problem| problem.to_string())?;
                let url = temporary.url.clone();
                (Some(temporary), url)
            }
        };
        let options: PgConnectOptions = url.parse().map_err(|error| format!("{url:?}: {error}"))?;
        let unusable = |error: sqlx::Error| format!("PostgreSQL at {url} is not usable: {error}");
        let mut connection = options.connect().await.map_err(unusable)?;
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await
            .map_err(unusable)?;
        let mut server =
            Self { _temporary: temporary, options, connection, prefix: format!("test_{pid}_"), created: 0 };
        server.tidy().await.map_err(unusable)?;
        // Cloning files in the file system takes half as long as any other strategy of CREATE DATABASE.
        let cloning = server.connection.execute("SET file_copy_method = clone").await;
        cloning.map_err(unusable)?;
        server.make_template().await?;
        Ok(server)
    }

    /// Drops the databases of earlier processes: their names contain a session that no longer exists.
    async fn tidy(&mut self) -> sqlx::Result<()> {
        let left: Vec<String> = sqlx::query_scalar(
            r"SELECT datname FROM pg_database
              WHERE datname ~ '^test_\d+_(template|\d+)$'
                AND split_part(datname, '_', 2)::int NOT IN
                    (SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid())",
        )
        .fetch_all(&mut self.connection)
        .await?;
        for name in left {
            self.drop(&name).await;
        }
        Ok(())
    }

    async fn make_template(&mut self) -> Result<(), String> {
        let name = format!("{}template", self.prefix);
        let statement = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        self.connection.execute(statement).await.map_err(|error| format!("{name}: {error}"))?;
        let options = self.options.clone().database(&name);
        migrate(&options).await?;
        make_logins(&options).await.map_err(|error| format!("{name}: {error}"))
    }

    async fn create(&mut self) -> Result<Database, String> {
        self.created += 1;
        let name = format!("{}{}", self.prefix, self.created);
        let template = format!("{}template", self.prefix);
        let statement =
            AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"));
        self.connection.execute(statement).await.map_err(|error| format!("{name}: {error}"))?;
        let options = self.options.clone().database(&name);
        Ok(Database { name, options })
    }

    /// Drops a database and closes its connections.
    async fn drop(&mut self, name: &str) {
        let statement = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        if let Err(error) = self.connection.execute(statement).await {
            eprintln!("the database {name} is left behind: {error}");
        }
    }
}

/// Migrates an empty database, as a deployment does.
async fn migrate(options: &PgConnectOptions) -> Result<(), String> {
    let mut service = Service::of_project(executables());
    service.set_env("DATABASE_TLS", "prefer");
    service.set_env("DATABASE_URL", options.to_url_lossy().as_str());
    let outcome = service.invoke("Manage", json!({"command": "migrate"})).await;
    outcome.map(drop).map_err(|error| format!("{}\n{}", error.error_message, service.logs("Manage")))
}

/// Creates the functions' logins, with the rights that `manage` grants.
async fn make_logins(options: &PgConnectOptions) -> sqlx::Result<()> {
    let mut connection = options.connect().await?;
    let grants = include_str!("../../functions/jobs/manage/roles/grants.sql").replace("{prefix}", PREFIX);
    connection.execute(AssertSqlSafe(grants)).await?;
    // As for a password that `manage` has generated, also on the server of TEST_DATABASE_URL.
    connection.execute("SET scram_iterations = 1").await?;
    for (_, kind) in Login::ALL.iter().filter(|(login, _)| *login != Login::Owner) {
        let login = format!("{PREFIX}_{kind}");
        let timeout = if *kind == "reader" { "5s" } else { "0" };
        let statements = format!(
            "DO $$ BEGIN CREATE ROLE {login}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             ALTER ROLE {login} LOGIN PASSWORD '{PASSWORD}';
             ALTER ROLE {login} SET statement_timeout = '{timeout}';
             GRANT {login}_rights TO {login}"
        );
        connection.execute(AssertSqlSafe(statements)).await?;
    }
    connection.close().await
}
