//! Everything that is learnt is kept as safetensors, networks and baselines alike.

use std::path::{Path, PathBuf};

use burn::store::{ModuleSnapshot, SafetensorsStore};
pub use safetensors::tensor::Dtype;
use safetensors::tensor::{SafeTensors, TensorView};

/// A weights file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("weights {}: {source}", path.display())]
pub struct WeightsError {
    path: PathBuf,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl WeightsError {
    pub(crate) fn at(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { path: path.into(), source: source.into() }
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

/// The same tensors, without whatever else a file of them held: files of equal tensors are equal.
///
/// # Errors
/// Bytes that are no safetensors.
pub fn tensors_alone(file: &[u8]) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    safetensors::serialize(SafeTensors::deserialize(file)?.iter(), None)
}

/// Writes named tensors, each with its type, shape and little-endian bytes.
///
/// # Errors
/// Whatever the file system says.
pub fn save_tensors(tensors: &[(&str, Dtype, Vec<usize>, Vec<u8>)], path: &Path) -> Result<(), WeightsError> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| WeightsError::at(path, error))?;
    safetensors::serialize_to_file(views, None, path).map_err(|error| WeightsError::at(path, error))
}

/// Reads one tensor: its shape and bytes.
///
/// # Errors
/// A missing or damaged file, no such tensor, another type.
pub fn read_tensor(path: &Path, name: &str, dtype: Dtype) -> Result<(Vec<usize>, Vec<u8>), WeightsError> {
    let bytes = std::fs::read(path).map_err(|error| WeightsError::at(path, error))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| WeightsError::at(path, error))?;
    let view = file.tensor(name).map_err(|error| WeightsError::at(path, error))?;
    if view.dtype() != dtype {
        return Err(WeightsError::at(path, format!("`{name}` has another type")));
    }
    Ok((view.shape().to_vec(), view.data().to_vec()))
}
