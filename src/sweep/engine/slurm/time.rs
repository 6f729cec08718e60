//! Times as Slurm writes them.

/// Seconds of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or
/// `days-hours:minutes:seconds`; absent for what has no end, or is none of these.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (days, rest) = match text.trim().split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u32>().ok()?), rest),
        None => (None, text.trim()),
    };
    let parts: Vec<u32> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = match (days, parts.as_slice()) {
        (None, [minutes]) => [0, *minutes, 0],
        (None, [minutes, seconds]) => [0, *minutes, *seconds],
        (Some(_), [hours]) => [*hours, 0, 0],
        (Some(_), [hours, minutes]) => [*hours, *minutes, 0],
        (_, [hours, minutes, seconds]) => [*hours, *minutes, *seconds],
        _ => return None,
    };
    let total = 24.0 * f64::from(days.unwrap_or(0)) + f64::from(hours);
    Some((total * 60.0 + f64::from(minutes)) * 60.0 + f64::from(seconds)).filter(|seconds| *seconds > 0.0)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_those_of_sbatch() {
        for (text, expected) in [
            ("90", 5400.0),
            ("1:30", 90.0),
            ("4:00:00", 14_400.0),
            ("2-0", 172_800.0),
            ("1-12:30", 131_400.0),
            ("1-00:00:01", 86_401.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for none in ["", "UNLIMITED", "0", "4h", "1:2:3:4", "-1", "1-", "1.5"] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }
}
