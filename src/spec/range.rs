//! What values settings may take; the error says what is allowed.

/// A count from 1 on. The upper ends are far beyond what is of use: they catch slips before memory does.
pub(super) fn count(name: &str, value: Option<usize>, most: usize) -> Result<(), String> {
    match value {
        Some(v) if !(1..=most).contains(&v) => Err(format!("`{name}` must lie from 1 to {most}, not {v}")),
        _ => Ok(()),
    }
}

/// A finite number above 0.
pub(super) fn positive(name: &str, value: Option<f64>) -> Result<(), String> {
    match value {
        Some(v) if !(v.is_finite() && v > 0.0) => Err(format!("`{name}` must be a positive number, not {v}")),
        _ => Ok(()),
    }
}

/// The weight of a loss: finite, 0 or more.
pub(super) fn loss_weight(name: &str, value: Option<f64>) -> Result<(), String> {
    match value {
        Some(v) if !(v.is_finite() && v >= 0.0) => {
            Err(format!("`{name}` is a loss weight and cannot be {v}; it must be 0 or more"))
        }
        _ => Ok(()),
    }
}

/// Anything else: `allowed` says which values are, and `words` says so to people.
pub(super) fn within(
    name: &str,
    value: Option<f64>,
    allowed: impl Fn(f64) -> bool,
    words: &str,
) -> Result<(), String> {
    match value {
        Some(v) if !allowed(v) => Err(format!("`{name}` {words}, not {v}")),
        _ => Ok(()),
    }
}
