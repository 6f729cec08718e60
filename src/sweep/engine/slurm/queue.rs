//! What `squeue` and `sacct` say of tasks.

use super::super::State;
use super::commands::ask;
use super::error::SlurmError;

/// A job, or a task of an array.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sweep) struct TaskName {
    /// The job.
    pub job: u64,
    /// Its index in the array; absent for a job that is none, and for an array as a whole.
    pub index: Option<usize>,
}

impl TaskName {
    /// As Slurm's commands take it.
    pub fn text(&self) -> String {
        match self.index {
            Some(index) => format!("{}_{index}", self.job),
            None => self.job.to_string(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once('_') {
            Some((job, index)) => Some(Self { job: job.parse().ok()?, index: Some(index.parse().ok()?) }),
            None => Some(Self { job: text.parse().ok()?, index: None }),
        }
    }
}

/// Job, index, state, time left, nodes and reason; the reason may hold anything and stands last.
const QUEUE: &str = "%F|%K|%T|%L|%N|%r";

/// Those of these jobs that wait or run; `name` is what they are called.
///
/// # Errors
/// `squeue` is not here, or has no controller to ask.
pub(super) fn queued(name: &str, jobs: &[u64]) -> Result<Vec<(TaskName, State)>, SlurmError> {
    let answer = ask("squeue", &["--noheader", "--array", "--name", name, "--format", QUEUE])?;
    let tasks = answer.lines().filter_map(in_queue);
    Ok(tasks.filter(|(task, _)| jobs.contains(&task.job)).collect())
}

fn in_queue(line: &str) -> Option<(TaskName, State)> {
    let mut words = line.trim().splitn(6, '|').map(str::trim);
    let (job, index) = (words.next()?.parse().ok()?, words.next()?.parse().ok());
    let (state, left, nodes, reason) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let state = match state {
        "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "SPECIAL_EXIT" => State::Pending(reason.into()),
        _ => State::Running(format!("on {nodes}, {left} left")),
    };
    Some((TaskName { job, index }, state))
}

/// Those of these jobs that have ended, as the accounting tells; absent where the cluster keeps none.
pub(super) fn ended(jobs: &[u64]) -> Option<Vec<(TaskName, State)>> {
    let list = jobs.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let format = "--format=JobID,State,ExitCode,NodeList";
    let answer =
        ask("sacct", &["--noheader", "--parsable2", "--allocations", format, "--jobs", &list]).ok()?;
    Some(answer.lines().filter_map(in_accounts).collect())
}

fn in_accounts(line: &str) -> Option<(TaskName, State)> {
    let mut words = line.trim().split('|').map(str::trim);
    let (task, state, code, node) =
        (TaskName::read(words.next()?)?, words.next()?, words.next()?, words.next()?);
    // `CANCELLED by 1000`
    let state = state.split_whitespace().next()?;
    let node = if node == "None assigned" { String::new() } else { format!(" on {node}") };
    let state = match state {
        "COMPLETED" => State::Well(String::new()),
        "PENDING" | "RUNNING" | "SUSPENDED" | "REQUEUED" | "RESIZING" | "COMPLETING" => return None,
        "FAILED" => State::Badly(format!("exit code {}{node}", code.split(':').next()?)),
        other => State::Badly(match why(other) {
            Some(why) => format!("{why}{node}"),
            None => format!("{other}{node}"),
        }),
    };
    Some((task, state))
}

/// Slurm's words for how a task ended, in ours.
fn why(state: &str) -> Option<&'static str> {
    Some(match state {
        "TIMEOUT" => "over its time limit",
        "OUT_OF_MEMORY" => "out of memory",
        "NODE_FAIL" | "BOOT_FAIL" => "the node failed",
        "CANCELLED" => "cancelled",
        "PREEMPTED" => "preempted",
        "DEADLINE" => "over its deadline",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(job: u64, index: usize) -> TaskName {
        TaskName { job, index: Some(index) }
    }

    #[test]
    fn the_queue_is_read() {
        let read = |line: &str| in_queue(line).unwrap();
        assert_eq!(read("7|3|PENDING|4:00:00||Resources"), (task(7, 3), State::Pending("Resources".into())));
        assert_eq!(
            read("7|12|RUNNING|1:23:11|node07|None"),
            (task(7, 12), State::Running("on node07, 1:23:11 left".into()))
        );
        let merge = TaskName { job: 9, index: None };
        assert_eq!(
            read(" 9|N/A|PENDING|UNLIMITED||Nodes required | are DOWN"),
            (merge, State::Pending("Nodes required | are DOWN".into()))
        );
        for odd in ["", "slurm_load_jobs error", "7|3|RUNNING"] {
            assert_eq!(in_queue(odd), None, "{odd}");
        }
    }

    #[test]
    fn accounts_are_read() {
        let badly = |words: &str| State::Badly(words.into());
        for (line, expected) in [
            ("7_3|COMPLETED|0:0|n1", Some((task(7, 3), State::Well(String::new())))),
            ("7_4|TIMEOUT|0:0|n1", Some((task(7, 4), badly("over its time limit on n1")))),
            ("7_5|OUT_OF_MEMORY|0:125|n2", Some((task(7, 5), badly("out of memory on n2")))),
            ("7_6|CANCELLED by 1000|0:15|n2", Some((task(7, 6), badly("cancelled on n2")))),
            ("7_6|CANCELLED by 1000|0:0|None assigned", Some((task(7, 6), badly("cancelled")))),
            ("7_7|FAILED|2:0|n3", Some((task(7, 7), badly("exit code 2 on n3")))),
            ("7_8|NODE_FAIL|0:0|n3", Some((task(7, 8), badly("the node failed on n3")))),
            ("7_9|REVOKED|0:0|n3", Some((task(7, 9), badly("REVOKED on n3")))),
            ("7_10|RUNNING|0:0|n3", None),
            ("7_[11-40%4]|PENDING|0:0|None assigned", None),
            ("", None),
        ] {
            assert_eq!(in_accounts(line), expected, "{line}");
        }
        let whole = TaskName { job: 8, index: None };
        assert_eq!(in_accounts("8|COMPLETED|0:0|n1"), Some((whole.clone(), State::Well(String::new()))));
        assert_eq!([whole.text(), task(7, 3).text()], ["8", "7_3"]);
    }
}
