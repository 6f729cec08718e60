//! 4×4 convolutions of stride 2 and padding 1, their transposes and gradients.

use super::minimal::{F2, F4};
use super::strided::Strided;
use super::{direct, weights, winograd};

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// As one matrix product, with as many multiplications as the definition.
    Direct,
    /// By phases and F(2×2, 2×2): 36 multiplications for 64.
    Two,
    /// By phases and F(4×4, 2×2): 100 multiplications for 256.
    Four,
}

/// Fewer channels of the large map than this are computed directly: their vectors would be too short.
const FEWEST_CHANNELS: usize = 8;
/// Fewer 4×4 tiles than this do not pay for the larger transform of the weights.
const FEWEST_TILES: usize = 128;
/// More pairs of channels than this neither: their transform is larger than caches.
const MOST_PAIRS: usize = 1 << 17;
/// The same for the gradient of the weights, which is transformed back in every call.
const FEWEST_GRADIENT_TILES: usize = 512;

impl Method {
    /// The fastest for both directions of a shape.
    pub fn of(shape: &Strided) -> Self {
        Self::with_tiles(shape, FEWEST_TILES)
    }

    /// The fastest for the gradient of a shape's weights.
    pub fn of_gradient(shape: &Strided) -> Self {
        Self::with_tiles(shape, FEWEST_GRADIENT_TILES)
    }

    /// F(4×4, 2×2) from so many tiles on, if it is a shape for minimal filtering at all.
    fn with_tiles(shape: &Strided, fewest: usize) -> Self {
        let whole = |side: usize| shape.height.is_multiple_of(side) && shape.width.is_multiple_of(side);
        if shape.large < FEWEST_CHANNELS || !whole(4) {
            Self::Direct
        } else if whole(8) && shape.small_pixels() / 16 >= fewest && shape.large * shape.small <= MOST_PAIRS {
            Self::Four
        } else {
            Self::Two
        }
    }
}

/// The weights of a convolution or its transpose as a method needs them, for both directions: made once,
/// they serve as long as the weights stay the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters {
    pub(super) method: Method,
    pub(super) values: Vec<f32>,
}

impl Filters {
    /// Of weights [small, large, 4, 4]: [out, in, 4, 4] of a convolution, [in, out, 4, 4] of a transposed
    /// one.
    pub fn new(weights: &[f32], large: usize, small: usize, method: Method) -> Self {
        assert_eq!(weights.len(), 16 * large * small);
        let values = match method {
            Method::Direct => weights::channels_last(weights, large),
            Method::Two => weights::transformed::<F2, 2, 3>(weights, large, small),
            Method::Four => weights::transformed::<F4, 4, 5>(weights, large, small),
        };
        Self { method, values }
    }
}

/// The convolution: large map `x` → small map. It is the input's gradient of the transpose too.
pub fn halve(shape: Strided, x: &[f32], filters: &Filters) -> Vec<f32> {
    assert_eq!(x.len(), shape.large_len());
    match filters.method {
        Method::Direct => direct::halve(shape, x, &filters.values),
        Method::Two => winograd::halve::<F2, 2, 3>(shape, x, &filters.values),
        Method::Four => winograd::halve::<F4, 4, 5>(shape, x, &filters.values),
    }
}

/// The transposed convolution: small map `y` → large map. It is the input's gradient of the convolution
/// too.
pub fn double(shape: Strided, y: &[f32], filters: &Filters) -> Vec<f32> {
    assert_eq!(y.len(), shape.small_len());
    match filters.method {
        Method::Direct => direct::double(shape, y, &filters.values),
        Method::Two => winograd::double::<F2, 2, 3>(shape, y, &filters.values),
        Method::Four => winograd::double::<F4, 4, 5>(shape, y, &filters.values),
    }
}

/// The gradient of the weights, [small, large, 4, 4], for large map `x` and small map `y`: input and
/// output's gradient of a convolution, output's gradient and input of its transpose.
pub fn weight_gradient(shape: Strided, x: &[f32], y: &[f32], method: Method) -> Vec<f32> {
    assert_eq!((x.len(), y.len()), (shape.large_len(), shape.small_len()));
    match method {
        Method::Direct => direct::weight_gradient(shape, x, y),
        Method::Two => winograd::weight_gradient::<F2, 2, 3>(shape, x, y),
        Method::Four => winograd::weight_gradient::<F4, 4, 5>(shape, x, y),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::path::every_path;
    use super::super::reference::{self, error, numbers};
    use super::*;

    /// Every pass by every method that can, in all versions of the loops, against a direct sum in double precision.
    fn every_pass_is_the_direct_sum(shape: Strided) {
        let x = numbers(shape.large_len(), 1);
        let y = numbers(shape.small_len(), 2);
        let weights = numbers(shape.weights_len(), 3);
        let expected = [
            reference::halve(&shape, &x, &weights),
            reference::double(&shape, &y, &weights),
            reference::weight_gradient(&shape, &x, &y),
        ];
        let whole = |side: usize| shape.height.is_multiple_of(side) && shape.width.is_multiple_of(side);
        let methods = [(Method::Direct, true), (Method::Two, whole(4)), (Method::Four, whole(8))];
        for (method, _) in methods.into_iter().filter(|(_, possible)| *possible) {
            let found = every_path(|| {
                let filters = Filters::new(&weights, shape.large, shape.small, method);
                [
                    halve(shape, &x, &filters),
                    double(shape, &y, &filters),
                    weight_gradient(shape, &x, &y, method),
                ]
            });
            let passes = found.iter().flat_map(|found| found.iter().zip(&expected).enumerate());
            for (pass, (found, expected)) in passes {
                let error = error(found, expected);
                assert!(error < 5e-6, "pass {pass} of {shape:?} by {method:?}: {error:e}");
            }
        }
    }

    /// The first, the second and the deepest layer of networks for each size.
    #[test]
    fn layers_of_every_image_size() {
        for size in [16, 32, 64, 128, 256] {
            for (side, large, small) in
                [(size, 1, 3), (size, 3, 2), (size / 2, 3, 6), (8, size / 8, size / 4)]
            {
                let shape = Strided { batch: 3, height: side, width: side, large, small };
                every_pass_is_the_direct_sum(shape);
            }
        }
    }

    /// As many channels as fill vectors, and more tiles than go through a product at once.
    #[test]
    fn wide_layers() {
        every_pass_is_the_direct_sum(Strided { batch: 2, height: 64, width: 64, large: 40, small: 16 });
        every_pass_is_the_direct_sum(Strided { batch: 130, height: 8, width: 8, large: 16, small: 24 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn layers_of_any_shape(
            batch in 1..8_usize,
            height in 1..9_usize,
            width in 1..9_usize,
            large in 1..40_usize,
            small in 1..40_usize,
        ) {
            every_pass_is_the_direct_sum(Strided { batch, height: 4 * height, width: 4 * width, large, small });
        }
    }
}
