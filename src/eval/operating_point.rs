//! What is found where few false alarms are allowed, and what finding nearly all costs.

use super::curve::{area_up_to, roc_curve};

/// The largest share of anomalies found by a threshold that calls at most this share of normal images anomalous.
/// Steps of the ROC curve, nothing between them. Tuned on the labels. Absent where a class is empty or a score is not
/// finite.
pub fn true_positive_rate_at(normal: &[f64], anomaly: &[f64], false_positive_rate: f64) -> Option<f64> {
    let allowed =
        roc_curve(normal, anomaly)?.into_iter().filter(|point| point.0 <= false_positive_rate + EXACT);
    allowed.map(|point| point.1).reduce(f64::max)
}

/// The smallest share of normal images called anomalous by a threshold that finds at least this share of anomalies.
/// Tuned on the labels. Absent where a class is empty or a score is not finite.
pub fn false_positive_rate_at(normal: &[f64], anomaly: &[f64], true_positive_rate: f64) -> Option<f64> {
    let enough =
        roc_curve(normal, anomaly)?.into_iter().filter(|point| point.1 >= true_positive_rate - EXACT);
    enough.map(|point| point.0).reduce(f64::min)
}

/// The area under the ROC curve up to a false positive rate, brought to .5 for guessing and 1 for the best (McClish
/// 1989, as in scikit-learn). Absent where a class is empty, a score is not finite, or the rate is not in (0, 1].
pub fn partial_auroc(normal: &[f64], anomaly: &[f64], most: f64) -> Option<f64> {
    if !(most > 0.0 && most <= 1.0) {
        return None;
    }
    let area = area_up_to(&roc_curve(normal, anomaly)?, most);
    let guessing = most * most / 2.0;
    Some((1.0 + (area - guessing) / (most - guessing)) / 2.0)
}

/// Shares are quotients of whole numbers: what lies so near a rate is meant to be it.
const EXACT: f64 = 1e-12;

#[cfg(test)]
mod tests {
    use super::*;

    const NORMAL: [f64; 20] = [
        -0.8, 0.2, -1.7, 0.7, 1.1, -0.5, 0.4, 0.3, -0.4, -0.9, -2.0, 1.4, -0.0, 2.5, 0.8, 0.3, -0.7, 1.4,
        -0.5, 1.6,
    ];
    const ANOMALY: [f64; 16] =
        [0.9, 1.5, -0.2, 3.6, 1.2, 0.9, 2.1, 0.4, 2.1, 0.1, 1.8, 0.3, -0.5, 0.7, -0.2, 1.9];

    /// `roc_auc_score(labels, scores, max_fpr=…)` and `roc_curve` of scikit-learn 1.9.1.
    #[test]
    fn as_scikit_learn_has_them() {
        for (most, expected) in
            [(0.05, 0.5192307692307693), (0.1, 0.5723684210526315), (0.3, 0.6200980392156863)]
        {
            let found = partial_auroc(&NORMAL, &ANOMALY, most).unwrap();
            assert!((found - expected).abs() < 1e-12, "{most}: {found} {expected}");
        }
        for (rate, expected) in [(0.01, 0.0625), (0.05, 0.3125), (0.1, 0.375), (0.5, 0.75)] {
            assert_eq!(true_positive_rate_at(&NORMAL, &ANOMALY, rate), Some(expected), "{rate}");
        }
        for (rate, expected) in [(0.5, 0.25), (0.9, 0.6), (0.95, 0.75), (1.0, 0.75)] {
            assert_eq!(false_positive_rate_at(&NORMAL, &ANOMALY, rate), Some(expected), "{rate}");
        }
    }

    #[test]
    fn ends_of_the_scale() {
        assert_eq!(partial_auroc(&[0.0, 1.0], &[2.0, 3.0], 0.1), Some(1.0));
        assert_eq!(true_positive_rate_at(&[0.0, 1.0], &[2.0, 3.0], 0.0), Some(1.0));
        assert_eq!(false_positive_rate_at(&[2.0, 3.0], &[0.0, 1.0], 0.95), Some(1.0));
        assert!((partial_auroc(&[1.0; 4], &[1.0; 4], 0.1).unwrap() - 0.5).abs() < 1e-12, "guessing");
        let whole = crate::eval::auroc(&NORMAL, &ANOMALY).unwrap().area;
        assert!((partial_auroc(&NORMAL, &ANOMALY, 1.0).unwrap() - whole).abs() < 1e-12);
        assert_eq!(partial_auroc(&NORMAL, &ANOMALY, 0.0), None);
        assert_eq!(true_positive_rate_at(&[], &[1.0], 0.1), None);
    }
}
