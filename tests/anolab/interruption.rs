//! A sweep that is killed goes on where it was, and ends as if nothing had happened.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::project::{Project, TINY};

fn start(project: &Project) -> Child {
    let run = project.command(&["sweep", "run", "long.toml", "--device", "cpu"]);
    // Signals that the tests themselves were told to ignore are not ignored by what they start.
    let mut heard = Command::new("env");
    heard.arg("--default-signal=HUP,INT,TERM").arg(run.get_program()).args(run.get_args());
    heard.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    heard.current_dir(project.path(""));
    heard
        .process_group(0) // so that a test can kill it with its workers
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Epochs long enough that a kill hits the middle of one.
fn long() -> Project {
    let project = Project::new();
    project.write("long.toml", TINY.replace("epochs = 2", "epochs = 150").replace("[0, 1]", "0").as_bytes());
    project
}

fn wait_for(project: &Project, query: &str, least: usize) {
    let started = Instant::now();
    loop {
        if project.path("store.db").is_file() {
            let ran = project.run(&["sql", query, "--format", "csv"]);
            let found = ran.out.lines().nth(1).and_then(|line| line.parse::<usize>().ok());
            if found.is_some_and(|found| found >= least) {
                return;
            }
        }
        assert!(started.elapsed() < Duration::from_secs(120), "waited in vain for {query}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process, or to its whole group where `target` begins with a minus sign.
fn signal(name: &str, target: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {name} -- {target}")]).status().unwrap();
    assert!(sent.success());
}

fn scores(project: &Project) -> Vec<String> {
    project.sql("SELECT run_id, image, scores.score FROM scores ORDER BY run_id, image")
}

/// Every loss of every epoch, and what the trained generators are worth.
fn metrics(project: &Project) -> Vec<String> {
    let mut found =
        project.sql("SELECT fit_id, split, name, epoch, step, value FROM metrics ORDER BY 1, 2, 3, 4");
    found.extend(project.sql("SELECT DISTINCT fit_id, diversity FROM runs ORDER BY 1"));
    found
}

/// Of the fit that is trained first.
fn train_seconds(project: &Project) -> f64 {
    let found = project.sql("SELECT coalesce(max(train_seconds), 0) FROM runs WHERE model = 'anogan'");
    found[0].parse().unwrap()
}

fn undisturbed() -> Vec<String> {
    let project = long();
    project.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);
    scores(&project)
}

#[test]
fn killed_and_interrupted_sweeps_end_like_undisturbed_ones() {
    let expected = undisturbed();

    let killed = long();
    let mut parent = start(&killed);
    wait_for(&killed, "SELECT count(DISTINCT epoch) FROM metrics", 3);
    let done = killed.sql("SELECT count(*) FROM runs WHERE status = 'done'");
    assert_eq!(done, ["0"], "killed too late to prove anything");
    signal("KILL", &format!("-{}", parent.id()));
    parent.wait().unwrap();
    let before = train_seconds(&killed);
    assert!(before > 0.0, "the time of the epochs that are done is kept");
    killed.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);
    assert_eq!(scores(&killed), expected);
    assert!(train_seconds(&killed) > before);

    let interrupted = long();
    let mut parent = start(&interrupted);
    wait_for(&interrupted, "SELECT count(DISTINCT epoch) FROM metrics", 3);
    signal("INT", &parent.id().to_string());
    assert_eq!(parent.wait().unwrap().code(), Some(130));
    let running = interrupted.sql("SELECT count(*) FROM runs WHERE status = 'running'");
    assert_eq!(running, ["0"], "nobody works any more");
    interrupted.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);
    assert_eq!(scores(&interrupted), expected);
    let trained_epochs =
        interrupted.sql("SELECT DISTINCT count(*) FROM metrics GROUP BY fit_id, split, name");
    assert_eq!(trained_epochs, ["150"]);
}

/// `nohup`, and shells that start a job in the background, ignore signals for it: it goes on.
#[cfg(target_os = "linux")]
#[test]
fn ignored_signals_stay_ignored() {
    let project = long();
    let script = format!("trap '' HUP INT; exec {} \"$@\"", env!("CARGO_BIN_EXE_anolab"));
    let mut parent = Command::new("sh")
        .args(["-c", &script, "sh", "sweep", "run", "long.toml", "--device", "cpu"])
        .current_dir(project.path(""))
        .env("ANOLAB_STORE", "store.db")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&project, "SELECT count(DISTINCT epoch) FROM metrics", 1);
    let pid = parent.id().to_string();
    signal("HUP", &pid);
    signal("INT", &pid);
    std::thread::sleep(Duration::from_secs(1));
    assert!(parent.try_wait().unwrap().is_none(), "ended by a signal that is ignored");
    signal("TERM", &pid);
    assert_eq!(parent.wait().unwrap().code(), Some(130));
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_closed_interrupts() {
    let project = long();
    let mut parent = start(&project);
    wait_for(&project, "SELECT count(DISTINCT epoch) FROM metrics", 1);
    signal("HUP", &parent.id().to_string());
    assert_eq!(parent.wait().unwrap().code(), Some(130));
}

/// The processes that another has started.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<String> {
    let started_by = |pid: &str| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    pids.filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && started_by(pid) == Some(parent)).collect()
}

