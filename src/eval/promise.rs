//! What a threshold from held-out normal images promises, and what keeping it looks like.
//!
//! With the k-th smallest of n held-out scores as the threshold, the chance that a new normal image from the same
//! source lies above is Beta(n + 1 − k, k) distributed over held-out sets, with mean (n + 1 − k) / (n + 1) (split
//! conformal prediction; Vovk 2012, proposition 2a). Of m new images the number above is beta-binomial.

use statrs::function::beta::ln_beta;
use statrs::function::factorial::ln_binomial;

use super::threshold::rank;

/// The false positive rate that a threshold promises which is to let pass a `share` of normal images, taken from so
/// many held-out ones: 1 − share or somewhat less; with too few images (under 19 for 95 %) more, as their largest
/// score is all there is. Absent without images.
pub fn promised_rate(held_out: usize, share: f64) -> Option<f64> {
    (held_out > 0).then(|| (held_out + 1 - rank(held_out, share)) as f64 / (held_out + 1) as f64)
}

/// The fewest held-out images whose threshold promises that no more than 1 − share lie above: 19 for 95 %.
pub fn fewest_held_out(share: f64) -> usize {
    let fewest = (1.0 / (1.0 - share) - 1e-9).ceil() as usize;
    fewest.saturating_sub(1).max(1)
}

/// What is to be said where a threshold cannot promise what it is meant to, as too few images are held out for it.
/// Absent where they are enough, or there is no threshold at all.
pub fn too_few_held_out(held_out: usize, share: f64) -> Option<String> {
    let (promised, fewest) = (promised_rate(held_out, share)?, fewest_held_out(share));
    let percent = |share: f64| (1e4 * share).round() / 1e2;
    (held_out < fewest).then(|| {
        format!(
            "{held_out} held-out images are too few for a threshold that {} % of normal images lie above: above \
             theirs lie {} % on average; hold out {fewest} or more (a larger share: `holdout`), or choose a lower \
             `threshold_quantile`",
            percent(1.0 - share),
            percent(promised)
        )
    })
}

/// Where the false positive rate found on `normal` new images lies in 95 % of cases where the promise is kept: 2.5 and
/// 97.5 % quantiles of the beta-binomial distribution. Absent without images of either kind.
pub fn band_of_found_rates(held_out: usize, share: f64, normal: usize) -> Option<(f64, f64)> {
    if held_out == 0 || normal == 0 {
        return None;
    }
    let k = rank(held_out, share);
    let (above, below) = ((held_out + 1 - k) as f64, k as f64);
    let probability = |count: usize| {
        let (count_above, count_below) = (count as f64, (normal - count) as f64);
        let ways = ln_binomial(normal as u64, count as u64);
        (ways + ln_beta(above + count_above, below + count_below) - ln_beta(above, below)).exp()
    };
    let mut sum = 0.0;
    let distribution: Vec<f64> = (0..=normal)
        .map(|count| {
            sum += probability(count);
            sum
        })
        .collect();
    let quantile =
        |level: f64| distribution.partition_point(|sum| *sum < level).min(normal) as f64 / normal as f64;
    Some((quantile(0.025), quantile(0.975)))
}

/// The conformal p-value of a score: the chance that a normal image from the source of the held-out ones scores as
/// high, (1 + those that do) / (n + 1) (Vovk, Gammerman and Shafer 2005, section 2.2). Absent without held-out
/// scores.
pub fn conformal_p(held_out: &[f64], score: f64) -> Option<f64> {
    let as_high = held_out.iter().filter(|known| **known >= score).count();
    (!held_out.is_empty()).then(|| (1 + as_high) as f64 / (held_out.len() + 1) as f64)
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::eval::held_out_threshold;

    #[test]
    fn few_images_promise_less() {
        let promised = [(6, 1.0 / 7.0), (18, 1.0 / 19.0), (19, 0.05), (60, 3.0 / 61.0), (99, 0.05)];
        for (held_out, rate) in promised {
            assert!((promised_rate(held_out, 0.95).unwrap() - rate).abs() < 1e-12, "{held_out}");
        }
        assert_eq!(promised_rate(0, 0.95), None);
    }

    #[test]
    fn too_few_are_told() {
        for (share, fewest) in [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)] {
            assert_eq!(fewest_held_out(share), fewest);
            assert!(promised_rate(fewest, share).unwrap() <= 1.0 - share + 1e-12, "{share}");
            assert!(
                fewest == 1 || promised_rate(fewest - 1, share).unwrap() > 1.0 - share + 1e-12,
                "{share}"
            );
        }
        let told = too_few_held_out(6, 0.95).unwrap();
        assert!(
            told.contains("that 5 % of") && told.contains("14.29 %") && told.contains("out 19 or"),
            "{told}"
        );
        assert_eq!((too_few_held_out(19, 0.95), too_few_held_out(0, 0.95)), (None, None));
        assert!(too_few_held_out(19, 0.99).is_some());
    }

    /// `scipy.stats.betabinom(m, n + 1 - k, k).ppf([.025, .975]) / m` of SciPy 1.17.
    #[test]
    fn as_scipy_has_the_band() {
        for ((held_out, normal), (low, high)) in BANDS {
            let found = band_of_found_rates(held_out, 0.95, normal).unwrap();
            assert!(
                (found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9,
                "{held_out} {normal}: {found:?}"
            );
        }
        assert_eq!(band_of_found_rates(0, 0.95, 10), None);
    }

    const BANDS: [((usize, usize), (f64, f64)); 4] = [
        ((6, 50), (0.0, 0.48)),
        ((60, 262), (0.007633587786259542, 0.12213740458015267)),
        ((200, 100), (0.01, 0.11)),
        ((19, 1), (0.0, 1.0)),
    ];

    /// Simulated: promises are kept on average, and 95 % of the rates found lie in the band (somewhat more, as counts
    /// are whole numbers).
    #[test]
    fn promises_are_kept() {
        for (held_out, normal) in [(6, 50), (60, 262), (200, 100)] {
            let rates: Vec<f64> = (0..4000_u64)
                .into_par_iter()
                .map(|nth| {
                    let mut rng = crate::random::rng(nth, "promise", held_out as u64);
                    let scores = crate::random::normal_noise(&mut rng, held_out + normal);
                    let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
                    let threshold = held_out_threshold(&scores[..held_out], 0.95).unwrap();
                    scores[held_out..].iter().filter(|score| **score > threshold).count() as f64
                        / normal as f64
                })
                .collect();
            let promised = promised_rate(held_out, 0.95).unwrap();
            let mean = rates.iter().sum::<f64>() / rates.len() as f64;
            assert!((mean - promised).abs() < 0.1 * promised, "{held_out}: {mean} {promised}");
            let (low, high) = band_of_found_rates(held_out, 0.95, normal).unwrap();
            let inside =
                rates.iter().filter(|rate| (low..=high).contains(*rate)).count() as f64 / rates.len() as f64;
            assert!((0.94..=0.99).contains(&inside), "{held_out}: {inside}");
        }
    }

    #[test]
    fn p_values_count_the_scores_as_high() {
        let held_out = [1.0, 2.0, 3.0, 4.0];
        let found = [0.0, 2.0, 4.5].map(|score| conformal_p(&held_out, score).unwrap());
        assert_eq!(found, [1.0, 0.8, 0.2]);
        assert_eq!(conformal_p(&[], 1.0), None);
    }
}
