//! What a reader does with a browser, and sees in it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::devtools::DevTools;

/// A headless browser with one tab. It ends with this value.
pub struct Browser(DevTools);

/// How a browser shows pages.
#[derive(Clone, Copy, Default)]
pub struct Screen {
    /// Its width and height, 1280 by 800 by default.
    pub size: Option<(u32, u32)>,
    /// Whether its reader prefers dark pages.
    pub dark: bool,
}

impl Browser {
    /// Starts one. `None`, and a line that says why, on a machine that has none and cannot install one.
    pub async fn start() -> Option<Self> {
        let mut browser = Self(DevTools::start().await?);
        browser.set_screen(Screen::default()).await;
        Some(browser)
    }

    /// Changes the screen.
    pub async fn set_screen(&mut self, screen: Screen) {
        let (width, height) = screen.size.unwrap_or((1280, 800));
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.0.call("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if screen.dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.0.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Opens an address, as a click on a link from elsewhere does.
    pub async fn open(&mut self, url: &str) {
        let answer = self.0.call("Page.navigate", json!({"url": url})).await;
        assert_eq!(answer.get("errorText"), None, "{url}");
        self.wait_for("document.readyState === 'complete'").await;
    }

    /// Waits until an expression of JavaScript is true, looking again whenever the page changes. Gives its
    /// value.
    pub async fn wait_for(&mut self, expression: &str) -> Value {
        let script = format!(
            "new Promise((done) => {{
                 const look = () => {{ const value = {expression}; if (value) {{ watch.disconnect(); done(value); }} }};
                 const watch = new MutationObserver(look);
                 watch.observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}});
                 document.addEventListener('readystatechange', look);
                 look();
             }})"
        );
        self.evaluate(&script).await
    }

    /// The value of an expression of JavaScript, or of the promise that it gives.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let arguments = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.0.call("Runtime.evaluate", arguments).await;
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].clone()
    }

    /// The visible text of the page.
    pub async fn text(&mut self) -> String {
        self.evaluate("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this text.
    pub async fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("document.body?.innerText.includes({})", json!(text))).await;
    }

    /// Clicks in the middle of the first visible element that the selector finds, when there is one.
    pub async fn click(&mut self, selector: &str) {
        let visible = format!("document.querySelector({})?.getClientRects().length > 0", json!(selector));
        self.wait_for(&visible).await;
        let script = format!(
            "(() => {{
                 const element = document.querySelector({});
                 element.scrollIntoView({{block: 'center', behavior: 'instant'}});
                 const box = element.getBoundingClientRect();
                 return [box.x + box.width / 2, box.y + box.height / 2];
             }})()",
            json!(selector)
        );
        let place = self.evaluate(&script).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.0.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Types into a field, in place of what it holds.
    pub async fn write(&mut self, selector: &str, text: &str) {
        self.click(selector).await;
        self.evaluate("document.activeElement.select()").await;
        self.0.call("Input.insertText", json!({"text": text})).await;
    }

    /// Presses a key such as `Enter`.
    pub async fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let event = json!({"type": kind, "key": key, "code": key, "text": text,
                               "windowsVirtualKeyCode": if key == "Enter" { 13 } else { 27 }});
            self.0.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// What is on the screen, as a PNG file's content.
    pub async fn screenshot(&mut self) -> Vec<u8> {
        let answer =
            self.0.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": false})).await;
        STANDARD.decode(answer["data"].as_str().expect("there is an image")).expect("it is base64")
    }

    /// What the browser complained of so far: errors of scripts, breaches of a page's policy.
    pub fn console_errors(&self) -> Vec<String> {
        let errors = self.0.events.iter().filter_map(|event| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            // An answer that says no is the test's to judge.
            "Log.entryAdded"
                if event["params"]["entry"]["level"] == "error"
                    && event["params"]["entry"]["source"] != "network" =>
            {
                Some(event["params"]["entry"].to_string())
            }
            "Runtime.consoleAPICalled" if event["params"]["type"] == "error" => {
                Some(event["params"]["args"].to_string())
            }
            _ => None,
        });
        errors.collect()
    }

    /// The addresses that pages have asked for so far.
    pub fn requested(&self) -> Vec<&str> {
        let requests = self.0.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| event["params"]["request"]["url"].as_str()).collect()
    }
}
