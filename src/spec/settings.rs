//! The keys that a sweep file may have, and what they become.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The models, and the arithmetic that they must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// A DCGAN and a search of its latent space (Schlegl et al. 2017).
    Anogan,
    /// Encoder–decoder–encoder with a discriminator (Akcay et al. 2018).
    Ganomaly,
    /// Baseline: error of the reconstruction from principal components.
    Pca,
    /// Baseline: distance to the nearest training image.
    Nearest,
    /// Baseline: mean brightness.
    Brightness,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Anogan, Self::Ganomaly, Self::Pca, Self::Nearest, Self::Brightness];

    /// The name as written in sweep files and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anogan => "anogan",
            Self::Ganomaly => "ganomaly",
            Self::Pca => "pca",
            Self::Nearest => "nearest",
            Self::Brightness => "brightness",
        }
    }

    /// The model of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// The name in figures, as its authors write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anogan => "AnoGAN",
            Self::Ganomaly => "GANomaly",
            Self::Pca => "PCA",
            Self::Nearest => "Nearest image",
            Self::Brightness => "Brightness",
        }
    }

    /// The settings that this model alone knows.
    pub(super) fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Anogan => ANOGAN_KEYS,
            Self::Ganomaly => GANOMALY_KEYS,
            Self::Pca => &["components"],
            Self::Nearest => &[],
            Self::Brightness => &["direction"],
        }
    }

    /// The settings that may stand in this model's own part of the grid.
    pub(super) fn keys(self) -> Vec<&'static str> {
        let shared: &[&str] = match self {
            Self::Anogan | Self::Ganomaly => GAN_KEYS,
            Self::Pca => &["residual"],
            Self::Nearest | Self::Brightness => &[],
        };
        [&COMMON_KEYS[1..], shared, self.own_keys()].concat()
    }
}

/// A named set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// GANomaly as its authors published it.
    Akcay2018,
    /// AnoGAN as its authors published it.
    Schlegl2017,
    /// The settings of the followed paper (Ye 2022) with its quirks: a second encoder that is never
    /// trained and whose place the first one takes in the score, LeakyReLU 0.3 in GANomaly, a search
    /// that starts from U(0, 1). Not rebuilt: the dropout in AnoGAN's discriminator, and the dense
    /// layer that its search carried from one image to the next, by which a score depended on the
    /// order of the images. Its scaling of the cloud images is `white_level = 63`.
    Ye2022,
}

/// GANomaly's anomaly score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GanomalyScore {
    /// Mean over the latent vector of (z − ẑ)²: the authors' code.
    Latent,
    /// Sum over the latent vector of |z − ẑ|: the paper's text.
    LatentL1,
    /// Mean over the pixels of |x − x̂|.
    Contextual,
    /// `latent` and `contextual`, each standardised on held-out normal images, added.
    Combined,
}

/// Which statistics BatchNorm uses when test images are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchNormMode {
    /// Statistics gathered in training: a score depends on its image alone.
    Running,
    /// Statistics of the batch that is scored, as in the authors' code.
    Batch,
}

/// How AnoGAN's two losses are reduced over pixels and features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// Sums, as in the paper: the meaning of λ then depends on the image size.
    Sum,
    /// Means: λ weighs alike at every size.
    Mean,
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

/// Where AnoGAN's search begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SearchStart {
    /// N(0, 1), as the generator was trained.
    Normal,
    /// U(0, 1), as in the followed paper.
    Uniform,
    /// The trained encoder's guess (Schlegl et al. 2019, f-AnoGAN); needs `encoder = true`.
    Encoder,
}

/// Which encoder makes ẑ of the reconstruction when images are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LatentEncoder {
    /// E, as its authors wrote it.
    Second,
    /// G_E again, as in the followed paper.
    First,
}

/// When generator and discriminator learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Updates {
    /// Both from the same state.
    Simultaneous,
    /// The discriminator first; the generator then faces the updated one.
    Alternating,
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

/// What brightness counts as anomalous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Dark images: minus the mean pixel.
    Dark,
    /// Bright images: the mean pixel.
    Bright,
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

/// Everything that `[base]` and the grids may set. What is absent takes the preset's value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Model to train.
    pub model: Option<Model>,
    /// Side of the square images in pixels: 16, 32, 64, 128 or 256.
    pub image_size: Option<usize>,
    /// 1 (gray) or 3 (RGB).
    pub channels: Option<usize>,
    /// Seed of initialisation, shuffling, noise and the held-out share.
    pub seed: Option<u64>,
    /// Passes over the training images.
    pub epochs: Option<usize>,
    /// Images a training step; an incomplete last batch is dropped.
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
    /// Share of the normal training images kept out of training for the threshold, in 0..1.
    pub holdout: Option<f64>,
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
    /// GANomaly: whether the second encoder learns.
    pub train_second_encoder: Option<bool>,
    /// GANomaly: which encoder makes ẑ when images are judged.
    pub latent_encoder: Option<LatentEncoder>,
    /// AnoGAN: when generator and discriminator learn.
    pub updates: Option<Updates>,
    /// AnoGAN: the discriminator's target on real images is 1 minus this, in 0..0.5.
    pub label_smoothing: Option<f64>,
    /// AnoGAN: train an encoder from images to latent vectors beside it (f-AnoGAN's izi).
    pub encoder: Option<bool>,
    /// AnoGAN: where the latent search begins.
    pub start: Option<SearchStart>,
    /// PCA: number of principal components.
    pub components: Option<usize>,
    /// Brightness: what counts as anomalous.
    pub direction: Option<Direction>,
    /// GANomaly: weight of the adversarial (feature matching) loss.
    pub w_adv: Option<f64>,
    /// GANomaly: weight of the contextual (reconstruction) loss.
    pub w_con: Option<f64>,
    /// GANomaly: weight of the encoder (latent) loss.
    pub w_enc: Option<f64>,
    /// GANomaly: what is taken as the anomaly score.
    pub score: Option<GanomalyScore>,
    /// GANomaly: BatchNorm statistics at test time.
    pub batch_norm: Option<BatchNormMode>,
    /// AnoGAN: λ, the weight of the discrimination loss, in 0..=1.
    pub lambda: Option<f64>,
    /// AnoGAN: steps of the latent search; 0 takes the encoder's guess as it is.
    pub search_steps: Option<usize>,
    /// AnoGAN: Adam's learning rate in the latent search.
    pub search_learning_rate: Option<f64>,
    /// AnoGAN: independent starts of the latent search; the lowest loss counts.
    pub restarts: Option<usize>,
    /// AnoGAN: reduction of its two losses.
    pub reduction: Option<Reduction>,
}

