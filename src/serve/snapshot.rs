//! What the live page shows of a store at one moment.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::drawing::Drawn;
use crate::eval::COLLAPSED_DIVERSITY;
use crate::eval::measure::{AUROC, DIVERSITY};
use crate::report::{settings, varying, without_seed};
use crate::store::{CurvePoint, RunRow, Status, Store, StoreError, SweepRow};
use crate::sweep::seconds_left;
use crate::table::Cell;

/// The best settings that are shown of a sweep.
const BEST: usize = 20;
/// The last lines that are shown of what a worker said.
const LINES: usize = 5;
/// The most points of a curve.
const POINTS: usize = 120;

/// All sweeps, the last started first.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Snapshot {
    sweeps: Vec<SweepNow>,
    report: Drawn,
}

#[derive(Debug, Serialize, PartialEq)]
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
#[derive(Debug, Serialize, PartialEq)]
struct FitNow {
    id: String,
    title: String,
    stage: String,
    /// 0 to 1.
    progress: f64,
    curves: Vec<Curve>,
    log: Vec<String>,
}

/// A metric by epoch.
#[derive(Debug, Serialize, PartialEq)]
struct Curve {
    name: String,
    lines: Lines,
}

/// Epochs and values by split.
type Lines = BTreeMap<String, Vec<(i64, f64)>>;

/// A setting with finished runs.
#[derive(Debug, Clone, Serialize, PartialEq)]
struct Best {
    title: String,
    runs: usize,
    auroc: f64,
    lowest: f64,
    highest: f64,
    collapsed: bool,
}

/// Takes snapshots, and keeps what changes only when a run ends.
pub(super) struct Observer<'a> {
    store: &'a Store,
    sweep: Option<&'a str>,
    titles: HashMap<String, Kept<HashMap<String, String>>>,
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
        let work = self.work(&sweep.name, total)?;
        // An estimate that cannot be had is none.
        let left = if work.is_empty() { Ok(None) } else { seconds_left(self.store, &sweep.name, work.len()) };
        Ok(SweepNow {
            runs: counts.into_iter().map(|count| (count.status.to_string(), count.runs)).collect(),
            left: left.unwrap_or_default(),
            best: self.best(&sweep.name, done)?,
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

    fn work(&mut self, sweep: &str, total: i64) -> Result<Vec<FitNow>, StoreError> {
        let store = self.store;
        let work = store.work(sweep)?;
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
                title: titles.get(fit.fit_id.as_str()).cloned().unwrap_or_default(),
                stage: fit.stage.unwrap_or_else(|| "starting".into()),
                progress: fit.progress,
                curves: curves(&store.curve(&fit.fit_id)?),
                log: lines[lines.len().saturating_sub(LINES)..].iter().map(ToString::to_string).collect(),
            });
        }
        Ok(fits)
    }

    /// What a sweep's fits are called: by what varies in it.
    fn titles(&mut self, sweep: &str, total: i64) -> Result<&HashMap<String, String>, StoreError> {
        let is_known = self.titles.get(sweep).is_some_and(|(runs, _)| *runs == total);
        if !is_known {
            let query = "SELECT r.fit_id, r.config, r.dataset FROM sweep_runs s \
                         JOIN runs r USING (run_id) WHERE s.sweep = ?1";
            let found = self.store.query_with(query, &[sweep.to_string()])?;
            let mut fits = Vec::new();
            let mut runs = Vec::new();
            for row in &found.rows {
                let text = |column: usize| row.get(column).map_or_else(String::new, Cell::to_string);
                fits.push(text(0));
                runs.push(RunRow { config: text(1), dataset: text(2), ..RunRow::default() });
            }
            let titles = fits.into_iter().zip(titles(&runs));
            let titles = titles.fold(HashMap::new(), |mut of_fits: HashMap<_, Vec<_>>, (fit, words)| {
                // What runs of one fit differ in is no setting of the fit.
                let common = of_fits.entry(fit).or_insert_with(|| words.clone());
                common.retain(|word| words.contains(word));
                of_fits
            });
            let titles = titles.into_iter().map(|(fit, words)| (fit, words.join(", "))).collect();
            self.titles.insert(sweep.into(), (total, titles));
        }
        Ok(&self.titles.entry(sweep.into()).or_default().1)
    }

    fn best(&mut self, sweep: &str, done: i64) -> Result<Vec<Best>, StoreError> {
        match self.best.get(sweep) {
            Some((runs, best)) if *runs == done => Ok(best.clone()),
            _ => {
                let best = best(&self.store.finished_in(sweep)?);
                self.best.insert(sweep.into(), (done, best.clone()));
                Ok(best)
            }
        }
    }
}

