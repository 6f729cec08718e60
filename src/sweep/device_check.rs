//! Whether a device works, and how fast it is: a small training that is timed and checked against the CPU.
//!
//! That nothing fails is not enough: a kernel that cannot be launched is only a line in the log of
//! burn's runtime, and what it should have written is read as if it had been.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use burn::tensor::Device;
use burn::train::Interrupter;

use crate::atomic_file::{partial_folder, remove_abandoned};
use crate::data::{Dataset, Partition, pixels};
use crate::eval::EpochMetric;
use crate::score::{Images, LatestSearch, judge};
use crate::spec::{Gray, Sweep};
use crate::train::{
    DeviceChoice, DeviceError, FitJob, FoundDevice, Observer, TrainError, fit, step_multiplications,
};

/// A training that takes a moment on a CPU, and a search of a few steps.
const SWEEP: &str = r#"
name = "device-check"
dataset = { kind = "synthetic", scene = "casting", count = 64 }
[base]
image_size = 32
width = 16
batch_size = 16
epochs = EPOCHS
holdout = 0.0
search_steps = 3
[grid]
model = ["anogan", "ganomaly"]
"#;
/// Passes over its images.
const EPOCHS: usize = 1;
/// How far a score may be from the CPU's, relative to it. Sums in another order differ by far less.
const TOLERANCE: f64 = 0.05;

/// What a device does in a small training.
#[derive(Debug, Clone, Copy)]
pub struct DeviceCheck {
    /// GANomaly (32×32×1, width 16, batch 16), images per second after the first step.
    pub images_per_second: f64,
    /// The multiplications of that.
    pub multiplications_per_second: f64,
    /// Memory that the device holds for it, in bytes; absent where it does not tell.
    pub memory: Option<u64>,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceCheckError {
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// It is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The images or the folder for checkpoints.
    #[error("cannot prepare the trial: {0}")]
    Prepare(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It does not compute what the CPU computes.
    #[error("an image's score is {score} there and {expected} on the CPU")]
    Differs {
        /// Of the device.
        score: f64,
        /// Of the CPU.
        expected: f64,
    },
}

fn prepare(error: impl std::error::Error + Send + Sync + 'static) -> DeviceCheckError {
    DeviceCheckError::Prepare(Box::new(error))
}

struct Silent;

impl Observer for Silent {
    fn epoch(&self, _: &[EpochMetric]) {}
    fn progress(&self, _: usize, _: usize, _: usize) {}
}

/// Trains both models for a few steps and judges images with them, there and on the CPU.
///
/// # Errors
/// Whatever keeps the device from it, or scores that are not the CPU's. A driver that crashes takes
/// the process along: check in one of its own.
pub fn check_device(found: &FoundDevice) -> Result<DeviceCheck, DeviceCheckError> {
    let (images_per_second, scores) = trial(&found.device, EPOCHS)?;
    let memory = memory(found);
    if found.choice != DeviceChoice::Cpu {
        let (_, expected) = trial(&DeviceChoice::Cpu.find()?.device, EPOCHS)?;
        agree(&scores, &expected)?;
    }
    let ganomaly = &parsed(EPOCHS)?.runs.pop().expect("a grid of two models").fit;
    let multiplications_per_second = images_per_second * step_multiplications(ganomaly) as f64;
    Ok(DeviceCheck { images_per_second, multiplications_per_second, memory })
}

fn parsed(epochs: usize) -> Result<Sweep, DeviceCheckError> {
    Sweep::parse("device check", &SWEEP.replace("EPOCHS", &epochs.to_string())).map_err(prepare)
}

/// GANomaly's speed in images per second, and both models' scores.
fn trial(device: &Device, epochs: usize) -> Result<(f64, Vec<f64>), DeviceCheckError> {
    let sweep = parsed(epochs)?;
    let dataset = Dataset::open(&sweep.datasets[0]).map_err(prepare)?;
    let temporary = std::env::temp_dir();
    remove_abandoned(&temporary, SystemTime::now());
    let folder = partial_folder(&temporary).map_err(prepare)?;
    let pixels = pixels(&dataset, 32, 1, Gray::Rec709, folder.path(), &|| ()).map_err(prepare)?;
    let partition = Partition::new(&dataset, 0, 0.0, 16).map_err(prepare)?;
    let images = Images { pixels: &pixels, partition: &partition, indices: &partition.test[..16] };
    let mut images_per_second = 0.0;
    let mut scores = Vec::new();
    for (nth, run) in sweep.runs.iter().enumerate() {
        let outcome = fit(&FitJob {
            config: &run.fit,
            pixels: &pixels,
            partition: &partition,
            device,
            checkpoints: &folder.path().join(nth.to_string()),
            interrupter: &Interrupter::new(),
            observer: Arc::new(Silent),
        })?;
        images_per_second = outcome.images as f64 / outcome.elapsed.as_secs_f64();
        let latest = &mut LatestSearch::default();
        let go_on = |_: f64| ControlFlow::Continue(());
        let judged = judge(run, &outcome.trained, images, None, device, latest, &go_on);
        scores.extend(judged.iter().flat_map(|judged| &judged.scores).map(|image| image.score));
    }
    Ok((images_per_second, scores))
}

fn agree(scores: &[f64], expected: &[f64]) -> Result<(), DeviceCheckError> {
    for (&score, &expected) in scores.iter().zip(expected) {
        let close = (score - expected).abs() <= TOLERANCE * expected.abs();
        if !close {
            return Err(DeviceCheckError::Differs { score, expected });
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Both models train: their scores repeat, are finite, and change with another epoch.
    #[test]
    fn the_cpu_agrees_with_itself() {
        let (images_per_second, scores) = trial(&Device::flex(), 1).unwrap();
        assert!(images_per_second > 0.0);
        assert_eq!(scores.len(), 32);
        assert!(scores.iter().all(|score| score.is_finite()));
        assert_eq!(trial(&Device::flex(), 1).unwrap().1, scores, "bit by bit");
        let (_, longer) = trial(&Device::flex(), 2).unwrap();
        let changed = longer.iter().zip(&scores).all(|(after, before)| after != before);
        assert!(changed, "another epoch changes every score of both models: {scores:?} {longer:?}");
    }

    #[test]
    fn other_scores_are_noticed() {
        assert!(agree(&[1.0, 2.0], &[1.01, 2.0]).is_ok());
        for wrong in [0.0, 2.2, f64::NAN] {
            assert!(matches!(agree(&[1.0, wrong], &[1.0, 2.0]), Err(DeviceCheckError::Differs { .. })));
        }
    }
}
