//! Colours.

use plotters::style::RGBColor;

use crate::spec::Model;

/// Colour of the threshold's line; those of the kinds of image are the [`Style`](super::Style)'s.
pub(crate) const THRESHOLD: RGBColor = RGBColor(0, 0, 0);
/// Colours of seeds or series, in order; colour-blind readers can tell them apart (Okabe and Ito 2008).
pub(crate) const SERIES: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

/// The colour of a model, the same in every figure; gray for mean brightness and unknown ones.
pub(crate) fn colour_of_model(name: &str) -> RGBColor {
    match Model::named(name) {
        Some(Model::Anogan) => SERIES[0],
        Some(Model::Ganomaly) => SERIES[1],
        Some(Model::Pca) => SERIES[2],
        Some(Model::Nearest) => SERIES[3],
        Some(Model::Brightness) | None => RGBColor(120, 120, 120),
    }
}

/// How figures colour the three kinds of image. A figure that tells them apart is given a style when
/// it is made and asks it for its colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Colours that colour-blind readers can tell apart (Okabe and Ito 2008).
    #[default]
    Accessible,
    /// The colours and the size of the paper's figures 3 and 5 (Ye 2022).
    Paper,
}

impl Style {
    /// Colour of the images that training saw.
    pub(crate) fn train(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(120, 120, 120),
            Self::Paper => RGBColor(255, 0, 0), // red
        }
    }

    /// Colour of normal images that training did not see.
    pub(crate) fn normal(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(0, 114, 178),
            Self::Paper => RGBColor(255, 192, 203), // pink
        }
    }

    /// Colour of anomalies.
    pub(crate) fn anomaly(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(213, 94, 0),
            Self::Paper => RGBColor(135, 206, 235), // skyblue
        }
    }

    /// How opaque the points of scatters are: the paper's light colours bear little mixing with white.
    pub(crate) fn opacity(self) -> f64 {
        match self {
            Self::Accessible => 0.7,
            Self::Paper => 0.95,
        }
    }
}
