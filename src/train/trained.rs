//! What training leaves: written and read as safetensors.

use std::path::Path;

use burn::tensor::Device;

use crate::data::Nearest;
use crate::model::{
    Dcgan, Dtype, Ganomaly, Pca, Shape, WeightsError, load_weights, read_tensor, save_tensors, save_weights,
};
use crate::random::rng;
use crate::spec::{AnoganTraining, FitConfig, Network};

/// What training leaves, ready to judge images.
#[derive(Debug, Clone)]
pub enum Trained {
    /// AnoGAN's generator, discriminator and (where trained) encoder.
    Anogan(Box<Dcgan>),
    /// GANomaly's four networks.
    Ganomaly(Box<Ganomaly>),
    /// Principal components.
    Pca(Pca),
    /// The training images themselves.
    Nearest(Nearest),
    /// Nothing.
    Brightness,
}

impl Trained {
    /// Writes what was learnt as safetensors.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn save(&self, path: &Path) -> Result<(), WeightsError> {
        match self {
            Self::Anogan(network) => save_weights(network.as_ref(), path),
            Self::Ganomaly(network) => save_weights(network.as_ref(), path),
            Self::Pca(pca) => save_pca(pca, path),
            Self::Nearest(nearest) => save_nearest(nearest, path),
            Self::Brightness => save_tensors(&[], path),
        }
    }
}

/// Reads back what a fit has learnt.
///
/// # Errors
/// A missing or damaged file.
pub fn load(config: &FitConfig, weights: &Path, device: &Device) -> Result<Trained, WeightsError> {
    Ok(match &config.network {
        Network::Anogan(training) => {
            let mut network = fresh_dcgan(config, training, device);
            load_weights(&mut network, weights)?;
            Trained::Anogan(Box::new(network))
        }
        Network::Ganomaly(training) => {
            let mut network = fresh_ganomaly(config, Shape::of(config, &training.gan), device);
            load_weights(&mut network, weights)?;
            Trained::Ganomaly(Box::new(network))
        }
        Network::Pca { .. } => Trained::Pca(load_pca(weights)?),
        Network::Nearest => Trained::Nearest(load_nearest(weights)?),
        Network::Brightness => Trained::Brightness,
    })
}

/// AnoGAN's networks with the fresh weights of the configuration's seed.
pub(crate) fn fresh_dcgan(config: &FitConfig, training: &AnoganTraining, device: &Device) -> Dcgan {
    let (shape, mut rng) = (Shape::of(config, &training.gan), rng(config.seed, "weights", 0));
    Dcgan::new(shape, training.discriminator, training.encoder, &mut rng, device)
}

/// GANomaly's networks with the fresh weights of the configuration's seed.
pub(crate) fn fresh_ganomaly(config: &FitConfig, shape: Shape, device: &Device) -> Ganomaly {
    Ganomaly::new(shape, &mut rng(config.seed, "weights", 0), device)
}

fn save_pca(pca: &Pca, path: &Path) -> Result<(), WeightsError> {
    let length = pca.mean.len();
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let tensors = [
        ("mean", Dtype::F32, vec![length], bytes(&pca.mean)),
        ("components", Dtype::F32, vec![pca.components.len() / length, length], bytes(&pca.components)),
    ];
    save_tensors(&tensors, path)
}

fn load_pca(path: &Path) -> Result<Pca, WeightsError> {
    let floats = |name: &str| -> Result<Vec<f32>, WeightsError> {
        let (_, bytes) = read_tensor(path, name, Dtype::F32)?;
        Ok(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
    };
    Ok(Pca { mean: floats("mean")?, components: floats("components")? })
}

fn save_nearest(nearest: &Nearest, path: &Path) -> Result<(), WeightsError> {
    let bytes = nearest.bytes().to_vec();
    let shape = vec![bytes.len() / nearest.length(), nearest.length()];
    save_tensors(&[("images", Dtype::U8, shape, bytes)], path)
}

fn load_nearest(path: &Path) -> Result<Nearest, WeightsError> {
    let (shape, bytes) = read_tensor(path, "images", Dtype::U8)?;
    match shape[..] {
        [_, length] if length > 0 => Ok(Nearest::new(bytes, length)),
        _ => Err(WeightsError::at(path, "images of no size")),
    }
}
