//! The executables of the functions.

#[cfg(test)]
use std::{
    collections::BTreeSet,
    process::Command,
    sync::{Mutex, PoisonError},
};
use std::{
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The folder of the executables of this profile, such as `target/debug`.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let this = env::current_exe().expect("the system names the running executable");
    let folder = this.parent().and_then(Path::parent);
    folder.expect("Cargo puts tests and benchmarks into `deps` there").to_owned()
});

/// Returns the folder of the executables that Cargo builds with this profile, such as `target/debug`.
pub fn executables() -> &'static Path {
    &FOLDER
}

/// Builds an executable of [`executables`] if its sources changed: all of them at once if all tests run. Panics if it
/// does not compile.
#[cfg(test)]
pub fn build(name: &str) {
    // Cargo has built them all for the tests and benchmarks of their own package.
    if option_env!("CARGO_BIN_EXE_manage").is_some() {
        return;
    }
    const ALL: &str = "";
    static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if built.contains(ALL) || built.contains(name) {
        return;
    }
    let runs_all = env::args().skip(1).all(|argument| argument.starts_with('-'));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet"]).current_dir(xtask::root());
    // Cargo sets them for this package, and would compile ring again with them.
    let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_package)).for_each(|(name, _)| {
        cargo.env_remove(name);
    });
    match executables().file_name() {
        Some(profile) if profile != "debug" => cargo.arg("--profile").arg(profile),
        _ => &mut cargo,
    };
    if runs_all {
        cargo.arg("--bins")
    } else {
        cargo.args(["--bin", name])
    };
    let status = cargo.status().expect("Cargo started this test, or is in PATH");
    assert!(status.success(), "{cargo:?} fails; its messages are above");
    built.insert(if runs_all { ALL } else { name }.to_owned());
}
