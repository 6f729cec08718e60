//! What AnoGAN and GANomaly share: the settings of their training, and how residuals are measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::{Added, Part};
use super::preset::Preset;
use super::range::{count, positive, within};

/// The keys of both GANs.
pub(super) const KEYS: &[&str] = &[
    "epochs",
    "iterations",
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

/// Training by iterations came after runs had been named without it: see [`Added`].
pub(super) const ITERATIONS: Added =
    Added { part: Part::Network, key: "iterations", before: || serde_json::json!(0) };

/// Settings of both GANs, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GanSettings {
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// GANs: training steps in all, in the place of `epochs`: the last pass is cut short. 0: `epochs` decides.
    pub iterations: Option<usize>,
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
    /// Passes over the training images. Where iterations decide, as many as those take: a sweep's plan counts them.
    pub epochs: usize,
    /// Training steps in all; 0: as many as the epochs have.
    pub iterations: usize,
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
    pub iterations: usize,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub beta1: f64,
    pub width: usize,
    pub leaky_slope: f64,
    pub white_level: f64,
}

/// As the authors of both models published them.
pub(super) const PUBLISHED: GanDefaults = GanDefaults {
    epochs: 15,
    iterations: 0,
    batch_size: 64,
    learning_rate: 2e-4,
    beta1: 0.5,
    width: 64,
    leaky_slope: 0.2,
    white_level: 255.0,
};

impl GanTraining {
    /// Training steps on so many images.
    pub fn steps(&self, images: usize) -> usize {
        let of_passes = self.epochs * (images / self.batch_size);
        if self.iterations > 0 { self.iterations.min(of_passes) } else { of_passes }
    }

    /// With the passes that its iterations take over so many images, the last one cut short.
    pub fn count_passes(&mut self, images: usize) {
        let a_pass = images / self.batch_size;
        if self.iterations > 0 && a_pass > 0 {
            self.epochs = self.iterations.div_ceil(a_pass);
        }
    }
}

impl GanSettings {
    /// The training with every default filled in.
    pub(super) fn training(&self, defaults: &GanDefaults) -> GanTraining {
        GanTraining {
            epochs: self.epochs.unwrap_or(defaults.epochs),
            // Epochs that a file gives take the place of a preset's iterations.
            iterations: self.iterations.unwrap_or(if self.epochs.is_some() {
                0
            } else {
                defaults.iterations
            }),
            batch_size: self.batch_size.unwrap_or(defaults.batch_size),
            learning_rate: self.learning_rate.unwrap_or(defaults.learning_rate),
            beta1: self.beta1.unwrap_or(defaults.beta1),
            width: self.width.unwrap_or(defaults.width),
            latent_size: self.latent_size.unwrap_or(100),
            precision: self.precision.unwrap_or(Precision::F32),
            leaky_slope: self.leaky_slope.unwrap_or(defaults.leaky_slope),
            white_level: self.white_level.unwrap_or(defaults.white_level),
            augment: self.augment.unwrap_or(Augment::None),
        }
    }

    /// Checks the range of every value that is given.
    pub(super) fn check(&self) -> Result<(), String> {
        within("beta1", self.beta1, |v| (0.0..1.0).contains(&v), "must be 0 or more and below 1")?;
        within(
            "leaky_slope",
            self.leaky_slope,
            |v| (0.0..1.0).contains(&v),
            "must be 0 or more and below 1",
        )?;
        let gray = "is a gray level and must lie from 1 to 255";
        within("white_level", self.white_level, |v| (1.0..=255.0).contains(&v), gray)?;
        if self.batch_size == Some(1) {
            return Err("`batch_size` must be at least 2: BatchNorm needs more than one image".into());
        }
        count("epochs", self.epochs, 1_000_000)?;
        count("iterations", self.iterations.filter(|steps| *steps > 0), 1_000_000_000)?;
        count("batch_size", self.batch_size, 65_536)?;
        count("width", self.width, 4096)?;
        count("latent_size", self.latent_size, 65_536)?;
        positive("learning_rate", self.learning_rate)
    }
}
