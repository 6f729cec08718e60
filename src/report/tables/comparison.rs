//! The comparison table: one row per setting, over its seeds.

use std::collections::BTreeSet;

use super::cells::{in_interval, number};
use crate::eval::measure::{AUROC, AUROC_HIGH, AUROC_LOW, Shown, shown_in};
use crate::eval::{Measure, mean, standard_deviation};
use crate::id::RunId;
use crate::report::select::settings::{settings, varying, without_seed};
use crate::store::RunRow;
use crate::table::{Cell, Format, Place, Table};

/// The comparison of a sweep's settings.
pub(crate) struct Comparison {
    pub table: Table,
    /// The row whose AUROC is higher than all others', where one is: see [`clearly_best`].
    pub best: Option<usize>,
    /// Seed and id of the runs of each row.
    pub runs: Vec<Vec<(i64, RunId)>>,
}

impl Comparison {
    /// Where the number of seeds stands.
    pub const SEEDS: usize = 3;
    /// Where the AUROC stands.
    const AUROC: usize = 4;

    /// The table in a format, the best AUROC in bold where one is.
    pub fn write(&self, format: Format) -> String {
        format.write_marked(&self.table, &self.bold())
    }

    /// The cells that are in bold.
    pub fn bold(&self) -> Vec<Place> {
        self.best.map(|row| (row, Self::AUROC)).into_iter().collect()
    }
}

/// Compares the settings of some runs, in the order in which they first come.
pub(crate) fn comparison(runs: &[RunRow]) -> Comparison {
    let mut rows: Vec<(String, Vec<&RunRow>)> = Vec::new();
    for run in runs {
        let key = without_seed(&run.config);
        match rows.iter_mut().find(|(known, _)| *known == key) {
            Some((_, same)) => same.push(run),
            None => rows.push((key, vec![run])),
        }
    }
    let mut varying = varying(runs);
    // These are columns of their own.
    varying.retain(|name| !["image_size", "channels", "seed", "model"].contains(&name.as_str()));
    let measures: Vec<&Measure> = shown_in(Shown::Comparison)
        .filter(|measure| !measure.rare || runs.iter().any(|run| run.measures.get(measure).is_some()))
        .collect();
    let mut columns = ["model", "size", "settings", "seeds"].map(String::from).to_vec();
    columns.extend(measures.iter().map(|measure| title(measure)));
    columns.extend(["train (s)", "score (s)"].map(String::from));
    let cells = rows.iter().map(|(_, runs)| row(runs, &varying, &measures)).collect();
    let ids = |runs: &Vec<&RunRow>| runs.iter().map(|run| (run.seed, run.run_id.clone())).collect();
    Comparison {
        table: Table { columns, rows: cells },
        best: clearly_best(&rows.iter().map(|(_, runs)| spread(runs)).collect::<Vec<_>>()),
        runs: rows.iter().map(|(_, runs)| ids(runs)).collect(),
    }
}

/// A setting's mean AUROC with what its runs leave open.
#[derive(Clone, Copy)]
struct Spread {
    mean: f64,
    low: f64,
    high: f64,
}

/// From the lowest to the highest end of the 95 % intervals of a setting's runs: test images and seeds
/// both have their part in it.
fn spread(runs: &[&RunRow]) -> Option<Spread> {
    let of = |measure| -> Option<Vec<f64>> { runs.iter().map(|run| run.measures.get(measure)).collect() };
    Some(Spread {
        mean: mean(&of(&AUROC)?)?,
        low: of(&AUROC_LOW)?.into_iter().reduce(f64::min)?,
        high: of(&AUROC_HIGH)?.into_iter().reduce(f64::max)?,
    })
}

/// The row with the highest mean, if its spread lies above that of every other row; else none, for
/// the data does not tell which is best. A row alone is not the best of anything.
fn clearly_best(rows: &[Option<Spread>]) -> Option<usize> {
    let known = || rows.iter().enumerate().filter_map(|(row, spread)| Some((row, (*spread)?)));
    let (best, of_best) = known().max_by(|(_, one), (_, other)| one.mean.total_cmp(&other.mean))?;
    let mut others = known().filter(|(row, _)| *row != best).peekable();
    others.peek()?;
    others.all(|(_, other)| other.high < of_best.low).then_some(best)
}

fn title(measure: &Measure) -> String {
    format!("{}{}", measure.full_title(), if measure.worst_seed { " (worst seed)" } else { "" })
}

