//! The models, and the arithmetic that they must beat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::added::Added;
use super::{anogan, brightness, gan, ganomaly, pca, preset::Preset};

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

    /// The model of this name, in capitals or not.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name().eq_ignore_ascii_case(name))
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

    /// Whether it learns by epochs, and so has losses and layers to show.
    pub fn has_epochs(self) -> bool {
        match self {
            Self::Anogan | Self::Ganomaly => true,
            Self::Pca | Self::Nearest | Self::Brightness => false,
        }
    }

    /// Whether it reconstructs images.
    pub fn makes_images(self) -> bool {
        match self {
            Self::Anogan | Self::Ganomaly | Self::Pca | Self::Nearest => true,
            Self::Brightness => false,
        }
    }

    /// The preset where none is given.
    pub(super) fn preset(self) -> Preset {
        match self {
            Self::Anogan => Preset::Schlegl2017,
            Self::Ganomaly | Self::Pca | Self::Nearest | Self::Brightness => Preset::Akcay2018,
        }
    }

    /// Whether a preset says anything of this model's networks; baselines have none, and are left as they are.
    pub(super) fn takes(self, preset: Preset) -> bool {
        let of_another = match self {
            Self::Anogan => [Preset::Akcay2018, Preset::Akcay2018Code].contains(&preset),
            Self::Ganomaly => [Preset::Schlegl2017, Preset::Schlegl2017Dcgan].contains(&preset),
            Self::Pca | Self::Nearest | Self::Brightness => false,
        };
        !of_another
    }

    /// The settings that this model alone knows.
    pub(super) fn own_keys(self) -> &'static [&'static str] {
        match self {
            Self::Anogan => anogan::KEYS,
            Self::Ganomaly => ganomaly::KEYS,
            Self::Pca => pca::KEYS,
            Self::Nearest => &[],
            Self::Brightness => brightness::KEYS,
        }
    }

    /// The settings that it shares with others, and that stand in its own part of the grid too.
    pub(super) fn shared_keys(self) -> &'static [&'static str] {
        match self {
            Self::Anogan | Self::Ganomaly => gan::KEYS,
            Self::Pca => &["residual"],
            Self::Nearest | Self::Brightness => &[],
        }
    }

    /// Its settings that came after runs had been named without them.
    pub(super) fn added(self) -> &'static [Added] {
        match self {
            Self::Anogan => anogan::ADDED,
            Self::Ganomaly => ganomaly::ADDED,
            Self::Pca => pca::ADDED,
            Self::Nearest => &[],
            Self::Brightness => brightness::ADDED,
        }
    }
}
