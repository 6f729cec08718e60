//! One task, on its node: a store on the node's own disk, the sweep's usual way on it, and what comes of it brought.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::super::SweepError;
use super::super::engine::slurm::ask;
use super::super::launch::{room, working_device};
use super::super::provenance::host;
use super::super::run::{Options, Summary, run};
use super::bring::bring;
use super::folder::{STORE, Submission};
use super::order::{Order, OrderedRun, TaskOrder};
use crate::atomic_file::{partial_folder, remove_abandoned};
use crate::store::{Artifacts, Store, Taking};

/// How often a task that runs brings what it has: a node may fail without notice.
const OFTEN: Duration = Duration::from_secs(600);

/// A task as Slurm starts it.
pub struct Task {
    /// The folder of its submission.
    pub folder: PathBuf,
    /// Its number there.
    pub number: usize,
    /// Signals received so far: one asks it to end in order.
    pub signals: Arc<AtomicUsize>,
    /// Whether one of them said that its time is nearly over.
    pub time_is_up: Arc<AtomicBool>,
}

/// Does a task's part of the sweep. `say` is told what happens. One whose time was too short is queued again, if it got
/// any further.
///
/// # Errors
/// A submission that is not there, a device that does not work, disks that cannot be written.
pub fn run_task(task: &Task, say: &dyn Fn(String)) -> Result<Summary, SweepError> {
    let submission = Submission::at(&task.folder);
    let (order, own) = (submission.order()?, submission.task(task.number)?);
    let disk = std::env::temp_dir();
    remove_abandoned(&disk, SystemTime::now());
    let folder =
        partial_folder(&disk).map_err(SweepError::io(format!("cannot work in {}", disk.display())))?;
    let store = Store::open(&folder.path().join(STORE))?;
    share_images(&order, &store).map_err(SweepError::io("cannot get at the decoded images"))?;
    store.record_plan(&own.plan(&order), false)?;
    take_up(&submission, task.number, &order, &own, &store, say)?;
    let begun = store.steps_done()?;

    let host = host();
    let bring = || bring(&store, &order.sweep, &host, &submission, task.number);
    let options = options(task, &order, &own, &host, say)?;
    let mut brought = Instant::now();
    let ended = run(&store, &order.sweep, &options, &mut |_, _| {
        if brought.elapsed() > OFTEN {
            bring().unwrap_or_else(|error| tracing::warn!("{error}; trying again later"));
            touch(folder.path());
            brought = Instant::now();
        }
    });
    let kept = bring(); // whatever happened
    let summary = ended?;
    kept?;
    let words: Vec<String> = summary.status.iter().map(|(status, runs)| format!("{runs} {status}")).collect();
    say(format!("brought: {}", words.join(", ")));
    if summary.interrupted && task.time_is_up.load(Ordering::Relaxed) {
        queue_again(store.steps_done()? > begun, say);
    }
    Ok(summary)
}

/// How the task is run on this node: the device that it has, as many fits at once as find room.
fn options(
    task: &Task,
    order: &Order,
    own: &TaskOrder,
    host: &str,
    say: &dyn Fn(String),
) -> Result<Options, SweepError> {
    let device = working_device(order.device, order.skip_trial, &mut |device| {
        say(format!("trying {}: {}", device.choice, device.name));
    })?;
    say(format!("task {} on {host}, {}: {}", task.number, device.choice, device.name));
    let configs = own.runs.iter().map(OrderedRun::config).collect::<Result<Vec<_>, _>>()?;
    Ok(Options {
        device: device.choice,
        jobs: room(&configs, device.choice, order.jobs).jobs,
        signals: task.signals.clone(),
        command_line: order.command_line.clone(),
        max_failures: None,
        time_limit: order.time_limit,
    })
}

/// A folder that nothing was written to for long is taken for a killed task's.
fn touch(folder: &Path) {
    std::fs::File::open(folder).and_then(|folder| folder.set_modified(SystemTime::now())).ok();
}

/// Decoded images are read where the submission has put them.
#[cfg_attr(not(unix), expect(unused_variables))]
fn share_images(order: &Order, store: &Store) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let images = Artifacts::of(&order.store).images();
        std::fs::create_dir_all(&images)?;
        std::os::unix::fs::symlink(images, store.artifacts().images())?;
    }
    Ok(())
}

/// What is known of the task's fits already: weights that the sweep has, what earlier tasks have brought of them, and
/// what this one has brought in an earlier life. Where that cannot be read, its part is done anew.
fn take_up(
    submission: &Submission,
    number: usize,
    order: &Order,
    own: &TaskOrder,
    store: &Store,
    say: &dyn Fn(String),
) -> Result<(), SweepError> {
    for (fit_id, digest) in &own.trained {
        if !store.adopt_weights(fit_id, digest, &order.store)? {
            say(format!("the weights of fit {} are gone: it is trained again", fit_id.short()));
        }
    }
    let earlier = own.from.iter().map(|path| (path.clone(), false));
    let before = submission.brought_by(number).into_iter().map(|brought| (brought.folder.join(STORE), true));
    for (path, is_own) in earlier.chain(before) {
        // A failure of its own stands; what failed before, somebody has asked for again.
        let taking = Taking { checkpoints: true, failures: is_own, ..Taking::default() };
        match store.take(&path, taking) {
            Ok(merged) => say(format!("going on from {}: {} runs are done", path.display(), merged.runs)),
            Err(error) => say(format!("cannot go on from {}: {error}", path.display())),
        }
    }
    Ok(())
}

/// Has Slurm start the task once more, which ends this process.
fn queue_again(got_further: bool, say: &dyn Fn(String)) {
    if !got_further {
        say("its time is over before a single epoch was: give it more, with --time".into());
        return;
    }
    let variable = |name: &str| std::env::var(name).ok();
    let array = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    let Some(job) = array.map(|(job, index)| format!("{job}_{index}")).or_else(|| variable("SLURM_JOB_ID"))
    else {
        return;
    };
    say("its time is over: queued again, to go on from here".into());
    if let Err(error) = ask("scontrol", &["requeue", &job]) {
        say(format!("{error}; the same command for the sweep submits what is missing"));
    }
}
