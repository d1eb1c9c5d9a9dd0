//! Checks that the template or Lambda sets every environment variable that the code reads, to values that it accepts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::json;
use serde_yaml_ng::Value;

use crate::support::{App, runtime::DOCUMENTED};

/// Parameters with a range, each with the variable that it sets and a function that reads this.
const RANGES: [(&str, &str, &str); 5] = [
    ("LoginTimeDays", "LOGIN_TIME_DAYS", "Login"),
    ("ResetTokenMinutes", "RESET_TOKEN_MINUTES", "PasswordResetRequest"),
    ("CacheSeconds", "CACHE_SECONDS", "ListMovies"),
    ("UnverifiedDays", "UNVERIFIED_DAYS", "PurgeTokens"),
    ("AuditDays", "AUDIT_DAYS", "PurgeTokens"),
];

/// The settings that the template leaves out on purpose, by what replaces them on AWS. Their defaults are the
/// strictest values.
const OPTIONAL: [(&str, &[&str]); 9] = [
    ("TLS to a server of SMTP", &["SMTP_TLS"]),
    ("secrets and POSTGRES_HOST", &["DATABASE_URL", "POSTGRES_USER", "POSTGRES_PASSWORD"]),
    (
        "JWT_ACCESS_SECRET_ARN and JWT_REFRESH_SECRET_ARN",
        &["SECRET_KEY_ACCESS", "SECRET_KEY_REFRESH", "JWT_SIGNING_ALGORITHM"],
    ),
    ("limits that are on", &["RATE_LIMITS", "LIMIT_WINDOW_MINUTES"]),
    (
        "limits by default",
        &[
            "LOGIN_LIMIT",
            "LOGIN_LIMIT_PER_ADDRESS",
            "LOGIN_LIMIT_PER_CLIENT",
            "MAIL_LIMIT",
            "MAIL_LIMIT_PER_ADDRESS",
            "MAIL_LIMIT_PER_CLIENT",
            "MAIL_LIMIT_PER_HOUR",
            "TOKEN_LIMIT",
            "TOKEN_LIMIT_PER_ADDRESS",
            "TOKEN_LIMIT_PER_CLIENT",
        ],
    ),
    ("a list that is on", &["PASSWORD_BLOCKLIST"]),
    ("logs in JSON", &["LOG_FORMAT"]),
    ("IAM", &["INVOCATION_KEY"]),
    ("the services of AWS", &["AWS_ENDPOINT_URL"]),
];

/// Literals that are not settings: variables of Cargo, read at compile time, and a suffix of AWS_ENDPOINT_URL_….
const NO_VARIABLES: [&str; 5] =
    ["CARGO_MANIFEST_DIR", "CARGO_PKG_LICENSE", "CARGO_PKG_VERSION", "OUT_DIR", "SECRETS_MANAGER"];

/// Returns the variables in the sources of the functions, literals such as `"MAIL_URL"`, each with a file that has it.
fn read_by_code() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![xtask::root().join("shared")];
    folders.push(xtask::root().join("functions"));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let names = text.split('"').filter(|literal| is_variable(literal));
                found.extend(names.map(|name| (name.to_owned(), path.display().to_string())));
            }
        }
    }
    found.retain(|name, _| !NO_VARIABLES.contains(&name.as_str()));
    found
}

fn is_variable(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.contains('_')
        && text.split('_').all(is_word)
}

/// Returns the variables that the template sets for any function.
fn set_by_template() -> BTreeSet<String> {
    let template: Value = serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().values();
    let functions = resources.filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let own = functions.map(|function| &function["Properties"]);
    let environments = own.chain([&template["Globals"]["Function"]]);
    let variables = environments.filter_map(|owner| owner["Environment"]["Variables"].as_mapping());
    variables.flat_map(|variables| variables.keys()).map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn code_reads_only_variables_set_in_template() {
    let (read, set) = (read_by_code(), set_by_template());
    assert!(read.len() > 30, "{read:?}");
    let optional: BTreeSet<&str> = OPTIONAL.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    for (name, file) in &read {
        let name = name.as_str();
        assert!(
            set.contains(name) || DOCUMENTED.contains(&name) || optional.contains(name),
            "{file} reads {name}, which neither template.yaml sets nor Lambda"
        );
    }
    for name in set.iter().map(String::as_str).chain(optional) {
        assert!(read.contains_key(name), "no function reads {name}");
    }
}

#[test]
fn template_sets_no_reserved_lambda_variable() {
    for name in set_by_template() {
        assert!(!DOCUMENTED.contains(&name.as_str()) && !name.starts_with("AWS_"), "{name}");
    }
}

/// Returns whether a function of [`RANGES`] starts with this value of the variable.
async fn starts(function: &str, variable: &str, value: i64) -> bool {
    let app = App::builder().env(variable, &value.to_string()).start().await;
    let starts = match function {
        "Login" => app.post_json("/api/v1/accounts/login/", json!({})).await.status != 500,
        "PasswordResetRequest" => {
            app.post_json("/api/v1/accounts/password-reset/request/", json!({})).await.status != 500
        }
        "ListMovies" => app.get("/api/v1/theater/movies/").await.status != 500,
        job => app.invoke(job, json!({})).await.is_ok(),
    };
    assert_eq!(app.logs(function).contains(&format!("{variable} ")), !starts, "{variable}={value}");
    starts
}

#[tokio::test]
async fn template_has_the_ranges_of_the_functions() {
    let template: Value = serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    for (parameter, variable, function) in RANGES {
        let limit = |name: &str| template["Parameters"][parameter][name].as_i64().expect(parameter);
        let (least, most) = (limit("MinValue"), limit("MaxValue"));
        for (value, is_valid) in [(least - 1, false), (least, true), (most, true), (most + 1, false)] {
            assert_eq!(starts(function, variable, value).await, is_valid, "{parameter}: {value}");
        }
    }
}
