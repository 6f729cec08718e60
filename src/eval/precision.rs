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

/// The average precision of values that are whole numbers: `normal[v]` and `anomaly[v]` count how often the value `v`
/// occurs in each class. Absent where a class is empty.
pub fn average_precision_of_counts(normal: &[u64], anomaly: &[u64]) -> Option<f64> {
    let (mut called, mut found, mut sum) = (0_u64, 0_u64, 0.0);
    for (normal, anomaly) in normal.iter().zip(anomaly).rev() {
        called += normal + anomaly;
        found += anomaly;
        if *anomaly > 0 {
            sum += *anomaly as f64 * (found as f64 / called as f64);
        }
    }
    (found > 0 && called > found).then(|| sum / found as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_give_the_same(
            normal in prop::collection::vec(0usize..9, 1..40),
            anomaly in prop::collection::vec(0usize..9, 1..40),
        ) {
            let counted = |values: &[usize]| {
                let mut counts = [0u64; 9];
                values.iter().for_each(|value| counts[*value] += 1);
                counts
            };
            let floats = |values: &[usize]| values.iter().map(|value| *value as f64).collect::<Vec<_>>();
            let found = average_precision_of_counts(&counted(&normal), &counted(&anomaly)).unwrap();
            let expected = average_precision(&floats(&normal), &floats(&anomaly)).unwrap();
            prop_assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn counts_of_one_class_have_none() {
        assert_eq!(average_precision_of_counts(&[1, 2], &[0, 0]), None);
        assert_eq!(average_precision_of_counts(&[0, 0], &[1, 0]), None);
    }

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
