//! The networks and losses of AnoGAN and GANomaly: pure functions of tensors.

mod blocks;
mod dcgan;
mod ganomaly;
pub mod loss;
mod weights;

pub use blocks::{Decoder, Encoder};
pub use dcgan::Dcgan;
pub use ganomaly::{Ganomaly, Reconstruction};
pub use weights::{WeightsError, load_weights, save_weights};

/// The shape of a network: everything its layers depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Side of the images in pixels, a power of two from 16 on.
    pub image_size: usize,
    /// Channels of the images.
    pub channels: usize,
    /// Channels of the first convolution; doubled at each halving of the image.
    pub width: usize,
    /// Length of the latent vector.
    pub latent_size: usize,
}
