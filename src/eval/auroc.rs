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
/// of: its interval is the exact one for n = min(normal, anomaly) successes in n trials.
pub fn auroc(normal: &[f64], anomaly: &[f64]) -> Option<Auroc> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    if normal.iter().chain(anomaly).any(|score| !score.is_finite()) {
        return None;
    }
    let of_anomaly = shares_below(anomaly, normal);
    let of_normal: Vec<f64> = shares_below(normal, anomaly).iter().map(|share| 1.0 - share).collect();
    let area = of_anomaly.iter().sum::<f64>() / anomaly.len() as f64;
    let variance = sample_variance(&of_anomaly) / anomaly.len() as f64
        + sample_variance(&of_normal) / normal.len() as f64;
    let (low, high) = interval(area, variance, normal.len().min(anomaly.len()));
    Some(Auroc { area, low, high })
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

fn sample_variance(values: &[f64]) -> f64 {
    super::standard_deviation(values).map_or(0.0, |deviation| deviation * deviation)
}

fn interval(area: f64, variance: f64, smaller_class: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    // Two-sided exact limit for n of n: 0.025^(1/n).
    let exact = 0.025_f64.powf(1.0 / smaller_class as f64);
    if area >= 1.0 {
        return (exact, 1.0);
    }
    if area <= 0.0 {
        return (0.0, 1.0 - exact);
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

    #[test]
    fn perfect_separation_is_not_certain() {
        let found = auroc(&[0.0; 10], &[1.0; 20]).unwrap();
        assert_eq!(found.area, 1.0);
        assert!((found.low - 0.025_f64.powf(0.1)).abs() < 1e-12);
    }
}
