//! The views in other programs' SQLite: Python's, which on Debian 12 is 3.40, and DuckDB's reader.

use std::process::Command;

use anolab::id::WorkerId;
use anolab::store::Store;

use super::project::{Project, TINY, sqlite};

/// What a Python script prints of a store; absent where Python lacks what the script needs.
fn python(project: &Project, script: &str, needs: &str) -> Option<String> {
    let can =
        Command::new("python3").args(["-c", needs]).output().is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("SKIPPED: `{needs}` does not work in this machine's Python");
        return None;
    }
    let output = Command::new("python3").args(["-c", script]).arg(project.path("store.db")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_string())
}

/// A store with finished runs of two seeds, and one run that a worker is at.
fn project() -> Project {
    let project = Project::with_sweep(&TINY.replace("[\"anogan\", \"ganomaly\"]", "[\"ganomaly\"]"));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    project.write("more.toml", TINY.replace("\"tiny\"", "\"more\"").replace("[0, 1]", "[7]").as_bytes());
    let store = Store::open_existing(&project.path("store.db")).unwrap();
    let sweep = anolab::sweep::read(&project.path("more.toml"), &[]).unwrap();
    let planned = anolab::sweep::plan("more.toml", sweep).unwrap();
    anolab::sweep::prepare(&planned, &store, false, &|| ()).unwrap();
    store.claim("more", &WorkerId::default()).unwrap().unwrap();
    project
}

#[test]
fn python_reads_what_we_read() {
    let project = project();
    let script = "import sqlite3, sys
store = sqlite3.connect(sys.argv[1])
for row in store.execute('SELECT status, count(*) FROM runs GROUP BY status ORDER BY status'):
    print(*row)
for row in store.execute('SELECT seeds, printf(\"%.12f\", auroc_deviation) FROM leaderboard ORDER BY score'):
    print(*row)
for view in ['metrics', 'scores', 'results', 'tags']:
    store.execute(f'SELECT * FROM {view}').fetchall()";
    let Some(found) = python(&project, script, "import sqlite3") else { return };
    let ours = [
        project.sql("SELECT status || ' ' || count(*) FROM runs GROUP BY status ORDER BY status"),
        project
            .sql("SELECT seeds || ' ' || printf('%.12f', auroc_deviation) FROM leaderboard ORDER BY score"),
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), ours.concat());
    assert!(found.contains("running"), "a run that is worked on is not `interrupted`: {found}");
}

#[test]
fn duckdb_reads_numbers_as_numbers() {
    let project = project();
    let script = "import duckdb, glob, sys
import duckdb_extension_sqlite_scanner as extension
store = duckdb.connect(config={'allow_unsigned_extensions': True})
file = glob.glob(extension.__path__[0] + '/extensions/*/sqlite_scanner.duckdb_extension')[0]
store.execute(f\"LOAD '{file}'\")
store.execute(f\"ATTACH '{sys.argv[1]}' AS a (TYPE sqlite)\")
types = 'typeof(w_con), typeof(seed), typeof(train_seconds)'
print(*store.execute(f\"SELECT {types} FROM a.runs WHERE status = 'done' LIMIT 1\").fetchone())
print(*store.execute('SELECT avg(w_con) FROM a.runs').fetchone())
print(*store.execute('SELECT typeof(seeds), typeof(auroc), typeof(auroc_deviation) FROM a.leaderboard').fetchone())
tried = 'typeof(settings_tried), settings_tried, typeof(partial_auroc)'
print(*store.execute(f'SELECT {tried} FROM a.leaderboard').fetchone())
print(*store.execute(\"SELECT typeof(conformal_p) FROM a.scores WHERE split = 'test'\").fetchone())
print(len(store.execute('SELECT table_name FROM information_schema.tables').fetchall()) > 8)";
    let Some(found) = python(&project, script, "import duckdb, duckdb_extension_sqlite_scanner") else {
        return;
    };
    let expected =
        ["DOUBLE BIGINT DOUBLE", "50.0", "BIGINT DOUBLE DOUBLE", "BIGINT 2 DOUBLE", "DOUBLE", "True"];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

/// A store that carries other views gets those of this build, whoever opens it.
#[test]
fn views_of_another_build_are_made_anew() {
    let project = project();
    let store = project.path("store.db");
    for command in [&["sql", "SELECT count(*) FROM runs"][..], &["sweep", "status"]] {
        sqlite(
            &store,
            "DROP VIEW runs; CREATE VIEW runs AS SELECT 'old' AS run_id; UPDATE views_digest SET digest = 'old'",
        );
        project.ok(command);
        assert_eq!(project.sql("SELECT count(*) FROM runs WHERE status = 'done'"), ["4"]);
    }
    sqlite(&store, "UPDATE views_digest SET digest = 'of a later build'");
    project.ok(&["runs", "list"]);
}
