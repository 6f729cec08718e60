//! The comparison table: one row per setting, over its seeds.

use std::collections::BTreeSet;

use super::cells::{add_doubts, in_interval, number, of_mean};
use super::clearly_best::clearly_best;
use super::column::{Column, columns_of};
use super::dataset_means::means;
use super::setting_rows::{Setting, described, settings_of};
use crate::eval::measure::{Shown, shown_in};
use crate::eval::{Measure, mean, standard_deviation};
use crate::id::RunId;
use crate::report::ReportError;
use crate::report::select::doubt::{counted, doubt};
use crate::report::select::pairs::ScoresOf;
use crate::report::select::settings::{varying, without_seed};
use crate::store::{LostRun, RunRow};
use crate::table::{Cell, Format, Mark, Marked, Table};

/// The comparison of a sweep's settings.
pub(crate) struct Comparison {
    pub table: Table,
    /// The rows whose setting is better than all others of their dataset, where one is: see [`clearly_best`].
    pub best: Vec<usize>,
    /// The cells that say what is wrong with how many of a row's runs.
    doubts: Vec<Marked>,
    /// Where the number of seeds stands; the AUROC stands behind it.
    pub seeds: usize,
    /// Each row in words.
    pub titles: Vec<String>,
    /// Seed and id of the runs of each row; none of a mean over datasets.
    pub runs: Vec<Vec<(i64, RunId)>>,
}

impl Comparison {
    /// The table in a format, the best AUROC in bold where one is, with what it claims. `tried` settings were
    /// tried, those that failed among them.
    pub fn write(&self, format: Format, tried: usize) -> String {
        format.write_captioned(&self.table, &self.marks(), &caption(tried))
    }

    /// The cells that stand out.
    pub fn marks(&self) -> Vec<Marked> {
        let best = self.best.iter().map(|row| ((*row, self.seeds + 1), Mark::Strong));
        best.chain(self.doubts.iter().copied()).collect()
    }
}

/// What the comparison claims and what it does not.
fn caption(tried: usize) -> String {
    let settings = if tried == 1 { "setting was" } else { "settings were" };
    format!(
        "{tried} {settings} tried. AUROC: mean ± standard deviation over seeds, or one run with its 95 % interval for \
         other images. The interval of the mean is for other seeds on the same images (Student’s t). In bold is a \
         setting that is better than each other row of its dataset, over seeds and images both (Obuchowski and \
         Rockette’s analysis, p < .05 against each; two seeds or more of each); where none is, the data does not tell \
         which is best. All other numbers are means over seeds, or the worst seed where it says so. What is tuned on \
         the test set is no estimate of performance, and neither is the highest of many settings: it was found on \
         these images."
    )
}

