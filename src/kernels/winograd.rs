//! The three passes of a 4×4 convolution of stride 2 by phases and minimal filtering.
//!
//! With x the large map, y the small one, w the weights, the matrices of [`Minimal`] and sums over tiles
//! and channels left out:
//!
//! - small map: y = Aᵀ[(G w Gᵀ) ⊙ (Bᵀ x B)]A,
//! - large map: x = B[(G w Gᵀ) ⊙ (A y Aᵀ)]Bᵀ, where tiles overlap added up,
//! - gradient of the weights: w = Gᵀ[(Bᵀ x B) ⊙ (A y Aᵀ)]G.
//!
//! The second and third are adjoints of the first, so one transform of the weights serves both
//! directions. ⊙ with the sum over channels is a matrix product for each point. With F(2, 2) these take
//! 36 multiplications where 64 are direct, with F(4, 2) 100 where 256 are.

use std::array::from_fn;

use rayon::prelude::*;

use super::lanes::{load, over_channels, store, vectorised};
use super::minimal::{Minimal, both_sides, both_sides_transposed};
use super::product::{matrix, multiply, multiply_add};
use super::strided::Strided;
use super::weights::transformed_back;
use super::{pool, scratch};

/// Tiles that go through the products together in the first two passes, at most: enough rows for a product,
/// few enough for the cache.
const TILES: usize = 128;
/// Blocks of tiles that threads share, at least.
const BLOCKS: usize = 4;
/// Where there are few tiles, their blocks get no smaller than this.
const FEWEST_TILES: usize = 32;
/// Tiles that go through the products together in the gradient of the weights, which sum over them.
const GRADIENT_TILES: usize = 256;

/// Rows of tiles, each as wide as an image, counted through all images.
#[derive(Clone, Copy)]
struct Tiling {
    shape: Strided,
    /// Rows of tiles in an image.
    rows: usize,
    /// Tiles in a row.
    columns: usize,
}

/// The matrices of all points.
type Points<'a, const P: usize> = [[&'a mut [f32]; P]; P];

impl Tiling {
    fn new(shape: Strided, outputs: usize) -> Self {
        let (rows, columns) = (shape.small_height() / outputs, shape.small_width() / outputs);
        assert_eq!((rows * outputs * 2, columns * outputs * 2), (shape.height, shape.width));
        Self { shape, rows, columns }
    }

    fn all_rows(&self) -> usize {
        self.shape.batch * self.rows
    }

    /// Tiles of a block in the first two passes. Like all sizes of blocks it depends on the shape alone, so
    /// that results do not depend on the number of threads.
    fn block(&self) -> usize {
        (self.all_rows() * self.columns / BLOCKS).clamp(FEWEST_TILES, TILES)
    }

    /// Rows that hold about `tiles` tiles.
    fn rows_of(&self, tiles: usize) -> usize {
        (tiles / self.columns).clamp(1, self.all_rows())
    }

    /// The image and the row in it of a row of tiles.
    fn place(&self, row: usize) -> (usize, usize) {
        (row / self.rows, row % self.rows)
    }
}

/// Cuts points × `plane` numbers into parts of at most `part` numbers of each point.
fn split<const P: usize>(values: &mut [f32], plane: usize, part: usize) -> Vec<Points<'_, P>> {
    let mut parts: Vec<Points<'_, P>> =
        (0..plane.div_ceil(part)).map(|_| from_fn(|_| from_fn(|_| Default::default()))).collect();
    for (point, plane) in values.chunks_exact_mut(plane).enumerate() {
        for (nth, part) in plane.chunks_mut(part).enumerate() {
            parts[nth][point / P][point % P] = part;
        }
    }
    parts
}

/// Where the pixels of a tile's window on one phase of the large map begin.
#[inline(always)]
fn window<const P: usize>(
    shape: &Strided,
    (image, row, column): (usize, usize, usize),
    phase: usize,
) -> [[Option<usize>; P]; P] {
    let start = |tile: usize, odd: usize| (2 * tile * (P - 1)) as isize - odd as isize;
    let (top, left) = (start(row, phase / 2), start(column, phase % 2));
    let mut window = [[None; P]; P];
    for (i, row) in window.iter_mut().enumerate() {
        for (j, pixel) in row.iter_mut().enumerate() {
            *pixel = shape.large_at(image, top + 2 * i as isize, left + 2 * j as isize);
        }
    }
    window
}

