//! Whether a threshold keeps its promise: false positive rates promised by held-out normal images against
//! those found on normal test images.

use plotters::prelude::*;

use crate::eval::{band_of_found_rates, confusion, held_out_threshold, promised_rate};
use crate::report::draw::axis::tick;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::model_panels::{Grid, side_by_side};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::SERIES;
use crate::report::select::run_groups::{Group, ModelRuns, SeedRun};
use crate::report::select::settings::threshold_quantile;
use crate::spec::Label;
use crate::store::Portion;

pub(crate) const CAPTION: &str = "\
    false positive rates that thresholds promise (from the scores of held-out normal images) against those \
    found on the normal test images, one line per seed; dashed: a promise kept. The dots are the runs' own \
    thresholds. What n held-out images promise is (n + 1 − k) / (n + 1), with the k-th smallest of their \
    scores as threshold: 5 % or a little less from 19 images on, more with fewer. The bars hold 95 % of the \
    rates that are found where the promise is kept (beta-binomial, for the numbers of held-out and test \
    images): a dot outside its bar says that test images differ from held-out ones.";

/// Promises shown.
const SHOWN: f64 = 0.3;
const STEPS: usize = 120;

pub(crate) struct Calibration<'a> {
    group: &'a Group,
    grid: Grid,
}

impl<'a> Calibration<'a> {
    pub fn new(group: &'a Group) -> Self {
        Self { group, grid: Grid::of(group, 450) }
    }
}

impl Figure for Calibration<'_> {
    fn size(&self) -> (u32, u32) {
        self.grid.size()
    }

    fn origin(&self) -> String {
        self.group.origin_of_seeds(&self.group.models.iter().collect::<Vec<_>>())
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        side_by_side(area, self.grid, self.group, draw_panel)
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

fn draw_panel<DB: DrawingBackend>(panel: &Area<'_, DB>, model: &ModelRuns, _: &str) -> Drawing<DB>
where
    DB::ErrorType: 'static,
{
    let lines: Vec<Vec<(f64, f64)>> = model.seeds.iter().map(line).collect();
    let operating: Vec<Option<Kept>> = model.seeds.iter().map(SeedRun::calibration).collect();
    let highest = operating.iter().flatten().map(|kept| kept.high);
    let highest = lines.iter().flatten().map(|point| point.1).chain(highest).fold(SHOWN, f64::max);
    let room = (1.1 + 0.09 * model.seeds.len() as f64).min(2.0); // for the legend
    let mut chart = ChartBuilder::on(panel)
        .caption(model.title(), (FAMILY, 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..SHOWN, 0.0..highest * room)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("false positive rate promised")
        .y_desc("false positive rate found")
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .axis_desc_style(text(15, &BLACK))
        .label_style(text(13, &BLACK))
        .draw()?;
    if lines.iter().all(Vec::is_empty) {
        let style = text(15, &BLACK);
        return panel.draw(&Text::new("no image was held out: nothing is promised", (90, 60), style));
    }
    let diagonal = [(0.0, 0.0), (SHOWN, SHOWN)];
    chart.draw_series(DashedLineSeries::new(diagonal, 5, 4, BLACK.stroke_width(1)))?;
    for (nth, (line, kept)) in lines.into_iter().zip(operating).enumerate() {
        let colour = SERIES[nth % SERIES.len()];
        let held_out = model.seeds[nth].scores_of(Portion::HeldOut, Label::Normal).len();
        let run = &model.seeds[nth].run;
        let seed = format!("seed {} ({})", run.seed, run.run_id.short());
        let label = match kept {
            Some(kept) => format!(
                "{seed}: {:.1} % promised by {held_out} (kept: {:.1} to {:.1}), {:.1} % found",
                100.0 * kept.promised,
                100.0 * kept.low,
                100.0 * kept.high,
                100.0 * kept.found,
            ),
            None => format!("{seed}: no threshold"),
        };
        chart
            .draw_series(LineSeries::new(line, colour.mix(0.8).stroke_width(1)))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
        if let Some(kept) = kept {
            // Bars of seeds stand beside each other.
            let x = kept.promised + 0.003 * nth as f64;
            chart.draw_series([PathElement::new([(x, kept.low), (x, kept.high)], colour.stroke_width(2))])?;
            chart.draw_series([Circle::new((x, kept.found), 4, colour.filled())])?;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font(text(12, &BLACK))
        .draw()
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
