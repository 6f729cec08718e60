//! The comparison table: one row per setting, over its seeds.

use std::collections::BTreeSet;

use super::cells::{in_interval, number};
use super::dataset_means::means;
use super::setting_rows::{Setting, described, settings_of};
use crate::eval::measure::{AUROC, AUROC_HIGH, AUROC_LOW, Shown, shown_in};
use crate::eval::{Measure, mean, standard_deviation};
use crate::id::RunId;
use crate::report::select::settings::varying;
use crate::store::RunRow;
use crate::table::{Cell, Format, Place, Table};

/// The comparison of a sweep's settings.
pub(crate) struct Comparison {
    pub table: Table,
    /// The rows whose AUROC is higher than all others' of their dataset, where one is: see [`clearly_best`].
    pub best: Vec<usize>,
    /// Where the number of seeds stands; the AUROC stands behind it.
    pub seeds: usize,
    /// Each row in words.
    pub titles: Vec<String>,
    /// Seed and id of the runs of each row; none of a mean over datasets.
    pub runs: Vec<Vec<(i64, RunId)>>,
}

impl Comparison {
    /// The table in a format, the best AUROC in bold where one is.
    pub fn write(&self, format: Format) -> String {
        format.write_marked(&self.table, &self.bold())
    }

    /// The cells that are in bold.
    pub fn bold(&self) -> Vec<Place> {
        self.best.iter().map(|row| (*row, self.seeds + 1)).collect()
    }
}

/// Compares the settings of some runs, in the order in which they first come. Of a sweep of several `datasets` each
/// has its rows, and below them stands the mean over datasets of each setting.
pub(crate) fn comparison(runs: &[RunRow], datasets: usize) -> Comparison {
    let settings = settings_of(runs);
    let mut varying = varying(runs);
    // These are columns of their own.
    varying.retain(|name| !["dataset", "image_size", "channels", "seed", "model"].contains(&name.as_str()));
    let measures: Vec<&Measure> = shown_in(Shown::Comparison)
        .filter(|measure| !measure.rare || runs.iter().any(|run| run.measures.get(measure).is_some()))
        .collect();
    let mut columns = ["dataset", "model", "size", "settings", "seeds"][usize::from(datasets < 2)..].to_vec();
    let seeds = columns.len() - 1;
    let titles: Vec<String> = measures.iter().map(|measure| title(measure)).collect();
    columns.extend(titles.iter().map(String::as_str).chain(["train (s)", "score (s)"]));
    let of_dataset = |setting: &Setting| (datasets > 1).then(|| Cell::Text(setting.runs[0].dataset.clone()));
    let mut rows: Vec<Vec<Cell>> = settings
        .iter()
        .map(|setting| {
            of_dataset(setting).into_iter().chain(row(&setting.runs, &varying, &measures)).collect()
        })
        .collect();
    if datasets > 1 {
        rows.extend(means(&settings, datasets, &varying, &measures));
    }
    let ids = |setting: &Setting| setting.runs.iter().map(|run| (run.seed, run.run_id.clone())).collect();
    let mut ids: Vec<Vec<(i64, RunId)>> = settings.iter().map(ids).collect();
    ids.resize(rows.len(), Vec::new());
    Comparison {
        best: best_of_each(&settings),
        seeds,
        titles: rows.iter().map(|cells| words(&cells[..seeds])).collect(),
        runs: ids,
        table: Table { columns: columns.into_iter().map(String::from).collect(), rows },
    }
}

/// "ganomaly 32×32×1, w_con 50"
fn words(cells: &[Cell]) -> String {
    let texts: Vec<String> = cells.iter().map(Cell::to_string).collect();
    let (settings, rest) = texts.split_last().expect("the settings stand last");
    let comma = if settings.is_empty() { "" } else { ", " };
    format!("{}{comma}{settings}", rest.join(" "))
}

