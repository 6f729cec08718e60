//! A sweep on a Slurm cluster: what its options mean, and what is said of its tasks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::report::draw_all;
use super::{Context, DONE, Failure, Outcome, SOME_FAILED};
use crate::spec::SlurmSettings;
use crate::store::Store;
use crate::sweep::{Collected, Launch, Submitted, Wish, cancel, cluster_status, collect, preview};
use crate::words::counted;

/// Where a sweep is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Engine {
    /// In processes on this machine.
    #[default]
    Local,
    /// As tasks of a Slurm cluster, of which this is a login node: submitted, and no more waited for.
    Slurm,
}

/// What a cluster is asked for; the table `[slurm]` of the sweep file has the same as defaults.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of --engine slurm")]
pub(super) struct SlurmOptions {
    /// Where to run.
    #[arg(long, value_enum, default_value_t, help_heading = None)]
    engine: Engine,
    /// The partition.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// What each task needs beside cores, such as gpu:1.
    #[arg(long, value_name = "LIST")]
    gres: Option<String>,
    /// The longest that a task may take, as sbatch has it, such as 4:00:00. What is not done by then is queued again,
    /// and goes on from there.
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// The most tasks at once.
    #[arg(long, value_name = "N")]
    max_parallel: Option<usize>,
    /// A further argument of sbatch, such as --sbatch-arg=--cpus-per-task=4; may be given several times.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    sbatch_arg: Vec<String>,
    /// A file with the first lines of every batch script: `#SBATCH --account=…` and what loads modules. By default
    /// anolab/slurm.sh in the user's configuration, where it is there.
    #[arg(long, value_name = "FILE")]
    site: Option<String>,
    /// Fits that are expected to take less share a task; 0 gives each its own. 5 by default.
    #[arg(long, value_name = "MINUTES")]
    task_minutes: Option<f64>,
    /// Draw a report into this folder when all tasks have ended.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Show what would be submitted, and submit nothing.
    #[arg(long)]
    print: bool,
}

impl SlurmOptions {
    /// Whether the sweep goes to a cluster.
    ///
    /// # Errors
    /// It does not, and something is asked of one.
    pub fn is_meant(&self) -> Result<bool, Failure> {
        let asked = self.partition.is_some()
            || self.gres.is_some()
            || self.time.is_some()
            || self.max_parallel.is_some()
            || !self.sbatch_arg.is_empty()
            || self.site.is_some()
            || self.task_minutes.is_some()
            || self.report.is_some()
            || self.print;
        match self.engine {
            Engine::Slurm => Ok(true),
            Engine::Local if asked => {
                let what = "--partition, --gres, --time, --max-parallel, --sbatch-arg, --site, --task-minutes, \
                            --report and --print ask something of a cluster: add --engine slurm";
                Err(Failure::new(what))
            }
            Engine::Local => Ok(false),
        }
    }

    /// Whether nothing is to be submitted.
    pub fn only_shows(&self) -> bool {
        self.print
    }

    /// With the defaults of the sweep file.
    pub fn wish(
        self,
        file: &SlurmSettings,
        launch: Launch,
        time_limit: Option<Duration>,
        command_line: String,
    ) -> Wish {
        let settings = SlurmSettings {
            partition: self.partition.or_else(|| file.partition.clone()),
            gres: self.gres.or_else(|| file.gres.clone()),
            time: self.time.or_else(|| file.time.clone()),
            max_parallel: self.max_parallel.or(file.max_parallel),
            sbatch_args: file.sbatch_args.iter().cloned().chain(self.sbatch_arg).collect(),
            site: self.site.or_else(|| file.site.clone()),
            task_minutes: self.task_minutes.or(file.task_minutes),
        };
        Wish { settings, launch, time_limit, report: self.report, command_line }
    }
}

/// Shows what would be submitted.
pub(super) fn show(context: &Context, file: &str, sweep: crate::spec::Sweep, wish: &Wish) -> Outcome {
    put!("{}\n", preview(&context.store, file, sweep, wish)?);
    Ok(DONE)
}

