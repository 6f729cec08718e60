//! AUROC with its interval and DeLong's paired test.

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
/// The interval is for other images: Wilson's, for as many images as have the area's variance. That is
/// DeLong's (DeLong, DeLong and Clarke-Pearson 1988), which knows only the images that are out of order. Where
/// they are few, near 1 and 0, it is drawn towards what exponentially distributed scores would give (Hanley and
/// McNeil 1982, as in method 5 of Newcombe 2006), so that it neither vanishes nor jumps where all are in order;
/// and no images tell more than the same ones in perfect order. Simulated (`coverage.rs`), 95 % intervals hold
/// the true value in 93 to 99 % of cases up to an AUROC of .998. Of a class of one image no variance is known: 0..1.
pub fn auroc(normal: &[f64], anomaly: &[f64]) -> Option<Auroc> {
    let placements = placements(normal, anomaly)?;
    let (low, high) = interval(&placements);
    Some(Auroc { area: placements.area(), low, high })
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

    /// How many images of a class do not lie wholly above or below the other class: of the class that has fewer
    /// of them, and on the side where they are fewer.
    fn out_of_order(&self) -> usize {
        let count = |places: &[f64], end: f64| places.iter().filter(|place| **place != end).count();
        [0.0, 1.0]
            .map(|end| count(&self.of_normal, end).min(count(&self.of_anomaly, end)))
            .into_iter()
            .min()
            .unwrap_or(0)
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

fn interval(placements: &Placements) -> (f64, f64) {
    let area = placements.area();
    let classes = [placements.of_normal.len() as f64, placements.of_anomaly.len() as f64];
    let variance = placements.covariance(placements);
    let is_tied = variance == 0.0 && area > 0.0 && area < 1.0;
    if classes[0].min(classes[1]) < 2.0 || is_tied {
        return (0.0, 1.0); // nothing is known of the spread
    }
    // The variance of one image that is in order or not.
    let of_one = area * (1.0 - area);
    let expected = 1.0 / expected_images(area, classes);
    let found = if of_one > 0.0 { variance / of_one } else { expected };
    // As many as the root of the larger class weigh as much as what is expected.
    let squared = (placements.out_of_order() as f64).powi(2);
    let weight = squared / (squared + classes[0].max(classes[1]));
    let (low, high) = wilson(area, 1.0 / (weight * found + (1.0 - weight) * expected));
    let (perfect, _) = wilson(1.0, expected_images(1.0, classes));
    (low.min(perfect), high.max(1.0 - perfect))
}

/// The number of images that, each in order or not, would tell an area as surely as the images of both classes do where
/// scores are exponentially distributed: area (1 − area) over Hanley and McNeil's variance. Which class has the longer
/// tail is not known: the larger term is taken for the smaller class.
fn expected_images(area: f64, [normal, anomaly]: [f64; 2]) -> f64 {
    let (larger, smaller) = (normal.max(anomaly), normal.min(anomaly));
    let terms = [(1.0 - area) / (2.0 - area), area / (1.0 + area)];
    let (long, short) = (terms[0].max(terms[1]), terms[0].min(terms[1]));
    larger * smaller / (1.0 + (larger - 1.0) * long + (smaller - 1.0) * short)
}

/// Wilson's 95 % interval (1927) of a share that is found in so many images.
fn wilson(share: f64, images: f64) -> (f64, f64) {
    let z = Z * Z / images;
    let middle = (share + z / 2.0) / (1.0 + z);
    let spread = (z * share * (1.0 - share) + z * z / 4.0).sqrt() / (1.0 + z);
    // A share of 0 or 1 is an end, whatever rounding makes of it.
    let low = if share <= 0.0 { 0.0 } else { (middle - spread).clamp(0.0, share) };
    let high = if share >= 1.0 { 1.0 } else { (middle + spread).clamp(share, 1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, Normal};

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

    /// Worked by hand: normals 1 2 3, anomalies 2 4. Placements of anomalies: (1 + ½)/3 = ½ and 1; of normals: 1, ¾, ½.
    #[test]
    fn delong_variance_by_hand() {
        let found = placements(&[1.0, 2.0, 3.0], &[2.0, 4.0]).unwrap();
        assert!((found.area() - 0.75).abs() < 1e-12);
        assert!((found.covariance(&found) - (0.125 / 2.0 + 0.0625 / 3.0)).abs() < 1e-12);
        assert_eq!(found.out_of_order(), 1, "one anomaly has a normal image beside it");
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
        let found = placements(&normal, &anomaly).unwrap();
        let (area, error) = (found.area(), found.covariance(&found).sqrt());
        assert!((area - 0.8932).abs() < 5e-5 && (error - 0.0307).abs() < 5e-5, "{area} {error}");
        assert!((area - Z * error - 0.83295).abs() < 5e-6 && (area + Z * error - 0.95339).abs() < 5e-6);
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

    /// `binomtest(count, images).proportion_ci(method="wilson")` of SciPy 1.17.
    #[test]
    fn wilson_as_scipy_has_it() {
        for (count, images, (low, high)) in WILSON {
            let found = wilson(count / images, images);
            assert!((found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9, "{found:?}");
        }
    }

    const WILSON: [(f64, f64, (f64, f64)); 4] = [
        (8.0, 10.0, (0.490_162_471_536_641_8, 0.943_317_848_545_624_8)),
        (0.0, 7.0, (0.0, 0.354_330_435_066_687_43)),
        (7.0, 7.0, (0.645_669_564_933_312_6, 1.0)),
        (30.0, 61.0, (0.370_603_953_237_110_26, 0.613_973_815_089_088_3)),
    ];

    /// The same formulas, written independently in NumPy.
    #[test]
    fn intervals_as_computed_otherwise() {
        let numbers = |count: u8| (1..=count).map(f64::from).collect::<Vec<_>>();
        let cases = [
            (
                numbers(10),
                vec![9.5, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0],
                [0.9875, 0.779_650_852_408_543_1, 0.999_433_384_497_019_5],
            ),
            (
                vec![1.0, 2.0, 3.0, 5.0, 8.0, 2.5],
                vec![4.0, 6.0, 7.0, 7.5],
                [0.791_666_666_666_666_7, 0.404_270_117_160_015_15, 0.955_114_062_452_392_2],
            ),
            (numbers(5), vec![6.0, 7.0, 8.0, 9.0], [1.0, 0.634_429_677_746_554_9, 1.0]),
            (
                vec![5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
                vec![1.0, 2.0, 3.0, 5.5, 4.0],
                [0.033_333_333_333_333_33, 0.002_244_862_617_380_133_4, 0.345_760_287_824_564_8],
            ),
        ];
        for (normal, anomaly, expected) in cases {
            let found = auroc(&normal, &anomaly).unwrap();
            for (found, expected) in [found.area, found.low, found.high].into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-9, "{found} {expected}");
            }
        }
    }

    /// Both ends fall as one normal image, then several, move up through the anomalies, and as the classes come nearer:
    /// none lies above a perfect separation's, and from there on is no jump. The variance that is found moves in steps,
    /// which is seen in the third digit.
    #[test]
    fn intervals_are_monotone() {
        let falls = |intervals: &[Auroc], what: &str| {
            for pair in intervals.windows(2) {
                let (before, after) = (pair[0], pair[1]);
                assert!(after.area <= before.area, "{what}");
                assert!(
                    after.low <= before.low + 0.003 && after.high <= before.high + 0.003,
                    "{what}: {pair:?}"
                );
                assert!(after.low <= intervals[0].low + 1e-12, "{what}: {pair:?}");
            }
        };
        for (normals, anomalies) in [(10, 10), (50, 50), (110, 90), (90, 110), (30, 100), (262, 453)] {
            let numbers =
                |count: usize, first: f64| (0..count).map(|nth| first + nth as f64).collect::<Vec<_>>();
            for moved in [1_u8, 2, 5] {
                let path: Vec<Auroc> = (0..=anomalies / 2)
                    .map(|above| {
                        let mut normal = numbers(normals, -(normals as f64));
                        (0..moved).for_each(|nth| {
                            normal[usize::from(nth)] = above as f64 - 0.5 + 0.01 * f64::from(nth)
                        });
                        auroc(&normal, &numbers(anomalies, 0.0)).unwrap()
                    })
                    .collect();
                assert_eq!((path[0].area, path[0].high), (1.0, 1.0));
                falls(&path, &format!("{normals} {anomalies}, {moved} moved"));
                assert!(
                    path[0].low - path[1].low < 0.4 / normals as f64 * f64::from(moved),
                    "no jump: {:?}",
                    &path[..2]
                );
            }
            // Even quantiles of two normal distributions that come nearer and nearer.
            let quantiles = |count: usize| -> Vec<f64> {
                let normal = Normal::standard();
                let at = |nth: usize| normal.inverse_cdf((nth as f64 + 0.5) / count as f64);
                (0..count).map(at).collect()
            };
            let (normal, anomaly) = (quantiles(normals), quantiles(anomalies));
            let path: Vec<Auroc> = (0..120)
                .map(|nth| {
                    let shifted: Vec<f64> = anomaly.iter().map(|x| x + 6.0 - 0.05 * f64::from(nth)).collect();
                    auroc(&normal, &shifted).unwrap()
                })
                .collect();
            falls(&path, &format!("{normals} {anomalies} by distance"));
        }
    }

    #[test]
    fn perfect_separation_is_not_certain_and_its_mirror_is_alike() {
        let found = auroc(&[0.0; 10], &[1.0; 20]).unwrap();
        assert!(found.area == 1.0 && found.high == 1.0 && found.low > 0.7 && found.low < 0.9, "{found:?}");
        let mirrored = auroc(&[1.0; 10], &[0.0; 20]).unwrap();
        assert!(
            mirrored.area == 0.0 && mirrored.low == 0.0 && (mirrored.high - 1.0 + found.low).abs() < 1e-12
        );
        assert_eq!(
            auroc(&[0.0; 10], &[1.0]).map(|found| (found.low, found.high)),
            Some((0.0, 1.0)),
            "one image"
        );
        assert_eq!(
            auroc(&[1.0; 10], &[1.0; 20]).map(|found| (found.low, found.high)),
            Some((0.0, 1.0)),
            "all tied"
        );
    }
}
