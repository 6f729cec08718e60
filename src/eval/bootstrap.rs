//! Bootstrap intervals of AUROC.

use rand::RngExt;

use super::quantile;
use super::threshold::steps;

/// Resamples of a bootstrap interval.
const RESAMPLES: u64 = 2000;

/// The 95 % percentile interval of the AUROC from 2000 stratified resamples: as many normal images and as
/// many anomalies as there are, each drawn with replacement from its own class (Efron and Tibshirani 1993,
/// section 13.3). The same scores and `seed` give the same interval. Absent where a class is empty or a
/// score is not finite. It knows only the images that are there: a perfect separation stays perfect in
/// every resample, and its interval has no width.
pub fn bootstrap_auroc(normal: &[f64], anomaly: &[f64], seed: u64) -> Option<(f64, f64)> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    let distinct = steps(normal, anomaly)?;
    // The place of each score among the distinct ones, highest first.
    let place = |score: &f64| distinct.partition_point(|step| step.threshold > *score);
    let normal: Vec<usize> = normal.iter().map(place).collect();
    let anomaly: Vec<usize> = anomaly.iter().map(place).collect();
    let areas: Vec<f64> = (0..RESAMPLES)
        .map(|nth| {
            let mut rng = crate::random::rng(seed, "bootstrap", nth);
            let mut resample = |places: &[usize]| {
                let mut counts = vec![0_u32; distinct.len()];
                for _ in places {
                    counts[places[rng.random_range(0..places.len())]] += 1;
                }
                counts
            };
            let (normals, anomalies) = (resample(&normal), resample(&anomaly));
            area(&normals, &anomalies) / (normal.len() * anomaly.len()) as f64
        })
        .collect();
    Some((quantile(&areas, 0.025)?, quantile(&areas, 0.975)?))
}

/// Pairs in which the anomaly scores higher, ties counting half; counts by score, highest first.
fn area(normals: &[u32], anomalies: &[u32]) -> f64 {
    let mut higher = 0.0;
    let mut pairs = 0.0;
    for (normal, anomaly) in normals.iter().zip(anomalies) {
        let (normal, anomaly) = (f64::from(*normal), f64::from(*anomaly));
        pairs += normal * (higher + anomaly / 2.0);
        higher += anomaly;
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::auroc;

    #[test]
    fn an_unchanged_sample_has_its_area() {
        // Scores 3 2 1: normals 1 2 3, anomalies 2 (twice) and 3.
        let expected = auroc(&[1.0, 2.0, 3.0], &[2.0, 2.0, 3.0]).unwrap().area;
        assert!((area(&[1, 1, 1], &[1, 2, 0]) / 9.0 - expected).abs() < 1e-12);
    }

    #[test]
    fn is_repeatable_and_has_no_width_without_overlap() {
        let normal: Vec<f64> = (0..60).map(f64::from).collect();
        let anomaly: Vec<f64> = (0..41).map(|nth| 17.3 + 1.1 * f64::from(nth)).collect();
        let found = bootstrap_auroc(&normal, &anomaly, 1);
        assert_eq!(found, bootstrap_auroc(&normal, &anomaly, 1));
        assert_ne!(found, bootstrap_auroc(&normal, &anomaly, 2));
        assert_eq!(bootstrap_auroc(&[0.0; 5], &[1.0; 5], 1), Some((1.0, 1.0)));
        assert_eq!(bootstrap_auroc(&[], &[1.0], 1), None);
    }
}
