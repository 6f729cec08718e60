//! The SQLite file that keeps everything: sweeps, runs, metrics, scores, results and pictures.
//!
//! [`Store`] is blocking; sqlx and its runtime stay inside. Writers use WAL and one immediate
//! transaction a change, so that any number of processes may read and write at once. People query
//! the views of `migrations/`; tables are private.

mod backup;
mod check;
mod error;
mod ids;
mod lease;
mod reader;
mod recorder;
mod retention;
mod sql;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub use backup::Merged;
pub use error::StoreError;
pub use lease::{Claim, Job, LEASE_SECONDS};
pub use reader::{
    CurvePoint, LostRun, PastRun, PictureRow, RunRow, ScoreRow, StatusCount, SweepRow, WorkRow,
};
pub use recorder::{ImageRow, Picture, Plan, PlannedRun, Provenance, RunResult, ScoreValue};
pub use retention::{Artifact, Kind, Needed, freeable};
pub use sql::{Cell, Table};

/// How a store comes to be, step by step; the last step is the version that this program writes.
static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Marks a SQLite file as ours: "anol".
const APPLICATION_ID: i32 = 0x616e_6f6c;

/// An open store.
pub struct Store {
    path: PathBuf,
    pool: SqlitePool,
    runtime: tokio::runtime::Runtime,
}

impl Store {
    /// Opens the store at `path`, creating and migrating it as needed.
    ///
    /// # Errors
    /// A path that cannot be written, a file that is not a store, or a store of a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::open(path, error))?;
        }
        let _alone =
            lock(&path.with_extension("artifacts")).map_err(|error| StoreError::open(path, error))?;
        let store = Self::connect(path, options(path).create_if_missing(true))?;
        store.claim_file()?;
        store.block_on(MIGRATOR.run(&store.pool)).map_err(|error| StoreError::migrate(path, error))?;
        store.reap()?;
        Ok(store)
    }

    /// Opens an existing store. Like [`open`](Self::open), but a missing file is an error.
    ///
    /// # Errors
    /// As [`open`](Self::open), and a file that is not there.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.into() });
        }
        Self::open(path)
    }

    fn connect(path: &Path, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| StoreError::open(path, error))?;
        let pool = runtime
            .block_on(SqlitePoolOptions::new().max_connections(4).connect_with(options))
            .map_err(|error| StoreError::connect(path, error))?;
        Ok(Self { path: path.into(), pool, runtime })
    }

    /// Refuses a database of somebody else's; marks a new one as ours.
    fn claim_file(&self) -> Result<(), StoreError> {
        let id: i32 = self
            .block_on(sqlx::query_scalar("PRAGMA application_id").fetch_one(&self.pool))
            .map_err(|error| StoreError::connect(&self.path, error))?;
        let tables: i64 =
            self.block_on(sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&self.pool))?;
        match (id, tables) {
            (APPLICATION_ID, _) => Ok(()),
            (0, 0) => {
                let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
                self.block_on(sqlx::query(sqlx::AssertSqlSafe(mark)).execute(&self.pool))?;
                Ok(())
            }
            _ => Err(StoreError::Foreign { path: self.path.clone() }),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of weights, checkpoints and decoded images that goes with the file.
    pub fn artifacts(&self) -> PathBuf {
        self.path.with_extension("artifacts")
    }

    /// Where the weights with this BLAKE3 are.
    pub fn weights_file(&self, digest: &str) -> PathBuf {
        self.artifacts().join("weights").join(format!("{digest}.safetensors"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// Waits until no other process is opening the store: SQLite's own locks do not cover the change to
/// WAL and the migrations. The lock ends with the file handle.
fn lock(artifacts: &Path) -> std::io::Result<std::fs::File> {
    std::fs::create_dir_all(artifacts)?;
    let file = std::fs::File::create(artifacts.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(30))
        .foreign_keys(true)
}

/// Now, as the store writes it: RFC 3339 in UTC, to the second.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
