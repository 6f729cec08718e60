//! Values of options, refused in the words of people.

use std::time::Duration;

/// A whole number from 1 on.
pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "a whole number from 1 on is meant".into())
}

/// As [`count`].
pub(super) fn size(text: &str) -> Result<usize, String> {
    Ok(count(text)? as usize)
}

/// Seconds, 1 or more.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    count(text).map(u64::from).map_err(|_| "whole seconds from 1 on are meant, such as 90".into())
}

/// A finite number.
pub(super) fn number(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| "a number is meant, such as 0.5".into())
}

/// A positive time: `90s`, `30m`, `2h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: Option<jiff::SignedDuration> = text.parse().ok();
    let duration =
        parsed.and_then(|parsed| Duration::try_from(parsed).ok()).filter(|duration| !duration.is_zero());
    duration.ok_or_else(|| "a time is meant, such as 90s, 30m or 2h".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_named_for_what_they_should_be() {
        assert_eq!((count("3"), size("1"), seconds("60")), (Ok(3), Ok(1), Ok(60)));
        assert_eq!(number("-0.5"), Ok(-0.5));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["abc", "", "-1", "0"] {
            assert!(count(wrong).unwrap_err().ends_with("is meant"), "{wrong}");
            assert!(duration(wrong).unwrap_err().contains("90s, 30m or 2h"), "{wrong}");
        }
        assert!(number("inf").is_err() && number("x").is_err());
    }
}
