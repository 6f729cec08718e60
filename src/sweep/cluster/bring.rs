//! What a task brings to the shared folder: its store, whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::SweepError;
use super::folder::{Brought, STORE, Submission};
use super::order::{read, write};
use crate::atomic_file::partial_folder;
use crate::store::{Status, Store};

/// What the store of a task holds, so that nobody has to open it to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    /// Runs by status.
    pub runs: BTreeMap<String, usize>,
    /// The machine that it comes from.
    pub host: String,
}

impl Content {
    /// Whether nothing in it is left to do.
    pub fn is_complete(&self) -> bool {
        let over = [Status::Done, Status::Failed, Status::Diverged].map(Status::name);
        self.runs.keys().all(|status| over.contains(&status.as_str()))
    }
}

/// What a task has brought, as it says itself.
pub(super) fn content(brought: &Brought) -> Option<Content> {
    read(&brought.folder.join("content.json")).ok()
}

/// Copies the store of a task to the shared folder: under another name first, until the disk has all of it. Of what the
/// task had brought before, nothing is left.
///
/// # Errors
/// Whatever SQLite or the file system says; then what was there stays.
pub(super) fn bring(
    store: &Store,
    sweep: &str,
    host: &str,
    submission: &Submission,
    task: usize,
) -> Result<(), SweepError> {
    // Before the copy, which holds no less than that.
    let content = Content { runs: at_rest(store, sweep)?, host: host.into() };
    let stores = submission.stores();
    let failed = || SweepError::io(format!("cannot bring the results to {}", stores.display()));
    let partial = partial_folder(&stores).map_err(failed())?;
    let whole = partial.path().join("whole"); // for whoever may read the folder, which the partial one is not
    std::fs::create_dir(&whole).map_err(failed())?;
    store.carry(&whole.join(STORE))?;
    write(&whole.join("content.json"), &content)?;
    let earlier = submission.brought_by(task);
    let mut generation = earlier.last().map_or(0, |last| last.generation + 1);
    loop {
        let target = stores.join(format!("{task:06}.{generation}"));
        match std::fs::rename(&whole, &target) {
            // A task that was thought dead and started anew may bring its own.
            Err(_) if target.exists() => generation += 1,
            renamed => {
                renamed.map_err(failed())?;
                break;
            }
        }
    }
    sync(&stores).map_err(failed())?;
    for brought in earlier {
        std::fs::remove_dir_all(brought.folder).ok(); // the newer one is there
    }
    Ok(())
}

/// Runs by status, where nobody works.
fn at_rest(store: &Store, sweep: &str) -> Result<BTreeMap<String, usize>, SweepError> {
    let mut runs = BTreeMap::new();
    for row in store.status(sweep)? {
        let status = if row.status == Status::Running { Status::Interrupted } else { row.status };
        *runs.entry(status.name().to_string()).or_default() += row.runs as usize;
    }
    Ok(runs)
}

/// Has the disk keep the names in a folder.
#[cfg(unix)]
fn sync(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> std::io::Result<()> {
    Ok(())
}
