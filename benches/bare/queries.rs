//! A minimal function that opens an sqlx connection and sends the statements of another function.

mod replay;

use lambda_http::{Body, Error, Request, Response, run, service_fn};
use replay::Replay;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let replay = Replay::read()?;
    let options: PgConnectOptions = std::env::var("DATABASE_URL")?.parse()?;
    let state = &Mutex::new((replay, options.connect().await?));
    run(service_fn(async move |_: Request| {
        let (replay, connection) = &mut *state.lock().await;
        replay.next(connection).await?;
        Ok::<_, Error>(Response::new(Body::from("Hello, world!")))
    }))
    .await
}
