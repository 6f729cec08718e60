//! Opening a store: for writing, for reading alone, on disks that are read-only, of an older version.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::artifacts::{Artifacts, beside};
use super::clock::PATIENCE;
use super::error::{CANNOT_OPEN, READ_ONLY, StoreError, code};
use super::network_disk::is_on_network;
use super::ownership::{claim_folder, refuse_shared};
use super::views;

/// How a store comes to be, step by step; the last step is the version that this program writes.
static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Marks a SQLite file as ours: "anol".
const APPLICATION_ID: i32 = 0x616e_6f6c;

/// An open store.
pub struct Store {
    pub(super) path: PathBuf,
    pub(super) pool: SqlitePool,
    runtime: tokio::runtime::Runtime,
    /// Nobody can write to the file or beside it.
    pub(super) immutable: bool,
}

/// Stores that are named where one is missing.
const MOST_NEAR: usize = 3;

/// How long to wait for the connections to end.
const CLOSING: Duration = Duration::from_secs(10);

/// Stores that somebody may mean who looks for one that is not there: those beside it, and that of the demo.
fn near(path: &Path) -> Vec<PathBuf> {
    let beside = path.parent().unwrap_or(Path::new(""));
    let folders = [beside.into(), beside.join("demo"), "results".into(), "results/demo".into()];
    let files = folders.iter().filter_map(|folder: &PathBuf| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::read_dir(folder).ok()
    });
    let mut found: Vec<PathBuf> = files
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .map(|path| path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path))
        .filter(|path| path.extension().is_some_and(|end| end == "db") && Artifacts::of(path).root().is_dir())
        .collect();
    found.sort();
    found.dedup();
    found.truncate(MOST_NEAR);
    found
}

