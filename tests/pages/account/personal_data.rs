//! The export and the deletion of the account.

use super::*;

#[tokio::test]
async fn account_is_exported_as_a_file() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=data").await;
    // Keeps the file, which a browser without a window saves nowhere.
    let keep = "URL.createObjectURL = (file) => { window.file = file; return 'blob:'; };
                HTMLAnchorElement.prototype.click = function () {
                  window.saved = file.text().then((text) => `${this.download} ${text}`);
                };
                undefined";
    browser.evaluate(keep).await;
    browser.click("#export").await;
    browser.wait_for_text("The file is being saved.").await;
    let saved = browser.evaluate("window.saved").await;
    let (name, content) = saved.as_str().unwrap().split_once(' ').unwrap();
    assert_eq!(name, "movie-theater-account.json");
    let content: serde_json::Value = serde_json::from_str(content).unwrap();
    assert!(content.to_string().contains(EMAIL), "{content}");
    theater.assert_content(&browser);
}

#[tokio::test]
async fn account_is_deleted_after_question_and_password() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=data").await;
    browser.write("#delete-account [name=password]", "WrongPassword123!").await;
    browser.click("#delete-account button").await;
    browser.click("dialog .quiet").await;
    browser.wait_for("!document.querySelector('dialog')").await;
    assert_eq!(browser.evaluate("document.querySelector('#message').textContent").await, "");
    assert_eq!(sessions(&theater).await, 1);

    browser.click("#delete-account button").await;
    browser.click("#agree").await;
    browser.wait_for_text("Invalid password.").await;
    browser.write("#delete-account [name=password]", PASSWORD).await;
    browser.click("#delete-account button").await;
    browser.click("#agree").await;
    browser.wait_for_text("Your account is deleted.").await;
    browser.wait_for("document.querySelector('#sign-in')").await;
    assert_eq!(browser.evaluate("sessionStorage.length").await, 0);
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 401);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn last_admin_reads_why_deletion_fails() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    grant(&theater, "admin").await;
    sign_in(&mut browser, &theater, "?view=data").await;
    browser.write("#delete-account [name=password]", PASSWORD).await;
    browser.click("#delete-account button").await;
    browser.click("#agree").await;
    browser.wait_for_text("The last admin cannot be deleted.").await;
    theater.assert_content(&browser);
}
