//! Pixel level: residual maps beside the masks of defects.

use crate::eval::measure::PIXEL_AUROC;
use crate::report::ReportError;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::image_grid::{Column, Grid, Row};
use crate::report::draw::residual_overlay::{Map, Residual};
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Role;
use crate::table::Table;

/// Anomalies of each kind: neither the best nor the worst alone.
const IMAGES: usize = 2;
const ROLES: [(Role, &str); 3] =
    [(Role::Highest, "highest score"), (Role::Median, "median score"), (Role::Lowest, "lowest score")];

pub(crate) fn caption(model: &str) -> String {
    format!(
        "anomalous test images, where {model} finds them strange, and where the defect is (white). Pixel AUROC is \
         that of |x − x̂| against the masks, over all pixels of the normal and the masked test images."
    )
}

pub(crate) struct Maps<'a> {
    group: &'a Group,
    model: &'a ModelRuns,
    grid: Grid,
}

impl<'a> Maps<'a> {
    /// Absent where no mask is known.
    pub fn new(group: &'a Group, model: &'a ModelRuns) -> Result<Option<Self>, ReportError> {
        let mut found = Vec::new();
        for (role, head) in ROLES {
            for picture in model.pictures_of(Label::Anomaly, role, IMAGES) {
                let Some(mask) = picture.mask.as_deref() else { continue };
                let mask = image::load_from_memory(mask)?.into_rgb8();
                found.push((head, picture.score, Residual::of(picture)?, mask));
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        let largest = found.iter().map(|(_, _, residual, _)| residual.largest()).fold(0.0, f64::max);
        let columns = found
            .into_iter()
            .map(|(head, score, residual, mask)| {
                let map = residual.map(Map::Absolute, largest);
                Column { head: head.into(), score, images: vec![residual.actual, map, mask] }
            })
            .collect();
        let rows = vec![
            Row { words: ["image", "x"], map: None },
            Row { words: ["|x − x̂|", "gray levels of 255"], map: Some(Map::Absolute) },
            Row { words: ["mask", "white: defect"], map: None },
        ];
        let area = model
            .shown
            .measures
            .get(&PIXEL_AUROC)
            .map_or(String::new(), |area| format!(", pixel AUROC {area:.3}"));
        let title = format!("{}: residuals and masks{area}", model.title());
        let grid = Grid { title, doubt: model.doubt(), image_size: group.image_size, rows, columns, largest };
        Ok(Some(Self { group, model, grid }))
    }
}

impl Figure for Maps<'_> {
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
