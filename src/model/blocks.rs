//! The two networks that both models are made of: an encoder and a decoder of stride-2 convolutions.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, TensorData};
use rand::rngs::StdRng;

use super::convolution::{convolve, convolve_activated, convolve_transposed};
use super::dropout::Dropout;
use super::normalisation::{activated_by_burn, normalised};
use crate::random::normal_noise;
use crate::spec::layers::{Activation, Layer, Shape};
use crate::spec::{Discriminator, Precision};

/// Deviation of fresh weights: convolutions start as N(0, 0.02), BatchNorm's γ as N(1, 0.02)
/// (Radford et al. 2015). They are drawn here and not by burn, so that a seed gives the same
/// weights on every device.
const DEVIATION: f32 = 0.02;

/// Stride-2 convolutions down to 4×4, then one 4×4 convolution: an encoder where it ends in the
/// latent vector, a discriminator where it ends in one logit.
///
/// As in the code of Akcay et al. (2018): 4×4 kernels, no bias, BatchNorm on all but the first
/// convolution, LeakyReLU (slope 0.2).
#[derive(Module, Debug)]
pub struct Encoder {
    first: Conv2d,
    down: Vec<Down>,
    head: Conv2d,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    precision: Precision,
}

#[derive(Module, Debug)]
struct Down {
    conv: Conv2d,
    /// Absent in a plain discriminator.
    norm: Option<BatchNorm>,
}

/// The mirror of [`Encoder`]: the latent vector to 4×4, then stride-2 transposed convolutions with
/// BatchNorm and ReLU, and tanh at the end.
#[derive(Module, Debug)]
pub struct Decoder {
    head: ConvTranspose2d,
    head_norm: BatchNorm,
    up: Vec<Up>,
    last: ConvTranspose2d,
    /// Of all layers but the last, and of the last.
    #[module(skip)]
    activations: (Activation, Activation),
    #[module(skip)]
    precision: Precision,
}

#[derive(Module, Debug)]
struct Up {
    conv: ConvTranspose2d,
    norm: BatchNorm,
}

