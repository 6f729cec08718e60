//! ROC and precision–recall curves, of one run and averaged over seeds.

use super::threshold::steps;
use super::{mean, standard_deviation};

/// Points of the ROC curve, (false positive rate, true positive rate): from (0, 0) over every distinct
/// score, highest first, to (1, 1). Straight lines between them enclose the AUROC. Absent where a class is
/// empty or a score is not finite.
pub fn roc_curve(normal: &[f64], anomaly: &[f64]) -> Option<Vec<(f64, f64)>> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    let points = steps(normal, anomaly)?.into_iter().map(|step| {
        (step.false_positives as f64 / normal.len() as f64, step.true_positives as f64 / anomaly.len() as f64)
    });
    Some(std::iter::once((0.0, 0.0)).chain(points).collect())
}

/// The area under a curve of straight lines up to a place on its first axis, which increases.
pub(super) fn area_up_to(curve: &[(f64, f64)], most: f64) -> f64 {
    let between = |ends: &[(f64, f64)]| {
        let ((x, y), (next_x, next_y)) = (ends[0], ends[1]);
        let end = next_x.min(most);
        if end <= x {
            return 0.0;
        }
        let at_end = y + (next_y - y) * (end - x) / (next_x - x);
        (end - x) * (y + at_end) / 2.0
    };
    curve.windows(2).map(between).sum()
}

/// Points of the precision–recall curve, (recall, precision), one per distinct score, highest first. Between
/// them the curve is a staircase: a recall has the precision of the next point at or beyond it. Straight
/// lines would be too good (Davis and Goadrich 2006); the area under the staircase is the average precision.
/// Absent where a class is empty or a score is not finite.
pub fn precision_recall_curve(normal: &[f64], anomaly: &[f64]) -> Option<Vec<(f64, f64)>> {
    if normal.is_empty() || anomaly.is_empty() {
        return None;
    }
    let points = steps(normal, anomaly)?.into_iter().map(|step| {
        let called = (step.true_positives + step.false_positives) as f64;
        (step.true_positives as f64 / anomaly.len() as f64, step.true_positives as f64 / called)
    });
    Some(points.collect())
}

/// One place of an averaged curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// False positive rate or recall.
    pub x: f64,
    /// Mean over the curves.
    pub mean: f64,
    /// Mean minus one sample deviation, not under 0; the mean itself for one curve.
    pub low: f64,
    /// Mean plus one sample deviation, not over 1; the mean itself for one curve.
    pub high: f64,
}

/// Intervals of the grid that curves are averaged on.
const GRID: usize = 500;

/// The vertical average of ROC curves (Fawcett 2006, section 8.1): at each of 501 even false positive rates the
/// true positive rate of every curve, straight between its points, is averaged; where a curve rises
/// straight up, its upper end counts (at rate 0 its lower one, so that averages begin at 0).
pub fn mean_roc(curves: &[Vec<(f64, f64)>]) -> Vec<BandPoint> {
    average(curves, |curve, x| {
        if x <= 0.0 {
            return 0.0;
        }
        let next = curve.partition_point(|point| point.0 <= x);
        match (curve.get(next.wrapping_sub(1)), curve.get(next)) {
            (Some(before), Some(after)) => {
                before.1 + (after.1 - before.1) * (x - before.0) / (after.0 - before.0)
            }
            (Some(last), None) => last.1,
            _ => 0.0,
        }
    })
}

/// The vertical average of precision–recall curves: at each of 501 even recalls the precision of every
/// curve, as a staircase, is averaged.
pub fn mean_precision_recall(curves: &[Vec<(f64, f64)>]) -> Vec<BandPoint> {
    average(curves, |curve, recall| {
        // A hair's breadth, so that a recall of 3/500 meets one of 3/500 computed otherwise.
        let next = curve.partition_point(|point| point.0 < recall - 1e-12);
        curve.get(next).map_or(0.0, |point| point.1)
    })
}

