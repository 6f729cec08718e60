//! Numbers for people: as many digits as can mean something.

/// A number with four significant digits, whatever its size.
pub(crate) fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || !magnitude.is_finite() {
        (value + 0.0).to_string() // no −0
    } else if (1e-4..1e6).contains(&magnitude) {
        let digits = (3 - magnitude.log10().floor() as i32).max(0) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_say_enough() {
        let shown = [0.0, 0.032_142_857, -0.5, 1.0, 12.345_6, 987.654, 123_456.7, 1.234_56e-7, -4.5e9]
            .map(significant);
        let expected =
            ["0", "0.03214", "-0.5000", "1.000", "12.35", "987.7", "123457", "1.235e-7", "-4.500e9"];
        assert_eq!(shown, expected);
    }
}
