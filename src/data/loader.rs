//! Batches for training and for held-out images.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::augment;
use super::pixels::Pixels;
use crate::random::{normal_noise, rng};
use crate::spec::{Augment, GanTraining};

/// Batches that are ready before the training asks for them, so that the device never waits for one.
const AHEAD: usize = 2;

/// What one training step sees.
#[derive(Debug, Clone)]
pub struct Batch {
    /// [batch, channels, size, size], −1 to 1 (beyond 1 above the white level).
    pub images: Tensor<4>,
    /// [batch, latent], N(0, 1).
    pub noise: Tensor<2>,
    /// A random number of its own, to draw masks from.
    pub draw: u64,
    /// No batch of the epoch comes after it.
    pub last_of_epoch: bool,
}

/// Shuffled batches for training; an incomplete last batch is dropped.
///
/// Order, noise and augmentation are functions of seed and epoch alone, so that a fit resumed at an epoch goes
/// on exactly as one that never stopped.
pub struct TrainLoader {
    source: Source,
    augment: Augment,
    seed: u64,
    /// Batches of the whole training: its last epoch may be cut short.
    steps: usize,
    /// The epoch that the next call of `iter` begins, from 1.
    next_epoch: AtomicU64,
    first_step_done: Arc<OnceLock<Instant>>,
}

/// Batches in a fixed order; the last one may be smaller.
pub struct ValidLoader {
    source: Source,
    seed: u64,
}

#[derive(Clone)]
struct Source {
    pixels: Pixels,
    indices: Vec<usize>,
    batch_size: usize,
    latent_size: usize,
    device: Device,
}

impl TrainLoader {
    /// Batches of the images `indices` for a training, from the epoch `first_epoch` (counted from 1) on.
    pub fn new(
        pixels: Pixels,
        indices: Vec<usize>,
        gan: &GanTraining,
        seed: u64,
        first_epoch: usize,
    ) -> Self {
        let steps = gan.steps(indices.len());
        let GanTraining { batch_size, latent_size, augment, .. } = *gan;
        let source = Source { pixels, indices, batch_size, latent_size, device: Device::flex() };
        Self {
            source,
            augment,
            seed,
            steps,
            next_epoch: AtomicU64::new(first_epoch as u64),
            first_step_done: Arc::default(),
        }
    }

    /// When the first step was done: what comes before is for the most part the compilation of
    /// kernels. It is known when the second batch has been asked for.
    pub fn first_step_done(&self) -> Arc<OnceLock<Instant>> {
        self.first_step_done.clone()
    }
}

impl ValidLoader {
    /// Batches of the images `indices`.
    pub fn new(
        pixels: Pixels,
        indices: Vec<usize>,
        batch_size: usize,
        latent_size: usize,
        seed: u64,
    ) -> Self {
        Self { source: Source { pixels, indices, batch_size, latent_size, device: Device::flex() }, seed }
    }
}

impl Source {
    fn on_host(&self, indices: &[usize], augment: &mut Augmentation, draws: &mut Draws) -> OnHost {
        let noise = normal_noise(&mut draws.noise, indices.len() * self.latent_size);
        let Pixels { size, channels, .. } = self.pixels;
        let shape = [indices.len(), channels, size, size];
        let values: Vec<f32> = indices
            .iter()
            .flat_map(|index| augment.apply(self.pixels.image(*index), size))
            .map(|byte| self.pixels.to_float(byte))
            .collect();
        OnHost {
            images: TensorData::new(values, shape),
            noise: TensorData::new(noise, [indices.len(), self.latent_size]),
            draw: draws.draws.random(),
        }
    }

    fn sliced(&self, start: usize, end: usize) -> Self {
        Self { indices: self.indices[start..end].to_vec(), ..self.clone() }
    }

    fn on(&self, device: &Device) -> Self {
        Self { device: device.clone(), ..self.clone() }
    }
}

