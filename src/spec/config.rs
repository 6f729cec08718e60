//! The configuration of a run and of a fit: every setting with its value.

use serde::{Deserialize, Serialize};

use super::settings::{
    Augment, BatchNormMode, Direction, GanomalyScore, LatentEncoder, Model, Precision, Preset, Reduction,
    Residual, SearchStart, Settings, Updates,
};

/// One run: what is trained and how it is judged, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// What decides the trained weights.
    pub fit: FitConfig,
    /// What happens after training.
    pub scoring: Scoring,
}

/// Everything that decides what is learnt. Runs that agree in it share one fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitConfig {
    /// Side of the square images in pixels.
    pub image_size: usize,
    /// Channels of the images, 1 or 3.
    pub channels: usize,
    /// Seed of initialisation, shuffling, noise and the held-out share.
    pub seed: u64,
    /// Share of the normal training images kept for the threshold.
    pub holdout: f64,
    /// The model and the settings of its training.
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
    /// See [`Model::Pca`].
    Pca {
        /// Number of principal components.
        components: usize,
    },
    /// See [`Model::Nearest`].
    Nearest,
    /// See [`Model::Brightness`].
    Brightness,
}

/// Settings of the training of both GANs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GanTraining {
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
    /// Number format of the convolutions.
    pub precision: Precision,
    /// Slope of LeakyReLU below zero.
    pub leaky_slope: f64,
    /// The gray level that becomes +1.
    pub white_level: f64,
    /// Random changes of the training images.
    pub augment: Augment,
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
    /// Whether the second encoder learns.
    pub train_second_encoder: bool,
}

/// How a trained model judges images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "lowercase")]
pub enum Scoring {
    /// AnoGAN's latent search.
    Anogan(Search),
    /// GANomaly's single pass.
    Ganomaly(Pass),
    /// Error of the reconstruction.
    Pca {
        /// How the residual is measured.
        residual: Residual,
    },
    /// Distance to the nearest training image.
    Nearest,
    /// Mean pixel.
    Brightness {
        /// What counts as anomalous.
        direction: Direction,
    },
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

impl FitConfig {
    /// The model that is trained.
    pub fn model(&self) -> Model {
        match self.network {
            Network::Anogan(_) => Model::Anogan,
            Network::Ganomaly(_) => Model::Ganomaly,
            Network::Pca { .. } => Model::Pca,
            Network::Nearest => Model::Nearest,
            Network::Brightness => Model::Brightness,
        }
    }

    /// The training of a GAN; absent for a baseline.
    pub fn gan(&self) -> Option<&GanTraining> {
        match &self.network {
            Network::Anogan(training) => Some(&training.gan),
            Network::Ganomaly(training) => Some(&training.gan),
            Network::Pca { .. } | Network::Nearest | Network::Brightness => None,
        }
    }

