//! Whether one model's setting is better than another's: each against each, over the seeds of both and the images.

use super::cells::rounded;
use crate::eval::{SettingDifference, TestScores, auroc, compare_settings, holm, mean};
use crate::report::select::pairs::{Judged, on_the_same_images};
use crate::report::select::run_groups::{Group, ModelRuns, SeedRun};
use crate::table::{Cell, Table};

/// Settings whose AUROCs differ by less are alike in practice.
const MARGIN: f64 = 0.01;

/// Two models of a group, each with the sweep's first setting.
struct Compared<'a> {
    size: String,
    models: [&'a ModelRuns; 2],
    /// Mean AUROC of both over their seeds.
    areas: [f64; 2],
    /// Absent where a setting has one seed alone.
    found: Option<SettingDifference>,
}

/// One row per pair of models of each image size, each with the sweep's first setting: the difference of their mean
/// AUROCs with its 95 % interval and p, over seeds and images both ([`compare_settings`]). Then p corrected by Holm's
/// method for the number of pairs, p of a difference of .01 or more (under .05 the settings are equivalent), and the
/// seeds that would tell this difference from none. A setting with one seed has no interval: how much is luck, one
/// training does not tell. Runs that were judged on other images have no row.
pub(crate) fn pairwise(groups: &[Group]) -> Table {
    let mut compared = Vec::new();
    for group in groups {
        for (nth, one) in group.models.iter().enumerate() {
            for other in &group.models[nth + 1..] {
                compared.extend(compare(group.title(), [one, other]));
            }
        }
    }
    let p: Vec<f64> =
        compared.iter().map(|compared| compared.found.map_or(f64::NAN, |found| found.p)).collect();
    let columns = [
        "size",
        "model",
        "seeds",
        "other model",
        "other seeds",
        "AUROC",
        "other AUROC",
        "difference",
        "low",
        "high",
        "p",
        "p (Holm)",
        "p of 0.01 or more",
        "seeds to decide",
    ];
    Table {
        columns: columns.map(String::from).to_vec(),
        rows: compared.iter().zip(holm(&p)).map(|(compared, adjusted)| row(compared, adjusted)).collect(),
    }
}

/// Absent where an AUROC is undefined, or the images are not the same.
fn compare(size: String, models: [&ModelRuns; 2]) -> Option<Compared<'_>> {
    let first = models[0].seeds.first()?;
    let scores = |model: &ModelRuns| on_the_same_images(judged(first), model.seeds.iter().map(judged));
    let [one, other] = [scores(models[0])?, scores(models[1])?];
    let area = |fits: &[TestScores]| {
        let areas: Option<Vec<f64>> =
            fits.iter().map(|(normal, anomaly)| Some(auroc(normal, anomaly)?.area)).collect();
        mean(&areas?)
    };
    let areas = [area(&one)?, area(&other)?];
    Some(Compared { size, models, areas, found: compare_settings(&one, &other) })
}

fn judged(fit: &SeedRun) -> Judged<'_> {
    (&fit.run, &fit.scores)
}

fn row(compared: &Compared<'_>, adjusted: f64) -> Vec<Cell> {
    let Compared { size, models: [one, other], areas, found } = compared;
    let name = |model: &ModelRuns| Cell::Text(model.shown.model.clone());
    let seeds = |model: &ModelRuns| Cell::Integer(model.seeds.len() as i64);
    let cell =
        |of: fn(&SettingDifference) -> f64| found.as_ref().map_or(Cell::Null, |found| rounded(of(found)));
    let p = |p: Option<f64>| p.map_or(Cell::Null, probability);
    vec![
        Cell::Text(size.clone()),
        name(one),
        seeds(one),
        name(other),
        seeds(other),
        rounded(areas[0]),
        rounded(areas[1]),
        rounded(areas[0] - areas[1]),
        cell(|found| found.low),
        cell(|found| found.high),
        p(found.map(|found| found.p)),
        p(found.map(|_| adjusted)),
        p(found.map(|found| found.equivalence(MARGIN))),
        found
            .and_then(|found| found.seeds_to_decide())
            .map_or(Cell::Null, |seeds| Cell::Integer(seeds as i64)),
    ]
}

fn probability(p: f64) -> Cell {
    Cell::Text(if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.4}") })
}
