//! `anolab sweep plan`: what would run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::File;
use crate::cli::answer::{Answer, print_json};
use crate::cli::{Context, DONE, Failure, Outcome};
use crate::data::Dataset;
use crate::spec::identity::canonical_json;
use crate::spec::{Label, Split, Varying};
use crate::store::{RunState, Store};
use crate::sweep::{
    self, Estimate, Jobs, Overview, Planned, Shorter, about, past_speed, room, time, tried_speed,
};
use crate::train::{DeviceChoice, FoundDevice};
use crate::words::{counted, in_a_row};

/// Tell what would run, what is shared, what is done, and about how long it takes.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab sweep plan mine.toml\n  anolab sweep plan mine.toml -v\n  anolab sweep plan \
                        mine.toml --set epochs=5 --set 'seed=[0,1,2]'\n\nRelative paths, in the file too, start where \
                        anolab is run."
)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    file: File,
    /// Where it would be computed: auto, cpu, cuda, cuda:N, wgpu or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Fits at once.
    #[arg(long, default_value_t = Jobs::Auto, value_name = "auto|N")]
    jobs: Jobs,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Answer,
}

/// A plan for programs.
#[derive(Serialize)]
struct Told<'a> {
    sweep: &'a str,
    datasets: Vec<Images<'a>>,
    remarks: &'a [String],
    run_count: usize,
    fit_count: usize,
    fits_to_train: usize,
    fits_with_lost_weights: usize,
    runs_to_leave: usize,
    status: BTreeMap<String, usize>,
    jobs: usize,
    device: String,
    estimated_seconds: Option<f64>,
    runs: Vec<Listed>,
}

#[derive(Serialize)]
struct Images<'a> {
    name: &'a str,
    digest: &'a str,
    train: usize,
    test_normal: usize,
    test_anomaly: usize,
}

#[derive(Serialize)]
struct Listed {
    run_id: String,
    fit_id: String,
    dataset: String,
    status: String,
    words: String,
    config: serde_json::Value,
}

impl Plan {
    pub fn run(self, context: &Context) -> Outcome {
        let file = self.file.file.display().to_string();
        let planned = sweep::plan(&file, self.file.read()?)?;
        let store = if context.store.is_file() { Some(Store::read(&context.store)?) } else { None };
        let overview = sweep::overview(&planned, store.as_ref())?;
        let device = self.device.find()?;
        let jobs = room(&planned.sweep.runs, device.choice, self.jobs).jobs;
        let estimate = Estimate::planned(&planned);
        let left = left(&planned, &estimate, store.as_ref())?;
        let speed = match speed(store.as_ref(), &device, &estimate)? {
            None if device.choice == DeviceChoice::Cpu => tried_speed(&left, jobs),
            known => known,
        };
        let takes = speed.map(|speed| time(&left, jobs, speed));
        if self.format == Answer::Json {
            let told = Told {
                sweep: &planned.sweep.name,
                datasets: planned.datasets.iter().map(images).collect(),
                remarks: &planned.remarks,
                run_count: overview.runs,
                fit_count: overview.fits,
                fits_to_train: overview.to_train,
                fits_with_lost_weights: overview.lost_weights,
                runs_to_leave: overview.leaving,
                status: overview.status.iter().map(|(status, runs)| (status.to_string(), *runs)).collect(),
                jobs,
                device: device.choice.to_string(),
                estimated_seconds: takes.map(|takes| takes.as_secs_f64()),
                runs: listed(&planned, store.as_ref())?,
            };
            print_json(&told)?;
            return Ok(DONE);
        }
        tell!("{}", describe(&planned, &overview));
        if context.verbose {
            for run in listed(&planned, store.as_ref())? {
                tell!("  {} {:11} {}", &run.run_id[..8], run.status, run.words);
            }
        }
        if let Some(store) = &store {
            shorter(&planned, store, &device)?.iter().for_each(|line| tell!("  {line}"));
        }
        if !left.is_empty() {
            let words = takes.map_or("unknown: nothing was trained there yet".into(), about);
            tell!("  time: {words} on {}, {} at once", device.choice, counted(jobs, "fit"));
        }
        Ok(DONE)
    }
}

