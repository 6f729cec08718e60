//! Thresholds from normal images, and what they give.

/// A measure at the threshold that makes it best. The threshold was chosen with the test labels,
/// so the value flatters: it is no estimate of performance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuned {
    /// The best value, in 0..=1.
    pub value: f64,
    /// Scores at or above it are called anomalous; infinite where none is.
    pub threshold: f64,
}

/// Counts at a fixed threshold: scores above it are called anomalous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confusion {
    /// Anomalies called anomalous.
    pub true_positives: usize,
    /// Normal images called anomalous.
    pub false_positives: usize,
    /// Number of normal images.
    pub n_normal: usize,
    /// Number of anomalies.
    pub n_anomaly: usize,
}

impl Confusion {
    /// Share of all images that are judged right; absent without images.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.true_positives + self.n_normal - self.false_positives;
        share(right, self.n_normal + self.n_anomaly)
    }

    /// Share of the anomalies that are found; absent without anomalies.
    pub fn true_positive_rate(&self) -> Option<f64> {
        share(self.true_positives, self.n_anomaly)
    }

    /// Share of the normal images that are called anomalous; absent without normal images.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_positives, self.n_normal)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The threshold that lets pass a `share` of normal images, from the scores of `held_out` ones: the
/// ⌈share (n + 1)⌉-th smallest (split conformal prediction; Papadopoulos et al. 2002). Over held-out sets and
/// new images from the same source, at most 1 − share lie above on average; the plain percentile lets
/// about 1 / n more through. Too few images for that (under 19 for 95 %) give their largest score.
/// Absent without images.
pub fn held_out_threshold(held_out: &[f64], share: f64) -> Option<f64> {
    let mut sorted = held_out.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(rank(sorted.len(), share) - 1).copied()
}

/// Which of so many held-out scores is the threshold, counted from the smallest as 1.
pub(super) fn rank(held_out: usize, share: f64) -> usize {
    let rank = (share * (held_out + 1) as f64 - 1e-9).ceil() as usize; // .95 × 20 is to be 19
    rank.clamp(1, held_out.max(1))
}

/// Counts at `threshold`.
pub fn confusion(normal: &[f64], anomaly: &[f64], threshold: f64) -> Confusion {
    let above = |scores: &[f64]| scores.iter().filter(|score| **score > threshold).count();
    Confusion {
        true_positives: above(anomaly),
        false_positives: above(normal),
        n_normal: normal.len(),
        n_anomaly: anomaly.len(),
    }
}

/// The best accuracy over all thresholds, tuned on the labels; absent without images of a class.
pub fn best_accuracy(normal: &[f64], anomaly: &[f64]) -> Option<Tuned> {
    let total = (normal.len() + anomaly.len()) as f64;
    best(normal, anomaly, |step| (step.true_positives + normal.len() - step.false_positives) as f64 / total)
}

/// The best F1 over all thresholds, tuned on the labels; absent without images of a class.
pub fn best_f1(normal: &[f64], anomaly: &[f64]) -> Option<Tuned> {
    best(normal, anomaly, |step| {
        let called = step.true_positives + step.false_positives;
        2.0 * step.true_positives as f64 / (called + anomaly.len()) as f64
    })
}

/// Counts when every score at or above `threshold` is called anomalous.
pub(super) struct Step {
    pub threshold: f64,
    pub true_positives: usize,
    pub false_positives: usize,
}

/// One step a distinct score, highest first; absent where a score is not finite.
pub(super) fn steps(normal: &[f64], anomaly: &[f64]) -> Option<Vec<Step>> {
    let mut labelled: Vec<(f64, bool)> = normal.iter().map(|score| (*score, false)).collect();
    labelled.extend(anomaly.iter().map(|score| (*score, true)));
    if labelled.iter().any(|(score, _)| !score.is_finite()) {
        return None;
    }
    labelled.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut steps: Vec<Step> = Vec::new();
    let (mut true_positives, mut false_positives) = (0, 0);
    for chunk in labelled.chunk_by(|a, b| a.0 == b.0) {
        let anomalies = chunk.iter().filter(|(_, is_anomaly)| *is_anomaly).count();
        true_positives += anomalies;
        false_positives += chunk.len() - anomalies;
        steps.push(Step { threshold: chunk[0].0, true_positives, false_positives });
    }
    Some(steps)
}

fn best(normal: &[f64], anomaly: &[f64], measure: impl Fn(&Step) -> f64) -> Option<Tuned> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    let none_called = Step { threshold: f64::INFINITY, true_positives: 0, false_positives: 0 };
    steps(normal, anomaly)?
        .into_iter()
        .chain([none_called])
        .map(|step| Tuned { value: measure(&step), threshold: step.threshold })
        .reduce(|best, next| if next.value > best.value { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new image's score falls into each of the n + 1 gaps between n held-out ones with the same
    /// probability.
    #[test]
    fn no_more_than_promised_lie_above() {
        for n in 19..300_usize {
            let scores: Vec<f64> = (0..n).map(|nth| nth as f64).collect();
            let threshold = held_out_threshold(&scores, 0.95).unwrap();
            let gaps_above = (0..=n).filter(|gap| *gap as f64 - 0.5 > threshold).count();
            let expected = gaps_above as f64 / (n + 1) as f64;
            assert!(expected <= 0.05 + 1e-12 && expected > 0.05 - 1.0 / (n + 1) as f64, "{n}: {expected}");
        }
        assert_eq!(held_out_threshold(&[3.0, 1.0, 2.0], 0.95), Some(3.0));
        assert_eq!(held_out_threshold(&[3.0, 1.0, 2.0], 0.0), Some(1.0));
        assert_eq!(held_out_threshold(&[], 0.95), None);
    }

    #[test]
    fn counts_by_hand() {
        let found = confusion(&[1.0, 2.0, 3.0, 4.0], &[3.0, 5.0], 3.0);
        assert_eq!((found.true_positives, found.false_positives), (1, 1));
        assert_eq!(found.accuracy(), Some(4.0 / 6.0));
        assert_eq!(found.true_positive_rate(), Some(0.5));
        assert_eq!(found.false_positive_rate(), Some(0.25));
    }

    #[test]
    fn best_values_by_hand() {
        let (normal, anomaly) = ([1.0, 2.0, 3.0], [2.5, 4.0]);
        assert_eq!(best_accuracy(&normal, &anomaly), Some(Tuned { value: 0.8, threshold: 4.0 }));
        assert_eq!(best_f1(&normal, &anomaly), Some(Tuned { value: 0.8, threshold: 2.5 }));
    }

    #[test]
    fn useless_scores_fall_back_to_the_larger_class() {
        let best = best_accuracy(&[5.0, 6.0, 7.0], &[1.0]).unwrap();
        assert_eq!(best, Tuned { value: 0.75, threshold: f64::INFINITY });
    }
}