impl DataLoader<Batch> for TrainLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
        let mut order = self.source.indices.clone();
        order.shuffle(&mut rng(self.seed, "shuffle", epoch));
        let a_pass = order.len() / self.source.batch_size;
        let left = self.steps.saturating_sub((epoch as usize - 1) * a_pass);
        order.truncate(a_pass.min(left) * self.source.batch_size);
        let augment = Augmentation { kind: self.augment, rng: rng(self.seed, "augment", epoch) };
        let draws = Draws { noise: rng(self.seed, "noise", epoch), draws: rng(self.seed, "draws", epoch) };
        Box::new(Batches::start(&self.source, order, augment, draws, self.first_step_done.clone()))
    }

    fn num_items(&self) -> usize {
        self.source.indices.len() / self.source.batch_size * self.source.batch_size
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<Batch>> {
        let next_epoch = AtomicU64::new(self.next_epoch.load(Ordering::Relaxed));
        Arc::new(Self {
            source: self.source.on(device),
            augment: self.augment,
            seed: self.seed,
            steps: self.steps,
            next_epoch,
            first_step_done: self.first_step_done.clone(),
        })
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        let next_epoch = AtomicU64::new(self.next_epoch.load(Ordering::Relaxed));
        Arc::new(Self {
            source: self.source.sliced(start, end),
            augment: self.augment,
            seed: self.seed,
            steps: self.steps,
            next_epoch,
            first_step_done: self.first_step_done.clone(),
        })
    }
}

impl DataLoader<Batch> for ValidLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let order = self.source.indices.clone();
        let augment = Augmentation { kind: Augment::None, rng: rng(self.seed, "augment", 0) };
        let draws =
            Draws { noise: rng(self.seed, "valid noise", 0), draws: rng(self.seed, "valid draws", 0) };
        Box::new(Batches::start(&self.source, order, augment, draws, Arc::default()))
    }

    fn num_items(&self) -> usize {
        self.source.indices.len()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(Self { source: self.source.on(device), seed: self.seed })
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(Self { source: self.source.sliced(start, end), seed: self.seed })
    }
}

/// The random numbers of one epoch.
struct Draws {
    noise: StdRng,
    draws: StdRng,
}

/// The random changes of one epoch.
struct Augmentation {
    kind: Augment,
    rng: StdRng,
}

impl Augmentation {
    fn apply(&mut self, image: &[u8], size: usize) -> Vec<u8> {
        augment::draw(self.kind, &mut self.rng).apply(image, size)
    }
}

/// A batch before it is uploaded.
struct OnHost {
    images: TensorData,
    noise: TensorData,
    draw: u64,
}

/// Makes batches in a thread of its own, some ahead of the training.
struct Batches {
    made: Receiver<OnHost>,
    device: Device,
    batch_size: usize,
    items: usize,
    done: usize,
    first_step_done: Arc<OnceLock<Instant>>,
}

impl Batches {
    fn start(
        source: &Source,
        order: Vec<usize>,
        mut augment: Augmentation,
        mut draws: Draws,
        first_step_done: Arc<OnceLock<Instant>>,
    ) -> Self {
        let (sender, made) = sync_channel(AHEAD);
        let (device, batch_size, items) = (source.device.clone(), source.batch_size, order.len());
        let source = source.clone();
        std::thread::spawn(move || {
            for indices in order.chunks(source.batch_size) {
                if sender.send(source.on_host(indices, &mut augment, &mut draws)).is_err() {
                    break; // the training has ended before its epoch
                }
            }
        });
        Self { made, device, batch_size, items, done: 0, first_step_done }
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let OnHost { images, noise, draw } = match self.made.recv() {
            Ok(made) => made,
            Err(_) if self.done == self.items => return None,
            Err(lost) => return Some(Err(DatasetError::new(lost))), // its thread has panicked
        };
        if self.done > 0 {
            self.first_step_done.get_or_init(Instant::now);
        }
        self.done = self.items.min(self.done + self.batch_size);
        Some(Ok(Batch {
            images: Tensor::from_data(images, &self.device),
            noise: Tensor::from_data(noise, &self.device),
            draw,
            last_of_epoch: self.done == self.items,
        }))
    }
}

impl DataLoaderIterator<Batch> for Batches {
    fn progress(&self) -> Progress {
        Progress::new(self.done, self.items, Some("images".into()))
    }
}
