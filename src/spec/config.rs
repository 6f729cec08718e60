use serde::{Deserialize, Serialize};

use super::settings::{BatchNormMode, GanomalyScore, Model, Precision, Preset, Reduction, Settings};

/// One run: what is trained and how it is judged, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// What decides the trained weights.
    pub fit: FitConfig,
    /// What happens after training.
    pub scoring: Scoring,
}

/// Everything that decides the trained weights. Runs that agree in it share one fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitConfig {
    /// Side of the square images in pixels.
    pub image_size: usize,
    /// Channels of the images, 1 or 3.
    pub channels: usize,
    /// Seed of initialisation, shuffling, noise and the held-out share.
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a training step.
    pub batch_size: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Adam's β₁.
    pub beta1: f64,
    /// Channels of the first convolution.
    pub width: usize,
    /// Length of the latent vector.
    pub latent_size: usize,
    /// Share of the normal training images kept for the threshold.
    pub holdout: f64,
    /// Number format.
    pub precision: Precision,
    /// The model and the settings of its training alone.
    pub network: Network,
}

/// A model with the settings of its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum Network {
    /// See [`Model::Anogan`].
    Anogan(AnoganTraining),
    /// See [`Model::Ganomaly`].
    Ganomaly(GanomalyTraining),
}

/// AnoGAN's DCGAN has no settings beyond the common ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AnoganTraining {}

/// Weights of GANomaly's generator loss, L = w_adv·L_adv + w_con·L_con + w_enc·L_enc.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GanomalyTraining {
    /// Weight of the adversarial (feature matching) loss.
    pub w_adv: f64,
    /// Weight of the contextual (reconstruction) loss.
    pub w_con: f64,
    /// Weight of the encoder (latent) loss.
    pub w_enc: f64,
}

/// How a trained model judges images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum Scoring {
    /// AnoGAN's latent search.
    Anogan {
        /// Weight of the discrimination loss.
        lambda: f64,
        /// Steps of the search.
        search_steps: usize,
        /// Adam's learning rate in the search.
        search_learning_rate: f64,
        /// Independent starts; the lowest loss counts.
        restarts: usize,
        /// Reduction over pixels and features.
        reduction: Reduction,
    },
    /// GANomaly's single pass.
    Ganomaly {
        /// What is taken as the score.
        score: GanomalyScore,
        /// BatchNorm statistics.
        batch_norm: BatchNormMode,
    },
}

impl FitConfig {
    /// The model that is trained.
    pub fn model(&self) -> Model {
        match self.network {
            Network::Anogan(_) => Model::Anogan,
            Network::Ganomaly(_) => Model::Ganomaly,
        }
    }
}

/// The part of a preset that differs between them.
struct Defaults {
    epochs: usize,
    batch_size: usize,
    learning_rate: f64,
    search_steps: usize,
    search_learning_rate: f64,
}

impl Defaults {
    fn of(preset: Preset, model: Model) -> Self {
        let akcay = Self {
            epochs: 15,
            batch_size: 64,
            learning_rate: 2e-4,
            search_steps: 500,
            search_learning_rate: 1e-2,
        };
        match (preset, model) {
            (Preset::Akcay2018 | Preset::Schlegl2017, _) => akcay,
            (Preset::Ye2022, Model::Anogan) => Self {
                epochs: 100,
                batch_size: 32,
                learning_rate: 1e-4,
                search_steps: 200,
                search_learning_rate: 1e-3,
            },
            // 1000 iterations of 32 images are 11 passes over 2,875 castings.
            (Preset::Ye2022, Model::Ganomaly) => {
                Self { epochs: 11, batch_size: 32, learning_rate: 1e-3, ..akcay }
            }
        }
    }
}

impl RunConfig {
    /// Fills in every default. `model` must be set.
    pub(super) fn resolve(settings: &Settings, model: Model) -> Self {
        let preset = settings.preset.unwrap_or(match model {
            Model::Anogan => Preset::Schlegl2017,
            Model::Ganomaly => Preset::Akcay2018,
        });
        let defaults = Defaults::of(preset, model);
        let network = match model {
            Model::Anogan => Network::Anogan(AnoganTraining {}),
            Model::Ganomaly => Network::Ganomaly(GanomalyTraining {
                w_adv: settings.w_adv.unwrap_or(1.0),
                w_con: settings.w_con.unwrap_or(50.0),
                w_enc: settings.w_enc.unwrap_or(1.0),
            }),
        };
        let scoring = match model {
            Model::Anogan => Scoring::Anogan {
                lambda: settings.lambda.unwrap_or(0.1),
                search_steps: settings.search_steps.unwrap_or(defaults.search_steps),
                search_learning_rate: settings.search_learning_rate.unwrap_or(defaults.search_learning_rate),
                restarts: settings.restarts.unwrap_or(1),
                reduction: settings.reduction.unwrap_or(Reduction::Sum),
            },
            Model::Ganomaly => Scoring::Ganomaly {
                score: settings.score.unwrap_or(GanomalyScore::Latent),
                batch_norm: settings.batch_norm.unwrap_or(BatchNormMode::Running),
            },
        };
        Self {
            fit: FitConfig {
                image_size: settings.image_size.unwrap_or(32),
                channels: settings.channels.unwrap_or(1),
                seed: settings.seed.unwrap_or(0),
                epochs: settings.epochs.unwrap_or(defaults.epochs),
                batch_size: settings.batch_size.unwrap_or(defaults.batch_size),
                learning_rate: settings.learning_rate.unwrap_or(defaults.learning_rate),
                beta1: settings.beta1.unwrap_or(0.5),
                width: settings.width.unwrap_or(64),
                latent_size: settings.latent_size.unwrap_or(100),
                holdout: settings.holdout.unwrap_or(0.1),
                precision: settings.precision.unwrap_or(Precision::F32),
                network,
            },
            scoring,
        }
    }
}
