//! Where pictures are stored: S3, which moto emulates, and what happens where storing fails.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::put,
};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use super::{app_with_user, assert_detail, bare, form, objects, picture, post, send, target};
use crate::support::{
    App, Method, accounts,
    aws::{Aws, SECRET_ACCESS_KEY},
    form::{Form, png},
};

const FAILED: &str = "Failed to upload avatar. Please try again later.";

/// Starts an app that stores pictures in a bucket of moto.
async fn on_s3() -> (Aws, App) {
    let aws = Aws::start();
    aws.create_bucket("pictures");
    let app = aws.used_by(App::builder()).env("STORAGE_URL", "s3://pictures").start().await;
    (aws, app)
}

/// Returns the keys of the objects in the bucket.
fn keys(aws: &Aws) -> Vec<String> {
    let list = aws.call("GET", "/pictures?list-type=2", "us-east-1/s3", "", b"");
    let list = String::from_utf8(list).unwrap();
    list.split("<Key>").skip(1).map(|rest| rest.split_once("</Key>").unwrap().0.to_owned()).collect()
}

#[tokio::test]
async fn pictures_live_in_s3_as_in_a_folder() {
    let (aws, app) = on_s3().await;
    let user = accounts::active(&app, "ann@example.com").await;
    let reply = post(&app, user, &form()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let first = reply.json();
    let version = target(&first).split_once("?v=").unwrap().1.to_owned();
    assert_eq!(keys(&aws), [format!("avatars/{user}_{version}.jpg")]);
    let loaded = picture(&app, &first).await;
    assert_eq!((loaded.status.as_u16(), loaded.header("content-type")), (200, Some("image/jpeg")));
    assert!(image::load_from_memory(&loaded.body).is_ok());

    let change = Form::default().file("avatar", "x", &png(20, 20));
    let second = send(&app, Method::PATCH, user, user, &change).await.json();
    assert_eq!(keys(&aws).len(), 1);
    assert_eq!(picture(&app, &first).await.status, 404);
    assert_eq!(picture(&app, &second).await.status, 200);

    // Young enough for a request that has yet to commit.
    aws.call("PUT", &format!("/pictures/avatars/{user}_{}.jpg", "x".repeat(43)), "us-east-1/s3", "", b"x");
    let swept = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!((&swept["pictures"], &swept["complete"]), (&json!(0), &json!(true)));
    assert_eq!(keys(&aws).len(), 2);

    assert_eq!(bare(&app, Method::DELETE, user, user).await.status, 204);
    assert_eq!(keys(&aws).len(), 1);
    assert_eq!(picture(&app, &second).await.status, 404);
}

#[tokio::test]
async fn failed_upload_answers_500_and_changes_nothing() {
    let (mut app, user) = app_with_user().await;
    let folder = format!("file:{}", app.storage().display());
    app.set_env("STORAGE_URL", "file:/dev/null/pictures");
    assert_detail(&post(&app, user, &form()).await, 500, FAILED);
    assert_eq!(bare(&app, Method::GET, user, user).await.status, 404);
    let lines = app.lines();
    assert!(lines.iter().any(|line| line["message"] == "a picture cannot be stored"), "{lines:?}");

    // The process that failed serves the next request; another folder needs another process.
    let other =
        App::builder().env("DATABASE_URL", &app.database().url()).env("STORAGE_URL", &folder).start().await;
    let profile = post(&other, user, &form()).await.json();
    let change = form().text("info", "Something else.");
    assert_detail(&send(&app, Method::PATCH, user, user, &change).await, 500, FAILED);
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), profile);
    assert_eq!(objects(&app).len(), 1);
    assert_eq!(picture(&other, &profile).await.status, 200);
}

