//! Matrix products.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows that a thread works on.
const ROWS: usize = 32;

/// A matrix of `columns` columns over a slice, row by row.
pub(super) fn matrix(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

/// product = left · right.
pub(super) fn multiply(product: &mut [f32], left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    run(product, Accum::Replace, left, right);
}

/// product += left · right.
pub(super) fn multiply_add(product: &mut [f32], left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    run(product, Accum::Add, left, right);
}

/// product = left · right, by all threads.
pub(super) fn multiply_rows(product: &mut [f32], left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    let columns = right.ncols();
    product.par_chunks_mut(ROWS * columns).enumerate().for_each(|(block, product)| {
        multiply(product, left.subrows(block * ROWS, product.len() / columns), right);
    });
}

fn run(product: &mut [f32], accumulation: Accum, left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    let product = MatMut::from_row_major_slice_mut(product, left.nrows(), right.ncols());
    matmul(product, accumulation, left, right, 1.0, Par::Seq);
}
