//! Figure 7 of the paper: where an image differs from its reconstruction.

use crate::report::ReportError;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::image_grid::{Column, Grid, Row};
use crate::report::draw::residual_overlay::{Map, Residual};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Role;
use crate::table::Table;

/// Images of each label, as in the paper.
const IMAGES: usize = 2;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "residuals of {model} on the normal and the anomalous test images with the median scores, averaged over \
         channels, over the faded image (red: brighter than reproduced, blue: darker); one scale for all."
    )
}

pub(crate) struct Residuals<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    grid: Grid,
}

impl<'a> Residuals<'a> {
    /// Absent where the store has no pictures.
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Option<Self>, ReportError> {
        let mut found = Vec::new();
        for label in [Label::Normal, Label::Anomaly] {
            for picture in model.pictures_of(label, Role::Median, IMAGES) {
                found.push((label, picture.score, Residual::of(picture)?));
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        let largest = found.iter().map(|(_, _, residual)| residual.largest()).fold(0.0, f64::max);
        let columns = found
            .into_iter()
            .map(|(label, score, residual)| {
                let maps = [Map::Signed, Map::Absolute].map(|map| residual.map(map, largest));
                let images = [residual.actual, residual.made].into_iter().chain(maps).collect();
                Column { head: label.to_string(), score, images }
            })
            .collect();
        let rows = vec![
            Row { words: ["actual", "x"], map: None },
            Row { words: ["reproduced", "x̂"], map: None },
            Row { words: ["x − x̂", "gray levels of 255"], map: Some(Map::Signed) },
            Row { words: ["|x − x̂|", "gray levels of 255"], map: Some(Map::Absolute) },
        ];
        let title = format!("{}: residuals, median scores", model.title());
        let grid = Grid { title, doubt: model.doubt(), image_size: group.image_size, rows, columns, largest };
        Ok(Some(Self { group, model, grid }))
    }
}

impl Figure for Residuals<'_> {
    fn height(&self, width: i32) -> i32 {
        self.grid.height(width)
    }

    fn origin(&self) -> String {
        self.group.origin(&[self.model])
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        self.grid.draw(area)
    }

    fn data(&self) -> Option<Table> {
        Some(self.grid.table())
    }
}
