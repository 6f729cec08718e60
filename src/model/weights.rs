use std::path::Path;

use burn::store::{ModuleSnapshot, SafetensorsStore};

/// A weights file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("weights {path}: {reason}")]
pub struct WeightsError {
    path: String,
    reason: String,
}

impl WeightsError {
    pub(crate) fn at(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// Writes the weights of `network` as safetensors.
///
/// # Errors
/// Whatever the file system says.
pub fn save_weights<M: ModuleSnapshot>(network: &M, path: &Path) -> Result<(), WeightsError> {
    let mut store = SafetensorsStore::from_file(path).overwrite(true);
    network.save_into(&mut store).map_err(|error| WeightsError::at(path, error))
}

/// Reads weights into `network`, which must have the same shape.
///
/// # Errors
/// A missing or damaged file, or weights of another shape.
pub fn load_weights<M: ModuleSnapshot>(network: &mut M, path: &Path) -> Result<(), WeightsError> {
    let mut store = SafetensorsStore::from_file(path);
    network.load_from(&mut store).map_err(|error| WeightsError::at(path, error))?;
    Ok(())
}
