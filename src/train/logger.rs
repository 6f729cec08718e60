//! burn-train's metrics, passed on epoch by epoch.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use burn::train::Interrupter;
use burn::train::logger::MetricLogger;
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{MetricDefinition, MetricId, NumericEntry};

use super::job::{Divergence, Observer};
use crate::eval::EpochMetric;

/// Passes every epoch's means on, and stops the training when a loss is not finite.
pub(crate) struct ObservedLogger {
    observer: Arc<dyn Observer>,
    interrupter: Interrupter,
    diverged: Arc<OnceLock<Divergence>>,
    steps_an_epoch: usize,
    /// Steps of the whole training: its last epoch may be cut short.
    steps: usize,
    names: HashMap<MetricId, String>,
    latest: HashMap<(String, String), f64>,
}

impl ObservedLogger {
    pub fn new(
        observer: Arc<dyn Observer>,
        interrupter: Interrupter,
        steps_an_epoch: usize,
        steps: usize,
    ) -> Self {
        let (names, latest) = (HashMap::new(), HashMap::new());
        Self { observer, interrupter, diverged: Arc::default(), steps_an_epoch, steps, names, latest }
    }

    /// Filled where a loss is not finite.
    pub fn diverged(&self) -> Arc<OnceLock<Divergence>> {
        self.diverged.clone()
    }
}

impl MetricLogger for ObservedLogger {
    fn log(&mut self, update: MetricsUpdate, epoch: usize, split: &Split) {
        for numeric in update.entries_numeric {
            let Some(name) = self.names.get(&numeric.entry.metric_id) else { continue };
            // The running mean has seen every step since the last update, the current value one of them.
            if let Some(value) = numeric.running_entry.as_ref().map(NumericEntry::current)
                && !value.is_finite()
            {
                let divergence = Divergence { split: split.to_string(), loss: name.clone(), value, epoch };
                self.interrupter.stop(Some(&divergence.to_string()));
                self.diverged.set(divergence).ok(); // the first one counts
            }
            if let Some(running) = numeric.running_entry {
                self.latest.insert((split.to_string(), name.clone()), running.current());
            }
        }
    }

    fn read_numeric(&mut self, _: &str, _: usize, _: &Split) -> Result<Vec<NumericEntry>, String> {
        Ok(Vec::new())
    }

    fn log_metric_definition(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name.to_string());
    }

    fn log_epoch_summary(&mut self, summary: EpochSummary) {
        let split = summary.split.to_string();
        let epoch = summary.epoch_number;
        let done = self.latest.iter().filter(|((of, _), value)| *of == split && value.is_finite());
        let mut metrics: Vec<EpochMetric> = done
            .map(|((_, name), value)| EpochMetric {
                split: split.clone(),
                name: name.clone(),
                epoch,
                step: self.steps.min(epoch * self.steps_an_epoch),
                value: *value,
            })
            .collect();
        metrics.sort_by(|a, b| a.name.cmp(&b.name));
        self.observer.epoch(&metrics);
        self.latest.retain(|(of, _), _| *of != split);
    }
}
