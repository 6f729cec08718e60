//! What scores are worth: ranking measures, thresholds, intervals. Plain numbers in and out.
//!
//! Everywhere a higher score means "more anomalous", and the anomaly is the positive class.

mod aupro;
mod auroc;
mod bootstrap;
#[cfg(test)]
mod coverage;
mod curve;
mod density;
mod generated;
mod holm;
mod importance;
pub mod measure;
mod metric;
mod operating_point;
mod precision;
mod promise;
mod setting_difference;
mod statistics;
mod threshold;

pub use aupro::Overlaps;
pub use auroc::{Auroc, Difference, Pair, auroc, auroc_of_counts, compare_auroc};
pub use bootstrap::bootstrap_auroc;
pub use curve::{BandPoint, mean_precision_recall, mean_roc, precision_recall_curve, roc_curve};
pub use density::{bandwidth, density};
pub use generated::{Generated, NEIGHBOURS, coverage, novelty};
pub use holm::holm;
pub use importance::{Importance, importance};
pub use measure::{Measure, Measured};
pub use metric::{COLLAPSED_DIVERSITY, EpochMetric, INVERTED_AUROC};
pub use operating_point::{false_positive_rate_at, partial_auroc, true_positive_rate_at};
pub use precision::{average_precision, average_precision_of_counts};
pub use promise::{band_of_found_rates, conformal_p, fewest_held_out, promised_rate, too_few_held_out};
pub use setting_difference::{SettingDifference, TestScores, Trainings, compare_settings};
pub use statistics::{mean, mean_interval, quantile, standard_deviation};
pub use threshold::{Confusion, Tuned, best_accuracy, best_f1, confusion, held_out_threshold};

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The false positive rate up to which the partial AUROC is taken.
const PARTIAL_RATE: f64 = 0.1;

/// Evaluates test scores; `held_out` are the scores of normal images that training did not see, of which the threshold
/// is to let pass a share of `quantile`.
pub fn evaluate(normal: &[f64], anomaly: &[f64], held_out: &[f64], quantile: f64) -> Measured {
    let area = auroc(normal, anomaly);
    let (best_accuracy, best_f1) = (best_accuracy(normal, anomaly), best_f1(normal, anomaly));
    let threshold = held_out_threshold(held_out, quantile);
    let counts = threshold.map(|threshold| confusion(normal, anomaly, threshold));
    Measured::from([
        (&measure::AUROC, area.map(|found| found.area)),
        (&measure::AUROC_LOW, area.map(|found| found.low)),
        (&measure::AUROC_HIGH, area.map(|found| found.high)),
        (&measure::PARTIAL_AUROC, partial_auroc(normal, anomaly, PARTIAL_RATE)),
        (&measure::TRUE_POSITIVE_RATE_AT_1, true_positive_rate_at(normal, anomaly, 0.01)),
        (&measure::TRUE_POSITIVE_RATE_AT_5, true_positive_rate_at(normal, anomaly, 0.05)),
        (&measure::FALSE_POSITIVE_RATE_AT_95, false_positive_rate_at(normal, anomaly, 0.95)),
        (&measure::AVERAGE_PRECISION, average_precision(normal, anomaly)),
        (&measure::BEST_ACCURACY, best_accuracy.map(|best| best.value)),
        (&measure::BEST_ACCURACY_THRESHOLD, best_accuracy.map(|best| best.threshold)),
        (&measure::BEST_F1, best_f1.map(|best| best.value)),
        (&measure::BEST_F1_THRESHOLD, best_f1.map(|best| best.threshold)),
        (&measure::THRESHOLD, threshold),
        (&measure::ACCURACY, counts.and_then(|counts| counts.accuracy())),
        (&measure::TRUE_POSITIVE_RATE, counts.and_then(|counts| counts.true_positive_rate())),
        (&measure::FALSE_POSITIVE_RATE, counts.and_then(|counts| counts.false_positive_rate())),
    ])
}

/// What is left of the results where `clean`, the normal test images that have not leaked, are judged alone, at the
/// same threshold.
pub fn evaluate_unleaked(clean: &[f64], anomaly: &[f64], threshold: Option<f64>) -> Measured {
    let counts = threshold.map(|threshold| confusion(clean, anomaly, threshold));
    Measured::from([
        (&measure::AUROC_UNLEAKED, auroc(clean, anomaly).map(|found| found.area)),
        (&measure::AVERAGE_PRECISION_UNLEAKED, average_precision(clean, anomaly)),
        (&measure::ACCURACY_UNLEAKED, counts.and_then(|counts| counts.accuracy())),
        (&measure::FALSE_POSITIVE_RATE_UNLEAKED, counts.and_then(|counts| counts.false_positive_rate())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two leaked normal images score low: without them the false positive rate is 2 of 3 and not 2 of 5.
    #[test]
    fn leaked_images_flatter() {
        let (clean, leaked, anomaly) = ([1.0, 3.0, 5.0], [0.1, 0.2], [4.0, 6.0]);
        let normal = [&clean[..], &leaked].concat();
        let all = evaluate(&normal, &anomaly, &[0.5, 1.0, 2.0], 0.95);
        assert_eq!(all.get(&measure::THRESHOLD), Some(2.0));
        let unleaked = evaluate_unleaked(&clean, &anomaly, all.get(&measure::THRESHOLD));
        let both =
            |with: &Measure, without: &Measure| (all.get(with).unwrap(), unleaked.get(without).unwrap());
        assert_eq!(
            both(&measure::FALSE_POSITIVE_RATE, &measure::FALSE_POSITIVE_RATE_UNLEAKED),
            (0.4, 2.0 / 3.0)
        );
        assert_eq!(both(&measure::ACCURACY, &measure::ACCURACY_UNLEAKED), (5.0 / 7.0, 0.6));
        let (with, without) = both(&measure::AUROC, &measure::AUROC_UNLEAKED);
        assert!((with - 0.9).abs() < 1e-12 && (without - 5.0 / 6.0).abs() < 1e-12);
        // Anomalies at ranks 1 and 3, whatever lies below them.
        let (with, without) = both(&measure::AVERAGE_PRECISION, &measure::AVERAGE_PRECISION_UNLEAKED);
        assert!((with - 5.0 / 6.0).abs() < 1e-12 && (without - 5.0 / 6.0).abs() < 1e-12);
        assert_eq!(evaluate_unleaked(&clean, &anomaly, None).get(&measure::ACCURACY_UNLEAKED), None);
    }

    /// Every measure of scores that is told without leaked images stands beside the one with them.
    #[test]
    fn what_is_unleaked_has_the_same_sense() {
        for measure in measure::MEASURES {
            let Some(of) = measure.unleaked_of else { continue };
            assert_eq!(measure.name, format!("{}_unleaked", of.name));
            assert_eq!(
                (measure.rare, measure.higher_is_better, measure.digits),
                (of.rare, of.higher_is_better, of.digits)
            );
        }
    }
}
