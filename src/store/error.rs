use std::path::{Path, PathBuf};

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not there.
    #[error("there is no store at {}; run a sweep first, or name another with --store", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("cannot open the store {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A SQLite file that anolab did not make.
    #[error("{} is a SQLite database, but not an anolab store", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A store written by a newer version of anolab.
    #[error("the store {} was written by a newer anolab; update anolab to read it", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// An id that fits no run.
    #[error("no run has an id that starts with `{0}`; `anolab runs list` shows them")]
    NoSuchRun(String),
    /// An id that fits several runs.
    #[error("`{prefix}` fits {count} runs ({examples}, …); give more characters")]
    Ambiguous {
        /// What was given.
        prefix: String,
        /// How many runs fit.
        count: usize,
        /// Some of them.
        examples: String,
    },
    /// A run without results.
    #[error("run {0} is not done; only finished runs can judge images")]
    NotDone(String),
    /// A sweep that is not in the store.
    #[error("no sweep is named `{name}`; the store has {known}")]
    NoSuchSweep {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A store that a sweep works on.
    #[error("a sweep is running on this store; do this again when it has ended")]
    Busy,
    /// A statement that does more than read.
    #[error("only reading is allowed here: one statement that starts with SELECT, WITH, VALUES or EXPLAIN")]
    NotReading,
    /// A write by a worker that had been given up for dead.
    #[error("this worker's lease has ended and another may have taken over; its late results are not kept")]
    LeaseLost,
    /// SQLite's own words.
    #[error("{0}")]
    Sql(String),
}

impl StoreError {
    pub(super) fn open(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Open { path: path.into(), reason: reason.to_string() }
    }

    pub(super) fn connect(path: &Path, error: sqlx::Error) -> Self {
        let not_a_database =
            error.as_database_error().and_then(|error| error.code()).is_some_and(|c| c == "26");
        if not_a_database {
            return Self::open(path, "the file is not a SQLite database");
        }
        Self::open(path, plain(&error))
    }

    pub(super) fn migrate(path: &Path, error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => Self::Newer { path: path.into() },
            other => Self::open(path, other),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(plain(&error))
    }
}

fn plain(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_string())
}
