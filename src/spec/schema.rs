//! The JSON schema of sweep files, for editors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::model::Model;
use super::settings::{COMMON_KEYS, Settings, keys};
use super::{DatasetSpec, SlurmSettings, gan};

/// Only its schema is used: the shape of a sweep file, with scalars where the grid takes lists.
#[derive(JsonSchema)]
#[allow(dead_code)]
struct SweepFile {
    /// Name of the sweep in the store and in reports.
    name: String,
    dataset: DatasetSpec,
    /// Whether the last checkpoint of each fit is kept, so that trainings of more epochs go on from it: it takes three
    /// times the space of the weights, until `anolab gc` frees it.
    keep_checkpoints: Option<bool>,
    /// Values shared by every run.
    base: Settings,
    slurm: SlurmSettings,
}

/// A JSON schema (draft 2020-12) of the sweep file, for editors such as those that use Taplo.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(SweepFile).to_value();
    let settings = schema["$defs"]["Settings"]["properties"].as_object().cloned().unwrap_or_default();
    let grid_of = |keys: &[&str]| -> BTreeMap<String, Value> {
        settings
            .iter()
            .filter(|(key, _)| keys.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), scalar_or_list(key, value)))
            .collect()
    };
    let mut grid = grid_of(&[COMMON_KEYS, gan::KEYS].concat());
    for model in Model::ALL {
        let about = format!("Only where model = \"{}\".", model.name());
        grid.insert(model.name().into(), object(json!(grid_of(&keys(model))), &about));
    }
    schema["$defs"]["Settings"]["additionalProperties"] = json!(false);
    let dataset = schema["properties"]["dataset"].clone();
    schema["properties"]["dataset"] = json!({
        "description": "Where the images come from; every combination is run on each of a list.",
        "anyOf": [dataset, { "type": "array", "minItems": 1, "items": dataset }],
    });
    schema["properties"]["grid"] = object(json!(grid), "Every combination of these values is run.");
    schema["required"] = json!(["name", "dataset"]);
    schema["additionalProperties"] = json!(false);
    schema["title"] = json!("anolab sweep file");
    schema
}

fn object(properties: Value, description: &str) -> Value {
    json!({
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn scalar_or_list(key: &str, value: &Value) -> Value {
    let description = value.get("description").cloned().unwrap_or_default();
    let mut item: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    item.remove("description");
    let mut ways = vec![json!(item), json!({ "type": "array", "minItems": 1, "items": item })];
    if key == "seed" {
        let end = json!({ "type": "integer", "minimum": 0 });
        let mut range = object(json!({ "from": end, "to": end }), "Every seed from one to the other.");
        range["required"] = json!(["from", "to"]);
        ways.push(range);
    }
    json!({ "description": description, "anyOf": ways })
}

#[cfg(test)]
mod tests {
    /// Run `anolab schema > experiments/sweep.schema.json` after a change of the sweep file.
    #[test]
    fn committed_schema_is_current() {
        let committed: serde_json::Value =
            serde_json::from_str(include_str!("../../experiments/sweep.schema.json")).unwrap();
        assert_eq!(committed, super::json_schema());
    }
}
