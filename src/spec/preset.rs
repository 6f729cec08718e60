//! Named sets of defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named set of defaults. What a sweep file sets itself wins. A preset never changes: a truer one has another name.
///
/// No preset holds the share of held-out images (`holdout`), the size of the images or their channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// GANomaly as its authors published it (Akcay et al. 2018), judged with running BatchNorm statistics, so that a
    /// score depends on its image alone. Not rebuilt: the score of their text, a sum of absolute differences
    /// (`score = "latent_l1"`; their code has the mean of squares, as here).
    Akcay2018,
    /// The same, judged as the authors' code does: BatchNorm with the statistics of the batch that is judged. Not
    /// rebuilt: their batches, which hold one label each; here they are mixed.
    Akcay2018Code,
    /// AnoGAN as its authors describe it (Schlegl et al. 2017), in batches of 64 with simultaneous updates. Not
    /// rebuilt: see `schlegl2017_dcgan`.
    Schlegl2017,
    /// AnoGAN trained as the DCGAN that its authors refer to (Radford et al. 2015): batches of 128, the discriminator
    /// before the generator, 20 epochs. Not rebuilt: z is drawn from N(0, 1), not from U(−1, 1); convolutions are 4×4,
    /// not 5×5; the images are whole, not patches.
    Schlegl2017Dcgan,
    /// The settings of the followed paper (Ye 2022) as its text gives them, with two quirks of its code: a second
    /// encoder that is never trained and whose place the first one takes in the score, and a search that starts from
    /// U(0, 1). Not rebuilt: what `ye2022_casting` and `ye2022_cloud` add.
    Ye2022,
    /// What the followed paper's code did on castings, at 128×128×1. Both models: Adam's β₁ .9. AnoGAN: 100 epochs in
    /// batches of 32; a discriminator without BatchNorm, half as wide, with dropout .3. GANomaly: 1000 iterations of
    /// 32 images; features are matched with the mean of the batch's; the score is the sum of |z − ẑ|. Not rebuilt:
    /// Glorot's initial weights; biases of convolutions; the generator's second 128 channels in the place of 256 and
    /// its dense first layer; the discriminator's last convolution, to 2×2; GANomaly's discriminator before its
    /// generator, and the two linear layers at its end, which are one; the dense layer that the search carried from one
    /// image to the next, by which a score depended on the order of the images; training on the held-out share.
    Ye2022Casting,
    /// What the followed paper's code did on clouds, at 64×64×3: as on castings, with pixels scaled by
    /// (x − 31.5) / 31.5 (`white_level = 63`), twice the width, batches of 50, and 50 epochs of AnoGAN. Not rebuilt,
    /// besides: layers of stride 1 in all networks, and AnoGAN's discriminator of two 5×5 convolutions.
    Ye2022Cloud,
}
