use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The models that can be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// A DCGAN and a search of its latent space (Schlegl et al. 2017).
    Anogan,
    /// Encoder–decoder–encoder with a discriminator (Akcay et al. 2018).
    Ganomaly,
}

impl Model {
    /// The name as written in sweep files and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anogan => "anogan",
            Self::Ganomaly => "ganomaly",
        }
    }

    /// The name as its authors write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anogan => "AnoGAN",
            Self::Ganomaly => "GANomaly",
        }
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
    /// Optimiser, batch and search settings of the followed paper (Ye 2022).
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

/// Number format of training on devices that offer a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    F32,
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
    /// Number format.
    pub precision: Option<Precision>,
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
    /// AnoGAN: steps of the latent search.
    pub search_steps: Option<usize>,
    /// AnoGAN: Adam's learning rate in the latent search.
    pub search_learning_rate: Option<f64>,
    /// AnoGAN: independent starts of the latent search; the lowest loss counts.
    pub restarts: Option<usize>,
    /// AnoGAN: reduction of its two losses.
    pub reduction: Option<Reduction>,
}

/// Keys that only GANomaly knows.
pub(super) const GANOMALY_KEYS: &[&str] = &["w_adv", "w_con", "w_enc", "score", "batch_norm"];
/// Keys that only AnoGAN knows.
pub(super) const ANOGAN_KEYS: &[&str] =
    &["lambda", "search_steps", "search_learning_rate", "restarts", "reduction"];
/// Keys of every model.
pub(super) const COMMON_KEYS: &[&str] = &[
    "model",
    "image_size",
    "channels",
    "seed",
    "epochs",
    "batch_size",
    "learning_rate",
    "beta1",
    "width",
    "latent_size",
    "preset",
    "holdout",
    "precision",
];

impl Settings {
    /// Checks the range of every value that is set; the error says what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let at_least_one = |name: &str, value: Option<usize>| match value {
            Some(0) => Err(format!("`{name}` must be at least 1")),
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
        if self.batch_size == Some(1) {
            return Err("`batch_size` must be at least 2: BatchNorm needs more than one image".into());
        }
        at_least_one("epochs", self.epochs)?;
        at_least_one("batch_size", self.batch_size)?;
        at_least_one("width", self.width)?;
        at_least_one("latent_size", self.latent_size)?;
        at_least_one("search_steps", self.search_steps)?;
        at_least_one("restarts", self.restarts)?;
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
        let mut fields: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
        let mut listed: Vec<_> =
            [COMMON_KEYS, GANOMALY_KEYS, ANOGAN_KEYS].concat().iter().map(|key| key.to_string()).collect();
        fields.sort();
        listed.sort();
        assert_eq!(fields, listed);
    }
}
