//! Losses of a step as metrics of burn-train.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{Device, ExecutionError, Tensor, TensorReadError};
use burn::train::ItemLazy;
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Adaptor, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

/// Steps whose losses are read back from the device at once.
const STEPS_READ_AT_ONCE: usize = 8;

/// The losses of some steps: one tensor, so that the device is read once for all of them.
#[derive(Debug, Clone)]
pub struct Losses {
    /// Step after step, the parts of each in the order of the metrics' names; absent where these
    /// steps are read together with later ones.
    values: Option<Tensor<1>>,
    parts: usize,
    batch_size: usize,
}

impl Losses {
    /// The losses of one step, in the order of the names that the metrics were made with; each has
    /// shape [1].
    pub fn new(parts: Vec<Tensor<1>>, batch_size: usize) -> Self {
        Self { parts: parts.len(), values: Some(Tensor::cat(parts, 0).detach()), batch_size }
    }

    /// Whether the device is read for them, so that more can be read with them.
    pub(crate) fn are_read(&self) -> bool {
        self.values.is_some()
    }

    /// Values of the part at `index`, step after step.
    fn part(&self, index: usize) -> Result<Vec<f64>, TensorReadError> {
        let Some(values) = &self.values else { return Ok(Vec::new()) };
        let values = values.clone().try_into_data()?;
        Ok(values.iter::<f64>().skip(index).step_by(self.parts).collect())
    }

    #[cfg(any(test, feature = "parity"))]
    pub fn values(&self) -> Vec<f64> {
        self.values.as_ref().map_or(Vec::new(), |values| values.to_data().iter::<f64>().collect())
    }
}

/// Holds the losses of steps back until there are enough of them to be worth a reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<Losses>>>);

impl Collector {
    /// Takes a step's losses; gives those of all waiting steps at the last step of an epoch and
    /// every [`STEPS_READ_AT_ONCE`] steps, and none between.
    pub fn take(&self, losses: Losses, last_of_epoch: bool) -> Losses {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Losses { parts, batch_size, .. } = losses;
        waiting.push(losses);
        if !last_of_epoch && waiting.len() < STEPS_READ_AT_ONCE {
            return Losses { values: None, parts, batch_size };
        }
        let values = waiting.drain(..).filter_map(|losses| losses.values).collect();
        Losses { values: Some(Tensor::cat(values, 0)), parts, batch_size }
    }
}

impl ItemLazy for Losses {
    fn sync(self) -> Result<Self, ExecutionError> {
        let values = self.values.map(|values| values.to_device(&Device::flex()));
        Ok(Self { values, ..self })
    }
}

impl Adaptor<Losses> for Losses {
    fn adapt(&self) -> Losses {
        self.clone()
    }
}

/// One of the losses as a burn-train metric: its mean over the images of an epoch.
#[derive(Clone)]
pub struct LossPart {
    name: Arc<String>,
    index: usize,
    state: NumericMetricState,
    /// Whether the last update brought values.
    has_news: bool,
}

impl LossPart {
    /// The metric of the loss at `index`.
    pub fn new(name: &str, index: usize) -> Self {
        Self {
            name: Arc::new(name.to_string()),
            index,
            state: NumericMetricState::default(),
            has_news: false,
        }
    }

    fn format(&self) -> FormatOptions {
        FormatOptions::new(self.name()).precision(4)
    }
}

impl Metric for LossPart {
    type Input = Losses;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes { unit: None, higher_is_better: false }.into()
    }

    fn update(
        &mut self,
        losses: &Losses,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let values = losses.part(self.index)?;
        self.has_news = !values.is_empty();
        for value in values {
            self.state.update(value, losses.batch_size);
        }
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
    }
}

impl Numeric for LossPart {
    fn value(&self) -> Option<NumericEntry> {
        self.has_news.then(|| self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        self.has_news.then(|| self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(value: f32) -> Losses {
        let part = |value: f32| Tensor::from_data([value], &Device::flex());
        Losses::new(vec![part(value), part(-value)], 2)
    }

    #[test]
    fn losses_wait_and_none_is_lost() {
        let collector = Collector::default();
        let mut seen = Vec::new();
        for nth in 1..=STEPS_READ_AT_ONCE + 3 {
            let losses = collector.take(step(nth as f32), nth == STEPS_READ_AT_ONCE + 3);
            assert_eq!(losses.are_read(), nth == STEPS_READ_AT_ONCE || nth == STEPS_READ_AT_ONCE + 3);
            seen.extend(losses.part(1).unwrap());
        }
        let expected: Vec<f64> = (1..=STEPS_READ_AT_ONCE + 3).map(|nth| -(nth as f64)).collect();
        assert_eq!(seen, expected);
    }
}
