//! What a generator makes beside real images: whether it covers them, and whether it only remembers them.

use super::metric::{COLLAPSED_COVERAGE, COLLAPSED_DIVERSITY, FAR_NOVELTY, REMEMBERED_NOVELTY};
use super::statistics::mean;

/// The k of [`coverage`], as its authors chose it: made images of the real distribution cover .97 of the real ones.
pub const NEIGHBOURS: usize = 5;

/// What the images that a trained generator makes are like. A measure that cannot be told is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Generated {
    /// How much they differ among themselves, against held-out images: about 1 is well, 0 a single image.
    pub diversity: Option<f64>,
    /// See [`coverage`], of held-out images.
    pub coverage: Option<f64>,
    /// See [`novelty`], beside held-out images.
    pub novelty: Option<f64>,
}

impl Generated {
    /// What is wrong with them, in words; absent where all is well or unknown.
    pub fn warning(&self) -> Option<String> {
        let flaws = self.flaws();
        // A GANomaly whose images are all alike may rank images well all the same.
        (!flaws.is_empty())
            .then(|| format!("{}; what its scores are worth, the AUROC tells", flaws.join(", ")))
    }

    fn flaws(&self) -> Vec<String> {
        let told = |value: Option<f64>, limit: f64, words: &dyn Fn(f64) -> String| {
            value.filter(|value| *value < limit).map(|value| words(100.0 * value))
        };
        let is_near = self.novelty.is_none_or(|novelty| novelty < FAR_NOVELTY);
        [
            told(self.diversity, COLLAPSED_DIVERSITY, &|share| {
                format!("its images are {share:.0} % as diverse as the held-out ones")
            }),
            // Images that are like no real one cover none, however many kinds there are of them.
            told(self.coverage.filter(|_| is_near), COLLAPSED_COVERAGE, &|share| {
                format!("its images cover {share:.0} % of the held-out ones")
            }),
            told(self.novelty, REMEMBERED_NOVELTY, &|share| {
                format!("its images are {share:.0} % as far from training images as held-out ones: it remembers them")
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Coverage (Naeem et al. 2020, "Reliable fidelity and diversity metrics for generative models"): the share of the real
/// images that have a made image nearer than their k-th nearest other real image. `radii` are the distances to that
/// one, `nearest_made` those to the nearest made image, in the same order. Absent without images.
pub fn coverage(radii: &[f64], nearest_made: &[f64]) -> Option<f64> {
    let covered: Vec<f64> =
        radii.iter().zip(nearest_made).map(|(radius, made)| f64::from(u8::from(made < radius))).collect();
    mean(&covered)
}

/// How far made images are from their nearest training images, on average, against how far unseen ones are: 0 for
/// copies of training images, about 1 for images that are as new as unseen ones. Absent without images, or where unseen
/// ones are copies themselves.
pub fn novelty(made_to_train: &[f64], unseen_to_train: &[f64]) -> Option<f64> {
    Some(mean(made_to_train)? / mean(unseen_to_train).filter(|distance| *distance > 0.0)?)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random::rng;

    #[test]
    fn coverage_by_hand() {
        // Reals on a line at 0, 1, 2, 10 with k = 2: radii 2, 1, 2, 9. Made at 0.5: nearest 0.5, 0.5, 1.5, 9.5.
        assert_eq!(coverage(&[2.0, 1.0, 2.0, 9.0], &[0.5, 0.5, 1.5, 9.5]), Some(0.75));
        assert_eq!(coverage(&[1.0], &[1.0]), Some(0.0), "the radius itself is not covered");
        assert_eq!(coverage(&[], &[]), None);
    }

    #[test]
    fn novelty_by_hand() {
        assert_eq!(novelty(&[1.0, 3.0], &[4.0, 4.0]), Some(0.5));
        assert_eq!(novelty(&[0.0, 0.0], &[1.0]), Some(0.0));
        assert_eq!(novelty(&[1.0], &[0.0]), None, "unseen images that are copies tell nothing");
        assert_eq!(novelty(&[], &[1.0]), None);
    }

    /// Two samples of N points of one distribution: the expectation is 1 − Π (N − j)/(2N − j), j from 1 to k (the same
    /// paper, equation 10: each of the k nearest other reals and of the N made ones is as likely the nearest).
    #[test]
    fn coverage_of_the_real_distribution_is_as_expected() {
        let (count, mut random) = (100, rng(1, "test", 0));
        let mut found = Vec::new();
        for _ in 0..40 {
            let mut points =
                || -> Vec<[f64; 2]> { (0..count).map(|_| [random.random(), random.random()]).collect() };
            let (real, made) = (points(), points());
            let distance = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
            let sorted = |from: &[f64; 2], to: &[[f64; 2]]| {
                let mut all: Vec<f64> = to.iter().map(|point| distance(from, point)).collect();
                all.sort_by(f64::total_cmp);
                all
            };
            // Each is the nearest to itself.
            let radii: Vec<f64> = real.iter().map(|point| sorted(point, &real)[NEIGHBOURS]).collect();
            let nearest: Vec<f64> = real.iter().map(|point| sorted(point, &made)[0]).collect();
            found.push(coverage(&radii, &nearest).unwrap());
        }
        let n = count as f64;
        let missed: f64 = (1..=NEIGHBOURS).map(|j| (n - j as f64) / (2.0 * n - j as f64)).product();
        let found = mean(&found).unwrap();
        assert!((found - (1.0 - missed)).abs() < 0.01, "{found}, expected {}", 1.0 - missed);
    }

    #[test]
    fn flaws_are_told_in_words() {
        let well = Generated { diversity: Some(0.9), coverage: Some(0.9), novelty: Some(0.8) };
        assert_eq!((well.warning(), Generated::default().warning()), (None, None));
        let rough = Generated { diversity: Some(1.1), coverage: Some(0.02), novelty: Some(4.9) };
        assert_eq!(rough.warning(), None, "far from the data, and no few kinds");
        let remembered = Generated { diversity: Some(0.7), coverage: Some(0.05), novelty: Some(0.0) };
        let expected = "its images cover 5 % of the held-out ones, its images are 0 % as far from training images as \
                        held-out ones: it remembers them; what its scores are worth, the AUROC tells";
        assert_eq!(remembered.warning().unwrap(), expected);
    }
}
