//! The rules of the form and of its fields.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{app_with_user, assert_detail, assert_faults, bearer, form, objects, path, post, send};
use crate::support::{
    Method,
    form::{Form, png},
};

const FIELDS: [&str; 6] = ["first_name", "last_name", "gender", "date_of_birth", "info", "avatar"];

fn missing(field: &str) -> Value {
    json!({"type": "missing", "loc": ["body", field], "msg": "Field required", "input": null})
}

fn fault(field: &str, message: &str, input: &str) -> Value {
    json!([{"type": "value_error", "loc": [field], "msg": message, "input": input}])
}

#[tokio::test]
async fn body_that_is_no_form_lacks_all_fields() {
    let (app, user) = app_with_user().await;
    let whole = form().body();
    let media_type = Form::media_type();
    for (media_type, body) in [
        ("application/json", br#"{"first_name": "Ann"}"#.to_vec()),
        ("text/plain", whole.clone()),
        ("multipart/form-data", whole.clone()),
        ("multipart/mixed; boundary=x", whole.clone()),
        (&media_type, Vec::new()),
        (&media_type, b"nothing".to_vec()),
        (&media_type, whole[..whole.len() / 2].to_vec()),
        (&media_type, b"------WebKitFormBoundaryE19zNvXGzXaLvS5C--\r\n".to_vec()),
    ] {
        let request = app.request(Method::POST, &path(user)).header("authorization", &bearer(user));
        let reply = request.header("content-type", media_type).body(body).send().await;
        assert_faults(&reply, FIELDS.map(missing).to_vec().into());
    }
}

#[tokio::test]
async fn url_encoded_form_has_texts_but_no_file() {
    let (app, user) = app_with_user().await;
    let send = async |method, body: &[u8]| {
        let request = app.request(method, &path(user)).header("authorization", &bearer(user));
        let media_type = "Application/x-www-form-urlencoded; charset=utf-8";
        request.header("content-type", media_type).body(body).send().await
    };
    let texts =
        "first_name=x&first_name=Ann&last_name=Lee&gender=woman&date_of_birth=1990-05-17&info=a+%C3%A9";
    assert_faults(&send(Method::POST, texts.as_bytes()).await, json!([missing("avatar")]));
    let reply = send(Method::POST, format!("{texts}&avatar=face.png").as_bytes()).await;
    assert_eq!(reply.json()["detail"][0]["msg"], "Value error, Expected UploadFile, received: <class 'str'>");
    assert_faults(&send(Method::POST, b"").await, FIELDS.map(missing).to_vec().into());
    assert_detail(&send(Method::POST, b"info=\xff").await, 400, "There was an error parsing the body");
    assert_eq!(post(&app, user, &form()).await.status, 201);
    let changed = send(Method::PATCH, b"info=a+%C3%A9&first_name=Zoe").await.json();
    assert_eq!((&changed["info"], &changed["first_name"]), (&json!("a é"), &json!("zoe")));
}

#[tokio::test]
async fn missing_and_unreadable_fields_are_reported_at_once() {
    let (app, user) = app_with_user().await;
    for field in FIELDS {
        assert_faults(&post(&app, user, &form().without(field)).await, json!([missing(field)]));
    }
    let form =
        Form::default().text("last_name", "?").text("date_of_birth", "1990-13-01").text("avatar", "face.png");
    let mut reply = post(&app, user, &form).await.json();
    let date = reply["detail"][2].take();
    let reason = "month value is outside expected range of 1-12";
    assert_eq!(
        (&date["loc"], &date["ctx"]),
        (&json!(["body", "date_of_birth"]), &json!({ "error": reason }))
    );
    assert_eq!((&date["type"], &date["input"]), (&json!("date_from_datetime_parsing"), &json!("1990-13-01")));
    let msg = "Value error, Expected UploadFile, received: <class 'str'>";
    let avatar = json!(["body", "avatar"]);
    let avatar =
        json!({"type": "value_error", "loc": avatar, "msg": msg, "input": "face.png", "ctx": {"error": {}}});
    let faults = json!([missing("first_name"), missing("gender"), null, missing("info"), avatar]);
    assert_eq!(reply, json!({ "detail": faults }));
}

#[tokio::test]
async fn path_fault_comes_before_those_of_form() {
    let (app, user) = app_with_user().await;
    let request = app.request(Method::POST, &path("x")).header("authorization", &bearer(user));
    let request = request.header("content-type", &Form::media_type());
    let msg = "Input should be a valid integer, unable to parse string as an integer";
    let id = json!({"type": "int_parsing", "loc": ["path", "user_id"], "msg": msg, "input": "x"});
    assert_faults(&request.body(form().without("info").body()).send().await, json!([id, missing("info")]));
}

#[tokio::test]
async fn first_fault_is_reported_alone_in_order_of_fields() {
    let (app, user) = app_with_user().await;
    let days_ago = |days| (Utc::now().date_naive() - TimeDelta::days(days)).to_string();
    let (young, long) = (days_ago(18 * 365 - 1), "a".repeat(101));
    let year = "Invalid birth date - year must be greater than 1900.";
    let age = "You must be at least 18 years old to register.";
    let blank = "Info field cannot be empty or contain only spaces.";
    let gender = "Gender must be one of: man, woman";
    let rejections = [
        ("first_name", "Zoé", "Zoé contains non-english letters"),
        ("first_name", "Ann2", "Ann2 contains non-english letters"),
        ("first_name", "", " contains non-english letters"),
        ("first_name", &long, &format!("{} contains non-english letters", &long[..100])),
        ("last_name", "Smith Lee", "Smith Lee contains non-english letters"),
        ("last_name", "\0", "\0 contains non-english letters"),
        ("gender", "Woman", gender),
        ("gender", "other", gender),
        ("gender", "", gender),
        ("date_of_birth", "1899-12-31", year),
        ("date_of_birth", "0001-01-01", year),
        ("date_of_birth", &young, age),
        ("date_of_birth", "2999-01-01", age),
        ("info", " \t\n\u{a0}", blank),
        ("info", "", blank),
    ];
    for (field, value, message) in rejections {
        // The picture, which comes last, is wrong too.
        let form =
            form().without(field).text(field, value).without("avatar").file("avatar", "face.png", b"nothing");
        assert_faults(&post(&app, user, &form).await, fault(field, message, value));
    }
    let both = form().without("gender").text("gender", "x").without("info").text("info", " ");
    assert_faults(&post(&app, user, &both).await, fault("gender", gender, "x"));
    assert_eq!(objects(&app).len(), 0);
    // The last of a repeated field counts, and age is counted in years of 365 days.
    let form = form()
        .text("date_of_birth", days_ago(18 * 365))
        .text("gender", "man")
        .text("first_name", "a".repeat(100));
    let reply = post(&app, user, &form).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["gender"]), (201, &json!("man")), "{}", reply.text());
}

