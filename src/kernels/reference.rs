//! Direct sums in double precision, which the kernels are tested against.

use super::strided::Strided;

/// Numbers from −1 to 1 that depend on the seed.
pub(super) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32) - 1.0
        })
        .collect()
}

/// Calls `visit` with the places in large map, small map and weights of every product of the sum that
/// defines the convolution.
fn products(shape: &Strided, mut visit: impl FnMut(usize, usize, usize)) {
    let Strided { batch, height, width, large, small } = *shape;
    for pixel in 0..batch * height / 2 * width / 2 {
        let (image, row, column) =
            (pixel / (height / 2 * width / 2), pixel / (width / 2) % (height / 2), pixel % (width / 2));
        for tap in 0..16 {
            let (row, column) = (2 * row + tap / 4, 2 * column + tap % 4);
            if row == 0 || row > height || column == 0 || column > width {
                continue;
            }
            let at = ((image * height + row - 1) * width + column - 1) * large;
            for (channel, kernel) in (0..large).flat_map(|i| (0..small).map(move |k| (i, k))) {
                visit(at + channel, pixel * small + kernel, (kernel * large + channel) * 16 + tap);
            }
        }
    }
}

pub(super) fn halve(shape: &Strided, x: &[f32], weights: &[f32]) -> Vec<f64> {
    let mut y = vec![0.0; shape.small_len()];
    products(shape, |large, small, weight| y[small] += f64::from(x[large]) * f64::from(weights[weight]));
    y
}

pub(super) fn double(shape: &Strided, y: &[f32], weights: &[f32]) -> Vec<f64> {
    let mut x = vec![0.0; shape.large_len()];
    products(shape, |large, small, weight| x[large] += f64::from(y[small]) * f64::from(weights[weight]));
    x
}

pub(super) fn weight_gradient(shape: &Strided, x: &[f32], y: &[f32]) -> Vec<f64> {
    let mut weights = vec![0.0; shape.weights_len()];
    products(shape, |large, small, weight| weights[weight] += f64::from(x[large]) * f64::from(y[small]));
    weights
}

/// ‖found − expected‖ / ‖expected‖.
pub(super) fn error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let apart: f64 =
        found.iter().zip(expected).map(|(found, expected)| (f64::from(*found) - expected).powi(2)).sum();
    let size: f64 = expected.iter().map(|value| value * value).sum();
    (apart / size.max(f64::MIN_POSITIVE)).sqrt()
}
