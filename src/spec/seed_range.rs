//! Seeds from one to another: `seed = { from = 0, to = 9 }` is the list of these ten.

use std::ops::Range;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::error::Complaint;

/// Seeds that one range may hold; more is taken for a mistake.
const MOST: u64 = 100_000;

const HELP: &str = "such as seed = { from = 0, to = 9 }, which is ten seeds";

/// The seeds of a range, both ends included.
pub(super) fn seeds(range: &DeTable<'_>, span: Range<usize>) -> Result<Vec<Value>, Complaint> {
    if let Some((key, _)) = range.iter().find(|(key, _)| !["from", "to"].contains(&key.get_ref().as_ref())) {
        return Err(Complaint::new(key.span(), format!("unknown key `{}`", key.get_ref())).help(HELP));
    }
    let (from, to) = (end(range, "from", &span)?, end(range, "to", &span)?);
    if from > to {
        return Err(Complaint::new(span, format!("no seed lies from {from} to {to}")).help(HELP));
    }
    if to - from >= MOST {
        return Err(Complaint::new(span, format!("{} seeds are more than {MOST}", to - from + 1)).help(HELP));
    }
    Ok((from..=to).map(Value::from).collect())
}

fn end(range: &DeTable<'_>, name: &str, span: &Range<usize>) -> Result<u64, Complaint> {
    let Some(value) = range.get(name) else {
        return Err(Complaint::new(span.clone(), format!("the seeds' `{name}` is missing")).help(HELP));
    };
    let seed = match value.get_ref() {
        DeValue::Integer(number) => {
            i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
        }
        _ => None,
    };
    seed.and_then(|seed| u64::try_from(seed).ok()).ok_or_else(|| {
        Complaint::new(
            value.span(),
            format!("`{name}` must be a whole number of 0 or more that fits in 63 bits"),
        )
        .help(HELP)
    })
}
