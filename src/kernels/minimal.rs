//! Winograd's minimal filtering F(m, 2): m neighbouring outputs of a two-tap filter with m + 1
//! multiplications where a direct sum has 2·m (Winograd 1980; Lavin & Gray 2016, equation 7).
//!
//! y = Aᵀ[(G g) ⊙ (Bᵀ d)] for data d, a filter g and outputs y; nested, the same in two dimensions. All
//! three matrices come from polynomials through a few points, so F(4, 2) costs accuracy where F(2, 2),
//! whose entries are 0 and ±1, costs nearly none.

use super::lanes::Lanes;

/// Minimal filtering with `M` outputs and `P` = `M` + 1 points.
pub(super) trait Minimal<const M: usize, const P: usize> {
    /// Bᵀ.
    const DATA: [[f32; P]; P];
    /// Aᵀ.
    const OUTPUT: [[f32; P]; M];
    /// G.
    const FILTER: [[f32; 2]; P];
}

/// F(2, 2), from the points 0, 1 and ∞.
pub(super) struct F2;

/// F(4, 2), from the points 0, 1, −1, 2 and ∞.
pub(super) struct F4;

impl Minimal<2, 3> for F2 {
    const DATA: [[f32; 3]; 3] = [[1.0, -1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, -1.0]];
    const OUTPUT: [[f32; 3]; 2] = [[1.0, 1.0, 0.0], [0.0, 1.0, -1.0]];
    const FILTER: [[f32; 2]; 3] = [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
}

impl Minimal<4, 5> for F4 {
    const DATA: [[f32; 5]; 5] = [
        [2.0, -1.0, -2.0, 1.0, 0.0],
        [0.0, 2.0, 1.0, -1.0, 0.0],
        [0.0, -2.0, 3.0, -1.0, 0.0],
        [0.0, -1.0, 0.0, 1.0, 0.0],
        [0.0, 2.0, -1.0, -2.0, 1.0],
    ];
    const OUTPUT: [[f32; 5]; 4] = [
        [1.0, 1.0, 1.0, 1.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, 0.0],
        [0.0, 1.0, 1.0, 4.0, 0.0],
        [0.0, 1.0, -1.0, 8.0, 1.0],
    ];
    const FILTER: [[f32; 2]; 5] =
        [[0.5, 0.0], [0.5, 0.5], [1.0 / 6.0, -1.0 / 6.0], [1.0 / 6.0, 1.0 / 3.0], [0.0, 1.0]];
}

/// Adds `factor`·`x` to `sum`; nothing where the factor, known when this is compiled, is 0.
#[inline(always)]
fn add<const L: usize>(sum: &mut Lanes<L>, factor: f32, x: &Lanes<L>) {
    for (sum, x) in sum.iter_mut().zip(x) {
        if factor == 1.0 {
            *sum += x;
        } else if factor == -1.0 {
            *sum -= x;
        } else if factor != 0.0 {
            *sum += factor * x;
        }
    }
}

/// matrix · x · matrixᵀ; `x` gives the element of a row and column, `put` takes that of the product.
#[inline(always)]
pub(super) fn both_sides<const I: usize, const J: usize, const L: usize>(
    matrix: &[[f32; J]; I],
    x: impl Fn(usize, usize) -> Lanes<L>,
    mut put: impl FnMut(usize, usize, Lanes<L>),
) {
    let mut half = [[[0.0; L]; J]; I];
    for j in 0..J {
        for i in 0..J {
            let x = x(i, j);
            for (half, factors) in half.iter_mut().zip(matrix) {
                add(&mut half[j], factors[i], &x);
            }
        }
    }
    for (i, half) in half.iter().enumerate() {
        for (j, factors) in matrix.iter().enumerate() {
            let mut product = [0.0; L];
            for (half, factor) in half.iter().zip(factors) {
                add(&mut product, *factor, half);
            }
            put(i, j, product);
        }
    }
}

/// matrixᵀ · x · matrix, as [`both_sides`].
#[inline(always)]
pub(super) fn both_sides_transposed<const I: usize, const J: usize, const L: usize>(
    matrix: &[[f32; J]; I],
    x: impl Fn(usize, usize) -> Lanes<L>,
    mut put: impl FnMut(usize, usize, Lanes<L>),
) {
    let mut half = [[[0.0; L]; I]; J];
    for j in 0..I {
        for (i, factors) in matrix.iter().enumerate() {
            let x = x(i, j);
            for (half, factor) in half.iter_mut().zip(factors) {
                add(&mut half[j], *factor, &x);
            }
        }
    }
    for (i, half) in half.iter().enumerate() {
        for j in 0..J {
            let mut product = [0.0; L];
            for (half, factors) in half.iter().zip(matrix) {
                add(&mut product, factors[j], half);
            }
            put(i, j, product);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Map = Vec<Vec<f32>>;

    fn map(rows: usize, value: impl Fn(usize, usize) -> f32) -> Map {
        (0..rows).map(|i| (0..rows).map(|j| value(i, j)).collect()).collect()
    }

    fn sandwich<const I: usize, const J: usize>(matrix: &[[f32; J]; I], x: &Map) -> Map {
        let mut product = map(I, |_, _| 0.0);
        both_sides(matrix, |i, j| [x[i][j]], |i, j, [value]| product[i][j] = value);
        product
    }

    fn dot(a: &Map, b: &Map) -> f32 {
        a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum()
    }

    /// Outputs of a filter by its matrices, and as the plain sum of its taps.
    fn filters<F: Minimal<M, P>, const M: usize, const P: usize>() {
        let data = map(P, |i, j| (i * i + 2 * j) as f32 - 3.0);
        let filter = map(2, |i, j| [[2.0, -5.0], [1.0, 3.0]][i][j]);
        let (data_at, filter_at) = (sandwich(&F::DATA, &data), sandwich(&F::FILTER, &filter));
        let outputs = sandwich(&F::OUTPUT, &map(P, |i, j| data_at[i][j] * filter_at[i][j]));
        for (i, j) in (0..M).flat_map(|i| (0..M).map(move |j| (i, j))) {
            let expected = dot(&filter, &map(2, |a, b| data[i + a][j + b]));
            assert!((outputs[i][j] - expected).abs() < 1e-3, "{} is not {expected}", outputs[i][j]);
        }
    }

    #[test]
    fn filters_as_the_plain_sum() {
        filters::<F2, 2, 3>();
        filters::<F4, 4, 5>();
    }

    /// ⟨A x Aᵀ, y⟩ = ⟨x, Aᵀ y A⟩.
    #[test]
    fn transposed_is_the_adjoint() {
        let x = map(5, |i, j| (3 * i + j * j) as f32 - 8.0);
        let y = map(4, |i, j| (i * j) as f32 - 2.0);
        let mut back = map(5, |_, _| 0.0);
        both_sides_transposed(&F4::OUTPUT, |i, j| [y[i][j]], |i, j, [value]| back[i][j] = value);
        assert_eq!(dot(&sandwich(&F4::OUTPUT, &x), &y), dot(&x, &back));
    }
}
