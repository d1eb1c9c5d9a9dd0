//! What a [`Site`](crate::support::site::Site) reports.

use std::sync::Arc;

use sqlx::Executor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{App, catalogue, site::SiteAddress};

#[tokio::test]
#[should_panic(expected = "panicked with message")]
async fn response_without_description_fails_the_test() {
    let app = Arc::new(App::start().await);
    let mut db = app.db().await;
    catalogue::movies(&mut db, 1).await;
    db.execute("ALTER TABLE movies DROP CONSTRAINT movies_score_check; UPDATE movies SET score = 'NaN'")
        .await
        .unwrap();
    let site = SiteAddress::domain().await.serve(&app);
    let mut client = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
    client.write_all(b"GET /api/v1/theater/movies/ HTTP/1.0\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    client.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.0 502"), "{reply}");
    drop(site);
}