/// Values from N(mean, 0.02).
fn drawn<const D: usize>(dims: [usize; D], mean: f32, rng: &mut StdRng, device: &Device) -> Tensor<D> {
    let values = normal_noise(rng, dims.iter().product());
    let values: Vec<f32> = values.into_iter().map(|value| mean + DEVIATION * value).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// A convolution without bias.
fn convolution(layer: &Layer, rng: &mut StdRng, device: &Device) -> Conv2d {
    let (input, output, kernel) = (layer.input.channels, layer.output.channels, layer.kernel);
    let [padding, stride] = [layer.padding, layer.stride];
    let config = Conv2dConfig::new([input, output], [kernel; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
        .with_bias(false);
    let weight = Param::from_tensor(drawn([output, input, kernel, kernel], 0.0, rng, device));
    Conv2d { weight, ..config.init(device) }
}

/// A transposed convolution without bias.
fn transposed_convolution(layer: &Layer, rng: &mut StdRng, device: &Device) -> ConvTranspose2d {
    let (input, output, kernel) = (layer.input.channels, layer.output.channels, layer.kernel);
    let config = ConvTranspose2dConfig::new([input, output], [kernel; 2])
        .with_stride([layer.stride; 2])
        .with_padding([layer.padding; 2])
        .with_bias(false);
    let weight = Param::from_tensor(drawn([input, output, kernel, kernel], 0.0, rng, device));
    ConvTranspose2d { weight, ..config.init(device) }
}

fn batch_norm(channels: usize, rng: &mut StdRng, device: &Device) -> BatchNorm {
    let gamma = Param::from_tensor(drawn([channels], 1.0, rng, device));
    BatchNorm { gamma, ..BatchNormConfig::new(channels).init(device) }
}

impl Encoder {
    /// A network from images of `shape` to `outputs` numbers, with fresh weights drawn from `rng`.
    pub fn new(shape: Shape, outputs: usize, rng: &mut StdRng, device: &Device) -> Self {
        Self::of(&shape.encoder(outputs), shape.precision, rng, device)
    }

    /// A discriminator of images of `shape`, with fresh weights drawn from `rng`.
    pub fn discriminator(shape: Shape, kind: Discriminator, rng: &mut StdRng, device: &Device) -> Self {
        Self::of(&shape.discriminator(kind), shape.precision, rng, device)
    }

    fn of(layers: &[Layer], precision: Precision, rng: &mut StdRng, device: &Device) -> Self {
        let (head, inner) = layers.split_last().expect("an encoder ends in a head");
        let (first, down) = inner.split_first().expect("and begins with a halving");
        let first_conv = convolution(first, rng, device);
        let down = down
            .iter()
            .map(|layer| Down {
                conv: convolution(layer, rng, device),
                norm: layer.batch_norm.then(|| batch_norm(layer.output.channels, rng, device)),
            })
            .collect();
        let head = convolution(head, rng, device);
        Self { first: first_conv, down, head, activation: first.activation, precision }
    }

    /// The 4×4 features before the last convolution, f in the papers:
    /// [batch, channels, size, size] → [batch, width·size/8, 4, 4].
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        self.features_after(images, |x| x)
    }

    /// The same with dropout behind every layer, as in training.
    pub fn dropped_features(&self, images: Tensor<4>, dropout: &mut Dropout) -> Tensor<4> {
        self.features_after(images, |x| dropout.apply(x))
    }

    /// The features with `after` applied to what each layer makes.
    fn features_after(&self, images: Tensor<4>, mut after: impl FnMut(Tensor<4>) -> Tensor<4>) -> Tensor<4> {
        let Self { activation, precision, .. } = *self;
        let first = after(convolve_activated(&self.first, images, activation, precision));
        self.down.iter().fold(first, |x, layer| {
            after(match &layer.norm {
                Some(norm) => normalised(norm, convolve(&layer.conv, x, precision), activation, precision),
                None => convolve_activated(&layer.conv, x, activation, precision),
            })
        })
    }

    /// The outputs that belong to [`features`](Self::features): → [batch, outputs].
    pub fn head(&self, features: Tensor<4>) -> Tensor<2> {
        convolve(&self.head, features, self.precision).flatten::<2>(1, 3)
    }

    /// [batch, channels, size, size] → [batch, outputs].
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.head(self.features(images))
    }

    /// The same network with fresh weights; the parameters keep their identities, and with them
    /// their optimiser state.
    pub fn reinitialised(mut self, rng: &mut StdRng) -> Self {
        self.first = fresh_conv(self.first, rng);
        self.down = self
            .down
            .into_iter()
            .map(|layer| Down {
                conv: fresh_conv(layer.conv, rng),
                norm: layer.norm.map(|norm| fresh_norm(norm, rng)),
            })
            .collect();
        self.head = fresh_conv(self.head, rng);
        self
    }
}

fn fresh_conv(mut conv: Conv2d, rng: &mut StdRng) -> Conv2d {
    conv.weight = conv.weight.map(|old| replaced(&old, drawn(old.dims(), 0.0, rng, &old.device().inner())));
    conv
}

fn fresh_norm(mut norm: BatchNorm, rng: &mut StdRng) -> BatchNorm {
    norm.gamma = norm.gamma.map(|old| replaced(&old, drawn(old.dims(), 1.0, rng, &old.device().inner())));
    norm.beta = norm.beta.map(|old| replaced(&old, Tensor::zeros(old.dims(), &old.device().inner())));
    norm
}

/// A new value in the place of an old one, trained as the old one was.
fn replaced<const D: usize>(old: &Tensor<D>, value: Tensor<D>) -> Tensor<D> {
    Tensor::from_inner(value).set_require_grad(old.is_require_grad())
}

impl Decoder {
    /// A network from the latent vector to images of `shape`, with fresh weights drawn from `rng`.
    pub fn new(shape: Shape, rng: &mut StdRng, device: &Device) -> Self {
        let layers = shape.decoder();
        let (last, inner) = layers.split_last().expect("a decoder ends in images");
        let (head, up) = inner.split_first().expect("and begins with a head");
        let head_conv = transposed_convolution(head, rng, device);
        let head_norm = batch_norm(head.output.channels, rng, device);
        let up = up
            .iter()
            .map(|layer| Up {
                conv: transposed_convolution(layer, rng, device),
                norm: batch_norm(layer.output.channels, rng, device),
            })
            .collect();
        let activations = (head.activation, last.activation);
        let last = transposed_convolution(last, rng, device);
        Self { head: head_conv, head_norm, up, last, activations, precision: shape.precision }
    }

    /// [batch, latent] → [batch, channels, size, size], −1 to 1.
    pub fn forward(&self, latent: Tensor<2>) -> Tensor<4> {
        let [batch, latent_size] = latent.dims();
        let seed = latent.reshape([batch, latent_size, 1, 1]);
        let made = |layer, x| convolve_transposed(layer, x, self.precision);
        let (inner, outer) = self.activations;
        let normalised = |norm, x| normalised(norm, x, inner, self.precision);
        let first = normalised(&self.head_norm, made(&self.head, seed));
        let top = self.up.iter().fold(first, |x, layer| normalised(&layer.norm, made(&layer.conv, x)));
        activated_by_burn(made(&self.last, top), outer)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tolerance;
    use burn::tensor::module::{conv_transpose2d, conv2d};
    use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

    use super::*;
    use crate::random::rng;
    use crate::spec::Sweep;
    use crate::spec::layers::Volume;

    /// The networks of a configuration, and the layers that are said to be theirs.
    fn networks(size: usize, channels: usize) -> (Encoder, Vec<Layer>, Decoder, Vec<Layer>) {
        let sweep = Sweep::parse(
            "t.toml",
            &format!(
                "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n[base]\n\
                 model = \"ganomaly\"\nimage_size = {size}\nchannels = {channels}\nwidth = 2\nlatent_size = 7\n\
                 leaky_slope = 0.3\n"
            ),
        )
        .unwrap();
        let fit = &sweep.runs[0].fit;
        let gan = fit.gan().unwrap();
        let (shape, device) = (Shape::of(fit, gan), Device::flex());
        let mut rng = rng(0, "test", 0);
        (
            Encoder::new(shape, 7, &mut rng, &device),
            shape.encoder(7),
            Decoder::new(shape, &mut rng, &device),
            shape.decoder(),
        )
    }

    fn weights_of(encoder: &Encoder) -> impl Iterator<Item = (Tensor<4>, Option<&BatchNorm>)> {
        std::iter::once((encoder.first.weight.val(), None))
            .chain(encoder.down.iter().map(|down| (down.conv.weight.val(), down.norm.as_ref())))
            .chain([(encoder.head.weight.val(), None)])
    }

    fn volume(x: &Tensor<4>) -> Volume {
        let [_, channels, side, width] = x.dims();
        assert_eq!(side, width);
        Volume { side, channels }
    }

    /// Runs the described layers with a network's weights.
    fn run<'a>(
        described: &[Layer],
        weights: impl Iterator<Item = (Tensor<4>, Option<&'a BatchNorm>)>,
        mut x: Tensor<4>,
    ) -> Tensor<4> {
        let weights: Vec<_> = weights.collect();
        assert_eq!(described.len(), weights.len());
        for (layer, (weight, norm)) in described.iter().zip(weights) {
            assert_eq!(volume(&x), layer.input);
            assert_eq!(layer.batch_norm, norm.is_some());
            let (from, to) = (layer.input.channels, layer.output.channels);
            let (first, second) = if layer.transposed { (from, to) } else { (to, from) };
            assert_eq!(weight.dims(), [first, second, layer.kernel, layer.kernel]);
            let (stride, padding) = ([layer.stride; 2], [layer.padding; 2]);
            x = if layer.transposed {
                let options = ConvTransposeOptions::new(stride, padding, [0, 0], [1, 1], 1);
                conv_transpose2d(x, weight, None, options)
            } else {
                conv2d(x, weight, None, ConvOptions::new(stride, padding, [1, 1], 1))
            };
            x = activated_by_burn(norm.map_or(x.clone(), |norm| norm.forward(x)), layer.activation);
            assert_eq!(volume(&x), layer.output);
        }
        x
    }

    /// Computing what is described, with the weights of the network, gives what the network gives.
    #[test]
    fn the_described_layers_are_those_of_the_network() {
        for (size, channels) in [(16, 1), (32, 3), (64, 1), (256, 3)] {
            let (encoder, down, decoder, up) = networks(size, channels);
            let x = drawn([2, channels, size, size], 0.0, &mut rng(1, "test", 0), &Device::flex())
                .mul_scalar(25.0);
            let found = run(&down, weights_of(&encoder), x.clone()).flatten::<2>(1, 3);
            found.to_data().assert_approx_eq::<f32>(&encoder.forward(x).to_data(), Tolerance::default());

            let z = drawn([2, 7], 0.0, &mut rng(2, "test", 0), &Device::flex()).mul_scalar(50.0);
            let weights = std::iter::once((decoder.head.weight.val(), Some(&decoder.head_norm)))
                .chain(decoder.up.iter().map(|up| (up.conv.weight.val(), Some(&up.norm))))
                .chain([(decoder.last.weight.val(), None)]);
            let found = run(&up, weights, z.clone().reshape([2, 7, 1, 1]));
            found.to_data().assert_approx_eq::<f32>(&decoder.forward(z).to_data(), Tolerance::default());
        }
    }

    /// A plain discriminator is half as wide, has no BatchNorm, and computes what is described; with dropout it does so
    /// for the features that are left.
    #[test]
    fn a_plain_discriminator_is_what_is_described() {
        for size in [16, 64] {
            let shape = Shape { width: 16, ..crate::golden::shape(size, 3) };
            let (described, device) = (shape.discriminator(Discriminator::Plain), Device::flex());
            assert_eq!((described[0].output.channels, described.len()), (8, shape.encoder(1).len()));
            assert!(described.iter().all(|layer| !layer.batch_norm));
            let mut rng = rng(0, "test", 0);
            let judge = Encoder::discriminator(shape, Discriminator::Plain, &mut rng, &device);
            let x = drawn([2, 3, size, size], 0.0, &mut rng, &device).mul_scalar(25.0);
            let found = run(&described, weights_of(&judge), x.clone()).flatten::<2>(1, 3);
            found
                .to_data()
                .assert_approx_eq::<f32>(&judge.forward(x.clone()).to_data(), Tolerance::default());
            let (mut none, mut some) = (Dropout::new(0.0, 1), Dropout::new(0.5, 1));
            let whole = judge.features(x.clone()).into_data();
            assert_eq!(judge.dropped_features(x.clone(), &mut none).into_data(), whole);
            let left: Vec<f32> = judge.dropped_features(x, &mut some).into_data().try_to_vec().unwrap();
            let zeros = left.iter().filter(|value| **value == 0.0).count() as f64 / left.len() as f64;
            assert!((0.35..0.65).contains(&zeros), "{zeros}");
        }
    }
}