/// Workers and parents are killed fifty times at random moments, while the clock jumps: every run is done once, with
/// the metrics and scores of an undisturbed sweep.
#[cfg(target_os = "linux")]
#[test]
fn fifty_kills_lose_nothing() {
    use rand::seq::IndexedRandom;
    use rand::{RngExt, SeedableRng};
    const KILLS: usize = 50;
    let sweep = TINY.replace("epochs = 2", "epochs = 300");
    // Some are killed so early and so often that their fit counts as hopeless.
    let run = ["sweep", "run", "long.toml", "--device", "cpu", "--jobs", "2", "--retry-failed"];
    let undisturbed = Project::new();
    undisturbed.write("long.toml", sweep.as_bytes());
    undisturbed.ok(&run);

    let project = Project::new();
    project.write("long.toml", sweep.as_bytes());
    let mut rng = rand::rngs::StdRng::seed_from_u64(7);
    let (mut parents, mut workers) = (0, 0);
    let clock = project.path("clock");
    let start = || {
        let mut command = project.command(&run);
        command
            .env("ANOLAB_TEST_CLOCK", &clock)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut parent = start();
    while parents + workers < KILLS {
        std::thread::sleep(Duration::from_millis(rng.random_range(10..250)));
        if let Some(status) = parent.try_wait().unwrap() {
            let left = project.sql("SELECT count(*) FROM runs WHERE status <> 'done'");
            assert!(left != ["0"], "done after {parents} + {workers} kills ({status}): give it more epochs");
            parent = start();
            continue;
        }
        if rng.random_bool(0.1) {
            let ahead: i32 = rng.random_range(-7200..7200);
            std::fs::write(&clock, ahead.to_string()).unwrap();
        }
        let running = children(parent.id());
        // On a slow machine most would otherwise be killed before they have started a worker.
        let parent_falls = rng.random_bool(if running.is_empty() { 0.05 } else { 0.25 });
        if parent_falls {
            parent.kill().unwrap();
            parent.wait().unwrap();
            parents += 1;
            parent = start();
        } else if let Some(victim) = running.choose(&mut rng) {
            // It may have ended by itself in between.
            let killed =
                Command::new("kill").args(["-s", "KILL", victim]).stderr(Stdio::null()).status().unwrap();
            workers += usize::from(killed.success());
        }
    }
    parent.wait().unwrap();
    assert!(parents > 3 && workers > 10, "{parents} parents and {workers} workers killed");
    // The clock is right again: leases from the future bind nobody.
    let begun = Instant::now();
    project.ok(&run);
    assert!(begun.elapsed() < Duration::from_secs(300), "waited for a lease from the future");
    assert_eq!(scores(&project), scores(&undisturbed));
    assert_eq!(metrics(&project), metrics(&undisturbed));
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,14"]);
    assert_eq!(project.ok(&["store", "check"]), "");
}

/// A query without an end is ended by Ctrl-C, and by its time limit.
#[cfg(unix)]
#[test]
fn queries_without_an_end_are_ended() {
    let project = Project::with_sweep(&TINY.replace("[\"anogan\", \"ganomaly\"]", "\"ganomaly\""));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let ran = project.run(&["sql", endless, "--time-limit", "1"]);
    ran.fails_with(2, "the query had no answer after 1 s and was ended");
    let ran = project.run(&["sql", "SELECT 1", "--time-limit", "1", "--format", "csv"]);
    assert_eq!(ran.out, "1\n1\n");

    let query = project.command(&["sql", endless]);
    let mut heard = Command::new("env");
    heard.arg("--default-signal=INT").arg(query.get_program()).args(query.get_args());
    let mut child = heard
        .current_dir(project.path(""))
        .env("ANOLAB_STORE", "store.db")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "ended too early to prove anything");
    let begun = Instant::now();
    signal("INT", &child.id().to_string());
    assert!(!child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(project.ok(&["store", "check"]), "");
}

/// A power cut takes what the disk had not kept yet: the end of the write-ahead log, and the file of its index.
#[cfg(target_os = "linux")]
#[test]
fn power_cuts_lose_nothing_but_time() {
    use rand::{RngExt, SeedableRng};
    let undisturbed = long();
    undisturbed.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);

    let project = long();
    let mut rng = rand::rngs::StdRng::seed_from_u64(3);
    let log = project.path("store.db-wal");
    let mut cuts = 0;
    for _ in 0..12 {
        let mut parent = start(&project);
        std::thread::sleep(Duration::from_millis(rng.random_range(300..1500)));
        signal("KILL", &format!("-{}", parent.id()));
        parent.wait().unwrap();
        std::thread::sleep(Duration::from_millis(50)); // until its workers have gone, too
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(&log) {
            let length = file.metadata().unwrap().len();
            file.set_len(rng.random_range(0..=length)).unwrap();
            cuts += 1;
        }
        std::fs::remove_file(project.path("store.db-shm")).ok();
    }
    assert!(cuts > 3, "{cuts} logs cut");
    project.ok(&["sweep", "run", "long.toml", "--device", "cpu", "--retry-failed"]);
    assert_eq!(scores(&project), scores(&undisturbed));
    assert_eq!(metrics(&project), metrics(&undisturbed));
    assert_eq!(project.ok(&["store", "check"]), "");
}

/// A worker that sleeps renews no lease and does not notice that its fit was taken from it: its parent ends it.
#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_stopped_is_ended() {
    let project = long();
    let clock = project.path("clock");
    let mut command = project.command(&["sweep", "run", "long.toml", "--device", "cpu", "--jobs", "1"]);
    command.env("ANOLAB_TEST_CLOCK", &clock).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut parent = command.spawn().unwrap();
    wait_for(&project, "SELECT count(DISTINCT epoch) FROM metrics", 2);
    let stopped = children(parent.id()).remove(0);
    signal("STOP", &stopped);
    std::fs::write(&clock, "60").unwrap(); // its lease is over
    let begun = Instant::now();
    while Path::new(&format!("/proc/{stopped}")).exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the stopped worker is still there");
        std::thread::sleep(Duration::from_millis(100));
    }
    // A worker that was stopped while it wrote has locked the store: then its parent gives up, and says so.
    parent.wait().unwrap();
    project.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);
    assert_eq!(scores(&project), undisturbed());
}
