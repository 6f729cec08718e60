//! A worker process: claims fits, trains them, judges their runs.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use burn::train::Interrupter;

use super::evaluate::run_result;
use super::more_epochs::{is_waited_for, keep_last, take_over};
use super::progress::{Heartbeat, Progress, Recorder};
use super::{SweepError, provenance, shared_searches, weights};
use crate::data::{Dataset, Partition, Pixels, pixels};
use crate::id::{RunId, WorkerId};
use crate::score::{self, LatestSearch, judge};
use crate::spec::{DatasetSpec, FitConfig, RunConfig, Sweep};
use crate::store::{Job, Provenance, Status, Store};
use crate::train::{
    DeviceChoice, FitJob, FoundDevice, TrainError, Trained, fit, judging_multiplications, load,
    training_multiplications,
};

/// A process that works on a sweep.
pub struct Worker {
    /// The store's file.
    pub store: PathBuf,
    /// Name of the sweep.
    pub sweep: String,
    /// Where to compute.
    pub device: DeviceChoice,
    /// A name that no other worker has.
    pub id: WorkerId,
    /// Workers that share the processor with it, itself included: it ends when fewer fits than that are left, so
    /// that another one can begin with more threads.
    pub beside: usize,
    /// The command that the user typed.
    pub command_line: String,
}

/// Works until nothing is left to claim, or until `interrupter` is stopped. A fit that fails is
/// recorded as failed, and the next one begins.
///
/// # Errors
/// No device or no store; everything else ends up with the run that it happened to.
pub fn work(worker: &Worker, interrupter: &Interrupter) -> Result<(), SweepError> {
    let store = Arc::new(Store::open_existing(&worker.store)?);
    let device = worker.device.find()?;
    let by = provenance(format!("{}: {}", device.choice, device.name), worker.command_line.clone());
    let text = store.sweep(&worker.sweep)?.text;
    let keeps_checkpoints = Sweep::parse(&worker.sweep, &text).is_ok_and(|sweep| sweep.keep_checkpoints);
    let mut session =
        Session { store: store.clone(), device, by, interrupter, keeps_checkpoints, dataset: None };
    let mut claimed = false;
    while !interrupter.should_stop() {
        if claimed && store.fits_left(&worker.sweep)? < worker.beside {
            break;
        }
        let Some(job) = store.claim(&worker.sweep, &worker.id)? else { break };
        claimed = true;
        let (status, error) = match session.process(&job) {
            Ok(()) => (Status::Done, None),
            Err(SweepError::Interrupted | SweepError::Train(TrainError::Interrupted)) => {
                (Status::Interrupted, None)
            }
            Err(SweepError::Train(TrainError::Diverged(why))) => (Status::Diverged, Some(why.to_string())),
            Err(error) => (Status::Failed, Some(error.to_string())),
        };
        if let Err(lost) = store.finish(&job.claim, status, error.as_deref()) {
            tracing::warn!("{lost}");
        }
    }
    Ok(())
}

/// Share of training in all the work on a fit, by its multiplications.
fn share_of_training(runs: &[(&RunId, RunConfig)], partition: &Partition) -> f64 {
    let Partition { train, held_out, test, train_sample } = partition;
    let judged = (train_sample.len() + held_out.len() + test.len()) as f64;
    let training = runs.first().map_or(0.0, |(_, run)| training_multiplications(&run.fit, train.len()));
    let searches: Vec<_> = runs.iter().map(|(_, run)| run.search()).collect();
    let of_each = runs.iter().map(|(_, run)| judged * judging_multiplications(run, train.len()));
    let judging = shared_searches::work(searches.iter().zip(of_each));
    if training > 0.0 { training / (training + judging) } else { 0.0 }
}

/// The images of one fit.
struct Images {
    dataset: Arc<Dataset>,
    /// Whole images.
    whole: Pixels,
    /// What they are used for.
    partition: Partition,
    /// What the networks see: tiles of the images, or the images themselves.
    pixels: Pixels,
    /// What those are used for.
    tiles: Partition,
}

struct Session<'a> {
    store: Arc<Store>,
    device: FoundDevice,
    by: Provenance,
    interrupter: &'a Interrupter,
    /// Whether the last checkpoint of each fit is kept, for trainings of more epochs.
    keeps_checkpoints: bool,
    /// The dataset of the last job, under its digest.
    dataset: Option<(String, Arc<Dataset>)>,
}

