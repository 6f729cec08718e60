//! Checkpoints that are either whole or not there: each file is written under another name and
//! renamed, and an epoch counts only when all three of its files are there.

use std::path::{Path, PathBuf};

use burn::train::checkpoint::{Checkpoint, Checkpointer, CheckpointerError};

const PARTS: [&str; 3] = ["model", "optimizer", "scheduler"];

/// One of the three files of a checkpoint.
pub(super) struct AtomicCheckpointer {
    folder: PathBuf,
    part: &'static str,
}

/// Checkpointers of network, optimiser and scheduler, in this order.
pub(super) fn checkpointers(folder: &Path) -> [AtomicCheckpointer; 3] {
    PARTS.map(|part| AtomicCheckpointer { folder: folder.to_path_buf(), part })
}

/// The last epoch with a whole checkpoint.
pub(super) fn latest(folder: &Path) -> Option<usize> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            name.to_str()?.strip_prefix("model-")?.strip_suffix(".bpk")?.parse().ok()
        })
        .filter(|epoch| PARTS.iter().all(|part| file(folder, part, *epoch).is_file()))
        .max()
}

fn file(folder: &Path, part: &str, epoch: usize) -> PathBuf {
    folder.join(format!("{part}-{epoch}.bpk"))
}

impl<R: Checkpoint> Checkpointer<R> for AtomicCheckpointer {
    fn save(&self, epoch: usize, record: R) -> Result<(), CheckpointerError> {
        let partial = self.folder.join("partial");
        std::fs::create_dir_all(&partial).map_err(CheckpointerError::IOError)?;
        let written = file(&partial, self.part, epoch);
        record.save(written.clone())?;
        std::fs::File::open(&written)
            .and_then(|written| written.sync_all())
            .and_then(|()| std::fs::rename(&written, file(&self.folder, self.part, epoch)))
            .map_err(CheckpointerError::IOError)
    }

    fn delete(&self, epoch: usize) -> Result<(), CheckpointerError> {
        match std::fs::remove_file(file(&self.folder, self.part, epoch)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(CheckpointerError::IOError(error))
            }
            _ => Ok(()),
        }
    }

    fn restore(&self, epoch: usize) -> Result<R, CheckpointerError> {
        R::load(file(&self.folder, self.part, epoch))
    }
}
