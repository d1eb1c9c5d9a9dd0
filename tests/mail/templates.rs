//! The content of mails, which these tests read from `.eml` files in a folder.

use std::{fs, path::Path};

use super::{app, assert_discreet, counts, registration, send, tokens, user};
use crate::support::App;

const TOKEN: &str = "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0";

/// Returns the only mail in a folder.
fn only(folder: &Path) -> String {
    let mut files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let file = files.next().expect("there is a mail");
    assert_eq!(files.next(), None, "there is one mail");
    assert_eq!(file.extension().unwrap(), "eml");
    fs::read_to_string(file).unwrap().replace("\r\n", "\n")
}

/// Returns the plain text and the HTML part of a mail.
fn parts(mail: &str) -> (&str, &str) {
    let (head, _) = mail.split_once("\n\n").unwrap();
    let boundary = head.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let separator = format!("--{boundary}");
    let parts: Vec<_> = mail.split(&separator).skip(1).collect();
    assert_eq!(parts.len(), 3, "{mail}");
    assert!(parts[0].contains("Content-Type: text/plain; charset=utf-8"), "{mail}");
    assert!(parts[1].contains("Content-Type: text/html; charset=utf-8"), "{mail}");
    assert!(parts[0].contains("7bit") && parts[1].contains("7bit"), "readable as it is: {mail}");
    (parts[0], parts[1])
}

/// Resolves the character references that HTML needs, and no others.
fn unescaped(html: &str) -> String {
    assert!(!html.contains("&#x"), "{html}");
    html.replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Returns the first link of a plain text part.
fn link_in(text: &str) -> &str {
    text.split_whitespace().find(|word| word.starts_with("https://")).expect("the text has a link")
}

/// Returns the target of the first link of an HTML part.
fn href_in(html: &str) -> String {
    unescaped(html.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("there is a link"))
}

/// Sends `email` the mail of `kind`, with a token that expires in `minutes`, and returns it.
async fn mailed(kind: &str, email: &str, minutes: i32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("made/on demand");
    let app = app(&format!("file:{}", folder.display())).start().await;
    let mut db = app.db().await;
    let user = user(&mut db, email).await;
    let table = if kind.starts_with("activation") { "activation_tokens" } else { "password_reset_tokens" };
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "INSERT INTO {table} (token_hash, expires_at, user_id)
         VALUES (sha256(convert_to($2, 'UTF8')), now() + interval '1 minute' * $3, $1)"
    )))
    .bind(user)
    .bind(TOKEN)
    .bind(minutes)
    .execute(&mut db)
    .await
    .unwrap();
    sqlx::query("INSERT INTO mail_outbox (kind, user_id, token) VALUES ($1::text::mail_kind, $2, $3)")
        .bind(kind)
        .bind(user)
        .bind((kind != "password_changed").then_some(TOKEN))
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    assert_eq!(tokens(&mut db).await, 0);
    assert_eq!(send(&app).await, counts(0, 0, 0, 0), "a sent mail is not sent again");
    check_log(&app, &folder, email);
    only(&folder)
}

fn check_log(app: &App, folder: &Path, email: &str) {
    let log = app.logs("SendMail");
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    assert!(log.contains(file.to_str().unwrap()), "{log} does not say where the mail is");
    assert_discreet(app, &[TOKEN, email, email.split('@').next().unwrap()]);
}

#[tokio::test]
async fn activation_mail_links_to_activation_page() {
    let mail = mailed("activation", "reader+films@example.com", 24 * 60).await;
    assert!(mail.contains("\nSubject: Activate your Movie Theater account\n"), "{mail}");
    assert!(mail.contains("\nTo: reader+films@example.com\n"), "{mail}");
    assert!(mail.contains("From: \"Movie Theater\" <no-reply@movies.example>\n"), "{mail}");
    assert!(mail.contains("\nAuto-Submitted: auto-generated\n"), "{mail}");
    assert!(mail.contains("\nDate: ") && mail.contains("@movies.example>\n"), "{mail}");
    let (text, html) = parts(&mail);
    let link = format!("https://movies.example/activate/#email=reader%2Bfilms%40example.com&token={TOKEN}");
    assert!(text.contains(&format!("\n{link}\n")), "{text}");
    assert!(html.contains("&amp;token="), "{html}");
    assert!(unescaped(html).contains(&format!("<a href=\"{link}\"")), "{html}");
    for part in [text, html] {
        assert!(part.contains("POST /api/v1/accounts/activate/"), "{part}");
        assert!(part.contains("24 hours"), "{part}");
    }
    assert!(text.contains(&format!("\n{TOKEN}\n")), "{text}");
    assert!(html.contains(&format!("<code>{TOKEN}</code>")), "{html}");
}

