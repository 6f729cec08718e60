//! What of a store's files no run needs.
//!
//! [`freeable`] only decides: it is told what is there and what is needed, and touches nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::artifacts::{CHECKPOINTS, IMAGES, LOGS, WEIGHTS};
use super::error::StoreError;
use super::open::Store;
use super::ownership::refuse_shared;

/// A file younger than this may belong to something that has just begun, and stays.
pub const YOUNG: Duration = Duration::from_secs(3600);

/// A file of the artifacts, by what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The file or folder.
    pub path: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

/// What an artifact holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Weights, by their digest.
    Weights(String),
    /// Checkpoints of a fit.
    Checkpoints(String),
    /// Decoded images, by the first 32 characters of the dataset's digest.
    Images(String),
    /// A file that was being written when its process died.
    Partial,
    /// What a worker said, by its name.
    Log(String),
}

/// What the store still needs.
#[derive(Debug, Clone, Default)]
pub struct Needed {
    /// Digests of the weights of all fits.
    pub weights: HashSet<String>,
    /// Fits that are not trained yet.
    pub unfinished: HashSet<String>,
    /// Datasets of fits that still have runs to do, by the first 32 characters of their digests.
    pub datasets: HashSet<String>,
    /// Workers that are at work.
    pub workers: HashSet<String>,
}

/// The artifacts that can go at the time `now`. Decoded images can be decoded again; they go where
/// no run is left to do.
pub fn freeable<'a>(artifacts: &'a [Artifact], needed: &Needed, now: SystemTime) -> Vec<&'a Artifact> {
    let is_old = |artifact: &Artifact| now.duration_since(artifact.modified).is_ok_and(|age| age > YOUNG);
    let is_needed = |artifact: &Artifact| match &artifact.kind {
        Kind::Weights(digest) => needed.weights.contains(digest),
        Kind::Checkpoints(fit) => needed.unfinished.contains(fit),
        Kind::Images(dataset) => needed.datasets.contains(dataset),
        Kind::Log(worker) => needed.workers.contains(worker),
        Kind::Partial => false,
    };
    artifacts.iter().filter(|artifact| is_old(artifact) && !is_needed(artifact)).collect()
}

impl Store {
    /// What the store's runs still need.
    ///
    /// # Errors
    /// Whatever SQLite says.
    pub fn needed(&self) -> Result<Needed, StoreError> {
        let strings = |sql: &'static str| -> Result<HashSet<String>, StoreError> {
            let found: Vec<String> = self.block_on(sqlx::query_scalar(sql).fetch_all(&self.pool))?;
            Ok(found.into_iter().collect())
        };
        Ok(Needed {
            weights: strings("SELECT weights FROM fits WHERE weights IS NOT NULL")?,
            unfinished: strings("SELECT fit_id FROM fits WHERE weights IS NULL")?,
            datasets: strings(
                "SELECT DISTINCT substr(digest, 1, 32) FROM fits JOIN runs_table USING (fit_id) \
                 WHERE runs_table.status IN ('queued', 'running', 'interrupted')",
            )?,
            workers: strings("SELECT worker FROM fits WHERE worker IS NOT NULL")?,
        })
    }

    /// The files beside the database.
    ///
    /// # Errors
    /// A folder that cannot be read, or that two stores share.
    pub fn list_artifacts(&self) -> Result<Vec<Artifact>, StoreError> {
        refuse_shared(&self.path)?;
        let artifacts = self.artifacts();
        let mut found = Vec::new();
        for folder in [WEIGHTS, CHECKPOINTS, IMAGES, LOGS] {
            let folder_path = artifacts.root().join(folder);
            let Ok(entries) = std::fs::read_dir(&folder_path) else { continue };
            for entry in entries {
                let path = entry.map_err(|error| StoreError::open(&folder_path, error))?.path();
                let Ok(metadata) = path.metadata() else { continue }; // gone since then
                let size = if path.is_dir() { folder_size(&path) } else { metadata.len() };
                let modified = newest(&path).unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Artifact { kind: kind(folder, &path), path, size, modified });
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

fn kind(folder: &str, path: &Path) -> Kind {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match folder {
        WEIGHTS => match name.strip_suffix(".safetensors") {
            Some(digest) if digest.len() == 64 => Kind::Weights(digest.into()),
            _ => Kind::Partial,
        },
        IMAGES => match name.get(..32) {
            Some(digest) if name.ends_with(".pixels") => Kind::Images(digest.into()),
            _ => Kind::Partial,
        },
        CHECKPOINTS => Kind::Checkpoints(name),
        _ => Kind::Log(name.trim_end_matches(".log").into()),
    }
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// When a file, or anything in a folder, was last written.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = path.metadata().and_then(|metadata| metadata.modified()).ok();
    let inside = std::fs::read_dir(path).ok().and_then(|entries| {
        entries
            .flatten()
            .filter_map(|entry| entry.metadata().and_then(|metadata| metadata.modified()).ok())
            .max()
    });
    own.max(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_old_and_not_needed_goes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let old = now - YOUNG - Duration::from_secs(1);
        let artifact = |name: &str, kind: Kind, modified: SystemTime| Artifact {
            path: name.into(),
            kind,
            size: 1,
            modified,
        };
        let artifacts = [
            artifact("used", Kind::Weights("a".into()), old),
            artifact("unused", Kind::Weights("b".into()), old),
            artifact("new", Kind::Weights("c".into()), now),
            artifact("running", Kind::Checkpoints("f".into()), old),
            artifact("over", Kind::Checkpoints("g".into()), old),
            artifact("waiting", Kind::Images("d".into()), old),
            artifact("decoded", Kind::Images("e".into()), old),
            artifact("half", Kind::Partial, old),
            artifact("speaking", Kind::Log("v".into()), old),
            artifact("words", Kind::Log("w".into()), old),
        ];
        let set = |name: &str| HashSet::from([name.to_string()]);
        let needed =
            Needed { weights: set("a"), unfinished: set("f"), datasets: set("d"), workers: set("v") };
        let goes: Vec<&str> = freeable(&artifacts, &needed, now)
            .iter()
            .map(|artifact| artifact.path.to_str().unwrap())
            .collect();
        assert_eq!(goes, ["unused", "over", "decoded", "half", "words"]);
    }

    #[test]
    fn names_tell_what_files_hold() {
        let digest = "0".repeat(64);
        assert_eq!(kind("weights", Path::new(&format!("w/{digest}.safetensors"))), Kind::Weights(digest));
        assert_eq!(kind("weights", Path::new("w/.tmpX1.safetensors")), Kind::Partial);
        let images = format!("i/{}-32x1-1.pixels", "1".repeat(32));
        assert_eq!(kind("images", Path::new(&images)), Kind::Images("1".repeat(32)));
        assert_eq!(kind("images", Path::new("i/é23456789012345678901234567890é.pixels")), Kind::Partial);
        assert_eq!(kind("checkpoints", Path::new("c/abc")), Kind::Checkpoints("abc".into()));
    }
}