/// Fits that go on from shorter ones, and those that could not.
pub(super) fn shorter(
    planned: &Planned,
    store: &Store,
    device: &FoundDevice,
) -> Result<Vec<String>, Failure> {
    let device = format!("{}: {}", device.choice, device.name);
    let Shorter { go_on, anew } = sweep::shorter_fits(planned, store, &device)?;
    let goes = |one, several| if go_on == 1 { one } else { several };
    let begins = |one, several| if anew == 1 { one } else { several };
    let lines = [
        (
            go_on,
            format!(
                "{} on from {} of fewer epochs",
                counted(go_on, "fit") + goes(" goes", " go"),
                goes("one", "those")
            ),
        ),
        (
            anew,
            format!(
                "{} anew, though there {} of fewer epochs: no checkpoint of this device was kept \
                 (`keep_checkpoints = true` in the file keeps them)",
                counted(anew, "fit") + begins(" begins", " begin"),
                begins("is one", "are some"),
            ),
        ),
    ];
    Ok(lines.into_iter().filter(|(count, _)| *count > 0).map(|(_, line)| line).collect())
}

/// The work of a plan that is left, fit by fit.
fn left(planned: &Planned, estimate: &Estimate, store: Option<&Store>) -> Result<Vec<f64>, Failure> {
    let statuses = store.map(Store::statuses).transpose()?.unwrap_or_default();
    let trained = store.map(Store::trained_fits).transpose()?.unwrap_or_default();
    let lost = store.map(Store::fits_without_weights).transpose()?.unwrap_or_default();
    let states = planned.ids.iter().filter_map(|(fit_id, run_id)| {
        let is_trained = trained.contains(fit_id) && !lost.contains(fit_id);
        let state = RunState {
            run_id: run_id.clone(),
            fit_id: fit_id.clone(),
            status: *statuses.get(run_id)?,
            trained: is_trained,
            progress: 0.0,
        };
        Some((run_id.clone(), state))
    });
    Ok(estimate.left(&states.collect()))
}

/// Multiplications a second of one fit on a device, where the store tells.
pub(super) fn speed(
    store: Option<&Store>,
    device: &FoundDevice,
    estimate: &Estimate,
) -> Result<Option<f64>, Failure> {
    Ok(store.map(|store| past_speed(store, device, estimate)).transpose()?.flatten())
}

/// The runs of a plan, with what they are in the store.
fn listed(planned: &Planned, store: Option<&Store>) -> Result<Vec<Listed>, Failure> {
    let statuses = store.map(Store::statuses).transpose()?.unwrap_or_default();
    let configs: Vec<String> = planned.runs.iter().map(|run| canonical_json(run, run.fit.model())).collect();
    let varying = Varying::among(configs.iter().map(String::as_str));
    let on_each = planned.runs.len() / planned.datasets.len().max(1);
    let run = |(place, config): (usize, &String)| {
        let (fit_id, run_id) = &planned.ids[place];
        let dataset = &planned.datasets[place / on_each.max(1)].title;
        let named = if planned.datasets.len() > 1 { format!("{dataset} ") } else { String::new() };
        Ok(Listed {
            run_id: run_id.to_string(),
            fit_id: fit_id.to_string(),
            dataset: dataset.clone(),
            status: statuses.get(run_id).map_or("new".into(), ToString::to_string),
            words: format!("{named}{}", varying.words(config)),
            config: serde_json::from_str(config)?,
        })
    };
    configs.iter().enumerate().map(run).collect()
}

