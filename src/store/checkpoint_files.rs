//! Checkpoints as the store moves them. Each of their files tells its own digest, so that training finds what is whole.

use std::io::{ErrorKind, Result};
use std::path::Path;

use super::artifacts::Artifacts;
use crate::atomic_file::{partial_folder, write_whole};
use crate::id::FitId;

/// Copies the checkpoints of a fit to another folder of artifacts, in place of those that it has there. A worker may be
/// writing new ones, and removing old ones.
///
/// # Errors
/// Whatever the file system says.
pub(super) fn copy_checkpoints(from: &Artifacts, to: &Artifacts, fit: &FitId) -> Result<()> {
    let target = to.checkpoints(fit);
    let parent = target.parent().unwrap_or(to.root());
    std::fs::create_dir_all(parent)?;
    let partial = partial_folder(parent)?;
    let copy = partial.path().join("whole"); // for whoever may read the folder, which the partial one is not
    std::fs::create_dir(&copy)?;
    copy_files(&from.checkpoints(fit), &copy)?;
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    std::fs::rename(copy, target)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()), // the fit is trained by now
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target)?;
            copy_files(&entry.path(), &target)?;
            continue;
        }
        match std::fs::read(entry.path()) {
            Ok(bytes) => write_whole(&target, &[&bytes])?,
            Err(error) if error.kind() == ErrorKind::NotFound => (), // an older one, just removed
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_take_the_place_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let [here, there] = ["a.db", "b.db"].map(|name| Artifacts::of(&folder.path().join(name)));
        let fit = FitId::from_bytes([1; 16]);
        let file =
            |artifacts: &Artifacts, name: &str| artifacts.checkpoints(&fit).join("kernels-2").join(name);
        write_whole(&file(&here, "model-3-x.bpk"), &[b"3"]).unwrap();
        write_whole(&file(&there, "model-1-y.bpk"), &[b"1"]).unwrap();
        copy_checkpoints(&here, &there, &fit).unwrap();
        assert_eq!(std::fs::read(file(&there, "model-3-x.bpk")).unwrap(), b"3");
        assert!(!file(&there, "model-1-y.bpk").exists());
        assert_eq!(there.checkpointed(), [fit]);
    }
}