/// Compares the settings of some runs, whose `scores` are read where they decide, in the order in which they first
/// come; of the `lost` runs it tells that they are. Of a sweep of several `datasets` each has its rows, and below them
/// stands the mean over datasets of each setting.
///
/// # Errors
/// Scores that cannot be read.
pub(crate) fn comparison(
    runs: &[RunRow],
    lost: &[LostRun],
    datasets: usize,
    scores: &ScoresOf<'_>,
) -> Result<Comparison, ReportError> {
    let settings = settings_of(runs);
    let mut varying = varying(runs);
    // These are columns of their own.
    varying.retain(|name| !["dataset", "image_size", "channels", "seed", "model"].contains(&name.as_str()));
    let measures: Vec<&Measure> = shown_in(Shown::Comparison)
        .filter(|measure| !measure.rare || runs.iter().any(|run| run.measures.get(measure).is_some()))
        .filter(|measure| measure.unleaked_of.is_none() || runs.iter().any(|run| run.n_leaked > 0))
        .collect();
    let columns_of: Vec<Column> =
        measures.iter().flat_map(|measure| columns_of(measure, &settings)).collect();
    let mut columns = ["dataset", "model", "size", "settings", "seeds"][usize::from(datasets < 2)..].to_vec();
    let seeds = columns.len() - 1;
    let titles: Vec<String> = columns_of.iter().map(Column::title).collect();
    columns.extend(titles.iter().map(String::as_str).chain(["train (s)", "score (s)"]));
    let of_dataset = |setting: &Setting| (datasets > 1).then(|| Cell::Text(setting.runs[0].dataset.clone()));
    let mut rows: Vec<Vec<Cell>> = settings
        .iter()
        .map(|setting| {
            of_dataset(setting).into_iter().chain(row(&setting.runs, &varying, &columns_of)).collect()
        })
        .collect();
    if datasets > 1 {
        rows.extend(means(&settings, datasets, &varying, &columns_of));
    }
    let ids = |setting: &Setting| setting.runs.iter().map(|run| (run.seed, run.run_id.clone())).collect();
    let mut ids: Vec<Vec<(i64, RunId)>> = settings.iter().map(ids).collect();
    ids.resize(rows.len(), Vec::new());
    let mut doubts: Vec<String> = settings.iter().map(|setting| troubles(setting, lost)).collect();
    doubts.resize(rows.len(), String::new());
    let titles = rows.iter().map(|cells| words(&cells[..seeds])).collect();
    let mut table = Table { columns: columns.into_iter().map(String::from).collect(), rows };
    Ok(Comparison {
        doubts: add_doubts(&mut table, doubts),
        best: clearly_best(&settings, scores)?,
        seeds,
        titles,
        runs: ids,
        table,
    })
}

/// "1 collapsed, 1 diverged": what is wrong with how many of a setting's runs.
fn troubles(setting: &Setting, lost: &[LostRun]) -> String {
    let of_setting = lost
        .iter()
        .filter(|run| run.dataset_digest == setting.dataset && without_seed(&run.config) == setting.config);
    let doubts = setting.runs.iter().filter_map(|run| doubt(run)).map(|doubt| doubt.to_string());
    counted(doubts.chain(of_setting.map(|run| run.status.to_string())))
}

/// "ganomaly 32×32×1, w_con 50"
fn words(cells: &[Cell]) -> String {
    let texts: Vec<String> = cells.iter().map(Cell::to_string).collect();
    let (settings, rest) = texts.split_last().expect("the settings stand last");
    let comma = if settings.is_empty() { "" } else { ", " };
    format!("{}{comma}{settings}", rest.join(" "))
}

fn row(runs: &[&RunRow], varying: &BTreeSet<String>, columns: &[Column]) -> Vec<Cell> {
    let seconds = |value: fn(&RunRow) -> Option<f64>| {
        number(mean(&runs.iter().filter_map(|run| value(run)).collect::<Vec<_>>()), Some(1))
    };
    let mut cells = described(runs[0], varying, runs.len());
    let words = columns.iter().map(|column| match column {
        Column::Value(measure) => over_seeds(measure, runs),
        Column::MeanInterval(measure) => of_mean(measure, &values(measure, runs)),
    });
    cells.extend(
        words.chain([seconds(|run| run.train_seconds), seconds(|run| run.score_seconds)]).map(Cell::Text),
    );
    cells
}

fn values(measure: &Measure, runs: &[&RunRow]) -> Vec<f64> {
    runs.iter().filter_map(|run| run.measures.get(measure)).collect()
}

