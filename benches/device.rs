//! Training and latent search on one device, in images per second and as a share of what a large
//! matrix product reaches there: `just bench-device`, which runs `device.py` beside it.
//!
//! A rate is the median over repetitions, without the steps that compile and tune kernels. A search is timed by its
//! steps, of which a whole one has hundreds: what comes before and after them is a pass or two.
//! With `--overheads`, what an epoch takes beside its steps.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anolab::data::{Partition, Pixels};
use anolab::eval::EpochMetric;
use anolab::score::{Images, LatestSearch, judge};
use anolab::spec::{AnoganTraining, GanomalyTraining, Network, RunConfig, Scoring, Sweep};
use anolab::train::{DeviceChoice, FitJob, FoundDevice, Observer, Trained, fit, step_multiplications};
use burn::tensor::{Device, Distribution, FloatDType, Tensor};
use burn::train::Interrupter;
use clap::Parser;
use rand::RngExt;

type Failure = Box<dyn std::error::Error>;

/// Steps after which the clock starts. On a GPU they compile and tune, and losses are read back every eight steps, so
/// that the device is then done with all of them.
fn warm_up(found: &FoundDevice) -> usize {
    if found.choice == DeviceChoice::Cpu { 2 } else { 8 }
}

/// Images that the latent search is timed with, and those that training shows again and again.
const SEARCHED: usize = 128;

/// Epochs by which overheads are measured, after one to warm up, and the images of each.
const EPOCHS: usize = 4;
const TRAINED: usize = 1024;
const HELD_OUT: usize = 128;

#[derive(Parser)]
struct Options {
    /// auto, cpu, cuda:N or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    #[arg(long, value_delimiter = ',', default_value = "32,64,128,256")]
    sizes: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    batches: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_value = "f32,bf16")]
    precisions: Vec<String>,
    #[arg(long, value_delimiter = ',', default_value = "ganomaly,anogan")]
    models: Vec<String>,
    /// Timed training steps, after some to warm up.
    #[arg(long, default_value_t = 24)]
    steps: usize,
    /// Steps of the latent search; 0 leaves it out.
    #[arg(long, default_value_t = 500)]
    search_steps: usize,
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
    /// Channels of the first layer.
    #[arg(long, default_value_t = 64)]
    width: usize,
    /// Only tell what an epoch takes beside its steps.
    #[arg(long)]
    overheads: bool,
    /// Only compare with PyTorch's golden values.
    #[arg(long)]
    parity: bool,
    /// Where the rows go.
    #[arg(long, required_unless_present_any = ["overheads", "parity"])]
    out: Option<PathBuf>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One executable goes to a machine with a GPU: by the name `anolab` it is the program, by another this benchmark or,
