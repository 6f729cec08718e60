//! How near the normal test images are to the training images, against how near those are to each
//! other: what leaks stands out at the left.

use std::path::{Path, PathBuf};

use crate::data::Distances;
use crate::report::ReportError;
use crate::report::draw::axis::Axis;
use crate::report::draw::figure::{Area, Drawing, Figure, Look, save};
use crate::report::draw::legend::{Entry, Legend, Sample};
use crate::report::draw::plot::Plot;
use crate::report::draw::stroke::{PATTERNS, Stroke, THIN};
use crate::report::draw::style::Style;
use crate::report::draw::theme::THRESHOLD;
use crate::report::draw::units::pt;

/// Draws the distances of a dataset as `stem`.png, `stem`.svg and `stem`.pdf; gives back the PNG's path.
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
    save(&Nearness { title, origin, distances, near_distance }, Look::default(), stem)
}

struct Nearness<'a> {
    title: &'a str,
    origin: String,
    distances: &'a Distances,
    near_distance: f64,
}

impl Nearness<'_> {
    /// Distances of the test images, then of the training images, with their lines.
    fn series(&self) -> [(&'static str, Stroke, &[f64]); 2] {
        let style = Style::default();
        let of = |colour, dashes| Stroke { colour, dashes, width: 12 };
        [
            ("normal test images", of(style.normal(), PATTERNS[0]), &self.distances.test),
            (
                "a sample of the training images, to the nearest other one",
                of(style.anomaly(), PATTERNS[1]),
                &self.distances.train,
            ),
        ]
    }

    fn legend(&self, width: i32) -> Legend {
        let series = self.series().map(|(name, stroke, distances)| {
            Entry::new(Sample::Line(stroke), format!("{name} ({})", distances.len()))
        });
        let near = format!("near_distance = {}", self.near_distance);
        let near = Entry::new(Sample::Line(Stroke::whole(THRESHOLD, THIN)), near);
        Legend::new(series.into_iter().chain([near]).collect(), width)
    }
}

impl Figure for Nearness<'_> {
    fn height(&self, width: i32) -> i32 {
        self.legend(width).height() + pt(230)
    }

    fn origin(&self) -> String {
        self.origin.clone()
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let legend = self.legend(area.dim_in_pixel().0 as i32);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        let Distances { test, train } = self.distances;
        let furthest = test.iter().chain(train).copied().fold(self.near_distance, f64::max);
        let plot = Plot::new(
            &below,
            format!("{}: distance to the nearest training image", self.title).as_str(),
            Axis::linear("root mean square difference at 32×32 (gray levels of 255)", 0.0..furthest * 1.02),
            Axis::linear("share of images nearer (%)", 0.0..102.0),
        )?;
        for (_, stroke, distances) in self.series() {
            plot.line(cumulative(distances).into_iter().map(|(at, share)| (at, 100.0 * share)), stroke)?;
        }
        let line = [(self.near_distance, 0.0), (self.near_distance, 102.0)];
        plot.line(line, Stroke::whole(THRESHOLD, THIN))
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
