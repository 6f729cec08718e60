//! From a sweep file to jobs of a cluster: what is missing, as arrays of tasks, and a job behind them that merges.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::SweepError;
use super::super::engine::Engine;
use super::super::engine::slurm::{Batch, Head, Slurm, SlurmError, check, most_tasks, paths, quote};
use super::super::launch::{Launch, Watcher};
use super::super::plan::{Overview, Planned, overview, plan, prepare};
use super::arrays::{Part, arrays};
use super::collect::{Collected, collect};
use super::cost::Speed;
use super::folder::{ArrayJob, Jobs, STORE, Submission};
use super::jobs::{name, states, under_way};
use super::missing::{Missing, missing};
use super::order::{Order, OrderedDataset, OrderedRun, TaskOrder};
use super::share::share;
use super::visible::hidden;
use crate::id::FitId;
use crate::spec::{DatasetSpec, SlurmSettings, Sweep};
use crate::store::{Artifacts, Store};

/// Minutes that a task takes at least, where the sweep does not say.
const TASK_MINUTES: f64 = 5.0;

/// How a sweep is to be run on a cluster.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What Slurm is asked for.
    pub settings: SlurmSettings,
    /// How the tasks are to be run.
    pub launch: Launch,
    /// The longest that one fit may take.
    pub time_limit: Option<Duration>,
    /// Where the report goes that is drawn at the end.
    pub report: Option<PathBuf>,
    /// The command that the user typed.
    pub command_line: String,
}

/// What became of it.
pub struct Submitted {
    /// The sweep.
    pub planned: Planned,
    /// What was to do.
    pub overview: Overview,
    /// Runs that the store's sweep of this name had and has no more.
    pub dropped: usize,
    /// What earlier tasks had brought.
    pub collected: Collected,
    /// Fits that wait or run on the cluster since before.
    pub under_way: usize,
    /// Fits that were submitted.
    pub fits: usize,
    /// Tasks that were submitted.
    pub tasks: usize,
    /// The arrays that they are in.
    pub arrays: Vec<u64>,
    /// The job that merges.
    pub after: Option<u64>,
    /// Where their files are; absent where nothing was submitted.
    pub folder: Option<PathBuf>,
    /// Why Slurm took no more, and how many tasks that leaves out.
    pub refused: Option<(SweepError, usize)>,
    /// What other nodes may not find.
    pub warnings: Vec<String>,
}

/// Tasks in the order of their numbers.
struct Cut {
    parts: Vec<Part>,
    tasks: Vec<Vec<Missing>>,
}

/// Submits what is missing of a sweep and returns at once.
///
/// # Errors
/// No cluster here, or one that refuses what it is asked for, images that are not as they should be, or whatever the
/// store says: then nothing was submitted.
pub fn submit(
    path: &Path,
    file: &str,
    sweep: Sweep,
    wish: &Wish,
    watcher: &mut dyn Watcher,
) -> Result<Submitted, SweepError> {
    check()?;
    let path = absolute(path)?;
    let planned = plan(file, sweep)?;
    let store = Store::open(&path)?;
    let collected = collect(&store, &planned.sweep.name)?;
    let decoded = watcher.decoding(planned.decodings());
    let dropped = prepare(&planned, &store, wish.launch.retry, &*decoded)?;
    let overview = overview(&planned, Some(&store))?;

    let earlier = Submission::all(&store.artifacts(), &planned.sweep.name);
    let at_it = under_way(&earlier, &states(&planned.sweep.name, &earlier)?);
    let left = missing(&planned, &store.statuses()?, &at_it);
    let speed = Speed::of(
        &planned,
        &store.fit_seconds(&planned.sweep.name)?,
        wish.launch.device,
        wish.settings.gres.is_some(),
    );
    let trained = store.trained_weights()?;
    let cut = cut(&planned, left, &speed, &trained, wish);
    let program = program()?;
    let mut submitted = Submitted {
        warnings: warnings(&path, &program, &planned),
        dropped,
        collected,
        overview,
        under_way: at_it.len(),
        fits: 0,
        tasks: 0,
        arrays: Vec::new(),
        after: None,
        folder: None,
        refused: None,
        planned,
    };
    if cut.tasks.is_empty() {
        return Ok(submitted);
    }
    let submission = Submission::create(&store.artifacts(), &submitted.planned.sweep.name)?;
    let given =
        write(&submission, &path, &program, &submitted.planned, &cut, (&trained, &whence(&earlier)), wish)
            .and_then(|scripts| give(&submission, &cut, &scripts, &mut submitted));
    if let Err(error) = given {
        std::fs::remove_dir_all(submission.folder()).ok(); // nobody was given anything of it
        return Err(error);
    }
    Ok(submitted)
}

