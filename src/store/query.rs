//! Queries of people's own, on a connection that only reads.

use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Connection, Executor, Row, SqlSafeStr, SqliteConnection, TypeInfo, ValueRef};

use super::error::{READ_ONLY, StoreError, code};
use super::open::{Store, reading};
use crate::table::{Cell, Table};

impl Store {
    /// Answers one query on a connection that can only read.
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
        if !is_reading(sql) {
            return Err(StoreError::NotReading);
        }
        let options = reading(&self.path).read_only(true).immutable(self.immutable);
        self.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let table = answer(&mut connection, sql, texts).await;
            connection.close().await?;
            table.map_err(|error| match code(&error) {
                Some(READ_ONLY) => StoreError::NotReading, // such as WITH … DELETE
                _ => error.into(),
            })
        })
    }
}

async fn answer(
    connection: &mut SqliteConnection,
    sql: &str,
    texts: &[String],
) -> Result<Table, sqlx::Error> {
    let mut table = Table::default();
    let prepared = connection.prepare(sqlx::AssertSqlSafe(sql).into_sql_str()).await?;
    table.columns = sqlx::Statement::columns(&prepared).iter().map(|column| column.name().into()).collect();
    let query = texts.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, text| query.bind(text));
    for row in query.fetch_all(&mut *connection).await? {
        table.rows.push((0..row.len()).map(|index| cell(&row, index)).collect::<Result<_, _>>()?);
    }
    Ok(table)
}

fn cell(row: &SqliteRow, index: usize) -> Result<Cell, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    match raw.type_info().name() {
        "INTEGER" | "BOOLEAN" => Ok(Cell::Integer(row.try_get_unchecked(index)?)),
        "REAL" => Ok(Cell::Real(row.try_get_unchecked(index)?)),
        "BLOB" => Ok(Cell::Blob(row.try_get_unchecked::<Vec<u8>, _>(index)?.len())),
        _ => Ok(Cell::Text(row.try_get_unchecked(index)?)),
    }
}

/// Whether a statement begins as queries do. The connection is read-only besides; this refuses what
/// SQLite would still do on one, such as `VACUUM INTO`.
fn is_reading(sql: &str) -> bool {
    let mut rest = sql.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, after)| after)
        } else {
            break;
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return false,
        }
    }
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    one_statement(rest) && ["SELECT", "WITH", "VALUES", "EXPLAIN"].contains(&word.to_uppercase().as_str())
}

/// Whether no semicolon outside quotes is followed by more.
fn one_statement(sql: &str) -> bool {
    let mut quote = None;
    for (place, character) in sql.trim_end().trim_end_matches(';').char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ';') => return place + 1 >= sql.len(),
            _ => (),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_queries_from_the_rest() {
        assert!(is_reading("  select 1;"));
        assert!(is_reading("-- why\n/* what */ WITH a AS (SELECT 1) SELECT * FROM a"));
        assert!(is_reading("SELECT * FROM scores WHERE image = 'a;b';"));
        assert!(!is_reading("DROP TABLE runs"));
        assert!(!is_reading("select 1; drop table runs"));
        assert!(!is_reading("VACUUM INTO 'copy.db'"));
        assert!(!is_reading("/* open"));
        assert!(!is_reading(""));
    }
}
