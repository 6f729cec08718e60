//! GANomaly (Akcay et al. 2018): its settings, their defaults and what they may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::added::{Added, Part};
use super::gan::{GanDefaults, GanTraining, ITERATIONS, PUBLISHED, Residual};
use super::preset::Preset;
use super::range::loss_weight;

/// The keys that GANomaly alone knows.
pub(super) const KEYS: &[&str] = &[
    "w_adv",
    "w_con",
    "w_enc",
    "feature_matching",
    "score",
    "batch_norm",
    "train_second_encoder",
    "latent_encoder",
];

/// Settings that came after runs had been named without them: see [`Added`].
pub(super) const ADDED: &[Added] =
    &[ITERATIONS, Added { part: Part::Network, key: "feature_matching", before: || json!("image") }];

/// Settings of GANomaly, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GanomalySettings {
    /// GANomaly: weight of the adversarial (feature matching) loss.
    pub w_adv: Option<f64>,
    /// GANomaly: weight of the contextual (reconstruction) loss.
    pub w_con: Option<f64>,
    /// GANomaly: weight of the encoder (latent) loss.
    pub w_enc: Option<f64>,
    /// GANomaly: what the features of an image are matched with in the adversarial loss.
    pub feature_matching: Option<FeatureMatching>,
    /// GANomaly: what is taken as the anomaly score.
    pub score: Option<GanomalyScore>,
    /// GANomaly: BatchNorm statistics at test time.
    pub batch_norm: Option<BatchNormMode>,
    /// GANomaly: whether the second encoder learns.
    pub train_second_encoder: Option<bool>,
    /// GANomaly: which encoder makes ẑ when images are judged.
    pub latent_encoder: Option<LatentEncoder>,
}

/// Settings of GANomaly's training; L = w_adv·L_adv + w_con·L_con + w_enc·L_enc.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GanomalyTraining {
    /// Those of both GANs.
    #[serde(flatten)]
    pub gan: GanTraining,
    /// Weight of the adversarial (feature matching) loss.
    pub w_adv: f64,
    /// Weight of the contextual (reconstruction) loss.
    pub w_con: f64,
    /// Weight of the encoder (latent) loss.
    pub w_enc: f64,
    /// What features are matched with in L_adv.
    pub feature_matching: FeatureMatching,
    /// Whether the second encoder learns.
    pub train_second_encoder: bool,
}

/// What the features f(x) of an image are matched with in L_adv.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeatureMatching {
    /// f(x̂) of its own reconstruction: the authors' code.
    Image,
    /// The mean of f(x̂) over the batch, E f(G(x)): the formula of both papers, and the followed paper's code.
    Mean,
}

/// GANomaly's single pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// What is taken as the score.
    pub score: GanomalyScore,
    /// BatchNorm statistics.
    pub batch_norm: BatchNormMode,
    /// Which encoder makes ẑ.
    pub latent_encoder: LatentEncoder,
    /// How the residual is measured.
    pub residual: Residual,
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

/// Which encoder makes ẑ of the reconstruction when images are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LatentEncoder {
    /// E, as its authors wrote it.
    Second,
    /// G_E again, as in the followed paper.
    First,
}

/// What a preset says of the training of all networks.
pub(super) fn training_defaults(preset: Preset) -> GanDefaults {
    match preset {
        Preset::Ye2022 => GanDefaults {
            epochs: 11, // 1000 iterations of 32 images are 11 passes over 2,875 castings
            batch_size: 32,
            learning_rate: 1e-3,
            leaky_slope: 0.3,
            ..PUBLISHED
        },
        Preset::Ye2022Casting => GanDefaults {
            iterations: 1000,
            batch_size: 32,
            learning_rate: 1e-3,
            beta1: 0.9,
            leaky_slope: 0.3,
            ..PUBLISHED
        },
        Preset::Ye2022Cloud => GanDefaults {
            iterations: 1000,
            batch_size: 50,
            learning_rate: 1e-3,
            beta1: 0.9,
            width: 128,
            leaky_slope: 0.3,
            white_level: 63.0,
            ..PUBLISHED
        },
        _ => PUBLISHED,
    }
}

/// Whether a preset is of the followed paper, whose code uses the first encoder twice.
fn is_of_ye(preset: Preset) -> bool {
    matches!(preset, Preset::Ye2022 | Preset::Ye2022Casting | Preset::Ye2022Cloud)
}

impl GanomalySettings {
    /// The training with every default filled in.
    pub(super) fn training(&self, gan: GanTraining, preset: Preset) -> GanomalyTraining {
        let matching = match preset {
            Preset::Ye2022Casting | Preset::Ye2022Cloud => FeatureMatching::Mean,
            _ => FeatureMatching::Image,
        };
        GanomalyTraining {
            gan,
            w_adv: self.w_adv.unwrap_or(1.0),
            w_con: self.w_con.unwrap_or(50.0),
            w_enc: self.w_enc.unwrap_or(1.0),
            feature_matching: self.feature_matching.unwrap_or(matching),
            train_second_encoder: self.train_second_encoder.unwrap_or(!is_of_ye(preset)),
        }
    }

    /// The pass that judges images with every default filled in.
    pub(super) fn pass(&self, residual: Option<Residual>, preset: Preset) -> Pass {
        let latent_encoder = if is_of_ye(preset) { LatentEncoder::First } else { LatentEncoder::Second };
        let score = match preset {
            Preset::Ye2022Casting | Preset::Ye2022Cloud => GanomalyScore::LatentL1,
            _ => GanomalyScore::Latent,
        };
        let batch_norm = match preset {
            Preset::Akcay2018Code => BatchNormMode::Batch,
            _ => BatchNormMode::Running,
        };
        Pass {
            score: self.score.unwrap_or(score),
            batch_norm: self.batch_norm.unwrap_or(batch_norm),
            latent_encoder: self.latent_encoder.unwrap_or(latent_encoder),
            residual: residual.unwrap_or(Residual::Absolute),
        }
    }

    /// Checks the range of every value that is given.
    pub(super) fn check(&self) -> Result<(), String> {
        loss_weight("w_adv", self.w_adv)?;
        loss_weight("w_con", self.w_con)?;
        loss_weight("w_enc", self.w_enc)
    }
}

impl Pass {
    /// Whether the score is put together from parts that held-out images measure.
    pub(super) fn is_combined(&self) -> bool {
        self.score == GanomalyScore::Combined
    }
}
