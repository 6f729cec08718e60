//! What tells the runs of a list apart, in a few words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::config::RunConfig;
use super::reproduce::leaves;

/// The settings that vary within the runs of each model of a list.
#[derive(Debug, Clone, Default)]
pub struct Varying {
    /// Names of settings by model, in the order in which they are told.
    names: BTreeMap<String, Vec<String>>,
}

impl Varying {
    /// Those among configurations as the store keeps them (JSON).
    pub fn among<'a>(configs: impl IntoIterator<Item = &'a str>) -> Self {
        let mut values: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for config in configs {
            let (model, settings) = read(config);
            *counts.entry(model.clone()).or_default() += 1;
            let of_model = values.entry(model).or_default();
            for (name, value) in settings {
                of_model.entry(name).or_default().insert(value.to_string());
            }
        }
        let varying = |of_model: BTreeMap<String, BTreeSet<String>>| {
            let mut names: Vec<String> =
                of_model.into_iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| name).collect();
            names.sort_by_key(|name| place(name));
            names
        };
        Self { names: values.into_iter().map(|(model, of_model)| (model, varying(of_model))).collect() }
    }

    /// The settings that vary for some model, in the order in which they are told.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.values().flatten().map(String::as_str).collect();
        names.sort_by_key(|name| (place(name), *name));
        names.dedup();
        names
    }

    /// A run by its model and what of it varies: "ganomaly 64×64×1 w_con 10 seed 0".
    pub fn words(&self, config: &str) -> String {
        let (model, settings) = read(config);
        let mut words = vec![model.clone()];
        let names = self.names.get(&model).map_or(&[][..], Vec::as_slice);
        let shaped = names.iter().any(|name| is_shape(name));
        if let (true, Some(size), Some(channels)) =
            (shaped, settings.get("image_size"), settings.get("channels"))
        {
            words.push(format!("{size}×{size}×{channels}"));
        }
        for name in names.iter().filter(|name| !is_shape(name)) {
            if let Some(value) = settings.get(name) {
                let title = if name == "lambda" { "λ" } else { name };
                words.push(format!("{title} {}", text(value)));
            }
        }
        words.join(" ")
    }

    /// The settings of a configuration by name.
    pub fn settings(config: &str) -> Map<String, Value> {
        read(config).1
    }
}

/// Sizes come first and seeds last.
fn place(name: &str) -> u8 {
    match name {
        "image_size" => 0,
        "channels" => 1,
        "seed" => 3,
        _ => 2,
    }
}

fn is_shape(name: &str) -> bool {
    ["image_size", "channels"].contains(&name)
}

/// The model of a configuration and its settings by name.
fn read(config: &str) -> (String, Map<String, Value>) {
    let mut settings = Map::new();
    leaves(RunConfig::with_all_settings(config).unwrap_or_default(), &mut settings);
    let model = settings.remove("model").as_ref().map(text).unwrap_or_default();
    (model, settings)
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // 10.0 is 10 to people.
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |value| value.to_string())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;
    use crate::spec::identity::canonical_json;

    fn words(grid: &str) -> Vec<String> {
        let text = format!(
            "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n[grid]\n{grid}"
        );
        let configs: Vec<String> = Sweep::parse("t.toml", &text)
            .unwrap()
            .runs
            .iter()
            .map(|run| canonical_json(run, run.fit.model()))
            .collect();
        let varying = Varying::among(configs.iter().map(String::as_str));
        configs.iter().map(|config| varying.words(config)).collect()
    }

    #[test]
    fn runs_are_told_by_what_varies() {
        let grid = "model = [\"ganomaly\", \"anogan\", \"nearest\"]\nseed = [0, 1]\n[grid.ganomaly]\nw_con = [10, 50]\n\
                    [grid.anogan]\nlambda = [0.1, 0.2]\nseed = 3\n";
        assert_eq!(
            words(grid),
            [
                "ganomaly w_con 10 seed 0",
                "ganomaly w_con 50 seed 0",
                "ganomaly w_con 10 seed 1",
                "ganomaly w_con 50 seed 1",
                "anogan λ 0.1",
                "anogan λ 0.2",
                "nearest seed 0",
                "nearest seed 1",
            ]
        );
        assert_eq!(words("model = \"pca\"\nchannels = [1, 3]\n"), ["pca 32×32×1", "pca 32×32×3"]);
        assert_eq!(words("model = \"pca\"\n"), ["pca"]);
    }
}