/// with `--parity`, the comparison with PyTorch.
fn main() -> ExitCode {
    match std::env::args().next().as_deref().map(Path::new).and_then(Path::file_stem).and_then(OsStr::to_str)
    {
        Some("anolab") => anolab::cli::main(),
        _ => match measure(&Options::parse()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn measure(options: &Options) -> Result<(), Failure> {
    let found = options.device.find()?;
    if options.parity {
        return compare(&found);
    }
    if options.overheads {
        return overheads(options, &found);
    }
    let out = options.out.as_deref().ok_or("`--out` must say where the rows go")?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut rows = csv::Writer::from_path(out)?;
    rows.write_record([
        "device",
        "framework",
        "work",
        "model",
        "size",
        "batch",
        "precision",
        "steps",
        "flop_per_image",
        "peak_flops",
        "images_per_second",
    ])?;
    for precision in &options.precisions {
        let peak = peak(&found.device, precision, options.repetitions)?;
        for (model, size, batch) in cells(options) {
            let setting = Setting::new(model, size, options.width, batch, precision)?;
            let flop = 2 * step_multiplications(&setting.run.fit);
            let rate = median(options.repetitions, || setting.training_rate(&found, options.steps))?;
            let row = Row { found: &found, model, size, batch, precision, peak };
            rows.write_record(row.of("training", options.steps, flop, rate))?;
            rows.flush()?;
        }
        for size in options.sizes.iter().filter(|_| options.search_steps > 0) {
            let setting = Setting::new("anogan", *size, options.width, 16, precision)?;
            let (trained, _) = setting.train(&found, 1)?;
            setting.search_rate(&found, &trained, 2)?; // compiles and tunes
            let rate =
                median(options.repetitions, || setting.search_rate(&found, &trained, options.search_steps))?;
            let row = Row { found: &found, model: "anogan", size: *size, batch: SEARCHED, precision, peak };
            rows.write_record(row.of("search", options.search_steps, 0, rate))?;
            rows.flush()?;
        }
    }
    Ok(())
}

#[cfg(feature = "parity")]
fn compare(found: &FoundDevice) -> Result<(), Failure> {
    if anolab::parity::compare(found) {
        Ok(())
    } else {
        Err("it computes something else than PyTorch".into())
    }
}

#[cfg(not(feature = "parity"))]
fn compare(_: &FoundDevice) -> Result<(), Failure> {
    Err("this build compares nothing; build with `--features parity`".into())
}

fn cells(options: &Options) -> impl Iterator<Item = (&str, usize, usize)> {
    options.models.iter().filter(|model| !model.is_empty()).flat_map(move |model| {
        let sizes = options.sizes.iter();
        sizes.flat_map(move |size| options.batches.iter().map(move |batch| (model.as_str(), *size, *batch)))
    })
}

/// What identifies a row.
struct Row<'a> {
    found: &'a FoundDevice,
    model: &'a str,
    size: usize,
    batch: usize,
    precision: &'a str,
    peak: f64,
}

impl Row<'_> {
    fn of(&self, work: &str, steps: usize, flop: u64, rate: f64) -> [String; 11] {
        let share = flop as f64 * rate / self.peak;
        let share =
            if flop > 0 { format!(", {:.0} % of a matrix product", share * 100.0) } else { String::new() };
        let Self { found, model, size, batch, precision, peak } = self;
        println!("{work} {model} {size}×{size} batch {batch} {precision}: {rate:.1} images/s{share}");
        [
            format!("{}: {}", found.choice, found.name),
            "anolab".into(),
            work.into(),
            model.to_string(),
            size.to_string(),
            batch.to_string(),
            precision.to_string(),
            steps.to_string(),
            flop.to_string(),
            format!("{peak:.0}"),
            format!("{rate:.2}"),
        ]
    }
}

fn median(repetitions: usize, mut once: impl FnMut() -> Result<f64, Failure>) -> Result<f64, Failure> {
    let mut rates = (0..repetitions.max(1)).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    rates.sort_by(f64::total_cmp);
    Ok(rates[rates.len() / 2])
}

/// Floating-point operations per second of a large matrix product; of a smaller one where the device has no room for
/// it.
fn peak(device: &Device, precision: &str, repetitions: usize) -> Result<f64, Failure> {
    let sides: &[usize] = if *device == Device::flex() { &[1024] } else { &[8192, 2048] };
    let mut failure = Failure::from("no matrix product was tried");
    for side in sides {
        match product_rate(*side, device, precision, repetitions) {
            Ok(rate) => return Ok(rate),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn product_rate(side: usize, device: &Device, precision: &str, repetitions: usize) -> Result<f64, Failure> {
    let of = |_| Tensor::<2>::random([side, side], Distribution::Default, device);
    let [a, b] = [0, 1].map(of).map(|tensor| match precision {
        "bf16" => tensor.cast(FloatDType::BF16),
        _ => tensor,
    });
    let product = || {
        let corner = a.clone().matmul(b.clone()).slice([0..1, 0..1]).cast(FloatDType::F32);
        corner
            .try_into_scalar::<f32>()
            .map_err(|error| format!("a matrix product of {side}×{side}: {error:?}"))
    };
    product()?; // compiles and tunes
    median(repetitions.max(3), || {
        let started = Instant::now();
        product()?;
        Ok(2.0 * (side as f64).powi(3) / started.elapsed().as_secs_f64())
    })
}

/// When the warm-up was over, and when the last step was.
struct Clock {
    warm_up: usize,
    times: Mutex<[Option<Instant>; 2]>,
}

impl Clock {
    fn new(warm_up: usize) -> Arc<Self> {
        Arc::new(Self { warm_up, times: Mutex::default() })
    }

    fn set(&self, which: usize) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times[which].get_or_insert_with(Instant::now);
    }

    fn seconds(&self) -> Result<f64, Failure> {
        match *self.times.lock().unwrap_or_else(PoisonError::into_inner) {
            [Some(from), Some(to)] => Ok(to.duration_since(from).as_secs_f64()),
            _ => Err("the training told nothing".into()),
        }
    }
}

impl Observer for Clock {
    fn epoch(&self, metrics: &[EpochMetric]) {
        if metrics.iter().any(|metric| metric.split == "train") {
            self.set(1);
        }
    }

    fn progress(&self, _: usize, done: usize, _: usize) {
        if done >= self.warm_up {
            self.set(0);
        }
    }
}

/// Prints what an epoch takes beside its steps, as Markdown.
fn overheads(options: &Options, found: &FoundDevice) -> Result<(), Failure> {
    println!("| model | size | width | epoch, s | steps | validation | checkpoint and next epoch |");
    println!("|---|---|---|---|---|---|---|");
    for (model, size, batch) in cells(options) {
        let setting = Setting::new(model, size, options.width, batch, "f32")?;
        let [epoch, steps, validation] = setting.epoch(found)?;
        let share = |seconds: f64| format!("{:.1} %", 100.0 * seconds / epoch);
        let rest = share(epoch - steps - validation);
        let (steps, validation, width) = (share(steps), share(validation), options.width);
        println!("| {model} | {size} | {width} | {epoch:.2} | {steps} | {validation} | {rest} |");
    }
    Ok(())
}

/// When steps, trainings and validations were done.
#[derive(Default)]
struct Epochs(Mutex<Vec<(Event, Instant)>>);

#[derive(Clone, Copy, PartialEq)]
enum Event {
    Step,
    Trained,
    Validated,
}

impl Epochs {
    fn note(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((event, Instant::now()));
    }

    /// Seconds of a whole epoch, of its steps and of its validation: means over all epochs but the first.
    fn seconds(&self) -> Result<[f64; 3], Failure> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends: Vec<_> = events.iter().filter(|(event, _)| *event == Event::Validated).collect();
        let ([(_, from), .., (_, to)], epochs) = (&ends[..], ends.len().saturating_sub(1) as f64) else {
            return Err("the training told nothing".into());
        };
        let between = |first, second| {
            let pairs = events.windows(2).filter(|pair| pair[0].1 >= *from && pair[1].1 <= *to);
            let pairs = pairs.filter(|pair| (pair[0].0, pair[1].0) == (first, second));
            pairs.map(|pair| pair[1].1.duration_since(pair[0].1).as_secs_f64()).collect::<Vec<_>>()
        };
        let steps = between(Event::Step, Event::Step);
        let mean_step = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
        let of_steps = steps.iter().sum::<f64>() + mean_step * epochs; // the first one has no beginning
        let validation = between(Event::Trained, Event::Validated).iter().sum::<f64>();
        Ok([to.duration_since(*from).as_secs_f64(), of_steps, validation].map(|seconds| seconds / epochs))
    }
}

impl Observer for Epochs {
    fn epoch(&self, metrics: &[EpochMetric]) {
        let training = metrics.iter().any(|metric| metric.split == "train");
        self.note(if training { Event::Trained } else { Event::Validated });
    }

    fn progress(&self, _: usize, _: usize, _: usize) {
        self.note(Event::Step);
    }
}

/// A model with gray images of noise: what they show changes no time.
struct Setting {
    run: RunConfig,
    pixels: Pixels,
    batch: usize,
}

impl Setting {
    fn new(model: &str, size: usize, width: usize, batch: usize, precision: &str) -> Result<Self, Failure> {
        let text = format!(
            "name = \"bench\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n[base]\n\
             model = \"{model}\"\nimage_size = {size}\nwidth = {width}\nbatch_size = {batch}\n\
             precision = \"{precision}\"\nepochs = 1\nholdout = 0.0\n"
        );
        let run = Sweep::parse("bench", &text)?.runs.remove(0);
        let mut bytes = vec![0; SEARCHED * size * size];
        rand::rng().fill(&mut bytes[..]);
        Ok(Self { run, pixels: Pixels::new(bytes, size, 1), batch })
    }

    /// Trains for so many steps.
    fn train(&self, found: &FoundDevice, steps: usize) -> Result<(Trained, Arc<Clock>), Failure> {
        let mut partition = Partition::none();
        partition.train = (0..steps * self.batch).map(|nth| nth % SEARCHED).collect();
        let clock = Clock::new(warm_up(found) * self.batch);
        Ok((self.fit(&self.run, found, &partition, clock.clone())?, clock))
    }

    fn fit(
        &self,
        run: &RunConfig,
        found: &FoundDevice,
        partition: &Partition,
        observer: Arc<dyn Observer>,
    ) -> Result<Trained, Failure> {
        let checkpoints = tempfile::tempdir()?;
        let outcome = fit(&FitJob {
            config: &run.fit,
            pixels: &self.pixels,
            partition,
            device: &found.device,
            checkpoints: checkpoints.path(),
            interrupter: &Interrupter::new(),
            observer,
        })?;
        Ok(outcome.trained)
    }

    /// Seconds of an epoch, of its steps and of its validation.
    fn epoch(&self, found: &FoundDevice) -> Result<[f64; 3], Failure> {
        let mut run = self.run.clone();
        if let Network::Anogan(AnoganTraining { gan, .. }) | Network::Ganomaly(GanomalyTraining { gan, .. }) =
            &mut run.fit.network
        {
            gan.epochs = EPOCHS + 1;
        }
        let mut partition = Partition::none();
        partition.train = (0..TRAINED).map(|nth| nth % SEARCHED).collect();
        partition.held_out = (0..HELD_OUT).map(|nth| nth % SEARCHED).collect();
        let epochs = Arc::new(Epochs::default());
        self.fit(&run, found, &partition, epochs.clone())?;
        epochs.seconds()
    }

    /// Images per second of whole training steps.
    fn training_rate(&self, found: &FoundDevice, steps: usize) -> Result<f64, Failure> {
        let (_, clock) = self.train(found, warm_up(found) + steps)?;
        Ok((steps * self.batch) as f64 / clock.seconds()?)
    }

    /// Images per second of a latent search of so many steps, by all of them but the first of each batch.
    fn search_rate(&self, found: &FoundDevice, trained: &Trained, steps: usize) -> Result<f64, Failure> {
        let mut run = self.run.clone();
        if let Scoring::Anogan(search) = &mut run.scoring {
            search.search_steps = steps + 1;
        }
        let partition = Partition::none();
        let indices: Vec<usize> = (0..SEARCHED).collect();
        let images = Images { pixels: &self.pixels, partition: &partition, indices: &indices };
        let ends = Mutex::new(Vec::new());
        judge(&run, trained, images, None, &found.device, &mut LatestSearch::default(), &|_| {
            ends.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
            ControlFlow::Continue(())
        })
        .ok_or("the search was stopped")?;
        let ends = ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seconds: f64 = ends.chunks(steps + 1).map(|ends| (ends[steps] - ends[0]).as_secs_f64()).sum();
        Ok(SEARCHED as f64 / seconds)
    }
}
