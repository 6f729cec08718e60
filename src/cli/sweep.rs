//! `anolab sweep`: plan, run and watch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar};

use super::progress::{SweepProgress, images};
use super::{Context, DONE, Failure, INTERRUPTED, Outcome, SOME_FAILED, WRONG, signals, slurm};
use crate::data::Dataset;
use crate::eval::Generated;
use crate::store::{GeneratorRow, Store};
use crate::sweep::{self, Jobs, Launch, Options, Overview, Planned, Ready, Summary, SweepError, Watcher};
use crate::train::{DeviceChoice, FoundDevice};

/// Plan, run and watch sweeps.
#[derive(clap::Subcommand)]
pub(super) enum Sweep {
    /// Train and judge whatever of a sweep is not done yet; the same command resumes.
    Run(Box<Run>),
    /// Tell what would run, what is shared and what is done.
    Plan {
        /// The sweep file.
        file: PathBuf,
        /// Leave out images that cannot be read, as `skip_unreadable = true` in the dataset does.
        #[arg(long)]
        skip_unreadable: bool,
    },
    /// Tell how far sweeps are.
    Status {
        /// Name of the sweep; all by default.
        name: Option<String>,
    },
    /// Take in what the tasks of a cluster have brought, while others still run.
    Merge {
        /// Name of the sweep.
        name: String,
        /// Draw a report of it into this folder.
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
    },
    /// End the tasks of a sweep that wait or run on a cluster.
    Cancel {
        /// Name of the sweep.
        name: String,
    },
}

/// How to run.
#[derive(clap::Args)]
pub(super) struct Run {
    /// The sweep file.
    file: PathBuf,
    /// auto, cpu, cuda, cuda:N, wgpu or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Fits at once, each in a process of its own; fewer where memory is short. `auto` is one per core on a CPU,
    /// each with one thread, and one on a GPU.
    #[arg(long, default_value_t = Jobs::Auto, value_name = "auto|N")]
    jobs: Jobs,
    /// Queue failed and diverged runs again.
    #[arg(long)]
    retry_failed: bool,
    /// Stop once a run has failed; other fits that are under way are interrupted and can go on later.
    #[arg(long, conflicts_with = "max_failures")]
    fail_fast: bool,
    /// Stop once so many runs have failed.
    #[arg(long, value_name = "N")]
    max_failures: Option<usize>,
    /// The longest that one fit may take, such as 90s, 30m or 2h; then it has failed.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    time_limit: Option<Duration>,
    /// Begin at once: do not check first that a GPU computes what the CPU does.
    #[arg(long)]
    skip_trial: bool,
    /// Go on without images that cannot be read, and say which, as `skip_unreadable = true` in the dataset does.
    #[arg(long)]
    skip_unreadable: bool,
    #[command(flatten)]
    slurm: slurm::SlurmOptions,
}

/// When a sweep is ended early.
#[derive(Default)]
pub(super) struct Limits {
    pub max_failures: Option<usize>,
    pub time_limit: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    match Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("a time limit must be positive".into()),
    }
}

impl Sweep {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Self::Run(run) => {
                let sweep = read(&run.file, run.skip_unreadable)?;
                let file = run.file.display().to_string();
                let launch = Launch {
                    device: run.device,
                    jobs: run.jobs,
                    retry: run.retry_failed,
                    skip_trial: run.skip_trial,
                };
                let limits = Limits {
                    max_failures: if run.fail_fast { Some(1) } else { run.max_failures },
                    time_limit: run.time_limit,
                };
                if run.slurm.is_meant()? {
                    return submit(context, &file, sweep, launch, &limits, run.slurm);
                }
                start(context, &context.store, &file, sweep, &launch, &limits)
            }
            Self::Plan { file, skip_unreadable } => plan(context, &file, skip_unreadable),
            Self::Status { name } => status(context, name.as_deref()),
            Self::Merge { name, report } => slurm::merge(context, &name, report.as_deref()),
            Self::Cancel { name } => slurm::end(context, &name),
        }
    }
}

/// Says what happens while a sweep is made ready.
struct Teller<'a> {
    context: &'a Context,
    bar: Option<ProgressBar>,
}

