//! One panel a model, up to three side by side: what the figures of scores share.

use plotters::prelude::*;

use super::canvas::{ANOMALY, Area, Drawing, NORMAL, TRAIN, footer};
use super::select::{Group, ModelRuns};

/// Height of the line at the foot.
const FOOT: u32 = 30;

/// Panels in one row.
const COLUMNS: usize = 3;

/// The size of a figure whose rows of panels are `row_height` high.
pub(super) fn size(group: &Group, row_height: u32) -> (u32, u32) {
    let (rows, columns) = shape(group);
    let width = if columns < COLUMNS { 700 * columns } else { 520 * columns };
    (width.max(700) as u32, row_height * rows as u32 + FOOT)
}

fn shape(group: &Group) -> (usize, usize) {
    let columns = group.models.len().clamp(1, COLUMNS);
    (group.models.len().div_ceil(columns).max(1), columns)
}

/// Scores of one kind of image.
pub(super) struct Series {
    pub name: &'static str,
    pub colour: RGBColor,
    pub scores: Vec<f64>,
}

/// The scores of a model's shown run, by kind of image.
pub(super) fn series(model: &ModelRuns) -> [Series; 3] {
    [
        Series { name: "training images", colour: TRAIN, scores: model.scores_of("train", "normal") },
        Series { name: "normal test images", colour: NORMAL, scores: model.scores_of("test", "normal") },
        Series { name: "anomalous test images", colour: ANOMALY, scores: model.scores_of("test", "anomaly") },
    ]
}

/// Draws one panel a model, each with its heading, and a foot that says where they are from.
pub(super) fn side_by_side<DB: DrawingBackend>(
    area: &Area<'_, DB>,
    group: &Group,
    draw: impl Fn(&Area<'_, DB>, &ModelRuns, &str) -> Drawing<DB>,
) -> Drawing<DB> {
    let (_, height) = area.dim_in_pixel();
    let (panels, foot) = area.split_vertically(height - FOOT);
    for (nth, (panel, model)) in panels.split_evenly(shape(group)).iter().zip(&group.models).enumerate() {
        draw(panel, model, &model.heading(nth))?;
    }
    footer(&foot, &group.origin(&group.models.iter().collect::<Vec<_>>()))
}