/// Writes the files of a submission.
fn write(
    submission: &Submission,
    store: &Path,
    program: &str,
    planned: &Planned,
    cut: &Cut,
    (trained, from): (&HashMap<FitId, String>, &HashMap<FitId, PathBuf>),
    wish: &Wish,
) -> Result<Scripts, SweepError> {
    submission.write_order(&order(store, planned, wish)?)?;
    let tasks: Vec<TaskOrder> = cut.tasks.iter().map(|fits| task(planned, fits, trained, from)).collect();
    submission.write_tasks(&tasks, &cut.fits())?;
    let scripts = Scripts::new(program, store, planned, submission, wish, &site(&wish.settings)?);
    scripts.write(submission)?;
    Ok(scripts)
}

/// Gives the arrays to Slurm, and the job behind them.
fn give(
    submission: &Submission,
    cut: &Cut,
    scripts: &Scripts,
    submitted: &mut Submitted,
) -> Result<(), SweepError> {
    scripts.array(&cut.parts[0], 0, None).check()?;
    let mut cluster = Slurm::new(name(&scripts.sweep), Vec::new());
    let mut jobs = Jobs::default();
    let mut first = 0;
    for part in &cut.parts {
        let behind = part.behind.map(|nth| jobs.arrays[nth].job);
        match cluster.start(&scripts.array(part, first, behind)) {
            Ok(started) => jobs.arrays.push(ArrayJob { job: started.job, first, tasks: part.tasks.len() }),
            // A limit of jobs may let a part of them in: those run.
            Err(error) if !jobs.arrays.is_empty() => {
                submitted.refused = Some((error, cut.tasks.len() - first));
                break;
            }
            Err(error) => return Err(error),
        }
        submission.write_jobs(&jobs)?;
        first += part.tasks.len();
    }
    submitted.arrays = jobs.arrays.iter().map(|array| array.job).collect();
    submitted.tasks = first;
    submitted.fits = cut.tasks[..first].iter().map(Vec::len).sum();
    submitted.folder = Some(submission.folder().into());
    // Without it, the tasks run all the same, and what they bring can be taken in by hand.
    match cluster.start(&scripts.after(&submitted.arrays)) {
        Ok(started) => jobs.after = Some(started.job),
        Err(error) => drop(submitted.refused.get_or_insert((error, cut.tasks.len() - first))),
    }
    submitted.after = jobs.after;
    submission.write_jobs(&jobs)
}

/// What `submit` would give to `sbatch`: scripts and commands. Nothing is written or submitted, and neither a store nor
/// a cluster is needed.
///
/// # Errors
/// Images that are not as they should be, or a site file that cannot be read.
pub fn preview(path: &Path, file: &str, sweep: Sweep, wish: &Wish) -> Result<String, SweepError> {
    let path = absolute(path)?;
    let planned = plan(file, sweep)?;
    let store = if path.is_file() { Some(Store::read(&path)?) } else { None };
    let statuses = store.as_ref().map(Store::statuses).transpose()?.unwrap_or_default();
    let done =
        store.as_ref().map(|store| store.fit_seconds(&planned.sweep.name)).transpose()?.unwrap_or_default();
    let trained = store.as_ref().map(Store::trained_weights).transpose()?.unwrap_or_default();
    let speed = Speed::of(&planned, &done, wish.launch.device, wish.settings.gres.is_some());
    let cut = cut(&planned, missing(&planned, &statuses, &HashSet::new()), &speed, &trained, wish);
    let parent = Submission::parent(&Artifacts::of(&path), &planned.sweep.name);
    let submission = Submission::at(&parent.join("NUMBER"));
    let (program, site) = (program()?, site(&wish.settings)?);
    let scripts = Scripts::new(&program, &path, &planned, &submission, wish, &site);
    let mut shown = vec![format!("# {}\n{}", scripts.array_file, scripts.array_script)];
    let mut first = 0;
    for part in &cut.parts {
        shown.push(command(&scripts.array(part, first, None)));
        first += part.tasks.len();
    }
    shown.push(format!("\n# {}\n{}", scripts.after_file, scripts.after_script));
    shown.push(command(&scripts.after(&[])));
    Ok(shown.join("\n"))
}

