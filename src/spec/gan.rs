//! What AnoGAN and GANomaly share: the settings of their training, and how residuals are measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::preset::Preset;
use super::range::{count, positive, within};

/// The keys of both GANs.
pub(super) const KEYS: &[&str] = &[
    "epochs",
    "batch_size",
    "learning_rate",
    "beta1",
    "width",
    "latent_size",
    "preset",
    "precision",
    "leaky_slope",
    "white_level",
    "augment",
    "residual",
];

/// Settings of both GANs, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GanSettings {
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// Images per training step; an incomplete last batch is dropped.
    pub batch_size: Option<usize>,
    /// Adam's learning rate.
    pub learning_rate: Option<f64>,
    /// Adam's β₁, in 0..1.
    pub beta1: Option<f64>,
    /// Channels of the first convolution; doubled at each halving of the image.
    pub width: Option<usize>,
    /// Length of the latent vector.
    pub latent_size: Option<usize>,
    /// Defaults to start from.
    pub preset: Option<Preset>,
    /// GANs: number format of the convolutions.
    pub precision: Option<Precision>,
    /// GANs: slope of LeakyReLU below zero in encoders and discriminator.
    pub leaky_slope: Option<f64>,
    /// GANs: the gray level that becomes +1 (0 becomes −1), in 1..=255. Under 255, bright pixels lie
    /// beyond what tanh can reach.
    pub white_level: Option<f64>,
    /// GANs: random changes of the training images.
    pub augment: Option<Augment>,
    /// GANs and PCA: how a residual is measured when images are judged.
    pub residual: Option<Residual>,
}

/// Settings of the training of both GANs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GanTraining {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images per training step.
    pub batch_size: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Adam's β₁.
    pub beta1: f64,
    /// Channels of the first convolution.
    pub width: usize,
    /// Length of the latent vector.
    pub latent_size: usize,
    /// Number format of the convolutions.
    pub precision: Precision,
    /// Slope of LeakyReLU below zero.
    pub leaky_slope: f64,
    /// The gray level that becomes +1.
    pub white_level: f64,
    /// Random changes of the training images.
    pub augment: Augment,
}

/// Random changes of the training images that leave a normal image normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Augment {
    /// None.
    None,
    /// Left to right.
    Flip,
    /// The eight symmetries of the square: flips and quarter turns.
    Dihedral,
}

/// Number format of the convolutions, in training and when images are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats. On CUDA, burn takes TF32 wherever a tensor-core kernel turns out fastest, and
    /// offers no choice; the CPU computes in full.
    F32,
    /// The convolutions multiply in bfloat16; weights, their updates, BatchNorm and losses stay
    /// 32-bit, as in PyTorch's automatic mixed precision. Fast on GPUs with tensor cores, slow on a CPU.
    Bf16,
}

/// How the residual x − x̂ of an image becomes one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Residual {
    /// |x − x̂|, as published.
    Absolute,
    /// (x − x̂)²: a small defect weighs more than an even blur.
    Squared,
    /// ((x − x̂)/σ)² with each pixel's own σ on held-out normal images: where the model always errs,
    /// an error says little.
    Weighted,
}

/// The part of the training that presets decide.
pub(super) struct GanDefaults {
    pub epochs: usize,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub leaky_slope: f64,
}

/// As the authors of both models published them.
pub(super) const PUBLISHED: GanDefaults =
    GanDefaults { epochs: 15, batch_size: 64, learning_rate: 2e-4, leaky_slope: 0.2 };

impl GanSettings {
    /// The training with every default filled in.
    pub(super) fn training(&self, defaults: &GanDefaults) -> GanTraining {
        GanTraining {
            epochs: self.epochs.unwrap_or(defaults.epochs),
            batch_size: self.batch_size.unwrap_or(defaults.batch_size),
            learning_rate: self.learning_rate.unwrap_or(defaults.learning_rate),
            beta1: self.beta1.unwrap_or(0.5),
            width: self.width.unwrap_or(64),
            latent_size: self.latent_size.unwrap_or(100),
            precision: self.precision.unwrap_or(Precision::F32),
            leaky_slope: self.leaky_slope.unwrap_or(defaults.leaky_slope),
            white_level: self.white_level.unwrap_or(255.0),
            augment: self.augment.unwrap_or(Augment::None),
        }
    }

    /// Checks the range of every value that is given.
    pub(super) fn check(&self) -> Result<(), String> {
        within("beta1", self.beta1, |v| (0.0..1.0).contains(&v), "must lie in 0..1")?;
        within("leaky_slope", self.leaky_slope, |v| (0.0..1.0).contains(&v), "must lie in 0..1")?;
        let gray = "is a gray level and must lie in 1..=255";
        within("white_level", self.white_level, |v| (1.0..=255.0).contains(&v), gray)?;
        if self.batch_size == Some(1) {
            return Err("`batch_size` must be at least 2: BatchNorm needs more than one image".into());
        }
        count("epochs", self.epochs, 1_000_000)?;
        count("batch_size", self.batch_size, 65_536)?;
        count("width", self.width, 4096)?;
        count("latent_size", self.latent_size, 65_536)?;
        positive("learning_rate", self.learning_rate)
    }
}
