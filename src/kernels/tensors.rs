//! The kernels as operations on burn's tensors, for the flex backend and its autodiff.
//!
//! Tensors keep burn's shape, [batch, channels, height, width], and are channels-last in memory: what a
//! kernel made is a permuted view, which the next one takes as it is.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, backend_extension};
use burn::tensor::{Bytes, Shape, Tensor};

use super::convolution::{Method, double, halve, weight_gradient};
use super::head::Head;
use super::norm::{Normalisation, Statistics, leaky, leaky_back};
use super::pool;
use super::repeated::Repeated;
use super::reuse::filters;
use super::strided::Strided;

/// A 4×4 convolution that the networks have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Stride 2 and padding 1: between a map and one half as large.
    Strided,
    /// No padding: between a 4×4 map and a single pixel.
    Whole,
}

/// What follows a convolution: BatchNorm's ε, and LeakyReLU's slope, 0 for ReLU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Added to variances.
    pub epsilon: f32,
    /// Slope below zero, not negative.
    pub slope: f32,
}

/// The output of BatchNorm and LeakyReLU, and the statistics of the batch.
#[derive(Debug, Clone)]
pub struct Normalised {
    /// [batch, channels, height, width].
    pub output: Tensor<4>,
    /// `[channels]`.
    pub mean: Tensor<1>,
    /// Biased; `[channels]`.
    pub variance: Tensor<1>,
}

/// A convolution without bias, and LeakyReLU where a slope is given; `weight` is [out, in, 4, 4].
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, window: Window, slope: Option<f32>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::to_small(x.into_dispatch(), weight.into_dispatch(), window, slope))
}

/// A transposed convolution without bias; `weight` is [in, out, 4, 4].
pub fn convolve_transposed(x: Tensor<4>, weight: Tensor<4>, window: Window) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::to_large(x.into_dispatch(), weight.into_dispatch(), window))
}

/// BatchNorm with the statistics of the batch, and LeakyReLU.
pub fn normalise_batch(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, settings: Settings) -> Normalised {
    let (x, gamma, beta) = (x.into_dispatch(), gamma.into_dispatch(), beta.into_dispatch());
    let (output, mean, variance) = Dispatch::normalise_batch(x, gamma, beta, settings);
    Normalised {
        output: Tensor::from_dispatch(output),
        mean: Tensor::from_dispatch(mean),
        variance: Tensor::from_dispatch(variance),
    }
}

/// BatchNorm with given statistics, and LeakyReLU. Only `x` gets a gradient.
pub fn normalise(
    x: Tensor<4>,
    [gamma, beta]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    settings: Settings,
) -> Tensor<4> {
    let [gamma, beta, mean, variance] = [gamma, beta, mean, variance].map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::normalise(x.into_dispatch(), gamma, beta, mean, variance, settings))
}

/// The operations as a backend has them.
#[backend_extension(Flex, Autodiff)]
pub trait Kernels: Backend {
    /// From the large map to the small one, with LeakyReLU of a slope.
    fn to_small(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        window: Window,
        slope: Option<f32>,
    ) -> FloatTensor<Self>;
    /// From the small map to the large one.
    fn to_large(x: FloatTensor<Self>, weight: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;
    /// Output, mean and variance.
    fn normalise_batch(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        settings: Settings,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// With given statistics.
    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        settings: Settings,
    ) -> FloatTensor<Self>;
}

/// A map's numbers channels-last: [batch, height, width, channels]. Of a map that nobody else holds they can
/// be changed in place.
fn channels_last(x: FlexTensor) -> FlexTensor {
    x.permute(&[0, 2, 3, 1]).to_contiguous()
}

/// Numbers [batch, height, width, channels] as a map: [batch, channels, height, width].
fn map(x: FlexTensor) -> FlexTensor {
    x.permute(&[0, 3, 1, 2])
}

fn tensor(values: Vec<f32>, shape: &[usize]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(Shape::from(shape.to_vec())), DType::F32)
}

fn dims(x: &FlexTensor) -> [usize; 4] {
    let shape = x.layout().shape();
    [shape[0], shape[1], shape[2], shape[3]]
}

/// The numbers of a tensor that is not a map.
fn values(x: &FlexTensor) -> Vec<f32> {
    x.to_contiguous().storage().to_vec()
}

