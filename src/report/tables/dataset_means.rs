//! Means over the datasets of a sweep, as results on MVTec AD are reported.

use std::collections::BTreeSet;

use super::cells::{number, of_mean};
use super::column::Column;
use super::setting_rows::{Setting, described};
use crate::eval::{Measure, mean, standard_deviation};
use crate::store::RunRow;
use crate::table::Cell;

/// One row per setting: means over datasets, of the seeds that every dataset has. A setting that has not all datasets
/// has none: it could not be compared with others.
pub(crate) fn means(
    settings: &[Setting<'_>],
    datasets: usize,
    varying: &BTreeSet<String>,
    columns: &[Column],
) -> Vec<Vec<Cell>> {
    let mut configs: Vec<&str> = Vec::new();
    for setting in settings {
        if !configs.contains(&setting.config.as_str()) {
            configs.push(&setting.config);
        }
    }
    let row = |config: &&str| {
        let of_all: Vec<&Setting> = settings.iter().filter(|setting| setting.config == *config).collect();
        let has = |setting: &&Setting, seed| setting.runs.iter().any(|run| run.seed == seed);
        let mut seeds: Vec<i64> = of_all[0].runs.iter().map(|run| run.seed).collect();
        seeds.retain(|seed| of_all.iter().all(|setting| has(setting, *seed)));
        let name = if of_all.len() == datasets {
            format!("mean of {datasets}")
        } else {
            seeds.clear();
            format!("mean ({} of {datasets} done)", of_all.len())
        };
        let by_seed: Vec<Vec<&RunRow>> = seeds
            .iter()
            .map(|seed| {
                of_all.iter().flat_map(|of| &of.runs).filter(|run| run.seed == *seed).copied().collect()
            })
            .collect();
        let seconds = |value: fn(&RunRow) -> Option<f64>| {
            number(mean(&over_datasets(&by_seed, value).unwrap_or_default()), Some(1))
        };
        let mut cells = vec![Cell::Text(name)];
        cells.extend(described(of_all[0].runs[0], varying, seeds.len()));
        let words = columns.iter().map(|column| match column {
            Column::Value(measure) => mean_in_words(measure, &by_seed),
            Column::MeanInterval(measure) => of_mean(measure, &measured(measure, &by_seed)),
        });
        cells.extend(words.map(Cell::Text));
        cells.extend([seconds(|run| run.train_seconds), seconds(|run| run.score_seconds)].map(Cell::Text));
        cells
    };
    configs.iter().map(row).collect()
}

/// A value's mean over the datasets, for each seed; absent where a run does not have it.
fn over_datasets(by_seed: &[Vec<&RunRow>], value: impl Fn(&RunRow) -> Option<f64>) -> Option<Vec<f64>> {
    let of_seed =
        |runs: &Vec<&RunRow>| mean(&runs.iter().map(|run| value(run)).collect::<Option<Vec<f64>>>()?);
    by_seed.iter().map(of_seed).collect()
}

/// A measure's mean over the datasets, for each seed; none where a run does not have it.
fn measured(measure: &Measure, by_seed: &[Vec<&RunRow>]) -> Vec<f64> {
    over_datasets(by_seed, |run| run.measures.get(measure)).unwrap_or_default()
}

/// A measure's mean over datasets and seeds, with its deviation over seeds where it has an interval; or its worst
/// value.
fn mean_in_words(measure: &Measure, by_seed: &[Vec<&RunRow>]) -> String {
    if measure.worst_seed {
        let all = by_seed.iter().flatten().filter_map(|run| run.measures.get(measure));
        return number(all.reduce(|one, other| measure.worse(one, other)), measure.digits);
    }
    let values = measured(measure, by_seed);
    let mean = number(mean(&values), measure.digits);
    match standard_deviation(&values).filter(|_| measure.interval.is_some()) {
        Some(deviation) => format!("{mean} ± {}", number(Some(deviation), measure.digits)),
        None => mean,
    }
}
