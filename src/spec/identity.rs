//! Names of fits and runs: BLAKE3 over their content.
//!
//! The hashed text is JSON with sorted keys and with every default filled in, so that neither the
//! order of keys in a sweep file nor a default written out changes a name. Floats are written by
//! value (10 and 10.0 are the same number, −0 is 0).

use serde::Serialize;
use serde_json::Value;

use super::{FitConfig, RunConfig};

/// Raised when the meaning of a configuration changes, so that old results keep their names.
const FORMAT: &str = "anolab 2";

/// Hexadecimal characters of an id: 128 bits.
const LENGTH: usize = 32;

/// The id of a fit on the data with this digest: 32 hexadecimal characters.
pub fn fit_id(config: &FitConfig, dataset_digest: &str) -> String {
    id("fit", config, dataset_digest)
}

/// The id of a run on the data with this digest: 32 hexadecimal characters.
pub fn run_id(config: &RunConfig, dataset_digest: &str) -> String {
    id("run", config, dataset_digest)
}

fn id(what: &str, config: &impl Serialize, dataset_digest: &str) -> String {
    let text = format!("{FORMAT}\n{what}\n{dataset_digest}\n{}", canonical_json(config));
    blake3::hash(text.as_bytes()).to_hex()[..LENGTH].to_string()
}

/// JSON with sorted keys; −0 becomes 0.
pub fn canonical_json(config: &impl Serialize) -> String {
    let value = serde_json::to_value(config).expect("a configuration has string keys alone");
    positive_zeros(value).to_string()
}

fn positive_zeros(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => Value::from(0.0),
        Value::Array(items) => items.into_iter().map(positive_zeros).collect(),
        Value::Object(map) => map.into_iter().map(|(key, v)| (key, positive_zeros(v))).collect(),
        other => other,
    }
}
