//! One panel per model, up to three side by side: what the figures of scores share.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::theme::Style;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Portion;

/// Rows and columns of panels, one per model.
#[derive(Clone, Copy)]
pub(crate) struct Grid {
    rows: usize,
    columns: usize,
    /// Width and height in pixels.
    panel: (u32, u32),
}

impl Grid {
    /// Up to three panels side by side, each `height` pixels high.
    pub fn of(group: &Group, height: u32) -> Self {
        let width = if group.models.len() < 3 { 700 } else { 520 };
        Self::with_columns(group, 3, (width, height))
    }

    /// Two panels side by side: with `head` pixels above, 14×5 inches of 100 pixels, as in the paper.
    pub fn of_paper(group: &Group, head: u32) -> Self {
        Self::with_columns(group, 2, (700, 500 - head))
    }

    fn with_columns(group: &Group, most: usize, panel: (u32, u32)) -> Self {
        let columns = group.models.len().clamp(1, most);
        Self { rows: group.models.len().div_ceil(columns).max(1), columns, panel }
    }

    /// The size of a figure with these panels.
    pub fn size(&self) -> (u32, u32) {
        let (width, height) = self.panel;
        (width * self.columns as u32, height * self.rows as u32)
    }
}

/// Scores of one kind of image.
pub(crate) struct Series {
    pub name: &'static str,
    pub colour: RGBColor,
    pub scores: Vec<f64>,
}

/// The scores of a model's shown run, by kind of image.
pub(crate) fn series(model: &ModelRuns, style: Style) -> [Series; 3] {
    let of = |name, colour, portion, label| Series { name, colour, scores: model.scores_of(portion, label) };
    [
        of("training images", style.train(), Portion::Train, Label::Normal),
        of("normal test images", style.normal(), Portion::Test, Label::Normal),
        of("anomalous test images", style.anomaly(), Portion::Test, Label::Anomaly),
    ]
}

/// Draws one panel per model, each with its heading.
pub(crate) fn side_by_side<DB: DrawingBackend>(
    area: &Area<'_, DB>,
    grid: Grid,
    group: &Group,
    draw: impl Fn(&Area<'_, DB>, &ModelRuns, &str) -> Drawing<DB>,
) -> Drawing<DB> {
    let panels = area.split_evenly((grid.rows, grid.columns));
    for (nth, (panel, model)) in panels.iter().zip(&group.models).enumerate() {
        draw(panel, model, &model.heading(nth))?;
    }
    Ok(())
}
