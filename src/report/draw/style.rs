//! How figures colour the three kinds of image.

use plotters::style::RGBColor;

/// How figures colour the three kinds of image. A figure that tells them apart is given a style when
/// it is made and asks it for its colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// Colours that gray print and colour-blind readers tell apart.
    #[default]
    Accessible,
    /// As in the paper (Ye 2022): colours, scores scaled to 0..1, files named after its figures.
    Paper,
}

impl Style {
    /// Colour of the images that training saw.
    pub(crate) fn train(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(165, 165, 165),
            Self::Paper => RGBColor(255, 0, 0), // red
        }
    }

    /// Colour of normal images that training did not see.
    pub(crate) fn normal(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(0, 72, 150),
            Self::Paper => RGBColor(255, 192, 203), // pink
        }
    }

    /// Colour of anomalies.
    pub(crate) fn anomaly(self) -> RGBColor {
        match self {
            Self::Accessible => RGBColor(220, 110, 20),
            Self::Paper => RGBColor(135, 206, 235), // skyblue
        }
    }
}
