//! A copy of somebody else's store, before anything is taken from it: nothing in it runs, and what is not whole goes.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, params};

use super::error::{SqliteError, StoreError};
use super::row_rules::{Unit, tables};
use super::validity::{Faults, faults, whole};

/// What belongs to the units of a kind, in the order in which it goes: table, and the column that names the unit.
const BELONGS: &[(Unit, &str, &str)] = &[
    (Unit::Sweep, "sweep_runs", "sweep"),
    (Unit::Run, "sweep_runs", "run_id"),
    (Unit::Sweep, "sweeps", "name"),
    (Unit::Run, "score_values", "run_id"),
    (Unit::Run, "evaluations", "run_id"),
    (Unit::Run, "result_digests", "run_id"),
    (Unit::Run, "pictures", "run_id"),
    (Unit::Run, "picture_masks", "run_id"),
    (Unit::Run, "pixel_results", "run_id"),
    (Unit::Run, "calibrations", "run_id"),
    (Unit::Run, "run_tags", "run_id"),
    (Unit::Run, "run_notes", "run_id"),
    (Unit::Run, "runs_table", "run_id"),
    (Unit::Fit, "metric_series", "fit_id"),
    (Unit::Fit, "fits", "fit_id"),
    (Unit::Dataset, "images", "digest"),
    (Unit::Dataset, "datasets", "digest"),
];

/// Takes the triggers from a copy of a store, so that bringing it to this version runs none.
///
/// # Errors
/// Whatever SQLite says.
pub(super) fn disarm(copy: &Path) -> Result<(), StoreError> {
    let connection = connect(copy)?;
    drop_all(&connection, "trigger").map_err(|error| SqliteError::from(error).into())
}

/// Takes from a copy that has come to this version what is not whole, with all that belongs to it, and its views.
/// Gives back what that was, and why.
///
/// # Errors
/// Tables that are not those of `ours`, or whatever SQLite says.
pub(super) fn keep_whole(copy: &Path, ours: &Path) -> Result<Faults, StoreError> {
    let connection = connect(copy)?;
    compare_tables(&connection, copy, ours)?;
    take_out(&connection).map_err(|error| SqliteError::from(error).into())
}

/// Rows of a copy may point to nothing.
fn connect(copy: &Path) -> Result<Connection, StoreError> {
    let connect = || {
        let connection = Connection::open(copy)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF",
        )?;
        Ok(connection)
    };
    connect().map_err(|error: rusqlite::Error| SqliteError::from(error).into())
}

/// A table may be a view in disguise, or compute what it holds.
fn compare_tables(connection: &Connection, copy: &Path, ours: &Path) -> Result<(), StoreError> {
    let made = |connection: &Connection, table: &str| {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?";
        connection.query_row(sql, [table], |row| row.get::<_, String>(0))
    };
    let ours = connect(ours)?;
    for table in tables() {
        let expected = made(&ours, table).map_err(SqliteError::from)?;
        if made(connection, table).ok() != Some(expected) {
            return Err(StoreError::open(
                copy,
                format!("its table `{table}` is not that of an anolab store"),
            ));
        }
    }
    Ok(())
}

fn take_out(connection: &Connection) -> Result<Faults, rusqlite::Error> {
    drop_all(connection, "trigger")?;
    drop_all(connection, "view")?;
    let faults = faults(connection)?;
    let whole = whole(connection, &faults)?;
    connection
        .execute_batch("BEGIN; CREATE TEMP TABLE whole (unit TEXT, name TEXT, PRIMARY KEY (unit, name))")?;
    for (unit, names) in &whole {
        let mut insert = connection.prepare("INSERT INTO temp.whole VALUES (?, ?)")?;
        names.iter().try_for_each(|name| insert.execute(params![unit.name(), name]).map(drop))?;
    }
    for (unit, table, column) in BELONGS {
        let sql = format!(
            "DELETE FROM main.{table} WHERE {column} IS NULL \
             OR {column} NOT IN (SELECT name FROM temp.whole WHERE unit = ?)"
        );
        connection.execute(&sql, [unit.name()])?;
    }
    // What points to nothing now, or did before.
    connection.execute_batch(
        "DELETE FROM main.metric_points WHERE series NOT IN (SELECT id FROM main.metric_series); \
         DELETE FROM main.score_values WHERE image_id NOT IN (SELECT id FROM main.images); \
         DELETE FROM main.pictures WHERE image_id NOT IN (SELECT id FROM main.images); \
         COMMIT",
    )?;
    Ok(faults)
}

fn drop_all(connection: &Connection, kind: &str) -> Result<(), rusqlite::Error> {
    let names: HashSet<String> = {
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = ?")?;
        statement.query_map([kind], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for name in names {
        connection.execute_batch(&format!("DROP {kind} \"{}\"", name.replace('"', "\"\"")))?;
    }
    Ok(())
}
