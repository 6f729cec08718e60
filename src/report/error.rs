//! What can keep a report from being drawn.

use std::path::PathBuf;

use crate::id::RunId;
use crate::store::StoreError;

/// What can keep a report from being drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No finished run.
    #[error("there is nothing to report: no run of the sweep is done yet")]
    Nothing,
    /// A choice of none of the runs that are reported.
    #[error("{0} chooses no finished run of what is reported; `anolab runs list` shows which there are")]
    NoneChosen(String),
    /// A run without results.
    #[error("run {0} is not done: there is nothing to compare")]
    NotDone(RunId),
    /// A file that cannot be written or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Drawing.
    #[error("cannot draw a figure: {0}")]
    Drawing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A picture in the store that is not a PNG, or one that cannot be written as such.
    #[error("a picture cannot be decoded or encoded: {0}")]
    Picture(#[from] image::ImageError),
    /// The page.
    #[error("cannot write the page: {0}")]
    Page(#[from] minijinja::Error),
}

impl ReportError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
