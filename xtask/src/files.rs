//! Folders and files of this clone.

use std::{
    ffi::OsStr,
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::problem::{About, Problem, Result};

/// Returns the root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in a folder of the repository")
}

/// Returns the path of a file or folder in `.local`, which git ignores.
pub fn local(name: &str) -> PathBuf {
    root().join(".local").join(name)
}

/// Atomically replaces a file with one that only its owner can read. Fails if the folder is not writable.
pub fn write_private(path: &Path, text: &str) -> Result {
    draft(path, text)?.persist(path).map_err(|failed| failed.error).about(path)?;
    Ok(())
}

/// Returns a new file beside `path` that only its owner can read.
fn draft(path: &Path, text: &str) -> Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).about(folder)?;
    let mut draft = NamedTempFile::new_in(folder).about(folder)?;
    draft.write_all(text.as_bytes()).about(path)?;
    Ok(draft)
}

/// Returns the random texts of a file in `.local`, each of 256 bits. It creates them once, so that sessions survive a
/// restart. Fails if the file is not readable, or has another content.
pub fn kept_secrets<const COUNT: usize>(name: &str) -> Result<[String; COUNT]> {
    secrets_of(&local(name))
}

fn secrets_of<const COUNT: usize>(path: &Path) -> Result<[String; COUNT]> {
    if !path.exists() {
        let lines: String = (0..COUNT).map(|_| secret() + "\n").collect();
        // Of two commands that start at once, both use the file of the first.
        match draft(path, &lines)?.persist_noclobber(path) {
            Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists => {
                Err(failed.error).about(path)?
            }
            _ => {}
        }
    }
    let text = fs::read(path).about(path)?;
    let secrets: Vec<_> =
        text.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect();
    let secrets: Option<Vec<_>> = secrets.into_iter().map(complete).collect();
    secrets.and_then(|secrets| secrets.try_into().ok()).ok_or_else(|| {
        let path = path.display();
        Problem::new(format!("{path} is damaged; stop `make dev` and delete the file to create new keys."))
    })
}

/// Returns the secret if it has 256 bits, in hexadecimal or, from earlier releases, in base64url.
fn complete(secret: &[u8]) -> Option<String> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_complete = [43, 64].contains(&secret.len()) && secret.iter().all(is_digit);
    is_complete.then(|| String::from_utf8_lossy(secret).into_owned())
}

/// Returns a random text of 256 bits.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies a folder without the entries of these names. Fails at the first file that cannot be copied.
pub fn copy(from: &Path, to: &Path, left_out: &[&str]) -> Result {
    fs::create_dir_all(to).about(to)?;
    for entry in fs::read_dir(from).about(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).about(from)?;
        if left_out.iter().any(|left_out| name == OsStr::new(left_out)) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name), left_out)?
        } else {
            fs::copy(&path, to.join(name)).map(drop).about(&path)?
        }
    }
    Ok(())
}

/// Deletes a folder if it exists. Fails if a part of it stays.
pub fn delete(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).about(folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, sync::Barrier, thread};

    use super::*;

    #[test]
    fn private_file_is_replaced_and_unreadable_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/key");
        for text in ["one", "two"] {
            write_private(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn secrets_are_kept_and_must_be_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let kept: [String; 2] = secrets_of(&path).unwrap();
        assert_ne!(kept[0], kept[1]);
        assert_eq!(secrets_of(&path).unwrap(), kept);
        let [one, two] = kept.clone();
        let (short, other) = (&two[1..], two.replacen(|_| true, "\0", 1));
        for text in
            ["", &one, &format!("{one} {short}"), &format!("{one} {other}"), &format!("{one} {two} {one}")]
        {
            fs::write(&path, text).unwrap();
            let problem = secrets_of::<2>(&path).unwrap_err().to_string();
            assert!(problem.contains("/keys is damaged; stop `make dev` and delete the file"), "{problem}");
        }
        fs::write(&path, b"\xff").unwrap();
        assert!(secrets_of::<1>(&path).is_err());
    }

    #[test]
    fn secrets_of_earlier_releases_stay_valid() {
        let folder = tempfile::tempdir().unwrap();
        let (path, text) = (folder.path().join("keys"), "Zx3-_fQ9".repeat(6)[..43].to_owned());
        fs::write(&path, format!("{text}\n")).unwrap();
        assert_eq!(secrets_of::<1>(&path).unwrap(), [text]);
    }

    #[test]
    fn commands_that_start_at_once_have_the_same_secrets() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let (path, start) = (folder.path().join(round.to_string()), Barrier::new(4));
            let secrets = thread::scope(|scope| {
                let read = || {
                    start.wait();
                    secrets_of::<1>(&path).unwrap()
                };
                [(); 4].map(|()| scope.spawn(read)).map(|thread| thread.join().unwrap())
            });
            assert!(secrets.iter().all(|secret| *secret == secrets[0]), "{secrets:?}");
        }
    }

    #[test]
    fn failed_copy_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("missing", folder.path().join("link")).unwrap();
        let to = tempfile::tempdir().unwrap();
        let problem = copy(folder.path(), &to.path().join("copy"), &[]).unwrap_err().to_string();
        assert!(problem.contains("/link: "), "{problem}");
    }

    #[test]
    fn copy_leaves_names_out_at_every_level() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in ["target/a", "b/target/c", "b/d"] {
            let path = from.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        copy(&from, &to, &["target"]).unwrap();
        assert!(to.join("b/d").exists());
        assert!(!to.join("target").exists() && !to.join("b/target").exists());
        delete(&to).unwrap();
        delete(&to).unwrap();
        assert!(!to.exists());
    }
}
