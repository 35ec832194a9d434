//! A headless Chromium, driven by its debugging protocol through a pipe.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::step;

/// How long an answer of the browser, or something on a page, is waited for.
const WAIT: Duration = Duration::from_secs(30);

/// The names of the program, the smaller one first.
const NAMES: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];

/// How a page is looked at.
#[derive(Debug)]
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) dark: bool,
}

/// A browser that ends with this handle.
#[derive(Debug)]
pub(super) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    calls: u64,
    _profile: TempDir,
}

/// A page of the browser; closed at the end.
#[derive(Debug)]
pub(super) struct Page<'a> {
    browser: &'a mut Browser,
    target: String,
    session: String,
}

impl Browser {
    pub(super) fn start() -> anyhow::Result<Self> {
        let program = find()?;
        let profile = tempfile::tempdir()?;
        // The browser talks over descriptors 3 and 4; the shell makes them of its input and output.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 >/dev/null"])
            .arg(&program)
            .args([
                "--headless",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-background-networking",
                "--no-first-run",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let input = child.stdin.take().context("no input")?;
        let output = child.stdout.take().context("no output")?;
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else {
                    continue;
                };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            input,
            messages,
            events: Vec::new(),
            calls: 0,
            _profile: profile,
        })
    }

    /// Opens a page in a view.
    pub(super) fn open(&mut self, url: &str, view: &View) -> anyhow::Result<Page<'_>> {
        self.events.clear();
        let target = text(
            &self.call("", "Target.createTarget", &json!({"url": "about:blank"}))?,
            "targetId",
        )?;
        let attach = json!({"targetId": target, "flatten": true});
        let session = text(&self.call("", "Target.attachToTarget", &attach)?, "sessionId")?;
        let mut page = Page {
            browser: self,
            target,
            session,
        };
        for domain in ["Network", "Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}))?;
        }
        page.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": view.width, "height": view.height, "deviceScaleFactor": 1, "mobile": view.width < 600}),
        )?;
        let scheme = if view.dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        page.call("Emulation.setEmulatedMedia", &features)?;
        page.call("Page.navigate", &json!({"url": url}))?;
        Ok(page)
    }

    fn call(&mut self, session: &str, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        write!(self.input, "{message}\0").context("the browser is gone")?;
        self.input.flush()?;
        loop {
            let answer = self
                .messages
                .recv_timeout(WAIT)
                .with_context(|| format!("no answer to {method}"))?;
            if answer["id"] == self.calls {
                if let Some(error) = answer.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(answer["result"].clone());
            }
            self.events.push(answer);
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call("", "Browser.close", &json!({}));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Page<'_> {
    fn call(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.browser.call(&self.session, method, params)
    }

    /// Returns the value of an expression; promises are waited for.
    pub(super) fn value(&mut self, expression: &str) -> anyhow::Result<Value> {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &params)?;
        match answer.get("exceptionDetails") {
            None => Ok(answer["result"]["value"].clone()),
            Some(details) => bail!("{expression}: {details}"),
        }
    }

    /// Fails unless an expression becomes true.
    pub(super) fn expect(&mut self, what: &str, expression: &str) -> anyhow::Result<()> {
        let begin = step::now();
        while self.value(expression)? != true {
            if begin.elapsed() > WAIT {
                let body = self.value("document.body.innerText.slice(0, 3000)")?;
                bail!("{what}, expected of the page: {expression}; it shows {body}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Presses a key; a text is what it types.
    pub(super) fn press(&mut self, key: &str, text: &str) -> anyhow::Result<()> {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            _ => 0,
        };
        let down = json!({"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", &down)?;
        let up = json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", &up)?;
        Ok(())
    }

    /// Types a text.
    pub(super) fn type_text(&mut self, text: &str) -> anyhow::Result<()> {
        for character in text.chars() {
            let character = character.to_string();
            self.press(&character, &character)?;
        }
        Ok(())
    }

    /// Returns the whole page as PNG.
    pub(super) fn screenshot(&mut self) -> anyhow::Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", &json!({"captureBeyondViewport": true}))?;
        Ok(BASE64_STANDARD.decode(text(&answer, "data")?)?)
    }

    /// Returns the events of this name so far.
    pub(super) fn events(&self, method: &str) -> Vec<&Value> {
        let events = self.browser.events.iter();
        events
            .filter(|event| event["method"] == method && event["sessionId"] == self.session.as_str())
            .map(|event| &event["params"])
            .collect()
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let close = json!({"targetId": self.target});
        let _ = self.browser.call("", "Target.closeTarget", &close);
    }
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    let found = value[key].as_str();
    Ok(found.ok_or_else(|| anyhow!("no {key} in {value}"))?.to_owned())
}

/// Finds the browser in `VMOTEL_BIN_DIR`, which alone counts if it is set, or on `PATH`.
fn find() -> anyhow::Result<PathBuf> {
    let folders = env::var_os("VMOTEL_BIN_DIR")
        .filter(|folder| !folder.is_empty())
        .or_else(|| env::var_os("PATH"))
        .unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&folders).collect();
    let files = NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    files.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        anyhow!(
            "no Chromium in VMOTEL_BIN_DIR or on PATH, expected one of {NAMES:?}; on Debian: apt-get install \
             --no-install-recommends chromium-headless-shell fonts-dejavu-core"
        )
    })
}
