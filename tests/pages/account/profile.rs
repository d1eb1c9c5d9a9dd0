//! The profile with its picture.

use super::*;
use crate::support::browser::Screen;

/// Starts a site, and the reader's session at the profile.
async fn theater_at_profile(browser: &mut Browser) -> Theater {
    let theater = theater_with_reader(&[]).await;
    sign_in(browser, &theater, "?view=profile").await;
    browser.wait_for_text("You have no profile yet.").await;
    theater
}

async fn fill(browser: &mut Browser) {
    for (field, value) in [("first_name", "Ann"), ("last_name", "Smith"), ("info", "Likes heist movies.")] {
        browser.write(&format!("#profile [name={field}]"), value).await;
    }
    browser.choose("#profile [name=gender]", "woman").await;
    browser.choose("#profile [name=date_of_birth]", "1990-05-17").await;
}

/// Chooses a file whose content is the blob that the JavaScript expression `blob` returns.
async fn attach(browser: &mut Browser, blob: &str) {
    let script = format!(
        "(async () => {{
             const chosen = new DataTransfer();
             chosen.items.add(new File([await {blob}], 'face.png'));
             document.querySelector('#profile [name=avatar]').files = chosen.files;
         }})()"
    );
    browser.evaluate(&script).await;
}

/// A promise of a square PNG that `draw` fills by `context`.
fn drawing(side: u32, draw: &str) -> String {
    format!(
        "new Promise((done) => {{
             const canvas = document.createElement('canvas');
             canvas.width = canvas.height = {side};
             const context = canvas.getContext('2d');
             {draw};
             canvas.toBlob(done, 'image/png');
         }})"
    )
}

const FACE: &str = "const paint = (color, ...circle) => {
                        context.fillStyle = color;
                        context.beginPath();
                        context.ellipse(...circle, 0, 0, 7);
                        context.fill();
                    };
                    context.fillStyle = '#e3c9a8';
                    context.fillRect(0, 0, 512, 512);
                    paint('#8c2f45', 256, 500, 190, 150);
                    paint('#5b3a29', 256, 205, 135, 150);
                    paint('#f2d3b8', 256, 230, 105, 125)";

/// Saves the form, and waits until the browser has the picture. Returns its URL.
async fn save(browser: &mut Browser) -> String {
    browser.click("#profile button").await;
    browser.wait_for_text("Your profile is saved.").await;
    browser.evaluate("document.querySelector('#picture').decode()").await;
    browser.evaluate("document.querySelector('#picture').src").await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn profile_is_created_changed_and_deleted() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_at_profile(&mut browser).await;
    fill(&mut browser).await;
    attach(&mut browser, &drawing(512, FACE)).await;
    let created = save(&mut browser).await;
    assert!(created.starts_with(&theater.page("media/avatars/")), "{created}");
    browser.set_screen(Screen { size: Some((1080, 860)), dark: false }).await;
    browser.evaluate("document.activeElement.blur(); scrollTo(0, 0)").await;
    picture(&mut browser, "account").await;

    browser.reload().await;
    browser.wait_for("document.querySelector('[name=first_name]')?.value === 'ann'").await;
    let values =
        browser.evaluate("[...new FormData(document.querySelector('#profile')).values()].slice(0, 5).join()");
    assert_eq!(values.await, "ann,smith,woman,1990-05-17,Likes heist movies.");

    browser.write("#profile [name=info]", "Likes musicals too.").await;
    save(&mut browser).await;
    attach(&mut browser, &drawing(64, "context.fillRect(0, 0, 9, 9)")).await;
    assert_ne!(save(&mut browser).await, created, "another picture has another URL");

    browser.click("#delete-profile").await;
    browser.click("#agree").await;
    browser.wait_for_text("Your profile is deleted.").await;
    browser.wait_for("document.querySelector('#picture').hidden").await;
    assert_eq!(browser.evaluate("document.querySelector('[name=first_name]').value").await, "");
    theater.assert_content(&browser);
}

#[tokio::test]
async fn rejected_profile_shows_why_beside_fields() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_at_profile(&mut browser).await;
    browser.click("#profile button").await;
    browser.wait_for_text("a change.").await;
    let fields =
        browser.evaluate("[...document.querySelectorAll('.fault')].map((fault) => fault.id).join()").await;
    assert!(fields.as_str().unwrap().contains("avatar-fault"), "{fields}");

    fill(&mut browser).await;
    browser.write("#profile [name=first_name]", "Zoë").await;
    attach(&mut browser, "new Blob(['no picture'])").await;
    browser.click("#profile button").await;
    browser.wait_for_text("contains non-english letters").await;
    assert_eq!(browser.evaluate("document.activeElement.name").await, "first_name");
    browser.write("#profile [name=first_name]", "Zoe").await;
    browser.click("#profile button").await;
    browser.wait_for_text("Invalid image format").await;
    assert_eq!(browser.evaluate("document.querySelectorAll('.fault').length").await, 1);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn large_picture_is_reduced_before_upload() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_at_profile(&mut browser).await;
    fill(&mut browser).await;
    // Noise, which PNG cannot compress: 3 MB.
    let noise = "const noise = context.createImageData(1100, 1100);
                 noise.data.forEach((_, at) => (noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 256));
                 context.putImageData(noise, 0, 0)";
    attach(&mut browser, &drawing(1100, noise)).await;
    let size = browser.evaluate("document.querySelector('#profile [name=avatar]').files[0].size").await;
    assert!(size.as_u64().unwrap() > 1_048_576, "{size}");
    save(&mut browser).await;
    theater.assert_content(&browser);
}