impl Kernels for Flex {
    fn to_small(x: FlexTensor, weight: FlexTensor, window: Window, slope: Option<f32>) -> FlexTensor {
        let (x, weight) = (channels_last(x), weight.to_contiguous());
        let ([batch, height, width, large], [small, ..]) = (dims(&x), dims(&weight));
        let (mut values, shape) = match window {
            Window::Strided => {
                let shape = Strided { batch, height, width, large, small };
                let filters = filters(&weight, large, small, Method::of(&shape));
                (halve(shape, x.storage(), &filters), [batch, height / 2, width / 2, small])
            }
            Window::Whole => {
                let filters = filters(&weight, large, small, Method::Direct);
                let vectors = Head { batch, large, small }.to_vectors(x.storage(), &filters);
                (vectors, [batch, 1, 1, small])
            }
        };
        if let Some(slope) = slope {
            leaky(&mut values, slope);
        }
        pool::give(x);
        map(tensor(values, &shape))
    }

    fn to_large(x: FlexTensor, weight: FlexTensor, window: Window) -> FlexTensor {
        let (x, weight) = (channels_last(x), weight.to_contiguous());
        let ([batch, height, width, small], [_, large, ..]) = (dims(&x), dims(&weight));
        let (values, shape) = match window {
            Window::Strided => {
                let shape = Strided { batch, height: 2 * height, width: 2 * width, large, small };
                let filters = filters(&weight, large, small, Method::of(&shape));
                (double(shape, x.storage(), &filters), [batch, 2 * height, 2 * width, large])
            }
            Window::Whole => {
                let filters = filters(&weight, large, small, Method::Direct);
                let maps = Head { batch, large, small }.to_maps(x.storage(), &filters);
                (maps, [batch, 4, 4, large])
            }
        };
        pool::give(x);
        map(tensor(values, &shape))
    }

    fn normalise_batch(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        settings: Settings,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let x = channels_last(x);
        let statistics = Statistics::of(x.storage(), dims(&x)[3]);
        let norm = normalisation(&statistics, &gamma, &beta, settings);
        let output = map(tensor(norm.applied(x.storage()), &dims(&x)));
        let [mean, variance] = of_channels(statistics);
        (output, mean, variance)
    }

    fn normalise(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        variance: FlexTensor,
        settings: Settings,
    ) -> FlexTensor {
        let statistics = Statistics { mean: values(&mean), variance: values(&variance) };
        applied(&normalisation(&statistics, &gamma, &beta, settings), x)
    }
}

/// The output for a map, in its place where nobody else holds it.
fn applied(norm: &Normalisation, x: FlexTensor) -> FlexTensor {
    let mut x = channels_last(x);
    norm.apply(x.storage_mut());
    map(x)
}

fn normalisation(
    statistics: &Statistics,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    settings: Settings,
) -> Normalisation {
    Normalisation::new(statistics, &values(gamma), &values(beta), settings.epsilon, settings.slope)
}

/// Mean and variance.
fn of_channels(statistics: Statistics) -> [FlexTensor; 2] {
    [statistics.mean, statistics.variance].map(|values| {
        let channels = values.len();
        tensor(values, &[channels])
    })
}

/// The gradient of a convolution's weights, for its maps.
fn gradient_of_weights(x: &FlexTensor, y: &FlexTensor, window: Window) -> FlexTensor {
    let (x, y) = (channels_last(x.clone()), channels_last(y.clone()));
    let ([batch, height, width, large], [.., small]) = (dims(&x), dims(&y));
    let gradient = match window {
        Window::Strided => {
            let shape = Strided { batch, height, width, large, small };
            weight_gradient(shape, x.storage(), y.storage(), Method::of_gradient(&shape))
        }
        Window::Whole => Head { batch, large, small }.weight_gradient(x.storage(), y.storage()),
    };
    tensor(gradient, &[small, large, 4, 4])
}

type Tracked = FloatTensor<Autodiff<Flex>>;

/// A convolution, or a transposed one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Layer {
    window: Window,
    transposed: bool,
    /// Of LeakyReLU behind it.
    slope: Option<f32>,
}

/// What the gradients of a convolution need.
#[derive(Debug, Clone)]
struct Convolved {
    /// Its input, where the weights have a gradient.
    x: Option<FlexTensor>,
    weight: FlexTensor,
    /// Its output, where an activation follows.
    y: Option<FlexTensor>,
    layer: Layer,
}

static CONVOLVED: Repeated<Layer, ()> = Repeated::new();

