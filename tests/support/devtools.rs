//! Controls a tab of a headless Chromium by the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/).

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::chromium::Chromium;

/// The timeout of a command, and of waiting for a change of the page.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A tab that shares nothing with other tabs. It closes when this value is dropped, and the browser with the last one.
pub struct DevTools {
    browser: Arc<Chromium>,
    context: Value,
    session: String,
    received: mpsc::UnboundedReceiver<Value>,
    /// The events of the tab so far.
    pub events: Vec<Value>,
}

impl DevTools {
    /// Opens a tab. Prints the reason and returns `None` on a machine without a browser that cannot install one.
    pub async fn start() -> Option<Self> {
        let browser = shared()?;
        let context = browser.call(None, "Target.createBrowserContext", json!({})).await;
        let context = context["browserContextId"].clone();
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = browser.call(None, "Target.createTarget", target).await;
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call(None, "Target.attachToTarget", target).await;
        let session = session["sessionId"].as_str().expect("a session has an id").to_owned();
        let received = browser.events(&session);
        let mut tab = Self { browser, context, session, received, events: Vec::new() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        // As if each tab were the one in front.
        tab.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
        Some(tab)
    }

    /// Sends a command and returns its result. Panics if the browser rejects it or takes too long.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let outcome = timeout(TIMEOUT, self.browser.call(Some(&self.session), method, params.clone())).await;
        while let Ok(event) = self.received.try_recv() {
            self.events.push(event);
        }
        outcome.unwrap_or_else(|_| panic!("the browser did not finish {method} {params}"))
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        let context = json!({"browserContextId": self.context});
        self.browser.send(None, "Target.disposeBrowserContext", &context);
    }
}

/// Returns the browser of this process, which starts if no tab is open.
fn shared() -> Option<Arc<Chromium>> {
    static SHARED: Mutex<Weak<Chromium>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(browser) = shared.upgrade() {
        return Some(browser);
    }
    let browser = Arc::new(Chromium::start()?);
    *shared = Arc::downgrade(&browser);
    Some(browser)
}
