//! The configuration of a run and of a fit: every setting with its value.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::added::fill_in;
use super::anogan::{self, AnoganTraining, Search, Weighing};
use super::brightness::Direction;
use super::dataset::Gray;
use super::gan::{GanTraining, Residual};
use super::ganomaly::{self, GanomalyTraining, Pass};
use super::model::Model;
use super::pca::{self, PcaSettings};
use super::settings::Settings;

/// One run: what is trained and how it is judged, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// What decides the trained weights.
    pub fit: FitConfig,
    /// What happens after training.
    pub scoring: Scoring,
    /// Share of normal images that the threshold is to let pass. Absent: what it was before it could be chosen.
    #[serde(default = "first_quantile", skip_serializing_if = "is_first_quantile")]
    pub threshold_quantile: f64,
}

fn first_quantile() -> f64 {
    0.95
}

fn is_first_quantile(quantile: &f64) -> bool {
    *quantile == first_quantile()
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
    /// How colours become gray. Absent: as the first builds did it, or it makes no difference; a sweep's plan
    /// says otherwise where images of one channel come from colours.
    #[serde(default = "first_gray", skip_serializing_if = "is_first_gray")]
    pub gray: Gray,
    /// The model and the settings of its training.
    pub network: Network,
}

fn first_gray() -> Gray {
    Gray::Rec709
}

fn is_first_gray(gray: &Gray) -> bool {
    *gray == first_gray()
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

impl FitConfig {
    /// Reads a configuration that a store has kept, as [`RunConfig::read`] does that of a run.
    ///
    /// # Errors
    /// Text that is no configuration, or one that this build does not understand.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut run = RunConfig::with_all_settings(&format!("{{\"fit\":{text}}}"))?;
        serde_json::from_value(run["fit"].take())
    }

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

    /// The same, to be changed.
    pub fn gan_mut(&mut self) -> Option<&mut GanTraining> {
        match &mut self.network {
            Network::Anogan(training) => Some(&mut training.gan),
            Network::Ganomaly(training) => Some(&mut training.gan),
            Network::Pca { .. } | Network::Nearest | Network::Brightness => None,
        }
    }

    /// The fewest images that can be trained on.
    pub fn fewest_images(&self) -> usize {
        match &self.network {
            Network::Pca { components } => components + 1,
            Network::Anogan(AnoganTraining { gan, .. }) | Network::Ganomaly(GanomalyTraining { gan, .. }) => {
                gan.batch_size
            }
            Network::Nearest | Network::Brightness => 1,
        }
    }
}

impl Scoring {
    /// The model that judges so.
    pub fn model(&self) -> Model {
        match self {
            Self::Anogan(_) => Model::Anogan,
            Self::Ganomaly(_) => Model::Ganomaly,
            Self::Pca { .. } => Model::Pca,
            Self::Nearest => Model::Nearest,
            Self::Brightness { .. } => Model::Brightness,
        }
    }
}

impl RunConfig {
    /// The latent search that its images are judged by. Runs of a fit with the same one share it; absent where nothing
    /// is searched.
    pub fn search(&self) -> Option<Search> {
        match &self.scoring {
            Scoring::Anogan(search) if search.search_steps > 0 => Some(search.alone()),
            _ => None,
        }
    }

