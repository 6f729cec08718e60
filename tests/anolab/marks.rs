//! Tags and notes on runs.

use super::project::{Project, TINY};

fn done() -> Project {
    let project = Project::with_sweep(&TINY.replace("\"anogan\", ", "").replace("[0, 1]", "[0]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

fn listed(project: &Project, arguments: &[&str]) -> Vec<String> {
    let list = ["runs", "list", "--format", "csv", "--sort", "run_id"];
    project.ok(&[&list[..], arguments].concat()).lines().skip(1).map(String::from).collect()
}

#[test]
fn runs_carry_tags_and_notes() {
    let project = done();
    let runs = project.sql("SELECT run_id FROM runs ORDER BY run_id");
    let (one, other) = (&runs[0][..10], &runs[1][..10]);
    project.ok(&["runs", "tag", one, other, "--add", "paper", "--add", "keep"]);
    project.ok(&["runs", "tag", other, "--remove", "keep", "--remove", "never", "--add", "paper"]);
    project.ok(&["runs", "note", one, "odd dip at epoch 2, \"look\""]);
    let columns = ["--columns", "tags, note"];
    assert_eq!(
        listed(&project, &columns),
        ["\"keep, paper\",\"odd dip at epoch 2, \"\"look\"\"\"", "paper,"]
    );
    let of = |arguments: &[&str]| listed(&project, &[arguments, &["--columns", "run_id"]].concat());
    assert_eq!(of(&["--tag", "keep"]), runs[..1]);
    assert_eq!(of(&["--tag", "keep", "--tag", "paper"]), runs[..1]);
    assert_eq!(of(&["--tag", "kee"]), [""; 0]);
    assert_eq!(of(&["--where", "tags LIKE '%paper%' AND note IS NULL"]), runs[1..]);
    let shown = project.ok(&["runs", "show", one]);
    assert!(shown.contains("keep, paper") && shown.contains("odd dip at epoch 2"), "{shown}");
    project.ok(&["runs", "note", one, ""]);
    assert_eq!(project.sql("SELECT count(*) FROM runs WHERE note IS NOT NULL"), ["0"]);
    project.run(&["runs", "tag", one, "--add", "a, b"]).fails_with(2, "`a, b` cannot be a tag");
    project.run(&["runs", "tag", "zz", "--add", "a"]).fails_with(2, "no run has an id");
    assert_eq!(project.run(&["runs", "tag", one]).code, 2, "a tag to add or remove must be named");
}

#[test]
fn copies_and_merges_keep_them() {
    let project = done();
    let runs = project.sql("SELECT run_id FROM runs ORDER BY run_id");
    project.ok(&["runs", "tag", &runs[0], "--add", "theirs"]);
    project.ok(&["runs", "note", &runs[0], "their note"]);
    project.ok(&["runs", "note", &runs[1], "their other note"]);
    project.ok(&["store", "backup", "copy.db"]);
    project.ok(&["runs", "tag", &runs[0], "--remove", "theirs", "--add", "ours"]);
    project.ok(&["runs", "note", &runs[0], "our note"]);
    project.ok(&["runs", "note", &runs[1], ""]);
    let marks = "SELECT tags, note FROM runs ORDER BY run_id";
    assert_eq!(project.sql_in("copy.db", marks), ["theirs,their note", ",their other note"]);
    for _ in 0..2 {
        project.ok(&["store", "merge", "copy.db"]);
        assert_eq!(project.sql(marks), ["\"ours, theirs\",our note", ",their other note"]);
    }
    assert_eq!(project.ok(&["store", "check"]), "");
}
