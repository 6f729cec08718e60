//! Whether a threshold keeps its promise: false positive rates promised by held-out normal images against
//! those found on normal test images.

use plotters::prelude::*;

use crate::eval::{band_of_found_rates, confusion, held_out_threshold, promised_rate};
use crate::report::draw::axis::Axis;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::model_panels::Panels;
use crate::report::draw::plot::Plot;
use crate::report::draw::stroke::{MARKERS, Stroke, THIN};
use crate::report::draw::theme::{SERIES, line_of};
use crate::report::draw::units::pt;
use crate::report::select::run_groups::{Group, ModelRuns, SeedRun};
use crate::report::select::settings::threshold_quantile;
use crate::spec::Label;
use crate::store::Portion;
use crate::table::{Cell, Table};

pub(crate) const CAPTION: &str = "\
    false positive rates that thresholds promise (from the scores of held-out normal images) against those \
    found on the normal test images, one line per seed; gray dashes: a promise kept. The marks are the runs' own \
    thresholds. What n held-out images promise is (n + 1 − k) / (n + 1), with the k-th smallest of their \
    scores as threshold: 5 % or a little less from 19 images on, more with fewer. The bars hold 95 % of the \
    rates that are found where the promise is kept (beta-binomial, for the numbers of held-out and test \
    images): a mark outside its bar says that test images differ from held-out ones.";

/// Promises shown.
const SHOWN: f64 = 0.3;
const STEPS: usize = 120;

/// Seeds that are named under a panel.
const SEEDS_NAMED: usize = SERIES.len();
/// A kept promise.
const KEPT: RGBColor = RGBColor(150, 150, 150);

pub(crate) struct Calibration<'a> {
    group: &'a Group,
    /// The models that promise something.
    models: Vec<&'a ModelRuns>,
}

impl<'a> Calibration<'a> {
    /// Absent where no image was held out.
    pub fn new(group: &'a Group) -> Option<Self> {
        let promises = |model: &&ModelRuns| model.seeds.iter().any(|seed| seed.calibration().is_some());
        let models: Vec<&ModelRuns> = group.models.iter().filter(promises).collect();
        (!models.is_empty()).then_some(Self { group, models })
    }

    fn panels(&self, width: i32) -> Panels {
        let panels = Panels::of(self.models.len(), 2, 0.6, width);
        let inner = width / panels.columns as i32;
        let words = self.models.iter().map(|model| seeds_in_words(model, inner).height()).max().unwrap_or(0);
        Panels { height: panels.height.max(pt(130)) + words, ..panels }
    }
}

/// What became of each seed's promise.
fn seeds_in_words(model: &ModelRuns, width: i32) -> Legend {
    let entry = |(nth, seed): (usize, &SeedRun)| {
        let run = &seed.run;
        let words = match seed.calibration() {
            Some(kept) => format!(
                "seed {}: {:.1} % promised (kept: {:.1} to {:.1}), {:.1} % found",
                run.seed,
                100.0 * kept.promised,
                100.0 * kept.low,
                100.0 * kept.high,
                100.0 * kept.found,
            ),
            None => format!("seed {}: no threshold", run.seed),
        };
        Entry::new(Sample::Both(line_of(nth), MARKERS[nth % MARKERS.len()]), words)
    };
    let mut entries: Vec<Entry> = model.seeds.iter().enumerate().map(entry).collect();
    let left_out = entries.len().saturating_sub(SEEDS_NAMED);
    entries.truncate(SEEDS_NAMED);
    if let (true, Some(last)) = (left_out > 0, entries.last_mut()) {
        last.words = format!("{}; and {left_out} more", last.words);
    }
    Legend::new(entries, width)
}

impl Figure for Calibration<'_> {
    fn height(&self, width: i32) -> i32 {
        self.panels(width).whole()
    }

    fn origin(&self) -> String {
        self.group.origin_of_seeds(&self.models)
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        for (panel, model) in self.panels(width).areas(area).iter().zip(&self.models) {
            draw_panel(panel, model)?;
        }
        Ok(())
    }

    fn data(&self) -> Option<Table> {
        let columns = ["model", "run", "seed", "promised", "found", "kept low", "kept high"];
        let rows = self.models.iter().flat_map(|model| {
            model.seeds.iter().filter_map(|seed| {
                let kept = seed.calibration()?;
                let numbers = [kept.promised, kept.found, kept.low, kept.high].map(Cell::Real);
                let run = &seed.run;
                let head = [
                    Cell::Text(run.model.clone()),
                    Cell::Text(run.run_id.to_string()),
                    Cell::Integer(run.seed),
                ];
                Some(head.into_iter().chain(numbers).collect())
            })
        });
        Some(Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() })
    }
}

