//! `anolab serve`: what it shows, to whom, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::project::{Project, TINY};

/// A server over a project's store; it ends with the test.
pub struct Served {
    process: Child,
    /// `127.0.0.1:PORT`.
    host: String,
    /// `/TOKEN/`.
    root: String,
}

impl Served {
    pub fn start(project: &Project) -> Self {
        let mut process = project
            .command(&["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let (host, root) = url.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { process, host: host.into(), root: format!("/{root}") }
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.host, self.root)
    }

    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host).unwrap();
        stream
    }

    /// Status, and all that follows it.
    fn get(&self, path: &str) -> (u16, String) {
        let mut answer = Vec::new();
        self.ask(path).read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer[9..12].parse().unwrap(), answer)
    }

    /// Snapshots as they come.
    fn snapshots(&self) -> impl Iterator<Item = Value> + use<> {
        let lines = BufReader::new(self.ask(&format!("{}events", self.root))).lines();
        lines.filter_map(|line| {
            Some(serde_json::from_str(line.unwrap().strip_prefix("data:")?.trim()).unwrap())
        })
    }

    /// Asks it to end, as Ctrl-C does, which is ignored where tests run in the background of a script.
    fn interrupt(mut self) -> i32 {
        let kill =
            std::process::Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(kill.unwrap().success());
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn a_store_is_shown_as_it_grows() {
    let project = Project::with_sweep(TINY);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let served = Served::start(&project);
    let mut snapshots = served.snapshots();
    let first = snapshots.next().unwrap();
    let runs = project.sql("SELECT count(*) FROM runs")[0].parse::<i64>().unwrap();
    assert_eq!(first["sweeps"][0]["runs"]["done"], runs, "{first}");
    let best = project.sql("SELECT max(auroc) FROM leaderboard")[0].parse::<f64>().unwrap();
    let shown = first["sweeps"][0]["best"].as_array().unwrap();
    assert!((shown[0]["auroc"].as_f64().unwrap() - best).abs() < 1e-9, "{shown:?}");
    assert_eq!(shown.len(), project.sql("SELECT 1 FROM leaderboard").len());

    project.write(
        "more.toml",
        TINY.replace("\"tiny\"", "\"more\"").replace("epochs = 2", "epochs = 3").as_bytes(),
    );
    let running = project
        .command(&["sweep", "run", "more.toml", "--device", "cpu", "--jobs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut running = running.unwrap();
    let (mut was_busy, begun) = (false, Instant::now());
    let last = snapshots.find(|now| {
        let more = &now["sweeps"][0];
        was_busy |= more["work"].as_array().is_some_and(|work| !work.is_empty());
        assert!(begun.elapsed() < Duration::from_secs(120), "{now}");
        more["name"] == "more" && more["runs"]["done"] == runs
    });
    assert!(running.wait().unwrap().success());
    assert!(last.is_some() && was_busy);
    // The report follows, with both sweeps, or came with it.
    let drawn = last.into_iter().chain(snapshots).find(|now| now["report"]["runs"] == 2 * runs).unwrap();
    assert!(drawn["report"]["failed"].is_null(), "{drawn}");
    let (status, report) = served.get(&format!("{}report/index.html", served.root));
    assert!(status == 200 && report.contains("tiny") && report.contains("more"));
    assert_eq!(served.interrupt(), 0);
}

#[test]
fn nobody_else_sees_anything() {
    let project = Project::with_sweep(TINY);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let served = Served::start(&project);
    assert!(served.host.starts_with("127.0.0.1:"));
    let (status, page) = served.get(&served.root);
    assert!(status == 200 && page.contains("<h1>anolab</h1>") && !page.contains("/* script */"), "{page}");
    for header in
        ["cache-control: no-store", "referrer-policy: no-referrer", "content-security-policy: default-src"]
    {
        assert!(page.contains(header), "{header}: {page}");
    }
    let token = served.root.trim_matches('/');
    let other = token.replace(|digit| digit != '0', "0");
    let secret = project.path("store.db");
    let secret = secret.display();
    for path in [
        "/".to_string(),
        "/events".into(),
        "/report/index.html".into(),
        format!("/{other}/"),
        format!("/{other}/events"),
        format!("/{}/", &token[..31]),
        format!("{}store.db", served.root),
        format!("{}report/../../store.db", served.root),
        format!("{}report/{}", served.root, "../".repeat(12) + &secret.to_string()),
        format!("{}report/{}", served.root, "%2e%2e/".repeat(12) + &secret.to_string()),
        format!("{}report//{secret}", served.root),
        format!("{}report/%2Fetc%2Fpasswd", served.root),
    ] {
        let (status, answer) = served.get(&path);
        assert!([400, 404].contains(&status), "{path}: {answer}");
        assert!(!answer.contains(token) && !answer.contains("SQLite format"), "{path}: {answer}");
    }
    assert_ne!(Served::start(&project).root, served.root, "a new token each time");
}

#[test]
fn what_cannot_be_served_is_said() {
    let project = Project::new();
    project.run(&["serve", "--port", "0"]).fails_with(2, "store.db");
    let project = Project::with_sweep(TINY);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.run(&["serve", "--port", "0", "--sweep", "other"]).fails_with(2, "tiny");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    project.run(&["serve", "--port", &port]).fails_with(2, "`--port 0` takes any free one");
}
