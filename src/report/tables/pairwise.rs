//! Whether one model's setting is better than another's: each against each, over the seeds of both and the images.

use super::difference::{COLUMNS, Difference};
use crate::eval::holm;
use crate::report::select::pairs::OnTheSameImages;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::table::{Cell, Table};

/// Two models of a group, each with its shown setting.
struct Compared<'a> {
    size: String,
    models: [&'a ModelRuns; 2],
    difference: Difference,
}

/// One row per pair of models of each image size, each with the setting that stands for it: the difference of their
/// mean AUROCs over seeds and images both. A setting with one seed has no interval. Runs that were judged on other
/// images have no row.
pub(crate) fn pairwise(groups: &[Group]) -> Table {
    let mut compared = Vec::new();
    for group in groups {
        for (nth, one) in group.models.iter().enumerate() {
            for other in &group.models[nth + 1..] {
                compared.extend(compare(group.title(), [one, other]));
            }
        }
    }
    let p: Vec<f64> = compared.iter().map(|compared| compared.difference.p()).collect();
    let columns = ["size", "model", "seeds", "other model", "other seeds"].into_iter().chain(COLUMNS);
    Table {
        columns: columns.map(String::from).collect(),
        rows: compared.iter().zip(holm(&p)).map(|(compared, adjusted)| row(compared, adjusted)).collect(),
    }
}

/// Absent where an AUROC is undefined, or the images are not the same.
fn compare(size: String, models: [&ModelRuns; 2]) -> Option<Compared<'_>> {
    let difference = Difference::of(&OnTheSameImages::of(&models[0].judged(), &models[1].judged())?)?;
    Some(Compared { size, models, difference })
}

fn row(compared: &Compared<'_>, adjusted: f64) -> Vec<Cell> {
    let name = |model: &ModelRuns| Cell::Text(model.shown.model.clone());
    let seeds = |model: &ModelRuns| Cell::Integer(model.seeds.len() as i64);
    let mut cells = vec![Cell::Text(compared.size.clone())];
    cells.extend(compared.models.into_iter().flat_map(|model| [name(model), seeds(model)]));
    cells.extend(compared.difference.cells(adjusted));
    cells
}