impl Store {
    /// Opens the store at `path`, creating and migrating it as needed.
    ///
    /// # Errors
    /// A path that cannot be written, a file that is not a store, one that another program keeps
    /// locked, or a store of a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        in_a_file(path)?;
        refuse_shared(path)?;
        let _alone = lock(path).map_err(|error| StoreError::unwritable(path, error))?;
        let store = Self::connect(path, options(path).create_if_missing(true), false)?;
        store.claim_file()?;
        claim_folder(path)?;
        store.block_on(MIGRATOR.run(&store.pool)).map_err(|error| StoreError::migrate(path, error))?;
        store.renew_views().map_err(|error| StoreError::connect(path, error))?;
        store.reap()?;
        store.optimize()?;
        Ok(store)
    }

    /// Opens an existing store. Like [`open`](Self::open), but a missing file is an error.
    ///
    /// # Errors
    /// As [`open`](Self::open), and a file that is not there.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        in_a_file(path)?;
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.into(), others: near(path) });
        }
        Self::open(path)
    }

    /// Opens a copy that is about to be thrown away, and brings it to this version. Nobody waits for the disk to keep
    /// it.
    pub(super) fn open_copy(path: &Path) -> Result<Self, StoreError> {
        let options =
            options(path).journal_mode(SqliteJournalMode::Memory).synchronous(SqliteSynchronous::Off);
        let store = Self::connect(path, options, false)?;
        store.claim_file()?;
        store.block_on(MIGRATOR.run(&store.pool)).map_err(|error| StoreError::migrate(path, error))?;
        store.reap()?;
        Ok(store)
    }

    /// Opens an existing store without ever writing to it: it may lie on a disk that is read-only. One
    /// of an older version is brought to this one first.
    ///
    /// # Errors
    /// A file that is not there or not a store, a store of a newer version, or one that would have to
    /// be written first and cannot be.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        in_a_file(path)?;
        if !path.is_file() {
            return Err(StoreError::Missing { path: path.into(), others: near(path) });
        }
        let store = Self::connect_to_read(path)?;
        if store.identity().map_err(|error| StoreError::connect(path, error))? == Identity::Foreign {
            return Err(StoreError::Foreign { path: path.into() });
        }
        match store.version()?.cmp(&newest_version()) {
            Ordering::Equal if store.block_on(views::are_current(&store.pool))? => Ok(store),
            // Views of another build answer, too, where they cannot be made anew.
            Ordering::Equal => match Self::open(path) {
                Ok(_) => Self::connect_to_read(path),
                Err(error) => {
                    tracing::debug!("the views of {} stay as they are: {error}", path.display());
                    Ok(store)
                }
            },
            Ordering::Greater => Err(StoreError::Newer { path: path.into() }),
            Ordering::Less => {
                drop(store);
                Self::open(path).map_err(|error| match error {
                    StoreError::ReadOnly { path } => StoreError::Older { path },
                    other => other,
                })?;
                Self::connect_to_read(path)
            }
        }
    }

    /// SQLite needs a file beside the store, which others share. Where it is not there and cannot be
    /// made, nobody writes, and the store can be read as one that never changes.
    pub(super) fn connect_to_read(path: &Path) -> Result<Self, StoreError> {
        if !is_writable(path) {
            return Self::connect_to_unwritable(path);
        }
        let store = Self::connect(path, reading(path), false)?;
        match store.identity() {
            Err(error) if matches!(code(&error), Some(CANNOT_OPEN | READ_ONLY)) => {
                let pending = beside(path, "-wal");
                if pending.metadata().is_ok_and(|metadata| metadata.len() > 0) {
                    return Err(StoreError::Pending { path: path.into() });
                }
                Self::connect(path, reading(path).immutable(true), true)
            }
            _ => Ok(store),
        }
    }

    /// Who may not write the file makes none beside it, which would be somebody else's than the owner's and lock the
    /// owner out.
    fn connect_to_unwritable(path: &Path) -> Result<Self, StoreError> {
        let size = |suffix: &str| beside(path, suffix).metadata().map(|metadata| metadata.len());
        match (size("-wal"), size("-shm")) {
            (Ok(_), Ok(_)) => Self::connect(path, reading(path).read_only(true), false), // the owner is at work
            (Ok(1..), Err(_)) => Err(StoreError::Pending { path: path.into() }),
            _ => Self::connect(path, reading(path).immutable(true), true),
        }
    }

    fn connect(path: &Path, options: SqliteConnectOptions, immutable: bool) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| StoreError::open(path, error))?;
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(2 * PATIENCE);
        let pool =
            runtime.block_on(pool.connect_with(options)).map_err(|error| StoreError::connect(path, error))?;
        Ok(Self { path: path.into(), pool, runtime, immutable })
    }

    /// Brings the views of an up-to-date store to those of this build.
    fn renew_views(&self) -> Result<(), sqlx::Error> {
        self.block_on(async {
            if views::are_current(&self.pool).await? {
                return Ok(());
            }
            let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
            views::renew(&mut tx).await?;
            tx.commit().await
        })
    }

    /// Refuses a database of somebody else's and one that cannot be written; marks a new one as ours.
    fn claim_file(&self) -> Result<(), StoreError> {
        let claimed = || -> Result<Identity, sqlx::Error> {
            let identity = self.identity()?;
            if identity == Identity::New {
                let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
                self.block_on(sqlx::query(sqlx::AssertSqlSafe(mark)).execute(&self.pool))?;
            }
            self.block_on(async { self.pool.begin_with("BEGIN IMMEDIATE").await?.rollback().await })?;
            Ok(identity)
        };
        match claimed() {
            Ok(Identity::Foreign) => Err(StoreError::Foreign { path: self.path.clone() }),
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::connect(&self.path, error)),
        }
    }

    fn identity(&self) -> Result<Identity, sqlx::Error> {
        let (id, tables): (i32, i64) = self.block_on(
            sqlx::query_as(
                "SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM \
             sqlite_schema)",
            )
            .fetch_one(&self.pool),
        )?;
        Ok(match (id, tables) {
            (APPLICATION_ID, _) => Identity::Ours,
            (0, 0) => Identity::New,
            _ => Identity::Foreign,
        })
    }

    /// Number of the last migration; 0 where there was none yet.
    fn version(&self) -> Result<i64, StoreError> {
        let migrated: Option<i64> = self.block_on(
            sqlx::query_scalar("SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'")
                .fetch_optional(&self.pool),
        )?;
        match migrated {
            None => Ok(0),
            Some(_) => Ok(self.block_on(
                sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
                    .fetch_one(&self.pool),
            )?),
        }
    }

    /// Tells SQLite how large the tables are, by samples (milliseconds): without that it walks through all
    /// metrics where an index would do.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn optimize(&self) -> Result<(), StoreError> {
        self.block_on(sqlx::raw_sql("PRAGMA analysis_limit = 400; ANALYZE").execute(&self.pool))?;
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of weights, checkpoints, decoded images and logs that goes with the file.
    pub fn artifacts(&self) -> Artifacts {
        Artifacts::of(&self.path)
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

impl Drop for Store {
    /// The last to close a store leaves nothing beside it. A connection that has met damage may never come
    /// back to be closed.
    fn drop(&mut self) {
        let closed = self.block_on(async { tokio::time::timeout(CLOSING, self.pool.close()).await });
        if closed.is_err() {
            tracing::warn!("the store {} could not be closed in order", self.path.display());
        }
    }
}

/// Whose a SQLite file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    Ours,
    New,
    Foreign,
}

/// The version that this program writes.
fn newest_version() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Refuses what SQLite takes for a database in memory or in a nameless file, which each connection has for itself.
fn in_a_file(path: &Path) -> Result<(), StoreError> {
    let name = path.to_string_lossy();
    let nameless = name.is_empty() || name.starts_with("file:") || name == ":memory:";
    if nameless { Err(StoreError::NoFile { path: path.into() }) } else { Ok(()) }
}

