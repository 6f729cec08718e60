//! The runs of one model in a sweep as points in the space of the settings that vary: what the figures of a
//! whole sweep show.

use std::collections::{BTreeMap, BTreeSet};

use super::doubt::doubt;
use super::run_groups::{by_model, maker};
use super::settings::{settings, without_seed};
use crate::eval::measure::AUROC;
use crate::eval::quantile;
use crate::id::RunId;
use crate::report::ReportError;
use crate::spec::Model;
use crate::store::{LostRun, RunRow, Status, Store};

/// All runs of a model in a sweep.
pub(crate) struct Trials {
    pub sweep: String,
    /// The model as the store names it.
    pub model: String,
    /// The finished runs, then those that failed or diverged, each in the order of the sweep.
    pub trials: Vec<Trial>,
    /// The settings that vary among them, the seed aside.
    pub factors: Vec<Factor>,
    makers: BTreeSet<String>,
}

/// A run.
pub(crate) struct Trial {
    pub run_id: RunId,
    pub seed: i64,
    /// Its results; absent where it failed or diverged.
    pub run: Option<RunRow>,
    /// Failed or diverged, where it did.
    lost: Option<Status>,
    /// Digest of its dataset.
    pub dataset: String,
    /// Its configuration without its seed.
    setting: String,
    /// For each factor the place of its value among the levels.
    pub levels: Vec<usize>,
}

impl Trial {
    /// "diverged", "collapsed": why its results are absent or not to be trusted, if so.
    pub fn trouble(&self) -> Option<String> {
        let doubt = self.run.as_ref().and_then(doubt).map(|doubt| doubt.to_string());
        self.lost.map(|status| status.to_string()).or(doubt)
    }

    /// Absent where it failed, diverged, or has no AUROC.
    pub fn auroc(&self) -> Option<f64> {
        self.run.as_ref()?.measures.get(&AUROC)
    }
}

/// Finished runs that belong together.
pub(crate) type Finished<'a> = Vec<(&'a Trial, &'a RunRow)>;

/// A setting that takes several values. Settings that always change together are one.
pub(crate) struct Factor {
    pub name: String,
    /// Its values: numbers by size, then texts by alphabet.
    pub levels: Vec<String>,
}

/// A sweep's runs by model.
pub(crate) fn trials(store: &Store, sweep: &str, runs: &[RunRow]) -> Result<Vec<Trials>, ReportError> {
    let lost = store.lost(sweep)?;
    let mut finished: Vec<(String, Vec<RunRow>)> =
        by_model(runs.to_vec()).into_iter().map(|runs| (runs[0].model.clone(), runs)).collect();
    for run in &lost {
        if finished.iter().all(|(model, _)| *model != run.model) {
            finished.push((run.model.clone(), Vec::new()));
        }
    }
    let of_model = |(model, runs): (String, Vec<RunRow>)| {
        let lost: Vec<&LostRun> = lost.iter().filter(|run| run.model == model).collect();
        Trials::new(sweep, &model, &runs, &lost)
    };
    Ok(finished.into_iter().map(of_model).collect())
}

impl Trials {
    pub fn new(sweep: &str, model: &str, runs: &[RunRow], lost: &[&LostRun]) -> Self {
        let finished = runs.iter().map(|run| settings(&run.config, &run.dataset));
        let values: Vec<BTreeMap<String, String>> =
            finished.chain(lost.iter().map(|run| settings(&run.config, &run.dataset))).collect();
        let (factors, levels) = factors(&values);
        let done = runs.iter().map(|run| Trial {
            run_id: run.run_id.clone(),
            seed: run.seed,
            run: Some(run.clone()),
            lost: None,
            dataset: run.dataset_digest.clone(),
            setting: without_seed(&run.config),
            levels: Vec::new(),
        });
        let lost = lost.iter().map(|run| Trial {
            run_id: run.run_id.clone(),
            seed: run.seed,
            run: None,
            lost: Some(run.status),
            dataset: run.dataset_digest.clone(),
            setting: without_seed(&run.config),
            levels: Vec::new(),
        });
        let trials = done.chain(lost).zip(levels).map(|(trial, levels)| Trial { levels, ..trial });
        Self {
            sweep: sweep.into(),
            model: model.into(),
            trials: trials.collect(),
            factors,
            makers: runs.iter().map(maker).collect(),
        }
    }

    /// The model as its authors write it.
    pub fn title(&self) -> &str {
        Model::named(&self.model).map_or(&self.model, |model| model.title())
    }

    /// Whether there is more to show than failures.
    pub fn any_finished(&self) -> bool {
        self.trials.iter().any(|trial| trial.run.is_some())
    }

    /// The runs that have an AUROC, with it.
    pub fn judged(&self) -> impl Iterator<Item = (&Trial, f64)> {
        self.trials.iter().filter_map(|trial| Some((trial, trial.auroc()?)))
    }

    /// Runs that failed, diverged or have no AUROC.
    pub fn lost(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().filter(|trial| trial.auroc().is_none())
    }

