//! How much each of several features says about a value, by random forests.

use rand::seq::SliceRandom;
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{mean, standard_deviation};

/// Trees in a forest.
const TREES: usize = 100;
/// Shuffles of each feature.
const SHUFFLES: u64 = 20;
/// Parts of which each in turn is left out of the forest that predicts it.
const FOLDS: usize = 10;
/// Fewer groups tell too little of what a new one would be.
const FEWEST_GROUPS: usize = 8;

/// What random forests make of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// R² of predictions for groups that the forest did not see: 1 is perfect, 0 no better than the mean, and less is
    /// worse. What it leaves is not told by the features: luck, where the groups are trainings.
    pub r2: f64,
    /// For each feature, by how much R² falls where its values are shuffled among the rows: mean and
    /// deviation over shuffles.
    pub drops: Vec<(f64, f64)>,
}

/// Permutation importance (Breiman 2001, section 10) on groups that were left out, each tenth of them in turn: rows of
/// one group share their luck, and a forest that has seen some of them would know the others. `groups` names the group
/// of each row. Rows that are equal in group and features count as one, by their mean. The same input and `seed` give
/// the same result. Absent for fewer than eight groups, no features, or a target that does not vary. Features that
/// change together share their importance.
pub fn importance(rows: &[Vec<f64>], target: &[f64], groups: &[usize], seed: u64) -> Option<Importance> {
    let (rows, target, groups) = distinct(rows, target, groups);
    let features = rows.first()?.len();
    let variance = standard_deviation(&target)?.powi(2) * (target.len() - 1) as f64 / target.len() as f64;
    let folds = folds(&groups, seed);
    if folds.is_empty() || features == 0 || variance <= 0.0 {
        return None;
    }
    let mut forests = Vec::new();
    for left_out in &folds {
        let seen = |row: &usize| !left_out.contains(row);
        let kept: Vec<usize> = (0..rows.len()).filter(seen).collect();
        let matrix = DenseMatrix::from_2d_vec(&kept.iter().map(|row| rows[*row].clone()).collect()).ok()?;
        let values: Vec<f64> = kept.iter().map(|row| target[*row]).collect();
        let parameters = RandomForestRegressorParameters::default()
            .with_n_trees(TREES)
            .with_m(features.div_ceil(3).max(2).min(features))
            .with_min_samples_leaf(1)
            .with_min_samples_split(2)
            .with_seed(seed);
        forests.push(RandomForestRegressor::fit(&matrix, &values, parameters).ok()?);
    }
    let r2 = |rows: &[Vec<f64>]| -> Option<f64> {
        let mut errors = Vec::new();
        for (forest, left_out) in forests.iter().zip(&folds) {
            let matrix =
                DenseMatrix::from_2d_vec(&left_out.iter().map(|row| rows[*row].clone()).collect()).ok()?;
            let predicted: Vec<f64> = forest.predict(&matrix).ok()?;
            errors.extend(
                left_out.iter().zip(predicted).map(|(row, predicted)| (predicted - target[*row]).powi(2)),
            );
        }
        Some(1.0 - mean(&errors)? / variance)
    };
    let whole = r2(&rows)?;
    let drops = (0..features)
        .map(|feature| {
            let drops = (0..SHUFFLES).filter_map(|nth| {
                let mut column: Vec<f64> = rows.iter().map(|row| row[feature]).collect();
                column.shuffle(&mut crate::random::rng(seed, "importance", nth));
                let mut shuffled = rows.clone();
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

/// Rows that cannot differ, as one.
fn distinct(rows: &[Vec<f64>], target: &[f64], groups: &[usize]) -> (Vec<Vec<f64>>, Vec<f64>, Vec<usize>) {
    let mut found: Vec<(&Vec<f64>, usize, Vec<f64>)> = Vec::new();
    for ((row, value), group) in rows.iter().zip(target).zip(groups) {
        match found.iter_mut().find(|(known, of, _)| *known == row && of == group) {
            Some((_, _, values)) => values.push(*value),
            None => found.push((row, *group, vec![*value])),
        }
    }
    let means = found.iter().map(|(.., values)| mean(values).unwrap_or(f64::NAN)).collect();
    (
        found.iter().map(|(row, ..)| (*row).clone()).collect(),
        means,
        found.iter().map(|(_, group, _)| *group).collect(),
    )
}

/// The rows of each fold: groups stay together. None where there are too few.
fn folds(groups: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let mut names = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() < FEWEST_GROUPS {
        return Vec::new();
    }
    names.shuffle(&mut crate::random::rng(seed, "folds", 0));
    let count = FOLDS.min(names.len());
    let mut folds = vec![Vec::new(); count];
    for (row, group) in groups.iter().enumerate() {
        let place = names.iter().position(|name| name == group).unwrap_or_default();
        folds[place % count].push(row);
    }
    folds
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
        let groups: Vec<usize> = (0..240).collect();
        let found = importance(&rows, &target, &groups, 0).unwrap();
        assert!(found.r2 > 0.9, "{found:?}");
        let [a, b, c] = [0, 1, 2].map(|nth: usize| found.drops[nth].0);
        assert!((a - 1.6).abs() < 0.25 && (b - 0.4).abs() < 0.15 && c.abs() < 0.03, "{found:?}");
        assert_eq!(importance(&rows, &target, &groups, 0), Some(found));
    }

    #[test]
    fn noise_cannot_be_predicted() {
        let mut rng = crate::random::rng(2, "test", 0);
        let rows: Vec<Vec<f64>> =
            (0..60).map(|_| (0..3).map(|_| f64::from(rng.random_range(0..3_u8))).collect()).collect();
        let target: Vec<f64> = crate::random::normal_noise(&mut rng, 60).into_iter().map(f64::from).collect();
        let groups: Vec<usize> = (0..60).collect();
        assert!(importance(&rows, &target, &groups, 0).unwrap().r2 < 0.2);
        assert_eq!(importance(&rows, &[1.0; 60], &groups, 0), None);
        assert_eq!(importance(&rows[..5], &target[..5], &groups[..5], 0), None);
    }

    /// Trainings that differ by luck alone, each judged with five λ that hardly matter: R² .8 and more where the rows
    /// of a training are taken for independent ones.
    #[test]
    fn luck_that_runs_share_is_not_explained() {
        let mut rng = crate::random::rng(3, "test", 0);
        let (mut rows, mut target, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for fit in 0..24_usize {
            let luck = f64::from(crate::random::normal_noise(&mut rng, 1)[0]);
            for lambda in 0..5_u8 {
                rows.push(vec![f64::from(lambda), (fit % 6) as f64, (fit / 6) as f64]);
                target.push(0.9 + 0.03 * luck + 1e-4 * f64::from(lambda));
                groups.push(fit);
            }
        }
        let found = importance(&rows, &target, &groups, 0).unwrap();
        assert!(found.r2 < 0.2, "{found:?}");
        let alone: Vec<usize> = (0..rows.len()).collect();
        assert!(importance(&rows, &target, &alone, 0).unwrap().r2 > 0.5, "what the groups prevent");
    }
}
