//! Checkpoints that are either whole or not there: a file's name tells the digest of its content, and
//! an epoch counts only when all three of its files hold what was written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::tensor::Bytes;
use burn::train::checkpoint::{
    Checkpoint, Checkpointer, CheckpointerError, CheckpointingAction, CheckpointingStrategy,
};
use burn::train::metric::store::EventStoreClient;

use super::job::Observer;
use crate::atomic_file::{digest, read_verified, write_whole};

/// Checkpoints kept while a fit trains.
const CHECKPOINTS: usize = 2;

const PARTS: [&str; 3] = ["model", "optimizer", "scheduler"];

/// One of the three files of a checkpoint.
pub(crate) struct AtomicCheckpointer {
    folder: PathBuf,
    part: &'static str,
    pace: Arc<Pace>,
}

/// Checkpointers of network, optimiser and scheduler, in this order.
pub(crate) fn checkpointers(folder: &Path, pace: &Arc<Pace>) -> [AtomicCheckpointer; 3] {
    PARTS.map(|part| AtomicCheckpointer { folder: folder.to_path_buf(), part, pace: pace.clone() })
}

/// How long a training has run, and how much of that went into its checkpoints.
pub(crate) struct Pace {
    started: Instant,
    written: Mutex<Duration>,
}

impl Pace {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), written: Mutex::default() })
    }

    fn wrote(&self, took: Duration) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) += took;
    }

    fn is_within(&self, share: f64) -> bool {
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.as_secs_f64() <= share * self.started.elapsed().as_secs_f64()
    }
}

/// The last epoch, `most` at the latest, with a whole checkpoint. Damaged files are told of and passed over.
pub(crate) fn latest(folder: &Path, most: usize) -> Option<usize> {
    let is_whole = |epoch: &usize| PARTS.iter().all(|part| content(folder, part, *epoch).is_some());
    saved_epochs(folder).into_iter().rev().filter(|epoch| *epoch <= most).find(is_whole)
}

fn saved_epochs(folder: &Path) -> BTreeSet<usize> {
    saved(folder).into_iter().map(|file| file.epoch).collect()
}

/// Keeps the last two checkpoints, in case the last is damaged or ahead of what is recorded, and asks before it
/// writes one. The last epoch always gets one.
pub(crate) struct KeepLast {
    observer: Arc<dyn Observer>,
    pace: Arc<Pace>,
    epochs: usize,
    kept: BTreeSet<usize>,
}

impl KeepLast {
    /// For a training of so many epochs that goes on from one: later ones are to be trained again.
    pub fn new(
        observer: Arc<dyn Observer>,
        pace: Arc<Pace>,
        folder: &Path,
        resumed: usize,
        epochs: usize,
    ) -> Self {
        for file in saved(folder).into_iter().filter(|file| file.epoch > resumed) {
            std::fs::remove_file(file.path).ok(); // it would be written again, with the same content
        }
        Self { observer, pace, epochs, kept: saved_epochs(folder) }
    }

    fn actions(&mut self, epoch: usize) -> Vec<CheckpointingAction> {
        let is_due = epoch == self.epochs || self.pace.is_within(self.observer.checkpoint_share());
        if !is_due || !self.observer.may_checkpoint() {
            return Vec::new();
        }
        self.kept.insert(epoch);
        let mut actions = vec![CheckpointingAction::Save];
        while self.kept.len() > CHECKPOINTS {
            actions.extend(self.kept.pop_first().map(CheckpointingAction::Delete));
        }
        actions
    }
}

impl CheckpointingStrategy for KeepLast {
    fn checkpointing(&mut self, epoch: usize, _: &EventStoreClient) -> Vec<CheckpointingAction> {
        self.actions(epoch)
    }
}

/// A file `part-epoch-digest.bpk`.
struct Saved {
    part: String,
    epoch: usize,
    digest: String,
    path: PathBuf,
}

impl Saved {
    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(".bpk")?;
        let mut words = name.split('-').map(String::from);
        let (part, epoch, digest) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        Some(Self { part, epoch, digest, path })
    }
}

fn saved(folder: &Path) -> Vec<Saved> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Saved::of(entry.ok()?.path())).collect()
}

/// The content of a part of a checkpoint. A damaged file may stand beside a whole one: the epoch was
/// then trained again.
fn content(folder: &Path, part: &str, epoch: usize) -> Option<Vec<u8>> {
    let files = saved(folder).into_iter().filter(|file| file.part == part && file.epoch == epoch);
    files
        .filter_map(|file| {
            read_verified(&file.path, &file.digest)
                .inspect_err(|error| {
                    tracing::warn!(
                        "checkpoint {}: {error}; training goes on from before it",
                        file.path.display()
                    );
                })
                .ok()
        })
        .next()
}

impl<R: Checkpoint> Checkpointer<R> for AtomicCheckpointer {
    fn save(&self, epoch: usize, record: R) -> Result<(), CheckpointerError> {
        let started = Instant::now();
        let bytes = record.checkpoint_into_bytes().map_err(CheckpointerError::Record)?;
        let path = self.folder.join(format!("{}-{epoch}-{}.bpk", self.part, digest(&bytes)));
        write_whole(&path, &[&bytes]).map_err(CheckpointerError::IOError)?;
        self.pace.wrote(started.elapsed());
        Ok(())
    }

    fn delete(&self, epoch: usize) -> Result<(), CheckpointerError> {
        let files =
            saved(&self.folder).into_iter().filter(|file| file.part == self.part && file.epoch == epoch);
        for file in files {
            match std::fs::remove_file(file.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(CheckpointerError::IOError(error));
                }
                _ => (),
            }
        }
        Ok(())
    }

    fn restore(&self, epoch: usize) -> Result<R, CheckpointerError> {
        let gone = || CheckpointerError::Unknown(format!("no whole checkpoint of epoch {epoch}"));
        let bytes = content(&self.folder, self.part, epoch).ok_or_else(gone)?;
        R::checkpoint_from_bytes(Bytes::from_bytes_vec(bytes)).map_err(CheckpointerError::Record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::EpochMetric;

    struct Anything;

    impl Observer for Anything {
        fn epoch(&self, _: &[EpochMetric]) {}
        fn progress(&self, _: usize, _: usize, _: usize) {}
    }

    #[test]
    fn checkpoints_take_a_hundredth_of_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let started = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
        let pace = Arc::new(Pace { started, written: Mutex::default() });
        let mut strategy = KeepLast::new(Arc::new(Anything), pace.clone(), folder.path(), 0, 9);
        let mut actions = |epoch| strategy.actions(epoch).len();
        assert_eq!(actions(1), 1);
        pace.wrote(Duration::from_millis(900));
        assert_eq!(actions(2), 1);
        pace.wrote(Duration::from_millis(900));
        assert_eq!(actions(3), 0, "1.8 of 100 seconds went into checkpoints");
        assert_eq!(actions(9), 2, "the last epoch: one is written, one goes");
    }
}
