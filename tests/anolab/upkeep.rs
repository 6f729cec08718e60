//! Stores that are checked, copied, joined and cleaned; sweeps that give up.

use std::time::{Duration, SystemTime};

use super::project::{Project, TINY, fixture_bytes, sqlite};

fn done() -> Project {
    let project = Project::with_sweep(&TINY.replace("seed = [0, 1]", "seed = [0]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

const EVERYTHING: &str = "SELECT run_id, image, split, scores.score, auroc, train_seconds, git_commit, \
    diversity, judged_command FROM scores \
    JOIN runs USING (run_id) JOIN results USING (run_id) ORDER BY run_id, image";

#[test]
fn copies_and_merges_hold_the_same() {
    let project = done();
    project.ok(&["store", "check"]);
    let before = project.sql(EVERYTHING);
    project.ok(&["store", "backup", "copy.db"]);
    project.run(&["store", "backup", "copy.db"]).fails_with(2, "there already");
    assert_eq!(project.ok(&["--store", "copy.db", "store", "check"]), "");

    // Another sweep in another store, with a fit that is here too.
    let other = TINY.replace("\"tiny\"", "\"other\"").replace("seed = [0, 1]", "seed = [0, 5]");
    project.write("other.toml", other.as_bytes());
    project.ok(&["--store", "other.db", "sweep", "run", "other.toml", "--device", "cpu"]);
    let merged = project.run(&["store", "merge", "other.db"]);
    assert!(merged.err.contains("7 runs and 2 weights"), "the runs of seed 5 alone are new: {}", merged.err);
    project.run(&["store", "merge", "store.db"]).fails_with(2, "cannot be merged into itself");
    let again = project.run(&["store", "merge", "other.db"]);
    assert!(again.err.contains("0 runs and 0 weights"), "{}", again.err);
    assert_eq!(project.ok(&["store", "check"]), "");
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,14"]);
    let kept: Vec<String> = project.sql(&EVERYTHING.replace("ORDER BY", "WHERE seed = 0 ORDER BY"));
    assert_eq!(kept, before, "what was here is as it was");
    let theirs = project.sql_in("other.db", &EVERYTHING.replace("ORDER BY", "WHERE seed = 5 ORDER BY"));
    let ours = project.sql(&EVERYTHING.replace("ORDER BY", "WHERE seed = 5 ORDER BY"));
    assert!(!ours.is_empty());
    assert_eq!(ours, theirs);
    // Nothing is left to train for a sweep over both seeds.
    let plan = project.ok(&["sweep", "plan", "other.toml"]);
    assert!(plan.contains("14 done; fits to train: 0"), "{plan}");
}

/// Weights that are lost are trained again; a store without its weights brings work, not results.
#[test]
fn lost_weights_are_trained_again() {
    let project = done();
    let before = project.sql(EVERYTHING);
    project.ok(&["store", "backup", "copy.db"]);
    std::fs::remove_dir_all(project.path("copy.artifacts")).unwrap();
    let merged = project.run(&["--store", "new.db", "store", "merge", "copy.db"]);
    assert_eq!(merged.code, 2, "there is no such store yet: {}", merged.err);
    let one = TINY.replace("seed = [0, 1]", "seed = [3]").replace("\"tiny\"", "\"three\"");
    project.write("three.toml", one.as_bytes());
    project.ok(&["--store", "new.db", "sweep", "run", "three.toml", "--device", "cpu"]);
    let merged = project.run(&["--store", "new.db", "store", "merge", "copy.db"]);
    assert!(
        merged.err.contains("0 runs and 0 weights") && merged.err.contains("2 weights are not beside"),
        "{}",
        merged.err
    );
    assert_eq!(project.ok(&["--store", "new.db", "store", "check"]), "");
    project.ok(&["--store", "new.db", "sweep", "run", "sweep.toml", "--device", "cpu"]);
    let scores = EVERYTHING
        .replace(", train_seconds, git_commit, diversity, judged_command", "")
        .replace("ORDER BY", "WHERE seed = 0 ORDER BY");
    assert_eq!(project.sql_in("new.db", &scores), project.sql(&scores));

    std::fs::remove_dir_all(project.path("store.artifacts/weights")).unwrap();
    project
        .write("sweep.toml", TINY.replace("seed = [0, 1]", "seed = [0]").replace("1.0]", "0.9]").as_bytes());
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,8"]);
    assert_eq!(before.len() / 7, project.sql(EVERYTHING).len() / 8);

    // Runs that were done with other weights than the new ones are judged anew.
    std::fs::remove_dir_all(project.path("store.artifacts/weights")).unwrap();
    let others = "UPDATE fits SET weights = 'others'; UPDATE score_values SET score = 1e6";
    sqlite(&project.path("store.db"), others);
    project
        .write("sweep.toml", TINY.replace("seed = [0, 1]", "seed = [0]").replace("1.0]", "0.8]").as_bytes());
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let stale = "SELECT model, count(DISTINCT run_id), max(scores.score) >= 1e6 FROM scores JOIN runs USING \
     (run_id) GROUP BY model";
    assert_eq!(project.sql(stale), ["anogan,7,0", "ganomaly,2,0"]);
}

#[test]
fn damage_is_found() {
    let project = done();
    let digest = project.sql("SELECT weights FROM fits ORDER BY weights LIMIT 1").remove(0);
    let weights = project.path(&format!("store.artifacts/weights/{digest}.safetensors"));
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let check = project.run(&["store", "check"]);
    assert_eq!(check.code, 1);
    assert!(check.out.contains(&digest) && check.out.contains("not what was written"), "{}", check.out);
    let backup = project.run(&["store", "backup", "copy.db"]);
    assert_eq!(backup.code, 1, "the copy lacks what is damaged: {}", backup.err);
    assert!(backup.out == "copy.db\n" && backup.err.contains(&digest), "{}", backup.err);
    assert!(project.run(&["--store", "copy.db", "store", "check"]).out.contains(&digest));
    std::fs::remove_file(&weights).unwrap();
    assert!(project.run(&["store", "check"]).out.contains("No such file"));
    let plan = project.ok(&["sweep", "plan", "sweep.toml"]);
    assert!(
        plan.contains("7 done; fits to train: 1\n  1 of them was trained already, and its weights"),
        "{plan}"
    );
    let run =
        project.sql("SELECT run_id FROM runs JOIN fits USING (fit_id) ORDER BY weights LIMIT 1").remove(0);
    project.write("a.png", &fixture_bytes("gray.png"));
    let score = project.run(&["score", "--run", &run, "a.png"]);
    score.fails_with(2, "bring the store's folder of artifacts back beside it");

    // Numbers that change, and epochs that are missing.
    sqlite(
        &project.path("store.db"),
        "UPDATE evaluations SET auroc = auroc / 2 WHERE run_id = (SELECT min(run_id) FROM evaluations); \
         DELETE FROM metric_points WHERE epoch = 1 AND series = (SELECT min(id) FROM metric_series)",
    );
    let check = project.run(&["store", "check"]).out;
    assert!(check.contains("scores or results that are not those that were written"), "{check}");
    assert!(check.contains("of 1 of 2 epochs are there"), "{check}");
}

#[test]
fn gc_frees_what_no_run_needs_and_nothing_else() {
    let project = done();
    let stray = "store.artifacts/weights/.tmpX.safetensors";
    project.write(stray, &[0; 1000]);
    project.write("store.artifacts/checkpoints/nofit/model-1.bpk", &[0; 1000]);
    let old = SystemTime::now() - Duration::from_secs(7200);
    for folder in ["weights", "images", "checkpoints/nofit", "logs", "checkpoints"] {
        let Ok(entries) = std::fs::read_dir(project.path(&format!("store.artifacts/{folder}"))) else {
            continue;
        };
        for entry in entries {
            std::fs::File::open(entry.unwrap().path()).unwrap().set_modified(old).unwrap();
        }
    }
    let told = project.ok(&["gc", "--dry-run"]);
    assert!(told.contains("tmpX") && told.contains("nofit") && told.contains(".pixels"), "{told}");
    assert!(project.path(stray).exists(), "a dry run frees nothing");
    assert_eq!(project.ok(&["gc"]), told);
    assert!(!project.path(stray).exists() && !project.path("store.artifacts/checkpoints/nofit").exists());
    assert_eq!(project.ok(&["store", "check"]), "");
    // A new λ needs weights and images: the ones are there, the others are decoded again.
    project
        .write("sweep.toml", TINY.replace("seed = [0, 1]", "seed = [0]").replace("1.0]", "0.9]").as_bytes());
    let times = "SELECT fit_id, train_seconds FROM runs GROUP BY fit_id";
    let before = project.sql(times);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    assert_eq!(project.sql("SELECT status, count(*) FROM runs GROUP BY status"), ["done,8"]);
    assert_eq!(project.sql(times), before, "nothing is trained twice");
}

#[test]
fn a_fit_that_takes_too_long_fails_and_the_sweep_ends() {
    let slow = TINY.replace("epochs = 2", "epochs = 100000");
    let project = Project::with_sweep(&slow);
    let ran =
        project.run(&["sweep", "run", "sweep.toml", "--device", "cpu", "--time-limit", "2s", "--fail-fast"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("time limit of 2 s") && ran.err.contains("too many runs have failed"),
        "{}",
        ran.err
    );
    let status = project.sql("SELECT status, count(*) FROM runs GROUP BY status ORDER BY status");
    assert!(status.iter().any(|line| line.starts_with("failed")), "{status:?}");
    assert!(status.iter().any(|line| line.starts_with("queued")), "no further fit was begun: {status:?}");
    project.run(&["sweep", "run", "sweep.toml", "--time-limit", "soon"]).fails_with(2, "time-limit");
}

/// The runs of the file that had the name before do not vanish in silence.
#[test]
fn a_sweep_that_takes_the_name_of_another() {
    let project = done();
    project.write("other.toml", TINY.replace("seed = [0, 1]", "seed = [5]").as_bytes());
    let planned = project.ok(&["sweep", "plan", "other.toml"]);
    assert!(planned.contains("7 runs leave the sweep, as they are not of this file"), "{planned}");
    let ran = project.run(&["sweep", "run", "other.toml", "--device", "cpu"]);
    assert!(
        ran.code == 0 && ran.err.contains("7 runs of `tiny` are not of this file and these images any more"),
        "{}",
        ran.err
    );
    assert_eq!(project.sql("SELECT count(*), count(sweep) FROM runs"), ["14,7"]);

    project.write("slow.toml", TINY.replace("epochs = 2", "epochs = 100000").as_bytes());
    let mut slow = project
        .command(&["sweep", "run", "slow.toml", "--device", "cpu"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while project.sql("SELECT count(*) FROM runs WHERE status = 'running'") == ["0"] {
        assert!(started.elapsed() < Duration::from_secs(60), "it never begins");
        std::thread::sleep(Duration::from_millis(50));
    }
    project
        .run(&["sweep", "run", "other.toml", "--device", "cpu"])
        .fails_with(2, "another sweep of the name `tiny` is running on this store");
    slow.kill().unwrap();
    slow.wait().unwrap();
}

/// `head` and full disks end the output and nothing else.
#[cfg(target_os = "linux")]
#[test]
fn output_that_nobody_takes() {
    let project = done();
    let shell = |script: &str| {
        let program = env!("CARGO_BIN_EXE_anolab");
        let output = std::process::Command::new("bash")
            .args(["-c", &script.replace("anolab", program)])
            .current_dir(project.path(""))
            .env("ANOLAB_STORE", "store.db")
            .output()
            .unwrap();
        super::project::Ran::from(output)
    };
    let cut = shell("set -o pipefail; anolab sql 'SELECT a.* FROM scores a, scores b' | head -1");
    assert!(cut.code == 0 && cut.err.is_empty(), "{} {}", cut.code, cut.err);
    shell("anolab runs list > /dev/full").fails_with(2, "the results cannot be printed: No space left");
    project.write("again.toml", TINY.replace("seed = [0, 1]", "seed = [7]").as_bytes());
    let deaf = shell("anolab sweep run again.toml --device cpu 2> >(true)");
    assert_eq!(deaf.code, 0, "work goes on where nobody listens");
}

#[test]
fn the_time_that_is_left_is_told() {
    let project = done();
    assert!(!project.ok(&["sweep", "status"]).contains("left"), "nothing is under way");
    sqlite(
        &project.path("store.db"),
        "UPDATE fits SET train_seconds = 60, images_per_second = CASE WHEN config LIKE '%ganomaly%' THEN 0.4 END; \
         UPDATE runs_table SET status = 'running' WHERE fit_id = (SELECT min(fit_id) FROM fits WHERE config \
         LIKE '%ganomaly%'); \
         UPDATE fits SET status = 'running', weights = NULL, progress = 0, lease_token = 'x', \
         lease_until = unixepoch() + 60 WHERE config LIKE '%ganomaly%'",
    );
    let status = project.ok(&["sweep", "status"]);
    assert!(
        status.contains("about 2 min left with 1 under way, begun "),
        "two epochs of 16 images at 0.4 a second, and two runs to judge: {status}"
    );
}

#[test]
fn runs_are_filtered_sorted_and_cut() {
    let project = done();
    let list = |arguments: &[&str]| -> Vec<String> {
        let arguments = [&["runs", "list", "--format", "csv"], arguments].concat();
        project.ok(&arguments).lines().skip(1).map(String::from).collect()
    };
    let found = list(&[
        "--where",
        "lambda > 0.2 and auroc >= 0",
        "--sort",
        "lambda desc",
        "--columns",
        "lambda, model",
    ]);
    assert_eq!(found, ["1,anogan", "0.5,anogan", "0.3,anogan"]);
    assert_eq!(list(&["--limit", "2"]).len(), 2);
    let near = "UPDATE evaluations SET auroc = 0.9 + abs(random() % 1000000) * 1e-10";
    sqlite(&project.path("store.db"), near);
    let best = project.sql("SELECT run_id FROM results ORDER BY auroc DESC");
    let listed = list(&["--sort", "auroc desc"]);
    let listed: Vec<_> = listed.iter().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(listed, best, "by what was measured, not by what is shown of it");
    assert_eq!(list(&["--sweep", "tiny", "--where", "model = 'ganomaly'"]).len(), 2);
    project.run(&["runs", "list", "--where", "lamda > 1"]).fails_with(2, "no such column: lamda");
    project.run(&["runs", "list", "--where", "\"lamda\" > 1"]).fails_with(2, "no such column: ");
    project.run(&["runs", "list", "--where", "1); DROP TABLE fits; --"]).fails_with(2, "syntax error");
}
