//! The networks and losses of AnoGAN and GANomaly, pure functions of tensors; and what the baselines
//! learn.

mod blocks;
mod convolution;
mod dcgan;
mod ganomaly;
pub mod loss;
mod pca;
mod weights;

use crate::spec::{FitConfig, GanTraining, Precision};
pub use blocks::{Decoder, Encoder};
pub use dcgan::Dcgan;
pub use ganomaly::{Ganomaly, Reconstruction};
pub use pca::{Pca, PcaError};
pub use weights::{Dtype, WeightsError, load_weights, read_tensor, save_tensors, save_weights};

/// The shape of a network: everything its layers depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Side of the images in pixels, a power of two from 16 on.
    pub image_size: usize,
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the first convolution; doubled at each halving of the image.
    pub width: usize,
    /// Length of the latent vector.
    pub latent_size: usize,
    /// Slope of LeakyReLU below zero.
    pub leaky_slope: f64,
    /// Number format of the convolutions.
    pub precision: Precision,
}

impl Shape {
    /// The shape that a configuration asks for.
    pub fn of(config: &FitConfig, gan: &GanTraining) -> Self {
        Self {
            image_size: config.image_size,
            channels: config.channels,
            width: gan.width,
            latent_size: gan.latent_size,
            leaky_slope: gan.leaky_slope,
            precision: gan.precision,
        }
    }
}
