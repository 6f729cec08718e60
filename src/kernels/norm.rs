//! BatchNorm and the LeakyReLU behind it at once, forward and backward (Ioffe & Szegedy 2015).
//!
//! Maps are rows of channels. ReLU is LeakyReLU of slope 0. Slopes are not negative, so an output has the
//! sign of what went into the activation.

use rayon::prelude::*;

use super::lanes::vectorised;
use super::pool;

/// Rows that are summed at once; sums of blocks are added up in their order.
const ROWS: usize = 256;

/// Mean and variance of each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Means.
    pub mean: Vec<f32>,
    /// Mean squared distances from the mean: biased.
    pub variance: Vec<f32>,
}

/// What BatchNorm and the activation do to a channel: activation(scale·(x − mean) + shift).
#[derive(Debug, Clone, PartialEq)]
pub struct Normalisation {
    mean: Vec<f32>,
    /// 1/√(variance + ε).
    inverse: Vec<f32>,
    /// γ/√(variance + ε).
    scale: Vec<f32>,
    /// β.
    shift: Vec<f32>,
    slope: f32,
}

/// Gradients of BatchNorm's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Of γ.
    pub gamma: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
}

/// LeakyReLU.
#[inline(always)]
fn activate(x: f32, slope: f32) -> f32 {
    if x > 0.0 { x } else { slope * x }
}

/// Gradient of LeakyReLU's input, for its output or something of the same sign.
#[inline(always)]
fn activate_back(y: f32, gradient: f32, slope: f32) -> f32 {
    if y > 0.0 { gradient } else { slope * gradient }
}

/// LeakyReLU of all numbers.
pub fn leaky(x: &mut [f32], slope: f32) {
    x.par_chunks_mut(ROWS * ROWS).for_each(|x| {
        vectorised!({
            for x in x.iter_mut() {
                *x = activate(*x, slope);
            }
        });
    });
}

/// The gradient of LeakyReLU's output `y` becomes that of its input.
pub fn leaky_back(y: &[f32], gradient: &mut [f32], slope: f32) {
    let blocks = gradient.par_chunks_mut(ROWS * ROWS).zip(y.par_chunks(ROWS * ROWS));
    blocks.for_each(|(gradient, y)| {
        vectorised!({
            for (gradient, y) in gradient.iter_mut().zip(y) {
                *gradient = activate_back(*y, *gradient, slope);
            }
        });
    });
}

impl Statistics {
    /// Of rows of `channels` numbers. Blocks are merged in double precision (Chan et al. 1983), so that
    /// channels far from 0 keep their variance.
    pub fn of(x: &[f32], channels: usize) -> Self {
        let blocks: Vec<_> = x.par_chunks(ROWS * channels).map(|x| block_statistics(x, channels)).collect();
        let (mut count, mut mean, mut squares) = (0.0, vec![0.0; channels], vec![0.0; channels]);
        for (rows, block_mean, block_squares) in blocks {
            let total = count + rows;
            let block = block_mean.into_iter().zip(block_squares);
            for ((block_mean, block_squares), (mean, squares)) in block.zip(mean.iter_mut().zip(&mut squares))
            {
                let apart = f64::from(block_mean) - *mean;
                *mean += apart * rows / total;
                *squares += f64::from(block_squares) + apart * apart * count * rows / total;
            }
            count = total;
        }
        Self {
            mean: mean.into_iter().map(|mean| mean as f32).collect(),
            variance: squares.into_iter().map(|squares: f64| (squares / count) as f32).collect(),
        }
    }
}

/// Rows of a block, and of each channel the mean and the sum of squared distances from it.
fn block_statistics(x: &[f32], channels: usize) -> (f64, Vec<f32>, Vec<f32>) {
    let rows = x.len() / channels;
    let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
    vectorised!({
        for x in x.chunks_exact(channels) {
            for (mean, x) in mean.iter_mut().zip(x) {
                *mean += x;
            }
        }
        for mean in &mut mean {
            *mean /= rows as f32;
        }
        for x in x.chunks_exact(channels) {
            for ((squares, mean), x) in squares.iter_mut().zip(&mean).zip(x) {
                *squares += (x - mean) * (x - mean);
            }
        }
    });
    (rows as f64, mean, squares)
}