impl Watcher for Teller<'_> {
    fn trying(&mut self, device: &FoundDevice) {
        self.context.say(format!("trying {}: {}", device.choice, device.name));
    }

    fn decoding(&mut self, count: usize) -> Box<dyn Fn() + Sync> {
        let bar = images(self.context, count, "decoding");
        self.bar = Some(bar.clone());
        Box::new(move || bar.inc(1))
    }
}

/// Gives what is missing of a sweep to a cluster.
fn submit(
    context: &Context,
    file: &str,
    sweep: crate::spec::Sweep,
    launch: Launch,
    limits: &Limits,
    options: slurm::SlurmOptions,
) -> Outcome {
    if limits.max_failures.is_some() {
        let words =
            "tasks of a cluster cannot count each other's failures: leave out --max-failures or --fail-fast";
        return Err(Failure::new(words));
    }
    let only_shows = options.only_shows();
    let wish = options.wish(&sweep.slurm, launch, limits.time_limit, command_line());
    if only_shows {
        return slurm::show(context, file, sweep, &wish);
    }
    let mut teller = Teller { context, bar: None };
    let submitted = sweep::submit(&context.store, file, sweep, &wish, &mut teller);
    if let Some(bar) = teller.bar {
        bar.finish_and_clear();
    }
    let submitted = submitted?;
    say_dropped(context, &submitted.planned, submitted.dropped);
    context.say(describe(&submitted.planned, &submitted.overview));
    slurm::conclude(context, submitted)
}

