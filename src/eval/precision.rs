//! Average precision.

/// Average precision: Σ (recallₖ − recallₖ₋₁)·precisionₖ over the distinct thresholds, highest
/// first (the definition of scikit-learn). Absent where a class is empty or a score is not finite.
pub fn average_precision(normal: &[f64], anomaly: &[f64]) -> Option<f64> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    let steps = super::threshold::steps(normal, anomaly)?;
    let mut previous = 0;
    let mut sum = 0.0;
    for step in steps {
        let precision = step.true_positives as f64 / (step.true_positives + step.false_positives) as f64;
        sum += (step.true_positives - previous) as f64 * precision;
        previous = step.true_positives;
    }
    Some(sum / anomaly.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of scikit-learn's documentation: labels 0 0 1 1, scores .1 .4 .35 .8 → 0.8333.
    #[test]
    fn documented_example() {
        let found = average_precision(&[0.1, 0.4], &[0.35, 0.8]).unwrap();
        assert!((found - 5.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn all_tied_is_the_share_of_anomalies() {
        assert_eq!(average_precision(&[1.0; 6], &[1.0; 2]), Some(0.25));
    }
}
