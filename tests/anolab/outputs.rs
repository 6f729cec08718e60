//! Where commands write, and what of somebody else's names reaches a terminal.

use std::time::{Duration, SystemTime};

use super::project::{Project, sqlite};

/// One run, which takes a moment.
const QUICK: &str = r#"
name = "quick"
dataset = { kind = "synthetic", scene = "casting", count = 16 }
[grid]
model = "brightness"
image_size = 16
"#;

fn done() -> Project {
    let project = Project::with_sweep(QUICK);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

#[test]
fn nothing_is_written_over_the_store() {
    let project = done();
    let run = project.sql("SELECT run_id FROM runs").remove(0);
    for out in
        ["store.db", "./store.db", "store.db-wal", "store.db-shm", "store.artifacts", "store.artifacts/x"]
    {
        let words = "belongs to the store store.db";
        let export = ["export", "--format", "csv", "--force", "--out", out];
        project.run(&export).fails_with(2, words);
        project.run(&["report", "--out", out]).fails_with(2, words);
        project.run(&["store", "backup", out]).fails_with(2, words);
        let maps = ["score", "--run", &run, "sweep.toml", "--maps", out];
        project.run(&maps).fails_with(2, words);
    }
    assert_eq!(project.ok(&["store", "check"]), "");
    assert_eq!(project.sql("SELECT run_id FROM runs"), [run]);
}

#[test]
fn files_are_replaced_only_when_it_is_said() {
    let project = done();
    let export = ["export", "--format", "csv", "--out"];
    let ran = project.run(&[&export[..], &["sweep.toml"]].concat());
    ran.fails_with(2, "sweep.toml is there already; name another file, or replace it with --force");
    project.run(&["report", "--out", "sweep.toml"]).fails_with(2, "sweep.toml/quick");
    assert_eq!(std::fs::read_to_string(project.path("sweep.toml")).unwrap(), QUICK);
    project.write("runs.csv", b"old");
    project.ok(&[&export[..], &["runs.csv", "--force"]].concat());
    let written = std::fs::read_to_string(project.path("runs.csv")).unwrap();
    assert_eq!(project.ok(&[&export[..], &["-"]].concat()), written);
    assert!(written.starts_with("run_id,"), "{written}");
    let ran = project.run(&["export", "--format", "parquet", "--out", "-"]);
    ran.fails_with(2, "standard output takes csv and jsonl");
    assert!(!project.path("-").exists());

    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("nowhere.csv", project.path("broken.csv")).unwrap();
        let ran = project.run(&[&export[..], &["broken.csv", "--force"]].concat());
        ran.fails_with(2, "broken.csv is a device, a pipe or a link to nothing");
        symlink("runs.csv", project.path("link.csv")).unwrap();
        project.write("runs.csv", b"old");
        project.ok(&[&export[..], &["link.csv", "--force"]].concat());
        assert!(project.path("link.csv").symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(project.path("runs.csv")).unwrap(), written);
    }

    let run = project.sql("SELECT run_id FROM runs").remove(0);
    project.write("maps/a-residual.png", b"mine");
    let ran = project.run(&["score", "--run", &run, "a.png", "--maps", "maps"]);
    ran.fails_with(2, "maps/a-residual.png is there already");
    project.ok(&["report", "--out", "report"]);
    project.ok(&["report", "--out", "report"]);
}

#[test]
fn what_killed_commands_left_goes() {
    let project = done();
    let long_ago = SystemTime::now() - Duration::from_secs(7200);
    let remains = [".anolab-a", "report/.anolab-b", "report/quick/.anolab-c"];
    for name in remains {
        project.write(name, b"half");
        let file = std::fs::File::options().write(true).open(project.path(name)).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    project.ok(&["export", "--format", "csv", "--out", "runs.csv"]);
    project.ok(&["report", "--out", "report"]);
    for name in remains {
        assert!(!project.path(name).exists(), "{name}");
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let project = done();
    let ran = project.run(&["--store", "a\u{1b}[2Jb.db", "runs", "list"]);
    ran.fails_with(2, "a\\u{1b}[2Jb.db");
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    sqlite(
        &project.path("store.db"),
        "INSERT INTO run_notes SELECT run_id, char(27) || '[2J' FROM runs_table",
    );
    for format in ["table", "markdown"] {
        let out = project.ok(&["sql", "SELECT note FROM runs", "--format", format]);
        assert!(!out.contains('\u{1b}') && out.contains("u{1b}[2J"), "{out}");
    }
}

#[test]
fn stores_that_are_no_files() {
    let project = Project::with_sweep(QUICK);
    for store in [":memory:", "file:x.db"] {
        let ran = project.run(&["--store", store, "sweep", "run", "sweep.toml", "--device", "cpu"]);
        ran.fails_with(2, "the store must be a file, not");
        project.run(&["--store", store, "runs", "list"]).fails_with(2, "the store must be a file, not");
    }
    let names = std::fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["sweep.toml"], "nothing is left");
}

/// File names of Linux are any bytes.
#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::project::Ran;

    let project = Project::new();
    let name = OsStr::from_bytes(b"bad\xff.toml");
    let run = |command: &str| Ran::from(project.command(&["sweep", command]).arg(name).output().unwrap());
    run("run").fails_with(2, "cannot read the sweep file");
    run("plan").fails_with(2, "cannot read the sweep file");
    std::fs::write(project.path("").join(name), QUICK).unwrap();
    let ran = run("run");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut command = project.command(&["runs", "list"]);
    let ran = Ran::from(command.env("ANOLAB_STORE", OsStr::from_bytes(b"bad\xff.db")).output().unwrap());
    ran.fails_with(2, "there is no store at");
}
