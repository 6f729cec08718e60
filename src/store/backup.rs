//! A copy of a live store.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use super::artifacts::{Artifacts, beside};
use super::clock::PATIENCE;
use super::error::StoreError;
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
        // Weights are written before they are recorded, so none that the copy names is yet to come.
        let partial = beside(to, ".partial");
        std::fs::remove_file(&partial).ok();
        self.copy_database(&self.path, &partial, self.immutable)?;
        let mut missing = Vec::new();
        for (_, digest) in self.trained()? {
            let source = self.artifacts().weights(&digest);
            if !copy_weights(&source, &artifacts, &digest)? {
                missing.push(source);
            }
        }
        std::fs::rename(&partial, to).map_err(|error| StoreError::open(to, error))?;
        Ok(missing)
    }

    pub(super) fn copy_database(&self, from: &Path, to: &Path, immutable: bool) -> Result<(), StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(from)
            .read_only(true)
            .immutable(immutable)
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

pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