#[tokio::test]
async fn hostile_texts_and_files_are_rejected() {
    let (app, user) = app_with_user().await;
    let long = "\u{1}".repeat(100_001);
    for (form, kind, loc) in [
        (form().text("info", "a\0b"), "value_error", json!(["body", "info"])),
        (form().text("info", long), "string_too_long", json!(["body", "info"])),
        (form().file("first_name", "a.png", &png(8, 8)), "string_type", json!(["body", "first_name"])),
        (form().file("date_of_birth", "a.png", b""), "date_type", json!(["body", "date_of_birth"])),
        (form().text("avatar", "x"), "value_error", json!(["body", "avatar"])),
        (form().file("avatar", "", b""), "value_error", json!(["avatar"])),
    ] {
        let reply = post(&app, user, &form).await.json();
        assert_eq!(
            (&reply["detail"][0]["type"], &reply["detail"][0]["loc"]),
            (&json!(kind), &loc),
            "{reply}"
        );
        assert_eq!(reply["detail"].as_array().map(Vec::len), Some(1));
    }
    let head = "Content-Disposition: form-data; name=\"avatar\"\r\nContent-Type: image/png\r\n";
    let nameless = Form::default().part(head, &png(8, 8));
    let faults = post(&app, user, &nameless).await.json();
    assert_eq!(faults["detail"].as_array().map(Vec::len), Some(6), "{faults}");
    assert_eq!(faults["detail"][5]["msg"], "Value error, Expected UploadFile, received: <class 'str'>");
    let sentence = "There was an error parsing the body";
    assert_detail(&post(&app, user, &form().text("info", vec![0xff])).await, 400, sentence);
    // The longest text, of characters that are longest in a response.
    assert_eq!(post(&app, user, &form().text("info", "\u{1}".repeat(100_000))).await.status, 201);
}

