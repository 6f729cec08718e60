//! Means, deviations and quantiles.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Arithmetic mean; absent for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation (n − 1); absent for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    if values.len() < 2 {
        return None;
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The 95 % interval of the mean that normally distributed values come from, by Student's t with n − 1 degrees
/// of freedom; absent for fewer than two values. Of two or three values it is wide, as they tell little of their
/// spread.
pub fn mean_interval(values: &[f64]) -> Option<(f64, f64)> {
    let (mean, deviation) = (mean(values)?, standard_deviation(values)?);
    let t = StudentsT::new(0.0, 1.0, (values.len() - 1) as f64).ok()?.inverse_cdf(0.975);
    let spread = t * deviation / (values.len() as f64).sqrt();
    Some((mean - spread, mean + spread))
}

/// The `share`-quantile, interpolated linearly between order statistics (type 7 of Hyndman and
/// Fan); absent for no values.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `stats.t.interval(.95, n - 1, mean, stats.sem(values))` of SciPy 1.17.
    #[test]
    fn intervals_of_means_are_those_of_scipy() {
        let cases: [(&[f64], (f64, f64)); 3] = [
            (&[0.8, 0.9], (0.214_689_763_191_265_54, 1.485_310_236_808_734_5)),
            (&[0.91, 0.87, 0.94], (0.819_426_617_315_315_4, 0.993_906_716_018_017_8)),
            (&[0.7, 0.72, 0.69, 0.75, 0.71], (0.685_414_748_090_129_7, 0.742_585_251_909_870_2)),
        ];
        for (values, (low, high)) in cases {
            let found = mean_interval(values).unwrap();
            assert!((found.0 - low).abs() < 1e-9 && (found.1 - high).abs() < 1e-9, "{found:?}");
        }
        assert_eq!(mean_interval(&[0.5; 3]), Some((0.5, 0.5)));
        assert_eq!(mean_interval(&[0.5]), None);
    }

    #[test]
    fn intervals_of_means_cover_as_promised() {
        for count in [2, 3, 5] {
            let held = (0..4000_u64).filter(|nth| {
                let mut rng = crate::random::rng(*nth, "means", count as u64);
                let noise = crate::random::normal_noise(&mut rng, count);
                let (low, high) =
                    mean_interval(&noise.into_iter().map(f64::from).collect::<Vec<_>>()).unwrap();
                low <= 0.0 && 0.0 <= high
            });
            let share = held.count() as f64 / 4000.0;
            assert!((0.94..=0.96).contains(&share), "{count} values: {share}");
        }
    }

    #[test]
    fn by_hand() {
        assert_eq!(mean(&[]), None);
        assert_eq!(standard_deviation(&[2.0]), None);
        assert_eq!(standard_deviation(&[1.0, 3.0]), Some(2.0_f64.sqrt()));
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        let ten: Vec<f64> = (0..=10).map(f64::from).collect();
        assert_eq!(quantile(&ten, 0.95), Some(9.5));
    }
}
