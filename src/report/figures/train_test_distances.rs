//! How near the normal test images are to the training images, against how near those are to each
//! other: what leaks stands out at the left.

use std::path::{Path, PathBuf};

use plotters::prelude::*;

use crate::data::Distances;
use crate::report::ReportError;
use crate::report::draw::axis::tick;
use crate::report::draw::figure::{Area, Drawing, Figure, save};
use crate::report::draw::text::{FAMILY, text};
use crate::report::draw::theme::{Style, THRESHOLD};

/// Draws the distances of a dataset as `stem`.png and `stem`.svg; gives back the PNG's path.
///
/// # Errors
/// A file that cannot be written.
pub fn draw_distances(
    title: &str,
    digest: &str,
    distances: &Distances,
    near_distance: f64,
    stem: &Path,
) -> Result<PathBuf, ReportError> {
    let commit =
        crate::build_info::short_commit().map_or(String::new(), |commit| format!(" · commit {commit}"));
    let origin = format!("{title} · dataset {digest:.8}{commit}");
    save(&Nearness { title, origin, distances, near_distance }, stem)
}

struct Nearness<'a> {
    title: &'a str,
    origin: String,
    distances: &'a Distances,
    near_distance: f64,
}

impl Figure for Nearness<'_> {
    fn size(&self) -> (u32, u32) {
        (900, 460)
    }

    fn origin(&self) -> String {
        self.origin.clone()
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let Distances { test, train } = self.distances;
        let furthest = test.iter().chain(train).copied().fold(self.near_distance, f64::max);
        let mut chart = ChartBuilder::on(area)
            .caption(format!("{}: distance to the nearest training image", self.title), (FAMILY, 18))
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..furthest * 1.02, 0.0..1.02)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc("root mean square difference at 32×32 (gray levels of 255)")
            .y_desc("share of images nearer (%)")
            .x_label_formatter(&tick)
            .y_label_formatter(&|share: &f64| format!("{:.0}", share * 100.0))
            .axis_desc_style(text(15, &BLACK))
            .label_style(text(13, &BLACK))
            .draw()?;
        let style = Style::default();
        let series = [
            ("normal test images", style.normal(), test),
            ("training images, to another one", style.train(), train),
        ];
        for (name, colour, distances) in series {
            chart
                .draw_series(LineSeries::new(cumulative(distances), colour.stroke_width(2)))?
                .label(format!("{name} ({})", distances.len()))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
        }
        let line = [(self.near_distance, 0.0), (self.near_distance, 1.02)];
        chart
            .draw_series(LineSeries::new(line, THRESHOLD.stroke_width(1)))?
            .label(format!("near_distance = {}", self.near_distance))
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], THRESHOLD));
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.85))
            .border_style(RGBColor(200, 200, 200))
            .label_font(text(13, &BLACK))
            .draw()
    }
}

/// The steps of the cumulative distribution.
fn cumulative(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let steps = sorted
        .iter()
        .enumerate()
        .flat_map(|(nth, value)| [(*value, nth as f64 / count), (*value, (nth + 1) as f64 / count)]);
    std::iter::once((0.0, 0.0)).chain(steps).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_distribution_rises_to_one() {
        let steps = super::cumulative(&[3.0, 1.0]);
        assert_eq!(steps, [(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.0, 1.0)]);
    }
}
