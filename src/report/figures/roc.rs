//! ROC curves of all models, averaged over seeds.

use plotters::prelude::*;

use crate::eval::measure::AUROC;
use crate::eval::{mean_roc, roc_curve};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::seed_bands::{Band, Panel, origin};
use crate::report::select::run_groups::Group;

pub(crate) const CAPTION: &str = "ROC curves; at the right the part with few false alarms. Lines: the mean over \
    seeds of the true positive rate at each false positive rate (vertical averaging); bands: ± one standard \
    deviation over seeds; dashed: chance. In the legend the AUROC. Each model has the sweep's first setting.";

const WIDTH: u32 = 1160;
const HEIGHT: u32 = 580;

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

impl Figure for Roc<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT)
    }

    fn origin(&self) -> String {
        origin(self.group)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<'_, DB>) -> Drawing<DB>
    where
        DB::ErrorType: 'static,
    {
        let (whole, few) = area.split_horizontally(600);
        let panel = |title, end: f64, legend| Panel {
            title,
            x: ("false positive rate", 0.0..end),
            y: ("true positive rate", 0.0..1.0),
            chance: vec![(0.0, 0.0), (end, end)],
            legend,
        };
        panel("(a) ROC", 1.0, Some(SeriesLabelPosition::LowerRight)).draw(&whole, &self.bands)?;
        panel("(b) false positive rates up to 0.2", 0.2, None).draw(&few, &self.bands)
    }
}
