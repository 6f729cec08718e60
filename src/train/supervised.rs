//! One network through burn-train: loaders, metrics, checkpoints, exact resume.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use burn::optim::ModuleOptimizer;
use burn::train::{InferenceStep, Learner, LearnerModel, SupervisedTraining, TrainStep};

use super::checkpoint::{KeepLast, Pace, checkpointers, latest};
use super::job::{Divergence, FitJob, Outcome, TrainError};
use super::logger::ObservedLogger;
use super::losses::{LossPart, Losses};
use super::renderer::ObservedRenderer;
use super::trained::Trained;
use crate::crash_message::crash_message;
use crate::data::{Batch, TrainLoader, ValidLoader};
use crate::eval::Generated;
use crate::kernels::{self, Adam};
use crate::spec::GanTraining;

/// Adam's ε in PyTorch, and so in the authors' code of both models.
const EPSILON: f32 = 1e-8;

/// What a training lets know while it runs.
struct Signs {
    first_step_done: Arc<OnceLock<Instant>>,
    diverged: Arc<OnceLock<Divergence>>,
}

pub(super) struct Done<M> {
    trainer: M,
    elapsed: Duration,
    images: usize,
}

impl<M> Done<M> {
    pub(super) fn map(self, trained: impl FnOnce(M) -> Trained) -> Outcome {
        Outcome {
            trained: trained(self.trainer),
            generated: Generated::default(),
            elapsed: self.elapsed,
            images: self.images,
        }
    }
}

pub(super) fn train<M>(
    job: &FitJob<'_>,
    gan: &GanTraining,
    trainer: M,
    names: (&[&str], &[&str]),
) -> Result<Done<M>, TrainError>
where
    M: LearnerModel
        + TrainStep<Input = Batch, Output = Losses>
        + InferenceStep<Input = Batch, Output = Losses>,
{
    // A fit goes on only with the operations that it began with: others round differently.
    let checkpoints = job.checkpoints.join(kernels::name(job.device));
    let known = job.observer.known_epochs(&recorded(names, !job.partition.held_out.is_empty()));
    let resumed = latest(&checkpoints, known.min(gan.epochs)).unwrap_or(0);
    let (training, signs) = training(job, gan, &checkpoints, resumed, names);
    let optimizer = ModuleOptimizer::from(Adam { beta_1: gan.beta1 as f32, beta_2: 0.999, epsilon: EPSILON });
    let learner = Learner::new(trainer.train(), optimizer, gan.learning_rate);
    let started = Instant::now();
    // burn panics where a checkpoint or a device fails; a fit that fails must not take the rest along.
    let result = catch_unwind(AssertUnwindSafe(|| training.launch(learner)))
        .map_err(|panic| TrainError::Failed(crash_message(&panic_message(&*panic))))?;
    if let Some(error) = result.error {
        return Err(TrainError::Failed(error.to_string()));
    }
    if result.interrupted.is_some() {
        return Err(signs
            .diverged
            .get()
            .map_or(TrainError::Interrupted, |divergence| divergence.clone().into()));
    }
    let a_pass = job.partition.train.len() / gan.batch_size;
    let images = gan.steps(job.partition.train.len()).saturating_sub(resumed * a_pass) * gan.batch_size;
    // The first step compiles kernels where the device is a GPU: it is warm-up, not training.
    let (since, images) = match signs.first_step_done.get() {
        Some(done) => (*done, images - gan.batch_size),
        None => (started, images),
    };
    Ok(Done { trainer: result.model, elapsed: since.elapsed(), images })
}

fn training<M>(
    job: &FitJob<'_>,
    gan: &GanTraining,
    checkpoints: &Path,
    resumed: usize,
    names: (&[&str], &[&str]),
) -> (SupervisedTraining<M>, Signs)
where
    M: LearnerModel
        + TrainStep<Input = Batch, Output = Losses>
        + InferenceStep<Input = Batch, Output = Losses>,
{
    let partition = job.partition;
    let pixels = job.pixels.with_white_level(gan.white_level);
    let (batch_size, latent_size, seed) = (gan.batch_size, gan.latent_size, job.config.seed);
    let train = TrainLoader::new(pixels.clone(), partition.train.clone(), gan, seed, resumed + 1);
    let first_step_done = train.first_step_done();
    let valid = ValidLoader::new(pixels, partition.held_out.clone(), batch_size, latent_size, seed);
    let pace = Pace::new();
    let [network, optimizer, scheduler] = checkpointers(checkpoints, &pace);
    let keep_last = KeepLast::new(job.observer.clone(), pace, checkpoints, resumed, gan.epochs);
    let (a_pass, steps) = (partition.train.len() / batch_size, gan.steps(partition.train.len()));
    let logger = ObservedLogger::new(job.observer.clone(), job.interrupter.clone(), a_pass, steps);
    let diverged = logger.diverged();
    let renderer = ObservedRenderer::new(job.observer.clone(), resumed + 1);
    let mut training = SupervisedTraining::new(PathBuf::from(checkpoints), Arc::new(train), Arc::new(valid))
        .num_epochs(gan.epochs)
        .with_interrupter(job.interrupter.clone())
        .with_application_logger(None)
        .with_metric_logger(logger)
        .renderer(Box::new(renderer))
        .with_custom_checkpointers(network, optimizer, scheduler)
        .with_checkpointing_strategy(keep_last)
        .with_training_strategy(burn::train::ExecutionStrategy::single(job.device.clone().autodiff()).into());
    for (index, name) in names.0.iter().enumerate() {
        training = training.metric_train_numeric(LossPart::new(name, index));
    }
    for (index, name) in names.1.iter().enumerate() {
        training = training.metric_valid_numeric(LossPart::new(name, index));
    }
    let training = if resumed > 0 { training.checkpoint(resumed) } else { training };
    (training, Signs { first_step_done, diverged })
}

/// Every metric of an epoch: its split and its name.
fn recorded<'a>((train, valid): (&[&'a str], &[&'a str]), held_out: bool) -> Vec<(&'static str, &'a str)> {
    let valid = valid.iter().filter(|_| held_out).map(|name| ("valid", *name));
    train.iter().map(|name| ("train", *name)).chain(valid).collect()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "panic without a message".into())
}
