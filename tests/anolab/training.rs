//! What training and judging promise: repeatable, resumable, image by image.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anolab::data::{Dataset, Partition, Pixels, pixels};
use anolab::eval::EpochMetric;
use anolab::score::{Images, Judged, LatestSearch, judge};
use anolab::spec::{Gray, Network, RunConfig, Scoring, Sweep};
use anolab::train::{FitJob, Observer, TrainError, Trained, fit};
use burn::tensor::Device;
use burn::train::Interrupter;

use super::project::{Project, TINY};

/// Stops the training when an epoch begins.
struct StopAt {
    epoch: usize,
    interrupter: Interrupter,
    seen: Mutex<Vec<EpochMetric>>,
}

impl Observer for StopAt {
    fn epoch(&self, metrics: &[EpochMetric]) {
        self.seen.lock().unwrap().extend_from_slice(metrics);
    }

    fn progress(&self, epoch: usize, _: usize, _: usize) {
        if epoch >= self.epoch {
            self.interrupter.stop(Some("enough"));
        }
    }

    /// After every epoch, however slow the disk.
    fn checkpoint_share(&self) -> f64 {
        f64::INFINITY
    }
}

struct Setting {
    config: RunConfig,
    dataset: Dataset,
    pixels: Pixels,
    partition: Partition,
}

/// Models and settings that everything below must hold for.
const MODELS: [&str; 6] = [
    "anogan",
    "ganomaly",
    "anogan\"\nencoder = true\nupdates = \"alternating\"\nstart = \"encoder\"\nresidual = \"weighted\"\n\
     augment = \"dihedral",
    "ganomaly\"\ntrain_second_encoder = false\nscore = \"combined\"\nresidual = \"squared\"\n\
     white_level = 200.0\naugment = \"flip",
    "anogan\"\ndropout = 0.3\nupdates = \"alternating\"\nweighing = \"standard\"\ndiscriminator = \"plain",
    "ganomaly\"\niterations = 11\nfeature_matching = \"mean",
];

/// `model` may bring further settings with it.
fn setting(model: &str, epochs: usize) -> Setting {
    let text = format!(
        "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 32 }}\n[base]\n\
         model = \"{model}\"\n\
         image_size = 16\nwidth = 4\nlatent_size = 8\nbatch_size = 8\nepochs = {epochs}\nseed = 7\nholdout = 0.25\n\
         search_steps = 4\n"
    );
    let sweep = Sweep::parse("t.toml", &text).unwrap();
    let config = sweep.runs[0].clone();
    let dataset = Dataset::open(&sweep.datasets[0]).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let pixels = pixels(&dataset, 16, 1, Gray::Rec601, cache.path(), &|| ()).unwrap();
    let partition = Partition::new(&dataset, 7, 0.25, 8).unwrap();
    Setting { config, dataset, pixels, partition }
}

impl Setting {
    fn train(&self, checkpoints: &Path, stop_at: usize) -> (Result<Trained, TrainError>, Vec<EpochMetric>) {
        let interrupter = Interrupter::new();
        let observer =
            Arc::new(StopAt { epoch: stop_at, interrupter: interrupter.clone(), seen: Mutex::default() });
        let outcome = fit(&FitJob {
            config: &self.config.fit,
            pixels: &self.pixels,
            partition: &self.partition,
            device: &Device::flex(),
            checkpoints,
            interrupter: &interrupter,
            observer: observer.clone(),
        });
        let seen = observer.seen.lock().unwrap().clone();
        (outcome.map(|outcome| outcome.trained), seen)
    }

    /// Held-out and test images.
    fn judged(&self) -> Vec<usize> {
        [&self.partition.held_out[..], &self.partition.test].concat()
    }

    fn judge(&self, trained: &Trained, indices: &[usize]) -> Judged {
        let go_on = |_| ControlFlow::Continue(());
        let images = Images { pixels: &self.pixels, partition: &self.partition, indices };
        let latest = &mut LatestSearch::default();
        judge(&self.config, trained, images, None, &Device::flex(), latest, &go_on).unwrap()
    }
}

/// The tensors of a network by name. (The file's header lists them in no fixed order.)
fn weights(trained: &Trained) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    trained.save(&path).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let tensors: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&bytes[8..header]).unwrap();
    let place =
        |tensor: &serde_json::Value, end: usize| tensor["data_offsets"][end].as_u64().unwrap() as usize;
    tensors
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
        .map(|(name, tensor)| (name, bytes[header + place(&tensor, 0)..header + place(&tensor, 1)].to_vec()))
        .collect()
}

