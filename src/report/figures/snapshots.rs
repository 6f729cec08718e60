//! Figures of invented runs as the text of their SVGs: whatever changes in what is drawn shows in a diff.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};

use super::{
    cost_quality, densities, heatmap, loss_curves, parallel_coordinates, precision_recall, reconstructions,
    residual_maps, residual_masks, roc, scatter, sensitivity, threshold_calibration,
};
use crate::eval::{Measured, measure};
use crate::report::draw::figure::{Figure, Look, svg};
use crate::report::draw::style::Style;
use crate::report::draw::text::text_width;
use crate::report::draw::units::Width;
use crate::report::select::run_groups::{Curve, Group, ModelRuns, SeedRun};
use crate::report::select::sweep_runs::Trials;
use crate::report::select::sweep_runs::tests::made_of;
use crate::spec::Label;
use crate::store::{CurvePoint, PictureRow, Portion, Role, RunRow, ScoreRow};

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
    ModelRuns {
        shown: seeds[0].run.clone(),
        setting: "w_con 50".into(),
        how: "the sweep’s first setting".into(),
        seeds,
        pictures: Vec::new(),
        curves: Vec::new(),
    }
}

pub(super) fn group() -> Group {
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

/// Two losses of three seeds, one of which diverged, and one of which collapsed at the end.
fn group_of_curves() -> Group {
    let mut group = group();
    let point = |split: &str, name: &str, epoch: i64, value: f64| CurvePoint {
        split: split.into(),
        name: name.into(),
        epoch,
        value,
    };
    group.models[1].curves = (0..3)
        .map(|seed| Curve {
            seed,
            lost: (seed == 1).then(|| "diverged (01234567)".into()),
            points: (1..=4)
                .flat_map(|epoch| {
                    let value = (seed + 1) as f64 / epoch as f64;
                    [
                        point("train", "contextual", epoch, value),
                        point("valid", "contextual", epoch, 1.2 * value),
                        point("valid", "diversity", epoch, if seed == 2 { value / 4.0 } else { 0.8 }),
                    ]
                })
                .collect(),
        })
        .collect();
    group
}

/// As many values of `a`, with a value of `b` each, and two seeds.
fn trials_of(values: usize) -> Trials {
    let names: Vec<String> = (1..=values).map(|nth| format!("{}", nth * nth)).collect();
    let runs: Vec<(&str, &str, i64, Option<f64>)> = names
        .iter()
        .enumerate()
        .flat_map(|(nth, a)| {
            [0, 1].map(|seed: usize| {
                let b = ["none", "a rather long name", "dihedral"][(nth + seed) % 3];
                let auroc = 0.5 + 0.4 * (nth as f64 * 0.37 + seed as f64 * 0.1).sin();
                (a.as_str(), b, seed as i64, Some(auroc))
            })
        })
        .collect();
    made_of(&runs)
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

/// The widths of one and of both columns of a page.
const COLUMN: &str = "8.5cm";
const PAGE: &str = "17.5cm";

fn drawn(figure: &impl Figure, width: &str) -> String {
    svg(figure, Look { width: width.parse().unwrap(), ..Look::default() }).unwrap()
}

fn is_as_before(name: &str, figure: &impl Figure) {
    for width in [COLUMN, PAGE] {
        is_readable(name, &drawn(figure, width), width.parse().unwrap());
    }
    insta::assert_snapshot!(name, drawn(figure, COLUMN));
}

/// At its width in print every text has 6 points or more, and lies inside.
fn is_readable(name: &str, svg: &str, width: Width) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let number = |node: &roxmltree::Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let root = document.root_element();
    let view: Vec<f64> =
        root.attribute("viewBox").unwrap().split(' ').map(|of| of.parse().unwrap()).collect();
    let printed: f64 = root.attribute("width").unwrap().strip_suffix("pt").unwrap().parse().unwrap();
    assert!((printed - width.points()).abs() < 0.1, "{name} is printed {printed} pt wide");
    let points = printed / view[2];
    let texts: Vec<_> = document.descendants().filter(|node| node.has_tag_name("text")).collect();
    assert!(texts.len() > 3, "{name}");
    for node in texts {
        let (size, words) = (number(&node, "font-size"), node.text().unwrap().trim());
        assert!(size * points >= 6.0 - 1e-6, "{name} at {width}: `{words}` has {:.1} pt", size * points);
        if node.attribute("transform").is_some() {
            continue;
        }
        let wide = f64::from(text_width(words, size / 10.0));
        let left = number(&node, "x")
            - match node.attribute("text-anchor").unwrap() {
                "middle" => wide / 2.0,
                "end" => wide,
                _ => 0.0,
            };
        let inside = left >= -15.0 && left + wide <= view[2] + 15.0 && number(&node, "y") <= view[3];
        assert!(inside, "{name} at {width}: `{words}` leaves the figure");
    }
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
        is_as_before(choice.name(), &reconstructions::Pairs::new(&group, choice).unwrap().unwrap());
    }
    is_as_before("residual-maps", &residual_maps::Residuals::new(&group, model).unwrap().unwrap());
    is_as_before("residual-masks", &residual_masks::Maps::new(&group, model).unwrap().unwrap());
}