/// Bᵀ x B of rows of tiles from `first` on: a row [phase, large] for each tile and point.
fn transform_large<F: Minimal<M, P>, const M: usize, const P: usize>(
    tiling: &Tiling,
    x: &[f32],
    first: usize,
    count: usize,
    points: &mut Points<'_, P>,
) {
    let large = tiling.shape.large;
    let padding = vec![0.0; large];
    vectorised!({
        for nth in 0..count * tiling.columns {
            let (image, row) = tiling.place(first + nth / tiling.columns);
            for phase in 0..4 {
                let window = window::<P>(&tiling.shape, (image, row, nth % tiling.columns), phase);
                let mut pixels = [[&padding[..]; P]; P];
                for (pixel, at) in pixels.as_flattened_mut().iter_mut().zip(window.as_flattened()) {
                    if let Some(at) = *at {
                        *pixel = &x[at..at + large];
                    }
                }
                let to = (nth * 4 + phase) * large;
                over_channels!(large, |at, LANES| {
                    both_sides(
                        &F::DATA,
                        |i, j| load::<LANES>(pixels[i][j], at),
                        |i, j, value| store(points[i][j], to + at, value),
                    );
                });
            }
        }
    });
}

/// A y Aᵀ of rows of tiles from `first` on: a row [small] for each tile and point.
fn transform_small<F: Minimal<M, P>, const M: usize, const P: usize>(
    tiling: &Tiling,
    y: &[f32],
    first: usize,
    count: usize,
    points: &mut Points<'_, P>,
) {
    let small = tiling.shape.small;
    let stride = tiling.shape.small_width() * small;
    vectorised!({
        for nth in 0..count * tiling.columns {
            let (image, row) = tiling.place(first + nth / tiling.columns);
            let column = nth % tiling.columns;
            let start = tiling.shape.small_at(image, row * M, column * M);
            over_channels!(small, |at, LANES| {
                both_sides_transposed(
                    &F::OUTPUT,
                    |i, j| load::<LANES>(y, start + i * stride + j * small + at),
                    |i, j, value| store(points[i][j], nth * small + at, value),
                );
            });
        }
    });
}

/// Aᵀ m A of rows of tiles, into rows of the small map.
fn output<F: Minimal<M, P>, const M: usize, const P: usize>(tiling: &Tiling, points: &[f32], y: &mut [f32]) {
    let Strided { small, .. } = tiling.shape;
    let stride = tiling.shape.small_width() * small;
    let plane = points.len() / (P * P);
    vectorised!({
        for (row, y) in y.chunks_exact_mut(M * stride).enumerate() {
            for column in 0..tiling.columns {
                let tile = (row * tiling.columns + column) * small;
                over_channels!(small, |at, LANES| {
                    both_sides(
                        &F::OUTPUT,
                        |i, j| load::<LANES>(points, (i * P + j) * plane + tile + at),
                        |i, j, pixel| store(y, i * stride + (column * M + j) * small + at, pixel),
                    );
                });
            }
        }
    });
}

/// B v Bᵀ of rows of tiles from `first` on, into the large map. Tiles come in order: a pixel under an
/// earlier tile is added to, any other is set.
fn output_large<F: Minimal<M, P>, const M: usize, const P: usize>(
    tiling: &Tiling,
    points: &[f32],
    first: usize,
    x: &mut [f32],
) {
    let large = tiling.shape.large;
    let plane = points.len() / (P * P);
    vectorised!({
        for nth in 0..plane / (4 * large) {
            let (image, row) = tiling.place(first + nth / tiling.columns);
            let column = nth % tiling.columns;
            for phase in 0..4 {
                let window = window::<P>(&tiling.shape, (image, row, column), phase);
                let from = (nth * 4 + phase) * large;
                over_channels!(large, |at, LANES| {
                    both_sides_transposed(
                        &F::DATA,
                        |i, j| load::<LANES>(points, (i * P + j) * plane + from + at),
                        |i, j, mut pixel| {
                            let Some(start) = window[i][j] else { return };
                            if (i == 0 && row > 0) || (j == 0 && column > 0) {
                                let before = load::<LANES>(x, start + at);
                                for (pixel, before) in pixel.iter_mut().zip(before) {
                                    *pixel += before;
                                }
                            }
                            store(x, start + at, pixel);
                        },
                    );
                });
            }
        }
    });
}

