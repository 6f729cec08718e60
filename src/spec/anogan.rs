//! AnoGAN (Schlegl et al. 2017): its settings, their defaults and what they may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::added::{Added, Part};
use super::gan::{GanDefaults, GanTraining, ITERATIONS, PUBLISHED, Residual};
use super::preset::Preset;
use super::range::{count, positive, within};

/// The keys that AnoGAN alone knows.
pub(super) const KEYS: &[&str] = &[
    "updates",
    "label_smoothing",
    "encoder",
    "discriminator",
    "dropout",
    "lambda",
    "weighing",
    "search_steps",
    "search_learning_rate",
    "restarts",
    "reduction",
    "start",
];

/// Settings that came after runs had been named without them: see [`Added`].
pub(super) const ADDED: &[Added] = &[
    ITERATIONS,
    Added { part: Part::Network, key: "discriminator", before: || json!("trunk") },
    Added { part: Part::Network, key: "dropout", before: || json!(0.0) },
    Added { part: Part::Scoring, key: "weighing", before: || json!("raw") },
];

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
    /// AnoGAN: the discriminator.
    pub discriminator: Option<Discriminator>,
    /// AnoGAN: share of the discriminator's features that are dropped at random in training, in 0..1.
    pub dropout: Option<f64>,
    /// AnoGAN: λ, the weight of the discrimination loss, in 0..=1.
    pub lambda: Option<f64>,
    /// AnoGAN: what λ weighs in the score.
    pub weighing: Option<Weighing>,
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
    /// The discriminator.
    pub discriminator: Discriminator,
    /// Share of its features that are dropped in training.
    pub dropout: f64,
}

/// AnoGAN's latent search, and the score at its end.
///
/// The search lowers L(z) = (1 − λ)·Σ|x − G(z)| + λ·Σ|f(x) − f(G(z))|, whatever the residual of the score is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// Weight of the discrimination loss, in the search and in the score.
    pub lambda: f64,
    /// What it weighs in the score.
    pub weighing: Weighing,
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

impl Search {
    /// What is searched, without what only the score at its end depends on.
    pub fn alone(&self) -> Self {
        Self { weighing: Weighing::Raw, residual: Residual::Absolute, ..self.clone() }
    }
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

/// AnoGAN's discriminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Discriminator {
    /// With BatchNorm, as wide as the generator (Radford et al. 2015).
    Trunk,
    /// Without BatchNorm and half as wide, as in the followed paper's code.
    Plain,
}

/// What λ weighs in AnoGAN's score A(x) = (1 − λ)·R + λ·D, with R the residual (`residual`, `reduction`) and D the
/// discrimination loss of the last z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weighing {
    /// Both as they are, as published: their sizes decide how much λ weighs. With `residual = "weighted"`, R is in
    /// units of σ² and D is not, so that λ says next to nothing.
    Raw,
    /// A(x) = (1 − λ)·(R − μ_R)/s_R + λ·(D − μ_D)/s_D with mean μ and deviation s of each over the held-out normal
    /// images: λ weighs alike whatever the residual, the reduction, the size and the channels are.
    Standard,
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
        Preset::Akcay2018 | Preset::Akcay2018Code | Preset::Schlegl2017 => PUBLISHED,
        Preset::Schlegl2017Dcgan => GanDefaults { epochs: 20, batch_size: 128, ..PUBLISHED },
        Preset::Ye2022 => GanDefaults { epochs: 100, batch_size: 32, learning_rate: 1e-4, ..PUBLISHED },
        Preset::Ye2022Casting => {
            GanDefaults { epochs: 100, batch_size: 32, learning_rate: 1e-4, beta1: 0.9, ..PUBLISHED }
        }
        Preset::Ye2022Cloud => GanDefaults {
            epochs: 50,
            batch_size: 50,
            learning_rate: 1e-4,
            beta1: 0.9,
            width: 128,
            white_level: 63.0,
            ..PUBLISHED
        },
    }
}

/// Whether a preset is that of the followed paper's code.
fn is_code_of_ye(preset: Preset) -> bool {
    matches!(preset, Preset::Ye2022Casting | Preset::Ye2022Cloud)
}

impl AnoganSettings {
    /// The training with every default filled in.
    pub(super) fn training(&self, gan: GanTraining, preset: Preset) -> AnoganTraining {
        let updates = match preset {
            Preset::Schlegl2017Dcgan => Updates::Alternating,
            _ => Updates::Simultaneous,
        };
        let (discriminator, dropout) =
            if is_code_of_ye(preset) { (Discriminator::Plain, 0.3) } else { (Discriminator::Trunk, 0.0) };
        AnoganTraining {
            gan,
            updates: self.updates.unwrap_or(updates),
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            encoder: self.encoder.unwrap_or(false),
            discriminator: self.discriminator.unwrap_or(discriminator),
            dropout: self.dropout.unwrap_or(dropout),
        }
    }

    /// The latent search with every default filled in.
    pub(super) fn search(&self, residual: Option<Residual>, preset: Preset) -> Search {
        let (steps, rate, start) = match preset {
            Preset::Ye2022 | Preset::Ye2022Casting | Preset::Ye2022Cloud => (200, 1e-3, SearchStart::Uniform),
            _ => (500, 1e-2, SearchStart::Normal),
        };
        Search {
            lambda: self.lambda.unwrap_or(0.1),
            weighing: self.weighing.unwrap_or(Weighing::Raw),
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
        within("lambda", self.lambda, |v| (0.0..=1.0).contains(&v), "must lie from 0 to 1")?;
        let smoothing = self.label_smoothing;
        within("label_smoothing", smoothing, |v| (0.0..0.5).contains(&v), "must be 0 or more and below 0.5")?;
        within(
            "dropout",
            self.dropout,
            |v| (0.0..1.0).contains(&v),
            "is a share and must be 0 or more and below 1",
        )?;
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