#[test]
fn figures_of_sweeps_are_as_before() {
    let trials = trials();
    is_as_before("sensitivity", &sensitivity::Sensitivity::new(&trials[0]));
    is_as_before("heatmap", &heatmap::Heatmap::new(&trials[0]).unwrap());
    is_as_before("parallel", &parallel_coordinates::Parallel::new(&trials[0]).unwrap());
    is_as_before("cost", &cost_quality::Cost::new(&trials).unwrap());
}

#[test]
fn figures_of_trainings_are_as_before() {
    let group = group_of_curves();
    is_as_before("losses", &loss_curves::Curves::new(&group, &group.models[1]).unwrap());
    is_as_before("densities", &densities::Densities::new(&group, Style::Accessible));
    is_as_before("calibration", &threshold_calibration::Calibration::new(&group).unwrap());
}

/// Whatever the number of values, no word lies over another one of its figure.
#[test]
fn many_values_and_few_are_readable() {
    for values in [2, 7, 50] {
        let trials = trials_of(values);
        let figures: [(&str, String); 6] = [COLUMN, PAGE]
            .map(|width| {
                [
                    ("sensitivity", drawn(&sensitivity::Sensitivity::new(&trials), width)),
                    ("heat map", drawn(&heatmap::Heatmap::new(&trials).unwrap(), width)),
                    ("parallel", drawn(&parallel_coordinates::Parallel::new(&trials).unwrap(), width)),
                ]
            })
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        for (nth, (name, svg)) in figures.iter().enumerate() {
            is_readable(name, svg, if nth < 3 { COLUMN } else { PAGE }.parse().unwrap());
            words_lie_apart(&format!("{name} of {values}"), svg);
        }
    }
}

fn words_lie_apart(name: &str, svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let boxes: Vec<(String, [f64; 4])> = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| {
            let number = |name: &str| -> f64 { node.attribute(name).unwrap().parse().unwrap() };
            let (words, size) = (node.text().unwrap().trim().to_string(), number("font-size"));
            let wide = f64::from(text_width(&words, size / 10.0));
            let (x, y) = (number("x"), number("y"));
            let start = match node.attribute("text-anchor").unwrap() {
                "middle" => -wide / 2.0,
                "end" => -wide,
                _ => 0.0,
            };
            let up = match node.attribute("dy").unwrap() {
                "0.76em" => 0.0,
                "0.5ex" => -size / 2.0,
                _ => -size,
            };
            let turned = node.attribute("transform").is_some();
            // Turned to the left, what goes right goes up.
            let corners = if turned {
                [x + up, y - start - wide, x + up + size, y - start]
            } else {
                [x + start, y + up, x + start + wide, y + up + size]
            };
            (words, corners)
        })
        .collect();
    for (nth, (words, one)) in boxes.iter().enumerate() {
        for (other_words, other) in &boxes[nth + 1..] {
            let apart = one[2] - 8.0 <= other[0]
                || other[2] - 8.0 <= one[0]
                || one[3] - 8.0 <= other[1]
                || other[3] - 8.0 <= one[1];
            assert!(apart, "{name}: `{words}` and `{other_words}`");
        }
    }
}
