//! The settings of a sweep, each with its runs: the rows of comparisons.

use std::collections::BTreeSet;

use crate::report::select::settings::{settings, without_seed};
use crate::store::RunRow;
use crate::table::Cell;

/// The runs of one setting on one dataset.
pub(crate) struct Setting<'a> {
    /// Digest of the dataset.
    pub dataset: &'a str,
    /// The configuration without its seed.
    pub config: String,
    /// One per seed.
    pub runs: Vec<&'a RunRow>,
}

/// Runs by dataset and setting, in the order in which those first come.
pub(crate) fn settings_of(runs: &[RunRow]) -> Vec<Setting<'_>> {
    let mut settings: Vec<Setting<'_>> = Vec::new();
    for run in runs {
        let (dataset, config) = (run.dataset_digest.as_str(), without_seed(&run.config));
        match settings.iter_mut().find(|known| known.dataset == dataset && known.config == config) {
            Some(same) => same.runs.push(run),
            None => settings.push(Setting { dataset, config, runs: vec![run] }),
        }
    }
    settings
}

/// A setting: model, size, what varies, and the number of its seeds.
pub(crate) fn described(run: &RunRow, varying: &BTreeSet<String>, seeds: usize) -> Vec<Cell> {
    let own: Vec<String> = settings(&run.config, &run.dataset)
        .into_iter()
        .filter(|(key, _)| varying.contains(key))
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    vec![
        Cell::Text(run.model.clone()),
        Cell::Text(format!("{}×{}×{}", run.image_size, run.image_size, run.channels)),
        Cell::Text(own.join(", ")),
        Cell::Integer(seeds as i64),
    ]
}