    /// The fewest images that can be trained on.
    pub fn fewest_images(&self) -> usize {
        match &self.network {
            Network::Pca { components } => components + 1,
            _ => self.gan().map_or(1, |gan| gan.batch_size),
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
    start: SearchStart,
    leaky_slope: f64,
    train_second_encoder: bool,
    latent_encoder: LatentEncoder,
}

impl Defaults {
    fn of(preset: Preset, model: Model) -> Self {
        let published = Self {
            epochs: 15,
            batch_size: 64,
            learning_rate: 2e-4,
            search_steps: 500,
            search_learning_rate: 1e-2,
            start: SearchStart::Normal,
            leaky_slope: 0.2,
            train_second_encoder: true,
            latent_encoder: LatentEncoder::Second,
        };
        match (preset, model) {
            (Preset::Ye2022, Model::Anogan) => Self {
                epochs: 100,
                batch_size: 32,
                learning_rate: 1e-4,
                search_steps: 200,
                search_learning_rate: 1e-3,
                start: SearchStart::Uniform,
                ..published
            },
            (Preset::Ye2022, _) => Self {
                epochs: 11, // 1000 iterations of 32 images are 11 passes over 2,875 castings
                batch_size: 32,
                learning_rate: 1e-3,
                leaky_slope: 0.3,
                train_second_encoder: false,
                latent_encoder: LatentEncoder::First,
                ..published
            },
            (Preset::Akcay2018 | Preset::Schlegl2017, _) => published,
        }
    }
}

impl RunConfig {
    /// Fills in every default. `model` must be set.
    pub(super) fn resolve(settings: &Settings, model: Model) -> Self {
        let preset = settings.preset.unwrap_or(match model {
            Model::Anogan => Preset::Schlegl2017,
            _ => Preset::Akcay2018,
        });
        let defaults = Defaults::of(preset, model);
        Self {
            fit: FitConfig {
                image_size: settings.image_size.unwrap_or(32),
                channels: settings.channels.unwrap_or(1),
                seed: settings.seed.unwrap_or(0),
                holdout: settings.holdout.unwrap_or(0.1),
                network: network(settings, model, &defaults),
            },
            scoring: scoring(settings, model, &defaults),
        }
    }

    /// Whether its scores are measured by held-out images: then it needs two of them at the least.
    pub fn needs_held_out(&self) -> bool {
        let residual = match &self.scoring {
            Scoring::Anogan(search) => search.residual,
            Scoring::Ganomaly(pass) => pass.residual,
            Scoring::Pca { residual } => *residual,
            Scoring::Nearest | Scoring::Brightness { .. } => Residual::Absolute,
        };
        residual == Residual::Weighted || self.is_combined()
    }

    fn is_combined(&self) -> bool {
        matches!(&self.scoring, Scoring::Ganomaly(pass) if pass.score == GanomalyScore::Combined)
    }

    /// Checks settings against each other: the key that is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let FitConfig { holdout, image_size, channels, .. } = self.fit;
        if self.needs_held_out() && holdout == 0.0 {
            let (key, value) =
                if self.is_combined() { ("score", "combined") } else { ("residual", "weighted") };
            return Err((key, format!("`{value}` needs held-out images: `holdout` must be above 0")));
        }
        match (&self.fit.network, &self.scoring) {
            (Network::Anogan(training), Scoring::Anogan(search)) => {
                if search.start == SearchStart::Encoder && !training.encoder {
                    Err(("start", "the search can start at the encoder only with `encoder = true`".into()))
                } else if search.search_steps == 0 && search.start != SearchStart::Encoder {
                    Err(("search_steps", "no search at all needs `start = \"encoder\"`".into()))
                } else {
                    Ok(())
                }
            }
            (Network::Pca { components }, _) if *components > channels * image_size * image_size => Err((
                "components",
                format!("an image has only {} values", channels * image_size * image_size),
            )),
            _ => Ok(()),
        }
    }
}

fn network(settings: &Settings, model: Model, defaults: &Defaults) -> Network {
    let gan = GanTraining {
        epochs: settings.epochs.unwrap_or(defaults.epochs),
        batch_size: settings.batch_size.unwrap_or(defaults.batch_size),
        learning_rate: settings.learning_rate.unwrap_or(defaults.learning_rate),
        beta1: settings.beta1.unwrap_or(0.5),
        width: settings.width.unwrap_or(64),
        latent_size: settings.latent_size.unwrap_or(100),
        precision: settings.precision.unwrap_or(Precision::F32),
        leaky_slope: settings.leaky_slope.unwrap_or(defaults.leaky_slope),
        white_level: settings.white_level.unwrap_or(255.0),
        augment: settings.augment.unwrap_or(Augment::None),
    };
    match model {
        Model::Anogan => Network::Anogan(AnoganTraining {
            gan,
            updates: settings.updates.unwrap_or(Updates::Simultaneous),
            label_smoothing: settings.label_smoothing.unwrap_or(0.0),
            encoder: settings.encoder.unwrap_or(false),
        }),
        Model::Ganomaly => Network::Ganomaly(GanomalyTraining {
            gan,
            w_adv: settings.w_adv.unwrap_or(1.0),
            w_con: settings.w_con.unwrap_or(50.0),
            w_enc: settings.w_enc.unwrap_or(1.0),
            train_second_encoder: settings.train_second_encoder.unwrap_or(defaults.train_second_encoder),
        }),
        Model::Pca => Network::Pca { components: settings.components.unwrap_or(32) },
        Model::Nearest => Network::Nearest,
        Model::Brightness => Network::Brightness,
    }
}

fn scoring(settings: &Settings, model: Model, defaults: &Defaults) -> Scoring {
    let residual = settings.residual.unwrap_or(Residual::Absolute);
    match model {
        Model::Anogan => Scoring::Anogan(Search {
            lambda: settings.lambda.unwrap_or(0.1),
            search_steps: settings.search_steps.unwrap_or(defaults.search_steps),
            search_learning_rate: settings.search_learning_rate.unwrap_or(defaults.search_learning_rate),
            restarts: settings.restarts.unwrap_or(1),
            reduction: settings.reduction.unwrap_or(Reduction::Sum),
            start: settings.start.unwrap_or(defaults.start),
            residual,
        }),
        Model::Ganomaly => Scoring::Ganomaly(Pass {
            score: settings.score.unwrap_or(GanomalyScore::Latent),
            batch_norm: settings.batch_norm.unwrap_or(BatchNormMode::Running),
            latent_encoder: settings.latent_encoder.unwrap_or(defaults.latent_encoder),
            residual,
        }),
        Model::Pca => Scoring::Pca { residual: settings.residual.unwrap_or(Residual::Squared) },
        Model::Nearest => Scoring::Nearest,
        Model::Brightness => {
            Scoring::Brightness { direction: settings.direction.unwrap_or(Direction::Bright) }
        }
    }
}
