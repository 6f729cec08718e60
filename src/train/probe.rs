//! Whether a device works, and how fast it is: a small training that is timed.

use std::ops::ControlFlow;
use std::sync::Arc;

use burn::train::Interrupter;

use super::device::{DeviceError, FoundDevice};
use super::fit::{Fit, Observer, TrainError, fit};
use crate::data::{Dataset, Partition, pixels};
use crate::eval::EpochMetric;
use crate::score::{Images, judge};
use crate::spec::{SpecError, Sweep};

/// A training that takes a moment on a CPU, and a search of a few steps.
const SWEEP: &str = r#"
name = "probe"
dataset = { kind = "synthetic", scene = "casting", count = 64 }
[base]
image_size = 32
width = 16
batch_size = 16
epochs = 1
holdout = 0.0
search_steps = 3
[grid]
model = ["anogan", "ganomaly"]
"#;

/// What a device does in a small training.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// GANomaly (32×32×1, width 16, batch 16), images a second after the first step.
    pub images_per_second: f64,
    /// Memory that the device holds for it, in bytes; absent where it does not tell.
    pub memory: Option<u64>,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// It is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The images or the folder for checkpoints.
    #[error("cannot prepare the trial: {0}")]
    Prepare(String),
}

struct Silent;

impl Observer for Silent {
    fn epoch(&self, _: &[EpochMetric]) {}
    fn progress(&self, _: usize, _: usize, _: usize) {}
}

/// Trains both models for a few steps and judges images with them.
///
/// # Errors
/// Whatever keeps the device from it. A driver that crashes takes the process along: probe in one
/// of its own.
pub fn probe(found: &FoundDevice) -> Result<Probe, ProbeError> {
    let prepare = |error: &dyn std::fmt::Display| ProbeError::Prepare(error.to_string());
    let sweep = Sweep::parse("probe", SWEEP).map_err(|error: Box<SpecError>| prepare(&error))?;
    let dataset = Dataset::open(&sweep.dataset).map_err(|error| prepare(&error))?;
    let folder = tempfile::tempdir().map_err(|error| prepare(&error))?;
    let pixels = pixels(&dataset, 32, 1, folder.path(), &|| ()).map_err(|error| prepare(&error))?;
    let mut images_per_second = 0.0;
    for (nth, run) in sweep.runs.iter().enumerate() {
        let partition = Partition::new(&dataset, 0, 0.0, 16).map_err(|error| prepare(&error))?;
        let outcome = fit(&Fit {
            config: &run.fit,
            pixels: &pixels,
            partition: &partition,
            device: &found.device,
            checkpoints: &folder.path().join(nth.to_string()),
            interrupter: &Interrupter::new(),
            observer: Arc::new(Silent),
        })?;
        images_per_second = outcome.images as f64 / outcome.elapsed.as_secs_f64();
        let images = Images { pixels: &pixels, partition: &partition, indices: &partition.test[..16] };
        judge(run, &outcome.trained, images, None, &found.device, &|_| ControlFlow::Continue(()));
    }
    Ok(Probe { images_per_second, memory: memory(found) })
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn memory(found: &FoundDevice) -> Option<u64> {
    found.device.memory_pool_usage().map(|usage| usage.bytes_reserved).or_else(peak_memory)
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
fn memory(_: &FoundDevice) -> Option<u64> {
    peak_memory()
}

/// The most memory that this process has held, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