#[tokio::test]
async fn last_of_a_repeated_field_counts() {
    let (app, user) = app_with_user().await;
    let texts = |last: &[u8]| form().without("info").text("info", vec![0xff]).text("info", last);
    let sentence = "There was an error parsing the body";
    assert_detail(&post(&app, user, &texts(b"\xff")).await, 400, sentence);
    assert_eq!(post(&app, user, &texts(b"Good")).await.json()["info"], "Good");
}

#[tokio::test]
async fn part_without_name_makes_a_body_no_form() {
    let (app, user) = app_with_user().await;
    assert_eq!(post(&app, user, &form()).await.status, 201);
    // The headers of this part reach to the end of the next part's.
    let form = Form::default().part("", b"x").text("info", "Another text");
    let reply = send(&app, Method::PATCH, user, user, &form).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["loc"]), (422, &json!(["body"])));
}

#[tokio::test]
async fn headers_of_parts_are_read_in_any_case_and_order() {
    let (app, user) = app_with_user().await;
    let form = form().without("info").without("avatar");
    let form = form.part("content-disposition: FORM-DATA; NAME=info\r\n", b"Good");
    let head = "Content-Disposition: form-data; FileName=\"a; name=info; b.png\"; name=\"avatar\"\r\n";
    let reply = post(&app, user, &form.part(head, &png(8, 8))).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["info"]), (201, &json!("Good")));
    // A parameter of another name makes no file.
    let head = "Content-Disposition: form-data; name=\"avatar\"; xfilename=\"a.png\"\r\n";
    let form = Form::default().part(head, b"text");
    let reply = send(&app, Method::PATCH, user, user, &form).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["type"]), (422, &json!("value_error")));
}

#[tokio::test]
async fn form_whose_last_boundary_has_no_end_is_read() {
    let (app, user) = app_with_user().await;
    let send = async |method, media_type: &str, body: Vec<u8>| {
        let request = app.request(method, &path(user)).header("authorization", &bearer(user));
        request.header("content-type", media_type).body(body).send().await
    };
    let ending = |form: Form, end: &[u8]| {
        let body = form.body();
        [body.strip_suffix(b"--\r\n").expect("it ends so"), end].concat()
    };
    let reply = send(Method::POST, &Form::media_type(), ending(form(), b"\r\n")).await;
    assert_eq!(reply.status, 201, "{}", reply.text());

    // Cut in its last boundary, it may lack more than that.
    let change = || Form::default().text("first_name", "Zoe");
    for cut in [&b""[..], b"-", b"\r"] {
        let reply = send(Method::PATCH, &Form::media_type(), ending(change(), cut)).await;
        assert_eq!(reply.status, 422, "{}", reply.text());
    }
    let spaced = Form::media_type().replace("; boundary=", " ;boundary = ");
    let reply = send(Method::PATCH, &spaced, change().body()).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["first_name"]), (200, &json!("zoe")), "{spaced}");
}

#[tokio::test]
async fn file_name_that_is_not_utf_8_is_a_file_name() {
    let (app, user) = app_with_user().await;
    let mut body = form().without("avatar").file("avatar", "caf~.png", &png(8, 8)).body();
    let mark = body.iter().position(|byte| *byte == b'~').unwrap();
    body[mark] = 0xe9;
    let request = app.request(Method::POST, &path(user)).header("authorization", &bearer(user));
    let reply = request.header("content-type", &Form::media_type()).body(body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}