fn command(batch: &Batch) -> String {
    format!("sbatch {}", batch.arguments().map(quote).collect::<Vec<_>>().join(" "))
}

/// Fits as tasks, the longest first, and tasks as arrays; the tasks in the order of their numbers.
fn cut(
    planned: &Planned,
    left: Vec<Missing>,
    speed: &Speed,
    trained: &HashMap<FitId, String>,
    wish: &Wish,
) -> Cut {
    let is_trained = |fit: &Missing| trained.contains_key(&fit.fit_id);
    let seconds: Vec<f64> =
        left.iter().map(|fit| speed.seconds(planned, &fit.runs, is_trained(fit))).collect();
    let tasks = share(&seconds, 60.0 * wish.settings.task_minutes.unwrap_or(TASK_MINUTES));
    let parts = arrays(tasks.len(), most_tasks(), wish.settings.max_parallel);
    let numbered = parts.iter().flat_map(|part| &part.tasks);
    let tasks = numbered.map(|nth| tasks[*nth].iter().map(|place| left[*place].clone()).collect()).collect();
    Cut { parts, tasks }
}

fn order(path: &Path, planned: &Planned, wish: &Wish) -> Result<Order, SweepError> {
    let datasets = planned.described()?.into_iter();
    Ok(Order {
        store: path.into(),
        sweep: planned.sweep.name.clone(),
        file: planned.file.clone(),
        text: planned.sweep.text.clone(),
        datasets: datasets
            .map(|(dataset, spec, coloured)| OrderedDataset::new(dataset, spec, coloured))
            .collect(),
        device: wish.launch.device,
        jobs: wish.launch.jobs,
        skip_trial: wish.launch.skip_trial,
        time_limit: wish.time_limit,
        command_line: wish.command_line.clone(),
    })
}

/// The folder that an earlier task with this fit has brought last and that is still there.
fn whence(earlier: &[Submission]) -> HashMap<FitId, PathBuf> {
    let mut from = HashMap::new();
    for submission in earlier {
        let fits = submission.fits();
        for brought in submission.brought() {
            let of_task = fits.get(brought.task).into_iter().flatten();
            from.extend(of_task.map(|fit_id| (fit_id.clone(), brought.folder.join(STORE))));
        }
    }
    from
}

fn task(
    planned: &Planned,
    fits: &[Missing],
    trained: &HashMap<FitId, String>,
    from: &HashMap<FitId, PathBuf>,
) -> TaskOrder {
    let mut sources: Vec<PathBuf> = fits.iter().filter_map(|fit| from.get(&fit.fit_id).cloned()).collect();
    sources.sort();
    sources.dedup();
    let weights = |fit: &Missing| Some((fit.fit_id.clone(), trained.get(&fit.fit_id)?.clone()));
    TaskOrder {
        runs: fits.iter().flat_map(|fit| &fit.runs).map(|place| OrderedRun::of(planned, *place)).collect(),
        trained: fits.iter().filter_map(weights).collect(),
        from: sources,
    }
}

/// The scripts of a submission, and how they are submitted.
struct Scripts {
    sweep: String,
    folder: PathBuf,
    log: PathBuf,
    after_log: PathBuf,
    array_file: String,
    array_script: String,
    after_file: String,
    after_script: String,
}