const NEVER: usize = usize::MAX;

#[test]
fn the_same_point_gives_the_same_weights_and_scores() {
    for model in MODELS {
        let setting = setting(model, 2);
        let run = || {
            let folder = tempfile::tempdir().unwrap();
            let (trained, metrics) = setting.train(folder.path(), NEVER);
            let trained = trained.unwrap();
            (weights(&trained), setting.judge(&trained, &setting.judged()).scores, metrics)
        };
        let (one, two) = (run(), run());
        assert!(one.0 == two.0, "{model}: weights differ");
        assert_eq!(one.1, two.1, "{model}");
        assert_eq!(one.2, two.2, "{model}");
        assert!(one.1.iter().all(|score| score.score.is_finite()));
    }
}

#[test]
fn a_resumed_fit_ends_as_one_that_never_stopped() {
    for model in MODELS {
        let setting = setting(model, 4);
        let (whole_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (whole, whole_metrics) = setting.train(whole_folder.path(), NEVER);
        let (stopped, first) = setting.train(folder.path(), 3);
        assert!(matches!(stopped, Err(TrainError::Interrupted)), "{model}: {stopped:?}");
        let (resumed, second) = setting.train(folder.path(), NEVER);
        assert!(weights(&whole.unwrap()) == weights(&resumed.unwrap()), "{model}: weights differ");
        let epochs = |metrics: &[EpochMetric]| metrics.iter().map(|metric| metric.epoch).max();
        assert!(epochs(&first) <= Some(3) && epochs(&second) == Some(4), "{model}");
        let last = |metrics: &[EpochMetric]| -> Vec<EpochMetric> {
            metrics.iter().filter(|metric| metric.epoch == 4).cloned().collect()
        };
        assert_eq!(last(&whole_metrics), last(&second), "{model}");
    }
}

/// A checkpoint that is damaged costs an epoch, or the whole way, and changes nothing.
#[test]
fn a_damaged_checkpoint_is_not_used() {
    type Damage = fn(&Path);
    let truncated: Damage = |file| {
        let length = file.metadata().unwrap().len();
        std::fs::File::options().write(true).open(file).unwrap().set_len(length / 2).unwrap();
    };
    let flipped: Damage = |file| {
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(file, bytes).unwrap();
    };
    let emptied: Damage = |file| std::fs::write(file, []).unwrap();
    let setting = setting("ganomaly", 5);
    let (whole, metrics) = setting.train(tempfile::tempdir().unwrap().path(), NEVER);
    let whole = weights(&whole.unwrap());
    let first_epoch = |metrics: &[EpochMetric]| metrics.iter().map(|metric| metric.epoch).min();
    // What is damaged, how, and the epoch that training then goes on with.
    for (damaged, damage, goes_on) in [
        (&["model-3"][..], flipped, 3),
        (&["optimizer-3"], truncated, 3),
        (&["scheduler-3"], emptied, 3),
        (&["model-3", "model-2"], truncated, 1),
        (&[], flipped, 4),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(setting.train(folder.path(), 4).0, Err(TrainError::Interrupted)));
        let mut count = 0;
        for entry in std::fs::read_dir(folder.path().join("kernels-2")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            if damaged.iter().any(|start| name.starts_with(start)) {
                damage(&path);
                count += 1;
            }
        }
        assert_eq!(count, damaged.len(), "{damaged:?}");
        let (resumed, rest) = setting.train(folder.path(), NEVER);
        assert_eq!(first_epoch(&rest), Some(goes_on), "{damaged:?}");
        assert!(weights(&resumed.unwrap()) == whole, "{damaged:?}: weights differ");
        let last = |metrics: &[EpochMetric]| -> Vec<EpochMetric> {
            metrics.iter().filter(|metric| metric.epoch == 5).cloned().collect()
        };
        assert_eq!(last(&rest), last(&metrics), "{damaged:?}");
    }
}

/// Decoded images that are damaged are decoded anew.
#[test]
fn a_damaged_cache_of_images_is_not_used() {
    let setting = setting("ganomaly", 1);
    let cache = tempfile::tempdir().unwrap();
    let read = || {
        let pixels = pixels(&setting.dataset, 16, 1, Gray::Rec601, cache.path(), &|| ()).unwrap();
        (0..setting.dataset.items.len()).map(|index| pixels.image(index).to_vec()).collect::<Vec<_>>()
    };
    let before = read();
    let file = std::fs::read_dir(cache.path()).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    for place in [0, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(read(), before);
        assert_eq!(std::fs::read(&file).unwrap(), whole, "it is written anew");
    }
}