#[tokio::test]
async fn bucket_that_is_missing_answers_500() {
    let aws = Aws::start();
    // moto loads S3 with the first request, which may take longer than the function waits.
    aws.create_bucket("present");
    let app = aws.used_by(App::builder()).env("STORAGE_URL", "s3://missing").start().await;
    let user = accounts::active(&app, "ann@example.com").await;
    assert_detail(&post(&app, user, &form()).await, 500, FAILED);
    assert_eq!(bare(&app, Method::GET, user, user).await.status, 404);
    let logs = app.logs("CreateProfile");
    assert!(logs.contains("NoSuchBucket") && !logs.contains(SECRET_ACCESS_KEY), "{logs}");
    // The rows are purged all the same.
    let error = app.invoke("PurgeTokens", json!({})).await.unwrap_err();
    assert_eq!(error.error_message, "The pictures cannot be swept; the log says why. The rows are deleted.");
}

#[tokio::test]
async fn profile_is_deleted_although_storage_fails() {
    let (mut app, user) = app_with_user().await;
    assert_eq!(post(&app, user, &form()).await.status, 201);
    app.set_env("STORAGE_URL", "s3://pictures");
    app.set_env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    assert_eq!(bare(&app, Method::DELETE, user, user).await.status, 204);
    assert!(app.logs("DeleteProfile").contains("a picture cannot be deleted"));
    assert_eq!(bare(&app, Method::GET, user, user).await.status, 404);
}

#[tokio::test]
async fn unusable_storage_url_is_named_in_log() {
    for url in ["", "pictures", "file:pictures", "s3://", "s3://pictures/avatars", "https://pictures.example"]
    {
        let app = App::builder().env("STORAGE_URL", url).start().await;
        assert_eq!(app.get("/media/avatars/1_avatar.jpg?v=x").await.status, 500, "{url}");
        assert!(app.logs("Media").contains("STORAGE_URL"), "{url}");
    }
}

/// A server of S3 that keeps the keys of uploads, and answers none until [`Self::let_go`].
pub struct HeldUploads {
    state: Arc<Held>,
}

struct Held {
    stored: Mutex<Vec<String>>,
    rejects_first: Mutex<bool>,
    arrived: watch::Sender<usize>,
    is_open: watch::Sender<bool>,
}

impl HeldUploads {
    /// Starts the server, and an app that uses it.
    pub async fn app() -> (Self, App) {
        let (arrived, is_open) = (watch::Sender::new(0), watch::Sender::new(false));
        let held = Held { stored: Mutex::default(), rejects_first: Mutex::new(false), arrived, is_open };
        let state = Arc::new(held);
        let router =
            Router::new().route("/pictures/{*key}", put(hold).delete(remove)).with_state(Arc::clone(&state));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let app =
            App::builder().env("STORAGE_URL", "s3://pictures").env("AWS_ENDPOINT_URL", &url).start().await;
        (Self { state }, app)
    }

    /// Returns once this many uploads have arrived.
    pub async fn arrived(&self, count: usize) {
        let mut arrived = self.state.arrived.subscribe();
        arrived.wait_for(|arrived| *arrived >= count).await.unwrap();
    }

    /// Makes the server hold the next uploads again.
    pub fn hold(&self) {
        self.state.is_open.send_replace(false);
    }

    /// Lets the server answer.
    pub fn let_go(&self) {
        self.state.is_open.send_replace(true);
    }

    /// Makes the server reject the first upload, whenever it comes.
    pub fn reject_first(&self) {
        *self.state.rejects_first.lock().unwrap() = true;
    }

    /// Returns the keys of the uploads that were not deleted, each once.
    pub fn stored(&self) -> Vec<String> {
        let mut keys = self.state.stored.lock().unwrap().clone();
        keys.dedup();
        keys
    }
}

async fn hold(State(state): State<Arc<Held>>, Path(key): Path<String>) -> StatusCode {
    let is_rejected = {
        let mut stored = state.stored.lock().unwrap();
        stored.push(key.clone());
        *state.rejects_first.lock().unwrap() && stored[0] == key
    };
    state.arrived.send_modify(|arrived| *arrived += 1);
    state.is_open.subscribe().wait_for(|is_open| *is_open).await.unwrap();
    // No error that the client repeats.
    if is_rejected { StatusCode::FORBIDDEN } else { StatusCode::OK }
}

async fn remove(State(state): State<Arc<Held>>, Path(key): Path<String>) -> StatusCode {
    state.stored.lock().unwrap().retain(|stored| *stored != key);
    StatusCode::NO_CONTENT
}
