//! What a run learns from its held-out normal images for scoring.

use serde::{Deserialize, Serialize};

use super::Images;
use crate::eval::{mean, standard_deviation};
use crate::spec::Residual;

/// Smallest σ of a pixel's residual, in gray levels: below it there is only rounding.
const SMALLEST: f64 = 1.0;

/// What a run learns from its held-out normal images for scoring, kept with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Root mean square residual of each pixel in gray levels; with `residual = "weighted"`.
    pub spread: Option<Vec<f32>>,
    /// Mean and deviation of the latent error; with `score = "combined"`.
    pub latent: Option<(f64, f64)>,
    /// Mean and deviation of the contextual error; with `score = "combined"`.
    pub contextual: Option<(f64, f64)>,
    /// Mean and deviation of AnoGAN's residual; with `weighing = "standard"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual: Option<(f64, f64)>,
    /// Mean and deviation of AnoGAN's discrimination loss; with `weighing = "standard"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discrimination: Option<(f64, f64)>,
}

impl Images<'_> {
    /// Places among the judged images that are held-out normal ones.
    pub(super) fn held_out(&self) -> Vec<usize> {
        let is_held_out = |index: &usize| self.partition.held_out.binary_search(index).is_ok();
        (0..self.indices.len()).filter(|place| is_held_out(&self.indices[*place])).collect()
    }

    /// What residuals are measured by: as it is known already, or as the judged held-out images tell.
    pub(super) fn calibration(
        &self,
        known: Option<&Calibration>,
        residual: Residual,
        reconstructions: &[Vec<u8>],
    ) -> Calibration {
        known.cloned().unwrap_or_else(|| Calibration {
            spread: (residual == Residual::Weighted).then(|| self.spread(reconstructions)),
            ..Calibration::default()
        })
    }

    /// Root mean square difference between held-out images and their reconstructions, pixel by pixel.
    fn spread(&self, reconstructions: &[Vec<u8>]) -> Vec<f32> {
        let held_out = self.held_out();
        let mut sums = vec![0u64; reconstructions.first().map_or(0, Vec::len)];
        for place in &held_out {
            let actual = self.pixels.image(self.indices[*place]);
            for (sum, (a, b)) in sums.iter_mut().zip(actual.iter().zip(&reconstructions[*place])) {
                *sum += u64::from(a.abs_diff(*b)).pow(2);
            }
        }
        let count = held_out.len().max(1) as f64;
        sums.into_iter().map(|sum| (sum as f64 / count).sqrt().max(SMALLEST) as f32).collect()
    }

    /// The residual of every judged image as one number, averaged over its values: of `absolute`
    /// where that is what is wanted, else from the images' bytes (with `squared`, in units of half
    /// the gray scale, as the networks see them).
    pub(super) fn residuals(
        &self,
        kind: Residual,
        absolute: Vec<f64>,
        reconstructions: &[Vec<u8>],
        calibration: &Calibration,
    ) -> Vec<f64> {
        match (kind, &calibration.spread) {
            (Residual::Absolute, _) => absolute,
            (Residual::Weighted, Some(spread)) => self.weighted(reconstructions, spread),
            (Residual::Squared | Residual::Weighted, _) => {
                self.mean_squares(reconstructions, |_, square| square / 127.5_f64.powi(2))
            }
        }
    }

    /// Mean of ((x − x̂)/σ)². A held-out image is measured by the σ of the other ones: it would make
    /// its own residual look usual, and the threshold too low.
    fn weighted(&self, reconstructions: &[Vec<u8>], spread: &[f32]) -> Vec<f64> {
        let variance = |place: usize| f64::from(spread[place]).powi(2);
        let mut errors = self.mean_squares(reconstructions, |place, square| square / variance(place));
        let held_out = self.held_out();
        let count = held_out.len() as f64;
        if count > 1.0 {
            let others = |place: usize, square: f64| {
                ((variance(place) * count - square) / (count - 1.0)).max(SMALLEST.powi(2))
            };
            for nth in held_out {
                errors[nth] =
                    self.mean_square(nth, reconstructions, |place, square| square / others(place, square));
            }
        }
        errors
    }

    fn mean_squares(&self, made: &[Vec<u8>], scaled: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        (0..self.indices.len()).map(|nth| self.mean_square(nth, made, &scaled)).collect()
    }

    /// Mean over the values of the judged image `nth` of what `scaled` makes of place and (x − x̂)².
    fn mean_square(&self, nth: usize, made: &[Vec<u8>], scaled: impl Fn(usize, f64) -> f64) -> f64 {
        let (actual, made) = (self.pixels.image(self.indices[nth]), &made[nth]);
        let squares = actual.iter().zip(made).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        squares.enumerate().map(|(place, square)| scaled(place, square)).sum::<f64>() / made.len() as f64
    }
}

/// A value in deviations from the mean; not a number where these are unknown.
pub(super) fn standard(value: f64, by: Option<(f64, f64)>) -> f64 {
    by.map_or(f64::NAN, |(mean, deviation)| (value - mean) / deviation)
}

/// Mean and deviation of some of the values.
pub(super) fn moments(values: &[f64], places: &[usize]) -> Option<(f64, f64)> {
    let chosen: Vec<f64> = places.iter().map(|place| values[*place]).collect();
    Some((mean(&chosen)?, standard_deviation(&chosen)?.max(f64::MIN_POSITIVE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Partition, Pixels};

    #[test]
    fn residuals_by_hand() {
        // Two images of 16×16 gray pixels, one of them held out: it differs by 4 everywhere.
        let pixels = Pixels::new([vec![10; 256], vec![100; 256]].concat(), 16, 1);
        let partition = Partition { held_out: vec![0], ..Partition::none() };
        let images = Images { pixels: &pixels, partition: &partition, indices: &[0, 1] };
        let mut second = vec![100; 256];
        second[..64].fill(120);
        let made = [vec![14; 256], second];
        let spread = images.spread(&made);
        assert_eq!(spread, vec![4.0; 256]);
        let by = Calibration { spread: Some(spread), ..Calibration::default() };
        let weighted = images.residuals(Residual::Weighted, vec![0.0; 2], &made, &by);
        assert_eq!(weighted, [1.0, 25.0 / 4.0], "a quarter of the pixels is 20 = 5 σ off");
        let squared = images.residuals(Residual::Squared, vec![0.0; 2], &made, &by);
        assert!((squared[1] - (20.0 / 127.5f64).powi(2) / 4.0).abs() < 1e-12);
        let absolute = images.residuals(Residual::Absolute, vec![0.5, 0.25], &made, &by);
        assert_eq!(absolute, [0.5, 0.25]);
    }

    #[test]
    fn a_held_out_image_is_measured_by_the_others() {
        let pixels = Pixels::new([vec![10; 256], vec![100; 256]].concat(), 16, 1);
        let partition = Partition { held_out: vec![0, 1], ..Partition::none() };
        let images = Images { pixels: &pixels, partition: &partition, indices: &[0, 1] };
        let made = [vec![14; 256], vec![108; 256]];
        let by = Calibration { spread: Some(images.spread(&made)), ..Calibration::default() };
        let weighted = images.residuals(Residual::Weighted, vec![0.0; 2], &made, &by);
        for (found, expected) in weighted.iter().zip([16.0 / 64.0, 64.0 / 16.0]) {
            assert!((found - expected).abs() < 1e-5, "{weighted:?}");
        }
    }
}
