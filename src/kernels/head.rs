//! The layer between a 4×4 map and a vector: a 4×4 convolution without padding, and its transpose.

use faer::MatRef;

use super::convolution::{Filters, Method};
use super::pool;
use super::product::{matrix, multiply_rows};
use super::weights::channels_first;

/// A 4×4 convolution of a 4×4 map, [batch, 4, 4, large], to [batch, small]; its transpose leads back. Its
/// filters are made for [`Method::Direct`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// Images.
    pub batch: usize,
    /// Channels of the map.
    pub large: usize,
    /// Length of the vector.
    pub small: usize,
}

impl Head {
    fn map(&self) -> usize {
        16 * self.large
    }

    /// A matrix [small, map].
    fn matrix<'a>(&self, filters: &'a Filters) -> MatRef<'a, f32> {
        assert_eq!(filters.method, Method::Direct);
        matrix(&filters.values, self.map())
    }

    /// The convolution of maps `x`. It is the input's gradient of the transpose too.
    pub fn to_vectors(self, x: &[f32], filters: &Filters) -> Vec<f32> {
        let mut y = pool::take(self.batch * self.small);
        multiply_rows(&mut y, matrix(x, self.map()), self.matrix(filters).transpose());
        y
    }

    /// The transposed convolution of vectors `y`. It is the input's gradient of the convolution too.
    pub fn to_maps(self, y: &[f32], filters: &Filters) -> Vec<f32> {
        let mut x = pool::take(self.batch * self.map());
        multiply_rows(&mut x, matrix(y, self.small), self.matrix(filters));
        x
    }

    /// The gradient of the weights, [small, large, 4, 4], for maps `x` and vectors `y`, of which one is an
    /// input and the other a gradient.
    pub fn weight_gradient(self, x: &[f32], y: &[f32]) -> Vec<f32> {
        let mut sums = vec![0.0; self.small * self.map()];
        multiply_rows(&mut sums, matrix(y, self.small).transpose(), matrix(x, self.map()));
        channels_first(&sums, self.large)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::path::every_path;
    use super::super::reference::{error, numbers};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Against the sum that defines the convolution, in double precision.
        #[test]
        fn every_pass_is_the_direct_sum(batch in 1..70_usize, large in 1..20_usize, small in 1..40_usize) {
            let head = Head { batch, large, small };
            let x = numbers(batch * 16 * large, 1);
            let y = numbers(batch * small, 2);
            let weights = numbers(small * large * 16, 3);
            let (mut vectors, mut maps) = (vec![0.0; y.len()], vec![0.0; x.len()]);
            let mut gradient = vec![0.0; weights.len()];
            for image in 0..batch {
                for (at, weight) in weights.iter().enumerate() {
                    let (kernel, channel, tap) = (at / (16 * large), at / 16 % large, at % 16);
                    let (map, vector) = ((image * 16 + tap) * large + channel, image * small + kernel);
                    vectors[vector] += f64::from(x[map]) * f64::from(*weight);
                    maps[map] += f64::from(y[vector]) * f64::from(*weight);
                    gradient[at] += f64::from(x[map]) * f64::from(y[vector]);
                }
            }
            let found = every_path(|| {
                let filters = Filters::new(&weights, large, small, Method::Direct);
                [head.to_vectors(&x, &filters), head.to_maps(&y, &filters), head.weight_gradient(&x, &y)]
            });
            for [found, back, by_weight] in found {
                prop_assert!(error(&found, &vectors) < 1e-6);
                prop_assert!(error(&back, &maps) < 1e-6);
                prop_assert!(error(&by_weight, &gradient) < 1e-6);
            }
        }
    }
}