/// A promised and a found false positive rate, with the band of those that are found where the promise is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kept {
    pub promised: f64,
    pub found: f64,
    pub low: f64,
    pub high: f64,
}

/// What becomes of the promise that a `share` of normal images passes; absent without held-out or normal test images.
pub(crate) fn kept(held_out: &[f64], normal: &[f64], share: f64) -> Option<Kept> {
    let threshold = held_out_threshold(held_out, share)?;
    let counts = confusion(normal, &[], threshold);
    let promised = promised_rate(held_out.len(), share)?;
    let (low, high) = band_of_found_rates(held_out.len(), share, counts.n_normal)?;
    Some(Kept { promised, found: counts.false_positive_rate()?, low, high })
}

impl SeedRun {
    /// What became of the promise of the run's own threshold.
    pub(crate) fn calibration(&self) -> Option<Kept> {
        let held_out = self.scores_of(Portion::HeldOut, Label::Normal);
        kept(&held_out, &self.scores_of(Portion::Test, Label::Normal), threshold_quantile(&self.run.config))
    }
}

fn line(seed: &SeedRun) -> Vec<(f64, f64)> {
    let (held_out, normal) =
        (seed.scores_of(Portion::HeldOut, Label::Normal), seed.scores_of(Portion::Test, Label::Normal));
    (0..=STEPS)
        .filter_map(|nth| kept(&held_out, &normal, 1.0 - SHOWN * nth as f64 / STEPS as f64))
        .filter(|kept| kept.promised <= SHOWN)
        .map(|kept| (kept.promised, kept.found))
        .collect()
}

fn draw_panel(panel: &Area<'_>, model: &ModelRuns) -> Drawing {
    let words = seeds_in_words(model, panel.dim_in_pixel().0 as i32);
    let (_, height) = panel.dim_in_pixel();
    let (above, below) = panel.split_vertically(height as i32 - words.height());
    words.draw(&below)?;
    let lines: Vec<Vec<(f64, f64)>> = model.seeds.iter().map(line).collect();
    let operating: Vec<Option<Kept>> = model.seeds.iter().map(SeedRun::calibration).collect();
    let highest = operating.iter().flatten().map(|kept| kept.high);
    let highest = lines.iter().flatten().map(|point| point.1).chain(highest).fold(SHOWN, f64::max);
    let plot = Plot::new(
        &above,
        model.title(),
        Axis::linear("false positive rate promised", 0.0..SHOWN),
        Axis::linear("false positive rate found", 0.0..highest * 1.05),
    )?;
    plot.line([(0.0, 0.0), (SHOWN, SHOWN)], Stroke::dashed(KEPT, THIN))?;
    for (nth, (line, kept)) in lines.into_iter().zip(operating).enumerate() {
        let stroke = line_of(nth);
        plot.line(line, Stroke { width: 8, ..stroke })?;
        if let Some(kept) = kept {
            // Bars of seeds stand beside each other.
            let x = kept.promised + 0.004 * nth as f64;
            plot.line([(x, kept.low), (x, kept.high)], Stroke::whole(stroke.colour, 12))?;
            plot.mark((x, kept.found), MARKERS[nth % MARKERS.len()], 24, stroke.colour)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_counted_on_the_test_images() {
        let held_out: Vec<f64> = (0..=100).map(f64::from).collect();
        // The 97th smallest of 101 is 96: three of twenty normal images lie above.
        let normal: Vec<f64> = (0..17).map(f64::from).chain([97.0, 98.0, 99.0]).collect();
        let found = kept(&held_out, &normal, 0.95).unwrap();
        assert!((found.found - 0.15).abs() < 1e-12);
        assert!((found.promised - 5.0 / 102.0).abs() < 1e-12 && found.low == 0.0, "{found:?}");
        // SciPy: betabinom(20, 5, 97).ppf(.975) is 4.
        assert!((found.high - 0.2).abs() < 1e-12, "{found:?}");
        assert_eq!(kept(&[], &normal, 0.95), None);
    }
}
