//! The documentation page in a browser.

use super::*;
use crate::support::accounts::{self, PASSWORD};

const EMAIL: &str = "reader@example.com";

#[tokio::test]
async fn docs_page_authorizes_and_sends_request() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    accounts::active(&theater.app, EMAIL).await;
    let login = accounts::login(&theater.app, EMAIL, PASSWORD).await.json();
    let token = login["access_token"].as_str().unwrap();

    browser.open(&theater.page("docs")).await;
    browser.wait_for_text("Movie Theater API").await;
    browser.click(".authorize").await;
    browser.write(".auth-container input", token).await;
    browser.click(".modal-btn.authorize").await;
    browser.wait_for_text("Authorized").await;
    browser.click(".btn-done").await;

    browser.click("#operations-Accounts-me .opblock-summary-control").await;
    // The page knows the operation, and shows its description, later than its buttons.
    browser.wait_for_text("Returns the account that the access token belongs to.").await;
    browser.click("#operations-Accounts-me .execute").await;
    browser
        .wait_for("document.querySelector('.live-responses-table')?.innerText.includes('reader@example.com')")
        .await;
    let answer = browser.evaluate("document.querySelector('.live-responses-table').innerText").await;
    assert!(answer.as_str().unwrap().contains("\"group\": \"user\""), "{answer}");
    browser.evaluate("document.querySelector('#operations-Accounts-me').scrollIntoView()").await;
    theater.assert_content(&browser);
    picture(&mut browser, "docs").await;
}