impl Normalisation {
    /// BatchNorm with `statistics`, of a batch or running, and LeakyReLU of a `slope`.
    pub fn new(statistics: &Statistics, gamma: &[f32], beta: &[f32], epsilon: f32, slope: f32) -> Self {
        let inverse: Vec<f32> =
            statistics.variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
        let scale = inverse.iter().zip(gamma).map(|(inverse, gamma)| inverse * gamma).collect();
        Self { mean: statistics.mean.clone(), inverse, scale, shift: beta.to_vec(), slope }
    }

    fn channels(&self) -> usize {
        self.mean.len()
    }

    /// Rows `x` become the output.
    pub fn apply(&self, x: &mut [f32]) {
        let channels = self.channels();
        x.par_chunks_mut(ROWS * channels).for_each(|x| {
            vectorised!({
                for x in x.chunks_exact_mut(channels) {
                    let parameters = self.mean.iter().zip(&self.scale).zip(&self.shift);
                    for (x, ((mean, scale), shift)) in x.iter_mut().zip(parameters) {
                        *x = activate((*x - mean) * scale + shift, self.slope);
                    }
                }
            });
        });
    }

    /// The output for rows `x`, which stay.
    pub fn applied(&self, x: &[f32]) -> Vec<f32> {
        let channels = self.channels();
        let mut y = pool::take(x.len());
        let blocks = y.par_chunks_mut(ROWS * channels).zip(x.par_chunks(ROWS * channels));
        blocks.for_each(|(y, x)| {
            y.copy_from_slice(x);
            self.apply(y);
        });
        y
    }

    /// With running statistics: the gradient of output `y` becomes that of the input.
    pub fn back(&self, y: &[f32], gradient: &mut [f32]) {
        let channels = self.channels();
        let blocks = gradient.par_chunks_mut(ROWS * channels).zip(y.par_chunks(ROWS * channels));
        blocks.for_each(|(gradient, y)| {
            vectorised!({
                for (gradient, y) in gradient.chunks_exact_mut(channels).zip(y.chunks_exact(channels)) {
                    for ((gradient, y), scale) in gradient.iter_mut().zip(y).zip(&self.scale) {
                        *gradient = activate_back(*y, *gradient, self.slope) * scale;
                    }
                }
            });
        });
    }

    /// With the statistics of the batch: the gradient of the output becomes that of the input `x`. Those of
    /// the parameters are returned.
    pub fn back_through_batch(&self, x: &[f32], gradient: &mut [f32]) -> Gradients {
        let channels = self.channels();
        let sums = self.sums(x, gradient);
        let rows = (x.len() / channels) as f64;
        let means = |sums: &[f64], factor: &dyn Fn(usize) -> f32| -> Vec<f32> {
            let mean = |(at, sum): (usize, &f64)| (sum / rows * f64::from(factor(at))) as f32;
            sums.iter().enumerate().map(mean).collect()
        };
        let by_shift = means(&sums.0, &|at| self.scale[at]);
        let by_scale = means(&sums.1, &|at| self.scale[at] * self.inverse[at] * self.inverse[at]);
        let blocks = gradient.par_chunks_mut(ROWS * channels).zip(x.par_chunks(ROWS * channels));
        blocks.for_each(|(gradient, x)| {
            vectorised!({
                for (gradient, x) in gradient.chunks_exact_mut(channels).zip(x.chunks_exact(channels)) {
                    let parameters = self.mean.iter().zip(&self.scale).zip(&self.shift);
                    let parameters = parameters.zip(by_shift.iter().zip(&by_scale));
                    let rows = gradient.iter_mut().zip(x).zip(parameters);
                    for ((gradient, x), (((mean, scale), shift), (by_shift, by_scale))) in rows {
                        let centred = x - mean;
                        let through = activate_back(centred * scale + shift, *gradient, self.slope);
                        *gradient = through * scale - by_shift - centred * by_scale;
                    }
                }
            });
        });
        let gamma = sums.1.iter().zip(&self.inverse).map(|(sum, inverse)| (sum * f64::from(*inverse)) as f32);
        Gradients { gamma: gamma.collect(), beta: sums.0.iter().map(|sum| *sum as f32).collect() }
    }

    /// Sums over rows of the activation's input's gradient g, and of g·(x − mean).
    fn sums(&self, x: &[f32], gradient: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let channels = self.channels();
        let blocks = x.par_chunks(ROWS * channels).zip(gradient.par_chunks(ROWS * channels));
        let blocks: Vec<_> = blocks.map(|(x, gradient)| self.block_sums(x, gradient)).collect();
        let (mut plain, mut centred) = (vec![0.0; channels], vec![0.0; channels]);
        for block in blocks {
            plain.iter_mut().zip(block.0).for_each(|(sum, part)| *sum += f64::from(part));
            centred.iter_mut().zip(block.1).for_each(|(sum, part)| *sum += f64::from(part));
        }
        (plain, centred)
    }

