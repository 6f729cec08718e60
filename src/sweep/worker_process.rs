//! A worker as its parent sees it: a process, and a file where its words go.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use rand::RngExt;

use super::SweepError;
use crate::crash_message::{LESS_MEMORY, crash_message};
use crate::id::WorkerId;
use crate::store::Store;
use crate::train::DeviceChoice;

/// A worker process.
pub(super) struct WorkerProcess {
    /// Its name in the store.
    pub id: WorkerId,
    child: Child,
    log: PathBuf,
}

/// How a worker has ended.
pub(super) enum Ended {
    /// In order, with what it said.
    Well(String),
    /// Not in order, and why in words.
    Badly(String),
}

impl WorkerProcess {
    /// Starts a worker for a sweep, one of `jobs`.
    pub fn start(
        store: &Store,
        sweep: &str,
        device: &DeviceChoice,
        jobs: usize,
        command_line: &str,
    ) -> Result<Self, SweepError> {
        let id = WorkerId::from_bytes(rand::rng().random());
        let logs = store.artifacts().logs();
        std::fs::create_dir_all(&logs).map_err(SweepError::io("cannot create the folder of worker logs"))?;
        let log = logs.join(format!("{id}.log"));
        let file = std::fs::File::create(&log).map_err(SweepError::io("cannot create a worker's log"))?;
        let program = std::env::current_exe().map_err(SweepError::io("cannot find this program"))?;
        // Fits that are left share the processor: the last ones get more of it.
        let beside = jobs.min(store.fits_left(sweep)?).max(1);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).div_ceil(beside);
        let child = Command::new(program)
            .arg("--store")
            .arg(store.path())
            .args(["worker", "--sweep", sweep, "--id", id.as_str(), "--beside", &beside.to_string()])
            .args(["--device", &device.to_string(), "--command-line", command_line])
            .env("RAYON_NUM_THREADS", threads.to_string())
            .env_remove("RUST_BACKTRACE") // the last lines of a crash are to say why, not where
            .stdin(Stdio::piped()) // closes when this process dies: the worker's sign to stop
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(SweepError::io("cannot start a worker"))?;
        Ok(Self { id, child, log })
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Result<Option<Ended>, SweepError> {
        let status = self.child.try_wait().map_err(SweepError::io("cannot wait for a worker"))?;
        Ok(status.map(|status| self.how(status)))
    }

    fn how(&self, status: ExitStatus) -> Ended {
        let words = std::fs::read_to_string(&self.log).unwrap_or_default();
        std::fs::remove_file(&self.log).ok();
        if status.success() {
            return Ended::Well(words);
        }
        let said = match crash_message(&words) {
            said if said.is_empty() => ", without a word".into(),
            said => format!(": {said}"),
        };
        Ended::Badly(format!("its worker ended with {status}{}{said}", hint(status)))
    }

    /// The first signal closes its standard input, so that it finishes its step; the second ends it.
    pub fn ask_to_stop(&mut self, signals: usize) {
        drop(self.child.stdin.take());
        if signals > 1 {
            self.child.kill().ok();
        }
    }

    /// Ends it, stopped or not.
    pub fn end(mut self) -> Result<(), SweepError> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map_err(SweepError::io("cannot end a worker"))?;
        std::fs::remove_file(&self.log).ok();
        Ok(())
    }
}

/// Where its parent gives up, such as for a store that stays locked, because a stopped worker holds it, none stays
/// behind.
impl Drop for WorkerProcess {
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