    /// How many distinct settings were tried, those that failed or diverged among them.
    pub fn tried(&self) -> usize {
        self.trials.iter().map(|trial| trial.setting.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// Whether a run of the same setting failed or diverged.
    pub fn has_lost(&self, runs: &Finished<'_>) -> bool {
        let is_of = |trial: &Trial| runs.first().is_some_and(|(known, _)| known.setting == trial.setting);
        self.trials.iter().any(|trial| trial.run.is_none() && is_of(trial))
    }

    /// The finished runs of each setting on each dataset, one per seed, in the order of the sweep.
    pub fn settings(&self) -> Vec<Finished<'_>> {
        self.alike(|one, other| one.setting == other.setting && one.dataset == other.dataset)
    }

    /// The finished runs of each setting on all datasets. A setting that has none on one of them is left out: its
    /// mean could not be compared with that of others.
    pub fn settings_over_datasets(&self) -> Vec<Finished<'_>> {
        let datasets = |runs: &mut dyn Iterator<Item = &Trial>| -> usize {
            runs.map(|trial| trial.dataset.as_str()).collect::<BTreeSet<_>>().len()
        };
        let all = datasets(&mut self.trials.iter());
        let mut settings = self.alike(|one, other| one.setting == other.setting);
        settings.retain(|runs| datasets(&mut runs.iter().map(|(trial, _)| *trial)) == all);
        settings
    }

    fn alike(&self, are_alike: impl Fn(&Trial, &Trial) -> bool) -> Vec<Finished<'_>> {
        let mut found: Vec<Finished<'_>> = Vec::new();
        for trial in &self.trials {
            let Some(run) = &trial.run else { continue };
            match found.iter_mut().find(|runs| are_alike(runs[0].0, trial)) {
                Some(runs) => runs.push((trial, run)),
                None => found.push(vec![(trial, run)]),
            }
        }
        found
    }

    /// The values of a run's settings that vary: "w_con 50, augment none".
    pub fn in_words(&self, trial: &Trial) -> String {
        let value = |(factor, level): (&Factor, &usize)| format!("{} {}", factor.name, factor.levels[*level]);
        self.factors.iter().zip(&trial.levels).map(value).collect::<Vec<_>>().join("; ")
    }

    /// Median AUROC of the runs with some property; absent where there are none.
    pub fn median(&self, holds: impl Fn(&Trial) -> bool) -> Option<f64> {
        let values: Vec<f64> =
            self.judged().filter(|(trial, _)| holds(trial)).map(|(_, auroc)| auroc).collect();
        quantile(&values, 0.5)
    }

    /// Smallest and largest AUROC; absent where no run has one.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        let areas = || self.judged().map(|(_, auroc)| auroc);
        Some((areas().reduce(f64::min)?, areas().reduce(f64::max)?))
    }

    /// The factors whose levels' medians lie furthest apart, at most `most` of them, in their own order.
    pub fn widest(&self, most: usize) -> Vec<usize> {
        let spread = |factor: usize| {
            let of_level = |level| self.median(|trial| trial.levels[factor] == level);
            let medians: Vec<f64> = (0..self.factors[factor].levels.len()).filter_map(of_level).collect();
            medians.iter().copied().fold(f64::MIN, f64::max)
                - medians.iter().copied().fold(f64::MAX, f64::min)
        };
        let mut order: Vec<usize> = (0..self.factors.len()).collect();
        order.sort_by(|a, b| spread(*b).total_cmp(&spread(*a)));
        order.truncate(most);
        order.sort_unstable();
        order
    }

    /// Where a figure is from: sweep, runs, commits, devices.
    pub fn origin(&self) -> String {
        origin(std::slice::from_ref(self))
    }
}

/// Where a figure of several models is from.
pub(crate) fn origin(sweep: &[Trials]) -> String {
    let runs = sweep.iter().map(|trials| {
        let mut ids = trials.trials.iter().map(|trial| trial.run_id.short());
        let ids = match (ids.next(), ids.next_back()) {
            (Some(first), Some(last)) => format!("{first} … {last}"),
            (Some(only), None) => only.to_string(),
            _ => "none".into(),
        };
        format!("{} runs of {}: {ids}", trials.trials.len(), trials.title())
    });
    let runs: Vec<String> = runs.collect();
    let makers: BTreeSet<&str> =
        sweep.iter().flat_map(|trials| trials.makers.iter().map(String::as_str)).collect();
    let makers: Vec<&str> = makers.into_iter().collect();
    let name = sweep.first().map_or("", |trials| trials.sweep.as_str());
    format!("{name} · {} (all in runs.csv) · {}", runs.join(" · "), makers.join(" · "))
}

