//! How far a worker is: told to the store, with the lease that it renews.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use burn::train::Interrupter;

use crate::eval::EpochMetric;
use crate::store::{Claim, LEASE_SECONDS, Store, StoreError};
use crate::train::Observer;

/// How often metrics are written where epochs are short; a checkpoint waits for those before it in any case.
const WRITE: Duration = Duration::from_secs(1);

/// How far the work on one fit is; shared by whoever does it and the thread that tells the store.
#[derive(Default)]
pub(super) struct Progress {
    state: Mutex<(f64, String)>,
}

impl Progress {
    /// `fraction` of all the work on the fit is done, and `stage` is what is being done.
    pub fn set(&self, fraction: f64, stage: String) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (fraction, stage);
    }

    fn get(&self) -> (f64, String) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Renews the lease of a claim until it is dropped. A lease that is lost stops the work.
pub(super) struct Heartbeat {
    stop: std::sync::mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Heartbeat {
    pub fn start(store: Arc<Store>, claim: Claim, progress: Arc<Progress>, interrupter: Interrupter) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel();
        let often = Duration::from_secs_f64(LEASE_SECONDS / 15.0);
        let thread = std::thread::spawn(move || {
            while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(often) {
                let (fraction, stage) = progress.get();
                match store.beat(&claim, fraction, &stage) {
                    Err(StoreError::LeaseLost) => interrupter.stop(Some("the lease was lost")),
                    Err(error) => tracing::warn!("cannot renew the lease: {error}"),
                    Ok(()) => (),
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.stop.send(()).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Keeps a training's metrics and its time, and notes its progress.
pub(super) struct Recorder {
    store: Arc<Store>,
    claim: Claim,
    progress: Arc<Progress>,
    epochs: usize,
    /// Share of training in all the work on the fit.
    share: f64,
    unwritten: Mutex<Unwritten>,
}

/// What the store has not been told yet.
struct Unwritten {
    metrics: Vec<EpochMetric>,
    since: Instant,
    /// The first step compiles kernels where the device is a GPU: it is warm-up, not training.
    warm: bool,
}

impl Recorder {
    pub fn new(store: Arc<Store>, claim: Claim, progress: Arc<Progress>, epochs: usize, share: f64) -> Self {
        let unwritten = Unwritten { metrics: Vec::new(), since: Instant::now(), warm: false };
        Self { store, claim, progress, epochs, share, unwritten: Mutex::new(unwritten) }
    }

    /// Tells the store all that it has not been told yet.
    pub fn write(&self) -> Result<(), StoreError> {
        let mut unwritten = self.unwritten();
        let seconds = unwritten.since.elapsed().as_secs_f64();
        self.store.record_metrics(&self.claim, &unwritten.metrics, seconds)?;
        unwritten.metrics.clear();
        unwritten.since = Instant::now();
        Ok(())
    }

    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn epoch(&self, metrics: &[EpochMetric]) {
        let mut unwritten = self.unwritten();
        unwritten.metrics.extend_from_slice(metrics);
        if unwritten.since.elapsed() < WRITE {
            return;
        }
        drop(unwritten);
        if let Err(error) = self.write() {
            tracing::warn!("cannot keep the metrics of an epoch yet: {error}");
        }
    }

    fn known_epochs(&self, metrics: &[(&str, &str)]) -> usize {
        self.store.recorded_epochs(&self.claim.fit_id, metrics).unwrap_or_else(|error| {
            tracing::warn!("cannot tell which epochs are recorded, training begins anew: {error}");
            0
        })
    }

    /// A checkpoint ahead of the store would leave its epochs' metrics out for good, and one without the lease would be
    /// another worker's.
    fn may_checkpoint(&self) -> bool {
        self.write().inspect_err(|error| tracing::warn!("no checkpoint is written: {error}")).is_ok()
    }

    fn progress(&self, epoch: usize, done: usize, total: usize) {
        let mut unwritten = self.unwritten();
        if !unwritten.warm {
            (unwritten.since, unwritten.warm) = (Instant::now(), true);
        }
        drop(unwritten);
        let within = done as f64 / total.max(1) as f64;
        let fraction = (epoch as f64 - 1.0 + within) / self.epochs as f64;
        self.progress.set(self.share * fraction, format!("training, epoch {epoch} of {}", self.epochs));
    }
}
