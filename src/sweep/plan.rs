//! From a sweep file to runs in the store.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use rayon::prelude::*;

use super::SweepError;
use crate::data::{DataError, Dataset, Item, Partition, held_out_images, pixels};
use crate::eval::too_few_held_out;
use crate::id::{FitId, RunId};
use crate::spec::identity::{canonical_json, fit_id, run_id};
use crate::spec::{Gray, Label, RunConfig, Split, Sweep};
use crate::store::{ImageRow, Plan, PlannedDataset, PlannedRun, Status, Store};

/// A sweep with its images and the names of its runs.
pub struct Planned {
    /// The sweep file's path, as given.
    pub file: String,
    /// The sweep.
    pub sweep: Sweep,
    /// Its images, in the order of `sweep.datasets`.
    pub datasets: Vec<Dataset>,
    /// Its runs, dataset by dataset: those of `sweep.runs`, with what they take from the images.
    pub runs: Vec<RunConfig>,
    /// Fit and run ids, in the order of `runs`.
    pub ids: Vec<(FitId, RunId)>,
    /// What a person should know of the file and of its images.
    pub remarks: Vec<String>,
    /// Whether some of each dataset's images have colours, where that makes a difference.
    coloured: Vec<Option<bool>>,
}

/// A run of a planned sweep: its images, its configuration, and the names of its fit and of itself.
pub(super) type Point<'a> = (&'a Dataset, &'a RunConfig, &'a FitId, &'a RunId);

/// A dataset, its description as JSON, and whether its images have colours, where that makes a difference.
type Described<'a> = (&'a Dataset, String, Option<bool>);

impl Planned {
    /// Images to decode: each once per size.
    pub fn decodings(&self) -> usize {
        let images: usize = self.datasets.iter().map(|dataset| dataset.items.len()).sum();
        images * sizes(&self.sweep.runs).len()
    }

    /// The runs on each dataset.
    fn by_dataset(&self) -> impl Iterator<Item = (&Dataset, &[RunConfig])> {
        self.datasets.iter().zip(self.runs.chunks(self.sweep.runs.len().max(1)))
    }

    /// The dataset of a run, by the run's place in `runs`.
    pub(super) fn dataset_of(&self, place: usize) -> &Dataset {
        &self.datasets[place / self.sweep.runs.len().max(1)]
    }

    /// Its datasets with what the store keeps of each.
    pub(super) fn described(&self) -> Result<Vec<Described<'_>>, SweepError> {
        let described = self.datasets.iter().zip(&self.sweep.datasets).zip(&self.coloured);
        described
            .map(|((dataset, spec), coloured)| Ok((dataset, serde_json::to_string(spec)?, *coloured)))
            .collect()
    }

    /// Its runs, in the order of `ids`.
    pub(super) fn points(&self) -> impl Iterator<Item = Point<'_>> {
        let points = self.by_dataset().flat_map(|(dataset, runs)| runs.iter().map(move |run| (dataset, run)));
        points.zip(&self.ids).map(|((dataset, run), (fit_id, run_id))| (dataset, run, fit_id, run_id))
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
    /// Runs that the store's sweep of this name has, and that are not of this file and these images any more.
    pub leaving: usize,
    /// By model: runs and fits.
    pub models: BTreeMap<&'static str, (usize, usize)>,
}

/// Finds a sweep's images and names its runs.
///
/// # Errors
/// Images that are not as they should be, too few of them for a run, or datasets that are the same.
pub fn plan(file: &str, sweep: Sweep) -> Result<Planned, SweepError> {
    let datasets = sweep.datasets.iter().map(Dataset::open).collect::<Result<Vec<_>, _>>()?;
    for (nth, dataset) in datasets.iter().enumerate() {
        if let Some(same) = datasets[..nth].iter().find(|known| known.digest == dataset.digest) {
            return Err(SweepError::SameImages { one: same.title.clone(), other: dataset.title.clone() });
        }
        enough(dataset, &sweep.runs)?;
    }
    let sides: BTreeSet<usize> = sweep.runs.iter().map(|run| run.fit.image_size).collect();
    let (mut runs, mut ids, mut coloured) = (Vec::new(), Vec::new(), Vec::new());
    let mut remarks = sweep.unreached.clone();
    for (spec, dataset) in sweep.datasets.iter().zip(&datasets) {
        let asks = spec.gray() == Gray::Rec601 && sweep.runs.iter().any(|run| run.fit.channels == 1);
        let has_colours = asks.then(|| dataset.is_coloured());
        for run in &sweep.runs {
            let mut run = with_passes(run, dataset)?;
            if has_colours == Some(true) && run.fit.channels == 1 {
                run.fit.gray = Gray::Rec601;
            }
            ids.push((fit_id(&run.fit, &dataset.digest), run_id(&run, &dataset.digest)));
            runs.push(run);
        }
        let named = |remark| if datasets.len() > 1 { format!("{}: {remark}", dataset.title) } else { remark };
        let sides: Vec<usize> = sides.iter().map(|side| dataset.tiles.whole_side(*side)).collect();
        remarks.extend(dataset.remarks(&sides).into_iter().chain(promises(dataset, &sweep.runs)).map(named));
        coloured.push(has_colours);
    }
    Ok(Planned { file: file.into(), sweep, datasets, runs, ids, remarks, coloured })
}

