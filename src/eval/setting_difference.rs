//! Whether one setting is better than another: over trainings and images both.
//!
//! A fit with another seed has another AUROC, and so has the same fit on other images. The analysis of Obuchowski and
//! Rockette (1995) for readers and cases, with the degrees of freedom of Hillis (2007), knows both: here a training is
//! a reader, and a setting a modality. Where each setting has trainings of its own, readers are nested in modalities;
//! where two settings judge with the same trainings (another score or λ), they are crossed, and what a training does to
//! both cancels. Its covariances over images are DeLong's.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::auroc::{Placements, placements};
use super::mean;

/// Test scores of one training: of normal images and of anomalies, in the same order of images for all.
pub type TestScores = (Vec<f64>, Vec<f64>);

/// Whether two settings judge with the same trainings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trainings {
    /// Each has its own, if with the same seeds. So are trainings counted of which some alone are shared: what these do
    /// to both settings alike then widens the interval.
    Own,
    /// The settings share all of them, in the same order.
    Shared,
}

/// How much better one setting is than another, in AUROC, over the seeds of both and the images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SettingDifference {
    /// Mean AUROC of the first setting's seeds minus that of the second's.
    pub difference: f64,
    /// Lower end of its 95 % interval, for other seeds and other images.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Two-sided probability of such a difference where the settings are equal.
    pub p: f64,
    /// Of the variance of the difference, what the seeds of each setting bring; those of shared trainings are in the
    /// first.
    seeds: [f64; 2],
    /// And what the images bring.
    images: f64,
    /// Number of seeds of each setting.
    counts: [usize; 2],
}

/// Compares two settings, each with two trainings or more, on the same images. Absent where a setting has fewer, where
/// a class has fewer than two images, a score is not finite, the fits were judged on different numbers of images, or
/// the settings differ and nothing varies, or where shared trainings are not equally many.
pub fn compare_settings(
    one: &[TestScores],
    other: &[TestScores],
    trainings: Trainings,
) -> Option<SettingDifference> {
    let counts = [one.len(), other.len()];
    let fits: Vec<Placements> = one
        .iter()
        .chain(other)
        .map(|(normal, anomaly)| placements(normal, anomaly))
        .collect::<Option<_>>()?;
    let first = fits.first()?;
    let sizes = (first.of_normal.len(), first.of_anomaly.len());
    let same_images = fits.iter().all(|fit| (fit.of_normal.len(), fit.of_anomaly.len()) == sizes);
    let paired = trainings == Trainings::Own || counts[0] == counts[1];
    if counts[0].min(counts[1]) < 2 || sizes.0.min(sizes.1) < 2 || !same_images || !paired {
        return None;
    }
    let (ones, others) = fits.split_at(counts[0]);
    let [areas, other_areas] =
        [ones, others].map(|fits| fits.iter().map(Placements::area).collect::<Vec<f64>>());
    let seeds = match trainings {
        Trainings::Own => [variance_of_mean(&areas)?, variance_of_mean(&other_areas)?],
        Trainings::Shared => {
            let differences: Vec<f64> =
                areas.iter().zip(&other_areas).map(|(one, other)| one - other).collect();
            [variance_of_mean(&differences)?, 0.0]
        }
    };
    let within = between_trainings(ones, ones, true)? + between_trainings(others, others, true)?;
    let images = within - 2.0 * between_trainings(ones, others, trainings == Trainings::Shared)?;
    let difference = mean(&areas)? - mean(&other_areas)?;
    SettingDifference { difference, low: 0.0, high: 0.0, p: 1.0, seeds, images: images.max(0.0), counts }
        .with_interval()
}

impl SettingDifference {
    fn variance(&self) -> f64 {
        self.seeds[0] + self.seeds[1] + self.images
    }

    /// Student's t with the degrees of freedom that the seeds leave; none where nothing varies.
    fn distribution(&self) -> Option<StudentsT> {
        let by_seeds: f64 = (0..2).map(|nth| self.seeds[nth].powi(2) / (self.counts[nth] - 1) as f64).sum();
        let freedom = if by_seeds > 0.0 { self.variance().powi(2) / by_seeds } else { MANY };
        StudentsT::new(0.0, self.variance().sqrt(), freedom.min(MANY)).ok()
    }

