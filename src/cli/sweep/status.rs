//! `anolab sweep status`: how far sweeps are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::answer::{Answer, print_json};
use crate::cli::output::draw_live;
use crate::cli::{Context, DONE, Failure, Outcome, WRONG, slurm};
use crate::id::FitId;
use crate::spec::Varying;
use crate::store::{ListedRun, Status, Store, SweepRow, WorkRow};
use crate::sweep::{about, seconds_left};
use crate::words::in_a_row;

/// A sweep, and how far it is.
#[derive(Serialize)]
struct Told {
    sweep: String,
    file: String,
    dataset: String,
    started_at: String,
    status: BTreeMap<String, i64>,
    by_dataset: Vec<OfDataset>,
    under_way: Vec<UnderWay>,
    estimated_seconds_left: Option<f64>,
}

#[derive(Serialize)]
struct OfDataset {
    dataset: String,
    status: BTreeMap<String, i64>,
}

/// A fit that is worked on.
#[derive(Serialize)]
struct UnderWay {
    fit_id: String,
    run_ids: Vec<String>,
    words: String,
    progress: f64,
    stage: String,
}

/// How often `--watch` looks; where nobody sees a terminal, it tells something less often.
const LOOK: Duration = Duration::from_secs(1);
const TELL: Duration = Duration::from_secs(60);

pub(super) fn status(context: &Context, name: Option<&str>, format: Answer) -> Outcome {
    let store = Store::read(&context.store)?;
    let told = look_at(&store, name)?;
    if format == Answer::Json {
        print_json(&told)?;
        return Ok(DONE);
    }
    if told.is_empty() {
        say!("the store has no sweeps yet; `anolab sweep run FILE` makes one");
        return Ok(WRONG);
    }
    lines(&store, &told)?.iter().for_each(|line| tell!("{line}"));
    Ok(DONE)
}

/// Shows again and again how far sweeps are, until all of their runs have ended.
pub(super) fn watch(context: &Context, name: Option<&str>) -> Outcome {
    let store = Store::read(&context.store)?;
    let mut last: Option<Instant> = None;
    loop {
        let told = look_at(&store, name)?;
        if told.iter().all(Told::has_ended) {
            draw_live(&[], &[]);
            return status(context, name, Answer::Text);
        }
        let lines = lines(&store, &told)?;
        if context.draws() {
            draw_live(&[], &lines);
        } else if last.is_none_or(|last| last.elapsed() >= TELL) {
            lines.iter().for_each(|line| context.say(line));
            last = Some(Instant::now());
        }
        std::thread::sleep(LOOK);
    }
}

impl Told {
    fn has_ended(&self) -> bool {
        let under_way = [Status::Queued, Status::Running, Status::Interrupted];
        under_way.iter().all(|status| !self.status.contains_key(&status.to_string()))
    }
}

fn look_at(store: &Store, name: Option<&str>) -> Result<Vec<Told>, Failure> {
    let sweeps = match name {
        Some(name) => vec![store.sweep(name)?],
        None => store.sweeps()?,
    };
    sweeps.iter().map(|sweep| look(store, sweep)).collect()
}

fn lines(store: &Store, told: &[Told]) -> Result<Vec<String>, Failure> {
    let lines = told.iter().map(|told| lines_of(store, told)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.concat())
}

fn look(store: &Store, sweep: &SweepRow) -> Result<Told, Failure> {
    let work = store.work(&sweep.name)?;
    let listed = if work.is_empty() { Vec::new() } else { store.listed(&sweep.name)? };
    Ok(Told {
        sweep: sweep.name.clone(),
        file: sweep.file.clone(),
        dataset: sweep.dataset.clone(),
        started_at: sweep.started_at.clone(),
        status: store.status(&sweep.name)?.iter().map(|row| (row.status.to_string(), row.runs)).collect(),
        by_dataset: by_dataset(store, &sweep.name)?,
        estimated_seconds_left: if work.is_empty() {
            None
        } else {
            seconds_left(store, &sweep.name, work.len())?
        },
        under_way: under_way(&listed, &work),
    })
}

/// Where a sweep has several datasets.
fn by_dataset(store: &Store, sweep: &str) -> Result<Vec<OfDataset>, Failure> {
    let counts = store.status_by_dataset(sweep)?;
    let mut found: Vec<OfDataset> = Vec::new();
    for row in counts {
        if found.last().is_none_or(|last| last.dataset != row.dataset) {
            found.push(OfDataset { dataset: row.dataset, status: BTreeMap::new() });
        }
        if let Some(last) = found.last_mut() {
            last.status.insert(row.status.to_string(), row.runs);
        }
    }
    Ok(if found.len() > 1 { found } else { Vec::new() })
}

fn under_way(listed: &[ListedRun], work: &[WorkRow]) -> Vec<UnderWay> {
    let varying = Varying::among(listed.iter().map(|run| run.config.as_str()));
    let of = |fit_id: &FitId| listed.iter().filter(|run| run.fit_id == *fit_id).collect::<Vec<_>>();
    let told = |fit: &WorkRow| {
        let runs = of(&fit.fit_id);
        let words = runs.first().map(|run| format!("{} {}", run.run_id.short(), varying.words(&run.config)));
        UnderWay {
            fit_id: fit.fit_id.to_string(),
            run_ids: runs.iter().map(|run| run.run_id.to_string()).collect(),
            words: words.unwrap_or_default(),
            progress: fit.progress,
            stage: fit.stage.clone().unwrap_or_else(|| "starting".into()),
        }
    };
    work.iter().map(told).collect()
}

fn lines_of(store: &Store, told: &Told) -> Result<Vec<String>, Failure> {
    let counts = |status: &BTreeMap<String, i64>| {
        in_a_row(status.iter().map(|(status, runs)| (status, usize::try_from(*runs).unwrap_or(0))))
    };
    let mut lines = vec![format!("{} ({}): {}", told.sweep, told.dataset, counts(&told.status))];
    lines.extend(told.by_dataset.iter().map(|of| format!("  {}: {}", of.dataset, counts(&of.status))));
    lines.extend(slurm::lines(store, &told.sweep)?);
    for fit in &told.under_way {
        let more = fit.run_ids.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let percent = (fit.progress * 100.0).floor();
        lines.push(format!("  {}{more}: {}, {percent:.0} %", fit.words, fit.stage));
    }
    if let Some(seconds) = told.estimated_seconds_left {
        let left = about(Duration::try_from_secs_f64(seconds).unwrap_or_default());
        let (count, begun) = (told.under_way.len(), &told.started_at);
        lines.push(format!("  {left} left with {count} under way, begun {begun}"));
    }
    Ok(lines)
}
