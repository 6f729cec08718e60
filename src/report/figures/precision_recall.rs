//! Precision–recall curves of all models, averaged over seeds.

use crate::eval::measure::AVERAGE_PRECISION;
use crate::eval::{mean_precision_recall, precision_recall_curve};
use crate::report::draw::axis::Axis;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::seed_bands::{Band, Panel, legend, origin, table};
use crate::report::draw::units::pt;
use crate::report::select::run_groups::Group;
use crate::table::Table;

pub(crate) const CAPTION: &str = "precision by recall, anomalies being what is looked for. Lines: the mean over \
    seeds of the precision at each recall; bands: ± one standard deviation over seeds; gray dashes: the share of \
    anomalies among the test images, which chance gives. In the legend the average precision.";

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
    fn height(&self, width: i32) -> i32 {
        legend(&self.bands, width).height() + (width * 7 / 10).min(pt(240))
    }

    fn origin(&self) -> String {
        origin(self.group)
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let legend = legend(&self.bands, area.dim_in_pixel().0 as i32);
        let (top, below) = area.split_vertically(legend.height());
        legend.draw(&top)?;
        let prevalence = self.prevalence();
        let panel = Panel {
            title: "Precision and recall",
            x: Axis::linear("recall (share of the anomalies that are found)", 0.0..1.0),
            y: Axis::linear("precision (share of right alarms)", 0.0..1.0),
            chance: vec![(0.0, prevalence), (1.0, prevalence)],
        };
        panel.draw(&below, &self.bands)
    }

    fn data(&self) -> Option<Table> {
        Some(table(&self.bands, ["recall", "precision"]))
    }
}
