//! Whether intervals keep their promise: simulation of binormal scores, whose true AUROC is Φ(d/√2).

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{Auroc, auroc, bootstrap_auroc, compare_auroc};

/// Distances of the classes' means, and their AUROCs.
const AREAS: [(f64, f64); 3] = [(1.190_232_357, 0.8), (1.812_387_604, 0.9), (2.326_174_307, 0.95)];

/// Scores of normal images from N(0, 1) and of anomalies from N(d, 1).
fn binormal(replicate: u64, n: (usize, usize), d: f64) -> (Vec<f64>, Vec<f64>) {
    spread(replicate, n, d, 1.0)
}

/// Scores of normal images from N(0, 1) and of anomalies from N(d, s²).
fn spread(replicate: u64, n: (usize, usize), d: f64, s: f64) -> (Vec<f64>, Vec<f64>) {
    let mut rng = crate::random::rng(replicate, "coverage", (1000.0 * d) as u64);
    let noise: Vec<f64> =
        crate::random::normal_noise(&mut rng, n.0 + n.1).into_iter().map(f64::from).collect();
    (noise[..n.0].to_vec(), noise[n.0..].iter().map(|x| s * x + d).collect())
}

/// Share of intervals that hold the true value.
fn coverage(replicates: u64, holds: impl Fn(u64) -> bool + Sync) -> f64 {
    (0..replicates).into_par_iter().filter(|nth| holds(*nth)).count() as f64 / replicates as f64
}

#[test]
fn intervals_cover_as_promised() {
    for (d, area) in AREAS {
        for n in [(50, 50), (110, 90), (262, 453)] {
            let found = coverage(4000, |nth| {
                let (normal, anomaly) = binormal(nth, n, d);
                let Auroc { low, high, .. } = auroc(&normal, &anomaly).unwrap();
                low <= area && area <= high
            });
            assert!((0.93..=0.97).contains(&found), "AUROC {area}, n {n:?}: {found}");
        }
    }
}

/// Near 1, whichever class has the longer tail: never much under 95 %. Where hardly an image is out of order, intervals
/// cannot cover less.
#[test]
fn intervals_near_one_cover_no_less() {
    let normal = Normal::standard();
    for (area, s) in
        [0.98, 0.99, 0.995, 0.998].into_iter().flat_map(|area| [0.5_f64, 1.0, 2.0].map(|s| (area, s)))
    {
        let d = normal.inverse_cdf(area) * (1.0 + s * s).sqrt();
        for n in [(50, 50), (110, 90), (262, 453)] {
            let found = coverage(2000, |nth| {
                let (normal, anomaly) = spread(nth, n, d, s);
                let Auroc { low, high, .. } = auroc(&normal, &anomaly).unwrap();
                low <= area && area <= high
            });
            assert!((0.92..=0.995).contains(&found), "AUROC {area}, spread {s}, n {n:?}: {found}");
        }
    }
}

/// With 4000 replicates: .951, .936 and .939; with 262 and 453 images .948, .940 and .946.
#[test]
fn bootstrap_intervals_cover_as_promised() {
    for (d, area) in AREAS {
        let found = coverage(1000, |nth| {
            let (normal, anomaly) = binormal(nth, (110, 90), d);
            let (low, high) = bootstrap_auroc(&normal, &anomaly, nth).unwrap();
            low <= area && area <= high
        });
        assert!((0.93..=0.97).contains(&found), "AUROC {area}: {found}");
    }
}

/// Two models of equal worth on the same images, correlated 0.7: the interval of the difference holds 0.
#[test]
fn paired_intervals_cover_as_promised() {
    let (d, n) = (AREAS[1].0, (110, 90));
    let found = coverage(4000, |nth| {
        let (shared, own, other) =
            (binormal(3 * nth, n, d), binormal(3 * nth + 1, n, d), binormal(3 * nth + 2, n, d));
        let (weight, rest) = (0.7_f64.sqrt(), 0.3_f64.sqrt());
        let mixed = |shared: &[f64], own: &[f64], shift: f64| -> Vec<f64> {
            shared.iter().zip(own).map(|(a, b)| weight * (a - shift) + rest * (b - shift) + shift).collect()
        };
        let pairs = |shared: &[f64], own: &[f64], other: &[f64], shift: f64| -> Vec<(f64, f64)> {
            mixed(shared, own, shift).into_iter().zip(mixed(shared, other, shift)).collect()
        };
        let normal = pairs(&shared.0, &own.0, &other.0, 0.0);
        let anomaly = pairs(&shared.1, &own.1, &other.1, d);
        compare_auroc(&normal, &anomaly).unwrap().p >= 0.05
    });
    assert!((0.93..=0.97).contains(&found), "{found}");
}
