//! Stores of other people, which may hold anything: what is not whole in them stays there, nothing in them runs, and
//! nothing outside the receiving store's folder is touched.

use std::path::Path;
use std::sync::LazyLock;

use anolab::store::Store;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rusqlite::Connection;

use super::project::{Project, TINY};

/// A store with two finished fits, made once.
static THEIRS: LazyLock<Project> = LazyLock::new(|| {
    let project = Project::with_sweep(&TINY.replace("seed = [0, 1]", "seed = [0]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project
});

/// A project whose `theirs.db` is a copy of that store.
fn project() -> Project {
    let project = Project::new();
    THEIRS.ok(&["store", "backup", &project.path("theirs.db").display().to_string()]);
    project
}

fn damaged(project: &Project, sql: &str) {
    let connection = Connection::open(project.path("theirs.db")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Merges into a new store: what it said, and the runs that came.
fn merged(project: &Project) -> (String, Vec<String>) {
    drop(Store::open(&project.path("store.db")).unwrap());
    let ran = project.run(&["store", "merge", "theirs.db"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(project.ok(&["store", "check"]), "");
    (ran.err, project.sql("SELECT model FROM runs WHERE status = 'done' ORDER BY model"))
}

#[test]
fn what_is_not_whole_stays_there() {
    let anogan = "(SELECT run_id FROM runs WHERE model = 'anogan' ORDER BY run_id LIMIT 1)";
    for (damage, left_out, runs) in [
        (
            format!("UPDATE score_values SET score = score + 1 WHERE run_id = {anogan}"),
            "scores or results that are not those that were written",
            6,
        ),
        (
            format!("UPDATE evaluations SET auroc = 0.999 WHERE run_id = {anogan}"),
            "scores or results that are not those that were written",
            6,
        ),
        (
            format!("UPDATE score_values SET residual = 'high' WHERE run_id = {anogan}"),
            "has `high` in score_values.residual, not a finite number",
            6,
        ),
        (
            format!(
                "UPDATE runs_table SET config = replace(config, '\"seed\":0', '\"seed\":7') WHERE run_id = {anogan}"
            ),
            "an id that is not that of its configuration",
            6,
        ),
        (
            format!("INSERT INTO run_tags VALUES ({anogan}, CAST(x'80ff' AS TEXT))"),
            "in run_tags.tag, not a text in UTF-8",
            6,
        ),
        (
            "UPDATE fits SET weights = '../../../x' WHERE config LIKE '%ganomaly%'".into(),
            "has `../../../x` in fits.weights, not a digest",
            5,
        ),
        (
            "UPDATE fits SET fit_id = '../../../x' WHERE config LIKE '%ganomaly%'; \
             UPDATE runs_table SET fit_id = '../../../x' WHERE config LIKE '%ganomaly%'"
                .into(),
            "has `../../../x` in fits.fit_id, not an id",
            5,
        ),
        ("UPDATE images SET label = 'fine' WHERE position = 0".into(), "has `fine` in images.label", 0),
        ("UPDATE sweeps SET name = '../x'".into(), "has `../x` in sweeps.name", 7),
        (format!("DELETE FROM evaluations WHERE run_id = {anogan}"), "is done and has no results", 6),
        (
            "UPDATE images SET id = id + 1000 WHERE position = 1".into(),
            "has scores of images that are not",
            0,
        ),
    ] {
        let project = project();
        damaged(&project, &damage);
        let (said, came) = merged(&project);
        assert!(said.contains(left_out), "{damage}\n{said}");
        assert_eq!(came.len(), runs, "{damage}\n{said}");
    }
}

#[test]
fn nothing_in_it_runs() {
    let project = project();
    damaged(
        &project,
        "CREATE TRIGGER a AFTER UPDATE ON fits BEGIN UPDATE score_values SET score = 9; END; \
         CREATE TRIGGER b BEFORE DELETE ON metric_points BEGIN SELECT RAISE(ABORT, 'no'); END; \
         CREATE VIEW \"odd \"\" name\" AS SELECT missing FROM nowhere",
    );
    let (said, came) = merged(&project);
    assert!(!said.contains("left out") && came.len() == 7, "{said}");
    assert_eq!(project.sql("SELECT count(*) FROM scores WHERE score = 9"), ["0"]);

    damaged(
        &project,
        "DROP VIEW \"odd \"\" name\"; ALTER TABLE evaluations RENAME TO e; CREATE VIEW evaluations AS SELECT * FROM e",
    );
    project
        .run(&["store", "merge", "theirs.db"])
        .fails_with(2, "its table `evaluations` is not that of an anolab");
}

/// Files of equal tensors were not equal in earlier builds, which wrote a random name into them.
#[test]
fn equal_weights_are_known_whatever_their_files_hold_besides() {
    let project = project();
    drop(Store::open(&project.path("store.db")).unwrap());
    project.ok(&["store", "merge", "theirs.db"]);
    let digest = project.sql("SELECT weights FROM fits WHERE config LIKE '%anogan%' LIMIT 1").remove(0);
    let run = project.sql("SELECT run_id FROM runs WHERE model = 'anogan' ORDER BY run_id LIMIT 1").remove(0);
    let folder = project.path("theirs.artifacts/weights");
    let bytes = std::fs::read(folder.join(format!("{digest}.safetensors"))).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let words = std::collections::HashMap::from([("made".to_string(), "elsewhere".to_string())]);
    let other = safetensors::serialize(tensors.iter(), Some(words)).unwrap();
    let name = blake3::hash(&other).to_hex();
    std::fs::write(folder.join(format!("{name}.safetensors")), &other).unwrap();
    damaged(&project, &format!("UPDATE fits SET weights = '{name}' WHERE weights = '{digest}'"));
    let here = Connection::open(project.path("store.db")).unwrap();
    here.execute("UPDATE runs_table SET status = 'queued' WHERE run_id = ?", [&run]).unwrap();
    let merged = project.run(&["store", "merge", "theirs.db"]);
    assert!(merged.err.contains("1 run and 0 weights"), "{}", merged.err);

    // Other tensors are other weights: results of them are no results of ours, and that is said.
    let mut changed = other.clone();
    *changed.last_mut().unwrap() ^= 1;
    let other_name = blake3::hash(&changed).to_hex();
    std::fs::write(folder.join(format!("{other_name}.safetensors")), &changed).unwrap();
    damaged(&project, &format!("UPDATE fits SET weights = '{other_name}' WHERE weights = '{name}'"));
    here.execute("UPDATE runs_table SET status = 'queued' WHERE run_id = ?", [&run]).unwrap();
    let merged = project.run(&["store", "merge", "theirs.db"]);
    assert!(merged.err.contains("0 runs and 0 weights"), "{}", merged.err);
    assert!(
        merged.err.contains("1 finished runs stay there: their fits were trained here too"),
        "{}",
        merged.err
    );
}

/// All files below a folder with what they hold.
fn tree(folder: &Path, files: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tree(&path, files);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
}

const HOSTILE: &[&str] = &[
    "'../../outside/x'",
    "'/etc/anolab-was-here'",
    "CAST(x'80ff' AS TEXT)",
    "x'00ff'",
    "NULL",
    "-1",
    "1e999",
    "9223372036854775807",
    "'{\"a\":'",
    "char(27) || '[2J' || char(0)",
    "''') ; DROP TABLE fits; --'",
    "''",
    "'=cmd()'",
    "printf('%.100000c', 'x')",
];

/// Columns and rows are damaged at random. Whatever is taken, the receiving store answers every command afterwards, and
/// nothing outside the project is written.
#[test]
fn random_damage_goes_no_further() {
    let world = tempfile::tempdir().unwrap();
    std::fs::create_dir(world.path().join("outside")).unwrap();
    std::fs::write(world.path().join("outside/mine"), "mine").unwrap();
    let outside = |folder: &Path| {
        let mut files = Vec::new();
        tree(&folder.join("outside"), &mut files);
        files
    };
    let before = outside(world.path());
    let mut random = StdRng::seed_from_u64(11);
    let columns: Vec<(String, String)> = {
        let connection = Connection::open(THEIRS.path("store.db")).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table' \
                 AND s.name NOT LIKE 'sqlite_%' AND s.name NOT LIKE '_sqlx%'",
            )
            .unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    let (mut taken, mut refused) = (0, 0);
    for round in 0..60 {
        let folder = world.path().join(format!("project-{round}/inner"));
        std::fs::create_dir_all(&folder).unwrap();
        let at = |name: &str| folder.join(name);
        THEIRS.ok(&["store", "backup", &at("theirs.db").display().to_string()]);
        let mut damage = Vec::new();
        {
            let connection = Connection::open(at("theirs.db")).unwrap();
            connection
                .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
                .unwrap();
            for _ in 0..random.random_range(1..4) {
                let (table, column) = columns.choose(&mut random).unwrap();
                let value = HOSTILE.choose(&mut random).unwrap();
                let some = random.random_range(1..4);
                let sql = format!(
                    "UPDATE OR IGNORE \"{table}\" SET \"{column}\" = {value} WHERE abs(random()) % {some} = 0"
                );
                let done = connection.execute_batch(&sql).is_ok(); // some cannot be NULL
                damage.push(format!("{sql} ({done})"));
            }
        }
        if random.random_bool(0.2) {
            let mut bytes = std::fs::read(at("theirs.db")).unwrap();
            for _ in 0..20 {
                let place = random.random_range(100..bytes.len());
                bytes[place] = random.random();
            }
            std::fs::write(at("theirs.db"), bytes).unwrap();
            damage.push("bytes".into());
        }
        let project = |arguments: &[&str]| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_anolab"));
            command.current_dir(&folder).env("ANOLAB_STORE", "store.db").args(arguments);
            super::project::Ran::from(command.output().unwrap())
        };
        drop(Store::open(&at("store.db")).unwrap());
        let merged = project(&["store", "merge", "theirs.db"]);
        assert!(
            [0, 2].contains(&merged.code) && !merged.err.contains("panicked"),
            "{damage:?}\n{}",
            merged.err
        );
        taken += usize::from(merged.code == 0);
        refused += usize::from(merged.code == 2);
        let check = project(&["store", "check"]);
        let holes = check.out.lines().all(|line| line.ends_with("epochs are there"));
        assert!(holes, "{damage:?}\n{}\n{}", check.out, merged.err);
        let mut commands: Vec<Vec<&str>> = vec![
            vec!["runs", "list"],
            vec!["sweep", "status"],
            vec!["sql", "SELECT * FROM leaderboard"],
            vec!["gc"],
            vec!["export", "--format", "csv", "--out", "scores.csv"],
        ];
        if round % 6 == 0 {
            commands.push(vec!["report", "--out", "report"]);
            commands.push(vec!["export", "--format", "mlflow", "--out", "mlruns"]);
            commands.push(vec!["export", "--format", "tensorboard", "--out", "board"]);
        }
        for command in commands {
            let ran = project(&command);
            assert!(
                ran.code <= 2 && ran.code >= 0 && !ran.err.contains("panicked"),
                "{damage:?} {command:?}\n{}",
                ran.err
            );
        }
        assert!(outside(world.path()) == before, "{damage:?}");
        let beside: Vec<_> =
            std::fs::read_dir(world.path().join(format!("project-{round}"))).unwrap().collect();
        assert_eq!(beside.len(), 1, "{damage:?}");
    }
    assert!(taken > 20 && refused > 0, "{taken} merges, {refused} refused");
}
