//! The least that answers with movies: one sqlx connection, opened first, and the query of the list.

use lambda_http::{Body, Error, Request, Response, run, service_fn};
use shared::movies::{Filters, Page, Sort, Start};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options: PgConnectOptions = std::env::var("DATABASE_URL")?.parse()?;
    let connection = &Mutex::new(options.connect().await?);
    run(service_fn(async move |_: Request| {
        let mut connection = connection.lock().await;
        let page =
            Page::load(&mut connection, &Filters::default(), Sort::Newest, &Start::Offset(0), 10).await?;
        let page = page.ok_or("there are no movies")?;
        Ok::<_, Error>(Response::new(Body::from(serde_json::to_string(&page.movies)?)))
    }))
    .await
}