/// The model of each run, and what varies among all of them.
fn titles(runs: &[RunRow]) -> Vec<Vec<String>> {
    let mut keys = varying(runs);
    keys.remove("model");
    runs.iter()
        .map(|run| {
            let all = settings(&run.config, &run.dataset);
            let varying = keys.iter().filter_map(|key| Some(format!("{key} {}", all.get(key)?)));
            all.get("model").cloned().into_iter().chain(varying).collect()
        })
        .collect()
}

/// The settings with the highest mean AUROC over seeds.
fn best(runs: &[RunRow]) -> Vec<Best> {
    let mut by_setting: BTreeMap<(String, String), Vec<&RunRow>> = BTreeMap::new();
    for run in runs {
        by_setting.entry((run.dataset_digest.clone(), without_seed(&run.config))).or_default().push(run);
    }
    let first: Vec<RunRow> = by_setting
        .iter()
        .map(|((_, config), runs)| RunRow { config: config.clone(), ..runs[0].clone() })
        .collect();
    let mut found: Vec<Best> = titles(&first)
        .into_iter()
        .zip(by_setting.values())
        .filter_map(|(title, runs)| {
            let aurocs: Vec<f64> = runs.iter().filter_map(|run| run.measures.get(&AUROC)).collect();
            let diversity =
                runs.iter().filter_map(|run| run.measures.get(&DIVERSITY)).fold(f64::INFINITY, f64::min);
            (!aurocs.is_empty()).then(|| Best {
                title: title.join(", "),
                runs: aurocs.len(),
                auroc: aurocs.iter().sum::<f64>() / aurocs.len() as f64,
                lowest: aurocs.iter().copied().fold(f64::INFINITY, f64::min),
                highest: aurocs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                collapsed: diversity < COLLAPSED_DIVERSITY,
            })
        })
        .collect();
    found.sort_by(|a, b| b.auroc.total_cmp(&a.auroc));
    found.truncate(BEST);
    found
}

fn curves(points: &[CurvePoint]) -> Vec<Curve> {
    let mut metrics: BTreeMap<&str, Lines> = BTreeMap::new();
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let line = metrics.entry(&point.name).or_default().entry(point.split.clone()).or_default();
        line.push((point.epoch, point.value));
    }
    let curve = |(name, mut lines): (&str, Lines)| {
        lines.values_mut().for_each(thin);
        Curve { name: name.replace('_', " "), lines }
    };
    metrics.into_iter().map(curve).collect()
}

/// Leaves out points of a long line, but never the last one.
fn thin(line: &mut Vec<(i64, f64)>) {
    let (step, last) = (line.len().div_ceil(POINTS), line.len().saturating_sub(1));
    let mut nth = 0;
    line.retain(|_| {
        let keep = nth % step == 0 || nth == last;
        nth += 1;
        keep
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_keeps_its_ends() {
        let mut line: Vec<(i64, f64)> = (1..=1000).map(|epoch| (epoch, 0.5)).collect();
        thin(&mut line);
        assert!((POINTS / 2..=POINTS + 1).contains(&line.len()), "{}", line.len());
        assert_eq!((line[0].0, line[line.len() - 1].0), (1, 1000));
        let mut short = vec![(1, 0.5), (2, 0.25)];
        thin(&mut short);
        assert_eq!(short, [(1, 0.5), (2, 0.25)]);
    }
}
