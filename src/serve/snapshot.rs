//! What the live page shows of a store at one moment.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::drawing::Drawn;
use crate::eval::mean;
use crate::eval::measure::AUROC;
use crate::id::FitId;
use crate::report::{Sparkline, doubt, settings_of, sparklines};
use crate::spec::Varying;
use crate::store::{RunRow, Status, Store, StoreError, SweepRow};
use crate::sweep::seconds_left;

/// The best settings that are shown of a sweep.
const BEST: usize = 20;
/// The last lines that are shown of what a worker said.
const LINES: usize = 5;

/// All sweeps, the last started first.
#[derive(Serialize)]
pub(super) struct Snapshot {
    sweeps: Vec<SweepNow>,
    report: Drawn,
}

#[derive(Serialize)]
struct SweepNow {
    name: String,
    dataset: String,
    started_at: String,
    /// Runs by status.
    runs: BTreeMap<String, i64>,
    /// Seconds, where anything can be said of it.
    left: Option<f64>,
    work: Vec<FitNow>,
    best: Vec<Best>,
    failures: Vec<(String, String)>,
}

/// A fit that is being worked on.
#[derive(Serialize)]
struct FitNow {
    id: String,
    title: String,
    stage: String,
    /// 0 to 1.
    progress: f64,
    curves: Vec<Sparkline>,
    log: Vec<String>,
}

/// A setting with finished runs.
#[derive(Clone, Serialize)]
struct Best {
    title: String,
    runs: usize,
    auroc: f64,
    lowest: f64,
    highest: f64,
    /// Why not to trust it.
    doubt: Option<String>,
}

/// Takes snapshots, and keeps what changes only when a run ends.
pub(super) struct Observer<'a> {
    store: &'a Store,
    sweep: Option<&'a str>,
    titles: HashMap<String, Kept<HashMap<FitId, String>>>,
    best: HashMap<String, Kept<Vec<Best>>>,
}

/// What was found out when there were so many runs.
type Kept<T> = (i64, T);

impl<'a> Observer<'a> {
    pub fn new(store: &'a Store, sweep: Option<&'a str>) -> Self {
        Self { store, sweep, titles: HashMap::new(), best: HashMap::new() }
    }

    /// How the store is now.
    pub fn look(&mut self, report: Drawn) -> Result<Snapshot, StoreError> {
        let sweeps = match self.sweep {
            Some(name) => vec![self.store.sweep(name)?],
            None => self.store.sweeps()?,
        };
        let sweeps = sweeps.into_iter().map(|sweep| self.sweep_now(sweep));
        Ok(Snapshot { sweeps: sweeps.collect::<Result<_, _>>()?, report })
    }

    fn sweep_now(&mut self, sweep: SweepRow) -> Result<SweepNow, StoreError> {
        let counts = self.store.status(&sweep.name)?;
        let total = counts.iter().map(|count| count.runs).sum();
        let done = counts.iter().filter(|count| count.status == Status::Done).map(|count| count.runs).sum();
        let work = self.work(&sweep, total)?;
        // An estimate that cannot be had is none.
        let left = if work.is_empty() { Ok(None) } else { seconds_left(self.store, &sweep.name, work.len()) };
        Ok(SweepNow {
            runs: counts.into_iter().map(|count| (count.status.to_string(), count.runs)).collect(),
            left: left.unwrap_or_default(),
            best: self.best(&sweep, done)?,
            failures: self
                .store
                .errors(&sweep.name)?
                .into_iter()
                .map(|run| (run.run_id.short().to_string(), run.error))
                .collect(),
            work,
            name: sweep.name,
            dataset: sweep.dataset,
            started_at: sweep.started_at,
        })
    }

    fn work(&mut self, sweep: &SweepRow, total: i64) -> Result<Vec<FitNow>, StoreError> {
        let store = self.store;
        let work = store.work(&sweep.name)?;
        if work.is_empty() {
            return Ok(Vec::new());
        }
        let titles = self.titles(sweep, total)?;
        let mut fits = Vec::new();
        for fit in work {
            let log = fit.worker.map(|worker| store.artifacts().logs().join(format!("{worker}.log")));
            let log = log.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            fits.push(FitNow {
                id: fit.fit_id.short().to_string(),
                title: titles.get(&fit.fit_id).cloned().unwrap_or_default(),
                stage: fit.stage.unwrap_or_else(|| "starting".into()),
                progress: fit.progress,
                curves: sparklines(&store.curve(&fit.fit_id)?),
                log: lines[lines.len().saturating_sub(LINES)..].iter().map(ToString::to_string).collect(),
            });
        }
        Ok(fits)
    }

    /// What a sweep's fits are called: by what varies among the first runs of each, as what runs of one fit differ in
    /// is no setting of the fit.
    fn titles(&mut self, sweep: &SweepRow, total: i64) -> Result<&HashMap<FitId, String>, StoreError> {
        let is_known = self.titles.get(&sweep.name).is_some_and(|(runs, _)| *runs == total);
        if !is_known {
            let mut seen = HashSet::new();
            let mut firsts = self.store.listed(&sweep.name)?;
            firsts.retain(|run| seen.insert(run.fit_id.clone()));
            let varying = Varying::among(firsts.iter().map(|run| run.config.as_str()));
            let called = |config: &str, dataset: &str| title(sweep, &varying, config, dataset);
            let titles = firsts.iter().map(|run| (run.fit_id.clone(), called(&run.config, &run.dataset)));
            self.titles.insert(sweep.name.clone(), (total, titles.collect()));
        }
        Ok(&self.titles.entry(sweep.name.clone()).or_default().1)
    }

    fn best(&mut self, sweep: &SweepRow, done: i64) -> Result<Vec<Best>, StoreError> {
        match self.best.get(&sweep.name) {
            Some((runs, best)) if *runs == done => Ok(best.clone()),
            _ => {
                let best = best(sweep, &self.store.finished_in(&sweep.name)?);
                self.best.insert(sweep.name.clone(), (done, best.clone()));
                Ok(best)
            }
        }
    }
}

/// A setting in words, with its dataset where the sweep has several.
fn title(sweep: &SweepRow, varying: &Varying, config: &str, dataset: &str) -> String {
    let words = varying.words(config);
    if sweep.datasets > 1 { format!("{words}, {dataset}") } else { words }
}

/// The settings with the highest mean AUROC over seeds.
fn best(sweep: &SweepRow, runs: &[RunRow]) -> Vec<Best> {
    let settings = settings_of(runs);
    let varying = Varying::among(settings.iter().map(|setting| setting.config.as_str()));
    let mut found: Vec<Best> = settings
        .iter()
        .filter_map(|setting| {
            let aurocs: Vec<f64> = setting.runs.iter().filter_map(|run| run.measures.get(&AUROC)).collect();
            Some(Best {
                title: title(sweep, &varying, &setting.config, &setting.runs[0].dataset),
                runs: aurocs.len(),
                auroc: mean(&aurocs)?,
                lowest: aurocs.iter().copied().fold(f64::INFINITY, f64::min),
                highest: aurocs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                doubt: setting.runs.iter().filter_map(|run| doubt(run)).min().map(|doubt| doubt.to_string()),
            })
        })
        .collect();
    found.sort_by(|a, b| b.auroc.total_cmp(&a.auroc));
    found.truncate(BEST);
    found
}
