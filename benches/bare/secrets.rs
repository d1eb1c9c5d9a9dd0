//! Like `bare_queries`, but reads the database's login and the keys from Secrets Manager concurrently.

mod replay;

use std::env;

use aws_sdk_secretsmanager::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use replay::Replay;
use serde_json::Value;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let replay = Replay::read()?;
    let client = client()?;
    let (database, keys) = (env::var("DATABASE_SECRET_ARN")?, env::var("JWT_ACCESS_SECRET_ARN")?);
    let connected = async {
        let found = client.get_secret_value().secret_id(database).send().await?;
        let login: Value = serde_json::from_str(found.secret_string().unwrap_or_default())?;
        let text = |name: &str| login[name].as_str().unwrap_or_default().to_owned();
        let options = PgConnectOptions::new_without_pgpass()
            .host(&env::var("POSTGRES_HOST")?)
            .port(env::var("POSTGRES_DB_PORT")?.parse()?)
            .database(&env::var("POSTGRES_DB")?)
            .username(&text("username"))
            .password(&text("password"));
        Ok::<_, Error>(options.connect().await?)
    };
    let found = async {
        let found = client.get_secret_value().secret_id(keys).send().await?;
        Ok(serde_json::from_str::<Value>(found.secret_string().unwrap_or_default())?)
    };
    let (connection, _keys) = tokio::try_join!(connected, found)?;
    let state = &Mutex::new((replay, connection));
    run(service_fn(async move |_: Request| {
        let (replay, connection) = &mut *state.lock().await;
        replay.next(connection).await?;
        Ok::<_, Error>(Response::new(Body::from("Hello, world!")))
    }))
    .await
}

fn client() -> Result<Client, Error> {
    let credentials = Credentials::new(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
        None,
        None,
        "environment",
    );
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::var("AWS_REGION")?))
        .endpoint_url(env::var("AWS_ENDPOINT_URL")?)
        .credentials_provider(credentials)
        .http_client(http.build_https());
    Ok(Client::from_conf(config.build()))
}
