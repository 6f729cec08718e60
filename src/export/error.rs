//! What can keep results from being exported.

use std::path::PathBuf;

use crate::store::StoreError;

/// What can keep an export from being written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A folder that is there already.
    #[error("{} is there already; name a new folder", .0.display())]
    Taken(PathBuf),
    /// A file or folder that cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A format that is no text.
    #[error("standard output takes csv and jsonl; name a file or folder for the other formats")]
    NotText,
    /// A format that has no place for scores.
    #[error("scores of images go into csv, jsonl and parquet")]
    NoScores,
    /// A table that does not fit into Parquet.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

impl ExportError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