/// An image's score must not depend on which other images are judged with it.
#[test]
fn images_are_judged_by_themselves() {
    for model in ["anogan", "ganomaly"] {
        let setting = setting(model, 1);
        let folder = tempfile::tempdir().unwrap();
        let trained = setting.train(folder.path(), NEVER).0.unwrap();
        let test = &setting.partition.test;
        let together = setting.judge(&trained, test);
        let alone = setting.judge(&trained, &test[5..6]);
        let (one, other) = (together.scores[5].score, alone.scores[0].score);
        assert!((one - other).abs() <= 1e-5 * one.abs(), "{model}: {one} with others, {other} alone");
    }
}

/// More steps of the search must find a better image, and λ must weigh the two losses.
#[test]
fn the_latent_search_lowers_its_loss() {
    let mut setting = setting("anogan", 2);
    let folder = tempfile::tempdir().unwrap();
    let trained = setting.train(folder.path(), NEVER).0.unwrap();
    let test = setting.partition.test.clone();
    let mut scores = |steps: usize, lambda: f64| -> Vec<f64> {
        let Scoring::Anogan(search) = &mut setting.config.scoring else { panic!("not AnoGAN") };
        (search.search_steps, search.lambda, search.search_learning_rate) = (steps, lambda, 0.1);
        let judged = setting.judge(&trained, &test);
        for score in &judged.scores {
            let anolab::score::Parts::Anogan { residual, discrimination } = score.parts else { panic!() };
            let expected = (1.0 - lambda) * residual + lambda * discrimination;
            assert!((score.score - expected).abs() <= 1e-4 * expected.abs(), "{score:?}");
        }
        judged.scores.iter().map(|score| score.score).collect()
    };
    for lambda in [0.0, 0.3] {
        let (few, many) = (scores(1, lambda), scores(40, lambda));
        let better = few.iter().zip(&many).filter(|(few, many)| many < few).count();
        assert_eq!(better, few.len(), "λ {lambda}: {few:?} after one step, {many:?} after forty");
    }
}

/// Scores of a model with further settings, trained and judged by itself.
fn scores_with(model: &str, settings: &str) -> Vec<f64> {
    let setting = setting(&format!("{model}\"\n{settings}\naugment = \"none"), 2);
    let folder = tempfile::tempdir().unwrap();
    let trained = setting.train(folder.path(), NEVER).0.unwrap();
    setting.judge(&trained, &setting.judged()).scores.iter().map(|score| score.score).collect()
}

/// What a grid makes one run of gives the same scores where each cell is trained and judged by itself.
#[test]
fn settings_without_effect_change_no_score() {
    for (model, one, other) in [
        ("ganomaly", "residual = \"squared\"", "residual = \"weighted\""),
        ("ganomaly", "score = \"latent_l1\"\nresidual = \"squared\"", "score = \"latent_l1\""),
        ("ganomaly", "score = \"contextual\"\nlatent_encoder = \"first\"", "score = \"contextual\""),
        ("ganomaly", "w_enc = 0.0\ntrain_second_encoder = false", "w_enc = 0.0"),
        ("ganomaly", "w_adv = 0.0\nfeature_matching = \"mean\"", "w_adv = 0.0"),
        ("anogan", "lambda = 1.0\nresidual = \"squared\"", "lambda = 1.0\nresidual = \"weighted\""),
        ("anogan", "encoder = true", "encoder = false"),
    ] {
        assert_eq!(scores_with(model, one), scores_with(model, other), "{model}: {one} | {other}");
    }
    for (model, one, other) in [
        ("ganomaly", "score = \"combined\"\nresidual = \"squared\"", "score = \"combined\""),
        ("ganomaly", "feature_matching = \"mean\"", "feature_matching = \"image\""),
        ("ganomaly", "latent_encoder = \"first\"", "latent_encoder = \"second\""),
        ("ganomaly", "iterations = 5", "iterations = 6"),
        ("anogan", "dropout = 0.3", "dropout = 0.0"),
        ("anogan", "discriminator = \"plain\"", "discriminator = \"trunk\""),
    ] {
        assert_ne!(scores_with(model, one), scores_with(model, other), "{model}: {one} | {other}");
    }
}