/// The small map of large map `x`; `filters` are the transformed weights.
pub(super) fn halve<F: Minimal<M, P>, const M: usize, const P: usize>(
    shape: Strided,
    x: &[f32],
    filters: &[f32],
) -> Vec<f32> {
    let tiling = Tiling::new(shape, M);
    let Strided { large, small, .. } = shape;
    let rows = tiling.rows_of(tiling.block());
    let row_len = M * shape.small_width() * small;
    let mut y = pool::take(shape.small_len());
    y.par_chunks_mut(rows * row_len).enumerate().for_each(|(block, y)| {
        let count = y.len() / row_len;
        let tiles = count * tiling.columns;
        scratch::with([P * P * tiles * 4 * large, P * P * tiles * small], |[v, m]| {
            for mut points in split(v, tiles * 4 * large, tiles * 4 * large) {
                transform_large::<F, M, P>(&tiling, x, block * rows, count, &mut points);
            }
            let of_points = v.chunks_exact(tiles * 4 * large).zip(filters.chunks_exact(4 * large * small));
            for (m, (v, u)) in m.chunks_exact_mut(tiles * small).zip(of_points) {
                multiply(m, matrix(v, 4 * large), matrix(u, small));
            }
            output::<F, M, P>(&tiling, m, y);
        });
    });
    y
}

/// The large map that the transpose makes of small map `y`; `filters` are the transformed weights.
pub(super) fn double<F: Minimal<M, P>, const M: usize, const P: usize>(
    shape: Strided,
    y: &[f32],
    filters: &[f32],
) -> Vec<f32> {
    let tiling = Tiling::new(shape, M);
    let Strided { large, small, .. } = shape;
    let image_len = shape.height * shape.width * large;
    let images = (tiling.block() / (tiling.rows * tiling.columns)).clamp(1, shape.batch);
    let mut x = pool::take(shape.large_len());
    x.par_chunks_mut(images * image_len).enumerate().for_each(|(block, x)| {
        let all_rows = x.len() / image_len * tiling.rows;
        let rows = tiling.rows_of(tiling.block());
        for first in (0..all_rows).step_by(rows) {
            let count = rows.min(all_rows - first);
            let tiles = count * tiling.columns;
            scratch::with([P * P * tiles * small, P * P * tiles * 4 * large], |[g, v]| {
                for mut points in split(g, tiles * small, tiles * small) {
                    let first = block * images * tiling.rows + first;
                    transform_small::<F, M, P>(&tiling, y, first, count, &mut points);
                }
                let of_points = g.chunks_exact(tiles * small).zip(filters.chunks_exact(4 * large * small));
                for (v, (g, u)) in v.chunks_exact_mut(tiles * 4 * large).zip(of_points) {
                    multiply(v, matrix(g, small), matrix(u, small).transpose());
                }
                output_large::<F, M, P>(&tiling, v, first, x);
            });
        }
    });
    x
}

/// The gradient of the weights, [small, large, 4, 4], for large map `x` and small map `y`, of which one is
/// an input and the other a gradient.
pub(super) fn weight_gradient<F: Minimal<M, P>, const M: usize, const P: usize>(
    shape: Strided,
    x: &[f32],
    y: &[f32],
) -> Vec<f32> {
    let tiling = Tiling::new(shape, M);
    let Strided { large, small, .. } = shape;
    let mut sums = vec![0.0; P * P * 4 * large * small];
    let rows = tiling.rows_of(GRADIENT_TILES);
    let part = rows.div_ceil(4);
    for first in (0..tiling.all_rows()).step_by(rows) {
        let count = rows.min(tiling.all_rows() - first);
        let tiles = count * tiling.columns;
        let (v_plane, g_plane) = (tiles * 4 * large, tiles * small);
        let sum = if first == 0 { multiply } else { multiply_add };
        scratch::with([P * P * v_plane, P * P * g_plane], |[v, g]| {
            let vs = split::<P>(v, v_plane, part * tiling.columns * 4 * large);
            let gs = split::<P>(g, g_plane, part * tiling.columns * small);
            vs.into_par_iter().zip(gs).enumerate().for_each(|(nth, (mut v, mut g))| {
                let count = part.min(count - nth * part);
                transform_large::<F, M, P>(&tiling, x, first + nth * part, count, &mut v);
                transform_small::<F, M, P>(&tiling, y, first + nth * part, count, &mut g);
            });
            // Two products for each point, so that two threads share nine points evenly.
            sums.par_chunks_mut(2 * large * small).enumerate().for_each(|(nth, sums)| {
                let v = matrix(&v[nth / 2 * v_plane..][..v_plane], 4 * large);
                let v = v.subcols(nth % 2 * 2 * large, 2 * large).transpose();
                let g = matrix(&g[nth / 2 * g_plane..][..g_plane], small);
                sum(sums, v, g);
            });
        });
    }
    transformed_back::<F, M, P>(&sums, large, small)
}
