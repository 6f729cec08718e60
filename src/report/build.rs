//! Draws everything that a report holds: tables and figures per sweep, and one page over all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use rayon::prelude::*;

use super::draw::figure::Look;
use super::error::ReportError;
use super::figures::{self, Figures};
use super::files::{file_name, write_file};
use super::page::{self, Part, sweep_summary};
use super::tables::{self, comparison::comparison};
use crate::atomic_file::remove_abandoned;
use crate::data::held_out_images;
use crate::eval::too_few_held_out;
use crate::id::RunId;
use crate::report::draw::render_cache::draw;
use crate::report::page::run_details::details;
use crate::report::select::choice::Choice;
use crate::report::select::pairs::ScoresOf;
use crate::report::select::run_groups::{Group, groups};
use crate::report::select::sweep_runs::{Trials, trials};
use crate::spec::RunConfig;
use crate::store::{LostRun, RunRow, Store, SweepRow};
use crate::table::Format;

/// What to report, and where.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Only the runs of this sweep; else each sweep has its part.
    pub sweep: Option<&'a str>,
    /// Which runs stand for their models.
    pub choice: &'a Choice,
    /// The folder to write into.
    pub out: &'a Path,
    /// How figures look.
    pub look: Look,
}

/// What has been drawn.
#[derive(Debug)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// Whether a model has several settings, of which figures show one.
    pub has_choice: bool,
}

/// Draws figures, tables and the page. Says how much is done, and of how much, as it goes. Figures that did not change
/// since the last time are left as they are.
///
/// # Errors
/// Whatever the store or the file system says; a store without finished runs; a choice of runs that are not in it.
pub fn write(
    store: &Store,
    request: Request<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Written, ReportError> {
    let sheets = sheets(store, request.sweep, request.choice)?;
    remove_abandoned(request.out, SystemTime::now());
    let figures: Vec<Figures> = sheets
        .iter()
        .map(|sheet| figures::of_sweep(&sheet.groups, &sheet.trials, request.look.style))
        .collect::<Result<_, _>>()?;
    let total = sheets.iter().map(|sheet| sheet.runs.len()).sum::<usize>()
        + figures.iter().map(|figures| figures.tasks.len()).sum::<usize>();
    let count = AtomicUsize::new(0);
    let done = || progress(count.fetch_add(1, Ordering::Relaxed) + 1, total);
    let parts = sheets
        .iter()
        .zip(figures)
        .map(|(sheet, figures)| part(store, sheet, figures, request, &done))
        .collect::<Result<Vec<_>, _>>()?;
    let page = request.out.join("index.html");
    write_file(&page, page::render(&parts)?.as_bytes())?;
    let has_choice = sheets.iter().flat_map(|sheet| &sheet.trials).any(|trials| trials.settings().len() > 1);
    Ok(Written { page, has_choice })
}

/// A sweep with its finished runs, and what its figures show of them.
struct Sheet {
    sweep: SweepRow,
    runs: Vec<RunRow>,
    groups: Vec<Group>,
    trials: Vec<Trials>,
    lost: Vec<LostRun>,
}

/// What there is to report.
fn sheets(store: &Store, sweep: Option<&str>, choice: &Choice) -> Result<Vec<Sheet>, ReportError> {
    let sweeps = match sweep {
        Some(name) => vec![store.sweep(name)?],
        None => store.sweeps()?,
    };
    let mut sheets = Vec::new();
    for sweep in sweeps {
        let runs = store.finished_in(&sweep.name)?;
        if !runs.is_empty() {
            let trials = trials(store, &sweep.name, &runs)?;
            let groups = groups(store, &sweep.name, runs.clone(), choice)?;
            let lost = store.lost(&sweep.name)?;
            sheets.push(Sheet { sweep, runs, groups, trials, lost });
        }
    }
    if sheets.is_empty() {
        return Err(ReportError::Nothing);
    }
    if let Choice::Runs { ids, how } = choice {
        let is_there = |id: &RunId| sheets.iter().any(|sheet| sheet.runs.iter().any(|run| run.run_id == *id));
        if !ids.iter().any(is_there) {
            return Err(ReportError::NoneChosen(how.clone()));
        }
    }
    Ok(sheets)
}

/// Writes a sweep's tables and figures; gives back its part of the page.
fn part(
    store: &Store,
    sheet: &Sheet,
    figures: Figures<'_>,
    request: Request<'_>,
    done: &(dyn Fn() + Sync),
) -> Result<Part, ReportError> {
    let name = file_name(&sheet.sweep.name);
    let folder = request.out.join(&name);
    remove_abandoned(&folder, SystemTime::now());
    let datasets = usize::try_from(sheet.sweep.datasets).unwrap_or(1);
    let scores: &ScoresOf = &|run| Ok(store.scores(&run.run_id)?);
    let comparison = comparison(&sheet.runs, &sheet.lost, datasets, scores)?;
    let tried = sheet.trials.iter().map(Trials::tried).sum();
    let formats =
        [(Format::Markdown, "md"), (Format::Csv, "csv"), (Format::Latex, "tex"), (Format::Html, "html")];
    for (format, extension) in formats {
        let written = comparison.write(format, tried);
        write_file(&folder.join(format!("comparison.{extension}")), written.as_bytes())?;
    }
    let tables = tables::write(store, scores, &sheet.groups, &sheet.trials, &folder)?;
    let shown = draw(&figures.tasks, request.look, &folder, done)?;
    let details = sheet.runs.par_iter().map(|run| {
        let (_, dataset) = store.dataset(&run.dataset_digest)?;
        let details = details(store, run, &dataset);
        done();
        Ok((run.run_id.clone(), details?))
    });
    let summary = sweep_summary::Summary {
        sweep: &sheet.sweep,
        runs: &sheet.runs,
        trials: &sheet.trials,
        status: &store.status(&sheet.sweep.name)?,
        promises: &promises(store, &sheet.runs)?,
    };
    Ok(Part {
        facts: summary.facts(),
        sweep: sheet.sweep.clone(),
        folder: name,
        comparison,
        tables,
        figures: shown,
        absent: figures.absent,
        runs: details.collect::<Result<_, ReportError>>()?,
        lost: sheet.lost.clone(),
        errors: store.errors(&sheet.sweep.name)?,
    })
}

/// Where thresholds cannot promise what they are meant to, as too few images were held out.
fn promises(store: &Store, runs: &[RunRow]) -> Result<BTreeSet<String>, ReportError> {
    let mut normal: BTreeMap<&str, usize> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for run in runs {
        let Ok(config) = RunConfig::read(&run.config) else { continue };
        let images = match normal.get(run.dataset_digest.as_str()) {
            Some(known) => *known,
            None => store.normal_training_images(&run.dataset_digest)?,
        };
        normal.insert(&run.dataset_digest, images);
        told.extend(too_few_held_out(held_out_images(images, config.fit.holdout), config.threshold_quantile));
    }
    Ok(told)
}