/// The rows that are clearly the best of their dataset.
fn best_of_each(settings: &[Setting<'_>]) -> Vec<usize> {
    let datasets: BTreeSet<&str> = settings.iter().map(|setting| setting.dataset).collect();
    let best = |dataset: &&str| {
        let rows: Vec<usize> = (0..settings.len()).filter(|row| settings[*row].dataset == *dataset).collect();
        let spreads: Vec<Option<Spread>> = rows.iter().map(|row| spread(&settings[*row].runs)).collect();
        clearly_best(&spreads).map(|nth| rows[nth])
    };
    datasets.iter().filter_map(best).collect()
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
    let seconds = |value: fn(&RunRow) -> Option<f64>| {
        number(mean(&runs.iter().filter_map(|run| value(run)).collect::<Vec<_>>()), Some(1))
    };
    let mut cells = described(runs[0], varying, runs.len());
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
        assert_eq!(comparison(&clear, 1).best, [1]);
        let lucky =
            [run(0, 1.0, [0.6, 0.7, 0.8]), run(0, 50.0, [0.85, 0.9, 0.95]), run(1, 50.0, [0.7, 0.8, 0.9])];
        let found = comparison(&lucky, 1);
        assert!(found.best.is_empty());
        assert_eq!(found.runs[1], [(0, id(0, 50.0)), (1, id(1, 50.0))]);
        assert_eq!(found.table.rows[1][found.seeds + 1].to_string(), "0.850 ± 0.071");
    }

    #[test]
    fn the_best_is_bold() {
        let found = comparison(&[run(0, 1.0, [0.6, 0.7, 0.8]), run(0, 50.0, [0.85, 0.9, 0.95])], 1);
        assert!(found.write(Format::Latex).contains("& \\textbf{0.900 {[}0.850, 0.950]} &"));
        assert!(found.write(Format::Markdown).contains("| **0.900 [0.850, 0.950]** |"));
        assert_eq!(found.write(Format::Html).matches("<strong>").count(), 1);
    }

    /// Means by hand: of three datasets, over two seeds; a setting that lacks a dataset has none.
    #[test]
    fn datasets_have_their_rows_and_a_mean() {
        let on = |dataset: &str, run: RunRow| RunRow {
            dataset: dataset.into(),
            dataset_digest: format!("digest of {dataset}"),
            train_seconds: Some(3.0),
            ..run
        };
        let sure = |auroc: f64| [auroc - 0.01, auroc, auroc + 0.01];
        let runs = [
            on("bottle", run(0, 1.0, sure(0.9))),
            on("bottle", run(1, 1.0, sure(0.8))),
            on("bottle", run(0, 50.0, sure(0.5))),
            on("cable", run(0, 1.0, sure(0.6))),
            on("cable", run(1, 1.0, sure(0.7))),
            on("cable", run(0, 50.0, sure(0.5))),
            on("grid", run(0, 1.0, sure(0.3))),
            on("grid", run(1, 1.0, sure(0.5))),
            on("grid", run(2, 1.0, sure(1.0))), // a seed that the others lack
        ];
        let found = comparison(&runs, 3);
        let rows: Vec<Vec<String>> =
            found.table.rows.iter().map(|row| row.iter().map(Cell::to_string).collect()).collect();
        assert_eq!(found.table.columns[..6], ["dataset", "model", "size", "settings", "seeds", "AUROC"]);
        let of = |column: usize| rows.iter().map(|row| row[column].as_str()).collect::<Vec<_>>();
        let means = ["mean of 3", "mean (2 of 3 done)"];
        assert_eq!(of(0), ["bottle", "bottle", "cable", "cable", "grid", means[0], means[1]]);
        assert_eq!(of(4), ["2", "1", "2", "1", "3", "2", "0"]);
        // (0.9 + 0.6 + 0.3) / 3 and (0.8 + 0.7 + 0.5) / 3
        assert_eq!(of(5)[5..], ["0.633 ± 0.047", "–"]);
        let seconds = found.table.columns.iter().position(|name| name == "train (s)").unwrap();
        assert_eq!(of(seconds)[5..], ["3.0", "–"]);
        assert_eq!(found.best, [0, 2], "the best of their datasets, where those are clear");
        assert!(found.runs[5].is_empty() && found.runs[6].is_empty(), "a mean is no run");
        assert_eq!(found.titles[1], "bottle ganomaly 0×0×0, w_con 50");

        let one = comparison(&runs[..3], 1);
        assert_eq!((one.table.columns[0].as_str(), one.table.rows.len()), ("model", 2));
        assert_eq!(one.titles[0], "ganomaly 0×0×0, w_con 1");
    }
}
