//! The three passes of a 4×4 convolution of stride 2 as one matrix product each, with the 4×4 windows of the
//! large map as rows of a matrix: for few channels, and for few pixels.

use rayon::prelude::*;

use super::lanes::vectorised;
use super::product::{matrix, multiply, multiply_add};
use super::weights::channels_first;
use super::{Strided, scratch};

/// Windows that go through a product together.
const WINDOWS: usize = 256;
/// The same in the gradient of the weights, where windows are what a product sums over.
const GRADIENT_WINDOWS: usize = 1024;
/// Least rows of the weights' gradient that a thread works on.
const GRADIENT_ROWS: usize = 16;

/// The image, row and column of a pixel of the small map.
#[inline(always)]
fn place(shape: &Strided, pixel: usize) -> (usize, isize, isize) {
    let (row, column) = (pixel / shape.small_width(), pixel % shape.small_width());
    (row / shape.small_height(), (row % shape.small_height()) as isize, column as isize)
}

/// Windows [4, 4, large] under pixels of the small map from `first` on.
#[inline(always)]
fn gather(shape: &Strided, x: &[f32], first: usize, windows: &mut [f32]) {
    let large = shape.large;
    for (nth, window) in windows.chunks_exact_mut(16 * large).enumerate() {
        let (image, row, column) = place(shape, first + nth);
        for (tap, pixel) in window.chunks_exact_mut(large).enumerate() {
            let (down, right) = ((tap / 4) as isize - 1, (tap % 4) as isize - 1);
            match shape.large_at(image, 2 * row + down, 2 * column + right) {
                Some(at) => pixel.copy_from_slice(&x[at..at + large]),
                None => pixel.fill(0.0),
            }
        }
    }
}

/// Adds windows to the pixels that they cover.
#[inline(always)]
fn scatter(shape: &Strided, windows: &[f32], first: usize, x: &mut [f32]) {
    let large = shape.large;
    for (nth, window) in windows.chunks_exact(16 * large).enumerate() {
        let (image, row, column) = place(shape, first + nth);
        for (tap, pixel) in window.chunks_exact(large).enumerate() {
            let (down, right) = ((tap / 4) as isize - 1, (tap % 4) as isize - 1);
            if let Some(at) = shape.large_at(image, 2 * row + down, 2 * column + right) {
                x[at..at + large].iter_mut().zip(pixel).for_each(|(x, pixel)| *x += pixel);
            }
        }
    }
}

/// The small map of large map `x`; `filters` are the weights as [small, 4, 4, large].
pub(super) fn halve(shape: Strided, x: &[f32], filters: &[f32]) -> Vec<f32> {
    let length = 16 * shape.large;
    let mut y = vec![0.0; shape.small_len()];
    y.par_chunks_mut(WINDOWS * shape.small).enumerate().for_each(|(block, y)| {
        scratch::with([y.len() / shape.small * length], |[windows]| {
            vectorised(#[inline(always)] || gather(&shape, x, block * WINDOWS, windows));
            multiply(y, matrix(windows, length), matrix(filters, length).transpose());
        });
    });
    y
}

/// The large map that the transpose makes of small map `y`; `filters` are the weights as
/// [small, 4, 4, large].
pub(super) fn double(shape: Strided, y: &[f32], filters: &[f32]) -> Vec<f32> {
    let length = 16 * shape.large;
    let image = shape.small_height() * shape.small_width() * shape.small;
    let mut x = vec![0.0; shape.large_len()];
    let images = x.par_chunks_mut(shape.height * shape.width * shape.large);
    images.zip(y.par_chunks(image)).for_each(|(x, y)| {
        for (block, y) in y.chunks(WINDOWS * shape.small).enumerate() {
            scratch::with([y.len() / shape.small * length], |[windows]| {
                multiply(windows, matrix(y, shape.small), matrix(filters, length));
                vectorised(#[inline(always)] || scatter(&shape, windows, block * WINDOWS, x));
            });
        }
    });
    x
}

/// The gradient of the weights, [small, large, 4, 4], for large map `x` and small map `y`, of which one is
/// an input and the other a gradient.
pub(super) fn weight_gradient(shape: Strided, x: &[f32], y: &[f32]) -> Vec<f32> {
    let length = 16 * shape.large;
    let mut sums = vec![0.0; length * shape.small];
    for (block, y) in y.chunks(GRADIENT_WINDOWS * shape.small).enumerate() {
        scratch::with([y.len() / shape.small * length], |[windows]| {
            windows.par_chunks_mut(WINDOWS * length).enumerate().for_each(|(nth, windows)| {
                let first = block * GRADIENT_WINDOWS + nth * WINDOWS;
                vectorised(#[inline(always)] || gather(&shape, x, first, windows));
            });
            let rows = (shape.small / 8).max(GRADIENT_ROWS);
            sums.par_chunks_mut(rows * length).enumerate().for_each(|(nth, sums)| {
                let y = matrix(y, shape.small).subcols(nth * rows, sums.len() / length);
                multiply_add(sums, y.transpose(), matrix(windows, length));
            });
        });
    }
    channels_first(&sums, shape.large)
}
