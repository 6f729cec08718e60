use burn::module::{Initializer, Module};
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::activation::{leaky_relu, relu};
use burn::tensor::{Device, Tensor};

use super::Shape;

/// Slope of LeakyReLU below zero (Radford et al. 2015).
const SLOPE: f64 = 0.2;

/// Convolutions start as N(0, 0.02) (Radford et al. 2015).
const WEIGHTS: Initializer = Initializer::Normal { mean: 0.0, std: 0.02 };
/// BatchNorm's γ starts as N(1, 0.02).
const GAMMA: Initializer = Initializer::Normal { mean: 1.0, std: 0.02 };

/// Stride-2 convolutions down to 4×4, then one 4×4 convolution: an encoder where it ends in the
/// latent vector, a discriminator where it ends in one logit.
///
/// As in the code of Akcay et al. (2018): 4×4 kernels, no bias, BatchNorm on all but the first
/// convolution, LeakyReLU 0.2.
#[derive(Module, Debug)]
pub struct Encoder {
    first: Conv2d,
    down: Vec<Down>,
    head: Conv2d,
}

#[derive(Module, Debug)]
struct Down {
    conv: Conv2d,
    norm: BatchNorm,
}

/// The mirror of [`Encoder`]: the latent vector to 4×4, then stride-2 transposed convolutions with
/// BatchNorm and ReLU, and tanh at the end.
#[derive(Module, Debug)]
pub struct Decoder {
    head: ConvTranspose2d,
    head_norm: BatchNorm,
    up: Vec<Up>,
    last: ConvTranspose2d,
}

#[derive(Module, Debug)]
struct Up {
    conv: ConvTranspose2d,
    norm: BatchNorm,
}

/// Halvings of the image between the first convolution's output and 4×4.
fn halvings(image_size: usize) -> usize {
    (image_size / 8).ilog2() as usize
}

fn conv(input: usize, output: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new([input, output], [4, 4])
        .with_stride([2, 2])
        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        .with_bias(false)
        .with_initializer(WEIGHTS)
        .init(device)
}

fn transposed(input: usize, output: usize, device: &Device) -> ConvTranspose2d {
    ConvTranspose2dConfig::new([input, output], [4, 4])
        .with_stride([2, 2])
        .with_padding([1, 1])
        .with_bias(false)
        .with_initializer(WEIGHTS)
        .init(device)
}

fn batch_norm(channels: usize, device: &Device) -> BatchNorm {
    let mut norm = BatchNormConfig::new(channels).init(device);
    norm.gamma = GAMMA.init([channels], device);
    norm
}

impl Encoder {
    /// A network from images of `shape` to `outputs` numbers.
    pub fn new(shape: Shape, outputs: usize, device: &Device) -> Self {
        let down = (0..halvings(shape.image_size))
            .map(|nth| {
                let width = shape.width << nth;
                Down { conv: conv(width, 2 * width, device), norm: batch_norm(2 * width, device) }
            })
            .collect();
        let head = Conv2dConfig::new([shape.width << halvings(shape.image_size), outputs], [4, 4])
            .with_bias(false)
            .with_initializer(WEIGHTS)
            .init(device);
        Self { first: conv(shape.channels, shape.width, device), down, head }
    }

    /// The 4×4 features before the last convolution, f in the papers:
    /// [batch, channels, size, size] → [batch, width·size/8, 4, 4].
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let first = leaky_relu(self.first.forward(images), SLOPE);
        self.down.iter().fold(first, |x, layer| leaky_relu(layer.norm.forward(layer.conv.forward(x)), SLOPE))
    }

    /// The outputs that belong to [`features`](Self::features): → [batch, outputs].
    pub fn head(&self, features: Tensor<4>) -> Tensor<2> {
        self.head.forward(features).flatten::<2>(1, 3)
    }

    /// [batch, channels, size, size] → [batch, outputs].
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.head(self.features(images))
    }

    /// The same network with fresh weights; the parameters keep their identities, and with them
    /// their optimiser state.
    pub fn reinitialised(mut self) -> Self {
        self.first = fresh_conv(self.first);
        self.head = fresh_conv(self.head);
        self.down = self
            .down
            .into_iter()
            .map(|layer| Down { conv: fresh_conv(layer.conv), norm: fresh_norm(layer.norm) })
            .collect();
        self
    }
}

fn fresh_conv(mut conv: Conv2d) -> Conv2d {
    conv.weight = conv.weight.map(|old| fresh(old, WEIGHTS));
    conv
}

fn fresh_norm(mut norm: BatchNorm) -> BatchNorm {
    norm.gamma = norm.gamma.map(|old| fresh(old, GAMMA));
    norm.beta = norm.beta.map(|old| fresh(old, Initializer::Zeros));
    norm
}

fn fresh<const D: usize>(old: Tensor<D>, initializer: Initializer) -> Tensor<D> {
    let device = old.device().inner();
    let value = initializer.init::<D, _>(old.dims(), &device).val();
    let value = Tensor::from_inner(value);
    if old.is_require_grad() { value.require_grad() } else { value }
}

impl Decoder {
    /// A network from the latent vector to images of `shape`.
    pub fn new(shape: Shape, device: &Device) -> Self {
        let halvings = halvings(shape.image_size);
        let widest = shape.width << halvings;
        let head = ConvTranspose2dConfig::new([shape.latent_size, widest], [4, 4])
            .with_bias(false)
            .with_initializer(WEIGHTS)
            .init(device);
        let up = (0..halvings)
            .map(|nth| {
                let width = widest >> nth;
                Up { conv: transposed(width, width / 2, device), norm: batch_norm(width / 2, device) }
            })
            .collect();
        Self {
            head,
            head_norm: batch_norm(widest, device),
            up,
            last: transposed(shape.width, shape.channels, device),
        }
    }

    /// [batch, latent] → [batch, channels, size, size], −1 to 1.
    pub fn forward(&self, latent: Tensor<2>) -> Tensor<4> {
        let [batch, latent_size] = latent.dims();
        let seed = latent.reshape([batch, latent_size, 1, 1]);
        let first = relu(self.head_norm.forward(self.head.forward(seed)));
        let top = self.up.iter().fold(first, |x, layer| relu(layer.norm.forward(layer.conv.forward(x))));
        self.last.forward(top).tanh()
    }
}
