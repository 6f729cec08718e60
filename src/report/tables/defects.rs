//! Results by the folder of the defect, as users of MVTec AD know them.

use std::collections::BTreeMap;

use super::cells::rounded;
use crate::data::class_of;
use crate::eval::auroc;
use crate::eval::measure::THRESHOLD;
use crate::report::select::run_groups::{Group, SeedRun};
use crate::spec::Label;
use crate::store::Portion;
use crate::table::{Cell, Table};

/// One row per defect and run of each model's first setting: AUROC of the defect's images against all normal test
/// images with its 95 % interval, and the share of them above the threshold.
pub(crate) fn defects(groups: &[Group]) -> Table {
    let columns =
        ["size", "model", "run", "seed", "defect", "images", "AUROC", "low", "high", "true positive rate"];
    let runs = groups.iter().flat_map(|group| {
        group.models.iter().flat_map(|model| &model.seeds).map(move |seed| (group.title(), seed))
    });
    let rows = runs.flat_map(|(size, seed)| rows(&size, seed)).collect();
    Table { columns: columns.map(String::from).to_vec(), rows }
}

fn rows(size: &str, seed: &SeedRun) -> Vec<Vec<Cell>> {
    let (normal, _) = seed.test_scores();
    let mut defects: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for score in &seed.scores {
        if score.split == Portion::Test && score.label == Label::Anomaly {
            defects.entry(class_of(&score.image)).or_default().push(score.score);
        }
    }
    let threshold = seed.run.measures.get(&THRESHOLD);
    let cell = |value: Option<f64>| value.map_or(Cell::Null, rounded);
    defects
        .into_iter()
        .map(|(defect, scores)| {
            let found = |threshold: f64| {
                scores.iter().filter(|score| **score > threshold).count() as f64 / scores.len() as f64
            };
            let area = auroc(&normal, &scores);
            vec![
                Cell::Text(size.into()),
                Cell::Text(seed.run.model.clone()),
                Cell::Text(seed.run.run_id.short().into()),
                Cell::Integer(seed.run.seed),
                Cell::Text(defect.into()),
                Cell::Integer(scores.len() as i64),
                cell(area.map(|found| found.area)),
                cell(area.map(|found| found.low)),
                cell(area.map(|found| found.high)),
                cell(threshold.map(found)),
            ]
        })
        .collect()
}
