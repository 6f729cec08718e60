//! What a sweep file sets for models that it has none of: told, as a person may wait for its effect.

use toml::de::{DeTable, DeValue};

use super::model::Model;
use super::settings::keys;

/// A line for each setting in these tables (`[base]` and `[grid]`), and each model's part of the grid, that says
/// nothing to `models`.
pub(super) fn unreached(tables: &[&DeTable<'_>], models: &[Model]) -> Vec<String> {
    let given = tables.iter().flat_map(|table| table.iter());
    let given = given.map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()));
    given.filter(|(key, _)| *key != "model").filter_map(|(key, value)| told(key, value, models)).collect()
}

fn told(key: &str, value: &DeValue<'_>, models: &[Model]) -> Option<String> {
    if let Some(model) = Model::named(key) {
        let inner = value.as_table().into_iter().flat_map(|table| table.keys());
        let inner: Vec<&str> = inner.map(|key| key.get_ref().as_ref()).collect();
        return (!models.contains(&model) && !inner.is_empty()).then(|| {
            let (inner, name) = (inner.join(", "), model.name());
            format!("`[grid.{key}]` ({inner}) changes nothing: `model` does not name {name}")
        });
    }
    let takers: Vec<Model> = Model::ALL.into_iter().filter(|model| keys(*model).contains(&key)).collect();
    let names: Vec<&str> = takers.iter().map(|model| model.name()).collect();
    let reaches_none = !takers.iter().any(|model| models.contains(model));
    reaches_none.then(|| format!("`{key}` changes nothing: it is for {} alone", names.join(" and ")))
}

#[cfg(test)]
mod tests {
    use crate::spec::Sweep;

    #[test]
    fn settings_of_models_that_do_not_run_are_told() {
        let told = |rest: &str| {
            let dataset = "dataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }";
            Sweep::parse("t.toml", &format!("name = \"t\"\n{dataset}\n{rest}")).unwrap().unreached
        };
        let alone = told(
            "[base]\nlambda = 0.5\nepochs = 2\nseed = 1\n[grid]\nmodel = [\"ganomaly\", \"pca\"]\nchannels = [1, 3]\n\
             [grid.AnoGAN]\nlambda = [0.1, 0.2]\n",
        );
        assert_eq!(
            alone,
            [
                "`lambda` changes nothing: it is for anogan alone",
                "`[grid.AnoGAN]` (lambda) changes nothing: `model` does not name anogan",
            ]
        );
        let of_both = told("[base]\nmodel = \"pca\"\n[grid]\nepochs = [1, 2]\n");
        assert_eq!(of_both, ["`epochs` changes nothing: it is for anogan and ganomaly alone"]);
        assert!(
            told("[base]\nlambda = 0.5\n[grid]\nmodel = [\"ganomaly\", \"anogan\"]\n[grid.ganomaly]\n")
                .is_empty()
        );
    }
}
