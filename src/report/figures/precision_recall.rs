//! Precision–recall curves of all models, averaged over seeds.

use plotters::prelude::*;

use crate::eval::measure::AVERAGE_PRECISION;
use crate::eval::{mean_precision_recall, precision_recall_curve};
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::seed_bands::{Band, Panel, origin};
use crate::report::select::run_groups::Group;

pub(crate) const CAPTION: &str = "precision by recall, anomalies being what is looked for. Lines: the mean over \
    seeds of the precision at each recall; bands: ± one standard deviation over seeds; dashed: the share of \
    anomalies among the test images, which chance gives. In the legend the average precision. Each model has the \
    sweep's first setting.";

const WIDTH: u32 = 760;
const HEIGHT: u32 = 580;

pub(crate) struct PrecisionRecall<'a> {
    group: &'a Group,
    bands: Vec<Band>,
}

impl<'a> PrecisionRecall<'a> {
    pub fn new(group: &'a Group) -> Self {
        let band =
            |model| Band::new(model, precision_recall_curve, mean_precision_recall, &AVERAGE_PRECISION);
        Self { group, bands: group.models.iter().map(band).collect() }
    }

    /// Share of anomalies among the test images; the same in all runs of a sweep.
    fn prevalence(&self) -> f64 {
        self.group.models.first().map_or(0.0, |model| {
            let (normal, anomaly) = (model.shown.n_normal as f64, model.shown.n_anomaly as f64);
            anomaly / (normal + anomaly).max(1.0)
        })
    }
}

impl Figure for PrecisionRecall<'_> {
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
        let prevalence = self.prevalence();
        Panel {
            title: "Precision and recall",
            x: ("recall (share of the anomalies that are found)", 0.0..1.0),
            y: ("precision (share of the alarms that are right)", 0.0..1.0),
            chance: vec![(0.0, prevalence), (1.0, prevalence)],
            legend: Some(SeriesLabelPosition::LowerLeft),
        }
        .draw(area, &self.bands)
    }
}
