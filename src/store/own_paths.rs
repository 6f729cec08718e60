//! Which paths are a store's own, so that no output is written over them.

use std::path::{Component, Path, PathBuf};

use super::artifacts::{Artifacts, beside};

/// Whether `path`, whatever links lead to it, is the file of `store`, one that SQLite keeps beside it, or within
/// its artifacts.
pub fn is_of_store(store: &Path, path: &Path) -> bool {
    let path = real(path);
    [store.to_path_buf(), real(store)].iter().any(|store| {
        ["", "-wal", "-shm", "-journal"].iter().any(|suffix| path == real(&beside(store, suffix)))
            || path.starts_with(real(Artifacts::of(store).root()))
    })
}

/// An absolute path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    absolute.components().fold(PathBuf::new(), |mut real, part| {
        if part == Component::ParentDir {
            real.pop();
            return real;
        }
        let next = real.join(part);
        next.canonicalize().unwrap_or(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_more_than_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("store.db"), "").unwrap();
        let ours = [
            "store.db",
            "store.db-wal",
            "store.db-shm",
            "store.artifacts",
            "store.artifacts/weights/x",
            "sub/../store.db",
            "none/../store.db-wal",
        ];
        for name in ours {
            assert!(is_of_store(&at("store.db"), &at(name)), "{name}");
        }
        for name in ["store.csv", "store.db.csv", "store.artifacts2", "sub/store.db", "."] {
            assert!(!is_of_store(&at("store.db"), &at(name)), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("store.db"), at("sub/link.db")).unwrap();
            std::os::unix::fs::symlink(folder.path(), at("folder")).unwrap();
            assert!(is_of_store(&at("sub/link.db"), &at("store.db-wal")), "the store is a link");
            assert!(is_of_store(&at("store.db"), &at("sub/link.db")), "the output is one");
            assert!(is_of_store(&at("store.db"), &at("folder/store.artifacts/x")), "its folder is one");
        }
    }
}