fn is_writable(path: &Path) -> bool {
    std::fs::OpenOptions::new().write(true).open(path).is_ok()
}

/// Waits until no other process is opening the store: SQLite's own locks do not cover the change to
/// WAL and the migrations. The lock ends with the file handle.
fn lock(path: &Path) -> std::io::Result<std::fs::File> {
    let artifacts = Artifacts::of(path);
    std::fs::create_dir_all(artifacts.root())?;
    let file = std::fs::File::create(artifacts.lock())?;
    file.lock()?;
    Ok(file)
}

fn options(path: &Path) -> SqliteConnectOptions {
    reading(path)
        .pragma("query_only", "OFF")
        .journal_mode(if is_on_network(path) { SqliteJournalMode::Truncate } else { SqliteJournalMode::Wal })
        .synchronous(SqliteSynchronous::Full) // a checkpoint may not outlive the metrics of its epochs
        .foreign_keys(true)
}

/// Not `read_only`: such a connection, the last to close, leaves its files beside the store.
pub(super) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(PATIENCE)
        .pragma("query_only", "ON")
        .disable_statement_logging() // slow answers of people's own queries are no warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RunId;
    use crate::table::Cell;

    #[test]
    fn a_store_that_another_program_keeps_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (store, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        let held = other.block_on(other.pool.begin_with("BEGIN IMMEDIATE")).unwrap();
        let error = store.note(&RunId::default(), "").unwrap_err().to_string();
        assert!(error.contains("another program has kept the store locked for 1 s; end it"), "{error}");
        let error = Store::open(&path).err().unwrap().to_string();
        assert!(
            error.contains(&format!("cannot open the store {}: another program", path.display())),
            "{error}"
        );
        assert!(Store::read(&path).unwrap().sweeps().unwrap().is_empty(), "reading goes on");
        other.block_on(held.rollback()).unwrap();
        store.note(&RunId::default(), "").unwrap();
    }

    #[test]
    fn stores_beside_each_other_keep_their_files_apart() {
        let folders = ["a/run.db", "a/run.sqlite", "a/run.1", "a/run.2"];
        let folders = folders.map(|path| Artifacts::of(Path::new(path)).root().to_path_buf());
        assert_eq!(folders[0], Path::new("a/run.artifacts"));
        for (nth, folder) in folders.iter().enumerate() {
            assert!(!folders[..nth].contains(folder), "{}", folder.display());
        }
    }

    #[test]
    fn who_cannot_write_a_store_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let files = || {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let owner = Store::open(&path).unwrap();
        owner.note(&RunId::default(), "").unwrap();
        let at_work = files();
        let reader = Store::connect_to_unwritable(&path).unwrap();
        assert_eq!(reader.query("SELECT count(*) FROM runs").unwrap().rows[0][0], Cell::Integer(0));
        drop(reader);
        assert_eq!(files(), at_work);
        drop(owner);
        let at_rest = files();
        let reader = Store::connect_to_unwritable(&path).unwrap();
        assert_eq!(reader.query("SELECT count(*) FROM runs").unwrap().rows[0][0], Cell::Integer(0));
        assert_eq!(files(), at_rest);
    }

    /// The view `runs` says of dead workers what `reap` would write.
    #[test]
    fn the_view_tells_of_dead_workers_what_reaping_writes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db")).unwrap();
        let dead = (0..5).map(|attempts| {
            // of a worker that died long ago, or while the clock was wrong
            let until = if attempts % 2 == 0 { "1" } else { "9e9" };
            format!(
                "INSERT INTO fits (fit_id, config, digest, status, lease_token, lease_until, attempts) \
                 VALUES ('{attempts:032}', '{{}}', 'd', 'running', 't{attempts}', {until}, {attempts}); \
                 INSERT INTO runs_table (run_id, fit_id, config, status, queued_at) \
                 VALUES ('{attempts:032}', '{attempts:032}', '{{}}', 'running', ''); "
            )
        });
        let rows = dead.fold(
            "INSERT INTO datasets (digest, title, spec) VALUES ('d', 't', '{}'); ".to_string(),
            |all, one| all + &one,
        );
        store.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&store.pool)).unwrap();
        let status = || store.query("SELECT run_id, status FROM runs ORDER BY run_id").unwrap().rows;
        let told = status();
        assert!(told.iter().all(|row| row[1] != Cell::Text("running".into())), "{told:?}");
        store.reap().unwrap();
        assert_eq!(status(), told);
        let written = store.query("SELECT run_id, status FROM runs_table ORDER BY run_id").unwrap().rows;
        assert_eq!(written, told);
    }
}
