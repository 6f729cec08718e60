//! Named sets of defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// GANomaly as its authors published it.
    Akcay2018,
    /// AnoGAN as its authors published it.
    Schlegl2017,
    /// The settings of the followed paper (Ye 2022) with its quirks: a second encoder that is never
    /// trained and whose place the first one takes in the score, LeakyReLU 0.3 in GANomaly, a search
    /// that starts from U(0, 1). Not rebuilt: the dropout in AnoGAN's discriminator, and the dense
    /// layer that its search carried from one image to the next, by which a score depended on the
    /// order of the images. Its scaling of the cloud images is `white_level = 63`.
    Ye2022,
}