    fn block_sums(&self, x: &[f32], gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let channels = self.channels();
        let (mut plain_sums, mut centred_sums) = (vec![0.0; channels], vec![0.0; channels]);
        vectorised!({
            for (x, gradient) in x.chunks_exact(channels).zip(gradient.chunks_exact(channels)) {
                let parameters = self.mean.iter().zip(&self.scale).zip(&self.shift);
                let sums = plain_sums.iter_mut().zip(&mut centred_sums);
                let rows = sums.zip(x.iter().zip(gradient)).zip(parameters);
                for (((plain, centred_sum), (x, gradient)), ((mean, scale), shift)) in rows {
                    let centred = x - mean;
                    let through = activate_back(centred * scale + shift, *gradient, self.slope);
                    *plain += through;
                    *centred_sum += through * centred;
                }
            }
        });
        (plain_sums, centred_sums)
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::every_path;
    use super::super::reference::{error, numbers};
    use super::*;

    const EPSILON: f32 = 1e-5;

    struct Case {
        channels: usize,
        slope: f32,
        x: Vec<f32>,
        gamma: Vec<f32>,
        beta: Vec<f32>,
        /// Gradient of the output.
        gradient: Vec<f32>,
    }

    fn cases() -> impl Iterator<Item = Case> {
        [(1, 4, 0.2), (3, 300, 0.0), (8, 513, 0.2), (20, 1000, 0.3)].into_iter().map(
            |(channels, rows, slope)| {
                let far = |at: usize| if at.is_multiple_of(channels) { 50.0 } else { 0.0 };
                Case {
                    channels,
                    slope,
                    x: numbers(rows * channels, 1)
                        .iter()
                        .enumerate()
                        .map(|(at, x)| 3.0 * x + far(at))
                        .collect(),
                    gamma: numbers(channels, 2).iter().map(|gamma| gamma + 1.5).collect(),
                    beta: numbers(channels, 3),
                    gradient: numbers(rows * channels, 4),
                }
            },
        )
    }

    impl Case {
        /// Mean and biased variance of a channel.
        fn statistics(&self, x: &[f64], channel: usize) -> (f64, f64) {
            let values: Vec<f64> = x.iter().skip(channel).step_by(self.channels).copied().collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
            (mean, squares / values.len() as f64)
        }

        /// What is in front of the activation, by the definition.
        fn normalised(&self, x: &[f64], statistics: &[(f64, f64)], gamma: &[f64], beta: &[f64]) -> Vec<f64> {
            let value = |(at, x): (usize, &f64)| {
                let channel = at % self.channels;
                let (mean, variance) = statistics[channel];
                (x - mean) / (variance + f64::from(EPSILON)).sqrt() * gamma[channel] + beta[channel]
            };
            x.iter().enumerate().map(value).collect()
        }

        /// The output's product with its gradient, by the definition; the activation's kinks stay where
        /// they are at `self`, so that finite differences do not step over one.
        fn loss(&self, x: &[f64], gamma: &[f64], beta: &[f64]) -> f64 {
            let on = |x: &[f64]| (0..self.channels).map(|at| self.statistics(x, at)).collect::<Vec<_>>();
            let [here_x, here_gamma, here_beta] =
                [&self.x, &self.gamma, &self.beta].map(|values| wide(values));
            let here = self.normalised(&here_x, &on(&here_x), &here_gamma, &here_beta);
            let there = self.normalised(x, &on(x), gamma, beta);
            let slope = |here: f64| if here > 0.0 { 1.0 } else { f64::from(self.slope) };
            let terms = here.iter().zip(there).zip(&self.gradient);
            terms.map(|((here, there), gradient)| slope(*here) * there * f64::from(*gradient)).sum()
        }
    }

    fn wide(values: &[f32]) -> Vec<f64> {
        values.iter().map(|value| f64::from(*value)).collect()
    }

    /// Central differences of `loss` for at most 40 of the values.
    fn differences(values: &[f32], loss: impl Fn(&[f64]) -> f64) -> Vec<(usize, f64)> {
        let difference = |at: usize| {
            let moved = |by: f64| {
                let mut values = wide(values);
                values[at] += by;
                loss(&values)
            };
            (at, (moved(1e-5) - moved(-1e-5)) / 2e-5)
        };
        (0..values.len()).step_by(values.len().div_ceil(40)).map(difference).collect()
    }

    fn assert_gradient(found: &[f32], expected: &[(usize, f64)]) {
        let (at, expected): (Vec<usize>, Vec<f64>) = expected.iter().copied().unzip();
        let found: Vec<f32> = at.iter().map(|at| found[*at]).collect();
        let error = error(&found, &expected);
        assert!(error < 2e-5, "error {error:e}: {found:?} is not {expected:?}");
    }

    #[test]
    fn forward_with_statistics_of_the_batch() {
        for case in cases() {
            let found = every_path(|| {
                let statistics = Statistics::of(&case.x, case.channels);
                let norm = Normalisation::new(&statistics, &case.gamma, &case.beta, EPSILON, case.slope);
                [statistics.mean, statistics.variance, norm.applied(&case.x)]
            });
            let x = wide(&case.x);
            let expected: Vec<_> = (0..case.channels).map(|at| case.statistics(&x, at)).collect();
            let (means, variances): (Vec<f64>, Vec<f64>) = expected.iter().copied().unzip();
            let outputs = case.normalised(&x, &expected, &wide(&case.gamma), &wide(&case.beta));
            let slope = f64::from(case.slope);
            let outputs: Vec<f64> = outputs.iter().map(|x| x.max(0.0) + slope * x.min(0.0)).collect();
            for [mean, variance, y] in found {
                assert!(error(&mean, &means) < 1e-6);
                assert!(error(&variance, &variances) < 1e-5);
                assert!(error(&y, &outputs) < 1e-5);
            }
        }
    }

    #[test]
    fn gradients_through_the_batch_by_finite_differences() {
        for case in cases() {
            let (x, gamma, beta) = (wide(&case.x), wide(&case.gamma), wide(&case.beta));
            let found = every_path(|| {
                let statistics = Statistics::of(&case.x, case.channels);
                let norm = Normalisation::new(&statistics, &case.gamma, &case.beta, EPSILON, case.slope);
                let mut gradient = case.gradient.clone();
                let Gradients { gamma, beta } = norm.back_through_batch(&case.x, &mut gradient);
                [gradient, gamma, beta]
            });
            let expected = [
                differences(&case.x, |x| case.loss(x, &gamma, &beta)),
                differences(&case.gamma, |gamma| case.loss(&x, gamma, &beta)),
                differences(&case.beta, |beta| case.loss(&x, &gamma, beta)),
            ];
            for found in found {
                found.iter().zip(&expected).for_each(|(found, expected)| assert_gradient(found, expected));
            }
        }
    }

    #[test]
    fn running_statistics_forward_and_back() {
        for case in cases() {
            let statistics =
                Statistics { mean: numbers(case.channels, 5), variance: vec![0.7; case.channels] };
            let norm = Normalisation::new(&statistics, &case.gamma, &case.beta, EPSILON, case.slope);
            let found = every_path(|| {
                let (y, mut gradient) = (norm.applied(&case.x), case.gradient.clone());
                norm.back(&y, &mut gradient);
                [y, gradient]
            });
            let slope = |z: f32| if z > 0.0 { 1.0 } else { case.slope };
            for [y, found] in found {
                for (at, (y, found)) in y.iter().zip(&found).enumerate() {
                    let channel = at % case.channels;
                    let scale = case.gamma[channel] / (0.7 + EPSILON).sqrt();
                    let z = (case.x[at] - statistics.mean[channel]) * scale + case.beta[channel];
                    assert!((y - z * slope(z)).abs() <= 1e-5 * z.abs().max(1.0), "{y} is not of {z}");
                    let expected = case.gradient[at] * scale * slope(z);
                    assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{found} is not {expected}");
                }
            }
        }
    }

    #[test]
    fn leaky_and_its_gradient() {
        let found = every_path(|| {
            let (mut x, mut gradient) = (vec![-2.0, -0.5, 0.0, 0.5, 2.0], vec![1.0, 2.0, 3.0, 4.0, 5.0]);
            leaky(&mut x, 0.5);
            leaky_back(&x, &mut gradient, 0.5);
            [x, gradient]
        });
        for [x, gradient] in found {
            assert_eq!(x, [-1.0, -0.25, 0.0, 0.5, 2.0]);
            assert_eq!(gradient, [0.5, 1.0, 1.5, 4.0, 5.0]);
        }
    }
}
