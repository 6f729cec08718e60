//! How much each of several features says about a value, by a random forest.

use rand::seq::SliceRandom;
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{mean, standard_deviation};

/// Trees in the forest.
const TREES: usize = 200;
/// Shuffles of each feature.
const SHUFFLES: u64 = 20;

/// What a random forest makes of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// R² of predictions for rows by the trees that did not see them (out of bag): 1 is perfect, 0 no better
    /// than the mean, and less is worse.
    pub r2: f64,
    /// For each feature, by how much R² falls where its values are shuffled among the rows: mean and
    /// deviation over shuffles.
    pub drops: Vec<(f64, f64)>,
}

/// Permutation importance out of bag (Breiman 2001, section 10): a forest of 200 trees learns `target` from
/// `rows`, and each feature's values are shuffled in turn. The same input and `seed` give the same result.
/// Absent for fewer than eight rows, no features, or a target that does not vary. Features that change together
/// share their importance.
pub fn importance(rows: &[Vec<f64>], target: &[f64], seed: u64) -> Option<Importance> {
    let features = rows.first()?.len();
    let variance = standard_deviation(target)?.powi(2) * (target.len() - 1) as f64 / target.len() as f64;
    if rows.len() < 8 || features == 0 || variance <= 0.0 {
        return None;
    }
    let parameters = RandomForestRegressorParameters::default()
        .with_n_trees(TREES)
        .with_m(features.div_ceil(3).max(2).min(features))
        .with_min_samples_leaf(1)
        .with_min_samples_split(2)
        .with_keep_samples(true)
        .with_seed(seed);
    let matrix = |rows: &Vec<Vec<f64>>| DenseMatrix::from_2d_vec(rows).ok();
    let target = target.to_vec();
    let forest = RandomForestRegressor::fit(&matrix(&rows.to_vec())?, &target, parameters).ok()?;
    let r2 = |rows: &Vec<Vec<f64>>| -> Option<f64> {
        let predicted: Vec<f64> = forest.predict_oob(&matrix(rows)?).ok()?;
        let errors: Vec<f64> = predicted
            .iter()
            .zip(&target)
            .filter(|(predicted, _)| predicted.is_finite()) // a row that every tree saw
            .map(|(predicted, actual)| (predicted - actual).powi(2))
            .collect();
        Some(1.0 - mean(&errors)? / variance)
    };
    let whole = r2(&rows.to_vec())?;
    let drops = (0..features)
        .map(|feature| {
            let drops = (0..SHUFFLES).filter_map(|nth| {
                let mut column: Vec<f64> = rows.iter().map(|row| row[feature]).collect();
                column.shuffle(&mut crate::random::rng(seed, "importance", nth));
                let mut shuffled = rows.to_vec();
                for (row, value) in shuffled.iter_mut().zip(column) {
                    row[feature] = value;
                }
                Some(whole - r2(&shuffled)?)
            });
            let drops: Vec<f64> = drops.collect();
            Some((mean(&drops)?, standard_deviation(&drops).unwrap_or(0.0)))
        })
        .collect::<Option<_>>()?;
    Some(Importance { r2: whole, drops })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    /// y = 4a + 2b + 0c: on independent columns the drops of R² are near 2·Var of the part over Var y.
    #[test]
    fn a_known_function_is_found() {
        let mut rng = crate::random::rng(1, "test", 0);
        let rows: Vec<Vec<f64>> =
            (0..240).map(|_| (0..3).map(|_| f64::from(rng.random_range(0..3_u8))).collect()).collect();
        let target: Vec<f64> = rows.iter().map(|row| 4.0 * row[0] + 2.0 * row[1]).collect();
        let found = importance(&rows, &target, 0).unwrap();
        assert!(found.r2 > 0.9, "{found:?}");
        let [a, b, c] = [0, 1, 2].map(|nth: usize| found.drops[nth].0);
        assert!((a - 1.6).abs() < 0.25 && (b - 0.4).abs() < 0.15 && c.abs() < 0.03, "{found:?}");
        assert_eq!(importance(&rows, &target, 0), Some(found));
    }

    #[test]
    fn noise_cannot_be_predicted() {
        let mut rng = crate::random::rng(2, "test", 0);
        let rows: Vec<Vec<f64>> =
            (0..60).map(|_| (0..3).map(|_| f64::from(rng.random_range(0..3_u8))).collect()).collect();
        let target: Vec<f64> = crate::random::normal_noise(&mut rng, 60).into_iter().map(f64::from).collect();
        assert!(importance(&rows, &target, 0).unwrap().r2 < 0.2);
        assert_eq!(importance(&rows, &[1.0; 60], 0), None);
        assert_eq!(importance(&rows[..5], &target[..5], 0), None);
    }
}
