//! The views that people query: one file, made anew where a store carries those of another build.

use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::atomic_file::digest;

/// All views, each dropped before it is made.
const VIEWS: &str = include_str!("views.sql");

/// Whether the store's views are those of this build.
pub(super) async fn are_current(pool: &SqlitePool) -> Result<bool, sqlx::Error> {
    let known: Option<String> =
        sqlx::query_scalar("SELECT digest FROM views_digest").fetch_optional(pool).await?;
    Ok(known == Some(digest(VIEWS.as_bytes())))
}

/// Makes the views anew.
pub(super) async fn renew(tx: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(VIEWS).execute(&mut **tx).await?;
    sqlx::query("DELETE FROM views_digest").execute(&mut **tx).await?;
    sqlx::query("INSERT INTO views_digest VALUES (?)")
        .bind(digest(VIEWS.as_bytes()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each view is dropped, so that the file can be run on any store.
    #[test]
    fn every_view_is_dropped_before_it_is_made() {
        let names = |words: &str| -> Vec<&str> {
            let lines = VIEWS.lines().filter_map(|line| line.strip_prefix(words));
            let mut names: Vec<&str> =
                lines.map(|rest| rest.trim_end_matches([';', ' ']).trim_end_matches(" AS")).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names("DROP VIEW IF EXISTS "), names("CREATE VIEW "));
        assert_eq!(names("CREATE VIEW ").len(), 9);
    }
}
