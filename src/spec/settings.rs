//! The settings of a sweep file, put together from those of the models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::anogan::AnoganSettings;
use super::brightness::BrightnessSettings;
use super::gan::{self, GanSettings};
use super::ganomaly::GanomalySettings;
use super::model::Model;
use super::pca::PcaSettings;
use super::range::within;

/// Keys of every model; in `[grid]` the others ignore what is not theirs.
pub(super) const COMMON_KEYS: &[&str] =
    &["model", "image_size", "channels", "seed", "holdout", "threshold_quantile"];

/// Everything that `[base]` and the grids may set. What is absent takes the preset's value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// Model to train.
    pub model: Option<Model>,
    /// Side of the square images in pixels: 16, 32, 64, 128 or 256.
    pub image_size: Option<usize>,
    /// 1 (gray) or 3 (RGB).
    pub channels: Option<usize>,
    /// Seed of initialisation, shuffling, noise and the held-out share.
    pub seed: Option<u64>,
    /// Share of the normal training images kept out of training for the threshold, in 0..1.
    pub holdout: Option<f64>,
    /// Share of normal images that the threshold is to let pass, in 0..1: 0.95 promises that at most 5 % of normal
    /// images are called anomalous, if 19 or more are held out.
    pub threshold_quantile: Option<f64>,
    /// Those of both GANs.
    #[serde(flatten)]
    pub gan: GanSettings,
    /// AnoGAN's own.
    #[serde(flatten)]
    pub anogan: AnoganSettings,
    /// GANomaly's own.
    #[serde(flatten)]
    pub ganomaly: GanomalySettings,
    /// PCA's own.
    #[serde(flatten)]
    pub pca: PcaSettings,
    /// Brightness's own.
    #[serde(flatten)]
    pub brightness: BrightnessSettings,
}

/// The keys that may stand in a model's own part of the grid.
pub(super) fn keys(model: Model) -> Vec<&'static str> {
    [&COMMON_KEYS[1..], model.shared_keys(), model.own_keys()].concat()
}

/// Every key that a setting can have.
pub(super) fn all_keys() -> Vec<&'static str> {
    let own = Model::ALL.into_iter().flat_map(Model::own_keys).copied();
    COMMON_KEYS.iter().chain(gan::KEYS).copied().chain(own).collect()
}

impl Settings {
    /// Checks the range of every value that is set; the error says what is allowed.
    ///
    /// # Errors
    /// A value that is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(size) = self.image_size
            && !(size.is_power_of_two() && (16..=256).contains(&size))
        {
            return Err(format!(
                "`image_size` must be a power of two from 16 to 256 (16, 32, 64, 128, 256), not {size}"
            ));
        }
        if let Some(channels) = self.channels
            && channels != 1
            && channels != 3
        {
            return Err(format!("`channels` must be 1 (gray) or 3 (RGB), not {channels}"));
        }
        if let Some(seed) = self.seed
            && i64::try_from(seed).is_err()
        {
            return Err(format!("`seed` must fit in 63 bits, {seed} does not"));
        }
        let share = "is a share and must be 0 or more and below 1";
        within("holdout", self.holdout, |v| (0.0..1.0).contains(&v), share)?;
        let open = "is a share and must lie between 0 and 1";
        within("threshold_quantile", self.threshold_quantile, |v| v > 0.0 && v < 1.0, open)?;
        self.gan.check()?;
        self.anogan.check()?;
        self.ganomaly.check()?;
        self.pca.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_lists_name_every_field() {
        let all = serde_json::to_value(Settings::default()).unwrap();
        let mut fields: Vec<_> = all.as_object().unwrap().keys().map(String::as_str).collect();
        let mut listed = all_keys();
        fields.sort();
        listed.sort();
        assert_eq!(fields, listed);
    }
}
