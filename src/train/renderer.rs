//! burn-train's progress, passed on.

use std::sync::Arc;

use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::MetricDefinition;
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation, MetricsRendererTraining,
};

use super::job::Observer;

/// Passes burn-train's progress on; draws nothing itself.
pub(crate) struct ObservedRenderer {
    observer: Arc<dyn Observer>,
    epoch: usize,
    images: usize,
    training: bool,
}

impl ObservedRenderer {
    pub fn new(observer: Arc<dyn Observer>, first_epoch: usize) -> Self {
        Self { observer, epoch: first_epoch, images: 0, training: false }
    }
}

impl TrainingProgressLogger for ObservedRenderer {
    fn start(&mut self, _: usize, _: usize, _: Option<usize>, _: Option<&str>) {}

    fn update_epoch(&mut self, epoch: usize) {
        self.epoch = epoch + 1;
    }

    fn start_split(&mut self, split: &str, total: usize) {
        self.training = split.eq_ignore_ascii_case("train");
        self.images = total;
    }

    fn update_split(&mut self, done: usize) {
        if self.training {
            self.observer.progress(self.epoch, done, self.images);
        }
    }

    fn end_split(&mut self) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _: String) {}
}

impl MetricsRendererTraining for ObservedRenderer {
    fn update_train(&mut self, _: MetricState) {}
    fn update_valid(&mut self, _: MetricState) {}
}

impl EvaluationProgressLogger for ObservedRenderer {
    fn start_global_progress(&mut self, _: usize) {}
    fn start_test(&mut self, _: &str, _: usize) {}
    fn update_test_progress(&mut self, _: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _: String) {}
}

impl MetricsRendererEvaluation for ObservedRenderer {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}
}

impl MetricsRenderer for ObservedRenderer {
    fn manual_close(&mut self) {}
    fn register_metric(&mut self, _: MetricDefinition) {}
}
