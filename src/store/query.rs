//! Queries of people's own. SQLite itself sees to it that they only read: the connection is read-only, an authorizer
//! refuses all but reading, and what is prepared is one statement that SQLite calls read-only.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, params_from_iter};

use super::clock::PATIENCE;
use super::error::{SqliteError, StoreError};
use super::open::Store;
use super::unknown_names::instead;
use crate::table::{Cell, Table};

/// How long a query of a person's own may take where nothing else is said.
pub const QUERY_SECONDS: u64 = 60;

/// Steps of SQLite's machine between two looks at the clock: some milliseconds.
const STEPS: i32 = 100_000;

/// Pragmas that tell of tables and change nothing; as functions they stand in queries.
const TELLING: [&str; 6] =
    ["table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"];

impl Store {
    /// Answers one query that can only read.
    ///
    /// # Errors
    /// [`StoreError::NotReading`] for anything that is no query, or SQLite's own words.
    pub fn query(&self, sql: &str) -> Result<Table, StoreError> {
        self.query_with(sql, &[])
    }

    /// As [`query`](Self::query), with texts in the places of `?1`, `?2` and so on.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn query_with(&self, sql: &str, texts: &[String]) -> Result<Table, StoreError> {
        let connection = self.connect_for_query()?;
        answer(&connection, sql, texts)
    }

    /// As [`query_with`](Self::query_with), for at most so long.
    ///
    /// # Errors
    /// As [`query`](Self::query), or [`StoreError::TooSlow`].
    pub fn query_within(&self, sql: &str, texts: &[String], limit: Duration) -> Result<Table, StoreError> {
        let connection = self.connect_for_query()?;
        let begun = Instant::now();
        connection
            .progress_handler(STEPS, Some(move || begun.elapsed() > limit))
            .map_err(SqliteError::from)?;
        answer(&connection, sql, texts).map_err(|error| match error {
            StoreError::Sql(error) if error.is_interrupted() => StoreError::TooSlow(limit.as_secs_f64()),
            other => other,
        })
    }

    /// A connection that can only read.
    pub(super) fn connect_for_query(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if self.immutable {
            Connection::open_with_flags(never_changing(&self.path), flags | OpenFlags::SQLITE_OPEN_URI)
        } else {
            Connection::open_with_flags(&self.path, flags)
        };
        let connection = connection.map_err(SqliteError::from)?;
        connection.busy_timeout(PATIENCE).map_err(SqliteError::from)?;
        // A misspelt name in double quotes is no text.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(SqliteError::from)?;
        connection.authorizer(Some(only_reading)).map_err(SqliteError::from)?;
        Ok(connection)
    }
}

/// The address of a database that nobody can write.
fn never_changing(path: &Path) -> String {
    let mut address = "file:".to_string();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02x}")),
        }
    }
    address + "?immutable=1"
}

fn only_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, .. } if TELLING.contains(&pragma_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

fn answer(connection: &Connection, sql: &str, texts: &[String]) -> Result<Table, StoreError> {
    let mut statement = connection.prepare(sql).map_err(|error| match refusal(error) {
        StoreError::Sql(error) => match instead(connection, sql, error.words()) {
            Some(more) => error.and(&more).into(),
            None => error.into(),
        },
        other => other,
    })?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(StoreError::NotReading);
    }
    let columns = statement.column_names().into_iter().map(Into::into).collect();
    let mut table = Table { columns, ..Table::default() };
    let width = table.columns.len();
    let mut rows = statement.query(params_from_iter(texts)).map_err(refusal)?;
    while let Some(row) = rows.next().map_err(refusal)? {
        let cells = (0..width).map(|index| row.get_ref(index).map(cell));
        table.rows.push(cells.collect::<Result<_, _>>().map_err(refusal)?);
    }
    Ok(table)
}

fn refusal(error: Error) -> StoreError {
    match (&error, error.sqlite_error_code()) {
        (Error::MultipleStatement, _)
        | (_, Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly)) => {
            StoreError::NotReading
        }
        _ => match SqliteError::from(error) {
            error if error.words().starts_with("cannot modify") => StoreError::NotReading,
            error => error.into(),
        },
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file below a folder with its bytes.
    fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path));
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn queries_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a store?.db")).unwrap();
        for sql in [
            "  select 1;",
            "-- why\n/* what */ WITH a AS (SELECT 1) SELECT * FROM a; -- done",
            "SELECT * FROM scores WHERE image = 'a;b';",
            "VALUES (1, 2)",
            "EXPLAIN QUERY PLAN SELECT * FROM runs",
            "SELECT name FROM pragma_table_info('runs')",
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n",
        ] {
            store.query(sql).unwrap();
        }
        let before = files(folder.path());
        let copy = folder.path().join("copy.db").display().to_string();
        for sql in [
            "DROP TABLE fits".to_string(),
            "SELECT 1; DROP TABLE fits".into(),
            format!("VACUUM INTO '{copy}'"),
            format!("SELECT 1 /*'*/; PRAGMA query_only=0; VACUUM INTO '{copy}' --'"),
            format!("ATTACH '{copy}' AS other"),
            "WITH a AS (SELECT 1) DELETE FROM fits".into(),
            "EXPLAIN DELETE FROM fits".into(),
            "PRAGMA journal_mode = DELETE".into(),
            "PRAGMA query_only = 0".into(),
            "CREATE TEMP TABLE t AS SELECT 1".into(),
            "BEGIN IMMEDIATE".into(),
            "REINDEX".into(),
            "ANALYZE".into(),
            String::new(),
            "/* open".into(),
            "-- nothing".into(),
        ] {
            let refused = store.query(&sql);
            assert!(matches!(refused, Err(StoreError::NotReading)), "{sql}: {refused:?}");
        }
        assert!(files(folder.path()) == before, "a file was made or changed");
        let error = store.query("SELECT load_extension('x')").unwrap_err().to_string();
        assert!(error.contains("not authorized"), "{error}");
    }

    #[test]
    fn names_that_are_not_known_are_met_with_those_that_are() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).unwrap();
        let said = |sql: &str| store.query(sql).unwrap_err().to_string();
        let column = said("SELECT lamda FROM runs");
        assert!(
            column.starts_with("no such column: lamda; did you mean `lambda`? (`runs` has run_id, sweep, "),
            "{column}"
        );
        assert!(!column.contains("`results` has"), "{column}");
        let text = said("SELECT * FROM runs WHERE model = ganomaly");
        assert!(
            text.contains("no such column: ganomaly; a text stands in single quotes: 'ganomaly' (`runs` has"),
            "{text}"
        );
        let table = said("SELECT * FROM run");
        assert!(
            table.starts_with("no such table: run; did you mean `runs`? (what can be asked: runs, results"),
            "{table}"
        );
    }

    #[test]
    fn a_query_without_an_end_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).unwrap();
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        let begun = Instant::now();
        let ended = store.query_within(endless, &[], Duration::from_millis(50));
        assert!(matches!(ended, Err(StoreError::TooSlow(_))), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn any_path_can_be_an_address() {
        assert_eq!(never_changing(Path::new("/a b/c?d#%.db")), "file:/a%20b/c%3fd%23%25.db?immutable=1");
    }
}
