//! Holm's correction for many tests.

/// p values corrected for their number by Holm's step-down method (Holm 1979), in the order given: what
/// stays under α is significant with a chance of at most α that any one of them is so wrongly. Values
/// that are no numbers stay so and do not count.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|nth| !p[*nth].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = p.to_vec();
    let mut largest: f64 = 0.0;
    for (rank, nth) in order.iter().enumerate() {
        largest = largest.max((order.len() - rank) as f64 * p[*nth]).min(1.0);
        adjusted[*nth] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `multipletests(p, method="holm")` of statsmodels.
    #[test]
    fn as_statsmodels_adjusts() {
        let found = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (found, expected) in found.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[f64::NAN, 0.5])[1], 0.5);
    }
}