fn images(dataset: &Dataset) -> Images<'_> {
    Images {
        name: &dataset.title,
        digest: &dataset.digest,
        train: dataset.count(Split::Train, Label::Normal),
        test_normal: dataset.count(Split::Test, Label::Normal),
        test_anomaly: dataset.count(Split::Test, Label::Anomaly),
    }
}

/// What a sweep is and what of it is done, in words.
pub(super) fn describe(planned: &Planned, overview: &Overview) -> String {
    let over = match planned.datasets.len() {
        1 => String::new(),
        several => format!(", over {several} datasets"),
    };
    let need = if overview.runs == 1 { "needs" } else { "need" };
    let mut lines = vec![format!(
        "sweep {}: {} that {need} {}{over}",
        planned.sweep.name,
        counted(overview.runs, "run"),
        counted(overview.fits, "fit"),
    )];
    for dataset in &planned.datasets {
        describe_images(dataset, &mut lines);
    }
    lines.extend(planned.remarks.iter().map(|remark| format!("  {remark}")));
    describe_stand_ins(&planned.sweep, &mut lines);
    for (model, (runs, fits)) in &overview.models {
        let shared = if fits < runs { format!(", {} share a fit", runs - fits) } else { String::new() };
        lines.push(format!("  {model}: {}, {}{shared}", counted(*runs, "run"), counted(*fits, "fit")));
    }
    let status = in_a_row(overview.status.iter().map(|(status, runs)| (status, *runs)));
    lines.push(format!("  runs: {status}; fits to train: {}", overview.to_train));
    if overview.leaving > 0 {
        let [leave, they_are, they_stay] = match overview.leaving {
            1 => ["leaves", "it is", "it stays"],
            _ => ["leave", "they are", "they stay"],
        };
        lines.push(format!(
            "  {} {leave} the sweep, as {they_are} not of this file and these images; {they_stay} in the store",
            counted(overview.leaving, "run"),
        ));
    }
    match overview.lost_weights {
        0 => (),
        1 => lines
            .push("  1 of them was trained already, and its weights are not in the store's folder".into()),
        several => lines.push(format!(
            "  {several} of them were trained already, and their weights are not in the store's folder"
        )),
    }
    lines.join("\n")
}

/// Which cells of the grid make no run of their own, and which runs stand for them.
fn describe_stand_ins(sweep: &crate::spec::Sweep, lines: &mut Vec<String>) {
    let cells: usize = sweep.stand_ins.iter().map(|others| others.cells).sum();
    if cells == 0 {
        return;
    }
    lines.push(format!(
        "  {cells} more cells of the grid make no run of their own, as they differ from one in settings without effect:"
    ));
    for others in &sweep.stand_ins {
        let of_runs = others.differences.iter().map(|(key, _, of_run)| format!("{key} = {of_run}"));
        let of_cells = others.differences.iter().map(|(key, of_cell, _)| format!("{key} = {of_cell}"));
        lines.push(format!(
            "    {}: runs with {} stand for {} with {} ({})",
            others.model,
            of_runs.collect::<Vec<_>>().join(", "),
            others.cells,
            of_cells.collect::<Vec<_>>().join(", "),
            others.because.join("; ")
        ));
    }
}

fn describe_images(dataset: &Dataset, lines: &mut Vec<String>) {
    let Images { name, digest, train, test_normal, test_anomaly } = images(dataset);
    lines.push(format!(
        "  images: {name} ({train} train, {test_normal} normal and {}), digest {}",
        counted(test_anomaly, "anomalous test image"),
        &digest[..12],
    ));
    if dataset.tiles.count() > 1 {
        lines.push(format!(
            "  each image is cut into {} tiles of `image_size`, trained on and judged one by one; its score is the \
             largest of theirs",
            dataset.tiles.count()
        ));
    }
    if dataset.dropped > 0 {
        lines.push(format!(
            "  {} dropped: in the test set too, or nearly",
            counted(dataset.dropped, "training image")
        ));
    }
}