/// The command that the user typed.
fn command_line() -> String {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Plans and runs a sweep, and says how it ended.
pub(super) fn start(
    context: &Context,
    path: &Path,
    file: &str,
    sweep: crate::spec::Sweep,
    launch: &Launch,
    limits: &Limits,
) -> Outcome {
    let mut teller = Teller { context, bar: None };
    let ready = sweep::make_ready(path, file, sweep, launch, &mut teller);
    if let Some(bar) = teller.bar {
        bar.finish_and_clear();
    }
    let ready = ready?;
    say_ready(context, &ready);
    let Ready { store, planned, device, room, .. } = ready;
    let options = Options {
        device: device.choice,
        jobs: room.jobs,
        max_failures: limits.max_failures,
        time_limit: limits.time_limit,
        signals: signals::count(|signals| {
            if signals == 1 {
                say!("finishing the current step; once more to stop at once");
            }
        })?,
        command_line: command_line(),
    };
    let name = planned.sweep.name;
    let mut progress = SweepProgress::new(context, &store, &name);
    let summary = sweep::run(&store, &name, &options, &mut |summary, work| progress.show(summary, work));
    progress.finish();
    conclude(context, &store, &name, &summary?)
}

fn say_ready(context: &Context, ready: &Ready) {
    let Ready { planned, overview, device, room, dropped, .. } = ready;
    say_dropped(context, planned, *dropped);
    context.say(describe(planned, overview));
    context.say(format!("on {}: {}", device.choice, device.name));
    if let (true, Some(free)) = (room.is_short, room.free) {
        context.say(format!(
            "the largest fit needs about {}, {} are free: {} at once",
            HumanBytes(room.needed),
            HumanBytes(free),
            room.jobs
        ));
    }
}

fn say_dropped(context: &Context, planned: &Planned, dropped: usize) {
    if dropped > 0 {
        let name = &planned.sweep.name;
        context
            .say(format!("{dropped} runs of `{name}` are not in its file any more: they stay in the store"));
    }
}

fn conclude(context: &Context, store: &Store, name: &str, summary: &Summary) -> Outcome {
    let counts: Vec<String> =
        summary.status.iter().map(|(status, runs)| format!("{runs} {status}")).collect();
    context.say(format!("{name}: {}", counts.join(", ")));
    if summary.interrupted {
        context.say("interrupted; the same command goes on from here");
        return Ok(INTERRUPTED);
    }
    if summary.gave_up {
        context.say("too many runs have failed; the same command goes on with those that are left");
    }
    for fit in store.generators(name)? {
        let GeneratorRow { diversity, coverage, novelty, .. } = fit;
        if let Some(warning) = (Generated { diversity, coverage, novelty }).warning() {
            say!("warning: fit {} ({}, seed {}): {warning}", fit.fit_id.short(), fit.model, fit.seed);
        }
    }
    let errors = store.errors(name)?;
    if let Some(first) = errors.first() {
        say!("{} runs failed, the first is {}: {}", errors.len(), first.run_id.short(), first.error);
        say!("`anolab runs list` shows them all; --retry-failed tries them again");
    }
    Ok(if errors.is_empty() { DONE } else { SOME_FAILED })
}

fn read(file: &Path, skip_unreadable: bool) -> Result<crate::spec::Sweep, SweepError> {
    let mut sweep = sweep::read(file)?;
    if skip_unreadable {
        sweep.datasets.iter_mut().for_each(crate::spec::DatasetSpec::skip_unreadable);
    }
    Ok(sweep)
}

fn plan(context: &Context, file: &Path, skip_unreadable: bool) -> Outcome {
    let planned = sweep::plan(&file.display().to_string(), read(file, skip_unreadable)?)?;
    let store = if context.store.is_file() { Some(Store::read(&context.store)?) } else { None };
    let overview = sweep::overview(&planned, store.as_ref())?;
    tell!("{}", describe(&planned, &overview));
    Ok(DONE)
}

fn describe(planned: &Planned, overview: &Overview) -> String {
    let over = match planned.datasets.len() {
        1 => String::new(),
        several => format!(", over {several} datasets"),
    };
    let mut lines = vec![format!(
        "sweep {}: {} runs that need {} fits{over}",
        planned.sweep.name, overview.runs, overview.fits
    )];
    for dataset in &planned.datasets {
        describe_images(dataset, &mut lines);
    }
    lines.extend(planned.remarks.iter().map(|remark| format!("  {remark}")));
    describe_stand_ins(&planned.sweep, &mut lines);
    for (model, (runs, fits)) in &overview.models {
        let shared = if fits < runs { format!(", {} share a fit", runs - fits) } else { String::new() };
        lines.push(format!("  {model}: {runs} runs, {fits} fits{shared}"));
    }
    let status: Vec<String> =
        overview.status.iter().map(|(status, runs)| format!("{runs} {status}")).collect();
    lines.push(format!("  runs: {}; fits to train: {}", status.join(", "), overview.to_train));
    if overview.lost_weights > 0 {
        lines.push(format!(
            "  {} of them were trained already, and their weights are not in the store's folder",
            overview.lost_weights
        ));
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
    use crate::spec::{Label, Split};
    lines.push(format!(
        "  images: {} ({} train, {} normal and {} anomalous test images), digest {}",
        dataset.title,
        dataset.count(Split::Train, Label::Normal),
        dataset.count(Split::Test, Label::Normal),
        dataset.count(Split::Test, Label::Anomaly),
        &dataset.digest[..12],
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
            "  {} training images dropped: they stand in the test set too, or nearly",
            dataset.dropped
        ));
    }
}

fn status(context: &Context, name: Option<&str>) -> Outcome {
    let store = Store::read(&context.store)?;
    let sweeps = match name {
        Some(name) => vec![store.sweep(name)?],
        None => store.sweeps()?,
    };
    if sweeps.is_empty() {
        say!("the store has no sweeps yet");
        return Ok(WRONG);
    }
    for sweep in sweeps {
        let counts = store.status(&sweep.name)?;
        let counts: Vec<String> = counts.iter().map(|row| format!("{} {}", row.runs, row.status)).collect();
        tell!("{} ({}): {}", sweep.name, sweep.dataset, counts.join(", "));
        let by_dataset = store.status_by_dataset(&sweep.name)?;
        let of_several = by_dataset.iter().any(|count| count.dataset != by_dataset[0].dataset);
        for counts in by_dataset.chunk_by(|one, other| one.dataset == other.dataset).filter(|_| of_several) {
            let words: Vec<String> =
                counts.iter().map(|count| format!("{} {}", count.runs, count.status)).collect();
            tell!("  {}: {}", counts[0].dataset, words.join(", "));
        }
        slurm::tell(&store, &sweep.name)?;
        let work = store.work(&sweep.name)?;
        for fit in &work {
            let stage = fit.stage.as_deref().unwrap_or("starting");
            tell!("  fit {}: {:.0}% {stage}", fit.fit_id.short(), fit.progress * 100.0);
        }
        if work.is_empty() {
            continue;
        }
        if let Some(seconds) = store.seconds_left(&sweep.name)? {
            let left = Duration::from_secs_f64(seconds / work.len() as f64);
            tell!("  about {} left with {} under way", HumanDuration(left), work.len());
        }
    }
    Ok(DONE)
}
