//! What people write on runs: tags and a note.

use super::error::StoreError;
use super::open::Store;
use crate::id::RunId;

impl Store {
    /// Puts tags on runs and takes others off, all or nothing. A tag that is there already, or is not
    /// there to be taken off, is no error.
    ///
    /// # Errors
    /// [`StoreError::BadTag`], or whatever SQLite says.
    pub fn tag(&self, runs: &[RunId], add: &[String], remove: &[String]) -> Result<(), StoreError> {
        if let Some(bad) = add.iter().find(|tag| !is_tag(tag)) {
            return Err(StoreError::BadTag(bad.clone()));
        }
        self.block_on(async {
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            for (tags, sql) in [
                (add, "INSERT OR IGNORE INTO run_tags VALUES (?, ?)"),
                (remove, "DELETE FROM run_tags WHERE run_id = ? AND tag = ?"),
            ] {
                for (run_id, tag) in runs.iter().flat_map(|run| tags.iter().map(move |tag| (run, tag))) {
                    sqlx::query(sql).bind(run_id).bind(tag).execute(&mut *tx).await?;
                }
            }
            Ok(tx.commit().await?)
        })
    }

    /// Writes a note on a run in place of the one that is there; an empty one takes it away.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn note(&self, run_id: &RunId, note: &str) -> Result<(), StoreError> {
        let query = match note.trim() {
            "" => sqlx::query("DELETE FROM run_notes WHERE run_id = ?").bind(run_id),
            note => sqlx::query("INSERT OR REPLACE INTO run_notes VALUES (?, ?)").bind(run_id).bind(note),
        };
        self.block_on(query.execute(&self.pool))?;
        Ok(())
    }
}

/// Tags are listed with commas between them.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.trim() == tag && !tag.contains([',', '\n'])
}
