//! The executables of the functions.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::{LazyLock, Mutex, PoisonError},
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

/// What was built by this process; `--bins` are all.
static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The option of Cargo that selects all executables.
const ALL: &str = "--bins";

/// Builds an executable of [`executables`] if its sources changed: all of them at once if all tests run. Panics if it does
/// not compile.
pub async fn build(name: &str) {
    let runs_all = env::args().skip(1).all(|argument| argument.starts_with('-'));
    build_once(if runs_all { ALL } else { name }).await;
}

/// Builds all executables whose sources changed, for tests that measure times. Panics if one does not compile.
pub async fn build_all() {
    build_once(ALL).await;
}

async fn build_once(name: &str) {
    static BUILDS: Mutex<()> = Mutex::new(());
    // Cargo has built them all for the tests and benchmarks of their own package.
    if option_env!("CARGO_BIN_EXE_manage").is_some() || is_built(name) {
        return;
    }
    let name = name.to_owned();
    // In a thread of its own, because functions that run already are waiting for answers of this one.
    let work = tokio::task::spawn_blocking(move || {
        let _build = BUILDS.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_built(&name) {
            run_cargo(&name);
            BUILT.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        }
    });
    work.await.expect("the executable compiles");
}

fn is_built(name: &str) -> bool {
    let built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built.contains(ALL) || built.contains(name)
}

fn run_cargo(name: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the folder of all output");
    let inside = executables().strip_prefix(target).expect("Cargo has built this test there");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    xtask::clear_build_variables(&mut cargo);
    cargo.args(["build", "--quiet", "--target-dir"]).arg(target).current_dir(xtask::root());
    // `debug`, or another profile's folder, perhaps in that of a platform.
    if let Some(platform) = inside.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        cargo.arg("--target").arg(platform);
    }
    if let Some(profile) = inside.file_name().filter(|folder| *folder != "debug") {
        cargo.arg("--profile").arg(profile);
    }
    if name == ALL {
        cargo.arg(ALL)
    } else {
        cargo.args(["--bin", name])
    };
    let status = cargo.status().expect("Cargo started this test, or is in PATH");
    assert!(status.success(), "{cargo:?} fails; its messages are above");
}
