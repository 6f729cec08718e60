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
mod metric;
mod precision;
mod proportion;
mod statistics;
mod threshold;

pub use auroc::{Auroc, Difference, Pair, auroc, auroc_of_counts, compare_auroc};
pub use bootstrap::bootstrap_auroc;
pub use curve::{BandPoint, mean_precision_recall, mean_roc, precision_recall_curve, roc_curve};
pub use density::{bandwidth, density};
pub use holm::holm;
pub use importance::{Importance, importance};
pub use metric::{COLLAPSED_DIVERSITY, EpochMetric};
pub use precision::average_precision;
pub use proportion::proportion_interval;
pub use statistics::{mean, quantile, standard_deviation};
pub use threshold::{Confusion, Tuned, best_accuracy, best_f1, confusion, held_out_threshold};

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Share of normal images that the threshold is to let pass.
pub const THRESHOLD_SHARE: f64 = 0.95;

/// Everything that is said of one run's test scores. A measure that is undefined is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// Area under the ROC curve with its 95 % interval (DeLong).
    pub auroc: Option<Auroc>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Best accuracy over all thresholds: tuned on the test labels.
    pub best_accuracy: Option<Tuned>,
    /// Best F1 over all thresholds: tuned on the test labels.
    pub best_f1: Option<Tuned>,
    /// See [`held_out_threshold`]; absent without held-out images.
    pub threshold: Option<f64>,
    /// Counts at that threshold.
    pub confusion: Option<Confusion>,
    /// Number of normal test images.
    pub n_normal: usize,
    /// Number of anomalous test images.
    pub n_anomaly: usize,
}

/// Evaluates test scores; `held_out` are the scores of normal images that training did not see.
pub fn evaluate(normal: &[f64], anomaly: &[f64], held_out: &[f64]) -> Evaluation {
    let threshold = held_out_threshold(held_out, THRESHOLD_SHARE);
    Evaluation {
        auroc: auroc(normal, anomaly),
        average_precision: average_precision(normal, anomaly),
        best_accuracy: best_accuracy(normal, anomaly),
        best_f1: best_f1(normal, anomaly),
        threshold,
        confusion: threshold.map(|t| confusion(normal, anomaly, t)),
        n_normal: normal.len(),
        n_anomaly: anomaly.len(),
    }
}
