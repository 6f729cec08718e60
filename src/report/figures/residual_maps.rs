//! Figure 7 of the paper: where an image differs from its reconstruction.

use plotters::prelude::*;

use crate::report::ReportError;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::image_grid::{Column, Grid, Row};
use crate::report::draw::residual_overlay::{Map, Residual};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Role;

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
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Self, ReportError> {
        let mut found = Vec::new();
        for label in [Label::Normal, Label::Anomaly] {
            let median = model.pictures.iter().filter(|one| one.label == label && one.role == Role::Median);
            for picture in median.take(IMAGES) {
                found.push((label, picture.score, Residual::of(picture)?));
            }
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
        let title = format!("{}: residuals on test images with median scores", model.title());
        let grid = Grid { title, image_size: group.image_size, rows, columns, largest };
        Ok(Self { group, model, grid })
    }
}

impl Figure for Residuals<'_> {
    fn size(&self) -> (u32, u32) {
        self.grid.size()
    }

    fn origin(&self) -> String {
        self.group.origin(&[self.model])
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        self.grid.draw(area)
    }
}
