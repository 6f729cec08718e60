use std::sync::Arc;

use burn::tensor::{Device, ExecutionError, Tensor, TensorReadError};
use burn::train::ItemLazy;
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Adaptor, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry,
};

/// The losses of one step: one tensor, so that the device is read once.
#[derive(Debug, Clone)]
pub struct Losses {
    values: Tensor<1>,
    batch_size: usize,
}

impl Losses {
    /// `values` in the order of the names that the metrics were made with; each has shape [1].
    pub fn new(values: Vec<Tensor<1>>, batch_size: usize) -> Self {
        Self { values: Tensor::cat(values, 0).detach(), batch_size }
    }

    #[cfg(test)]
    pub fn values(&self) -> Vec<f64> {
        self.values.to_data().iter::<f64>().collect()
    }
}

impl ItemLazy for Losses {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(Self { values: self.values.to_device(&Device::flex()), ..self })
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
}

impl LossPart {
    /// The metric of the loss at `index`.
    pub fn new(name: &str, index: usize) -> Self {
        Self { name: Arc::new(name.to_string()), index, state: NumericMetricState::default() }
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
        let value = losses.values.clone().narrow(0, self.index, 1).try_into_scalar::<f64>()?;
        self.state.update(value, losses.batch_size);
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
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}