fn convolved<C: CheckpointStrategy>(x: Tracked, weight: Tracked, layer: Layer) -> Tracked {
    let nodes = [x.node(), weight.node()];
    let learns = weight.is_tracked();
    let (x, weight) = (x.into_primitive(), weight.into_primitive());
    let kept = learns.then(|| x.clone());
    let output = match CONVOLVED.find(&layer, &[&x, &weight]) {
        Some((output, ())) => output,
        None => {
            let output = if layer.transposed {
                Flex::to_large(x, weight.clone(), layer.window)
            } else {
                Flex::to_small(x, weight.clone(), layer.window, layer.slope)
            };
            if let Some(x) = &kept {
                CONVOLVED.remember(layer, &[x, &weight], &output, ());
            }
            output
        }
    };
    let y = layer.slope.map(|_| output.clone());
    let state = Convolved { x: kept, weight, y, layer };
    match Convolution.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(state, output),
        OpsKind::UnTracked(prepared) => prepared.finish(output),
    }
}

#[derive(Debug)]
struct Convolution;

impl Backward<Flex, 2> for Convolution {
    type State = Convolved;

    fn backward(self, ops: Ops<Convolved, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let [of_x, of_weight] = ops.parents;
        let mut gradient = channels_last(gradients.consume::<Flex>(&ops.node));
        let Convolved { x, weight, y, layer: Layer { window, transposed, slope } } = ops.state;
        if let (Some(slope), Some(y)) = (slope, y) {
            let y = channels_last(y);
            leaky_back(y.storage(), gradient.storage_mut(), slope);
            pool::give(y);
        }
        let gradient = map(gradient);
        if let (Some(node), Some(x)) = (of_weight, x) {
            let (large, small) = if transposed { (&gradient, &x) } else { (&x, &gradient) };
            gradients.register::<Flex>(node.id, gradient_of_weights(large, small, window));
            pool::give(x);
        }
        if let Some(node) = of_x {
            let by_x = if transposed {
                Flex::to_small(gradient, weight, window, None)
            } else {
                Flex::to_large(gradient, weight, window)
            };
            gradients.register::<Flex>(node.id, by_x);
        }
    }
}

/// What BatchNorm computed of a batch.
type OfBatch = Arc<(Statistics, Normalisation)>;

static NORMALISED: Repeated<Settings, OfBatch> = Repeated::new();

#[derive(Debug)]
struct NormalisationOfBatch;

