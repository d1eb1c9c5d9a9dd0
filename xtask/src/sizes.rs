//! Compares what `make package` built with the limits of `tests/budget.json` before an upload, because SAM has no limits.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    files::root,
    interrupt, output,
    problem::{About, Problem, Result},
};

/// Prints the bytes of executables and of their packages, zip files that contain only the executable. Fails if one is
/// too large.
pub fn check(executables: &[&str]) -> Result {
    let path = root().join("tests/budget.json");
    let budget = fs::read_to_string(&path).about(&path)?;
    let budget: Value = serde_json::from_str(&budget)
        .map_err(|error| Problem::new(format!("{}: {error}.", path.display())))?;
    let mut paths: Vec<_> = executables.iter().map(PathBuf::from).collect();
    paths.sort();
    let mut large = Vec::new();
    output::line(format_args!("{:24}{:>12}{:>12}", "function", "executable", "package"))?;
    for path in paths {
        let name = path.parent().and_then(Path::file_name).map(OsStr::to_string_lossy).unwrap_or_default();
        let sizes = [fs::metadata(&path).about(&path)?.len(), compressed(&path)?];
        output::line(format_args!("{name:24}{:>12}{:>12}", grouped(sizes[0]), grouped(sizes[1])))?;
        let most = ["executable", "package"].map(|kind| limit(&budget, kind, &snake(&name)));
        if sizes[0] > most[0] || sizes[1] > most[1] {
            large.push(format!("{name} ({} and {} bytes at most)", grouped(most[0]), grouped(most[1])));
        }
    }
    if large.is_empty() {
        Ok(())
    } else {
        Err(Problem::new(format!("too large for tests/budget.json: {}.", large.join(", "))))
    }
}

/// Returns the bytes of an executable that is compressed as in a zip file.
fn compressed(path: &Path) -> Result<u64> {
    let file = File::open(path).about(path)?;
    let output = Command::new("gzip").args(["-6", "-c"]).stdin(file).output().about("gzip")?;
    // Ctrl-C ends gzip too.
    interrupt::check()?;
    if output.status.success() {
        Ok(output.stdout.len() as u64)
    } else {
        Err(Problem::new(format!("gzip failed ({}) on {}.", output.status, path.display())))
    }
}

fn limit(budget: &Value, kind: &str, function: &str) -> u64 {
    let own = budget[format!("larger_{kind}s")][function].as_u64();
    own.or_else(|| budget[format!("{kind}_bytes")].as_u64()).unwrap_or(0)
}

/// Returns `list_movies` for `ListMovies`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && text.ends_with(|before: char| before.is_ascii_lowercase()) {
            text.push('_');
        }
        text.push(character);
    }
    // Only now, so that the letter before a capital is still itself.
    text.to_lowercase()
}

/// Returns `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_have_limits_of_their_own_or_the_usual_one() {
        let budget = json!({"package_bytes": 1, "larger_packages": {"send_mail": 2}});
        assert_eq!(limit(&budget, "package", &snake("SendMail")), 2);
        assert_eq!(limit(&budget, "package", &snake("Login")), 1);
    }

    #[test]
    fn digits_are_in_groups_of_three() {
        assert_eq!([1, 999, 1000, 1234567].map(grouped), ["1", "999", "1,000", "1,234,567"]);
    }
}
