//! Adam in one pass over the numbers.

use rayon::prelude::*;

use super::lanes::vectorised;

/// Numbers that a thread works on.
const BLOCK: usize = 1 << 14;

/// Adam's settings (Kingma & Ba 2015).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// β₁.
    pub beta_1: f32,
    /// β₂.
    pub beta_2: f32,
    /// ε.
    pub epsilon: f32,
}

impl Adam {
    /// Step `time`, counted from 1, at a learning rate: moves `parameters`, and `mean` and `square`, the
    /// running averages of the gradient and its square, which are 0 before the first step. Operation by
    /// operation as burn's, so the same bits.
    pub fn update(
        self,
        time: i32,
        rate: f32,
        parameters: &mut [f32],
        gradient: &[f32],
        (mean, square): (&mut [f32], &mut [f32]),
    ) {
        let Self { beta_1, beta_2, epsilon } = self;
        let root = (1.0 - beta_2.powi(time)).sqrt();
        let (factor, epsilon) = (root / (1.0 - beta_1.powi(time)), epsilon * root);
        let (rest_1, rest_2) = (1.0 - beta_1, 1.0 - beta_2);
        let averages = mean.par_chunks_mut(BLOCK).zip(square.par_chunks_mut(BLOCK));
        let blocks = parameters.par_chunks_mut(BLOCK).zip(gradient.par_chunks(BLOCK)).zip(averages);
        blocks.for_each(|((parameters, gradient), (mean, square))| {
            vectorised!({
                let averages = mean.iter_mut().zip(square.iter_mut());
                for ((parameter, g), (m, v)) in parameters.iter_mut().zip(gradient).zip(averages) {
                    *m = *m * beta_1 + g * rest_1;
                    *v = *v * beta_2 + g * g * rest_2;
                    *parameter -= *m * factor / (v.sqrt() + epsilon) * rate;
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::every_path;
    use super::super::reference::numbers;
    use super::*;

    /// Three steps against the formulas in double precision.
    #[test]
    fn steps_as_the_formulas_say() {
        let adam = Adam { beta_1: 0.5, beta_2: 0.999, epsilon: 1e-8 };
        let (count, rate) = (3 * BLOCK / 2, 1e-2);
        let gradients: Vec<_> = (1..4).map(|step| numbers(count, step)).collect();
        let start = numbers(count, 9);
        let found = every_path(|| {
            let (mut parameters, mut mean, mut square) = (start.clone(), vec![0.0; count], vec![0.0; count]);
            for (gradient, time) in gradients.iter().zip(1..) {
                adam.update(time, rate, &mut parameters, gradient, (&mut mean, &mut square));
            }
            [parameters]
        });
        for (at, found) in found.iter().flat_map(|[found]| found.iter().enumerate()) {
            let (mut parameter, mut m, mut v) = (f64::from(start[at]), 0.0, 0.0);
            for (gradient, time) in gradients.iter().zip(1..) {
                let g = f64::from(gradient[at]);
                (m, v) = (0.5 * m + 0.5 * g, 0.999 * v + 0.001 * g * g);
                let (m, v) = (m / (1.0 - 0.5_f64.powi(time)), v / (1.0 - 0.999_f64.powi(time)));
                parameter -= f64::from(rate) * m / (v.sqrt() + 1e-8);
            }
            assert!((f64::from(*found) - parameter).abs() < 1e-5, "{found} is not {parameter}");
        }
    }
}