/// A measure's mean over seeds or its worst value; where it has an interval, mean ± deviation over seeds, or one
/// run's value with its interval.
fn over_seeds(measure: &Measure, runs: &[&RunRow]) -> String {
    let values = values(measure, runs);
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
    use crate::eval::measure::{AUROC, DIVERSITY};
    use crate::report::tables::clearly_best::tests::{Scored, run, scores};
    use crate::store::Status;

    fn compared(scored: &Scored, datasets: usize) -> Comparison {
        comparison(&scored.runs, &[], datasets, &scored.scores()).unwrap()
    }

    fn texts(found: &Comparison) -> Vec<Vec<String>> {
        found.table.rows.iter().map(|row| row.iter().map(Cell::to_string).collect()).collect()
    }

    /// Seeds of a setting whose anomalies begin at `first`.
    fn add(scored: &mut Scored, seeds: std::ops::Range<i64>, w_con: f64, first: f64) {
        for seed in seeds {
            let (normal, anomaly) = scores(first, seed);
            scored.add(run(seed, w_con), (&normal, &anomaly));
        }
    }

    #[test]
    fn the_best_is_bold() {
        let mut scored = Scored::default();
        add(&mut scored, 0..2, 1.0, 2.0);
        add(&mut scored, 0..2, 50.0, 30.0);
        let found = compared(&scored, 1);
        let marks = vec![((1, found.seeds + 1), Mark::Strong)];
        assert_eq!((found.best.as_slice(), found.marks()), (&[1][..], marks));
        let area = texts(&found)[1][found.seeds + 1].clone();
        assert!(
            found.write(Format::Latex, 2).contains(&format!("\\textbf{{{}}} &", area.replace('±', "$\\pm$")))
        );
        assert!(found.write(Format::Markdown, 2).contains(&format!("| **{area}** |")));
        assert_eq!(found.write(Format::Html, 2).matches("<strong>").count(), 1);
        for format in [Format::Csv, Format::Markdown, Format::Latex, Format::Html] {
            let written = found.write(format, 7);
            assert!(
                written.contains("7 settings were tried") && written.contains("no estimate of"),
                "{written}"
            );
        }
        let ids = |nth: usize| -> Vec<_> {
            scored.runs[2 * nth..][..2].iter().map(|run| run.run_id.clone()).collect()
        };
        let of_row: Vec<RunId> = found.runs[1].iter().map(|(_, id)| id.clone()).collect();
        assert_eq!(of_row, ids(1));
    }

    /// t with two degrees of freedom, and with one (.85 ± 12.7062 × .05, cut to 0..1); one seed has none.
    #[test]
    fn means_have_their_interval_beside_their_deviation() {
        let mut scored = Scored::default();
        add(&mut scored, 0..3, 1.0, 20.0);
        add(&mut scored, 0..1, 50.0, 20.0);
        for (run, area) in scored.runs.iter_mut().zip([0.9, 0.8, 0.85, 0.9]) {
            run.measures.set(&AUROC, Some(area));
        }
        let found = compared(&scored, 1);
        let place = found.seeds + 1;
        assert_eq!(found.table.columns[place + 1], "AUROC, 95 % for other seeds alone");
        let rows = texts(&found);
        // 4.30265 × .05 / √3
        assert_eq!(rows[0][place..place + 2], ["0.850 ± 0.050", "0.726 – 0.974"]);
        assert!(rows[1][place].starts_with("0.900 [") && rows[1][place + 1] == "–", "{rows:?}");
        scored.runs.remove(2);
        assert_eq!(texts(&compared(&scored, 1))[0][place + 1], "0.215 – 1.000");
        scored.runs.remove(1);
        assert!(!compared(&scored, 1).table.columns.iter().any(|title| title.contains("of the mean")));
    }

    /// What leaks is told beside what does not, where anything has leaked.
    #[test]
    fn columns_without_leaked_images_are_shown_where_some_have_leaked() {
        let mut scored = Scored::default();
        add(&mut scored, 0..1, 1.0, 20.0);
        let titles = |scored: &Scored| -> Vec<String> {
            let columns = compared(scored, 1).table.columns;
            columns.into_iter().filter(|title| title.contains("without leaked")).collect()
        };
        assert!(titles(&scored).is_empty());
        scored.runs[0].n_leaked = 1;
        let expected = ["AUROC", "average precision", "accuracy at threshold", "false positive rate"];
        assert_eq!(titles(&scored), expected.map(|title| format!("{title} without leaked")));
    }

    #[test]
    fn runs_that_are_not_to_be_trusted_are_told_in_red() {
        let mut scored = Scored::default();
        add(&mut scored, 0..3, 1.0, 20.0);
        add(&mut scored, 0..1, 50.0, 20.0);
        assert!(!compared(&scored, 1).table.columns.contains(&"in doubt".to_string()));
        scored.runs[1].measures.set(&DIVERSITY, Some(0.1));
        scored.runs[2].measures.set(&AUROC, Some(0.1));
        let lost = LostRun {
            run_id: "f".repeat(32).parse().unwrap(),
            fit_id: "f".repeat(32).parse().unwrap(),
            model: scored.runs[0].model.clone(),
            dataset: scored.runs[0].dataset.clone(),
            dataset_digest: scored.runs[0].dataset_digest.clone(),
            seed: 7,
            config: scored.runs[0].config.clone(),
            status: Status::Diverged,
            trained: false,
        };
        let found = comparison(&scored.runs, &[lost], 1, &scored.scores()).unwrap();
        let rows = texts(&found);
        let last = found.table.columns.len() - 1;
        assert_eq!([&rows[0][last], &rows[1][last]], ["1 collapsed, 1 diverged, 1 inverted", ""]);
        assert!(found.marks().contains(&((0, last), Mark::Alarm)));
        assert!(found.write(Format::Latex, 2).contains("\\textcolor{red}{1 collapsed"));
    }

    /// Means by hand: of three datasets, over two seeds; a setting that lacks a dataset has none.
    #[test]
    fn datasets_have_their_rows_and_a_mean() {
        let mut scored = Scored::default();
        let mut on = |dataset: &str, seed: i64, w_con: f64, auroc: f64| {
            let run = RunRow {
                run_id: format!("{:032}", scored.runs.len()).parse().unwrap(),
                dataset: dataset.into(),
                dataset_digest: format!("digest of {dataset}"),
                train_seconds: Some(3.0),
                ..run(seed, w_con)
            };
            let (normal, anomaly) = scores(40.0 * auroc, seed);
            scored.add(run, (&normal, &anomaly));
            scored.runs.last_mut().unwrap().measures.set(&AUROC, Some(auroc));
        };
        on("bottle", 0, 1.0, 0.9);
        on("bottle", 1, 1.0, 0.8);
        on("bottle", 0, 50.0, 0.1);
        on("bottle", 1, 50.0, 0.1);
        on("cable", 0, 1.0, 0.6);
        on("cable", 1, 1.0, 0.7);
        on("cable", 0, 50.0, 0.5);
        on("grid", 0, 1.0, 0.3);
        on("grid", 1, 1.0, 0.5);
        on("grid", 2, 1.0, 1.0); // a seed that the others lack
        let found = compared(&scored, 3);
        let rows = texts(&found);
        assert_eq!(found.table.columns[..6], ["dataset", "model", "size", "settings", "seeds", "AUROC"]);
        let of = |column: usize| rows.iter().map(|row| row[column].as_str()).collect::<Vec<_>>();
        let means = ["mean of 3", "mean (2 of 3 done)"];
        assert_eq!(of(0), ["bottle", "bottle", "cable", "cable", "grid", means[0], means[1]]);
        assert_eq!(of(4), ["2", "2", "2", "1", "3", "2", "0"]);
        // (0.9 + 0.6 + 0.3) / 3 and (0.8 + 0.7 + 0.5) / 3
        assert_eq!(of(5)[5..], ["0.633 ± 0.047", "–"]);
        assert_eq!(of(6)[5..], ["0.210 – 1.000", "–"], "0.633 ± 12.7062 × 0.0333");
        let seconds = found.table.columns.iter().position(|name| name == "train (s)").unwrap();
        assert_eq!(of(seconds)[5..], ["3.0", "–"]);
        assert_eq!(found.best, [0], "the best of its dataset, where that is clear");
        assert!(found.runs[5].is_empty() && found.runs[6].is_empty(), "a mean is no run");
        assert_eq!(found.titles[1], "bottle ganomaly 0×0×0, w_con 50");

        scored.runs.truncate(4);
        let one = compared(&scored, 1);
        assert_eq!((one.table.columns[0].as_str(), one.table.rows.len()), ("model", 2));
        assert_eq!(one.titles[0], "ganomaly 0×0×0, w_con 1");
    }
}
