//! What can go wrong with the store.

use std::path::{Path, PathBuf};

use super::clock::PATIENCE;
use crate::id::RunId;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not there.
    #[error(
        "there is no store at {}; run a sweep first, or name another with --store{}", path.display(), there_is(others)
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// Stores that lie near.
        others: Vec<PathBuf>,
    },
    /// What SQLite takes for something else than a file.
    #[error("the store must be a file, not `{}`: a sweep has many processes, and all of them read it", path.display())]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// A store whose files would lie in the folder of another.
    #[error(
        "the stores {} and {} would share the folder {}; give one of them another name, with a copy of the folder of \
         its own",
        store.display(), other.display(), folder.display()
    )]
    SharedFolder {
        /// The store.
        store: PathBuf,
        /// The folder of artifacts.
        folder: PathBuf,
        /// Whose it is.
        other: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("cannot open the store {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
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
    /// A store written by an older version, which cannot be brought to this one.
    #[error(
        "the store {} was written by an older anolab and must be brought up to date, but it or its folder is \
         read-only; \
         copy it to where it can be written",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// A store, or its folder, that cannot be written.
    #[error(
        "the store {} cannot be written: it or its folder is read-only; make both writable, or name another store with \
         --store (commands that only read work as it is)",
        path.display()
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// A store in a read-only folder whose last changes stand in its write-ahead log.
    #[error(
        "the last changes of the store {0} are in {0}-wal, and in a read-only folder they cannot be read; copy both \
         files to where they can be written",
        path.display()
    )]
    Pending {
        /// The file.
        path: PathBuf,
    },
    /// An id that fits no run.
    #[error("no run has an id that starts with `{0}`; `anolab runs list` shows them")]
    NoSuchRun(String),
    /// The id of a fit.
    #[error("`{prefix}` is a fit, and no run has an id that starts so; its runs: {runs}")]
    IsFit {
        /// What was asked for.
        prefix: String,
        /// Short ids of the fit's runs.
        runs: String,
    },
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
    /// What is said of a run fits none.
    #[error("there is no finished run{0}; `anolab runs list` shows all runs")]
    NoneFits(String),
    /// What is said of a run fits several.
    #[error("{count} finished runs{what} fit; name one by the first characters of its id:{list}")]
    SeveralFit {
        /// How many.
        count: usize,
        /// What was said.
        what: String,
        /// Their ids with what they are, line by line.
        list: String,
    },
    /// A run without results.
    #[error("run {0} is not done; only finished runs can judge images")]
    NotDone(RunId),
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
    /// A sweep that takes the place of one that runs.
    #[error(
        "another sweep of the name `{0}` is running on this store; wait for its end, or give this one another name"
    )]
    NameInUse(String),
    /// A run that is to be deleted and is worked on.
    #[error("run {0} is being worked on; stop its sweep first")]
    InWork(RunId),
    /// A tag that could not be told from others.
    #[error("`{0}` cannot be a tag: tags are not empty and have no comma and no space at either end")]
    BadTag(String),
    /// A statement that does more than read.
    #[error("only reading is allowed here: one statement that starts with SELECT, WITH, VALUES or EXPLAIN")]
    NotReading,
    /// A query that took longer than it may, in seconds.
    #[error(
        "the query had no answer after {0} s and was ended; `anolab sql --time-limit SECONDS` gives it longer"
    )]
    TooSlow(f64),
    /// A write by a worker that had been given up for dead.
    #[error("this worker's lease has ended and another may have taken over; its late results are not kept")]
    LeaseLost,
    /// SQLite refused.
    #[error("{0}")]
    Sql(#[from] SqliteError),
}

/// An error of SQLite, told for people: what is wrong and what to do, in SQLite's own words where they serve.
#[derive(Debug, thiserror::Error)]
#[error("{}", plain(*.code, .words))]
pub struct SqliteError {
    /// SQLite's primary result code, where it was SQLite that refused.
    code: Option<i32>,
    /// What it said.
    words: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl SqliteError {
    /// What SQLite said.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// The same with more said.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.words.push_str(more);
        self
    }

    /// Whether a query was ended before it had its answer.
    pub(super) fn is_interrupted(&self) -> bool {
        self.code == Some(INTERRUPT)
    }
}

impl From<sqlx::Error> for SqliteError {
    fn from(error: sqlx::Error) -> Self {
        let words =
            error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_string());
        Self { code: code(&error), words, source: Box::new(error) }
    }
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        let words = match &error {
            rusqlite::Error::SqliteFailure(_, Some(words)) => words.clone(),
            other => other.to_string(),
        };
        let code = error.sqlite_error().map(|error| error.extended_code & 0xff);
        Self { code, words, source: Box::new(error) }
    }
}

/// Stores that may have been meant.
fn there_is(others: &[PathBuf]) -> String {
    let names: Vec<String> = others.iter().map(|path| format!("`--store {}`", path.display())).collect();
    if names.is_empty() { String::new() } else { format!(" (there is {})", names.join(", ")) }
}

impl StoreError {
    pub(crate) fn open(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Open { path: path.into(), source: source.into() }
    }

    /// The same of another file: that of which this one is a copy.
    pub(super) fn of(self, original: &Path) -> Self {
        match self {
            Self::Open { source, .. } => Self::Open { path: original.into(), source },
            other => other,
        }
    }

    /// A file or folder that could not be made.
    pub(crate) fn unwritable(path: &Path, error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                Self::ReadOnly { path: path.into() }
            }
            _ => Self::open(path, error),
        }
    }

    pub(crate) fn connect(path: &Path, error: sqlx::Error) -> Self {
        match code(&error) {
            Some(READ_ONLY) => Self::ReadOnly { path: path.into() },
            _ => Self::open(path, SqliteError::from(error)),
        }
    }

    pub(crate) fn migrate(path: &Path, error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::VersionMissing(_) => Self::Newer { path: path.into() },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                Self::connect(path, error)
            }
            other => Self::open(path, other),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error.into())
    }
}

// SQLite's primary result codes.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
pub(crate) const READ_ONLY: i32 = 8;
const INTERRUPT: i32 = 9;
const IO: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
pub(crate) const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;

/// The primary result code of an error by SQLite.
pub(crate) fn code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

fn plain(code: Option<i32>, words: &str) -> String {
    match code {
        Some(BUSY | LOCKED) => format!(
            "another program has kept the store locked for {} s; end it (a database browser with changes that are not \
             written yet?), then try again",
            PATIENCE.as_secs()
        ),
        Some(READ_ONLY) => "the store cannot be written: its file or its folder is read-only".into(),
        Some(IO | FULL) => {
            format!(
                "the disk of the store is full or failing ({words}); make room, then give the same command \
                 again, a sweep's with --retry-failed"
            )
        }
        Some(CORRUPT) => {
            format!(
                "the store is damaged ({words}): take a copy of it that `anolab store backup` made, or what \
                 `sqlite3 STORE .recover` saves; of a store that opens, `anolab store check` lists the damage"
            )
        }
        Some(NOT_A_DATABASE) => "the file is not a SQLite database".into(),
        _ => words.into(),
    }
}
