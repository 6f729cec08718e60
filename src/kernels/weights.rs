//! Weights [small, large, 4, 4] as minimal filtering needs them, and their gradients on the way back.
//!
//! On the even and on the odd rows and columns of the large map, its four phases, a 4×4 filter of stride 2
//! is a 2×2 filter of stride 1.

use rayon::prelude::*;

use super::lanes::{load, over_channels, store, vectorised};
use super::minimal::{Minimal, both_sides, both_sides_transposed};

/// Taps of the filters on even and on odd rows, or columns.
const TAPS: [[usize; 2]; 2] = [[1, 3], [0, 2]];

/// Small channels whose gradients are brought back at once.
const GROUP: usize = 16;

/// The four taps of a phase's filter, as places in the 4×4 filter.
#[inline(always)]
fn taps(phase: usize) -> [[usize; 2]; 2] {
    let ([top, bottom], [left, right]) = (TAPS[phase / 2], TAPS[phase % 2]);
    [[4 * top + left, 4 * top + right], [4 * bottom + left, 4 * bottom + right]]
}

/// G·w·Gᵀ of the filters between one large channel and `L` small ones; `rows` holds a row of small
/// channels for every point and phase.
#[inline(always)]
fn transform<F: Minimal<M, P>, const M: usize, const P: usize, const L: usize>(
    weights: &[f32],
    filter: impl Fn(usize) -> usize,
    small: usize,
    rows: &mut [&mut [f32]],
) {
    let mut lanes = [[0.0; L]; 16];
    for lane in 0..L {
        let taps = load::<16>(weights, filter(small + lane));
        for (lanes, tap) in lanes.iter_mut().zip(taps) {
            lanes[lane] = tap;
        }
    }
    for phase in 0..4 {
        let taps = taps(phase);
        both_sides(
            &F::FILTER,
            |i, j| lanes[taps[i][j]],
            |i, j, point| store(rows[(i * P + j) * 4 + phase], small, point),
        );
    }
}

/// Weights [small, large, 4, 4] → G·w·Gᵀ, [point, phase, large, small].
pub(super) fn transformed<F: Minimal<M, P>, const M: usize, const P: usize>(
    weights: &[f32],
    large: usize,
    small: usize,
) -> Vec<f32> {
    let mut points = vec![0.0; P * P * 4 * large * small];
    let mut rows: Vec<Vec<&mut [f32]>> = (0..large).map(|_| Vec::with_capacity(P * P * 4)).collect();
    points.chunks_exact_mut(small).enumerate().for_each(|(nth, row)| rows[nth % large].push(row));
    rows.par_iter_mut().enumerate().for_each(|(channel, rows)| {
        let filter = |small: usize| (small * large + channel) * 16;
        vectorised!(over_channels!(small, |at, LANES| transform::<F, M, P, LANES>(
            weights, filter, at, rows
        )));
    });
    points
}

/// Gᵀ·u·G of the gradients between one large channel and `L` small ones from `small` on, of which
/// `filter` says where they go.
#[inline(always)]
fn transform_back<F: Minimal<M, P>, const M: usize, const P: usize, const L: usize>(
    points: &[f32],
    row: impl Fn(usize) -> usize,
    weights: &mut [f32],
    filter: impl Fn(usize) -> usize,
) {
    let mut lanes = [[0.0; L]; 16];
    for phase in 0..4 {
        let taps = taps(phase);
        both_sides_transposed(
            &F::FILTER,
            |i, j| load::<L>(points, row((i * P + j) * 4 + phase)),
            |i, j, gradient| lanes[taps[i][j]] = gradient,
        );
    }
    for lane in 0..L {
        let mut taps = [0.0; 16];
        taps.iter_mut().zip(&lanes).for_each(|(tap, lanes)| *tap = lanes[lane]);
        store(weights, filter(lane), taps);
    }
}

/// Gradients [point, phase, large, small] of the transformed weights → of the weights,
/// [small, large, 4, 4].
pub(super) fn transformed_back<F: Minimal<M, P>, const M: usize, const P: usize>(
    points: &[f32],
    large: usize,
    small: usize,
) -> Vec<f32> {
    let mut weights = vec![0.0; small * large * 16];
    weights.par_chunks_mut(GROUP * large * 16).enumerate().for_each(|(group, weights)| {
        let (first, count) = (group * GROUP, weights.len() / (large * 16));
        vectorised!({
            for channel in 0..large {
                over_channels!(count, |at, LANES| {
                    let row = |nth: usize| (nth * large + channel) * small + first + at;
                    let filter = |lane: usize| ((at + lane) * large + channel) * 16;
                    transform_back::<F, M, P, LANES>(points, row, weights, filter);
                });
            }
        });
    });
    weights
}

/// [small, large, 4, 4] → [small, 4, 4, large].
pub(super) fn channels_last(weights: &[f32], large: usize) -> Vec<f32> {
    permuted(weights, large, 16)
}

/// [small, 4, 4, large] → [small, large, 4, 4].
pub(super) fn channels_first(weights: &[f32], large: usize) -> Vec<f32> {
    permuted(weights, 16, large)
}

/// Each matrix of `rows` × `columns` transposed.
fn permuted(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut permuted = vec![0.0; values.len()];
    let size = rows * columns;
    permuted.par_chunks_mut(size).zip(values.par_chunks(size)).for_each(|(to, from)| {
        for (row, values) in from.chunks_exact(columns).enumerate() {
            values.iter().enumerate().for_each(|(column, value)| to[column * rows + row] = *value);
        }
    });
    permuted
}
