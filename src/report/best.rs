//! The best setting of each model of a sweep: by the rule of `best-MODEL.toml`.

use super::error::ReportError;
use super::select::doubt::counted;
use super::select::sweep_runs::{Trial, trials};
use super::tables::best_setting::{best, highest};
use crate::id::RunId;
use crate::store::Store;

/// The best setting of a model in a sweep. It was chosen by test labels: its AUROC is no estimate of performance.
#[derive(Debug, Clone)]
pub struct Best {
    /// The sweep.
    pub sweep: String,
    /// The model as sweep files have it.
    pub model: String,
    /// Its settings that vary in the sweep: "w_con 50; augment none".
    pub setting: String,
    /// Mean test AUROC over its seeds (and datasets).
    pub auroc: f64,
    /// Its seeds.
    pub seeds: Vec<i64>,
    /// Its runs.
    pub runs: Vec<RunId>,
    /// Settings of the model that finished.
    pub of: usize,
    /// A sweep file that runs it; absent for runs of builds whose configurations this one cannot read.
    pub file: Option<String>,
}

/// What a sweep says of its models.
#[derive(Debug, Clone, Default)]
pub struct BestSettings {
    /// The best setting of each model that has one.
    pub found: Vec<Best>,
    /// The models that have none: their names in sweep files, and what is wrong with how many of their runs ("2
    /// collapsed, 1 failed"); empty where they have no AUROC.
    pub without: Vec<(String, String)>,
}

/// The best setting of each model in a sweep. A setting with a run that failed, diverged, is inverted or whose
/// generator has collapsed is never one; a model that has no other has none.
///
/// # Errors
/// Whatever the store says.
pub fn best_settings(store: &Store, sweep: &str) -> Result<BestSettings, ReportError> {
    let runs = store.finished_in(sweep)?;
    let mut best_settings = BestSettings::default();
    for trials in trials(store, sweep, &runs)? {
        let settings = trials.settings_over_datasets();
        let Some((setting, auroc)) = highest(&trials, &settings) else {
            let troubles = counted(trials.trials.iter().filter_map(Trial::trouble));
            best_settings.without.push((trials.model, troubles));
            continue;
        };
        let mut seeds: Vec<i64> = setting.iter().map(|(trial, _)| trial.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        best_settings.found.push(Best {
            sweep: sweep.into(),
            model: trials.model.clone(),
            setting: trials.in_words(setting[0].0),
            auroc,
            seeds,
            runs: setting.iter().map(|(trial, _)| trial.run_id.clone()).collect(),
            of: settings.len(),
            file: best(store, &trials)?,
        });
    }
    Ok(best_settings)
}
