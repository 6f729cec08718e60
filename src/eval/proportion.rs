//! Wilson's interval of a proportion.

use super::Z;

/// The 95 % interval of a share of which `successes` in `trials` are seen (Wilson 1927; Brown, Cai and
/// DasGupta 2001); absent without trials.
pub fn proportion_interval(successes: usize, trials: usize) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let (n, share) = (trials as f64, successes as f64 / trials as f64);
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(k, n).proportion_ci(method="wilson")` of SciPy 1.17.
    #[test]
    fn as_scipy_has_it() {
        let expected = [
            ((13, 262), (0.029_223_384_308_820_89, 0.083_029_455_985_821_48)),
            ((0, 20), (0.0, 0.161_125_158_052_819_4)),
            ((20, 20), (0.838_874_841_947_181, 1.0)),
        ];
        for ((successes, trials), (low, high)) in expected {
            let found = proportion_interval(successes, trials).unwrap();
            assert!((found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9, "{found:?}");
        }
        assert_eq!(proportion_interval(0, 0), None);
    }
}
