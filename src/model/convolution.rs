//! Convolutions in the network's number format.

use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{FloatDType, Tensor};

use super::normalisation::{activated_by_burn, by_kernels, slope};
use crate::kernels::{self, Window};
use crate::spec::Precision;
use crate::spec::layers::Activation;

/// The convolution that a layer of this stride is.
fn window(stride: [usize; 2]) -> Window {
    if stride == [1, 1] { Window::Whole } else { Window::Strided }
}

/// A convolution without bias: [batch, in, size, size] → [batch, out, size/stride, size/stride] (4×4 → 1×1 for a
/// head), in the network's number format. Its input, its weights and its output
/// are 32-bit in both: burn has no automatic casts, so they stand here.
pub(super) fn convolve(layer: &Conv2d, x: Tensor<4>, precision: Precision) -> Tensor<4> {
    if by_kernels(&x, precision) {
        return kernels::convolve(x, layer.weight.val(), window(layer.stride), None);
    }
    match precision {
        Precision::F32 => layer.forward(x),
        Precision::Bf16 => {
            let padding = match &layer.padding {
                PaddingConfig2d::Explicit(top, left, ..) => [*top, *left],
                PaddingConfig2d::Same | PaddingConfig2d::Valid => [0, 0],
            };
            let options = ConvOptions::new(layer.stride, padding, layer.dilation, layer.groups);
            conv2d(half(x), half(layer.weight.val()), None, options).cast(FloatDType::F32)
        }
    }
}

/// A convolution, and the activation behind it.
pub(super) fn convolve_activated(
    layer: &Conv2d,
    x: Tensor<4>,
    activation: Activation,
    precision: Precision,
) -> Tensor<4> {
    match slope(activation).filter(|_| by_kernels(&x, precision)) {
        Some(slope) => kernels::convolve(x, layer.weight.val(), window(layer.stride), Some(slope)),
        None => activated_by_burn(convolve(layer, x, precision), activation),
    }
}

/// A transposed convolution without bias: [batch, in, size, size] → [batch, out, stride·size, stride·size] (1×1 → 4×4
/// for a head), in the network's number format, as [`convolve`].
pub(super) fn convolve_transposed(layer: &ConvTranspose2d, x: Tensor<4>, precision: Precision) -> Tensor<4> {
    if by_kernels(&x, precision) {
        return kernels::convolve_transposed(x, layer.weight.val(), window(layer.stride));
    }
    match precision {
        Precision::F32 => layer.forward(x),
        Precision::Bf16 => {
            let options = ConvTransposeOptions::new(
                layer.stride,
                layer.padding,
                layer.padding_out,
                layer.dilation,
                layer.groups,
            );
            conv_transpose2d(half(x), half(layer.weight.val()), None, options).cast(FloatDType::F32)
        }
    }
}

fn half(x: Tensor<4>) -> Tensor<4> {
    x.cast(FloatDType::BF16)
}
