//! A run as a sweep file that makes it again.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{DatasetSpec, RunConfig};

/// A sweep file whose only run on each of its datasets is `run`: every setting is written out, so that it stays the
/// same whatever later defaults are. How its colours became gray stands with the datasets.
///
/// # Errors
/// A path of the dataset that is no text.
pub fn sweep_file(name: &str, datasets: &[DatasetSpec], run: &RunConfig) -> Result<String, toml::ser::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Axis<'a> {
        One(&'a DatasetSpec),
        Several(&'a [DatasetSpec]),
    }
    #[derive(Serialize)]
    struct SweepFile<'a> {
        name: &'a str,
        dataset: Axis<'a>,
        base: Map<String, Value>,
    }
    let mut base = Map::new();
    leaves(serde_json::to_value(run).unwrap_or_default(), &mut base);
    base.remove("gray");
    let mut datasets = datasets.to_vec();
    for dataset in &mut datasets {
        if let (DatasetSpec::Folder(folder), 1) = (dataset, run.fit.channels) {
            folder.gray = run.fit.gray;
        }
    }
    let dataset = match datasets.as_slice() {
        [one] => Axis::One(one),
        several => Axis::Several(several),
    };
    // Tables go last in TOML: a list of datasets is `[[dataset]]`.
    toml::to_string(&SweepFile { name, dataset, base })
}

/// The settings of a configuration: its leaves have the names that they have in a sweep file.
pub(super) fn leaves(value: Value, into: &mut Map<String, Value>) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        if value.is_object() { leaves(value, into) } else { drop(into.insert(key, value)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn the_written_file_is_the_run_again() {
        for dataset in [
            "{ kind = \"folder\", root = \"a\", near_distance = 3.5, gray = \"rec709\" }",
            "[{ kind = \"folder\", root = \"a\", gray = \"rec709\" }, \
             { kind = \"idx\", root = \"b\", normal_class = 1, name = \"ones\" }]",
        ] {
            is_written_and_read_again(dataset);
        }
    }

    fn is_written_and_read_again(dataset: &str) {
        let text = format!(
            "name = \"many\"\ndataset = {dataset}\n\
             [base]\nencoder = true\n[grid]\nmodel = [\"anogan\", \"ganomaly\", \"pca\", \"nearest\", \"brightness\"]\n\
             seed = [0, 7]\naugment = [\"none\", \"dihedral\"]\n[grid.anogan]\nstart = [\"encoder\", \"normal\"]\n\
             lambda = [0.0, 0.25]\n[grid.ganomaly]\npreset = [\"akcay2018\", \"ye2022\"]\nw_con = [1e-3, 50]\n\
             [grid.brightness]\ndirection = \"dark\"\n"
        );
        let sweep = Sweep::parse("many.toml", &text).unwrap();
        assert!(sweep.runs.len() > 20);
        for run in &sweep.runs {
            let file = sweep_file("one", &sweep.datasets, run).unwrap();
            let again = Sweep::parse("one.toml", &file)
                .unwrap_or_else(|error| panic!("{:?}\n{file}", miette::Report::new(*error)));
            assert_eq!(again.runs, std::slice::from_ref(run), "{file}");
            assert_eq!(again.datasets, sweep.datasets, "{file}");
        }
    }
}