/// A run with the passes that its iterations take over these images.
fn with_passes(run: &RunConfig, dataset: &Dataset) -> Result<RunConfig, SweepError> {
    let (mut run, fit) = (run.clone(), &run.fit);
    if let Some(gan) = run.fit.gan_mut().filter(|gan| gan.iterations > 0) {
        let partition = Partition::new(dataset, fit.seed, fit.holdout, fit.fewest_images())?;
        gan.count_passes(partition.train.len() * dataset.tiles.count());
    }
    Ok(run)
}

/// Refuses a dataset that has too few images for a run.
fn enough(dataset: &Dataset, runs: &[RunConfig]) -> Result<(), SweepError> {
    for run in runs {
        let partition = Partition::new(dataset, run.fit.seed, run.fit.holdout, run.fit.fewest_images());
        let partition = partition.map_err(|error| match error {
            DataError::TooFew(words) => DataError::TooFew(format!("{}: {words}", run.fit.model().name())),
            other => other,
        })?;
        if run.needs_held_out() && partition.held_out.len() < 2 {
            return Err(SweepError::Data(DataError::TooFew(format!(
                "`{}` leaves {} held-out images, and scores that are measured by them (`weighted`, \
                 `combined`, `standard`) need two or more; raise `holdout`",
                dataset.title,
                partition.held_out.len()
            ))));
        }
    }
    Ok(())
}

/// Where thresholds cannot promise what they are meant to, as too few images are held out.
fn promises(dataset: &Dataset, runs: &[RunConfig]) -> BTreeSet<String> {
    let normal = dataset.count(Split::Train, Label::Normal);
    let told =
        |run: &RunConfig| too_few_held_out(held_out_images(normal, run.fit.holdout), run.threshold_quantile);
    runs.iter().filter_map(told).map(|words| format!("warning: {words}")).collect()
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
    for (_, run, fit_id, run_id) in planned.points() {
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
    let had = store.map(|store| store.states(&planned.sweep.name)).transpose()?.unwrap_or_default();
    let has: HashSet<&RunId> = planned.ids.iter().map(|(_, run_id)| run_id).collect();
    Ok(Overview {
        runs: planned.ids.len(),
        leaving: had.iter().filter(|run| !has.contains(&run.run_id)).count(),
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
    for (dataset, runs) in planned.by_dataset() {
        for (size, channels, gray) in sizes(runs) {
            let size = dataset.tiles.whole_side(size);
            pixels(dataset, size, channels, gray, &store.artifacts().images(), progress)?;
        }
        // Needed last, but better missed before hours of training.
        dataset.items.par_iter().try_for_each(|item| item.drawn_mask().map(drop))?;
    }
    let sweep = &planned.sweep;
    let described = planned.described()?;
    let datasets = described.iter().map(|(dataset, spec, coloured)| PlannedDataset {
        digest: &dataset.digest,
        title: &dataset.title,
        spec,
        masks: dataset.masks.as_deref(),
        coloured: *coloured,
        images: dataset.items.iter().map(image_row).collect(),
    });
    let runs = planned.points().map(|(dataset, run, fit_id, run_id)| PlannedRun {
        run_id: run_id.clone(),
        fit_id: fit_id.clone(),
        digest: dataset.digest.clone(),
        run_config: canonical_json(run, run.fit.model()),
        fit_config: canonical_json(&run.fit, run.fit.model()),
    });
    let plan = Plan {
        sweep: &sweep.name,
        file: &planned.file,
        text: &sweep.text,
        datasets: datasets.collect(),
        runs: runs.collect(),
    };
    Ok(store.record_plan(&plan, retry)?)
}

fn image_row(item: &Item) -> ImageRow {
    ImageRow {
        name: item.name.clone(),
        split: item.split,
        label: item.label,
        leaked: item.leaked,
        hash: item.hash.to_string(),
    }
}

/// The sizes, channel counts and ways to gray that runs need.
pub(super) fn sizes(runs: &[RunConfig]) -> BTreeSet<(usize, usize, Gray)> {
    runs.iter().map(|run| (run.fit.image_size, run.fit.channels, run.fit.gray)).collect()
}
