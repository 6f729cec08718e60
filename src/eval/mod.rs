//! What scores are worth: ranking measures, thresholds, intervals. Plain numbers in and out.
//!
//! Everywhere a higher score means "more anomalous", and the anomaly is the positive class.

mod auroc;
mod bootstrap;
#[cfg(test)]
mod coverage;
mod curve;
mod density;
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

pub use auroc::{Auroc, Difference, Pair, auroc, auroc_of_counts, compare_auroc};
pub use bootstrap::bootstrap_auroc;
pub use curve::{BandPoint, mean_precision_recall, mean_roc, precision_recall_curve, roc_curve};
pub use density::{bandwidth, density};
pub use holm::holm;
pub use importance::{Importance, importance};
pub use measure::{Measure, Measured};
pub use metric::{COLLAPSED_DIVERSITY, EpochMetric, INVERTED_AUROC};
pub use operating_point::{false_positive_rate_at, partial_auroc, true_positive_rate_at};
pub use precision::average_precision;
pub use promise::{band_of_found_rates, conformal_p, promised_rate};
pub use setting_difference::{SettingDifference, TestScores, compare_settings};
pub use statistics::{mean, quantile, standard_deviation};
pub use threshold::{Confusion, Tuned, best_accuracy, best_f1, confusion, held_out_threshold};

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Share of normal images that the threshold is to let pass.
pub const THRESHOLD_SHARE: f64 = 0.95;

/// Evaluates test scores; `held_out` are the scores of normal images that training did not see.
pub fn evaluate(normal: &[f64], anomaly: &[f64], held_out: &[f64]) -> Measured {
    let area = auroc(normal, anomaly);
    let (best_accuracy, best_f1) = (best_accuracy(normal, anomaly), best_f1(normal, anomaly));
    let threshold = held_out_threshold(held_out, THRESHOLD_SHARE);
    let counts = threshold.map(|threshold| confusion(normal, anomaly, threshold));
    Measured::from([
        (&measure::AUROC, area.map(|found| found.area)),
        (&measure::AUROC_LOW, area.map(|found| found.low)),
        (&measure::AUROC_HIGH, area.map(|found| found.high)),
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
