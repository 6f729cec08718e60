//! Worker processes on this machine, each with a file where its words go.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use rand::RngExt;

use super::super::SweepError;
use super::{Engine, State, Stop};
use crate::crash_message::{LESS_MEMORY, crash_message};
use crate::id::WorkerId;
use crate::train::DeviceChoice;

/// What a worker process is told.
#[derive(Debug, Clone)]
pub(in crate::sweep) struct WorkerCommand {
    /// The sweep that it works on.
    pub sweep: String,
    /// Where it computes.
    pub device: DeviceChoice,
    /// Workers that share the processor with it, itself included.
    pub beside: usize,
    /// Threads that it may use.
    pub threads: usize,
    /// The command that the user typed.
    pub command_line: String,
}

/// This machine.
pub(in crate::sweep) struct Local {
    store: PathBuf,
    logs: PathBuf,
    processes: Vec<Process>,
}

struct Process {
    id: WorkerId,
    child: Child,
    log: PathBuf,
}

impl Local {
    /// For workers on the store in this file, with this folder for what they say.
    pub fn new(store: PathBuf, logs: PathBuf) -> Self {
        Self { store, logs, processes: Vec::new() }
    }
}

impl Engine for Local {
    type Work = WorkerCommand;
    type Name = WorkerId;

    fn start(&mut self, work: &WorkerCommand) -> Result<WorkerId, SweepError> {
        let id = WorkerId::from_bytes(rand::rng().random());
        std::fs::create_dir_all(&self.logs)
            .map_err(SweepError::io("cannot create the folder of worker logs"))?;
        let log = self.logs.join(format!("{id}.log"));
        let file = std::fs::File::create(&log).map_err(SweepError::io("cannot create a worker's log"))?;
        let program = std::env::current_exe().map_err(SweepError::io("cannot find this program"))?;
        let child = Command::new(program)
            .arg("--store")
            .arg(&self.store)
            .args(["worker", "--sweep", &work.sweep, "--id", id.as_str(), "--with-parent"])
            .args(["--beside", &work.beside.to_string(), "--device", &work.device.to_string()])
            .args(["--command-line", &work.command_line])
            .env("RAYON_NUM_THREADS", work.threads.to_string())
            .env_remove("RUST_BACKTRACE") // the last lines of a crash are to say why, not where
            .stdin(Stdio::piped()) // closes when this process dies: the worker's sign to stop
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(SweepError::io("cannot start a worker"))?;
        self.processes.push(Process { id: id.clone(), child, log });
        Ok(id)
    }

    fn poll(&mut self) -> Result<Vec<(WorkerId, State)>, SweepError> {
        let mut states = Vec::new();
        for process in std::mem::take(&mut self.processes) {
            let (id, state, ended) = process.state()?;
            states.push((id, state));
            self.processes.extend(ended);
        }
        Ok(states)
    }

    /// In order: its standard input is closed, so that it finishes its step.
    fn stop(&mut self, id: &WorkerId, how: Stop) -> Result<(), SweepError> {
        let Some(place) = self.processes.iter().position(|process| process.id == *id) else { return Ok(()) };
        match how {
            Stop::InOrder => drop(self.processes[place].child.stdin.take()),
            Stop::AtOnce => self.processes.swap_remove(place).end()?,
        }
        Ok(())
    }
}

impl Process {
    /// How it is, and itself where it has not ended.
    fn state(mut self) -> Result<(WorkerId, State, Option<Self>), SweepError> {
        let id = self.id.clone();
        Ok(match self.child.try_wait().map_err(SweepError::io("cannot wait for a worker"))? {
            None => (id, State::Running("here".into()), Some(self)),
            Some(status) => (id, self.how(status), None),
        })
    }

    fn how(&self, status: ExitStatus) -> State {
        let words = std::fs::read_to_string(&self.log).unwrap_or_default();
        std::fs::remove_file(&self.log).ok();
        if status.success() {
            return State::Well(words);
        }
        let said = match crash_message(&words) {
            said if said.is_empty() => ", without a word".into(),
            said => format!(": {said}"),
        };
        State::Badly(format!("its worker ended with {status}{}{said}", hint(status)))
    }

    /// Ends it, stopped or not.
    fn end(mut self) -> Result<(), SweepError> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map_err(SweepError::io("cannot end a worker"))?;
        std::fs::remove_file(&self.log).ok();
        Ok(())
    }
}

/// Where its parent gives up, such as for a store that stays locked, because a stopped worker holds it, none stays
/// behind.
impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.child.kill().and_then(|()| self.child.wait()).ok();
        }
    }
}

/// Linux kills the process that asks for memory when none is left.
#[cfg_attr(not(unix), expect(unused_variables))]
fn hint(status: ExitStatus) -> String {
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(9) {
        return format!(" (killed, or out of memory: {LESS_MEMORY})");
    }
    String::new()
}
