//! Writes and checks `.sqlx/` like `cargo sqlx prepare`, which a new machine would have to compile for minutes.

use std::{env, ffi::OsStr, fs, path::PathBuf, process::Command};

use crate::{
    files::{self, local, root},
    functions::cargo,
    postgres::Temporary,
    problem::{About, Problem, Result},
    psql,
    url::DatabaseUrl,
};

/// What the copy of the sources leaves out.
const LEFT_OUT: [&str; 5] = [".aws-sam", ".git", ".local", ".sqlx", "target"];

/// Compares `.sqlx/` with the queries of the sources. Fails if a file is missing, outdated or unused (which sqlx-cli
/// tolerates).
pub fn check() -> Result {
    let mut diff = Command::new("diff");
    diff.args(["--recursive", "--brief"]).arg(root().join(".sqlx")).arg(prepare()?);
    if diff.status().about("diff")?.success() {
        Ok(())
    } else {
        Err(Problem::new(".sqlx does not match the queries; run `make sqlx`."))
    }
}

/// Updates `.sqlx/`. Fails if a query is wrong.
pub fn write() -> Result {
    let (made, offline) = (prepare()?, root().join(".sqlx"));
    files::delete(&offline)?;
    files::copy(&made, &offline, &[])
}

/// Returns the folder with the data of all queries.
fn prepare() -> Result<PathBuf> {
    // Cargo compiles a copy of the sources as a new crate, so it emits every query and keeps the other build intact.
    let copy = local("queries");
    files::delete(&copy)?;
    files::copy(root(), &copy, &LEFT_OUT)?;
    let made = copy.join(".sqlx");
    fs::create_dir(&made).about(&made)?;
    let server = Temporary::start()?;
    migrate(&DatabaseUrl::parse(&server.url)?)?;
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| root().join("target").into());
    let variables = [
        ("SQLX_OFFLINE", OsStr::new("false")),
        ("SQLX_OFFLINE_DIR", made.as_os_str()),
        ("DATABASE_URL", OsStr::new(&server.url)),
        ("CARGO_TARGET_DIR", &target),
    ];
    cargo(&["check", "--locked", "--all-targets"], &copy, &variables)?;
    Ok(made)
}

fn migrate(url: &DatabaseUrl) -> Result {
    let folder = root().join("migrations");
    let entries = fs::read_dir(&folder).about(&folder)?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension() == Some(OsStr::new("sql")));
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).about(&path)?;
        let mut arguments = vec!["--set=ON_ERROR_STOP=1".to_owned(), format!("--file={}", path.display())];
        if !text.starts_with("-- no-transaction") {
            arguments.push("--single-transaction".to_owned());
        }
        let migrated = psql::run(&psql::local()?, url, &arguments)?;
        if !migrated.status.success() {
            let messages = String::from_utf8_lossy(&migrated.stderr);
            return Err(Problem::new(format!("a migration fails: {messages}")));
        }
    }
    Ok(())
}
