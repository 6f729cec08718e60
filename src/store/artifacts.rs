//! The files that go with a store: each folder of its artifacts has its name here, and only here.

use std::path::{Path, PathBuf};

use crate::id::FitId;

/// Trained weights, by their digest.
pub(super) const WEIGHTS: &str = "weights";
/// A folder per fit that is not trained yet.
pub(super) const CHECKPOINTS: &str = "checkpoints";
/// Decoded images, by dataset and size.
pub(super) const IMAGES: &str = "images";
/// What workers say.
pub(super) const LOGS: &str = "logs";
/// What a cluster is given to do, and what its tasks bring.
const CLUSTER: &str = "cluster";

/// The folder of weights, checkpoints, decoded images and logs that goes with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifacts {
    root: PathBuf,
}

impl Artifacts {
    /// `runs.artifacts` for `runs.db`, but `runs.sqlite.artifacts` for `runs.sqlite`: stores that lie
    /// beside each other must not share their files. A link's are those of the file that it leads to.
    pub fn of(store: &Path) -> Self {
        let store = target(store);
        let is_plain = store.extension().is_some_and(|end| end == "db");
        let root = if is_plain { store.with_extension("artifacts") } else { beside(&store, ".artifacts") };
        Self { root }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of all weights.
    pub fn weights_folder(&self) -> PathBuf {
        self.root.join(WEIGHTS)
    }

    /// Where the weights with this BLAKE3 are.
    pub fn weights(&self, digest: &str) -> PathBuf {
        self.weights_folder().join(format!("{digest}.safetensors"))
    }

    /// The folder of a fit's checkpoints.
    pub fn checkpoints(&self, fit_id: &FitId) -> PathBuf {
        self.root.join(CHECKPOINTS).join(fit_id.as_str())
    }

    /// The folder of decoded images.
    pub fn images(&self) -> PathBuf {
        self.root.join(IMAGES)
    }

    /// The folder of what workers say.
    pub fn logs(&self) -> PathBuf {
        self.root.join(LOGS)
    }

    /// The folder of what a cluster is given to do, and of what its tasks bring.
    pub fn cluster(&self) -> PathBuf {
        self.root.join(CLUSTER)
    }

    /// The folders of checkpoints that are there, by fit.
    pub(super) fn checkpointed(&self) -> Vec<FitId> {
        let entries = std::fs::read_dir(self.root.join(CHECKPOINTS)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    /// The file that names the store.
    pub(super) fn owner(&self) -> PathBuf {
        self.root.join("store")
    }

    /// The file that is locked while a process opens the store.
    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }
}

/// The file that a path leads to, where it is a link, though that is not there yet.
pub(super) fn target(path: &Path) -> PathBuf {
    match std::fs::read_link(path) {
        Ok(to) => path.canonicalize().unwrap_or_else(|_| path.parent().unwrap_or(Path::new("")).join(to)),
        Err(_) => path.into(),
    }
}

/// The file whose name is the store's with `suffix` behind it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
