//! Kernel densities.

use super::{quantile, standard_deviation};

/// The width of the bumps that suits some values: 0.9·min(s, IQR/1.34)·n^(−1/5) (Silverman 1986, equation
/// 3.31). Absent for fewer than two values and where they are all the same.
pub fn bandwidth(values: &[f64]) -> Option<f64> {
    let deviation = standard_deviation(values)?;
    let quartiles = (quantile(values, 0.75)? - quantile(values, 0.25)?) / 1.34;
    let spread = if quartiles > 0.0 { deviation.min(quartiles) } else { deviation };
    (spread > 0.0).then(|| 0.9 * spread * (values.len() as f64).powf(-0.2))
}

/// Density of some values at `x`: the mean of Gaussian bumps of this width on each of them; 0 for no
/// values.
pub fn density(values: &[f64], bandwidth: f64, x: f64) -> f64 {
    let height = (2.0 * std::f64::consts::PI).sqrt() * bandwidth;
    let bumps = values.iter().map(|value| (-((x - value) / bandwidth).powi(2) / 2.0).exp() / height);
    bumps.sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.gaussian_kde` of SciPy 1.17 with this bandwidth.
    #[test]
    fn as_scipy_has_it() {
        let values = [1.0, 2.0, 2.5, 4.0, 7.0];
        let width = bandwidth(&values).unwrap();
        assert!((width - 0.973_584_622_850_635_7).abs() < 1e-12);
        let expected =
            [(0.0, 0.061_344_551_749_682), (2.0, 0.212_076_124_578_165), (3.3, 0.160_454_851_001_882)];
        for (x, expected) in expected {
            assert!((density(&values, width, x) - expected).abs() < 1e-12);
        }
        assert_eq!(bandwidth(&[3.0, 3.0]), None);
    }
}
