//! The layers of the networks, as plain numbers: what [`model`](crate::model) builds, what memory and work are
//! counted from, and what reports draw.

use super::anogan::Discriminator;
use super::config::FitConfig;
use super::gan::{GanTraining, Precision};

/// Everything that the layers of a GAN's networks depend on.
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

impl Shape {
    /// The shape that a configuration asks for.
    pub fn of(fit: &FitConfig, gan: &GanTraining) -> Self {
        Self {
            image_size: fit.image_size,
            channels: fit.channels,
            width: gan.width,
            latent_size: gan.latent_size,
            leaky_slope: gan.leaky_slope,
            precision: gan.precision,
        }
    }

    /// From images to `outputs` numbers: encoders, and with one output the discriminator. Stride-2
    /// convolutions down to 4×4, then one 4×4 convolution (Akcay et al. 2018, and their code).
    pub fn encoder(&self, outputs: usize) -> Vec<Layer> {
        let image = Volume { side: self.image_size, channels: self.channels };
        let inner = (0..=self.halvings())
            .map(|nth| Volume { side: self.image_size >> (nth + 1), channels: self.width << nth });
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
                activation: if nth < last {
                    Activation::LeakyRelu(self.leaky_slope)
                } else {
                    Activation::None
                },
            })
            .collect()
    }

    /// AnoGAN's discriminator, from images to one logit.
    pub fn discriminator(&self, kind: Discriminator) -> Vec<Layer> {
        match kind {
            Discriminator::Trunk => self.encoder(1),
            Discriminator::Plain => {
                let half = Self { width: (self.width / 2).max(1), ..*self };
                let layers = half.encoder(1).into_iter();
                layers.map(|layer| Layer { batch_norm: false, ..layer }).collect()
            }
        }
    }

    /// From the latent vector to images: the mirror of the encoder, with ReLU, and tanh at the end.
    pub fn decoder(&self) -> Vec<Layer> {
        let mirrored = self.encoder(self.latent_size);
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

    /// Halvings of the image between the first convolution's output and 4×4.
    fn halvings(&self) -> u32 {
        (self.image_size / 8).ilog2()
    }
}
