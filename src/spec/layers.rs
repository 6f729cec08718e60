//! The layers that a configuration asks for, as plain numbers: what reports draw. That the networks
//! of [`model`](crate::model) are these is tested there.

use super::config::{FitConfig, GanTraining};

/// One convolution with what follows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// Whether it is a transposed convolution.
    pub transposed: bool,
    /// Side of its kernel.
    pub kernel: usize,
    /// Stride.
    pub stride: usize,
    /// Padding on each side.
    pub padding: usize,
    /// What goes in.
    pub input: Volume,
    /// What comes out.
    pub output: Volume,
    /// Whether BatchNorm follows.
    pub batch_norm: bool,
    /// What follows last.
    pub activation: Activation,
}

/// Features of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// Side in pixels.
    pub side: usize,
    /// Channels.
    pub channels: usize,
}

/// What is done to each feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing.
    None,
    /// LeakyReLU with this slope below zero.
    LeakyRelu(f64),
    /// ReLU.
    Relu,
    /// tanh.
    Tanh,
}

/// Halvings of the image between the first convolution's output and 4×4.
fn halvings(image_size: usize) -> u32 {
    (image_size / 8).ilog2()
}

/// From images to `outputs` numbers: encoders, and with one output the discriminator.
pub fn encoder(fit: &FitConfig, gan: &GanTraining, outputs: usize) -> Vec<Layer> {
    let image = Volume { side: fit.image_size, channels: fit.channels };
    let inner = (0..=halvings(fit.image_size))
        .map(|nth| Volume { side: fit.image_size >> (nth + 1), channels: gan.width << nth });
    let volumes: Vec<Volume> =
        [image].into_iter().chain(inner).chain([Volume { side: 1, channels: outputs }]).collect();
    let last = volumes.len() - 2;
    (volumes.windows(2).enumerate())
        .map(|(nth, pair)| Layer {
            transposed: false,
            kernel: 4,
            stride: if nth < last { 2 } else { 1 },
            padding: if nth < last { 1 } else { 0 },
            input: pair[0],
            output: pair[1],
            batch_norm: 0 < nth && nth < last,
            activation: if nth < last { Activation::LeakyRelu(gan.leaky_slope) } else { Activation::None },
        })
        .collect()
}

/// From the latent vector to images: the mirror of the encoder.
pub fn decoder(fit: &FitConfig, gan: &GanTraining) -> Vec<Layer> {
    let mirrored = encoder(fit, gan, gan.latent_size);
    let last = mirrored.len() - 1;
    (mirrored.iter().rev().enumerate())
        .map(|(nth, layer)| Layer {
            transposed: true,
            input: layer.output,
            output: layer.input,
            batch_norm: nth < last,
            activation: if nth < last { Activation::Relu } else { Activation::Tanh },
            ..*layer
        })
        .collect()
}