/// A(x) = (1 − λ)·(R − μ_R)/s_R + λ·(D − μ_D)/s_D, so that λ weighs alike whatever the residual is; other images are
/// judged by what the held-out ones told.
#[test]
fn standard_weighing_is_its_formula() {
    for residual in ["absolute", "squared", "weighted"] {
        let text = format!("anogan\"\nresidual = \"{residual}\"\nlambda = 0.4\nweighing = \"standard");
        let setting = setting(&text, 2);
        let folder = tempfile::tempdir().unwrap();
        let trained = setting.train(folder.path(), NEVER).0.unwrap();
        let judged = setting.judge(&trained, &setting.judged());
        let of_parts = |part: usize| -> Vec<f64> {
            let both = judged.scores.iter().map(|score| match score.parts {
                anolab::score::Parts::Anogan { residual, discrimination } => [residual, discrimination],
                other => panic!("{other:?}"),
            });
            both.map(|both| both[part]).collect()
        };
        let standard = |values: &[f64]| -> Vec<f64> {
            let held_out = &values[..setting.partition.held_out.len()];
            let count = held_out.len() as f64;
            let mean = held_out.iter().sum::<f64>() / count;
            let squares: f64 = held_out.iter().map(|value| (value - mean).powi(2)).sum();
            values.iter().map(|value| (value - mean) / (squares / (count - 1.0)).sqrt()).collect()
        };
        let (residuals, discriminations) = (standard(&of_parts(0)), standard(&of_parts(1)));
        for (nth, score) in judged.scores.iter().enumerate() {
            let expected = 0.6 * residuals[nth] + 0.4 * discriminations[nth];
            assert!(
                (score.score - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{residual}: {score:?}, {expected}"
            );
        }
        let (go_on, test) = (|_| ControlFlow::Continue(()), &setting.partition.test);
        let none = Partition::none();
        let images = Images { pixels: &setting.pixels, partition: &none, indices: test };
        let known = Some(&judged.calibration);
        let latest = &mut LatestSearch::default();
        let later = judge(&setting.config, &trained, images, known, &Device::flex(), latest, &go_on).unwrap();
        let before = &judged.scores[setting.partition.held_out.len()..];
        for (later, before) in later.scores.iter().zip(before) {
            assert!(
                (later.score - before.score).abs() <= 1e-4 * before.score.abs().max(1.0),
                "{later:?}, {before:?}"
            );
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_the_fit() {
    let mut setting = setting("ganomaly", 2);
    let Network::Ganomaly(training) = &mut setting.config.fit.network else { panic!("not GANomaly") };
    training.gan.learning_rate = 1e30;
    let folder = tempfile::tempdir().unwrap();
    let (outcome, _) = setting.train(folder.path(), NEVER);
    assert!(
        matches!(outcome, Err(TrainError::Diverged(ref why)) if why.epoch > 0 && !why.value.is_finite()),
        "{outcome:?}"
    );
    assert_eq!(setting.dataset.dropped, 0);
}

/// The kernels compute what burn's operations do, and provenance tells which were used.
#[test]
fn both_ways_of_computing_agree_and_are_told() {
    let text = TINY.replace("seed = [0, 1]", "seed = 0");
    let (own, of_burn) = (Project::with_sweep(&text), Project::with_sweep(&text));
    let run = ["sweep", "run", "sweep.toml", "--device", "cpu"];
    own.ok(&run);
    let ran = of_burn.command(&run).env("ANOLAB_KERNELS", "burn").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let devices = |project: &Project| project.sql("SELECT DISTINCT device FROM runs").remove(0);
    assert!(devices(&own).contains("kernels-2") && devices(&of_burn).contains("burn"), "{}", devices(&own));
    let scores = |project: &Project| -> Vec<f64> {
        let rows = project.sql("SELECT score FROM scores ORDER BY run_id, split, label, image");
        rows.iter().map(|row| row.parse().unwrap()).collect()
    };
    let (own, of_burn) = (scores(&own), scores(&of_burn));
    assert_eq!(own.len(), of_burn.len());
    assert_ne!(own, of_burn, "they round differently");
    for (own, of_burn) in own.iter().zip(&of_burn) {
        assert!((own - of_burn).abs() <= 1e-2 * of_burn.abs().max(1e-3), "{own} and {of_burn}");
    }
}