/// The settings that vary and, for each run, the place of its values. A run that lacks a setting has the
/// level "–".
fn factors(runs: &[BTreeMap<String, String>]) -> (Vec<Factor>, Vec<Vec<usize>>) {
    let mut names: BTreeSet<&String> = runs.iter().flat_map(BTreeMap::keys).collect();
    names.retain(|name| !["seed", "model"].contains(&name.as_str()));
    let mut factors: Vec<(Factor, Vec<usize>)> = Vec::new();
    for name in names {
        let values: Vec<&str> = runs.iter().map(|run| run.get(name).map_or("–", String::as_str)).collect();
        let levels = levels(&values);
        if levels.len() < 2 {
            continue;
        }
        let places: Vec<usize> =
            values.iter().map(|value| levels.iter().position(|level| level == value).unwrap_or(0)).collect();
        let levels: Vec<String> = levels.iter().map(|level| short(level)).collect();
        match factors.iter_mut().find(|(_, known)| same_parts(known, &places)) {
            Some((factor, known)) => join(factor, known, name, &levels, &places),
            None => factors.push((Factor { name: name.clone(), levels }, places)),
        }
    }
    let of_run = |nth: usize| factors.iter().map(|(_, places)| places[nth]).collect();
    let places = (0..runs.len()).map(of_run).collect();
    (factors.into_iter().map(|(factor, _)| factor).collect(), places)
}

fn levels(values: &[&str]) -> Vec<String> {
    let mut levels: Vec<&str> = values.to_vec();
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::INFINITY);
    levels.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    levels.dedup();
    levels.into_iter().map(String::from).collect()
}

/// A number with no more digits than it needs; other texts as they are.
fn short(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if number != 0.0 && !(1e-3..1e5).contains(&number.abs()) => format!("{number:e}"),
        Ok(number) => number.to_string(),
        Err(_) => text.into(),
    }
}

/// Whether two settings always change together.
fn same_parts(one: &[usize], other: &[usize]) -> bool {
    let pairs: BTreeSet<(usize, usize)> = one.iter().copied().zip(other.iter().copied()).collect();
    let distinct = |places: &[usize]| places.iter().collect::<BTreeSet<_>>().len();
    pairs.len() == distinct(one) && pairs.len() == distinct(other)
}

/// Adds to a factor a setting that always changes with it.
fn join(factor: &mut Factor, known: &[usize], name: &str, levels: &[String], places: &[usize]) {
    factor.name = format!("{}, {name}", factor.name);
    for (place, text) in factor.levels.iter_mut().enumerate() {
        if let Some(nth) = known.iter().position(|known| *known == place) {
            *text = format!("{text}, {}", levels[places[nth]]);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model's trials with these values of `a`, `b` and `c` (which follows `a`), seeds and AUROCs.
    pub fn made_of(runs: &[(&str, &str, i64, Option<f64>)]) -> Trials {
        let values: Vec<BTreeMap<String, String>> = runs
            .iter()
            .map(|(a, b, ..)| {
                let pairs = [("a", a.to_string()), ("b", b.to_string()), ("c", format!("with {a}"))];
                pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
            })
            .collect();
        let (factors, levels) = factors(&values);
        let trials = runs.iter().zip(levels).enumerate().map(|(nth, ((a, b, seed, auroc), levels))| Trial {
            run_id: format!("{nth:032}").parse().unwrap(),
            seed: *seed,
            run: auroc.map(|auroc| RunRow {
                fit_id: format!("{nth:032}").parse().unwrap(),
                measures: [(&AUROC, Some(auroc))].into(),
                train_seconds: Some(1.0 + nth as f64),
                ..RunRow::default()
            }),
            lost: auroc.is_none().then_some(Status::Diverged),
            dataset: String::new(),
            setting: format!("{a} {b}"),
            levels,
        });
        Trials {
            sweep: "s".into(),
            model: "ganomaly".into(),
            trials: trials.collect(),
            factors,
            makers: BTreeSet::from(["commit 1, cpu".to_string()]),
        }
    }

    #[test]
    fn settings_that_change_together_are_one_and_numbers_are_sorted_by_size() {
        let found = made_of(&[("10", "x", 0, Some(0.5)), ("9", "y", 0, Some(0.7)), ("10", "y", 0, None)]);
        let names: Vec<&str> = found.factors.iter().map(|factor| factor.name.as_str()).collect();
        assert_eq!(names, ["a, c", "b"]);
        assert_eq!(found.factors[0].levels, ["9, with 9", "10, with 10"]);
        assert_eq!(found.trials[0].levels, [1, 0]);
        assert_eq!(["50.0", "0.0002", "1e8", "none"].map(short), ["50", "2e-4", "1e8", "none"]);
        assert_eq!((found.lost().count(), found.extremes()), (1, Some((0.5, 0.7))));
        assert_eq!(found.tried(), 3, "the lost one was tried, too");
        assert_eq!(found.median(|trial| trial.levels[0] == 1), Some(0.5));
    }

    #[test]
    fn the_widest_factor_is_that_whose_medians_differ_most() {
        let found = made_of(&[
            ("1", "x", 0, Some(0.5)),
            ("2", "x", 0, Some(0.6)),
            ("1", "y", 0, Some(0.8)),
            ("2", "y", 0, Some(0.9)),
        ]);
        assert_eq!(found.widest(1), [1]);
        assert_eq!(found.widest(5), [0, 1]);
    }
}
