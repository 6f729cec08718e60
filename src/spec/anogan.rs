//! AnoGAN (Schlegl et al. 2017): its settings, their defaults and what they may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::Added;
use super::gan::{GanDefaults, GanTraining, PUBLISHED, Residual};
use super::preset::Preset;
use super::range::{count, positive, within};

/// The keys that AnoGAN alone knows.
pub(super) const KEYS: &[&str] = &[
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

/// Settings that came after runs had been named without them: see [`Added`].
pub(super) const ADDED: &[Added] = &[];

/// Settings of AnoGAN, as far as they are given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AnoganSettings {
    /// AnoGAN: when generator and discriminator learn.
    pub updates: Option<Updates>,
    /// AnoGAN: the discriminator's target on real images is 1 minus this, in 0..0.5.
    pub label_smoothing: Option<f64>,
    /// AnoGAN: train an encoder from images to latent vectors beside it (f-AnoGAN's izi).
    pub encoder: Option<bool>,
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
    /// AnoGAN: where the latent search begins.
    pub start: Option<SearchStart>,
}

/// Settings of the training of AnoGAN's DCGAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnoganTraining {
    /// Those of both GANs.
    #[serde(flatten)]
    pub gan: GanTraining,
    /// When generator and discriminator learn.
    pub updates: Updates,
    /// The discriminator's target on real images is 1 minus this.
    pub label_smoothing: f64,
    /// Whether an encoder is trained beside it.
    pub encoder: bool,
}

/// AnoGAN's latent search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// Weight of the discrimination loss.
    pub lambda: f64,
    /// Steps of the search.
    pub search_steps: usize,
    /// Adam's learning rate in the search.
    pub search_learning_rate: f64,
    /// Independent starts; the lowest loss counts.
    pub restarts: usize,
    /// Reduction over pixels and features.
    pub reduction: Reduction,
    /// Where the first of them begins.
    pub start: SearchStart,
    /// How the final residual is measured; the search itself lowers the absolute one.
    pub residual: Residual,
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

/// How AnoGAN's two losses are reduced over pixels and features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// Sums, as in the paper: the meaning of λ then depends on the image size.
    Sum,
    /// Means: λ weighs alike at every size.
    Mean,
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

/// What a preset says of the training of both networks.
pub(super) fn training_defaults(preset: Preset) -> GanDefaults {
    match preset {
        Preset::Ye2022 => GanDefaults { epochs: 100, batch_size: 32, learning_rate: 1e-4, ..PUBLISHED },
        Preset::Akcay2018 | Preset::Schlegl2017 => PUBLISHED,
    }
}

impl AnoganSettings {
    /// The training with every default filled in.
    pub(super) fn training(&self, gan: GanTraining) -> AnoganTraining {
        AnoganTraining {
            gan,
            updates: self.updates.unwrap_or(Updates::Simultaneous),
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            encoder: self.encoder.unwrap_or(false),
        }
    }

    /// The latent search with every default filled in.
    pub(super) fn search(&self, residual: Option<Residual>, preset: Preset) -> Search {
        let (steps, rate, start) = match preset {
            Preset::Ye2022 => (200, 1e-3, SearchStart::Uniform),
            Preset::Akcay2018 | Preset::Schlegl2017 => (500, 1e-2, SearchStart::Normal),
        };
        Search {
            lambda: self.lambda.unwrap_or(0.1),
            search_steps: self.search_steps.unwrap_or(steps),
            search_learning_rate: self.search_learning_rate.unwrap_or(rate),
            restarts: self.restarts.unwrap_or(1),
            reduction: self.reduction.unwrap_or(Reduction::Sum),
            start: self.start.unwrap_or(start),
            residual: residual.unwrap_or(Residual::Absolute),
        }
    }

    /// Checks the range of every value that is given.
    pub(super) fn check(&self) -> Result<(), String> {
        within("lambda", self.lambda, |v| (0.0..=1.0).contains(&v), "must lie in 0..=1")?;
        let smoothing = self.label_smoothing;
        within("label_smoothing", smoothing, |v| (0.0..0.5).contains(&v), "must lie in 0..0.5")?;
        count("restarts", self.restarts, 1000)?;
        if let Some(steps) = self.search_steps
            && steps > 1_000_000
        {
            return Err(format!("`search_steps` must be at most 1000000, not {steps}"));
        }
        positive("search_learning_rate", self.search_learning_rate)
    }
}

impl Search {
    /// Checks the search against the training: the key that is wrong, and why.
    pub(super) fn check(&self, training: &AnoganTraining) -> Result<(), (&'static str, String)> {
        if self.start == SearchStart::Encoder && !training.encoder {
            return Err(("start", "the search can start at the encoder only with `encoder = true`".into()));
        }
        if self.search_steps == 0 && self.start != SearchStart::Encoder {
            return Err(("search_steps", "no search at all needs `start = \"encoder\"`".into()));
        }
        Ok(())
    }
}
