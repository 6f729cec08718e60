use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use burn::train::Interrupter;

use crate::eval::EpochMetric;
use crate::store::{Claim, LEASE_SECONDS, Store};
use crate::train::Observer;

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
                    Err(crate::store::StoreError::LeaseLost) => interrupter.stop(Some("the lease was lost")),
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

/// Keeps a training's metrics, and notes its progress.
pub(super) struct Recorder {
    pub store: Arc<Store>,
    pub claim: Claim,
    pub progress: Arc<Progress>,
    pub epochs: usize,
    /// Share of training in all the work on the fit.
    pub share: f64,
}

impl Observer for Recorder {
    fn epoch(&self, metrics: &[EpochMetric]) {
        if let Err(error) = self.store.record_metrics(&self.claim, metrics) {
            tracing::warn!("cannot keep the metrics of an epoch: {error}");
        }
    }

    fn progress(&self, epoch: usize, done: usize, total: usize) {
        let within = done as f64 / total.max(1) as f64;
        let fraction = (epoch as f64 - 1.0 + within) / self.epochs as f64;
        self.progress.set(self.share * fraction, format!("training, epoch {epoch} of {}", self.epochs));
    }
}
