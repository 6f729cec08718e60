//! What can be wrong with images.

use std::path::{Path, PathBuf};

/// What can be wrong with images.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A folder or file of the dataset is not there.
    #[error("{what} not found: {}{}", path.display(), relative_to(path))]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// A folder without images.
    #[error("no images in {} (looked for {extensions})", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
        /// What counts as an image.
        extensions: String,
    },
    /// A folder whose layout is not known.
    #[error("{}: {problem}", path.display())]
    Layout {
        /// The root folder.
        path: PathBuf,
        /// What is unclear, and how to say it.
        problem: String,
    },
    /// A file that cannot be read or decoded.
    #[error("cannot read image {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More than one such file.
    #[error("{count} images cannot be read: {first}, and others; `anolab data inspect` lists them all")]
    ManyUnreadable {
        /// How many.
        count: usize,
        /// The first error.
        #[source]
        first: Box<DataError>,
    },
    /// An IDX file that is not what its name says.
    #[error("{}: {problem}", path.display())]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Too few images for what was asked.
    #[error("{0}")]
    TooFew(String),
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// Where a relative path starts, for those that lead nowhere.
pub(crate) fn relative_to(path: &Path) -> String {
    match std::env::current_dir() {
        Ok(folder) if path.is_relative() => {
            format!(" (relative paths start where anolab is run: {})", folder.display())
        }
        _ => String::new(),
    }
}

impl DataError {
    /// What is wrong with a file, without its name.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => source.to_string(),
            Self::Io { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }

    pub(crate) fn unreadable(
        path: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unreadable { path: path.into(), source: source.into() }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
