//! Ranges and ticks of axes.

/// Smallest and largest of some values, with some air; 0..1 for no values.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let air = if high > low { 0.05 * (high - low) } else { low.abs().max(1.0) * 0.05 };
    low - air..high + air
}

/// A number for an axis: few digits, whatever its size.
pub(crate) fn tick(value: &f64) -> String {
    let magnitude = value.abs();
    if magnitude < 1e-12 {
        "0".into()
    } else if (0.001..100_000.0).contains(&magnitude) {
        let digits = (2 - magnitude.log10().floor() as i32).clamp(0, 4) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let shown: Vec<String> = [0.0, 0.25, 12.5, 1500.0, 1.5e-5, -0.1, 2e7].iter().map(tick).collect();
        assert_eq!(shown, ["0", "0.25", "12.5", "1500", "1.5e-5", "-0.1", "2.0e7"]);
    }

    #[test]
    fn ranges_are_never_empty() {
        for values in [vec![], vec![3.0], vec![0.0, 0.0], vec![1.0, 2.0], vec![f64::NAN]] {
            let range = range(values.into_iter());
            assert!(range.start < range.end);
        }
    }
}