impl Backward<Flex, 3> for NormalisationOfBatch {
    /// The input, and what was done to it.
    type State = (FlexTensor, OfBatch);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let mut gradient = channels_last(gradients.consume::<Flex>(&ops.node));
        let (x, norm) = ops.state;
        let x = channels_last(x);
        let of_parameters = norm.1.back_through_batch(x.storage(), gradient.storage_mut());
        pool::give(x);
        let channels = [of_parameters.gamma.len()];
        let (by_gamma, by_beta) =
            (tensor(of_parameters.gamma, &channels), tensor(of_parameters.beta, &channels));
        for (node, gradient) in ops.parents.into_iter().zip([map(gradient), by_gamma, by_beta]) {
            if let Some(node) = node {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct NormalisationAsGiven;

impl Backward<Flex, 1> for NormalisationAsGiven {
    /// The output, and what made it.
    type State = (FlexTensor, Normalisation);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let mut gradient = channels_last(gradients.consume::<Flex>(&ops.node));
        let ([node], (y, norm)) = (ops.parents, ops.state);
        let y = channels_last(y);
        norm.back(y.storage(), gradient.storage_mut());
        pool::give(y);
        if let Some(node) = node {
            gradients.register::<Flex>(node.id, map(gradient));
        }
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn to_small(x: Tracked, weight: Tracked, window: Window, slope: Option<f32>) -> Tracked {
        convolved::<C>(x, weight, Layer { window, transposed: false, slope })
    }

    fn to_large(x: Tracked, weight: Tracked, window: Window) -> Tracked {
        convolved::<C>(x, weight, Layer { window, transposed: true, slope: None })
    }

    fn normalise_batch(
        x: Tracked,
        gamma: Tracked,
        beta: Tracked,
        settings: Settings,
    ) -> (Tracked, Tracked, Tracked) {
        let nodes = [x.node(), gamma.node(), beta.node()];
        let learns = gamma.is_tracked();
        let x = map(channels_last(x.into_primitive()));
        let inputs = [&x, gamma.primitive(), beta.primitive()];
        let (output, of_batch) = NORMALISED.find(&settings, &inputs).unwrap_or_else(|| {
            let x = channels_last(x.clone());
            let statistics = Statistics::of(x.storage(), dims(&x)[3]);
            let norm = normalisation(&statistics, inputs[1], inputs[2], settings);
            let output = map(tensor(norm.applied(x.storage()), &dims(&x)));
            let of_batch = Arc::new((statistics, norm));
            if learns {
                NORMALISED.remember(settings, &inputs, &output, of_batch.clone());
            }
            (output, of_batch)
        });
        let [mean, variance] = of_channels(of_batch.0.clone()).map(Tracked::new);
        let output = match NormalisationOfBatch.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((x, of_batch), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        };
        (output, mean, variance)
    }

    fn normalise(
        x: Tracked,
        gamma: Tracked,
        beta: Tracked,
        mean: Tracked,
        variance: Tracked,
        settings: Settings,
    ) -> Tracked {
        let nodes = [x.node()];
        let statistics =
            Statistics { mean: values(mean.primitive()), variance: values(variance.primitive()) };
        let norm = normalisation(&statistics, gamma.primitive(), beta.primitive(), settings);
        let output = applied(&norm, x.into_primitive());
        match NormalisationAsGiven.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((output.clone(), norm), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation::leaky_relu;
    use burn::tensor::module::{batch_norm, batch_norm_train, conv_transpose2d, conv2d};
    use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
    use burn::tensor::{Device, TensorData, Tolerance};

    use super::super::reference::numbers;
    use super::*;

    const SETTINGS: Settings = Settings { epsilon: 1e-5, slope: 0.2 };

    fn drawn<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
        let values = numbers(dims.iter().product(), seed);
        Tensor::from_data(TensorData::new(values, dims), &Device::flex().autodiff())
    }

    fn assert_close<const D: usize>(found: &Tensor<D>, expected: &Tensor<D>) {
        assert_eq!(found.dims(), expected.dims());
        let tolerance = Tolerance::default().set_absolute(1e-4);
        found.to_data().assert_approx_eq::<f32>(&expected.to_data(), tolerance);
    }

    /// Both memory orders of a map.
    fn orders(x: Tensor<4>) -> [Tensor<4>; 2] {
        let channels_last = x.clone().permute([0, 2, 3, 1]).into_data();
        [x, Tensor::from_data(channels_last, &Device::flex().autodiff()).permute([0, 3, 1, 2])]
    }

    /// Output, and gradients of both inputs for some gradient of the output.
    fn with_gradients(
        [x, weight]: [&Tensor<4>; 2],
        operation: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>,
    ) -> [Tensor<4>; 3] {
        let (x, weight) = (x.clone().detach().require_grad(), weight.clone().detach().require_grad());
        let output = operation(x.clone(), weight.clone());
        let gradients = (output.clone() * drawn(output.dims(), 7)).sum().backward();
        [output.inner(), x.grad(&gradients).unwrap(), weight.grad(&gradients).unwrap()]
    }

    /// Against burn's own convolution.
    fn convolves(window: Window, batch: usize, side: usize, [from, to]: [usize; 2]) {
        let (stride, padding) = if window == Window::Strided { ([2; 2], [1; 2]) } else { ([1; 2], [0; 2]) };
        let weight = drawn([to, from, 4, 4], 2);
        for x in orders(drawn([batch, from, side, side], 1)) {
            for slope in [None, Some(0.2)] {
                let found = with_gradients([&x, &weight], |x, weight| convolve(x, weight, window, slope));
                let expected = with_gradients([&x, &weight], |x, weight| {
                    let y = conv2d(x, weight, None, ConvOptions::new(stride, padding, [1, 1], 1));
                    leaky_relu(y, slope.map_or(1.0, f64::from))
                });
                found.iter().zip(&expected).for_each(|(found, expected)| assert_close(found, expected));
            }
        }
        let side = if window == Window::Strided { side / 2 } else { 1 };
        for x in orders(drawn([batch, to, side, side], 3)) {
            let found = with_gradients([&x, &weight], |x, weight| convolve_transposed(x, weight, window));
            let expected = with_gradients([&x, &weight], |x, weight| {
                let options = ConvTransposeOptions::new(stride, padding, [0, 0], [1, 1], 1);
                conv_transpose2d(x, weight, None, options)
            });
            found.iter().zip(&expected).for_each(|(found, expected)| assert_close(found, expected));
        }
    }

    #[test]
    fn convolutions_are_those_of_burn() {
        convolves(Window::Strided, 3, 16, [1, 5]);
        convolves(Window::Strided, 2, 32, [3, 8]);
        convolves(Window::Strided, 9, 32, [8, 16]);
        convolves(Window::Strided, 5, 8, [20, 24]);
        convolves(Window::Whole, 5, 4, [12, 7]);
        convolves(Window::Whole, 3, 4, [16, 1]);
    }

    #[test]
    fn what_is_not_tracked_gets_no_gradient() {
        let (x, weight) = (drawn([2, 8, 8, 8], 1), drawn([16, 8, 4, 4], 2));
        let tracked = x.clone().require_grad();
        let gradients = convolve(tracked.clone(), weight.clone(), Window::Strided, None).sum().backward();
        assert!(tracked.grad(&gradients).is_some() && weight.grad(&gradients).is_none());
        let tracked = weight.require_grad();
        let gradients = convolve(x.clone(), tracked.clone(), Window::Strided, None).sum().backward();
        assert!(tracked.grad(&gradients).is_some() && x.grad(&gradients).is_none());
    }

    #[test]
    fn batch_norm_is_that_of_burn() {
        let [gamma, beta] = [4, 5].map(|seed| drawn([6], seed).require_grad());
        let own = |x| normalise_batch(x, gamma.clone(), beta.clone(), SETTINGS);
        let of_burn = |x| batch_norm_train(x, gamma.clone(), beta.clone(), 1e-5);
        for x in orders(drawn([3, 6, 8, 4], 1)) {
            let (by_own, by_burn) = (x.clone().detach().require_grad(), x.detach().require_grad());
            let (found, expected) = (own(by_own.clone()), of_burn(by_burn.clone()));
            assert_close(&found.mean, &expected.mean);
            assert_close(&found.variance, &expected.variance);
            let expected = leaky_relu(expected.output, 0.2);
            assert_close(&found.output, &expected);
            let back = |y: Tensor<4>| (y.clone() * drawn(y.dims(), 7)).sum().backward();
            let (own, of_burn) = (back(found.output), back(expected));
            assert_close(&by_own.grad(&own).unwrap(), &by_burn.grad(&of_burn).unwrap());
            assert_close(&gamma.grad(&own).unwrap(), &gamma.grad(&of_burn).unwrap());
            assert_close(&beta.grad(&own).unwrap(), &beta.grad(&of_burn).unwrap());
        }
    }

    #[test]
    fn batch_norm_with_running_statistics_is_that_of_burn() {
        let [gamma, beta, mean] = [4, 5, 6].map(|seed| drawn([6], seed));
        let variance = drawn([6], 8).abs();
        for x in orders(drawn([3, 6, 8, 4], 1)) {
            let found = with_gradients([&x, &x], |x, other| {
                let (scale, statistics) = ([gamma.clone(), beta.clone()], [mean.clone(), variance.clone()]);
                normalise(x, scale, statistics, SETTINGS) + other
            });
            let expected = with_gradients([&x, &x], |x, other| {
                let parameters = (gamma.clone(), beta.clone(), mean.clone(), variance.clone());
                let y = batch_norm(x, parameters.0, parameters.1, parameters.2, parameters.3, 1e-5);
                leaky_relu(y, 0.2) + other
            });
            found.iter().zip(&expected).for_each(|(found, expected)| assert_close(found, expected));
        }
    }

    /// A judge that learns from images and then passes gradients back to them computes their layers once, and both
    /// have the gradients that they would have apart.
    #[test]
    fn a_second_pass_with_constant_weights_uses_the_first() {
        let (x, weight) = (drawn([4, 8, 8, 8], 1), drawn([16, 8, 4, 4], 2));
        let [gamma, beta] = [4, 5].map(|seed| drawn([16], seed));
        let judge = |x: Tensor<4>, weight: Tensor<4>, gamma: Tensor<1>| {
            let first = convolve(x, weight, Window::Strided, Some(0.2));
            normalise_batch(first, gamma, beta.clone(), SETTINGS).output
        };
        let buffer = |y: &Tensor<4>| match y.clone().inner().try_into_primitive::<Flex>() {
            Ok(y) => Arc::as_ptr(&y.data_arc()),
            Err(error) => panic!("{error:?}"),
        };
        let (learning, gamma) = (weight.clone().require_grad(), gamma.require_grad());
        let learnt = judge(x.clone(), learning.clone(), gamma.clone());
        let made = x.clone().require_grad();
        let fooled = judge(made.clone(), learning.clone().detach(), gamma.clone().detach());
        assert_eq!(buffer(&learnt), buffer(&fooled));
        let loss = |y: Tensor<4>, seed| (y.clone() * drawn(y.dims(), seed)).sum();
        let together = (loss(learnt, 7) + loss(fooled, 8)).backward();

        let apart = loss(judge(x.clone(), learning.clone(), gamma.clone()), 7).backward();
        let same = |a: Option<Tensor<4>>, b: Option<Tensor<4>>| {
            a.unwrap().to_data().assert_eq(&b.unwrap().to_data(), true);
        };
        same(learning.grad(&together), learning.grad(&apart));
        let apart = loss(judge(made.clone(), weight, gamma.detach()), 8).backward();
        same(made.grad(&together), made.grad(&apart));
    }
}
