//! From a sweep file to runs in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use rayon::prelude::*;

use super::SweepError;
use crate::data::{DataError, Dataset, Partition, pixels};
use crate::id::{FitId, RunId};
use crate::spec::identity::{canonical_json, fit_id, run_id};
use crate::spec::{Gray, RunConfig, Sweep};
use crate::store::{ImageRow, Plan, PlannedRun, Status, Store};

/// A sweep with its images and the names of its runs.
pub struct Planned {
    /// The sweep file's path, as given.
    pub file: String,
    /// The sweep.
    pub sweep: Sweep,
    /// Its images.
    pub dataset: Dataset,
    /// Fit and run ids, in the order of `sweep.runs`.
    pub ids: Vec<(FitId, RunId)>,
    /// What a person should know of the images.
    pub remarks: Vec<String>,
    /// Whether some of them have colours, where that makes a difference.
    pub coloured: Option<bool>,
}

impl Planned {
    /// Images to decode: each once per size.
    pub fn decodings(&self) -> usize {
        self.dataset.items.len() * sizes(&self.sweep.runs).len()
    }
}

/// The status of a run in the store, or `new` where the store does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known(pub Option<Status>);

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.map_or("new", Status::name))
    }
}

/// What running a sweep would mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Runs in all.
    pub runs: usize,
    /// Fits in all.
    pub fits: usize,
    /// Runs by status, `new` for those that the store does not know.
    pub status: BTreeMap<Known, usize>,
    /// Fits whose networks are still to be trained.
    pub to_train: usize,
    /// Of these, fits that were trained and whose weights are lost.
    pub lost_weights: usize,
    /// By model: runs and fits.
    pub models: BTreeMap<&'static str, (usize, usize)>,
}

/// Reads a sweep file.
///
/// # Errors
/// A file that cannot be read, or that is wrong.
pub fn read(file: &Path) -> Result<Sweep, SweepError> {
    let text =
        std::fs::read_to_string(file).map_err(|source| SweepError::File { path: file.into(), source })?;
    Ok(Sweep::parse(&file.display().to_string(), &text)?)
}

/// Finds a sweep's images and names its runs.
///
/// # Errors
/// Images that are not as they should be, or too few of them for a run.
pub fn plan(file: &str, mut sweep: Sweep) -> Result<Planned, SweepError> {
    let dataset = Dataset::open(&sweep.dataset)?;
    let gray = |run: &RunConfig| run.fit.channels == 1 && sweep.dataset.gray() == Gray::Rec601;
    let coloured = sweep.runs.iter().any(gray).then(|| dataset.is_coloured());
    if coloured == Some(true) {
        sweep.runs.iter_mut().filter(|run| run.fit.channels == 1).for_each(|run| run.fit.gray = Gray::Rec601);
    }
    for run in &sweep.runs {
        let partition = Partition::new(&dataset, run.fit.seed, run.fit.holdout, run.fit.fewest_images())?;
        if run.needs_held_out() && partition.held_out.len() < 2 {
            return Err(SweepError::Data(DataError::TooFew(format!(
                "`{}` leaves {} held-out images, and scores that are measured by them (`weighted`, `combined`) \
                 need two \
                 or more; raise `holdout`",
                dataset.title,
                partition.held_out.len()
            ))));
        }
    }
    let ids = sweep
        .runs
        .iter()
        .map(|run| (fit_id(&run.fit, &dataset.digest), run_id(run, &dataset.digest)))
        .collect();
    let sides: BTreeSet<usize> = sweep.runs.iter().map(|run| run.fit.image_size).collect();
    let remarks = dataset.remarks(&sides.into_iter().collect::<Vec<_>>());
    Ok(Planned { file: file.into(), sweep, dataset, ids, remarks, coloured })
}

/// Counts what is done and what is to do. `store` is absent where there is none yet.
///
/// # Errors
/// Whatever the store says.
pub fn overview(planned: &Planned, store: Option<&Store>) -> Result<Overview, SweepError> {
    let mut status: BTreeMap<Known, usize> = BTreeMap::new();
    let mut models: BTreeMap<&'static str, (usize, BTreeSet<&FitId>)> = BTreeMap::new();
    let lost = store.map(Store::fits_without_weights).transpose()?.unwrap_or_default();
    let (mut to_train, mut lost_weights) = (BTreeSet::new(), BTreeSet::new());
    let statuses = store.map(Store::statuses).transpose()?.unwrap_or_default();
    let trained = store.map(Store::trained_fits).transpose()?.unwrap_or_default();
    for (run, (fit_id, run_id)) in planned.sweep.runs.iter().zip(&planned.ids) {
        let known = statuses.get(run_id).copied();
        *status.entry(Known(known)).or_default() += 1;
        let of_model = models.entry(run.fit.model().name()).or_default();
        of_model.0 += 1;
        of_model.1.insert(fit_id);
        // Lost ones are tried again only if asked for.
        if !trained.contains(fit_id) && !known.is_some_and(Status::is_lost) {
            to_train.insert(fit_id);
        }
        if lost.contains(fit_id) {
            to_train.insert(fit_id);
            lost_weights.insert(fit_id);
        }
    }
    Ok(Overview {
        runs: planned.ids.len(),
        fits: planned.ids.iter().map(|(fit_id, _)| fit_id).collect::<BTreeSet<_>>().len(),
        status,
        to_train: to_train.len(),
        lost_weights: lost_weights.len(),
        models: models.into_iter().map(|(name, (runs, fits))| (name, (runs, fits.len()))).collect(),
    })
}

/// Decodes the images in every size that the sweep needs, and records the plan. With `retry`,
/// failed runs are queued again. `progress` is called once per image and size. Gives back how many runs
/// the store's sweep of this name had and has no more.
///
/// # Errors
/// Unreadable images or masks, another sweep of this name that is running, or whatever the store says.
pub fn prepare(
    planned: &Planned,
    store: &Store,
    retry: bool,
    progress: &(dyn Fn() + Sync),
) -> Result<usize, SweepError> {
    for (size, channels, gray) in sizes(&planned.sweep.runs) {
        pixels(&planned.dataset, size, channels, gray, &store.artifacts().images(), progress)?;
    }
    let Planned { file, sweep, dataset, .. } = planned;
    // Needed last, but better missed before hours of training.
    dataset.items.par_iter().try_for_each(|item| item.drawn_mask().map(drop))?;
    let images = dataset
        .items
        .iter()
        .map(|item| ImageRow {
            name: item.name.clone(),
            split: item.split,
            label: item.label,
            leaked: item.leaked,
        })
        .collect();
    let runs = sweep
        .runs
        .iter()
        .zip(&planned.ids)
        .map(|(run, (fit_id, run_id))| PlannedRun {
            run_id: run_id.clone(),
            fit_id: fit_id.clone(),
            run_config: canonical_json(run),
            fit_config: canonical_json(&run.fit),
        })
        .collect();
    let plan = Plan {
        sweep: &sweep.name,
        file,
        text: &sweep.text,
        digest: &dataset.digest,
        title: &dataset.title,
        masks: dataset.masks.as_deref(),
        coloured: planned.coloured,
        dataset: &serde_json::to_string(&sweep.dataset)?,
        images,
        runs,
    };
    Ok(store.record_plan(&plan, retry)?)
}

/// The sizes, channel counts and grays that runs need.
pub(super) fn sizes(runs: &[RunConfig]) -> BTreeSet<(usize, usize, Gray)> {
    runs.iter().map(|run| (run.fit.image_size, run.fit.channels, run.fit.gray)).collect()
}
