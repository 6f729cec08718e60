//! The settings of a run, read from its configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spec::RunConfig;
use crate::store::RunRow;

/// A run's configuration without its seed: what runs that differ in the seed alone share.
pub(crate) fn without_seed(config: &str) -> String {
    let mut value: Value = RunConfig::with_all_settings(config).unwrap_or_default();
    if let Some(fit) = value.get_mut("fit").and_then(Value::as_object_mut) {
        fit.remove("seed");
    }
    value.to_string()
}

/// The share of normal images that a run's threshold is to let pass.
pub(crate) fn threshold_quantile(config: &str) -> f64 {
    let config: Value = RunConfig::with_all_settings(config).unwrap_or_default();
    config["threshold_quantile"].as_f64().unwrap_or(0.95)
}

/// The settings that take more than one value among the runs.
pub(crate) fn varying(runs: &[RunRow]) -> BTreeSet<String> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for run in runs {
        for (key, value) in settings(&run.config, &run.dataset) {
            values.entry(key).or_default().insert(value);
        }
    }
    values.into_iter().filter(|(_, values)| values.len() > 1).map(|(key, _)| key).collect()
}

/// What a run was made with, by name: the leaves of its configuration, and its dataset.
pub(crate) fn settings(config: &str, dataset: &str) -> BTreeMap<String, String> {
    fn walk(value: &Value, name: &str, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, key, found)),
            Value::String(text) => drop(found.insert(name.into(), text.clone())),
            other => drop(found.insert(name.into(), other.to_string())),
        }
    }
    let mut found = BTreeMap::from([("dataset".to_string(), dataset.to_string())]);
    walk(&RunConfig::with_all_settings(config).unwrap_or_default(), "", &mut found);
    found
}
