//! Measures cold starts of the functions that read both secrets over HTTP. The bare program reads the same two
//! concurrently, opens a connection with one of them, and sends the same statements.

use serde_json::json;
use sqlx::postgres::PgConnectOptions;

use crate::{
    measure::{Report, Subject, functions},
    start::{Limits, Starts},
    support::{
        app::{ACCESS_KEY, REFRESH_KEY},
        aws::{Aws, SECRET_ACCESS_KEY},
    },
};

const WARM_UP: usize = 5;
const RUNS: usize = 40;
/// A sample of the functions that sign or verify tokens.
const MEASURED: [&str; 7] =
    ["create_movie", "delete_movie", "login", "logout", "me", "refresh", "update_movie"];

pub async fn run(report: &mut Report) {
    let aws = Aws::start();
    let create = |name: &str, value: serde_json::Value| {
        let arguments = json!({"Name": name, "SecretString": value.to_string()});
        let secret = aws.secrets_manager("CreateSecret", &arguments);
        secret["ARN"].as_str().expect("it has a name").to_owned()
    };
    let keys = create("keys", json!({"access_key": ACCESS_KEY, "refresh_key": REFRESH_KEY}));
    for function in functions() {
        let name = function.executable.clone();
        if !MEASURED.contains(&name.as_str()) {
            continue;
        }
        let subject = Subject::record(&function, WARM_UP + RUNS).await;
        let (own, bare) = (subject.stage().await, subject.stage().await);
        let url = subject.url(&own);
        let login =
            url.trim_start_matches("postgres://").split('@').next().and_then(|login| login.split_once(':'));
        let (user, password) = login.expect("the URL has a user and a password");
        let password = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        let database = create(&name, json!({"username": user, "password": password}));
        let variables = |url: &str| {
            let options: PgConnectOptions = url.parse().expect("it is a URL");
            [
                ("DATABASE_URL", String::new()),
                ("DATABASE_TLS", String::from("prefer")),
                ("POSTGRES_HOST", options.get_host().to_owned()),
                ("POSTGRES_DB_PORT", options.get_port().to_string()),
                ("POSTGRES_DB", options.get_database().expect("it has a name").to_owned()),
                ("DATABASE_SECRET_ARN", database.clone()),
                ("JWT_ACCESS_SECRET_ARN", keys.clone()),
                ("JWT_REFRESH_SECRET_ARN", keys.clone()),
                ("SECRET_KEY_ACCESS", String::new()),
                ("SECRET_KEY_REFRESH", String::new()),
                ("AWS_ENDPOINT_URL", aws.url.clone()),
                ("AWS_ACCESS_KEY_ID", String::from("test")),
                ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
            ]
        };
        let (own_variables, bare_variables) = (variables(&url), variables(&subject.url(&bare)));
        let (own_variables, bare_variables) = (
            own_variables.each_ref().map(|(name, value)| (*name, value.as_str())),
            bare_variables.each_ref().map(|(name, value)| (*name, value.as_str())),
        );
        let (mut starts, mut bares) = (Starts::default(), Starts::default());
        for run in 0..WARM_UP + RUNS {
            if run == WARM_UP {
                (starts, bares) = Default::default();
            }
            starts.add(&function, subject.start(&own, &own_variables), &subject.event(&own, run));
            let process = subject.start_bare("bare_secrets", &bare, run..run + 1, &bare_variables);
            bares.add(&function, process, &subject.bare_event(&bare, run));
        }
        let limit = ("bare_secrets", &bares, 1.3);
        let names = ["start to first poll, secrets fetched", "start to first answer, secrets fetched"];
        starts.report(report, &subject, names, Limits { first_poll: limit, first_answer: limit });
    }
}