/// Keys that only GANomaly knows.
const GANOMALY_KEYS: &[&str] =
    &["w_adv", "w_con", "w_enc", "score", "batch_norm", "train_second_encoder", "latent_encoder"];
/// Keys that only AnoGAN knows.
const ANOGAN_KEYS: &[&str] = &[
    "updates",
    "label_smoothing",
    "encoder",
    "lambda",
    "search_steps",
    "search_learning_rate",
    "restarts",
    "reduction",
    "start",
];
/// Keys of every model; in `[grid]` the others ignore what is not theirs.
pub(super) const COMMON_KEYS: &[&str] = &["model", "image_size", "channels", "seed", "holdout"];
/// Keys of both GANs.
pub(super) const GAN_KEYS: &[&str] = &[
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

/// Every key that a setting can have.
pub(super) fn all_keys() -> Vec<&'static str> {
    let own = Model::ALL.into_iter().flat_map(Model::own_keys).copied();
    COMMON_KEYS.iter().chain(GAN_KEYS).copied().chain(own).collect()
}

impl Settings {
    /// Checks the range of every value that is set; the error says what is allowed.
    pub fn check(&self) -> Result<(), String> {
        // The upper ends are far beyond what is of use: they catch slips before memory does.
        let count = |name: &str, value: Option<usize>, most: usize| match value {
            Some(v) if !(1..=most).contains(&v) => Err(format!("`{name}` must lie in 1..={most}, not {v}")),
            _ => Ok(()),
        };
        let positive = |name: &str, value: Option<f64>| match value {
            Some(v) if !(v.is_finite() && v > 0.0) => {
                Err(format!("`{name}` must be a positive number, not {v}"))
            }
            _ => Ok(()),
        };
        let weight = |name: &str, value: Option<f64>| match value {
            Some(v) if !(v.is_finite() && v >= 0.0) => {
                Err(format!("`{name}` is a loss weight and cannot be {v}; it must be 0 or more"))
            }
            _ => Ok(()),
        };
        if let Some(size) = self.image_size
            && !(size.is_power_of_two() && (16..=256).contains(&size))
        {
            return Err(format!(
                "`image_size` must be a power of two from 16 to 256 (16, 32, 64, 128, 256), not {size}"
            ));
        }
        if let Some(channels) = self.channels
            && channels != 1
            && channels != 3
        {
            return Err(format!("`channels` must be 1 (gray) or 3 (RGB), not {channels}"));
        }
        if let Some(seed) = self.seed
            && i64::try_from(seed).is_err()
        {
            return Err(format!("`seed` must fit in 63 bits, {seed} does not"));
        }
        if let Some(lambda) = self.lambda
            && !(0.0..=1.0).contains(&lambda)
        {
            return Err(format!("`lambda` must lie in 0..=1, not {lambda}"));
        }
        if let Some(beta1) = self.beta1
            && !(0.0..1.0).contains(&beta1)
        {
            return Err(format!("`beta1` must lie in 0..1, not {beta1}"));
        }
        if let Some(holdout) = self.holdout
            && !(0.0..1.0).contains(&holdout)
        {
            return Err(format!("`holdout` is a share and must lie in 0..1, not {holdout}"));
        }
        if let Some(slope) = self.leaky_slope
            && !(0.0..1.0).contains(&slope)
        {
            return Err(format!("`leaky_slope` must lie in 0..1, not {slope}"));
        }
        if let Some(level) = self.white_level
            && !(1.0..=255.0).contains(&level)
        {
            return Err(format!("`white_level` is a gray level and must lie in 1..=255, not {level}"));
        }
        if let Some(smoothing) = self.label_smoothing
            && !(0.0..0.5).contains(&smoothing)
        {
            return Err(format!("`label_smoothing` must lie in 0..0.5, not {smoothing}"));
        }
        if self.batch_size == Some(1) {
            return Err("`batch_size` must be at least 2: BatchNorm needs more than one image".into());
        }
        count("epochs", self.epochs, 1_000_000)?;
        count("batch_size", self.batch_size, 65_536)?;
        count("width", self.width, 4096)?;
        count("latent_size", self.latent_size, 65_536)?;
        count("components", self.components, 65_536)?;
        count("restarts", self.restarts, 1000)?;
        if let Some(steps) = self.search_steps
            && steps > 1_000_000
        {
            return Err(format!("`search_steps` must be at most 1000000, not {steps}"));
        }
        positive("learning_rate", self.learning_rate)?;
        positive("search_learning_rate", self.search_learning_rate)?;
        weight("w_adv", self.w_adv)?;
        weight("w_con", self.w_con)?;
        weight("w_enc", self.w_enc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_lists_name_every_field() {
        let all = serde_json::to_value(Settings::default()).unwrap();
        let mut fields: Vec<_> = all.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = all_keys();
        fields.sort();
        listed.sort();
        assert_eq!(fields, listed);
    }
}
