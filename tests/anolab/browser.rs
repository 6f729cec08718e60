//! A report's page in Chromium, opened from disk.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anolab::report::{Choice, Look, Request, write};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::invented_store::invented_store;
use super::project::{Project, TINY};
use super::serve::Served;

/// A tab of a headless Chromium, driven by its DevTools protocol: JSON that ends in a zero byte, which
/// it reads from file 3 and writes to file 4.
struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    /// What the page complained of, and what it asked the network for.
    complaints: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts `$CHROMIUM`, or `chromium`.
    fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
        // It ends by itself, whatever happens here: too slow is as bad as not at all.
        let mut process = Command::new("sh")
            .args([
                "-c",
                "exec timeout --kill-after=5 120 \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
                "sh",
                &program,
            ])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--remote-debugging-pipe", &format!("--user-data-dir={}", profile.path().display())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let mut browser =
            Self { process, to, from, session: None, complaints: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session =
            browser.call("Target.attachToTarget", attach)["sessionId"].as_str().map(String::from);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Sends a command and waits for its answer.
    fn call(&mut self, method: &str, params: Value) -> Value {
        const ID: i64 = 1;
        let mut message = json!({ "id": ID, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        write!(self.to, "{message}\0").expect("a browser that takes commands; run this by `.ci/browser`");
        self.to.flush().unwrap();
        loop {
            let answer = self.next();
            if answer["id"] == ID {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn next(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "the browser is gone; run this by `.ci/browser`");
        let message: Value = serde_json::from_slice(&message).unwrap();
        let params = &message["params"];
        let is_complaint = match message["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled" => true,
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                !url.starts_with("file:") && !url.starts_with("data:")
            }
            _ => false,
        };
        if is_complaint {
            self.complaints.push(message.clone());
        }
        message
    }

    fn open(&mut self, page: &Path) {
        self.go(&format!("file://{}", page.display()));
    }

    fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        while self.eval("document.readyState") != "complete" {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until an expression is true, at most ten seconds.
    fn wait_for(&mut self, expression: &str) {
        for _ in 0..500 {
            if self.eval(expression) == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{expression} does not come true");
    }

    /// The value of an expression in the page; it runs even where the page's own scripts may not.
    fn eval(&mut self, expression: &str) -> Value {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    fn width(&mut self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    fn press(&mut self, key: &str, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let code = if key == "Enter" { 13 } else { 27 };
            let event =
                json!({ "type": kind, "key": key, "code": key, "text": text, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Keeps what is seen under `$SCREENSHOTS`, where that is set.
    fn shoot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let print = json!({ "preferCSSPageSize": true, "printBackground": true });
        let (method, params, extension) = match name {
            "print" => ("Page.printToPDF", print, "pdf"),
            _ => ("Page.captureScreenshot", json!({}), "png"),
        };
        let data = self.call(method, params);
        let bytes = BASE64_STANDARD.decode(data["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.{extension}")), bytes).unwrap();
    }

    /// Texts of a column of the leaderboard, of the rows that are shown.
    fn column(&mut self, name: &str) -> Vec<String> {
        let expression = format!(
            "(() => {{ const table = document.querySelector('table.leaderboard'); \
             const column = [...table.tHead.rows[0].cells].findIndex((cell) => cell.innerText.trim() === '{name}'); \
             return [...table.tBodies[0].rows].filter((row) => row.checkVisibility()) \
             .map((row) => row.cells[column].innerText.trim()); }})()"
        );
        let texts = self.eval(&expression);
        texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_string()).collect()
    }

    /// Whether the page is wider than the window.
    fn overflows(&mut self) -> bool {
        self.eval("document.documentElement.scrollWidth > document.documentElement.clientWidth") == true
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let close = json!({ "id": 0, "method": "Browser.close" });
        write!(self.to, "{close}\0").and_then(|()| self.to.flush()).ok();
        self.process.wait().ok(); // at the latest when its time is over
    }
}

/// The first number of a text: the mean of "0.981 ± 0.003".
fn number(text: &str) -> f64 {
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Head of the leaderboard's column of this name, as an expression.
fn head(name: &str) -> String {
    format!("[...document.querySelectorAll('th')].find((head) => head.innerText.trim() === '{name}')")
}

#[test]
#[ignore = "needs Chromium: .ci/browser cargo test --release --test anolab browser -- --ignored"]
fn browser_shows_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let store = invented_store(&folder.path().join("store.db"), 6);
    let out = folder.path().join("report");
    let request = Request { sweep: None, choice: &Choice::First, out: &out, look: Look::default() };
    let page = write(&store, request, &|_, _| ()).unwrap().page;
    let mut browser = Browser::start();

    // What the page tells is there without scripts: the table, the figures, each run.
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.width(1280);
    browser.open(&page);
    let as_written = browser.column("AUROC");
    assert_eq!(as_written.len(), 12, "six settings of two models");
    assert_eq!(browser.eval("document.querySelectorAll('button:not([hidden]), th input').length"), 0);
    assert_eq!(browser.eval("document.querySelectorAll('.figures img').length > 5"), true);
    let broken = "[...document.images].filter((image) => image.complete && image.naturalWidth === 0).length";
    assert_eq!(browser.eval(broken), 0);
    let runs = browser.eval("document.querySelectorAll('details.run').length");
    let links = browser.eval("document.querySelectorAll('td.runs a').length");
    assert!(runs.as_i64().unwrap() > 12 && runs == links, "{runs} runs, {links} links");
    let targets = "[...document.querySelectorAll('td.runs a')]\
                   .every((link) => document.getElementById(link.hash.slice(1)))";
    assert_eq!(browser.eval(targets), true);
    browser.eval("document.querySelector('td.runs a').click()");
    let opened = "document.querySelector('details.run[open] pre')?.innerText ?? ''";
    assert!(
        browser.eval(opened).as_str().unwrap().contains("model = \"ganomaly\""),
        "the link opens the run"
    );
    assert_eq!(browser.eval("document.querySelector('.errors').innerText.includes('failed')"), true);

    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
    browser.open(&page);
    browser.shoot("light");
    sorting(&mut browser, &as_written);
    filtering(&mut browser);
    opening(&mut browser);
    colours(&mut browser);
    for width in [400, 768, 1280, 1920] {
        browser.width(width);
        assert!(!browser.overflows(), "{width} pixels wide");
        browser.eval("document.querySelectorAll('details').forEach((of) => (of.open = true))");
        assert!(!browser.overflows(), "{width} pixels wide, with everything open");
        browser.eval(
            "document.querySelectorAll('details').forEach((of) => (of.open = of.className === 'reading'))",
        );
        browser.shoot(&format!("{width}"));
    }
    browser.shoot("print");
    let printed = browser.call("Page.printToPDF", json!({ "preferCSSPageSize": true }));
    let printed = BASE64_STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let pages = String::from_utf8_lossy(&printed).matches("/Type /Page\n").count();
    assert!((1..=12).contains(&pages), "{pages} pages in print");
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
}

/// The page of `anolab serve` asks its own address and no other.
#[test]
#[ignore = "needs Chromium: .ci/browser cargo test --release --test anolab browser -- --ignored"]
fn browser_shows_a_store_as_it_grows() {
    let project = Project::with_sweep(&TINY.replace("epochs = 2", "epochs = 400"));
    let mut running = project.command(&["sweep", "run", "sweep.toml", "--device", "cpu", "--jobs", "1"]);
    let mut running = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_begun =
        || project.path("store.db").exists() && !project.sql("SELECT 1 FROM metrics LIMIT 1").is_empty();
    while !is_begun() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let served = Served::start(&project);
    let mut browser = Browser::start();
    browser.width(1280);
    browser.go(&served.url());
    let mut wait_for = |expression: &str| {
        while browser.eval(expression) != true {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_for("document.querySelectorAll('.fit polyline').length > 3");
    wait_for("document.querySelectorAll('table tbody tr').length > 0");
    browser.shoot("live");
    browser.prefer("dark");
    browser.width(400);
    assert!(!browser.overflows());
    browser.shoot("live-400-dark");
    running.wait().unwrap();
    while browser.eval("document.getElementById('state').textContent") != "Nothing is under way" {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(browser.eval("document.body.innerText").as_str().unwrap().contains("14 of 14 runs done"));
    while browser.eval("document.getElementById('report').textContent") != "Report of 14 runs" {
        std::thread::sleep(Duration::from_millis(50));
    }
    browser.eval("document.getElementById('report').click()");
    while browser.eval("document.querySelectorAll('table.leaderboard').length") != 1 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let own = served.url();
    browser
        .complaints
        .retain(|of| !of["params"]["request"]["url"].as_str().is_some_and(|url| url.starts_with(&own)));
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
}

fn sorting(browser: &mut Browser, as_written: &[String]) {
    let auroc = head("AUROC");
    browser.eval(&format!("{auroc}.querySelector('button').focus()"));
    browser.press("Enter", "\r");
    let mut expected: Vec<f64> = as_written.iter().map(|text| number(text)).collect();
    expected.sort_by(|one, other| other.total_cmp(one));
    let shown = |browser: &mut Browser| -> Vec<f64> {
        browser.column("AUROC").iter().map(|text| number(text)).collect()
    };
    assert_eq!(shown(browser), expected, "by a key, the best first");
    assert_eq!(browser.eval(&format!("{auroc}.ariaSort")), "descending");
    browser.eval(&format!("{auroc}.querySelector('button').click()"));
    expected.reverse();
    assert_eq!(shown(browser), expected);
    assert_eq!(browser.eval(&format!("{auroc}.ariaSort")), "ascending");
    browser.eval(&format!("{}.querySelector('button').click()", head("model")));
    assert!(browser.column("model").is_sorted());
    assert_eq!(browser.eval("document.querySelectorAll('th[aria-sort]').length"), 1);
}

fn filtering(browser: &mut Browser) {
    let filter = |browser: &mut Browser, column: &str, words: &str| {
        browser.eval(&format!(
            "(() => {{ const input = {}.querySelector('input'); input.value = '{words}'; \
             input.dispatchEvent(new Event('input')); }})()",
            head(column)
        ));
    };
    let all = browser.column("AUROC").len();
    filter(browser, "model", "ANO");
    assert_eq!(browser.column("model").len(), all, "both names have it");
    filter(browser, "model", "ganomaly");
    assert!(browser.column("model").iter().all(|model| model == "ganomaly"));
    assert_eq!(browser.column("model").len(), 6);
    let median = number(&browser.column("AUROC")[3]);
    filter(browser, "AUROC", &format!(">{median}"));
    let shown = browser.column("AUROC");
    assert!(!shown.is_empty() && shown.iter().all(|text| number(text) > median), "{shown:?}");
    assert_eq!(
        browser.eval("document.querySelector('[aria-live]').textContent"),
        format!("{} of {all} settings", shown.len())
    );
    browser.shoot("filtered");
    filter(browser, "AUROC", &format!(" > {median} "));
    assert_eq!(browser.column("AUROC"), shown, "spaces are forgiven");
    filter(browser, "AUROC", &format!(">= {}", median.to_string().replace('.', ",")));
    assert!(browser.column("AUROC").len() > shown.len(), "and a comma");
    filter(browser, "AUROC", "");
    for (words, settings) in
        [("w_con=2", 1), ("w_con = 2", 1), ("w_con >= 3", 4), ("W_CON<=1.5", 1), ("w_con", 6)]
    {
        filter(browser, "settings", words);
        assert_eq!(browser.column("settings").len(), settings, "{words}");
    }
    filter(browser, "settings", "");
    filter(browser, "model", "");
    filter(browser, "AUROC", "");
    assert_eq!(browser.column("AUROC").len(), all);
}

fn opening(browser: &mut Browser) {
    browser.eval("document.querySelector('td.runs a').click()");
    let shown = browser.eval("document.querySelector('dialog[open]').innerText");
    let shown = shown.as_str().unwrap();
    for part in [
        "image_size = 32",
        "seed = 0",
        "AUROC",
        "cpu: invented",
        "anolab sweep run invented.toml",
        "contextual",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(browser.eval("document.querySelectorAll('dialog polyline').length"), 11);
    browser.eval("document.querySelector('dialog img').decode()");
    assert_eq!(browser.eval("document.querySelector('dialog img').naturalWidth"), 334);
    browser.shoot("run");
    let hash = browser.eval("location.hash");
    assert!(hash.as_str().unwrap().starts_with("#invented/run-"), "{hash}");
    browser.call("Page.reload", json!({}));
    browser.wait_for("document.querySelector('dialog[open]') !== null");
    let again = browser.eval("document.querySelector('dialog[open]').innerText");
    assert_eq!(again.as_str().unwrap(), shown, "the address opens the same run");
    browser.press("Escape", "");
    assert_eq!(browser.eval("document.querySelectorAll('dialog[open]').length"), 0);
    browser.wait_for("location.hash === ''");
    browser.eval("document.querySelector('#' + CSS.escape('invented/figure-32x1-roc') + ' a.large').click()");
    let wide = "document.querySelector('dialog[open] img').getBoundingClientRect().width";
    assert!(browser.eval(wide).as_f64().unwrap() > 1000.0, "a figure opens large");
    let links = "[...document.querySelectorAll('dialog[open] .files a')]\
                 .map((link) => link.getAttribute('href')).join(' ')";
    let stem = "invented/32x1-roc";
    assert_eq!(browser.eval(links), format!("{stem}.svg {stem}.pdf {stem}.png {stem}.csv"));
    browser.shoot("figure");
    browser.press("Escape", "");
}

fn colours(browser: &mut Browser) {
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = browser.eval(ground);
    browser.prefer("dark");
    let dark = browser.eval(ground);
    assert_ne!(light, dark, "the reader's system prefers the dark");
    browser.shoot("dark");
    assert_eq!(
        browser.eval("getComputedStyle(document.querySelector('.figures img')).backgroundColor"),
        "rgb(255, 255, 255)"
    );
    browser.eval("document.getElementById('theme').click()");
    assert_eq!(browser.eval(ground), light, "the button wins");
    browser.eval("document.getElementById('theme').click()");
    assert_eq!(browser.eval(ground), dark);
    browser.prefer("light");
    browser.eval("document.getElementById('theme').click()");
    assert_eq!(browser.eval(ground), light);
}
