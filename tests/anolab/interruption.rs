//! A sweep that is killed goes on where it was, and ends as if nothing had happened.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::project::{Project, TINY};

fn start(project: &Project) -> Child {
    project
        .command(&["sweep", "run", "long.toml", "--device", "cpu"])
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
    project.sql("SELECT run_id, image, score FROM scores ORDER BY run_id, image")
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
    killed.ok(&["sweep", "run", "long.toml", "--device", "cpu"]);
    assert_eq!(scores(&killed), expected);

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
