//! Figures of invented runs as the text of their SVGs: whatever changes in what is drawn shows in a diff.

use super::{cost_quality, heatmap, parallel_coordinates, scatter, sensitivity};
use crate::eval::{Measured, measure};
use crate::report::draw::figure::{Figure, svg};
use crate::report::draw::theme::Style;
use crate::report::select::run_groups::{Group, ModelRuns, SeedRun};
use crate::report::select::sweep_runs::Trials;
use crate::report::select::sweep_runs::tests::made_of;
use crate::spec::Label;
use crate::store::{Portion, RunRow, ScoreRow};

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
            })
        });
        let run = RunRow {
            run_id: format!("{seed}{:0>31x}", model.len()).parse().unwrap(),
            model: model.into(),
            seed,
            git_commit: Some("0123456789abcdef+".into()),
            device: Some("cpu: invented".into()),
            measures: Measured::from([
                (&measure::AUROC, Some(0.8)),
                (&measure::AUROC_LOW, Some(0.6)),
                (&measure::AUROC_HIGH, Some(0.9)),
                (&measure::THRESHOLD, Some(4.5)),
            ]),
            ..RunRow::default()
        };
        SeedRun { run, scores: scores.collect() }
    };
    let seeds = vec![seed(0), seed(1)];
    ModelRuns { shown: seeds[0].run.clone(), seeds, pictures: Vec::new(), curves: Vec::new() }
}

fn group() -> Group {
    let models = ["anogan", "ganomaly"].map(seeds).into();
    Group { sweep: "invented".into(), image_size: 32, channels: 1, models }
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
fn figures_of_sweeps_are_as_before() {
    let trials = trials();
    is_as_before("sensitivity", &sensitivity::Sensitivity::new(&trials[0]));
    is_as_before("heatmap", &heatmap::Heatmap::new(&trials[0]).unwrap());
    is_as_before("parallel", &parallel_coordinates::Parallel::new(&trials[0]).unwrap());
    is_as_before("cost", &cost_quality::Cost::new(&trials));
}