impl Cut {
    /// The fits of each task.
    fn fits(&self) -> Vec<Vec<FitId>> {
        self.tasks.iter().map(|fits| fits.iter().map(|fit| fit.fit_id.clone()).collect()).collect()
    }
}

impl Scripts {
    fn new(
        program: &str,
        store: &Path,
        planned: &Planned,
        submission: &Submission,
        wish: &Wish,
        site: &str,
    ) -> Self {
        let head = Head { site, settings: &wish.settings };
        let (store, folder) = (store.display().to_string(), submission.folder().display().to_string());
        let sweep = planned.sweep.name.clone();
        let array_script = head.array(&[program, "--store", &store, "task", "--folder", &folder, "--number"]);
        let mut merge = vec![program, "--store", &store, "sweep", "merge", &sweep];
        let report = wish.report.as_ref().map(|folder| folder.display().to_string());
        if let Some(folder) = &report {
            merge.extend(["--report", folder]);
        }
        let after_script = head.after(&merge);
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            log: submission.log("%A_%a.log"),
            after_log: submission.log("merge-%j.log"),
            array_file: submission.folder().join("array.sh").display().to_string(),
            array_script,
            after_file: submission.folder().join("merge.sh").display().to_string(),
            after_script,
            sweep,
        }
    }

    fn write(&self, submission: &Submission) -> Result<(), SweepError> {
        for (file, text) in [(&self.array_file, &self.array_script), (&self.after_file, &self.after_script)] {
            std::fs::write(file, text)
                .map_err(SweepError::io(format!("cannot write to {}", submission.folder().display())))?;
        }
        Ok(())
    }

    /// An array whose first task has this number, behind another one.
    fn array(&self, part: &Part, first: usize, behind: Option<u64>) -> Batch {
        let at_once = part.at_once.map_or_else(String::new, |most| format!("%{most}"));
        let mut options = paths(&name(&self.sweep), &self.folder, &self.log);
        options.push(format!("--array=0-{}{at_once}", part.tasks.len() - 1));
        options.extend(behind.map(|job| format!("--dependency=afterany:{job}")));
        Batch { options, script: vec![self.array_file.clone(), first.to_string()] }
    }

    /// The job behind these arrays.
    fn after(&self, arrays: &[u64]) -> Batch {
        let jobs: Vec<String> = arrays.iter().map(ToString::to_string).collect();
        let jobs = if jobs.is_empty() { "JOBS".into() } else { jobs.join(":") };
        let mut options = paths(&name(&self.sweep), &self.folder, &self.after_log);
        options.push(format!("--dependency=afterany:{jobs}"));
        Batch { options, script: vec![self.after_file.clone()] }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, SweepError> {
    std::path::absolute(path).map_err(SweepError::io(format!("cannot tell where {} is", path.display())))
}

/// The file of this program.
fn program() -> Result<String, SweepError> {
    let program = std::env::current_exe().map_err(SweepError::io("cannot find this program"))?;
    Ok(program.display().to_string())
}

/// What every script is to begin with: the file that is named, else `slurm.sh` of the user's configuration.
fn site(settings: &SlurmSettings) -> Result<String, SweepError> {
    if let Some(path) = &settings.site {
        let unreadable = |source| SlurmError::Site { path: path.into(), source };
        return Ok(std::fs::read_to_string(path).map_err(unreadable)?);
    }
    let configuration = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    let path = configuration.map(|folder| folder.join("anolab/slurm.sh")).filter(|path| path.is_file());
    let Some(path) = path else { return Ok(String::new()) };
    std::fs::read_to_string(&path).map_err(|source| SlurmError::Site { path, source }.into())
}

fn warnings(store: &Path, program: &str, planned: &Planned) -> Vec<String> {
    let roots: Vec<PathBuf> = planned.sweep.datasets.iter().flat_map(DatasetSpec::folders).collect();
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| std::path::absolute(root).ok()).collect();
    let all = [("the store", store), ("the program", Path::new(program))];
    hidden(all.into_iter().chain(roots.iter().map(|root| ("the images in", root.as_path()))))
}
