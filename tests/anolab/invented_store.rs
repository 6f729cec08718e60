//! A store as a sweep leaves it, with runs that nobody trained: tests and benches of reports use it.

use std::io::Cursor;
use std::path::Path;

use anolab::eval::measure::{AUROC, AUROC_UNLEAKED};
use anolab::eval::{EpochMetric, evaluate};
use anolab::id::WorkerId;
use anolab::spec::{Label, Split, Sweep};
use anolab::store::{Claim, JobRun, Picture, Provenance, Role, RunResult, ScoreValue, Status, Store};
use anolab::sweep::{Planned, plan, prepare, provenance};
use image::{GrayImage, ImageFormat, Luma};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};

/// Images of the training set that are scored, and such that training did not see.
const SAMPLE: usize = 100;
const HELD_OUT: usize = 20;
const EPOCHS: usize = 50;
const SIDE: u32 = 32;

/// A store of four runs a setting: GANomaly with so many w_con, AnoGAN with so many λ, two seeds each.
/// The first fit diverged. Each run has 320 scores and 12 pairs of pictures of 32×32 pixels; the
/// larger w_con or λ, the better the scores.
pub fn invented_store(path: &Path, settings: usize) -> Store {
    let list =
        |step: f64| (1..=settings).map(|nth| (nth as f64 * step).to_string()).collect::<Vec<_>>().join(", ");
    let text = format!(
        "name = \"invented\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 200 }}\n[base]\n\
         image_size = {SIDE}\nepochs = {EPOCHS}\n[grid]\nmodel = [\"ganomaly\", \"anogan\"]\nseed = [0, 1]\n\
         [grid.ganomaly]\nw_con = [{}]\n[grid.anogan]\nlambda = [{}]\n",
        list(1.0),
        list(1.0 / settings as f64),
    );
    let store = Store::open(path).expect("a new store");
    let sweep = Sweep::parse("invented.toml", &text).expect("the text above is right");
    let planned = plan("invented.toml", sweep).expect("drawn images");
    prepare(&planned, &store, false, &|| ()).expect("drawn images");
    let by = provenance("cpu: invented".into(), "anolab sweep run invented.toml".into());
    let mut random = StdRng::seed_from_u64(0);
    for nth in 0_u64.. {
        let Some(job) = store.claim("invented", &WorkerId::from_bytes(nth.to_be_bytes())).expect("a store")
        else {
            break;
        };
        store.record_start(&job.claim, &by).expect("a claimed fit");
        store.record_metrics(&job.claim, &losses(&mut random), 60.0).expect("a claimed fit");
        if nth == 0 {
            store
                .finish(&job.claim, Status::Diverged, Some("the loss is NaN in epoch 3"))
                .expect("a claimed fit");
            continue;
        }
        store.record_trained(&job.claim, "0", None, 1000.0).expect("a claimed fit");
        for run in &job.runs {
            record_run(&store, &by, &job.claim, run, &planned, &mut random);
        }
        store.finish(&job.claim, Status::Done, None).expect("a claimed fit");
    }
    store
}

pub fn losses(random: &mut StdRng) -> Vec<EpochMetric> {
    let names = ["generator", "discriminator", "adversarial", "contextual", "encoder"];
    let splits = [("train", 0.0), ("valid", 0.1)];
    let of = |split: &str, name: &str, epoch: usize, value: f64| EpochMetric {
        split: split.into(),
        name: name.into(),
        epoch,
        step: epoch * 3,
        value,
    };
    let mut metrics = Vec::new();
    for epoch in 1..=EPOCHS {
        for name in names {
            for (split, more) in splits {
                let value = 1.0 / epoch as f64 + more + 0.05 * random.random::<f64>();
                metrics.push(of(split, name, epoch, value));
            }
        }
    }
    metrics.push(of("valid", "diversity", EPOCHS, 0.9));
    metrics
}

pub fn record_run(
    store: &Store,
    by: &Provenance,
    claim: &Claim,
    run: &JobRun,
    planned: &Planned,
    random: &mut StdRng,
) {
    let config: serde_json::Value = serde_json::from_str(&run.config).expect("a configuration");
    let setting = config["fit"]["network"]["w_con"].as_f64().or(config["scoring"]["lambda"].as_f64());
    let shift = 0.5 + setting.unwrap_or_default().ln_1p();
    let (normal, anomaly) = (Normal::new(0.0, 1.0).expect("σ > 0"), Normal::new(shift, 1.0).expect("σ > 0"));
    let items = &planned.datasets[0].items;
    let of = |split: Split, label: Label| -> Vec<usize> {
        let is_wanted = |place: &usize| items[*place].split == split && items[*place].label == label;
        (0..items.len()).filter(is_wanted).collect()
    };
    let train = of(Split::Train, Label::Normal);
    let (test_normal, test_anomaly) = (of(Split::Test, Label::Normal), of(Split::Test, Label::Anomaly));
    let mut score = |position: &usize, distribution: &Normal<f64>, held_out| ScoreValue {
        position: *position,
        held_out,
        score: distribution.sample(random),
        ..ScoreValue::default()
    };
    let sample: Vec<_> = train[..SAMPLE].iter().map(|at| score(at, &normal, false)).collect();
    let held_out: Vec<_> =
        train[SAMPLE..SAMPLE + HELD_OUT].iter().map(|at| score(at, &normal, true)).collect();
    let on_normal: Vec<_> = test_normal.iter().map(|at| score(at, &normal, false)).collect();
    let on_anomaly: Vec<_> = test_anomaly.iter().map(|at| score(at, &anomaly, false)).collect();
    let values = |scores: &[ScoreValue]| scores.iter().map(|of| of.score).collect::<Vec<_>>();
    let mut measures = evaluate(&values(&on_normal), &values(&on_anomaly), &values(&held_out), 0.95);
    let auroc = measures.get(&AUROC);
    measures.extend([(&AUROC_UNLEAKED, auroc)]);
    let mut pictures = Vec::new();
    for places in [&test_normal, &test_anomaly] {
        for (nth, role) in [Role::Lowest, Role::Median, Role::Highest].into_iter().enumerate() {
            for rank in 0..2 {
                pictures.push(Picture {
                    position: places[2 * nth + rank],
                    role,
                    rank,
                    actual: picture(random),
                    reconstruction: picture(random),
                    mask: None,
                });
            }
        }
    }
    let scores = [sample, held_out, on_normal, on_anomaly].into_iter().flatten().collect();
    let result = RunResult {
        scores,
        measures,
        n_normal: test_normal.len(),
        n_anomaly: test_anomaly.len(),
        n_leaked: 0,
        masks: None,
        pictures,
        calibration: None,
        seconds: 2.0,
    };
    store.record_run_start(claim, &run.run_id, by).expect("a planned run");
    store.record_result(claim, &run.run_id, &result).expect("a claimed fit");
}

/// A slope with some noise, as a PNG.
fn picture(random: &mut StdRng) -> Vec<u8> {
    let image =
        GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([(x * 3 + y * 3) as u8 + random.random_range(0..32)]));
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png).expect("writing to memory");
    file.into_inner()
}
