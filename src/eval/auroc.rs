//! AUROC with DeLong's interval and paired test.

use super::Z;

/// An area under the ROC curve with a 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auroc {
    /// Probability that an anomaly scores above a normal image, ties counting half.
    pub area: f64,
    /// Lower end of the interval, in 0..=1.
    pub low: f64,
    /// Upper end of the interval, in 0..=1.
    pub high: f64,
}

/// Exact area under the ROC curve; absent where a class is empty or a score is not finite.
///
/// The interval is DeLong's, on the logit scale so that it stays within 0..1 (DeLong, DeLong and
/// Clarke-Pearson 1988; Pepe 2003, section 5.2.4). A perfect separation has no variance to speak
/// of: its interval is the exact one for n = min(normal, anomaly) successes in n trials. Of a class of
/// one image no variance is known: 0..1.
pub fn auroc(normal: &[f64], anomaly: &[f64]) -> Option<Auroc> {
    let placements = placements(normal, anomaly)?;
    let (area, variance) = (placements.area(), placements.covariance(&placements));
    let (low, high) = interval(area, variance, normal.len().min(anomaly.len()));
    Some(Auroc { area, low, high })
}

/// DeLong's placements: what each image adds to an area under the ROC curve.
#[derive(Debug, Clone)]
pub(super) struct Placements {
    /// For each normal image, the share of anomalies above it.
    pub of_normal: Vec<f64>,
    /// For each anomaly, the share of normal images below it.
    pub of_anomaly: Vec<f64>,
}

/// Absent where a class is empty or a score is not finite.
pub(super) fn placements(normal: &[f64], anomaly: &[f64]) -> Option<Placements> {
    let finite = normal.iter().chain(anomaly).all(|score| score.is_finite());
    (finite && !normal.is_empty() && !anomaly.is_empty()).then(|| Placements {
        of_normal: shares_below(normal, anomaly).iter().map(|share| 1.0 - share).collect(),
        of_anomaly: shares_below(anomaly, normal),
    })
}

impl Placements {
    /// The area under the ROC curve.
    pub fn area(&self) -> f64 {
        self.of_anomaly.iter().sum::<f64>() / self.of_anomaly.len() as f64
    }

    /// Covariance of this area and another of the same images, over such images (DeLong, DeLong and Clarke-Pearson
    /// 1988, equation 5); with itself its variance. Of a class of one image nothing is known, and nothing counts.
    pub fn covariance(&self, other: &Self) -> f64 {
        let of = |a: &[f64], b: &[f64]| sample_covariance(a, b) / a.len() as f64;
        of(&self.of_anomaly, &other.of_anomaly) + of(&self.of_normal, &other.of_normal)
    }
}

/// The area under the ROC curve of values that are whole numbers: `normal[v]` and `anomaly[v]` count
/// how often the value `v` occurs in each class. Exact, in one pass and no more memory than there are
/// values. Absent where a class is empty.
pub fn auroc_of_counts(normal: &[u64], anomaly: &[u64]) -> Option<f64> {
    let (mut below, mut doubled_wins, mut anomalies) = (0_u128, 0_u128, 0_u128);
    for (normal, anomaly) in normal.iter().zip(anomaly) {
        let (normal, anomaly) = (u128::from(*normal), u128::from(*anomaly));
        doubled_wins += anomaly * (2 * below + normal);
        below += normal;
        anomalies += anomaly;
    }
    let pairs = below * anomalies;
    (pairs > 0).then(|| doubled_wins as f64 / (2 * pairs) as f64)
}

/// How much larger one AUROC is than another, on the same images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first area minus the second.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Two-sided probability of such a difference where there is none.
    pub p: f64,
}

/// Two scores of the same image.
pub type Pair = (f64, f64);

/// Compares two scores of the same images by DeLong's paired test (DeLong, DeLong and Clarke-Pearson
/// 1988, equation 5). Absent where a class has fewer than two images, a score is not finite, or the areas
/// differ but no image differs from the others in it, which leaves no variance to estimate. It tells
/// nothing of other trainings: those differ by their seeds, too.
pub fn compare_auroc(normal: &[Pair], anomaly: &[Pair]) -> Option<Difference> {
    if normal.len().min(anomaly.len()) < 2 {
        return None;
    }
    let column = |pairs: &[Pair], first: bool| -> Vec<f64> {
        pairs.iter().map(|pair| if first { pair.0 } else { pair.1 }).collect()
    };
    let of = |first: bool| placements(&column(normal, first), &column(anomaly, first));
    let (one, other) = (of(true)?, of(false)?);
    let less = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
    let differences = Placements {
        of_normal: less(&one.of_normal, &other.of_normal),
        of_anomaly: less(&one.of_anomaly, &other.of_anomaly),
    };
    let (difference, deviation) = (one.area() - other.area(), differences.covariance(&differences).sqrt());
    let p = match deviation {
        0.0 if difference == 0.0 => 1.0,
        0.0 => return None,
        _ => libm::erfc(difference.abs() / deviation / std::f64::consts::SQRT_2),
    };
    Some(Difference { difference, low: difference - Z * deviation, high: difference + Z * deviation, p })
}