    fn with_interval(self) -> Option<Self> {
        let Some(distribution) = self.distribution() else {
            let nothing = Self { low: 0.0, high: 0.0, p: 1.0, ..self };
            return (self.difference == 0.0).then_some(nothing);
        };
        let spread = distribution.inverse_cdf(0.975);
        let p = 2.0 * distribution.cdf(-self.difference.abs());
        Some(Self { low: self.difference - spread, high: self.difference + spread, p, ..self })
    }

    /// Probability of a difference as small as this where the settings differ by `margin` or more, by two one-sided
    /// tests (Schuirmann 1987): under .05, they are equivalent within the margin.
    pub fn equivalence(&self, margin: f64) -> f64 {
        match self.distribution() {
            Some(distribution) => distribution.cdf(self.difference.abs() - margin),
            None => 0.0,
        }
    }

    /// The seeds of each setting with which a difference like this would be told from none, at most 1000: absent
    /// where the images are too few for it, however many seeds there are.
    pub fn seeds_to_decide(&self) -> Option<usize> {
        (2..=1000).find(|seeds| {
            let of = |nth: usize| self.seeds[nth] * self.counts[nth] as f64 / *seeds as f64;
            let more = Self { seeds: [of(0), of(1)], counts: [*seeds; 2], ..*self };
            more.with_interval().is_some_and(|found| found.p < 0.05)
        })
    }
}

/// Degrees of freedom from which on Student's t is normal to all digits shown.
const MANY: f64 = 1e6;

fn variance_of_mean(values: &[f64]) -> Option<f64> {
    Some(super::standard_deviation(values)?.powi(2) / values.len() as f64)
}

