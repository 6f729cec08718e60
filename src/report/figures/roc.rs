//! ROC curves of all models, averaged over seeds.

use crate::eval::measure::AUROC;
use crate::eval::{mean_roc, roc_curve};
use crate::report::draw::axis::Axis;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::model_panels::Panels;
use crate::report::draw::seed_bands::{Band, Panel, legend, origin, table};
use crate::report::select::run_groups::Group;
use crate::table::Table;

pub(crate) const CAPTION: &str = "ROC curves, and the part with few false alarms. Lines: the mean over seeds of the \
    true positive rate at each false positive rate (vertical averaging); bands: ± one standard deviation over seeds; \
    gray dashes: chance. In the legend the AUROC.";

pub(crate) struct Roc<'a> {
    group: &'a Group,
    bands: Vec<Band>,
}

impl<'a> Roc<'a> {
    pub fn new(group: &'a Group) -> Self {
        let band = |model| Band::new(model, roc_curve, mean_roc, &AUROC);
        Self { group, bands: group.models.iter().map(band).collect() }
    }
}

fn panels(width: i32) -> Panels {
    Panels::of(2, 2, 0.9, width)
}

impl Figure for Roc<'_> {
    fn height(&self, width: i32) -> i32 {
        legend(&self.bands, width).height() + panels(width).whole()
    }

    fn origin(&self) -> String {
        origin(self.group)
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let legend = legend(&self.bands, width);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        let parts = [("(a) ROC", 1.0), ("(b) false positive rates up to 0.2", 0.2)];
        for ((title, end), area) in parts.into_iter().zip(panels(width).areas(&below)) {
            let panel = Panel {
                title,
                x: Axis::linear("false positive rate", 0.0..end),
                y: Axis::linear("true positive rate", 0.0..1.0),
                chance: vec![(0.0, 0.0), (end, end)],
            };
            panel.draw(&area, &self.bands)?;
        }
        Ok(())
    }

    fn data(&self) -> Option<Table> {
        Some(table(&self.bands, ["false positive rate", "true positive rate"]))
    }
}
