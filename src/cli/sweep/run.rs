//! `anolab sweep run`: trains and judges, and says how it went.

use std::path::Path;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar};

use super::plan::{describe, shorter, speed};
use super::{File, in_quotes};
use crate::cli::progress::{SweepProgress, images};
use crate::cli::slurm::{self, SlurmOptions};
use crate::cli::values::{duration, size};
use crate::cli::{Context, DONE, Failure, INTERRUPTED, Outcome, SOME_FAILED, STORE, best, signals};
use crate::eval::Generated;
use crate::report::best_settings;
use crate::store::{GeneratorRow, Store};
use crate::sweep::{self, Estimate, Jobs, Launch, Options, Planned, Ready, Summary, Watcher, about, time};
use crate::train::{DeviceChoice, FoundDevice};
use crate::words::{counted, in_a_row};

/// Train and judge whatever of a sweep is not done yet; the same command resumes.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab sweep run mine.toml\n  anolab sweep run mine.toml --set epochs=5 --set \
                        name=quick\n  anolab sweep run mine.toml --jobs 2 --time-limit 2h --retry-failed\n\nStandard \
                        output gets the path of the store. Relative paths, in the file too, start where anolab is run."
)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    file: File,
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
    #[arg(long, value_name = "N", value_parser = size)]
    max_failures: Option<usize>,
    /// The longest that one fit may take, such as 90s, 30m or 2h; then it has failed.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    time_limit: Option<Duration>,
    /// Begin at once: do not check first that a GPU computes what the CPU does.
    #[arg(long)]
    skip_trial: bool,
    #[command(flatten)]
    slurm: SlurmOptions,
}

/// When a sweep is ended early.
#[derive(Default)]
pub(in crate::cli) struct Limits {
    pub max_failures: Option<usize>,
    pub time_limit: Option<Duration>,
}

impl Run {
    pub fn run(self, context: &Context) -> Outcome {
        let sweep = self.file.read()?;
        let file = self.file.file.display().to_string();
        let launch = Launch {
            device: self.device,
            jobs: self.jobs,
            retry: self.retry_failed,
            skip_trial: self.skip_trial,
        };
        let limits = Limits {
            max_failures: if self.fail_fast { Some(1) } else { self.max_failures },
            time_limit: self.time_limit,
        };
        if self.slurm.is_meant()? {
            return submit(context, &file, sweep, launch, &limits, self.slurm);
        }
        start(context, &context.store, &file, sweep, &launch, &limits)
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
    options: SlurmOptions,
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
pub(in crate::cli) fn start(
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
    let speed = speed(Some(&ready.store), &ready.device, &Estimate::planned(&ready.planned))?;
    say_ready(context, &ready, speed)?;
    let Ready { store, planned, device, room, .. } = ready;
    let quiet = context.quiet;
    let options = Options {
        device: device.choice,
        jobs: room.jobs,
        max_failures: limits.max_failures,
        time_limit: limits.time_limit,
        signals: signals::count(move |signals| {
            if signals == 1 && !quiet {
                say!("finishing the current step; once more to stop at once");
            }
        })?,
        command_line: command_line(),
    };
    let name = planned.sweep.name;
    let mut progress = SweepProgress::new(context, &store, &name, room.jobs, speed)?;
    let summary = sweep::run(&store, &name, &options, &mut |summary, work| progress.show(summary, work));
    progress.finish();
    conclude(context, &store, &name, &summary?)
}

fn say_ready(context: &Context, ready: &Ready, speed: Option<f64>) -> Result<(), Failure> {
    let Ready { store, planned, overview, device, room, dropped, .. } = ready;
    let name = &planned.sweep.name;
    say_dropped(context, planned, *dropped);
    context.say(describe(planned, overview));
    shorter(planned, store, device)?.iter().for_each(|line| context.say(format!("  {line}")));
    let states = store.states(name)?.into_iter().map(|state| (state.run_id.clone(), state));
    let left = Estimate::planned(planned).left(&states.collect());
    let takes = speed.filter(|_| !left.is_empty()).map(|speed| about(time(&left, room.jobs, speed)));
    let takes = takes.map_or(String::new(), |takes| format!(", {takes}"));
    context.say(format!(
        "on {}: {}, {} at once{takes}",
        device.choice,
        device.name,
        counted(room.jobs, "fit")
    ));
    if let (true, Some(free)) = (room.is_short, room.free) {
        context.say(format!(
            "the largest fit needs about {}, {} are free: {} at once",
            HumanBytes(room.needed),
            HumanBytes(free),
            room.jobs
        ));
    }
    Ok(())
}

fn say_dropped(context: &Context, planned: &Planned, dropped: usize) {
    let name = &planned.sweep.name;
    match dropped {
        0 => (),
        1 => context.say(format!(
            "1 run of `{name}` is not of this file and these images any more: it stays in the store"
        )),
        several => {
            context.say(format!(
                "{several} runs of `{name}` are not of this file and these images any more: they stay in the store"
            ));
        }
    }
}

fn conclude(context: &Context, store: &Store, name: &str, summary: &Summary) -> Outcome {
    context.say(format!("{name}: {}", in_a_row(summary.status.iter().map(|(status, runs)| (status, *runs)))));
    for fit in store.generators(name)? {
        let GeneratorRow { diversity, coverage, novelty, .. } = fit;
        if let Some(warning) = (Generated { diversity, coverage, novelty }).warning() {
            say!("warning: fit {} ({}, seed {}): {warning}", fit.fit_id.short(), fit.model, fit.seed);
        }
    }
    let of_sweep = best_settings(store, name)?;
    if !of_sweep.found.is_empty() {
        context
            .say("best setting of each model by mean test AUROC (chosen by test labels, no estimate of performance):");
        best::lines(&of_sweep.found).iter().for_each(|line| context.say(format!("  {line}")));
    }
    best::passed_over(&of_sweep).iter().for_each(|line| context.say(line));
    tell!("{}", store.path().display());
    if summary.interrupted {
        context.say("interrupted; the same command goes on from here");
        return Ok(INTERRUPTED);
    }
    if summary.gave_up {
        context.say("too many runs have failed; the same command goes on with those that are left");
    }
    let errors = store.errors(name)?;
    if let Some(first) = errors.first() {
        let the_first = if errors.len() == 1 { "it is" } else { "the first is" };
        say!(
            "{} failed, {the_first} {}: {}",
            counted(errors.len(), "run"),
            first.run_id.short(),
            first.error
        );
        say!("`anolab runs list` shows all runs; --retry-failed tries those that failed again");
        return Ok(SOME_FAILED);
    }
    let is_usual = store.path() == Path::new(STORE);
    let of = if is_usual { String::new() } else { format!("--store {} ", in_quotes(store.path())) };
    context.say(format!("next: anolab {of}report --sweep {name}    (figures, tables and a page to open)"));
    Ok(DONE)
}
