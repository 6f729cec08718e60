//! Names of fits and runs: BLAKE3 over their content.
//!
//! The hashed text is JSON with sorted keys and with every default filled in, so that neither the
//! order of keys in a sweep file nor a default written out changes a name. Floats are written by
//! value (10 and 10.0 are the same number, −0 is 0).
//!
//! Names last: a setting that is added later is left out of the hashed text where it has the value that
//! its absence meant, and configurations without it are read with that value (`Model::added`).
//! `tests/identities.jsonl` holds configurations with the names that they must keep.

use serde::Serialize;
use serde_json::Value;

use super::added::leave_out;
use super::config::{FitConfig, RunConfig};
use super::model::Model;
use crate::id::{FitId, RunId};

/// Raised when the meaning of a configuration changes, so that old results keep their names.
const FORMAT: &str = "anolab 2";

/// Bytes of an id: 128 bits.
const LENGTH: usize = 16;

/// The id of a fit on the data with this digest.
pub fn fit_id(config: &FitConfig, dataset_digest: &str) -> FitId {
    FitId::from_bytes(id("fit", config, config.model(), dataset_digest))
}

/// The id of a run on the data with this digest.
pub fn run_id(config: &RunConfig, dataset_digest: &str) -> RunId {
    RunId::from_bytes(id("run", config, config.fit.model(), dataset_digest))
}

fn id(what: &str, config: &impl Serialize, model: Model, dataset_digest: &str) -> [u8; LENGTH] {
    let hashed = canonical_json(config, model);
    let text = format!("{FORMAT}\n{what}\n{dataset_digest}\n{hashed}");
    let hash = blake3::hash(text.as_bytes());
    std::array::from_fn(|place| hash.as_bytes()[place])
}

/// The configuration of a run or a fit as JSON with sorted keys; −0 becomes 0. Settings that came later stand in it
/// only where they say something: what means the same is the same text in stores of all builds.
pub fn canonical_json(config: &impl Serialize, model: Model) -> String {
    let mut json = canonical(config);
    leave_out(&mut json, model.added());
    json.to_string()
}

fn canonical(config: &impl Serialize) -> Value {
    positive_zeros(serde_json::to_value(config).expect("a configuration has string keys alone"))
}

fn positive_zeros(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => Value::from(0.0),
        Value::Array(items) => items.into_iter().map(positive_zeros).collect(),
        Value::Object(map) => map.into_iter().map(|(key, v)| (key, positive_zeros(v))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::spec::{Sweep, sweep_file};

    #[derive(serde::Deserialize)]
    struct Named {
        run_id: RunId,
        fit_id: FitId,
        dataset_digest: String,
        config: Value,
    }

    /// What was ever named so: written by the build at 6f34237, and by later ones behind it.
    fn named() -> Vec<Named> {
        let lines = include_str!("../../tests/identities.jsonl").lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A name that changes makes old results unreachable. This list only ever grows.
    #[test]
    fn names_stay() {
        let named = named();
        assert!(named.len() >= 84, "lines were taken away");
        for known in &named {
            let config = RunConfig::read(&known.config.to_string()).unwrap();
            assert_eq!(run_id(&config, &known.dataset_digest), known.run_id, "{}", known.config);
            assert_eq!(fit_id(&config.fit, &known.dataset_digest), known.fit_id, "{}", known.config);
        }
    }

    /// Defaults stay too: the same sweep file asks for the same runs.
    #[test]
    fn sweep_files_ask_for_the_same_runs() {
        let sweep = Sweep::parse("identities.toml", include_str!("../../tests/identities.toml")).unwrap();
        let named = named();
        let digest = &named[0].dataset_digest;
        let asked: HashSet<RunId> = sweep.runs.iter().map(|run| run_id(run, digest)).collect();
        assert_eq!(asked.len(), 232);
        for known in named.iter().filter(|known| known.dataset_digest == *digest) {
            assert!(asked.contains(&known.run_id), "{}", known.config);
            let config = RunConfig::read(&known.config.to_string()).unwrap();
            let file = sweep_file("again", &sweep.datasets, &config).unwrap();
            let again = Sweep::parse("again.toml", &file).unwrap();
            assert_eq!(run_id(&again.runs[0], digest), known.run_id, "written out and read again");
        }
    }

    /// Another threshold is another run of the same fit; said or not, the first one changes no name.
    #[test]
    fn a_threshold_quantile_is_part_of_a_run_where_it_is_not_the_first() {
        let sweep = |base: &str| {
            let text = format!(
                "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n[base]\n\
                 model = \"nearest\"\n{base}"
            );
            Sweep::parse("t.toml", &text).unwrap()
        };
        let ids = |base: &str| {
            let run = sweep(base).runs.remove(0);
            let kept = canonical_json(&run, Model::Nearest);
            assert_eq!(RunConfig::read(&kept).unwrap(), run);
            let file = sweep_file("again", &sweep(base).datasets, &run).unwrap();
            assert_eq!(Sweep::parse("again.toml", &file).unwrap().runs[0], run, "{file}");
            (fit_id(&run.fit, "d"), run_id(&run, "d"), kept.contains("threshold_quantile"))
        };
        let first = ids("");
        assert!(!first.2);
        assert_eq!(ids("threshold_quantile = 0.95"), first);
        let other = ids("threshold_quantile = 0.99");
        assert!(other.0 == first.0 && other.1 != first.1 && other.2);
        assert_eq!(
            ids("threshold_quantile = 0.99\nholdout = 0.0"),
            ids("holdout = 0.0"),
            "no threshold at all"
        );
        let told: serde_json::Value =
            RunConfig::with_all_settings(&canonical_json(&sweep("").runs[0], Model::Nearest)).unwrap();
        assert_eq!(told["threshold_quantile"], 0.95, "settings are told in full");
    }

    #[test]
    fn a_configuration_of_two_models_is_refused() {
        let mut mixed = named()[0].config.clone();
        mixed["scoring"] = serde_json::json!({"model": "nearest"});
        let error = RunConfig::read(&mixed.to_string()).unwrap_err().to_string();
        assert_eq!(error, "the scoring is another model's");
    }
}
