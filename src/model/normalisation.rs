//! What follows a convolution: BatchNorm and the activation, at once where the CPU's kernels compute them.

use burn::module::RunningState;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;
use burn::tensor::activation::{leaky_relu, relu};

use crate::kernels::{self, Settings};
use crate::spec::Precision;
use crate::spec::layers::Activation;

/// Whether the CPU's kernels compute a layer: they are for 32-bit numbers.
pub(super) fn by_kernels(x: &Tensor<4>, precision: Precision) -> bool {
    precision == Precision::F32 && kernels::chosen(&x.device())
}

/// The slope below zero of activations that kernels have.
pub(super) fn slope(activation: Activation) -> Option<f32> {
    match activation {
        Activation::LeakyRelu(slope) => Some(slope as f32),
        Activation::Relu => Some(0.0),
        Activation::None | Activation::Tanh => None,
    }
}

/// The activation by burn's own operations.
pub(super) fn activated_by_burn(x: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::None => x,
        Activation::LeakyRelu(slope) => leaky_relu(x, slope),
        Activation::Relu => relu(x),
        Activation::Tanh => x.tanh(),
    }
}

/// BatchNorm, and the activation behind it.
pub(super) fn normalised(
    norm: &BatchNorm,
    x: Tensor<4>,
    activation: Activation,
    precision: Precision,
) -> Tensor<4> {
    let Some(slope) = slope(activation).filter(|_| by_kernels(&x, precision)) else {
        return activated_by_burn(norm.forward(x), activation);
    };
    let settings = Settings { epsilon: norm.epsilon as f32, slope };
    let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
    // As burn's layer decides: a frozen one has its running statistics even on a training device.
    if !x.device().is_autodiff() || !norm.training.is_enabled() {
        let statistics = [norm.running_mean.value(), norm.running_var.value()];
        return kernels::normalise(x, [gamma, beta], statistics, settings);
    }
    let made = kernels::normalise_batch(x, gamma, beta, settings);
    follow(&norm.running_mean, made.mean, norm.momentum);
    follow(&norm.running_var, made.variance, norm.momentum);
    made.output
}

/// Moves running statistics towards those of a batch.
fn follow(running: &RunningState<Tensor<1>>, of_batch: Tensor<1>, momentum: f64) {
    let before = running.value_sync().mul_scalar(1.0 - momentum);
    running.update((before + of_batch.mul_scalar(momentum)).detach());
}