/// Says what was submitted.
pub(super) fn conclude(context: &Context, submitted: Submitted) -> Outcome {
    let name = &submitted.planned.sweep.name;
    for warning in &submitted.warnings {
        say!("warning: {warning}");
    }
    say_collected(context, &submitted.collected);
    if submitted.under_way > 0 {
        let fits = counted(submitted.under_way, "fit");
        context.say(format!("waiting or running on the cluster since before: {fits}"));
    }
    let Some(folder) = submitted.folder else {
        context.say("nothing to submit");
        return Ok(DONE);
    };
    let arrays: Vec<String> = submitted.arrays.iter().map(ToString::to_string).collect();
    context.say(format!(
        "submitted {} in {}: job {}; words of the tasks: {}",
        counted(submitted.fits, "fit"),
        counted(submitted.tasks, "task"),
        arrays.join(", "),
        folder.join("logs").display()
    ));
    match submitted.after {
        Some(job) => context.say(format!("job {job} takes in what they bring, when all have ended")),
        None => say!("no job will take in what they bring: `anolab sweep merge {name}` does, at any time"),
    }
    context.say(format!(
        "`anolab sweep status {name}` tells how far they are, `anolab sweep cancel {name}` ends them"
    ));
    if let Some((error, left)) = submitted.refused {
        say!("not submitted: {}: {error}", counted(left, "task"));
        say!("the same command submits them, when there is room");
        return Ok(SOME_FAILED);
    }
    Ok(DONE)
}

/// `anolab sweep merge`.
pub(super) fn merge(context: &Context, name: &str, report: Option<&Path>) -> Outcome {
    let store = Store::open_existing(&context.store)?;
    store.sweep(name)?;
    let collected = collect(&store, name)?;
    say_collected(context, &collected);
    if collected.stores == 0 {
        context.say("no task has brought anything that is not here");
    }
    if let Some(folder) = report {
        super::destination::outside_store(context, folder)?;
        draw_all(context, &store, Some(name), folder)?;
    }
    Ok(if collected.left_out.is_empty() { DONE } else { SOME_FAILED })
}

fn say_collected(context: &Context, collected: &Collected) {
    if collected.stores > 0 {
        context.say(format!(
            "taken in from {}: {}",
            counted(collected.stores, "task"),
            counted(collected.runs, "run")
        ));
    }
    for fault in &collected.left_out {
        say!("left out: {fault}");
    }
}

/// `anolab sweep cancel`.
pub(super) fn end(context: &Context, name: &str) -> Outcome {
    let store = Store::read(&context.store)?;
    let tasks = cancel(&store.artifacts(), name)?;
    context.say(format!(
        "cancelled: {}; those that ran bring what they have, and the same `sweep run` goes on from there",
        counted(tasks, "task")
    ));
    Ok(DONE)
}

/// What a cluster does for a sweep, below the sweep's own line.
pub(super) fn lines(store: &Store, name: &str) -> Result<Vec<String>, Failure> {
    let Some(status) = cluster_status(store, name)? else { return Ok(Vec::new()) };
    let pending: usize = status.pending.values().sum();
    let failed: usize = status.failed.values().sum();
    let known = format!("{pending} pending, {} running, {failed} failed", status.running.len());
    let mut lines = vec![match &status.unknown {
        Some(why) => format!("  cluster: {} tasks; how they are is not known: {why}", status.tasks),
        None => format!("  cluster: {} tasks: {known}", status.tasks),
    }];
    lines.extend(status.pending.iter().map(|(why, tasks)| format!("    {tasks} pending: {why}")));
    lines.extend(status.running.iter().map(|(task, how)| format!("    task {task} runs {how}")));
    lines.extend(status.failed.iter().map(|(why, tasks)| format!("    {tasks} failed: {why}")));
    if status.brought_by > 0 {
        let runs: Vec<String> =
            status.brought.iter().map(|(status, runs)| format!("{runs} {status}")).collect();
        let who = if status.merges {
            "a job takes them in at the end, `anolab sweep merge` at once"
        } else {
            "`anolab sweep merge` takes them in"
        };
        lines.push(format!("    brought by {} tasks: {}; {who}", status.brought_by, runs.join(", ")));
    }
    Ok(lines)
}
