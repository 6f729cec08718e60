//! A copy of a live store.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

use super::artifacts::{Artifacts, beside};
use super::checkpoint_files::copy_checkpoints;
use super::clock::PATIENCE;
use super::error::{SqliteError, StoreError};
use super::open::Store;
use super::weights_file::copy_weights;

impl Store {
    /// Copies the store, while others may write to it, to a new file, and its weights beside it; the
    /// file appears when all else is there. Gives back the weights that are missing or damaged here, and
    /// so in the copy.
    ///
    /// # Errors
    /// A file or a folder of artifacts that is there already, or whatever SQLite or the file system
    /// says.
    pub fn backup(&self, to: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let artifacts = Artifacts::of(to);
        for taken in [to, artifacts.root()] {
            if taken.exists() {
                return Err(StoreError::open(
                    to,
                    format!("{} is there already; name a new file", taken.display()),
                ));
            }
        }
        std::fs::create_dir_all(artifacts.root()).map_err(|error| StoreError::open(to, error))?;
        self.copy_with_weights(to, |_| Ok(()))
    }

    /// Copies the store, as it is while others write to it, with its weights and with the checkpoints of fits that are
    /// not trained yet: in another place, work goes on from there.
    ///
    /// # Errors
    /// Whatever SQLite or the file system says.
    pub fn carry(&self, to: &Path) -> Result<(), StoreError> {
        let (here, there) = (self.artifacts(), Artifacts::of(to));
        // Before the store: metrics are written before the checkpoint of their epoch, so the copy knows of both.
        for fit in here.checkpointed() {
            copy_checkpoints(&here, &there, &fit).map_err(|error| StoreError::open(to, error))?;
        }
        std::fs::create_dir_all(there.root()).map_err(|error| StoreError::open(to, error))?;
        self.copy_with_weights(to, put_to_rest)?;
        let file = std::fs::File::open(to).and_then(|file| file.sync_all());
        file.map_err(|error| StoreError::open(to, error))
    }

    fn copy_with_weights(
        &self,
        to: &Path,
        finish: impl Fn(&Path) -> Result<(), StoreError>,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let artifacts = Artifacts::of(to);
        // Weights are written before they are recorded, so none that the copy names is yet to come.
        let partial = beside(to, ".partial");
        std::fs::remove_file(&partial).ok();
        self.copy_database(&self.path, &partial, self.immutable, SqliteSynchronous::Full)?;
        let mut missing = Vec::new();
        for (_, digest) in self.trained()? {
            let source = self.artifacts().weights(&digest);
            if !copy_weights(&source, &artifacts, &digest)? {
                missing.push(source);
            }
        }
        finish(&partial)?;
        std::fs::rename(&partial, to).map_err(|error| StoreError::open(to, error))?;
        Ok(missing)
    }

    pub(super) fn copy_database(
        &self,
        from: &Path,
        to: &Path,
        immutable: bool,
        synchronous: SqliteSynchronous,
    ) -> Result<(), StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(from)
            .read_only(true)
            .immutable(immutable)
            .synchronous(synchronous)
            .busy_timeout(PATIENCE);
        self.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            sqlx::query("VACUUM INTO ?").bind(text(to)).execute(&mut connection).await?;
            connection.close().await
        })
        .map_err(|error| StoreError::connect(from, error))
    }

    /// Trained fits and the digests of their weights.
    pub(super) fn trained(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.block_on(
            sqlx::query_as("SELECT fit_id, weights FROM fits WHERE weights IS NOT NULL")
                .fetch_all(&self.pool),
        )?)
    }
}

/// In a copy nobody works: what was under way is interrupted.
fn put_to_rest(copy: &Path) -> Result<(), StoreError> {
    let statements = "UPDATE runs_table SET status = 'interrupted' WHERE status = 'running'; \
         UPDATE fits SET status = CASE status WHEN 'running' THEN 'interrupted' ELSE status END, stage = NULL, \
         lease_token = NULL, worker = NULL, lease_until = NULL WHERE lease_token IS NOT NULL";
    let rested = Connection::open(copy).and_then(|connection| connection.execute_batch(statements));
    Ok(rested.map_err(SqliteError::from)?)
}

pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
