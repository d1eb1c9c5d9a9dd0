//! Runs the functions in AWS's own Runtime Interface Emulator, with moto as AWS. They only get the variables that
//! Lambda documents and those of `template.yaml`, so reliance on any other shows here.

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    database::{TlsServer, authority},
    support::{
        App,
        app::{ACCESS_KEY, REFRESH_KEY},
        aws::Aws,
        executables::{build, executables},
        free_port,
        runtime::lambda_variables,
        template::{Function, Login, Template},
        workload::Workload,
    },
};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// The timeout of the emulator's start, and of a function's start and response.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn functions_run_in_emulator_with_documented_variables() {
    let app = App::start().await;
    let (template, aws, authority) = (Template::parse(TEMPLATE).unwrap(), Aws::start(), authority());
    let server = TlsServer::start(&app, &authority, "localhost").await;
    let workload = Workload::new(template.functions.len());
    workload.prepare(&mut app.db().await).await;
    create_secrets(&app, &aws);
    let (key, picture) = Workload::picture();
    aws.create_bucket("pictures");
    aws.call("PUT", &format!("/pictures/{key}"), "us-east-1/s3", "", &picture);
    let values = BTreeMap::from([
        ("DATABASE_CA", authority.pem()),
        ("DATABASE_ROLE_PREFIX", String::from("movies")),
        ("MAIL_FROM", String::from("Movie Theater <no-reply@example.com>")),
        ("ORIGIN_SECRETS", String::new()),
        ("SES_CONFIGURATION_SET", String::from("movies-MailEvents")),
        ("METRICS_NAMESPACE", String::from("MovieTheater/movies")),
        ("PASSWORD_ROTATION", String::from("alternating")),
        ("POSTGRES_DB", app.database().options().get_database().unwrap().to_owned()),
        ("POSTGRES_DB_PORT", server.port.to_string()),
        ("POSTGRES_HOST", String::from("localhost")),
        ("PUBLIC_URL", String::from("https://movies.example.com")),
        ("SEND_MAIL_FUNCTION", String::from("SendMail")),
        ("STORAGE_URL", String::from("s3://pictures")),
    ]);

    let emulator = emulator().await;
    for (run, function) in template.functions.values().enumerate() {
        let mut environment = variables(function, &values);
        environment.insert(String::from("AWS_ENDPOINT_URL"), aws.url.clone());
        let event = workload.event(&template, function, run);
        let (answer, log) = invoke(&emulator, function, &environment, &event).await;
        let is_right = match answer["statusCode"].as_u64() {
            Some(status) => Workload::is_expected(function, status),
            None => answer.is_object() && answer.get("errorType").is_none(),
        };
        assert!(is_right, "{}: {answer}\n{log}", function.name);
    }
}

/// Returns the variables that the template sets for the function. A value comes from `values`, from the template's text,
/// from a parameter's default, or is the name of a secret. Panics for any other.
fn variables(function: &Function, values: &BTreeMap<&str, String>) -> BTreeMap<String, String> {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(TEMPLATE).unwrap();
    let own = &template["Resources"][function.name.as_str()]["Properties"]["Environment"]["Variables"];
    let general = &template["Globals"]["Function"]["Environment"]["Variables"];
    let named = [general, own].into_iter().filter_map(serde_yaml_ng::Value::as_mapping).flatten();
    named
        .map(|(name, value)| {
            let name = name.as_str().unwrap();
            let given = values.get(name).cloned();
            let value = given.or_else(|| resolve(&template, value));
            (
                name.to_owned(),
                value.unwrap_or_else(|| panic!("{name} of {} has no value here", function.name)),
            )
        })
        .collect()
}

fn resolve(template: &serde_yaml_ng::Value, value: &serde_yaml_ng::Value) -> Option<String> {
    let serde_yaml_ng::Value::Tagged(tagged) = value else { return text(value) };
    let reference = tagged.value.as_str()?;
    match tagged.tag.to_string().as_str() {
        "!Ref" => text(&template["Parameters"][reference]["Default"]),
        "!GetAtt" if reference.ends_with("SecretArn") => Some(reference.to_owned()),
        _ => None,
    }
}

fn text(value: &serde_yaml_ng::Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
}

/// Creates the secrets under the names that [`resolve`] gives them.
fn create_secrets(app: &App, aws: &Aws) {
    let create = |name: &str, value: Value| {
        aws.create_secret(name, &value.to_string());
    };
    for (login, kind) in Login::ALL {
        let url = url::Url::parse(&app.database().url_of(login)).unwrap();
        let password = percent_decode_str(url.password().unwrap_or("not asked for")).decode_utf8().unwrap();
        let value = json!({"username": url.username(), "password": password});
        let name = match login {
            Login::Owner => String::from("Database.Outputs.SecretArn"),
            _ => format!("Secrets.Outputs.{}{}SecretArn", kind[..1].to_uppercase(), &kind[1..]),
        };
        create(&name, value);
    }
    create("Secrets.Outputs.JwtAccessSecretArn", json!({"key": ACCESS_KEY}));
    create("Secrets.Outputs.JwtRefreshSecretArn", json!({"key": REFRESH_KEY}));
}

/// Returns the path of the emulator, which is part of the SAM CLI, and installs that the first time.
async fn emulator() -> PathBuf {
    let script = xtask::root().join("infra/local/tools.py");
    let output =
        Command::new("python3").arg(script).arg("sam").stderr(Stdio::inherit()).output().await.unwrap();
    assert!(output.status.success(), "SAM cannot be installed; the reason is on standard error");
    let programs = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    let python = fs::read_dir(programs.with_file_name("lib")).unwrap().next().unwrap().unwrap().path();
    python.join(format!("site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}"))
}

/// Starts the function in its own emulator, which accepts one event at a time, and sends it the event. Returns the
/// response, and the output of both.
async fn invoke(
    emulator: &Path,
    function: &Function,
    environment: &BTreeMap<String, String>,
    event: &Value,
) -> (Value, String) {
    // Both at once, so that they differ.
    let listeners = [free_port::listen().await, free_port::listen().await];
    let [port, api] = listeners.map(|listener| listener.local_addr().unwrap().port());
    let log = tempfile::NamedTempFile::new().unwrap();
    build(&function.executable).await;
    let process = Command::new(emulator)
        .arg("--runtime-interface-emulator-address")
        .arg(format!("127.0.0.1:{port}"))
        .arg("--runtime-api-address")
        .arg(format!("127.0.0.1:{api}"))
        .arg(executables().join(&function.executable))
        .env_clear()
        .envs(lambda_variables(function, "", executables()))
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(log.as_file().try_clone().unwrap())
        .stderr(log.as_file().try_clone().unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let answer = timeout(TIMEOUT, post(port, event)).await;
    end(process).await;
    let log = std::fs::read_to_string(log.path()).unwrap();
    let answer = answer.unwrap_or_else(|_| panic!("{} does not answer:\n{log}", function.name));
    (answer, log)
}

/// Sends the event as soon as the emulator listens.
async fn post(port: u16, event: &Value) -> Value {
    let mut connection = loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(connection) => break connection,
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    };
    let body = event.to_string();
    let head = format!(
        "POST /2015-03-31/functions/function/invocations HTTP/1.0\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_else(|_| Value::String(answer.into_owned()))
}

/// Stops the emulator and the function.
async fn end(mut process: Child) {
    if let Some(id) = process.id() {
        Command::new("kill").arg(id.to_string()).status().await.unwrap();
    }
    let _ = timeout(Duration::from_secs(5), process.wait()).await;
}
