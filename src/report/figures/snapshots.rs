//! Figures of invented runs as the text of their SVGs: whatever changes in what is drawn shows in a diff.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};

use super::{
    cost_quality, heatmap, parallel_coordinates, precision_recall, reconstructions, residual_maps,
    residual_masks, roc, scatter, sensitivity,
};
use crate::eval::{Measured, measure};
use crate::report::draw::figure::{Figure, svg};
use crate::report::draw::theme::Style;
use crate::report::select::run_groups::{Group, ModelRuns, SeedRun};
use crate::report::select::sweep_runs::Trials;
use crate::report::select::sweep_runs::tests::made_of;
use crate::spec::Label;
use crate::store::{PictureRow, Portion, Role, RunRow, ScoreRow};

/// Two seeds of a model whose anomalies score higher on the whole.
fn seeds(model: &str) -> ModelRuns {
    let kinds = [
        (Portion::Train, Label::Normal, 6, 0.0),
        (Portion::HeldOut, Label::Normal, 10, 0.1),
        (Portion::Test, Label::Normal, 8, 0.2),
        (Portion::Test, Label::Anomaly, 8, 2.5),
    ];
    let seed = |seed: i64| {
        let scores = kinds.iter().flat_map(|(split, label, count, shift)| {
            (0..*count).map(move |nth: i64| ScoreRow {
                image: format!("{split}/{label}/{nth}"),
                split: *split,
                label: *label,
                score: shift + ((nth * 7 + seed * 3) % 10) as f64 / 2.0,
                hash: None,
            })
        });
        let run = RunRow {
            run_id: format!("{seed}{:x}{:0>30}", model.len(), 0).parse().unwrap(),
            model: model.into(),
            seed,
            git_commit: Some("0123456789abcdef+".into()),
            device: Some("cpu: invented".into()),
            measures: Measured::from([
                (&measure::AUROC, Some(0.8)),
                (&measure::AUROC_LOW, Some(0.6)),
                (&measure::AUROC_HIGH, Some(0.9)),
                (&measure::AVERAGE_PRECISION, Some(0.7 + seed as f64 / 10.0)),
                (&measure::PIXEL_AUROC, Some(0.95)),
                (&measure::THRESHOLD, Some(4.5)),
            ]),
            n_normal: 8,
            n_anomaly: 8,
            ..RunRow::default()
        };
        SeedRun { run, scores: scores.collect() }
    };
    let seeds = vec![seed(0), seed(1)];
    ModelRuns { shown: seeds[0].run.clone(), seeds, pictures: Vec::new(), curves: Vec::new() }
}

fn group() -> Group {
    let models = ["anogan", "ganomaly"].map(seeds).into();
    Group { sweep: "invented".into(), dataset: None, image_size: 32, channels: 1, models }
}

/// The first model tells the labels apart better than the second.
fn group_of_unequal_models() -> Group {
    let mut group = group();
    for seed in &mut group.models[1].seeds {
        for score in seed.scores.iter_mut().filter(|score| score.label == Label::Anomaly) {
            score.score -= 1.5;
        }
    }
    group
}

/// Side of the invented pictures.
const SIDE: u32 = 8;

fn png(gray: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let image = GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([gray(x, y)]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A ramp whose odd columns the reconstruction brightens; anomalies have a bright defect, the larger the higher
/// their score, that the reconstruction lacks and the mask shows.
fn picture(label: Label, nth: u32, role: Role, rank: u32) -> PictureRow {
    let is_anomaly = label == Label::Anomaly;
    let defect = |x, y| is_anomaly && (2..=3 + nth).contains(&x) && (3..=4 + rank).contains(&y);
    let ramp = |x, y| (20 + 16 * x + 8 * y) as u8;
    PictureRow {
        image: format!("test/{}/{}-{rank}.png", label.name(), role.name()),
        label,
        role,
        score: f64::from(10 * nth + rank) + if is_anomaly { 5.0 } else { 0.0 },
        actual: png(|x, y| if defect(x, y) { 240 } else { ramp(x, y) }),
        reconstruction: png(|x, y| ramp(x, y) + 20 * (x % 2) as u8),
        mask: is_anomaly.then(|| png(|x, y| 255 * u8::from(defect(x, y)))),
    }
}

fn group_of_pictures() -> Group {
    let mut group = Group { image_size: SIDE.into(), ..group() };
    for model in &mut group.models {
        for label in [Label::Normal, Label::Anomaly] {
            for (nth, role) in (0..).zip([Role::Lowest, Role::Median, Role::Highest]) {
                model.pictures.extend([0, 1].map(|rank| picture(label, nth, role, rank)));
            }
        }
    }
    group
}

fn trials() -> Vec<Trials> {
    vec![made_of(&[
        ("1", "x", 0, Some(0.5)),
        ("1", "x", 1, Some(0.6)),
        ("2", "x", 0, Some(0.7)),
        ("2", "y", 0, Some(0.9)),
        ("1", "y", 1, None),
    ])]
}

fn is_as_before(name: &str, figure: &impl Figure) {
    insta::assert_snapshot!(name, svg(figure).unwrap());
}

#[test]
fn figures_of_scores_are_as_before() {
    let group = group();
    is_as_before("scatter", &scatter::Scatter::new(&group, Style::Accessible));
    is_as_before("scatter-paper", &scatter::Scatter::new(&group, Style::Paper));
}

#[test]
fn curves_are_as_before() {
    let group = group_of_unequal_models();
    is_as_before("roc", &roc::Roc::new(&group));
    is_as_before("precision-recall", &precision_recall::PrecisionRecall::new(&group));
}

#[test]
fn figures_of_images_are_as_before() {
    let group = group_of_pictures();
    let model = &group.models[1];
    for choice in reconstructions::Choice::ALL {
        is_as_before(choice.name(), &reconstructions::Pairs::new(&group, choice).unwrap());
    }
    is_as_before("residual-maps", &residual_maps::Residuals::new(&group, model).unwrap());
    is_as_before("residual-masks", &residual_masks::Maps::new(&group, model).unwrap().unwrap());
}

#[test]
fn figures_of_sweeps_are_as_before() {
    let trials = trials();
    is_as_before("sensitivity", &sensitivity::Sensitivity::new(&trials[0]));
    is_as_before("heatmap", &heatmap::Heatmap::new(&trials[0]).unwrap());
    is_as_before("parallel", &parallel_coordinates::Parallel::new(&trials[0]).unwrap());
    is_as_before("cost", &cost_quality::Cost::new(&trials));
}
