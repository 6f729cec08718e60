//! The networks and losses of AnoGAN and GANomaly, pure functions of tensors; and what the baselines
//! learn.

mod blocks;
mod convolution;
mod dcgan;
mod dropout;
mod ganomaly;
pub mod loss;
mod normalisation;
mod pca;
mod weights;

pub use crate::spec::layers::Shape;
pub use blocks::{Decoder, Encoder};
pub use dcgan::Dcgan;
pub use dropout::Dropout;
pub use ganomaly::{Ganomaly, Reconstruction};
pub use pca::{Pca, PcaError};
pub use weights::{
    Dtype, WeightsError, load_weights, read_tensor, save_tensors, save_weights, tensors_alone,
};
