//! Runs PostgreSQL in `.local/postgres` for local commands, so that you need not install it; DATABASE_URL names another.

use std::{
    fs::{self, OpenOptions},
    path::Path,
};

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    files::{self, local},
    lock::{Lock, Running},
    output,
    postgres::{PORTS, Server},
    problem::{About, Problem, Result},
    psql,
    url::DatabaseUrl,
    variable::variable,
};

const DATA: &str = "postgres";
const SETTINGS: &str = "postgres.json";
const LOG: &str = "postgres.log";

/// A database that exists. If this command started its server, that stops when this value is dropped.
pub struct Database {
    /// The URL of its owner.
    pub url: DatabaseUrl,
    server: Option<Server>,
    // Dropped after the server.
    _cluster: Option<Cluster>,
}

impl Database {
    /// Uses the server of DATABASE_URL or starts the local one, and creates the database unless it exists. Fails if the
    /// server does not start or refuses.
    pub fn serve() -> Result<Self> {
        let (database, psql) = match given() {
            Some(url) => {
                (Self { url: DatabaseUrl::parse(&url)?, server: None, _cluster: None }, psql::remote()?)
            }
            None => (Self::local()?, psql::local()?),
        };
        create(&database.url, &psql)?;
        Ok(database)
    }

    fn local() -> Result<Self> {
        if !local(SETTINGS).exists() {
            save(fastrand::u16(PORTS), &files::secret())?;
        }
        let (port, password) = settings()?;
        let data = local(DATA);
        if !data.exists() {
            // Only a complete cluster gets this name.
            let draft = data.with_extension("new");
            files::delete(&draft)?;
            Cluster::new(&draft, false)?.create(Some(&password))?;
            fs::rename(&draft, &data).about(&draft)?;
        }
        let log = local(LOG);
        let mut options = OpenOptions::new();
        let mut log = options.read(true).write(true).create(true).truncate(true).open(&log).about(&log)?;
        let cluster = Cluster::new(&data, false)?;
        let server = Server::start(&cluster, &mut log, Some(port))?;
        save(server.port, &password)?;
        Ok(Self { url: running()?, server: Some(server), _cluster: Some(cluster) })
    }

    /// Returns whether a server that this command started has ended by itself. Fails if its status is not available.
    pub fn has_ended(&mut self) -> Result<bool> {
        self.server.as_mut().map_or(Ok(false), Server::has_ended)
    }
}

/// Returns DATABASE_URL unless it is empty.
pub fn given() -> Option<String> {
    variable("DATABASE_URL")
}

/// Returns the URL of the local database while a command serves it. Fails if there is none.
fn running() -> Result<DatabaseUrl> {
    let (port, password) = settings()?;
    DatabaseUrl::parse(&format!("postgres://postgres:{password}@127.0.0.1:{port}/movies_db"))
}

/// Returns the URL of the database of a running `make dev`. Fails if that is not the local one.
pub fn of(dev: &Running) -> Result<DatabaseUrl> {
    if dev.uses_local_database {
        running()
    } else {
        Err(Problem::new("`make dev` uses another server; set DATABASE_URL here as well."))
    }
}

/// Deletes the cluster and its settings. Fails while another command uses them.
pub fn reset() -> Result {
    if given().is_some() {
        return Err(Problem::new(
            "`make reset` deletes only the database in .local; unset DATABASE_URL first.",
        ));
    }
    let _lock = Lock::take()?;
    let data = local(DATA);
    let existed = data.exists();
    if existed {
        // A partly deleted folder must not look like a cluster.
        let old = data.with_extension("old");
        files::delete(&old)?;
        fs::rename(&data, &old).about(&data)?;
        files::delete(&old)?;
    }
    let _ = fs::remove_file(local(SETTINGS));
    output::line(if existed {
        "Deleted the local database; `make dev` creates a new one."
    } else {
        "No local database exists; `make dev` creates one."
    })
}

/// Returns the port and the superuser's password.
fn settings() -> Result<(u16, String)> {
    let path = local(SETTINGS);
    let text = fs::read_to_string(&path).about(&path)?;
    let settings: Value = serde_json::from_str(&text).unwrap_or_default();
    let port = settings["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    port.zip(settings["password"].as_str().map(str::to_owned))
        .ok_or_else(|| Problem::new(format!("{} has no port or password; run `make reset`.", path.display())))
}

fn save(port: u16, password: &str) -> Result {
    files::write_private(&local(SETTINGS), &json!({"port": port, "password": password}).to_string())
}

/// Creates the database of the URL if the server reports that it does not exist.
///
/// Ignores other errors, because the next connection reports them with a better message.
fn create(url: &DatabaseUrl, psql: &Path) -> Result {
    let name = url.database();
    let missing = format!("database \"{name}\" does not exist");
    if String::from_utf8_lossy(&psql::run(psql, url, &["--command="])?.stderr).contains(&missing) {
        let statement = format!("--command=CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
        let created = psql::run(psql, &url.with_database("postgres"), &[statement])?;
        if !created.status.success() {
            return Err(Problem::new(format!(
                "the database {name} does not exist and could not be created: {}",
                String::from_utf8_lossy(&created.stderr)
            )));
        }
    }
    Ok(())
}