/// Mean covariance over images of the areas of two trainings, one of each side; without those at the same place where
/// `distinct`, for they are one training.
fn between_trainings(ones: &[Placements], others: &[Placements], distinct: bool) -> Option<f64> {
    let covariances: Vec<f64> = (0..ones.len())
        .flat_map(|a| (0..others.len()).map(move |b| (a, b)))
        .filter(|(a, b)| !distinct || a != b)
        .map(|(a, b)| ones[a].covariance(&others[b]))
        .collect();
    mean(&covariances)
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    /// Images shared by all trainings, shared by those of a setting, and the rest of one's own; seeds move the
    /// anomalies. Of shared trainings, both settings have most of that.
    fn simulated(
        replicate: u64,
        seeds: usize,
        n: (usize, usize),
        seed_spread: f64,
        shift: [f64; 2],
        trainings: Trainings,
    ) -> [Vec<TestScores>; 2] {
        let noise_of = |what: &str| {
            let mut rng = crate::random::rng(replicate, what, seeds as u64);
            move |count: usize| -> Vec<f64> {
                crate::random::normal_noise(&mut rng, count).into_iter().map(f64::from).collect()
            }
        };
        let (mut noise, mut of_trainings) = (noise_of("settings"), noise_of("trainings"));
        let common: Vec<Vec<f64>> = (0..seeds).map(|_| of_trainings(n.0 + n.1 + 1)).collect();
        let (own_part, common_part) = if trainings == Trainings::Own { (1.0, 0.0) } else { (0.6, 0.8) };
        let shared = noise(n.0 + n.1);
        [0, 1].map(|setting| {
            let of_setting = noise(n.0 + n.1);
            (0..seeds)
                .map(|training| {
                    let mut own = noise(n.0 + n.1);
                    own.extend(noise(1));
                    let own = |at: usize| own_part * own[at] + common_part * common[training][at];
                    let moved = shift[setting] + seed_spread * own(n.0 + n.1);
                    let score =
                        |at: usize| 0.5_f64.sqrt() * shared[at] + 0.5 * of_setting[at] + 0.5 * own(at);
                    let normal = (0..n.0).map(score).collect();
                    (normal, (n.0..n.0 + n.1).map(|at| score(at) + moved).collect())
                })
                .collect()
        })
    }

    fn share(replicates: u64, holds: impl Fn(u64) -> bool + Sync) -> f64 {
        (0..replicates).into_par_iter().filter(|nth| holds(*nth)).count() as f64 / replicates as f64
    }

    /// Equal settings: at a nominal 5 %, 4 to 6 % differ, within what 4000 simulations can tell; with few images and
    /// seeds that differ much somewhat fewer, with three shared trainings that differ much up to 7 %.
    #[test]
    fn equal_settings_differ_as_often_as_promised() {
        for trainings in [Trainings::Own, Trainings::Shared] {
            for (seeds, n, spread) in [
                (2, (110, 90), 0.05),
                (3, (110, 90), 0.0),
                (3, (110, 90), 0.15),
                (3, (262, 453), 0.4),
                (5, (50, 50), 0.15),
            ] {
                let found = share(4000, |nth| {
                    let [one, other] = simulated(nth, seeds, n, spread, [1.81; 2], trainings);
                    compare_settings(&one, &other, trainings).unwrap().p < 0.05
                });
                let most = if trainings == Trainings::Shared { 0.072 } else { 0.065 };
                assert!(
                    (0.035..=most).contains(&found),
                    "{trainings:?}, {seeds} seeds, {n:?} images, spread {spread}: {found}"
                );
            }
        }
    }

    /// Two settings of AUROC Φ(1.81/√2) and Φ(1.5/√2): the interval holds the difference, equivalence within a margin
    /// just smaller than it is found in about 5 % at most.
    #[test]
    fn intervals_hold_the_difference() {
        let phi = |d: f64| 0.5 * libm::erfc(-d / 2.0);
        let truth = phi(1.81) - phi(1.5);
        for trainings in [Trainings::Own, Trainings::Shared] {
            let found = share(4000, |nth| {
                let [one, other] = simulated(nth, 3, (110, 90), 0.15, [1.81, 1.5], trainings);
                let found = compare_settings(&one, &other, trainings).unwrap();
                found.low <= truth && truth <= found.high
            });
            assert!((0.935..=0.965).contains(&found), "{trainings:?}: {found}");
            let wrongly = share(4000, |nth| {
                let [one, other] = simulated(nth, 3, (110, 90), 0.05, [1.81, 1.5], trainings);
                compare_settings(&one, &other, trainings).unwrap().equivalence(truth) < 0.05
            });
            assert!(wrongly <= 0.06, "{trainings:?}: {wrongly}");
        }
    }

    /// Seeds that move both settings alike hide a small difference unless it is known that they do.
    #[test]
    fn what_trainings_share_cancels() {
        let found = |trainings| {
            share(200, |nth| {
                let [one, other] = simulated(nth, 3, (262, 453), 0.4, [1.81, 1.5], Trainings::Shared);
                compare_settings(&one, &other, trainings).unwrap().p < 0.05
            })
        };
        let (own, shared) = (found(Trainings::Own), found(Trainings::Shared));
        assert!(shared > own + 0.1, "{shared} {own}");
    }

    /// Against NumPy and SciPy: `cov` of DeLong's placements, `stats.t` (the same formulas, written independently).
    #[test]
    fn as_scipy_computes() {
        let one = [
            (vec![-0.8, -1.3, -0.2, 0.4, 1.1, 0.1], vec![0.8, 0.6, 2.1, 3.0, 1.7]),
            (vec![-1.2, -1.0, 1.6, 0.2, -1.7, -0.1], vec![-0.2, 0.4, 0.5, 0.3, 1.6]),
            (vec![-0.1, -0.6, 0.4, 0.8, -1.6, -0.3], vec![0.8, 1.6, 0.5, 1.8, 1.8]),
        ];
        let other = [
            (vec![-0.3, -1.0, -0.4, -1.1, -1.4, 0.2], vec![-0.5, 1.8, 1.3, -1.4, 0.9]),
            (vec![-1.1, 0.0, 0.0, -2.0, -0.2, -0.3], vec![1.9, -0.3, 1.6, -0.2, 0.6]),
        ];
        let found = compare_settings(&one, &other, Trainings::Own).unwrap();
        let values = [found.difference, found.low, found.high, found.p, found.equivalence(0.3)];
        let expected = [
            0.130_555_555_555_555_65,
            -0.067_225_033_196_229_97,
            0.328_336_144_307_341_26,
            0.163_256_813_095_304_85,
            0.041_320_136_768_286_046,
        ];
        for (found, expected) in values.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let seeds = found.seeds_to_decide();
        assert!(seeds.is_none_or(|seeds| seeds > 3), "three seeds did not: {seeds:?}");
    }

    /// Against NumPy and SciPy: Obuchowski and Rockette's factorial analysis by its mean square of interaction.
    #[test]
    fn of_shared_trainings_as_scipy_computes() {
        let one = [
            (vec![-0.8, -1.3, -0.2, 0.4, 1.1, 0.1], vec![0.8, 0.6, 2.1, 3.0, 1.7]),
            (vec![-1.2, -1.0, 1.6, 0.2, -1.7, -0.1], vec![-0.2, 0.4, 0.5, 0.3, 1.6]),
            (vec![-0.1, -0.6, 0.4, 0.8, -1.6, -0.3], vec![0.8, 1.6, 0.5, 1.8, 1.8]),
        ];
        let other = [
            (vec![-0.6, -1.5, 0.0, 0.8, 0.8, 0.4], vec![0.3, 0.8, 0.7, 2.3, 0.3]),
            (vec![-1.0, -1.2, 1.6, 0.6, -1.7, 0.2], vec![-0.4, 0.7, -0.4, 0.4, 0.2]),
            (vec![0.0, -0.8, 0.6, 1.1, -1.6, 0.0], vec![0.9, 1.9, 1.1, 2.0, 1.0]),
        ];
        let found = compare_settings(&one, &other, Trainings::Shared).unwrap();
        let values = [found.difference, found.low, found.high, found.p];
        let expected = [
            0.144_444_444_444_444_5,
            -0.074_113_000_675_014_06,
            0.363_001_889_563_903,
            0.183_374_857_630_771_44,
        ];
        for (found, expected) in values.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        assert_eq!(found.seeds_to_decide(), None, "the images are too few");
        for (lower, p, seeds) in [(4, 0.082_297_7, 5), (8, 0.027_327_4, 3)] {
            // Tenths, so that ties stay ties.
            let lowered = |score: &f64| ((score * 10.0).round() - f64::from(lower)) / 10.0;
            let other =
                other.clone().map(|(normal, anomaly)| (normal, anomaly.iter().map(lowered).collect()));
            let found = compare_settings(&one, &other, Trainings::Shared).unwrap();
            assert!((found.p - p).abs() < 1e-7, "{}", found.p);
            assert_eq!(found.seeds_to_decide(), Some(seeds));
        }
    }

    #[test]
    fn what_cannot_be_told_is_absent() {
        let scores = |shift: f64| (vec![0.0, 1.0, 2.0], vec![1.5 + shift, 2.5, 3.5]);
        assert!(
            compare_settings(&[scores(0.0)], &[scores(0.1), scores(0.2)], Trainings::Own).is_none(),
            "one seed tells of none"
        );
        assert!(
            compare_settings(
                &[scores(0.0), scores(0.1)],
                &[scores(0.0), scores(0.1), scores(0.2)],
                Trainings::Shared
            )
            .is_none(),
            "no three in two"
        );
        let other_images = (vec![0.0, 1.0], vec![1.0, 2.0, 3.0]);
        let one = [scores(0.0), scores(0.1)];
        assert!(compare_settings(&one, &[scores(0.0), other_images], Trainings::Own).is_none());
        let same = [scores(0.0), scores(0.0)];
        for trainings in [Trainings::Own, Trainings::Shared] {
            let found = compare_settings(&same, &same, trainings).unwrap();
            assert_eq!((found.difference, found.p), (0.0, 1.0));
            assert_eq!(found.seeds_to_decide(), None);
        }
    }
}