fn row(runs: &[&RunRow], varying: &BTreeSet<String>, measures: &[&Measure]) -> Vec<Cell> {
    let first = runs[0];
    let settings: Vec<String> = settings(&first.config)
        .into_iter()
        .filter(|(key, _)| varying.contains(key))
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    let seconds = |value: fn(&RunRow) -> Option<f64>| {
        number(mean(&runs.iter().filter_map(|run| value(run)).collect::<Vec<_>>()), Some(1))
    };
    let mut cells = vec![
        Cell::Text(first.model.clone()),
        Cell::Text(format!("{}×{}×{}", first.image_size, first.image_size, first.channels)),
        Cell::Text(settings.join(", ")),
        Cell::Integer(runs.len() as i64),
    ];
    let words = measures.iter().map(|measure| over_seeds(measure, runs));
    cells.extend(
        words.chain([seconds(|run| run.train_seconds), seconds(|run| run.score_seconds)]).map(Cell::Text),
    );
    cells
}

/// A measure's mean over seeds or its worst value; where it has an interval, mean ± deviation over seeds, or one
/// run's value with its interval.
fn over_seeds(measure: &Measure, runs: &[&RunRow]) -> String {
    let values: Vec<f64> = runs.iter().filter_map(|run| run.measures.get(measure)).collect();
    if measure.worst_seed {
        return number(values.into_iter().reduce(|one, other| measure.worse(one, other)), measure.digits);
    }
    let mean = mean(&values);
    if measure.interval.is_none() {
        return number(mean, measure.digits);
    }
    match (mean, standard_deviation(&values), runs[0].measures.with_interval(measure)) {
        (Some(_), Some(deviation), _) => {
            format!("{} ± {}", number(mean, measure.digits), number(Some(deviation), measure.digits))
        }
        (Some(_), None, Some(values)) => in_interval(measure, values),
        _ => "–".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(mean: f64, low: f64, high: f64) -> Option<Spread> {
        Some(Spread { mean, low, high })
    }

    #[test]
    fn only_what_stands_clear_of_all_others_is_best() {
        let (low, high) = (spread(0.7, 0.6, 0.8), spread(0.9, 0.85, 0.95));
        assert_eq!(clearly_best(&[low, high]), Some(1));
        assert_eq!(clearly_best(&[high, None, low]), Some(0));
        assert_eq!(clearly_best(&[low, high, spread(0.5, 0.0, 0.86)]), None, "overlaps a third one");
        assert_eq!(clearly_best(&[high, high]), None, "equal");
        assert_eq!(clearly_best(&[high]), None, "nothing to be better than");
        assert_eq!(clearly_best(&[high, None]), None);
        assert_eq!(clearly_best(&[]), None);
    }

    fn id(seed: i64, w_con: f64) -> RunId {
        format!("{:032}", 100 * seed + w_con as i64).parse().unwrap()
    }

    fn run(seed: i64, w_con: f64, [low, auroc, high]: [f64; 3]) -> RunRow {
        RunRow {
            run_id: id(seed, w_con),
            config: format!(r#"{{"fit":{{"seed":{seed},"network":{{"w_con":{w_con}}}}}}}"#),
            model: "ganomaly".into(),
            seed,
            measures: [(&AUROC, Some(auroc)), (&AUROC_LOW, Some(low)), (&AUROC_HIGH, Some(high))].into(),
            ..RunRow::default()
        }
    }

    #[test]
    fn seeds_widen_the_spread() {
        let clear = [run(0, 1.0, [0.6, 0.7, 0.8]), run(0, 50.0, [0.85, 0.9, 0.95])];
        assert_eq!(comparison(&clear).best, Some(1));
        let lucky =
            [run(0, 1.0, [0.6, 0.7, 0.8]), run(0, 50.0, [0.85, 0.9, 0.95]), run(1, 50.0, [0.7, 0.8, 0.9])];
        let found = comparison(&lucky);
        assert_eq!(found.best, None);
        assert_eq!(found.runs[1], [(0, id(0, 50.0)), (1, id(1, 50.0))]);
        assert_eq!(found.table.rows[1][Comparison::AUROC].to_string(), "0.850 ± 0.071");
    }

    #[test]
    fn the_best_is_bold() {
        let found = comparison(&[run(0, 1.0, [0.6, 0.7, 0.8]), run(0, 50.0, [0.85, 0.9, 0.95])]);
        assert!(found.write(Format::Latex).contains("& \\textbf{0.900 {[}0.850, 0.950]} &"));
        assert!(found.write(Format::Markdown).contains("| **0.900 [0.850, 0.950]** |"));
        assert_eq!(found.write(Format::Html).matches("<strong>").count(), 1);
    }
}
