//! Matrix products.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::lanes::{Lanes, vectorised};

/// Rows that a thread works on.
const ROWS: usize = 32;
/// Partial sums in a vector of those.
const LANES: usize = 16;

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
    if let Some((rows, vector)) = by_vector(left, right) {
        return dots(product, accumulation, rows, vector);
    }
    let product = MatMut::from_row_major_slice_mut(product, left.nrows(), right.ncols());
    matmul(product, accumulation, left, right, 1.0, Par::Seq);
}

/// A product that is one column or one row, as rows that are each multiplied by a vector, where all of them lie number
/// by number in memory.
fn by_vector<'a>(left: MatRef<'a, f32>, right: MatRef<'a, f32>) -> Option<(MatRef<'a, f32>, &'a [f32])> {
    let (rows, vector) = match (left.nrows(), right.ncols()) {
        (_, 1) => (left, right.col(0)),
        (1, _) => (right.transpose(), left.row(0).transpose()),
        _ => return None,
    };
    (rows.col_stride() == 1).then_some((rows, vector.try_as_col_major()?.as_slice()))
}

/// product = rows · vector, or added to it. `faer` would take each sum in partial ones, as many as the processor's
/// vectors have numbers: networks trained on another processor would be others. These are the sums that it takes with
/// AVX-512.
fn dots(product: &mut [f32], accumulation: Accum, rows: MatRef<'_, f32>, vector: &[f32]) {
    let row =
        |nth| rows.row(nth).transpose().try_as_col_major().expect("rows lie number by number").as_slice();
    vectorised!(for (nth, sum) in product.iter_mut().enumerate() {
        let dot = dot(row(nth), vector);
        *sum = if let Accum::Add = accumulation { *sum + dot } else { dot };
    });
}

/// Σ a·b, as the sum of four vectors of partial sums.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [[0.0; LANES]; 4];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.chunks(4).zip(b.chunks(4)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            add_products(sum, a, b);
        }
    }
    add_products(&mut sums[a.len() % 4], a_rest, b_rest);
    let [first, second, third, fourth] = sums;
    let mut sum: Lanes<LANES> =
        std::array::from_fn(|lane| (first[lane] + second[lane]) + (third[lane] + fourth[lane]));
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sum[lane] += sum[lane + half];
        }
    }
    sum[0]
}

#[inline(always)]
fn add_products(sums: &mut Lanes<LANES>, a: &[f32], b: &[f32]) {
    for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
        *sum = a.mul_add(*b, *sum);
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::every_path;
    use super::super::reference::{error, numbers};
    use super::*;

    /// A column and a row, in every version of the loop: what a network is trained to does not depend on the processor.
    #[test]
    fn products_with_a_vector_are_the_same_bits_on_every_processor() {
        for (rows, length) in [(1, 1), (3, 15), (5, 16), (2, 63), (7, 64), (4, 200), (3, 1024)] {
            let (many, one) = (numbers(rows * length, 1), numbers(length, 2));
            let found = every_path(|| {
                let (many, one) = (matrix(&many, length), matrix(&one, length));
                let [mut column, mut row] = [(); 2].map(|()| vec![0.0; rows]);
                multiply(&mut column, many, one.transpose());
                multiply(&mut row, one, many.transpose());
                multiply_add(&mut row, one, many.transpose());
                [column, row]
            });
            let sum = |row: usize| {
                let products =
                    many[row * length..].iter().zip(&one).map(|(a, b)| f64::from(*a) * f64::from(*b));
                products.sum()
            };
            let expected: Vec<f64> = (0..rows).map(sum).collect();
            let twice: Vec<f64> = expected.iter().map(|sum| 2.0 * sum).collect();
            for [column, row] in &found {
                assert!(error(column, &expected) < 1e-6 && error(row, &twice) < 1e-6, "{rows}×{length}");
            }
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{rows}×{length}");
        }
    }

    /// By hand: 64 partial sums, each of every 64th product, added as a tree.
    #[test]
    fn partial_sums_are_added_in_one_order() {
        let (a, b) = (numbers(150, 3), numbers(150, 4));
        let mut sums = [0.0_f32; 64];
        for (nth, (a, b)) in a.iter().zip(&b).enumerate() {
            sums[nth % 64] = a.mul_add(*b, sums[nth % 64]);
        }
        let mut tree: Vec<f32> = (0..16)
            .map(|lane| (sums[lane] + sums[16 + lane]) + (sums[32 + lane] + sums[48 + lane]))
            .collect();
        while tree.len() > 1 {
            tree = (0..tree.len() / 2).map(|lane| tree[lane] + tree[tree.len() / 2 + lane]).collect();
        }
        assert_eq!(dot(&a, &b), tree[0]);
    }
}
