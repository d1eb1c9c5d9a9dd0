//! A browser, as a reader uses it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::devtools::DevTools;

/// A headless browser with one tab. It stops when this value is dropped.
pub struct Browser(DevTools);

/// The screen of a browser.
#[derive(Clone, Copy, Default)]
pub struct Screen {
    /// Its width and height, 1280 by 800 by default.
    pub size: Option<(u32, u32)>,
    /// Whether the reader prefers dark pages.
    pub dark: bool,
}

impl Browser {
    /// Starts a browser. Prints the reason and returns `None` on a machine without one that cannot install one.
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

    /// Cuts the connection to the network, or restores it.
    pub async fn set_offline(&mut self, offline: bool) {
        let conditions =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.0.call("Network.emulateNetworkConditions", conditions).await;
    }

    /// Opens a URL, like a click on a link on another site.
    pub async fn open(&mut self, url: &str) {
        let answer = self.0.call("Page.navigate", json!({"url": url})).await;
        assert_eq!(answer.get("errorText"), None, "{url}");
        self.wait_for("document.readyState === 'complete'").await;
    }

    /// Waits until a JavaScript expression is true, and evaluates it again whenever the page changes. Returns its
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

    /// Loads the page again. Waits until the browser has left the old one, whose content could be taken for the new; so a
    /// script with `location.reload()` is not enough.
    pub async fn reload(&mut self) {
        let url = self.evaluate("location.href").await.as_str().expect("a page has a URL").to_owned();
        assert!(!url.contains('#'), "{url} would be opened within the page");
        self.open(&url).await;
    }

    /// Returns the value of a JavaScript expression, or of the promise that it returns.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let arguments = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let answer = self.0.call("Runtime.evaluate", arguments).await;
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}");
        answer["result"]["value"].clone()
    }

    /// Returns the visible text of the page.
    pub async fn text(&mut self) -> String {
        self.evaluate("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this text.
    pub async fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("document.body?.innerText.includes({})", json!(text))).await;
    }

    /// Clicks in the middle of the first visible element that matches the selector, as soon as there is one that stays in
    /// its place from one frame to the next and has nothing in front of it: what a user could hit.
    pub async fn click(&mut self, selector: &str) {
        let script = format!(
            "new Promise((done) => {{
                 let before = '';
                 const look = () => {{
                     const element = document.querySelector({});
                     const [x, y] = element?.getClientRects().length > 0 ? middle(element) : [];
                     const hit = x !== undefined && document.elementFromPoint(x, y);
                     if (hit && element.contains(hit) && before === `${{x}} ${{y}}`) {{
                         return done([x, y]);
                     }}
                     before = `${{x}} ${{y}}`;
                     requestAnimationFrame(look);
                 }};
                 const middle = (element) => {{
                     element.scrollIntoView({{block: 'center', behavior: 'instant'}});
                     const box = element.getBoundingClientRect();
                     return [box.x + box.width / 2, box.y + box.height / 2];
                 }};
                 look();
             }})",
            json!(selector)
        );
        let place = self.evaluate(&script).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.0.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Replaces the text of a field by typing.
    pub async fn write(&mut self, selector: &str, text: &str) {
        self.click(selector).await;
        self.evaluate("document.activeElement.select()").await;
        self.0.call("Input.insertText", json!({"text": text})).await;
    }

    /// Sets the value of a field that is not typed: a choice, a date.
    pub async fn choose(&mut self, selector: &str, value: &str) {
        self.wait_for(&format!("document.querySelector({})?.getClientRects().length > 0", json!(selector)))
            .await;
        let script = format!("document.querySelector({}).value = {}", json!(selector), json!(value));
        self.evaluate(&script).await;
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

    /// Returns a screenshot as the content of a PNG file.
    pub async fn screenshot(&mut self) -> Vec<u8> {
        let answer =
            self.0.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": false})).await;
        STANDARD.decode(answer["data"].as_str().expect("there is an image")).expect("it is base64")
    }

    /// Returns the errors of the browser so far: errors of scripts, violations of a page's policy.
    pub fn console_errors(&self) -> Vec<String> {
        let errors = self.0.events.iter().filter_map(|event| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            // Tests check error responses themselves.
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

    /// Returns the URLs that pages have requested so far.
    pub fn requested(&self) -> Vec<&str> {
        let requests = self.0.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| event["params"]["request"]["url"].as_str()).collect()
    }
}
