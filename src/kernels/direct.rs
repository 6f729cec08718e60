//! The three passes of a 4×4 convolution of stride 2 as one matrix product each, with the 4×4 windows of the
//! large map as rows of a matrix: for few channels, and for few pixels.

use rayon::prelude::*;

use super::lanes::{load, store, vectorised};
use super::product::{matrix, multiply, multiply_add};
use super::strided::Strided;
use super::weights::channels_first;
use super::{pool, scratch};

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

/// The rows of a pixel's window: where each begins in the window, and in the large map.
#[inline(always)]
fn rows(shape: &Strided, pixel: usize) -> impl Iterator<Item = (usize, Row)> {
    let (image, row, column) = place(shape, pixel);
    let (shape, length) = (*shape, 4 * shape.large);
    let inside = column > 0 && column + 1 < shape.small_width() as isize;
    (0..4).map(move |down| {
        let at = |right: isize| shape.large_at(image, 2 * row + down as isize - 1, 2 * column + right - 1);
        let row = match at(1) {
            None => Row::Outside,
            Some(_) if !inside => Row::Partial([at(0), at(1), at(2), at(3)]),
            Some(second) => Row::Inside(second - shape.large),
        };
        (down * length, row)
    })
}

/// Where the four pixels of a window's row are in the large map.
enum Row {
    /// One after the other.
    Inside(usize),
    /// Some in the padding.
    Partial([Option<usize>; 4]),
    /// All in the padding.
    Outside,
}

/// Windows [4, 4, large] under pixels of the small map from `first` on.
#[inline(always)]
fn gather(shape: &Strided, x: &[f32], first: usize, windows: &mut [f32]) {
    let large = shape.large;
    for (nth, window) in windows.chunks_exact_mut(16 * large).enumerate() {
        for (to, row) in rows(shape, first + nth) {
            match row {
                Row::Inside(from) => {
                    for at in (0..4 * large).step_by(4) {
                        store(window, to + at, load::<4>(x, from + at));
                    }
                }
                Row::Partial(pixels) => {
                    for (pixel, from) in window[to..to + 4 * large].chunks_exact_mut(large).zip(pixels) {
                        match from {
                            Some(from) => pixel.copy_from_slice(&x[from..from + large]),
                            None => pixel.fill(0.0),
                        }
                    }
                }
                Row::Outside => window[to..to + 4 * large].fill(0.0),
            }
        }
    }
}

/// Adds windows to the pixels that they cover.
#[inline(always)]
fn scatter(shape: &Strided, windows: &[f32], first: usize, x: &mut [f32]) {
    let large = shape.large;
    for (nth, window) in windows.chunks_exact(16 * large).enumerate() {
        for (from, row) in rows(shape, first + nth) {
            match row {
                Row::Inside(to) => {
                    for at in (0..4 * large).step_by(4) {
                        let (mut sum, part) = (load::<4>(x, to + at), load::<4>(window, from + at));
                        for (sum, part) in sum.iter_mut().zip(part) {
                            *sum += part;
                        }
                        store(x, to + at, sum);
                    }
                }
                Row::Partial(pixels) => {
                    for (pixel, to) in window[from..from + 4 * large].chunks_exact(large).zip(pixels) {
                        let Some(to) = to else { continue };
                        for (x, pixel) in x[to..to + large].iter_mut().zip(pixel) {
                            *x += pixel;
                        }
                    }
                }
                Row::Outside => {}
            }
        }
    }
}

/// The small map of large map `x`; `filters` are the weights as [small, 4, 4, large].
pub(super) fn halve(shape: Strided, x: &[f32], filters: &[f32]) -> Vec<f32> {
    let length = 16 * shape.large;
    let mut y = pool::take(shape.small_len());
    y.par_chunks_mut(WINDOWS * shape.small).enumerate().for_each(|(block, y)| {
        scratch::with([y.len() / shape.small * length], |[windows]| {
            vectorised!(gather(&shape, x, block * WINDOWS, windows));
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
                vectorised!(scatter(&shape, windows, block * WINDOWS, x));
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
        let sum = if block == 0 { multiply } else { multiply_add };
        scratch::with([y.len() / shape.small * length], |[windows]| {
            windows.par_chunks_mut(WINDOWS * length).enumerate().for_each(|(nth, windows)| {
                let first = block * GRADIENT_WINDOWS + nth * WINDOWS;
                vectorised!(gather(&shape, x, first, windows));
            });
            let rows = (shape.small / 8).max(GRADIENT_ROWS);
            sums.par_chunks_mut(rows * length).enumerate().for_each(|(nth, sums)| {
                let y = matrix(y, shape.small).subcols(nth * rows, sums.len() / length);
                sum(sums, y.transpose(), matrix(windows, length));
            });
        });
    }
    channels_first(&sums, shape.large)
}