    /// Fills in every default. `model` must be set.
    pub(super) fn resolve(settings: &Settings, model: Model) -> Self {
        let preset = settings.gan.preset.unwrap_or(model.preset());
        let residual = settings.gan.residual;
        let (network, scoring) = match model {
            Model::Anogan => {
                let gan = settings.gan.training(&anogan::training_defaults(preset));
                (
                    Network::Anogan(settings.anogan.training(gan, preset)),
                    Scoring::Anogan(settings.anogan.search(residual, preset)),
                )
            }
            Model::Ganomaly => {
                let gan = settings.gan.training(&ganomaly::training_defaults(preset));
                (
                    Network::Ganomaly(settings.ganomaly.training(gan, preset)),
                    Scoring::Ganomaly(settings.ganomaly.pass(residual, preset)),
                )
            }
            Model::Pca => (
                Network::Pca { components: settings.pca.components() },
                Scoring::Pca { residual: PcaSettings::residual(residual) },
            ),
            Model::Nearest => (Network::Nearest, Scoring::Nearest),
            Model::Brightness => {
                (Network::Brightness, Scoring::Brightness { direction: settings.brightness.direction() })
            }
        };
        let fit = FitConfig {
            image_size: settings.image_size.unwrap_or(32),
            channels: settings.channels.unwrap_or(1),
            seed: settings.seed.unwrap_or(0),
            holdout: settings.holdout.unwrap_or(0.1),
            gray: first_gray(),
            network,
        };
        // Without held-out images there is no threshold, and nothing to choose.
        let quantile = settings.threshold_quantile.filter(|_| fit.holdout > 0.0);
        Self { fit, scoring, threshold_quantile: quantile.unwrap_or_else(first_quantile) }
    }

    /// Reads a configuration that a store has kept, of this build or of an earlier one: settings that it
    /// did not know yet have the value that they had by being absent.
    ///
    /// # Errors
    /// Text that is no configuration, or one that this build does not understand.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let read: Self = serde_json::from_value(Self::with_all_settings(text)?)?;
        if read.scoring.model() != read.fit.model() {
            return Err(serde::de::Error::custom("the scoring is another model's"));
        }
        Ok(read)
    }

    /// A configuration that a store has kept as JSON, with the settings that it did not know yet; also of
    /// builds whose configurations this one cannot [`read`](Self::read).
    ///
    /// # Errors
    /// Text that is no JSON.
    pub fn with_all_settings(text: &str) -> Result<Value, serde_json::Error> {
        let mut config: Value = serde_json::from_str(text)?;
        let model = config.pointer("/fit/network/model").and_then(Value::as_str).and_then(Model::named);
        fill_in(&mut config, model.map_or(&[], Model::added));
        if let Value::Object(parts) = &mut config {
            parts.entry("threshold_quantile").or_insert_with(|| first_quantile().into());
        }
        Ok(config)
    }

    /// Whether its scores are measured by held-out images: then it needs two of them at the least.
    pub fn needs_held_out(&self) -> bool {
        let residual = match &self.scoring {
            Scoring::Anogan(search) => search.residual,
            Scoring::Ganomaly(pass) => pass.residual,
            Scoring::Pca { residual } => *residual,
            Scoring::Nearest | Scoring::Brightness { .. } => Residual::Absolute,
        };
        let by_held_out =
            matches!(&self.scoring, Scoring::Anogan(search) if search.weighing == Weighing::Standard);
        residual == Residual::Weighted || by_held_out || self.is_combined()
    }

    fn is_combined(&self) -> bool {
        match &self.scoring {
            Scoring::Ganomaly(pass) => pass.is_combined(),
            Scoring::Anogan(_) | Scoring::Pca { .. } | Scoring::Nearest | Scoring::Brightness { .. } => false,
        }
    }

    /// Checks settings against each other: the key that is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let FitConfig { holdout, image_size, channels, .. } = self.fit;
        if self.needs_held_out() && holdout == 0.0 {
            let standard = |search: &Search| search.weighing == Weighing::Standard;
            let (key, value) = match &self.scoring {
                Scoring::Anogan(search) if standard(search) => ("weighing", "standard"),
                _ if self.is_combined() => ("score", "combined"),
                _ => ("residual", "weighted"),
            };
            return Err((key, format!("`{value}` needs held-out images: `holdout` must be above 0")));
        }
        match (&self.fit.network, &self.scoring) {
            (Network::Anogan(training), Scoring::Anogan(search)) => search.check(training),
            (Network::Pca { components }, _) => pca::check(*components, channels * image_size * image_size),
            (Network::Anogan(_) | Network::Ganomaly(_) | Network::Nearest | Network::Brightness, _) => Ok(()),
        }
    }
}
