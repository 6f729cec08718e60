//! One folder of artifacts belongs to one store: the folder names it.

use std::path::{Path, PathBuf};

use super::artifacts::Artifacts;
use super::error::StoreError;
use crate::atomic_file::write_whole;

/// Takes the folder of artifacts for a store.
///
/// # Errors
/// A folder that is another store's, or one that cannot be written.
pub(super) fn claim_folder(store: &Path) -> Result<(), StoreError> {
    refuse_shared(store)?;
    let (artifacts, Some(name)) = (Artifacts::of(store), store_name(store)) else { return Ok(()) };
    if owner(&artifacts).as_deref() == Some(name.as_str()) {
        return Ok(());
    }
    write_whole(&artifacts.owner(), &[name.as_bytes()]).map_err(|error| StoreError::unwritable(store, error))
}

/// Refuses a store whose folder of artifacts is another's: `run` and `run.db` would both have `run.artifacts`.
///
/// # Errors
/// [`StoreError::SharedFolder`].
pub(super) fn refuse_shared(store: &Path) -> Result<(), StoreError> {
    let artifacts = Artifacts::of(store);
    let Some(name) = store_name(store) else { return Ok(()) };
    let owner = owner(&artifacts);
    if owner.as_deref() == Some(name.as_str()) {
        return Ok(());
    }
    // A folder that says another name may have been moved with its store. One that says none is of an earlier build.
    let others =
        owner.map_or_else(|| candidates(&artifacts), |owner| vec![artifacts.root().with_file_name(owner)]);
    let shares = |other: &PathBuf| {
        other.is_file() && store_name(other) != Some(name.clone()) && Artifacts::of(other) == artifacts
    };
    match others.into_iter().find(shares) {
        Some(other) => {
            let folder = artifacts.root().into();
            Err(StoreError::SharedFolder { store: store.into(), folder, other })
        }
        None => Ok(()),
    }
}

/// The name of a store's file, whatever link leads to it.
fn store_name(store: &Path) -> Option<String> {
    Some(super::artifacts::target(store).file_name()?.to_string_lossy().into_owned())
}

fn owner(artifacts: &Artifacts) -> Option<String> {
    let name = std::fs::read_to_string(artifacts.owner()).ok()?;
    let is_name = !name.is_empty() && !name.contains(['/', '\\']) && name != "..";
    is_name.then_some(name)
}

/// The stores that could have this folder.
fn candidates(artifacts: &Artifacts) -> Vec<PathBuf> {
    let root = artifacts.root();
    vec![root.with_extension("db"), root.with_extension("")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_folder_belongs_to_one_store() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drop(Store::open(&at("run.db")).unwrap());
        assert_eq!(std::fs::read_to_string(at("run.artifacts/store")).unwrap(), "run.db");
        let error = Store::open(&at("run")).err().unwrap().to_string();
        assert!(error.contains("run.db") && error.contains("run.artifacts"), "{error}");
        assert!(!at("run").exists());
        drop(Store::open(&at("run.db")).unwrap());

        // Moved together, they stay together, and the old name is free.
        std::fs::rename(at("run.db"), at("old.db")).unwrap();
        std::fs::rename(at("run.artifacts"), at("old.artifacts")).unwrap();
        drop(Store::open(&at("run.db")).unwrap());
        drop(Store::open(&at("old.db")).unwrap());
        assert_eq!(std::fs::read_to_string(at("old.artifacts/store")).unwrap(), "old.db");
    }

    /// Of earlier builds, which let two stores have one folder: neither is written, both can be read.
    #[test]
    fn two_stores_of_one_folder_are_not_mixed_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        drop(Store::open(&at("run.db")).unwrap());
        std::fs::copy(at("run.db"), at("run")).unwrap();
        std::fs::remove_file(at("run.artifacts/store")).unwrap();
        for (name, other) in [("run.db", "run"), ("run", "run.db")] {
            let refused = Store::open(&at(name)).err().unwrap();
            assert!(matches!(refused, StoreError::SharedFolder { other: of, .. } if of == at(other)));
            let read = Store::read(&at(name)).unwrap();
            assert!(
                matches!(read.list_artifacts(), Err(StoreError::SharedFolder { .. })),
                "nothing is freed"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_the_files_of_its_store() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("far")).unwrap();
        std::os::unix::fs::symlink("far/run.db", at("link.db")).unwrap();
        for _ in 0..2 {
            let store = Store::open(&at("link.db")).unwrap();
            let root = store.artifacts().root().to_path_buf();
            assert_eq!(root.canonicalize().unwrap(), at("far/run.artifacts").canonicalize().unwrap());
        }
        drop(Store::open(&at("far/run.db")).unwrap());
        assert!(!at("link.artifacts").exists());
    }
}