fn average(curves: &[Vec<(f64, f64)>], at: impl Fn(&[(f64, f64)], f64) -> f64) -> Vec<BandPoint> {
    (0..=GRID)
        .filter_map(|nth| {
            let x = nth as f64 / GRID as f64;
            let values: Vec<f64> = curves.iter().map(|curve| at(curve, x)).collect();
            let mean = mean(&values)?;
            let deviation = standard_deviation(&values).unwrap_or(0.0);
            Some(BandPoint {
                x,
                mean,
                low: (mean - deviation).max(0.0).min(mean),
                high: (mean + deviation).min(1.0).max(mean),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{auroc, average_precision};
    use proptest::prelude::*;

    /// roc_curve (drop_intermediate=False) and precision_recall_curve of scikit-learn 1.9; the latter's
    /// points come in the other order and end with a (0, 1) that is no threshold.
    #[test]
    fn points_are_those_of_scikit_learn() {
        let (normal, anomaly) = ([0.1, 0.4, 0.35, 0.2, 0.5], [0.35, 0.8, 0.9]);
        let third = 1.0 / 3.0;
        let expected = [
            (0.0, 0.0),
            (0.0, third),
            (0.0, 2.0 * third),
            (0.2, 2.0 * third),
            (0.4, 2.0 * third),
            (0.6, 1.0),
            (0.8, 1.0),
            (1.0, 1.0),
        ];
        close(&roc_curve(&normal, &anomaly).unwrap(), &expected);
        let expected = [
            (third, 1.0),
            (2.0 * third, 1.0),
            (2.0 * third, 2.0 * third),
            (2.0 * third, 0.5),
            (1.0, 0.5),
            (1.0, 0.428_571_428_571),
            (1.0, 0.375),
        ];
        close(&precision_recall_curve(&normal, &anomaly).unwrap(), &expected);
    }

    fn close(found: &[(f64, f64)], expected: &[(f64, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (a, b) in found.iter().zip(expected) {
            assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{found:?}");
        }
    }

    proptest! {
        #[test]
        fn areas_are_auroc_and_average_precision(
            normal in prop::collection::vec(0u8..20, 1..60),
            anomaly in prop::collection::vec(0u8..20, 1..60),
        ) {
            let normal: Vec<f64> = normal.into_iter().map(f64::from).collect();
            let anomaly: Vec<f64> = anomaly.into_iter().map(f64::from).collect();
            let roc = roc_curve(&normal, &anomaly).unwrap();
            let trapezoids: f64 = roc.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum();
            prop_assert!((trapezoids - auroc(&normal, &anomaly).unwrap().area).abs() < 1e-12);
            let mut recall = 0.0;
            let mut stairs = 0.0;
            for point in precision_recall_curve(&normal, &anomaly).unwrap() {
                stairs += (point.0 - recall) * point.1;
                recall = point.0;
            }
            prop_assert!((stairs - average_precision(&normal, &anomaly).unwrap()).abs() < 1e-12);
        }
    }

    /// Two curves whose average is known: a perfect one and the diagonal.
    #[test]
    fn averages_are_vertical() {
        let perfect = vec![(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
        let diagonal = vec![(0.0, 0.0), (1.0, 1.0)];
        for point in mean_roc(&[perfect, diagonal]).into_iter().skip(1) {
            let deviation = (1.0 - point.x) / 2.0_f64.sqrt();
            assert!((point.mean - (1.0 + point.x) / 2.0).abs() < 1e-12);
            assert!((point.low - (point.mean - deviation).max(0.0)).abs() < 1e-12);
            assert!((point.high - (point.mean + deviation).min(1.0)).abs() < 1e-12);
        }
        let stairs = vec![(0.5, 1.0), (1.0, 0.25)];
        let averaged = mean_precision_recall(&[stairs]);
        assert_eq!((averaged[250].mean, averaged[251].mean), (1.0, 0.25));
        assert!(mean_roc(&[]).is_empty());
    }
}