impl Session<'_> {
    fn process(&mut self, job: &Job) -> Result<(), SweepError> {
        let progress = Arc::new(Progress::default());
        progress.set(0.0, "reading images".into());
        let _beating = Heartbeat::start(
            self.store.clone(),
            job.claim.clone(),
            progress.clone(),
            self.interrupter.clone(),
        );
        let runs = job
            .runs
            .iter()
            .map(|run| Ok((&run.run_id, RunConfig::read(&run.config)?)))
            .collect::<Result<Vec<_>, SweepError>>()?;
        let runs = shared_searches::together(runs);
        let Some((_, first)) = runs.first() else { return Ok(()) };
        let fit = &first.fit;
        let images = self.images(&job.digest, fit)?;
        let known = match &job.weights {
            Some(digest) => self.reload(first, digest),
            None => None,
        };
        let share = if known.is_some() { 0.0 } else { share_of_training(&runs, &images.tiles) };
        let trained = match known {
            Some(trained) => trained,
            None => self.train(job, first, &images, &progress, share)?,
        };
        let mut latest = LatestSearch::default();
        let mut before = share;
        for (nth, ((run_id, config), part)) in runs.iter().zip(shared_searches::parts(&runs)).enumerate() {
            if self.interrupter.should_stop() {
                return Err(SweepError::Interrupted);
            }
            let span = (1.0 - share) * part;
            let stage = format!("judging images, run {} of {}", nth + 1, runs.len());
            let tell = |fraction: f64| progress.set(before + span * fraction, stage.clone());
            match self.score(job, (run_id, config), &trained, &images, &mut latest, &tell) {
                Err(error @ (SweepError::NotFinite { .. } | SweepError::Data(_))) => {
                    self.store.record_failure(&job.claim, run_id, &error.to_string())?;
                }
                judged => judged?,
            }
            before += span;
        }
        Ok(())
    }

    fn images(&mut self, digest: &str, fit: &FitConfig) -> Result<Images, SweepError> {
        let dataset = self.dataset(digest)?;
        let cache = self.store.artifacts().images();
        let side = dataset.tiles.whole_side(fit.image_size);
        let whole = pixels(&dataset, side, fit.channels, fit.gray, &cache, &|| ())?;
        let partition = Partition::new(&dataset, fit.seed, fit.holdout, fit.fewest_images())?;
        let (pixels, tiles) = (whole.tiles(dataset.tiles), partition.of_tiles(dataset.tiles));
        Ok(Images { dataset, whole, partition, pixels, tiles })
    }

    fn dataset(&mut self, digest: &str) -> Result<Arc<Dataset>, SweepError> {
        if let Some((known, dataset)) = &self.dataset
            && known == digest
        {
            return Ok(dataset.clone());
        }
        let (title, spec) = self.store.dataset(digest)?;
        let dataset = Arc::new(Dataset::open(&serde_json::from_str::<DatasetSpec>(&spec)?)?);
        if dataset.digest != digest {
            return Err(SweepError::DatasetChanged(title));
        }
        self.dataset = Some((digest.into(), dataset.clone()));
        Ok(dataset)
    }

    /// Weights of an earlier training; absent where they are lost or damaged, and to be trained anew.
    fn reload(&self, config: &RunConfig, digest: &str) -> Option<Trained> {
        let path = self.store.artifacts().weights(digest);
        let loaded =
            weights::verify(&path, digest).and_then(|()| load(&config.fit, &path, &self.device.device));
        loaded.inspect_err(|error| tracing::warn!("{error}; training again")).ok()
    }

    fn train(
        &self,
        job: &Job,
        config: &RunConfig,
        images: &Images,
        progress: &Arc<Progress>,
        share: f64,
    ) -> Result<Trained, SweepError> {
        self.store.record_start(&job.claim, &self.by)?;
        take_over(&self.store, &job.claim, &config.fit, &job.digest, &self.by.device)?;
        let checkpoints = self.store.artifacts().checkpoints(&job.claim.fit_id);
        let epochs = config.fit.gan().map_or(1, |gan| gan.epochs);
        let (store, claim) = (self.store.clone(), job.claim.clone());
        let recorder = Arc::new(Recorder::new(store, claim, progress.clone(), epochs, share));
        let outcome = fit(&FitJob {
            config: &config.fit,
            pixels: &images.pixels,
            partition: &images.tiles,
            device: &self.device.device,
            checkpoints: &checkpoints,
            interrupter: self.interrupter,
            observer: recorder.clone(),
        });
        let written = recorder.write();
        let outcome = outcome?;
        written?;
        let digest = weights::keep(&outcome.trained, &self.store)?;
        self.store.record_generated(&job.claim, &outcome.generated)?;
        let images_per_second = outcome.images as f64 / outcome.elapsed.as_secs_f64();
        self.store.record_trained(&job.claim, &digest, job.weights.as_deref(), images_per_second)?;
        if self.keeps_checkpoints || is_waited_for(&self.store, &config.fit, &job.digest)? {
            keep_last(&checkpoints, &config.fit);
        } else {
            std::fs::remove_dir_all(&checkpoints).ok(); // the weights are kept; what is left here is only space
        }
        Ok(outcome.trained)
    }

    fn score(
        &self,
        job: &Job,
        (run_id, config): (&RunId, &RunConfig),
        trained: &Trained,
        images: &Images,
        latest: &mut LatestSearch,
        tell: &dyn Fn(f64),
    ) -> Result<(), SweepError> {
        self.store.record_run_start(&job.claim, run_id, &self.by)?;
        let Images { dataset, whole, partition, pixels, tiles } = images;
        let indices = [&tiles.train_sample[..], &tiles.held_out, &tiles.test].concat();
        let started = Instant::now();
        let wanted = score::Images { pixels, partition: tiles, indices: &indices };
        let judged = judge(config, trained, wanted, None, &self.device.device, latest, &|done| {
            tell(done / indices.len() as f64);
            if self.interrupter.should_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .ok_or(SweepError::Interrupted)?
        .of_whole_images(dataset.tiles, pixels.size);
        if let Some(score) = judged.scores.iter().find(|score| !score.score.is_finite()) {
            let image = dataset.items[score.image].name.clone();
            return Err(SweepError::NotFinite { image, score: score.score });
        }
        let seconds = started.elapsed().as_secs_f64() + judged.shared_seconds;
        let quantile = config.threshold_quantile;
        let result = run_result(&judged, dataset, whole, partition, quantile, seconds)?;
        Ok(self.store.record_result(&job.claim, run_id, &result)?)
    }
}
