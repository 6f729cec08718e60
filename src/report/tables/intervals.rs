//! How sure each number is: intervals of AUROC and of the false positive rate, run by run.

use rayon::prelude::*;

use super::cells::{add_doubts, rounded};
use crate::eval::measure::FALSE_POSITIVE_RATE_UNLEAKED;
use crate::eval::{auroc, bootstrap_auroc};
use crate::report::select::doubt::doubt;
use crate::report::select::run_groups::{Group, SeedRun};
use crate::spec::Label;
use crate::store::Portion;
use crate::table::{Cell, Marked, Table};

/// One row per run of each model's first setting: AUROC with its 95 % intervals by [`auroc`] and by bootstrap (2000
/// stratified resamples, seeded by the run's seed), and the false positive rate that the threshold promised and
/// that was found, with and without leaked images, with the band of 95 % of those that are found where the
/// promise is kept; and the cells that say what is wrong with a run.
pub(crate) fn intervals(groups: &[Group]) -> (Table, Vec<Marked>) {
    let columns = [
        "size",
        "model",
        "run",
        "seed",
        "normal",
        "anomalous",
        "AUROC",
        "low",
        "high",
        "bootstrap low",
        "bootstrap high",
        "held out",
        "false positive rate promised",
        "false positive rate found",
        "found without leaked",
        "kept low",
        "kept high",
    ];
    let runs: Vec<(String, &SeedRun)> = groups
        .iter()
        .flat_map(|group| group.models.iter().flat_map(|model| &model.seeds).map(|run| (group.title(), run)))
        .collect();
    let doubt = |run: &SeedRun| doubt(&run.run).map_or_else(String::new, |doubt| doubt.to_string());
    let doubts = runs.iter().map(|(_, run)| doubt(run)).collect();
    let rows = runs.into_par_iter().map(|(size, run)| row(size, run)).collect();
    let mut table = Table { columns: columns.map(String::from).to_vec(), rows };
    let marks = add_doubts(&mut table, doubts);
    (table, marks)
}

fn row(size: String, seed: &SeedRun) -> Vec<Cell> {
    let (normal, anomaly) = seed.test_scores();
    let found = auroc(&normal, &anomaly);
    let bootstrap = bootstrap_auroc(&normal, &anomaly, seed.run.seed.unsigned_abs());
    let kept = seed.calibration();
    let cell = |value: Option<f64>| value.map_or(Cell::Null, rounded);
    vec![
        Cell::Text(size),
        Cell::Text(seed.run.model.clone()),
        Cell::Text(seed.run.run_id.short().into()),
        Cell::Integer(seed.run.seed),
        Cell::Integer(normal.len() as i64),
        Cell::Integer(anomaly.len() as i64),
        cell(found.map(|found| found.area)),
        cell(found.map(|found| found.low)),
        cell(found.map(|found| found.high)),
        cell(bootstrap.map(|ends| ends.0)),
        cell(bootstrap.map(|ends| ends.1)),
        Cell::Integer(seed.scores_of(Portion::HeldOut, Label::Normal).len() as i64),
        cell(kept.map(|kept| kept.promised)),
        cell(kept.map(|kept| kept.found)),
        cell(seed.run.measures.get(&FALSE_POSITIVE_RATE_UNLEAKED)),
        cell(kept.map(|kept| kept.low)),
        cell(kept.map(|kept| kept.high)),
    ]
}
