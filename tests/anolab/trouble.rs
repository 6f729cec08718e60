//! Stores and images that are not as they should be while a sweep or a question needs them.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::project::{Project, Ran, TINY, sqlite};

fn done() -> Project {
    let project = Project::with_sweep(&TINY.replace("\"anogan\", ", "").replace("[0, 1]", "[0]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Takes the right to write from the folder and all its files while `what` runs.
fn read_only(folder: &Path, what: impl FnOnce()) {
    let entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let set = |file: u32, folder_mode: u32| {
        entries.iter().for_each(|path| mode(path, if path.is_dir() { folder_mode } else { file }));
        mode(folder, folder_mode);
    };
    set(0o444, 0o555);
    what();
    set(0o644, 0o755);
}

/// The program as somebody to whom permissions apply: root becomes `nobody`, and takes a copy of the
/// program along, which may lie where nobody else can read.
struct Anybody {
    folder: tempfile::TempDir,
    is_root: bool,
}

impl Anybody {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_root = folder.path().metadata().unwrap().uid() == 0;
        mode(folder.path(), 0o755);
        std::fs::copy(env!("CARGO_BIN_EXE_anolab"), folder.path().join("anolab")).unwrap();
        Self { folder, is_root }
    }

    fn run(&self, project: &Project, arguments: &[&str]) -> Ran {
        let mut command = Command::new(self.folder.path().join("anolab"));
        if self.is_root {
            command.uid(65534).gid(65534);
        }
        command.current_dir(project.path("")).env("ANOLAB_STORE", "store.db").args(arguments);
        Ran::from(command.output().unwrap())
    }

    fn ok(&self, project: &Project, arguments: &[&str]) -> String {
        let ran = self.run(project, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
        ran.out
    }
}

#[test]
fn a_read_only_store_answers_and_refuses_to_be_changed() {
    let project = done();
    let anybody = Anybody::new();
    let run = project.sql("SELECT run_id FROM runs ORDER BY run_id").remove(0);
    let list = ["runs", "list", "--format", "csv"];
    let before = project.ok(&list);
    // A worker died and nobody has looked since: the answer is the truth all the same.
    sqlite(
        &project.path("store.db"),
        &format!(
            "UPDATE fits SET status = 'running', lease_token = 'dead', lease_until = 1, attempts = 1; \
             UPDATE runs_table SET status = 'running' WHERE run_id = '{run}'"
        ),
    );
    let bytes = std::fs::read(project.path("store.db")).unwrap();
    read_only(&project.path(""), || {
        let listed = anybody.ok(&project, &list);
        assert!(
            listed != before && listed.contains("interrupted") && !listed.contains("running"),
            "{listed}"
        );
        let status = anybody.ok(&project, &["sweep", "status", "tiny"]);
        assert!(status.contains("1 done, 1 interrupted") && !status.contains("fit "), "{status}");
        anybody.ok(&project, &["runs", "show", &run]);
        anybody.ok(&project, &["sql", "SELECT * FROM leaderboard"]);
        anybody.ok(&project, &["sweep", "plan", "sweep.toml"]);
        let out = tempfile::tempdir().unwrap();
        mode(out.path(), 0o777);
        anybody.ok(&project, &["report", "--out", out.path().join("report").to_str().unwrap()]);
        anybody.ok(&project, &["store", "backup", out.path().join("copy.db").to_str().unwrap()]);
        for change in [
            &["sweep", "run", "sweep.toml", "--device", "cpu"][..],
            &["runs", "tag", &run, "--add", "new"],
            &["store", "merge", "store.db"],
        ] {
            anybody
                .run(&project, change)
                .fails_with(2, "the store store.db cannot be written: it or its folder");
        }
    });
    assert_eq!(std::fs::read(project.path("store.db")).unwrap(), bytes);
    // The file alone: SQLite opens such a file, and fails at the first change.
    mode(&project.path("store.db"), 0o444);
    mode(&project.path(""), 0o777);
    mode(&project.path("store.artifacts"), 0o777);
    mode(&project.path("store.artifacts/lock"), 0o666);
    anybody.ok(&project, &list);
    anybody.run(&project, &["runs", "tag", &run, "--add", "new"]).fails_with(2, "cannot be written");
}

#[test]
fn read_only_stores_that_cannot_be_read_as_they_are() {
    let project = done();
    let anybody = Anybody::new();
    let store = project.path("store.db");
    let metrics = "SELECT * FROM metrics ORDER BY fit_id, split, name, epoch";
    let before = project.sql(metrics);
    assert!(!before.is_empty());
    sqlite(&store, "DELETE FROM _sqlx_migrations WHERE version > 2");
    read_only(&project.path(""), || {
        anybody.run(&project, &["runs", "list"]).fails_with(2, "was written by an older anolab and must be");
    });
    // Where it can be written, an older store is brought up to date by whoever looks first.
    sqlite(
        &store,
        "DROP VIEW scores; DROP VIEW results; DROP VIEW dataset_names; DROP VIEW tags; DROP VIEW leaderboard; \
         DROP VIEW runs; DROP VIEW settings; DROP VIEW leases; DROP INDEX fits_leased; DROP TABLE pixel_results; \
         DROP TABLE picture_masks; ALTER TABLE evaluations DROP COLUMN partial_auroc; \
         ALTER TABLE evaluations DROP COLUMN true_positive_rate_at_1; \
         ALTER TABLE evaluations DROP COLUMN true_positive_rate_at_5; ALTER TABLE \
         evaluations DROP COLUMN false_positive_rate_at_95; ALTER TABLE evaluations DROP COLUMN \
         average_precision_unleaked; ALTER TABLE evaluations DROP COLUMN accuracy_unleaked; ALTER TABLE \
         evaluations DROP COLUMN false_positive_rate_unleaked; ALTER TABLE evaluations DROP COLUMN \
         pixel_auroc_unleaked; ALTER TABLE evaluations DROP COLUMN pixel_auroc_full_unleaked; ALTER TABLE \
         evaluations DROP COLUMN pixel_average_precision; ALTER TABLE evaluations DROP COLUMN \
         pixel_average_precision_unleaked; ALTER TABLE evaluations DROP COLUMN aupro; ALTER TABLE evaluations \
         DROP COLUMN aupro_unleaked; ALTER TABLE score_values DROP COLUMN conformal_p; \
         ALTER TABLE evaluations DROP COLUMN pixel_auroc_full; ALTER TABLE evaluations DROP COLUMN lost_masks; \
         ALTER TABLE sweeps DROP COLUMN masks; ALTER TABLE datasets DROP COLUMN coloured; \
         DROP TABLE views_digest; DROP TABLE result_digests; \
         ALTER TABLE images DROP COLUMN hash; ALTER TABLE sweeps DROP COLUMN datasets; \
         ALTER TABLE fits DROP COLUMN worker; DROP TABLE run_tags; DROP TABLE run_notes; \
         ALTER TABLE pictures DROP COLUMN mask; ALTER TABLE fits DROP COLUMN diversity; \
         ALTER TABLE fits DROP COLUMN coverage; ALTER TABLE fits DROP COLUMN novelty; ALTER TABLE evaluations \
         DROP COLUMN masks; ALTER TABLE runs_table DROP COLUMN judged_device; \
         ALTER TABLE runs_table DROP COLUMN judged_commit; ALTER TABLE runs_table DROP COLUMN judged_command; \
         CREATE VIEW runs AS SELECT 1; CREATE VIEW leaderboard AS SELECT 1; \
         CREATE VIEW scores AS SELECT 1; CREATE VIEW results AS SELECT 1; \
         CREATE TABLE metric_values AS SELECT * FROM metrics; DROP VIEW metrics; DROP TABLE metric_points; \
         DROP TABLE metric_series; CREATE VIEW metrics AS SELECT 1",
    );
    project.ok(&["runs", "list", "--columns", "tags, note"]);
    assert_eq!(project.sql(metrics), before, "what was measured comes along");
    assert!(!project.path("store.db-wal").exists(), "nothing is left beside a store that nobody uses");
    std::fs::write(project.path("store.db-wal"), [0; 100]).unwrap();
    read_only(&project.path(""), || {
        anybody
            .run(&project, &["runs", "list"])
            .fails_with(2, "the last changes of the store store.db are in store.db-wal");
    });
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let project = done();
    let store = project.path("store.db");
    sqlite(&store, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', '2030-01-01', 1, x'00', 0)");
    let bytes = std::fs::read(&store).unwrap();
    for command in [
        &["runs", "list"][..],
        &["sql", "SELECT 1"],
        &["sweep", "run", "sweep.toml", "--device", "cpu"],
        &["store", "check"],
        &["gc"],
    ] {
        project.run(command).fails_with(2, "store.db was written by a newer anolab; update anolab");
    }
    project.run(&["--store", "other.db", "sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.run(&["--store", "other.db", "store", "merge", "store.db"]).fails_with(2, "newer anolab");
    assert_eq!(std::fs::read(&store).unwrap(), bytes);
}

#[test]
fn files_that_are_no_stores() {
    let project = Project::with_sweep(TINY);
    project.write("notes.db", &b"my notes, long enough to be no database at all ".repeat(100));
    std::fs::write(project.path("theirs.db"), b"").unwrap();
    sqlite(&project.path("theirs.db"), "CREATE TABLE bookmarks (url TEXT)");
    for command in
        [&["runs", "list"][..], &["sweep", "run", "sweep.toml", "--device", "cpu"], &["store", "check"]]
    {
        let of = |store: &str| project.run(&[&["--store", store], command].concat());
        of("notes.db").fails_with(2, "cannot open the store notes.db: the file is not a SQLite database");
        of("theirs.db").fails_with(2, "theirs.db is a SQLite database, but not an anolab store");
    }
    let bytes = std::fs::read(project.path("theirs.db")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("fits"), "a foreign database is left as it was");
}

const OWN_IMAGES: &str = r#"
name = "NAME"
dataset = { kind = "folder", root = "NAME" }

[base]
model = "ganomaly"
image_size = 16
width = 4
latent_size = 8
epochs = 1
batch_size = 4
holdout = 0.0

[grid]
seed = [0, 1]
"#;

/// A sweep over images of its own, planned and not begun.
fn planned(project: &Project, name: &str, shade: u8) -> anolab::sweep::Planned {
    for (folder, first) in [("train/good", 0), ("test/good", 60), ("test/bad", 120)] {
        let levels: Vec<u8> = (first..first + 8).map(|level| level + shade).collect();
        project.even_images(&format!("{name}/{folder}"), &levels);
    }
    let text = OWN_IMAGES.replace("root = \"NAME\"", &format!("root = {:?}", project.path(name)));
    let sweep = anolab::spec::Sweep::parse("s.toml", &text.replace("NAME", name)).unwrap();
    anolab::sweep::plan("s.toml", sweep).unwrap()
}

/// Images that vanish or change after the plan fail the runs that need them, each with its reason; other
/// sweeps go on, and the images' return mends it.
#[test]
fn images_that_vanish_or_change_fail_their_runs_alone() {
    use anolab::id::WorkerId;
    use anolab::store::{Status, Store};
    use anolab::sweep::{Worker, prepare, work};
    use burn::train::Interrupter;

    let project = Project::new();
    let store_path = project.path("store.db");
    let store = Store::open(&store_path).unwrap();
    let sweeps = ["vanished", "gone", "changed", "whole"];
    let plans: Vec<_> =
        sweeps.iter().zip([0, 1, 2, 3]).map(|(name, shade)| planned(&project, name, shade)).collect();
    for plan in &plans {
        prepare(plan, &store, false, &|| ()).unwrap();
    }
    let file = project.path("vanished/train/good/3.png");
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::rename(project.path("gone"), project.path("elsewhere")).unwrap();
    project.even_images("changed/other", &[200]);
    std::fs::copy(project.path("changed/other/200.png"), project.path("changed/test/bad/125.png")).unwrap();
    let work_on = |name: &str| {
        let worker = Worker {
            store: store_path.clone(),
            sweep: name.into(),
            device: anolab::train::DeviceChoice::Cpu,
            id: WorkerId::from_bytes((name.len() as u64).to_be_bytes()),
            beside: 1,
            command_line: String::new(),
        };
        work(&worker, &Interrupter::new()).unwrap();
    };
    sweeps.iter().for_each(|name| work_on(name));
    let status = |name: &str| -> Vec<(Status, i64)> {
        store.status(name).unwrap().into_iter().map(|row| (row.status, row.runs)).collect()
    };
    for (name, reason) in [
        ("vanished", "the images of `vanished` have changed since this run was planned"),
        ("gone", "dataset folder not found"),
        ("changed", "the images of `changed` have changed since this run was planned; run the sweep again"),
    ] {
        assert_eq!(status(name), [(Status::Failed, 2)], "{name}");
        let errors = store.errors(name).unwrap();
        assert!(errors.len() == 2 && errors.iter().all(|run| run.error.contains(reason)), "{errors:?}");
    }
    assert_eq!(status("whole"), [(Status::Done, 2)]);
    // They come back: the failed runs are done with --retry-failed (`true` here).
    std::fs::write(&file, kept).unwrap();
    std::fs::rename(project.path("elsewhere"), project.path("gone")).unwrap();
    for (name, plan) in ["vanished", "gone"].iter().zip(&plans) {
        prepare(plan, &store, true, &|| ()).unwrap();
        work_on(name);
        assert_eq!(status(name), [(Status::Done, 2)], "{name}");
    }
}
