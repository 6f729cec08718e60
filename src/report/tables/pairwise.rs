//! Whether the models of a sweep differ: each against each on the same images, seed by seed.

use super::cells::rounded;
use crate::eval::{Difference, auroc, compare_auroc, holm};
use crate::report::select::pairs::pairs;
use crate::report::select::run_groups::{Group, SeedRun};
use crate::table::{Cell, Table};

/// Two runs of the same seed, judged on the same images.
struct Compared<'a> {
    size: String,
    one: &'a SeedRun,
    other: &'a SeedRun,
    /// AUROC of both.
    areas: [f64; 2],
    found: Difference,
}

/// DeLong's paired test between the models of each image size, each with the sweep's first setting, one row a
/// pair and seed. The last column is corrected by Holm's method for the number of rows. Runs that were judged on
/// other images have none.
pub(crate) fn pairwise(groups: &[Group]) -> Table {
    let mut compared = Vec::new();
    for group in groups {
        for (nth, one) in group.models.iter().enumerate() {
            for other in &group.models[nth + 1..] {
                for seed in &one.seeds {
                    let same = other.seeds.iter().find(|run| run.run.seed == seed.run.seed);
                    if let Some(same) = same {
                        compared.extend(compare(group.title(), seed, same));
                    }
                }
            }
        }
    }
    let p: Vec<f64> = compared.iter().map(|compared| compared.found.p).collect();
    let columns = [
        "size",
        "seed",
        "model",
        "run",
        "other model",
        "other run",
        "AUROC",
        "other AUROC",
        "difference",
        "low",
        "high",
        "p",
        "p (Holm)",
    ];
    Table {
        columns: columns.map(String::from).to_vec(),
        rows: compared.iter().zip(holm(&p)).map(|(compared, adjusted)| row(compared, adjusted)).collect(),
    }
}

/// Absent where an AUROC is undefined, or the images are not the same.
fn compare<'a>(size: String, one: &'a SeedRun, other: &'a SeedRun) -> Option<Compared<'a>> {
    let pairs = pairs((&one.run, &one.scores), (&other.run, &other.scores))
        .inspect_err(|why| tracing::warn!("{why}"))
        .ok()?;
    let area = |run: &SeedRun| {
        let (normal, anomaly) = run.test_scores();
        auroc(&normal, &anomaly).map(|found| found.area)
    };
    let found = compare_auroc(&pairs.normal, &pairs.anomaly)?;
    Some(Compared { size, one, other, areas: [area(one)?, area(other)?], found })
}

fn row(compared: &Compared<'_>, adjusted: f64) -> Vec<Cell> {
    let Compared { size, one, other, areas, found } = compared;
    let text = |text: &str| Cell::Text(text.into());
    vec![
        text(size),
        Cell::Integer(one.run.seed),
        text(&one.run.model),
        text(one.run.run_id.short()),
        text(&other.run.model),
        text(other.run.run_id.short()),
        rounded(areas[0]),
        rounded(areas[1]),
        rounded(found.difference),
        rounded(found.low),
        rounded(found.high),
        probability(found.p),
        probability(adjusted),
    ]
}

fn probability(p: f64) -> Cell {
    Cell::Text(if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.4}") })
}
