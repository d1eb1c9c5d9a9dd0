//! Access tokens that expire, and sessions that end.

use super::*;

/// Makes the API reject the access token, as when it has expired.
const EXPIRE: &str = "keep({ ...session, access: 'expired' })";

#[tokio::test]
async fn expired_access_token_is_renewed_once() {
    let Some(mut browser) = Browser::start().await else { return };
    for rotation in ["off", "on"] {
        let theater = theater_with_reader(&[("REFRESH_ROTATION", rotation)]).await;
        let before = requests(&browser, "/refresh/");
        sign_in(&mut browser, &theater, "?view=security").await;
        let token = browser.evaluate("session.refresh").await;
        browser.evaluate(EXPIRE).await;
        let replies = "Promise.all(['me/', 'sessions/', 'me/'].map((path) => authorized(`accounts/${path}`)))
                           .then((replies) => replies.map(({ status }) => status).join())";
        assert_eq!(browser.evaluate(replies).await, "200,200,200", "{rotation}");
        assert_eq!(requests(&browser, "/refresh/"), before + 1, "{rotation}");
        let is_new = browser.evaluate("session.refresh").await != token;
        assert_eq!(is_new, rotation == "on");
        let stored = browser.evaluate("JSON.parse(sessionStorage.getItem(STORE)).refresh").await;
        assert_eq!(stored, browser.evaluate("session.refresh").await, "{rotation}");

        // The page goes on with the tokens that it has now.
        browser.evaluate(EXPIRE).await;
        go(&mut browser, "sessions").await;
        browser.wait_for_text("This session").await;
        assert_eq!(requests(&browser, "/refresh/"), before + 2, "{rotation}");
        assert_eq!(browser.console_errors(), [""; 0]);
    }
}

#[tokio::test]
async fn lost_renewal_is_repeated_with_the_same_token() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[("REFRESH_ROTATION", "on")]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    browser.evaluate(EXPIRE).await;
    // The API replaces the token, but the first response does not arrive.
    let lose = "const real = fetch;
                let isLost = false;
                window.fetch = async (url, options) => {
                  const response = await real(url, options);
                  if (isLost || !url.endsWith('/refresh/')) return response;
                  isLost = true;
                  throw new TypeError('lost');
                }";
    browser.evaluate(lose).await;
    go(&mut browser, "sessions").await;
    browser.wait_for_text("This session").await;
    assert_eq!(requests(&browser, "/refresh/"), 2);
    assert_eq!(sessions(&theater).await, 1);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn ended_session_signs_out_and_leaves_nothing() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    sqlx::query("DELETE FROM refresh_tokens").execute(&mut theater.app.db().await).await.unwrap();
    go(&mut browser, "sessions").await;
    browser.wait_for_text("Your session has ended. Sign in again.").await;
    browser.wait_for("document.querySelector('#sign-in')").await;
    assert_eq!(browser.evaluate("sessionStorage.length").await, 0);
    let page = browser.evaluate("document.querySelector('main').innerHTML").await;
    assert!(!page.as_str().unwrap().contains(EMAIL), "{page}");

    // Another session opens the view that was meant.
    submit_login(&mut browser, EMAIL, PASSWORD).await;
    browser.wait_for_text("This session").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn disabled_account_is_signed_out() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    let disable = "UPDATE users SET disabled_at = now()";
    sqlx::query(disable).execute(&mut theater.app.db().await).await.unwrap();
    // An access token that has expired, so that the page asks for another one.
    browser.evaluate(EXPIRE).await;
    go(&mut browser, "sessions").await;
    browser.wait_for_text("User account is disabled.").await;
    submit_login(&mut browser, EMAIL, PASSWORD).await;
    browser.wait_for_text("User account is disabled.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn duplicated_tab_shares_tokens_and_end_of_session() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[("REFRESH_ROTATION", "on")]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    browser.evaluate("window.other = open(location.href); undefined").await;
    let is_open = "new Promise((done) => {
                       const look = () => other.document.querySelector('#change-password') ? done(true) : setTimeout(look, 20);
                       look();
                   })";
    browser.evaluate(is_open).await;
    assert_eq!(sessions(&theater).await, 1, "the other tab has a copy of the tokens");

    let heard = "new Promise((done) => {
                     const tokens = () => other.sessionStorage.getItem(STORE);
                     const before = tokens();
                     const look = () => tokens() === before ? setTimeout(look, 20) : done(tokens() === sessionStorage.getItem(STORE));
                     keep({ ...session, access: 'expired' });
                     authorized('accounts/me/').then(look);
                 })";
    assert_eq!(browser.evaluate(heard).await, true, "the other tab has the new tokens");

    browser.evaluate("other.document.querySelector('#sign-out').click()").await;
    browser.wait_for_text("You are signed out.").await;
    assert_eq!(browser.evaluate("sessionStorage.length").await, 0);
    assert_eq!(sessions(&theater).await, 0);
    theater.assert_content(&browser);
}
