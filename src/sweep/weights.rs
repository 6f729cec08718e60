//! Weights files are named by their content and checked when read.

use std::path::Path;

use crate::atomic_file::{digest, read_verified, write_whole};
use crate::model::{WeightsError, tensors_alone};
use crate::store::Store;
use crate::train::Trained;

/// Writes weights and gives back their digest. The file appears whole or not at all.
pub(super) fn keep(trained: &Trained, store: &Store) -> Result<String, super::SweepError> {
    let folder = store.artifacts().weights_folder();
    let at = |what: &str| super::SweepError::io(format!("{what} in {}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(at("cannot keep weights"))?;
    let partial = tempfile::Builder::new()
        .suffix(".safetensors")
        .tempfile_in(&folder)
        .map_err(at("cannot keep weights"))?
        .into_temp_path();
    trained.save(&partial)?;
    let bytes = std::fs::read(&partial).map_err(at("cannot read back weights"))?;
    let bytes = tensors_alone(&bytes).map_err(|error| WeightsError::at(&partial, error))?;
    let digest = digest(&bytes);
    write_whole(&store.artifacts().weights(&digest), &[&bytes]).map_err(at("cannot keep weights"))?;
    Ok(digest)
}

/// Checks that a weights file is what its name says.
pub(super) fn verify(path: &Path, digest: &str) -> Result<(), WeightsError> {
    if !path.is_file() {
        let help = "not there; bring the store's folder of artifacts back beside it, or train them again with \
                    `anolab sweep run` and the file of a sweep that has this run";
        return Err(WeightsError::at(path, help));
    }
    read_verified(path, digest).map(drop).map_err(|error| WeightsError::at(path, error))
}
