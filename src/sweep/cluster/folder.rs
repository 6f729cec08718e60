//! The folder of a submission: where its order, its tasks, its jobs and what the tasks bring are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::SweepError;
use super::order::{Order, TaskOrder, read, write};
use crate::id::FitId;
use crate::store::Artifacts;

/// The store in a folder that a task has brought.
pub(super) const STORE: &str = "store.db";

/// Sweeps that are submitted more often have had something wrong with them.
const MOST_SUBMISSIONS: usize = 9999;

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Submission {
    folder: PathBuf,
}

/// The jobs of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Jobs {
    /// Arrays that were submitted.
    pub arrays: Vec<ArrayJob>,
    /// The job that merges, behind them.
    pub after: Option<u64>,
}

/// An array of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArrayJob {
    /// Its job.
    pub job: u64,
    /// The number of its first task.
    pub first: usize,
    /// How many tasks it has.
    pub tasks: usize,
}

/// What a task has brought: a folder that is whole, the newest of that task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brought {
    /// The task's number.
    pub task: usize,
    /// How often the task had brought something before.
    pub generation: usize,
    /// The folder.
    pub folder: PathBuf,
}

impl Submission {
    /// The folder of all submissions of a sweep.
    pub fn parent(artifacts: &Artifacts, sweep: &str) -> PathBuf {
        artifacts.cluster().join(sweep)
    }

    /// All submissions of a sweep, the first one first.
    pub fn all(artifacts: &Artifacts, sweep: &str) -> Vec<Self> {
        let entries = std::fs::read_dir(Self::parent(artifacts, sweep)).into_iter().flatten().flatten();
        let numbered =
            |path: &PathBuf| path.file_name().is_some_and(|name| number(&name.to_string_lossy()).is_some());
        let mut found: Vec<Self> =
            entries.map(|entry| entry.path()).filter(numbered).map(|folder| Self { folder }).collect();
        found.sort();
        found
    }

    /// A new one.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn create(artifacts: &Artifacts, sweep: &str) -> Result<Self, SweepError> {
        let parent = Self::parent(artifacts, sweep);
        let failed = || SweepError::io(format!("cannot make a folder for the tasks in {}", parent.display()));
        std::fs::create_dir_all(&parent).map_err(failed())?;
        let mut nth = Self::all(artifacts, sweep).len() + 1;
        loop {
            let folder = parent.join(format!("{nth:04}"));
            match std::fs::create_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && nth < MOST_SUBMISSIONS => {
                    nth += 1
                }
                made => {
                    made.map_err(failed())?;
                    for part in ["tasks", "stores", "logs"] {
                        std::fs::create_dir(folder.join(part)).map_err(failed())?;
                    }
                    return Ok(Self { folder });
                }
            }
        }
    }

    /// The submission in a folder.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its number, as people see it.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What all of its tasks have in common.
    ///
    /// # Errors
    /// It is not there, or not as it was written.
    pub fn order(&self) -> Result<Order, SweepError> {
        read(&self.folder.join("order.json"))
    }

    /// Writes that.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write_order(&self, order: &Order) -> Result<(), SweepError> {
        write(&self.folder.join("order.json"), order)
    }

    /// One of its tasks.
    ///
    /// # Errors
    /// It is not there, or not as it was written.
    pub fn task(&self, task: usize) -> Result<TaskOrder, SweepError> {
        read(&self.folder.join(format!("tasks/{task:06}.json")))
    }

    /// Writes its tasks, and which fits each of them has.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write_tasks(&self, tasks: &[TaskOrder], fits: &[Vec<FitId>]) -> Result<(), SweepError> {
        for (nth, task) in tasks.iter().enumerate() {
            write(&self.folder.join(format!("tasks/{nth:06}.json")), task)?;
        }
        write(&self.folder.join("fits.json"), &fits)
    }

    /// The fits of each of its tasks; none where it never came so far.
    pub fn fits(&self) -> Vec<Vec<FitId>> {
        read(&self.folder.join("fits.json")).unwrap_or_default()
    }

    /// Its jobs; none where it never came so far.
    pub fn jobs(&self) -> Jobs {
        read(&self.folder.join("jobs.json")).unwrap_or_default()
    }

    /// Writes its jobs.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write_jobs(&self, jobs: &Jobs) -> Result<(), SweepError> {
        write(&self.folder.join("jobs.json"), jobs)
    }

    /// Where the words of its tasks go, as `sbatch --output` takes it.
    pub fn log(&self, name: &str) -> PathBuf {
        self.folder.join("logs").join(name)
    }

    /// The folder of what its tasks bring.
    pub fn stores(&self) -> PathBuf {
        self.folder.join("stores")
    }

    /// What its tasks have brought, by task, all generations that are there.
    fn generations(&self) -> Vec<Brought> {
        let entries = std::fs::read_dir(self.stores()).into_iter().flatten().flatten();
        let mut found: Vec<Brought> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let (task, generation) = name.split_once('.')?;
                Some(Brought { task: number(task)?, generation: number(generation)?, folder: entry.path() })
            })
            .collect();
        found.sort_by_key(|brought| (brought.task, brought.generation));
        found
    }

    /// The newest of what each task has brought.
    pub fn brought(&self) -> Vec<Brought> {
        let all = self.generations();
        all.chunk_by(|one, other| one.task == other.task)
            .filter_map(|of_task| of_task.last().cloned())
            .collect()
    }

    /// All that one task has brought and is still there, the newest last.
    pub fn brought_by(&self, task: usize) -> Vec<Brought> {
        self.generations().into_iter().filter(|brought| brought.task == task).collect()
    }
}

/// A number in a name, which is written with digits alone.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submissions_are_numbered_and_the_newest_of_each_task_counts() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::of(&folder.path().join("a.db"));
        assert!(Submission::all(&artifacts, "s").is_empty());
        let [one, two] = [(), ()].map(|()| Submission::create(&artifacts, "s").unwrap());
        assert_eq!((one.name(), two.name()), ("0001".into(), "0002".into()));
        assert_eq!(Submission::all(&artifacts, "s"), [one.clone(), two]);
        for name in ["000003.0", "000003.10", "000003.9", "000004.0", ".anolab-x", "000005.x", "6"] {
            std::fs::create_dir(one.stores().join(name)).unwrap();
        }
        let newest: Vec<_> = one.brought().iter().map(|brought| (brought.task, brought.generation)).collect();
        assert_eq!(newest, [(3, 10), (4, 0)]);
        assert_eq!(one.brought_by(3).len(), 3);
        assert_eq!(one.jobs(), Jobs::default());
        let jobs = Jobs { arrays: vec![ArrayJob { job: 7, first: 0, tasks: 3 }], after: Some(8) };
        one.write_jobs(&jobs).unwrap();
        assert_eq!(one.jobs(), jobs);
    }
}