/// For each score, the share of `others` below it, ties counting half (DeLong's placements).
fn shares_below(scores: &[f64], others: &[f64]) -> Vec<f64> {
    let mut sorted = others.to_vec();
    sorted.sort_by(f64::total_cmp);
    scores
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let not_above = sorted.partition_point(|other| other <= score);
            (below + not_above) as f64 / (2 * sorted.len()) as f64
        })
        .collect()
}

fn sample_covariance(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < 2 {
        return 0.0;
    }
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (n - 1.0)
}

fn interval(area: f64, variance: f64, smaller_class: usize) -> (f64, f64) {
    // Two-sided exact limit for n of n: 0.025^(1/n).
    let exact = 0.025_f64.powf(1.0 / smaller_class as f64);
    if area >= 1.0 {
        return (exact, 1.0);
    }
    if area <= 0.0 {
        return (0.0, 1.0 - exact);
    }
    if smaller_class < 2 || variance == 0.0 {
        return (0.0, 1.0); // nothing is known of the spread
    }
    let logit = (area / (1.0 - area)).ln();
    let spread = Z * variance.sqrt() / (area * (1.0 - area));
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    (logistic(logit - spread), logistic(logit + spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn brute_force(normal: &[f64], anomaly: &[f64]) -> f64 {
        let mut wins = 0.0;
        for a in anomaly {
            for n in normal {
                wins += if a > n {
                    1.0
                } else if a == n {
                    0.5
                } else {
                    0.0
                };
            }
        }
        wins / (normal.len() * anomaly.len()) as f64
    }

    proptest! {
        #[test]
        fn equals_brute_force_with_ties(
            normal in prop::collection::vec(0u8..12, 1..60),
            anomaly in prop::collection::vec(0u8..12, 1..60),
        ) {
            let normal: Vec<f64> = normal.into_iter().map(f64::from).collect();
            let anomaly: Vec<f64> = anomaly.into_iter().map(f64::from).collect();
            let found = auroc(&normal, &anomaly).unwrap();
            prop_assert!((found.area - brute_force(&normal, &anomaly)).abs() < 1e-12);
            prop_assert!(found.low <= found.area + 1e-12 && found.area <= found.high + 1e-12);
            prop_assert!((0.0..=1.0).contains(&found.low) && (0.0..=1.0).contains(&found.high));
        }
    }

    proptest! {
        #[test]
        fn counts_give_the_same_area(
            normal in prop::collection::vec(0usize..9, 1..40),
            anomaly in prop::collection::vec(0usize..9, 1..40),
        ) {
            let counted = |values: &[usize]| {
                let mut counts = [0u64; 9];
                values.iter().for_each(|value| counts[*value] += 1);
                counts
            };
            let floats = |values: &[usize]| values.iter().map(|value| *value as f64).collect::<Vec<_>>();
            let found = auroc_of_counts(&counted(&normal), &counted(&anomaly)).unwrap();
            prop_assert!((found - brute_force(&floats(&normal), &floats(&anomaly))).abs() < 1e-12);
        }
    }

    /// Values spread evenly over 0..n and over k..n+k: of all pairs, 1 − (1 − k/n)²/2 are in order
    /// in the limit; here n is finite, and ties count half.
    #[test]
    fn counts_of_shifted_even_values() {
        let (n, k) = (1000_usize, 250_usize);
        let even = |first: usize| -> Vec<u64> {
            (0..n + k).map(|value| u64::from((first..first + n).contains(&value)) * 1_000_000_000).collect()
        };
        let found = auroc_of_counts(&even(0), &even(k)).unwrap();
        let left = (n - k) as f64 / n as f64;
        assert!((found - (1.0 - left * left / 2.0)).abs() < 1e-12, "{found}");
        assert_eq!(auroc_of_counts(&[1, 2], &[0, 0]), None);
        assert_eq!(auroc_of_counts(&[0, 0], &[1, 0]), None);
    }

    #[test]
    fn absent_where_undefined() {
        assert_eq!(auroc(&[], &[1.0]), None);
        assert_eq!(auroc(&[1.0], &[]), None);
        assert_eq!(auroc(&[f64::NAN], &[1.0]), None);
    }

    /// Hanley–McNeil-like example worked by hand: normals 1 2 3, anomalies 2 4.
    /// Placements of anomalies: (1 + ½)/3 = ½ and 1; of normals: 1, ¾, ½.
    #[test]
    fn delong_variance_by_hand() {
        let found = auroc(&[1.0, 2.0, 3.0], &[2.0, 4.0]).unwrap();
        assert!((found.area - 0.75).abs() < 1e-12);
        let variance: f64 = 0.125 / 2.0 + 0.0625 / 3.0;
        let spread = 1.959_963_984_540_054 * variance.sqrt() / (0.75 * 0.25);
        let low = 1.0 / (1.0 + (-(3.0_f64.ln() - spread)).exp());
        assert!((found.low - low).abs() < 1e-12);
    }

    /// The variance of a difference is that of the bootstrap, and equal scores do not differ.
    #[test]
    fn paired_differences_agree_with_resampling() {
        use rand::RngExt;
        let mut rng = crate::random::rng(3, "paired", 0);
        let noise = crate::random::normal_noise(&mut rng, 600);
        let draw = |nth: usize, shift: f64| {
            let (shared, one, other) = (noise[3 * nth], noise[3 * nth + 1], noise[3 * nth + 2]);
            (f64::from(shared + 0.5 * one) + 1.4 * shift, f64::from(shared + 0.8 * other) + shift)
        };
        let normal: Vec<Pair> = (0..110).map(|nth| draw(nth, 0.0)).collect();
        let anomaly: Vec<Pair> = (110..200).map(|nth| draw(nth, 1.0)).collect();
        let found = compare_auroc(&normal, &anomaly).unwrap();
        let differences: Vec<f64> = (0..2000)
            .map(|_| {
                let mut resample = |pairs: &[Pair]| -> Vec<Pair> {
                    (0..pairs.len()).map(|_| pairs[rng.random_range(0..pairs.len())]).collect()
                };
                let (normal, anomaly) = (resample(&normal), resample(&anomaly));
                compare_auroc(&normal, &anomaly).unwrap().difference
            })
            .collect();
        let bootstrap = crate::eval::standard_deviation(&differences).unwrap();
        let deviation = (found.high - found.low) / 2.0 / Z;
        assert!((deviation / bootstrap - 1.0).abs() < 0.1, "DeLong {deviation}, bootstrap {bootstrap}");
        let expected_p = libm::erfc(found.difference.abs() / deviation / 2.0_f64.sqrt());
        assert!((found.p - expected_p).abs() < 1e-12);

        let same: Vec<Pair> = normal.iter().map(|pair| (pair.0, pair.0)).collect();
        let same_anomaly: Vec<Pair> = anomaly.iter().map(|pair| (pair.0, pair.0)).collect();
        assert_eq!(
            compare_auroc(&same, &same_anomaly).unwrap(),
            Difference { difference: 0.0, low: 0.0, high: 0.0, p: 1.0 }
        );
    }

    /// The ratings of Hanley and McNeil (1982), table 1: Stata's manual (roctab) gives the area 0.8932,
    /// DeLong's standard error 0.0307, and the symmetric interval 0.83295 to 0.95339.
    #[test]
    fn delong_as_published() {
        let ratings = |counts: [usize; 5]| -> Vec<f64> {
            (1..=5_u8).zip(counts).flat_map(|(rating, n)| vec![f64::from(rating); n]).collect()
        };
        let (normal, anomaly) = (ratings([33, 6, 6, 11, 2]), ratings([3, 2, 2, 11, 33]));
        let found = auroc(&normal, &anomaly).unwrap();
        assert!((found.area - 0.8932).abs() < 5e-5, "{found:?}");
        let logit = |x: f64| (x / (1.0 - x)).ln();
        let half = (logit(found.high) - logit(found.low)) / 2.0 * found.area * (1.0 - found.area);
        assert!((half / Z - 0.0307).abs() < 5e-5, "{found:?}");
        assert!((found.area - half - 0.83295).abs() < 5e-6 && (found.area + half - 0.95339).abs() < 5e-6);
    }

    /// Against the covariance matrix of placements (numpy, all pairs): difference 0.09375, standard error
    /// 0.112605, p 0.405094.
    #[test]
    fn paired_delong_as_computed_otherwise() {
        let normal =
            [(1.0, 2.0), (2.0, 1.0), (3.0, 5.0), (4.0, 3.0), (5.0, 6.0), (6.0, 4.0), (7.0, 9.0), (8.0, 7.0)];
        let anomaly = [(5.0, 8.0), (7.0, 4.0), (9.0, 6.0), (10.0, 10.0), (3.0, 2.0), (11.0, 9.0)];
        let found = compare_auroc(&normal, &anomaly).unwrap();
        assert!((found.difference - 0.09375).abs() < 1e-12);
        assert!(((found.high - found.low) / 2.0 / Z - 0.112_604_669_121_384_6).abs() < 1e-12);
        assert!((found.p - 0.405_093_644_211_201_86).abs() < 1e-12);
    }

    #[test]
    fn perfect_separation_is_not_certain() {
        let found = auroc(&[0.0; 10], &[1.0; 20]).unwrap();
        assert_eq!(found.area, 1.0);
        assert!((found.low - 0.025_f64.powf(0.1)).abs() < 1e-12);
    }
}
