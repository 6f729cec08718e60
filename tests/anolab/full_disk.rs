//! A disk that fills. A limit on the size of files stands in for it: it needs no rights and no disk
//! of its own, and a write beyond it fails in the same way.

use std::process::Command;

use super::project::{Project, Ran, TINY};

/// Runs the sweep where no file may grow beyond so many KiB.
fn run_within(project: &Project, kibibytes: u64) -> Ran {
    // Where the signal is ignored, the write itself fails. A block of `ulimit -f` is 512 bytes.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", 2 * kibibytes);
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_anolab")])
        .args(["sweep", "run", "sweep.toml", "--device", "cpu", "--jobs", "2", "--retry-failed"])
        .current_dir(project.path("."))
        .env("ANOLAB_STORE", "store.db")
        .output()
        .unwrap();
    Ran::from(output)
}

fn scores(project: &Project) -> Vec<String> {
    project.sql("SELECT run_id, image, scores.score FROM scores ORDER BY run_id, image")
}

/// From nothing to almost enough, in the same folder: whatever is cut off in its writing, the sweep
/// then ends as one that had room, and nothing half-written is left.
#[test]
fn a_full_disk_costs_time_and_nothing_else() {
    let sweep = TINY.replace("epochs = 2", "epochs = 20");
    let undisturbed = Project::with_sweep(&sweep);
    undisturbed.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);

    let project = Project::with_sweep(&sweep);
    let mut failures = 0;
    for kibibytes in [1, 64, 180, 220, 260, 300, 350, 400, 500] {
        let ran = run_within(&project, kibibytes);
        if ran.code != 0 {
            failures += 1;
            assert!([1, 2].contains(&ran.code), "{kibibytes} KiB: {}\n{}", ran.code, ran.err);
            ran.fails_with(ran.code, "make room, then give the same command again");
        }
    }
    assert!(failures > 4, "only {failures} limits were too small: they prove little");
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu", "--retry-failed"]);
    assert_eq!(scores(&project), scores(&undisturbed));
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,14"]);
    assert_eq!(project.ok(&["store", "check"]), "");
}
