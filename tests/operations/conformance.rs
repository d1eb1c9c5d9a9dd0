//! Tests that schemathesis generates from the OpenAPI description.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use crate::support::{
    App, accounts, app::ACCESS_KEY, catalogue, executables::build_all, jwt, site::SiteAddress,
};

/// Runs `CONFORMANCE_EXAMPLES` examples of every operation, or the same few every time if it is not set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_conforms_to_its_description() {
    let app = Arc::new(App::start().await);
    let id = accounts::active(&app, "admin@example.com").await;
    let grant = json!({"command": "grant", "email": "admin@example.com", "group": "admin"});
    app.invoke("Manage", grant).await.expect("the account is there");
    catalogue::movies(&mut app.db().await, 30).await;
    // Longer than any run.
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(24 * 60 * 60);
    // Issued after every session that the tests end.
    let claims = json!({"user_id": id, "exp": end.as_secs(), "iat": end.as_secs()});
    let token = jwt::sign(&claims, ACCESS_KEY);
    let site = SiteAddress::domain().await.serve(&app);

    build_all().await;
    let root = xtask::root();
    let examples = std::env::var("CONFORMANCE_EXAMPLES");
    let mut tests = Command::new("python3");
    tests.arg(root.join("infra/local/tools.py")).args(["openapi", "--", "schemathesis"]);
    tests.arg("--config-file").arg(root.join("infra/conformance/settings.toml"));
    tests.args(["run", &format!("{}/openapi.json", site.url), "--no-color"]).env("ACCESS_TOKEN", token);
    // It leaves there what it remembers of a run.
    tests
        .env("SCHEMATHESIS_HOOKS", root.join("infra/conformance/formats.py"))
        .current_dir(root.join(".local"));
    match &examples {
        Ok(number) => tests.args(["--max-examples", number]),
        Err(_) => tests.args(["--max-examples", "10", "--seed", "1"]),
    };
    let tests = tests.stdin(Stdio::null()).stderr(Stdio::inherit());
    let outcome = tokio::task::block_in_place(|| tests.output().expect("python3 is installed"));
    let report = String::from_utf8_lossy(&outcome.stdout);
    let _ = write!(std::io::stderr(), "{}", if examples.is_ok() { &report } else { "" });
    assert!(outcome.status.success(), "{report}");
}
