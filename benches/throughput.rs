//! Images per second of training and of judging on the CPU, by model and size: `just bench`.

use std::ops::ControlFlow;
use std::sync::Arc;

use anolab::data::{Dataset, Partition, pixels};
use anolab::eval::EpochMetric;
use anolab::score::{Images, LatestSearch, judge};
use anolab::spec::{Gray, Sweep};
use anolab::train::{FitJob, Observer, Trained, fit};
use burn::tensor::Device;
use burn::train::Interrupter;
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

struct Silent;

impl Observer for Silent {
    fn epoch(&self, _: &[EpochMetric]) {}
    fn progress(&self, _: usize, _: usize, _: usize) {}
}

struct Setting {
    sweep: Sweep,
    pixels: anolab::data::Pixels,
    partition: Partition,
}

impl Setting {
    fn new(model: &str, size: usize) -> Self {
        let text = format!(
            "name = \"bench\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 64 }}\n[base]\n\
             model = \"{model}\"\nimage_size = {size}\nwidth = 16\nbatch_size = 32\nepochs = 1\nholdout = 0.0\n\
             search_steps = 10\n"
        );
        let sweep = Sweep::parse("bench.toml", &text).expect("the text above is right");
        let dataset = Dataset::open(&sweep.datasets[0]).expect("drawn images");
        let cache = tempfile::tempdir().expect("a temporary folder");
        let pixels = pixels(&dataset, size, 1, Gray::Rec601, cache.path(), &|| ()).expect("drawn images");
        let partition = Partition::new(&dataset, 0, 0.0, 32).expect("two batches");
        Self { sweep, pixels, partition }
    }

    fn train(&self) -> Trained {
        let checkpoints = tempfile::tempdir().expect("a temporary folder");
        fit(&FitJob {
            config: &self.sweep.runs[0].fit,
            pixels: &self.pixels,
            partition: &self.partition,
            device: &Device::flex(),
            checkpoints: checkpoints.path(),
            interrupter: &Interrupter::new(),
            observer: Arc::new(Silent),
        })
        .expect("two steps of training")
        .trained
    }
}

#[divan::bench(args = [32, 64], sample_count = 5)]
fn train_anogan(bencher: Bencher, size: usize) {
    train(bencher, "anogan", size);
}

#[divan::bench(args = [32, 64], sample_count = 5)]
fn train_ganomaly(bencher: Bencher, size: usize) {
    train(bencher, "ganomaly", size);
}

fn train(bencher: Bencher, model: &str, size: usize) {
    let setting = Setting::new(model, size);
    bencher.counter(ItemsCount::new(64_usize)).bench_local(|| setting.train());
}

#[divan::bench(args = [32, 64], sample_count = 5)]
fn search_anogan_ten_steps(bencher: Bencher, size: usize) {
    judged(bencher, "anogan", size);
}

#[divan::bench(args = [32, 64], sample_count = 5)]
fn judge_ganomaly(bencher: Bencher, size: usize) {
    judged(bencher, "ganomaly", size);
}

fn judged(bencher: Bencher, model: &str, size: usize) {
    let setting = Setting::new(model, size);
    let trained = setting.train();
    let (run, indices) = (&setting.sweep.runs[0], &setting.partition.test);
    bencher.counter(ItemsCount::new(indices.len())).bench_local(|| {
        let go_on = |_| ControlFlow::Continue(());
        let images = Images { pixels: &setting.pixels, partition: &setting.partition, indices };
        judge(run, &trained, images, None, &Device::flex(), &mut LatestSearch::default(), &go_on)
    });
}