#[tokio::test]
async fn mail_of_a_resend_asks_for_a_password_and_says_why() {
    let mail = mailed("activation_resend", "reader+films@example.com", 24 * 60).await;
    assert!(mail.contains("\nSubject: Choose a password for your Movie Theater account\n"), "{mail}");
    let (text, html) = parts(&mail);
    let link = "https://movies.example/activate/#choose=password&email=reader%2Bfilms%40example.com";
    let link = format!("{link}&token={TOKEN}");
    assert!(text.contains(&format!("\n{link}\n")), "{text}");
    assert!(unescaped(html).contains(&format!("<a href=\"{link}\"")), "{html}");
    for part in [text, html] {
        let part = part.replace('\n', " ");
        assert!(part.contains("POST /api/v1/accounts/activate/"), "{part}");
        assert!(
            part.contains("choose a password") && part.contains("Anyone can register an address."),
            "{part}"
        );
        assert!(part.contains("24 hours"), "{part}");
    }
}

#[tokio::test]
async fn html_and_text_links_are_identical() {
    for kind in ["activation", "activation_resend", "password_reset"] {
        let mail = mailed(kind, "o’brien+a&b@bücher.example", 60).await;
        let (text, html) = parts(&mail);
        assert_eq!(href_in(html), link_in(text), "{kind}");
        let start = "href=\"https://movies.example/";
        assert!(html.contains(start), "slashes stand as they are: {html}");
    }
}

#[tokio::test]
async fn password_reset_mail_links_to_reset_page() {
    for (minutes, words) in [(60, " 1 hour "), (1, " 1 minute "), (90, " 90 minutes "), (120, " 2 hours ")] {
        let mail = mailed("password_reset", "reader@example.com", minutes).await;
        assert!(mail.contains("\nSubject: Reset your Movie Theater password\n"), "{mail}");
        let (text, html) = parts(&mail);
        let link = format!("https://movies.example/reset-password/#email=reader%40example.com&token={TOKEN}");
        assert!(text.contains(&format!("\n{link}\n")), "{text}");
        assert!(unescaped(html).contains(&format!("<a href=\"{link}\"")), "{html}");
        for part in [text, html] {
            assert!(part.contains("POST /api/v1/accounts/reset-password/complete/"), "{part}");
            assert!(part.replace('\n', " ").contains(words), "{part}");
        }
    }
}

#[tokio::test]
async fn password_changed_mail_has_no_token() {
    let mail = mailed("password_changed", "reader@example.com", 60).await;
    assert!(mail.contains("\nSubject: Your Movie Theater password was changed\n"), "{mail}");
    let (text, html) = parts(&mail);
    assert!(!mail.contains(TOKEN) && !text.contains("token") && !html.contains("token"), "{mail}");
    let page = "https://movies.example/reset-password/";
    assert!(text.contains(&format!("at {page}\n")), "{mail}");
    assert!(unescaped(html).contains(&format!("<a href=\"{page}\">{page}</a>")), "{mail}");
}

#[tokio::test]
async fn international_address_is_encoded_in_mail_and_link() {
    let mail = mailed("activation", "zoë@bücher.example", 24 * 60).await;
    assert!(mail.contains("@xn--bcher-kva.example"), "{mail}");
    let link = format!("/activate/#email=zo%C3%AB%40b%C3%BCcher.example&token={TOKEN}\n");
    assert!(parts(&mail).0.contains(&link), "{mail}");
}

#[tokio::test]
async fn mail_goes_to_current_address_and_escapes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file:{}", folder.path().display());
    let app = app(&url).env("PUBLIC_URL", "https://movies.example/a'b<i>").start().await;
    let error = app.invoke("SendMail", serde_json::json!({})).await.unwrap_err();
    assert!(error.error_message.contains("PUBLIC_URL"), "{}", error.error_message);

    let app = super::app(&url).env("PUBLIC_URL", "https://movies.example/a'b").start().await;
    let mut db = app.db().await;
    registration(&mut db, "old@example.com", "<b>&'\"").await;
    sqlx::query("UPDATE users SET email = 'new@example.com'").execute(&mut db).await.unwrap();
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    let mail = only(folder.path());
    assert!(mail.contains("\nTo: new@example.com\n") && !mail.contains("old@"), "{mail}");
    let (text, html) = parts(&mail);
    assert!(text.contains("<b>&'\"") && !html.contains("<b>"), "{mail}");
    assert!(text.contains("&token=%3Cb%3E%26%27%22"), "{mail}");
    assert!(html.contains("<code>&lt;b&gt;&amp;&#39;&quot;</code>"), "{mail}");
    assert_eq!(href_in(html), link_in(text));
}
