//! Where commands write.

use super::project::Project;

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

    let run = project.sql("SELECT run_id FROM runs").remove(0);
    project.write("maps/a-residual.png", b"mine");
    let ran = project.run(&["score", "--run", &run, "a.png", "--maps", "maps"]);
    ran.fails_with(2, "maps/a-residual.png is there already");
    project.ok(&["report", "--out", "report"]);
    project.ok(&["report", "--out", "report"]);
}
