//! A store that an earlier build has written: its runs keep their names, and judge as they did.
//!
//! `tests/fixtures/earlier-store` is from the build at 6f34237, before any of what came after migration 0006.

use std::collections::BTreeMap;
use std::io::Read;

use anolab::spec::RunConfig;
use anolab::spec::identity::{fit_id, run_id};
use anolab::store::Store;

use super::project::{Project, fixture, fixture_bytes};

/// A project whose store is the earlier build's, with its weights.
fn project() -> Project {
    let project = Project::new();
    let mut store = Vec::new();
    let zipped = fixture_bytes("earlier-store/store.db.gz");
    flate2::read::GzDecoder::new(zipped.as_slice()).read_to_end(&mut store).unwrap();
    project.write("store.db", &store);
    for entry in std::fs::read_dir(fixture("earlier-store")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "safetensors") {
            let name = path.file_name().unwrap().to_str().unwrap();
            project.write(&format!("store.artifacts/weights/{name}"), &std::fs::read(&path).unwrap());
        }
    }
    project
}

#[test]
fn its_runs_keep_their_names() {
    let project = project();
    let store = Store::open_existing(&project.path("store.db")).unwrap();
    assert!(store.check().unwrap().is_empty(), "{:?}", store.check());
    let runs = store.finished(None).unwrap();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let config = RunConfig::read(&run.config).unwrap();
        assert_eq!(run_id(&config, &run.dataset_digest), run.run_id);
        assert_eq!(fit_id(&config.fit, &run.dataset_digest), run.fit_id);
    }
    drop(store);
    // The sweep file that it was made from finds all of them done.
    let text = project.sql("SELECT config FROM runs LIMIT 1");
    assert_eq!(text.len(), 1);
    let id = project.sql("SELECT run_id FROM runs WHERE model = 'anogan'").remove(0);
    project.write("again.toml", project.ok(&["runs", "show", &id, "--toml"]).as_bytes());
    let plan = project.ok(&["sweep", "plan", "again.toml"]);
    assert!(plan.contains("1 done; fits to train: 0"), "{plan}");
}

/// The images that a run's pictures show get the scores that they had.
#[test]
fn its_networks_judge_as_they_did() {
    let project = project();
    let store = Store::open_existing(&project.path("store.db")).unwrap();
    let runs = store.finished(None).unwrap();
    for run in &runs {
        let mut expected = BTreeMap::new();
        for picture in store.pictures(&run.run_id, run.masks.as_deref()).unwrap() {
            let name = format!("{}/{}.png", run.model, picture.image.replace('/', "-"));
            project.write(&name, &picture.actual);
            expected.insert(name, picture.score);
        }
        let names: Vec<&str> = expected.keys().map(String::as_str).collect();
        let id = run.run_id.to_string();
        let command = [&["score", "--run", &id][..], &names, &["--format", "json"]].concat();
        let answer: serde_json::Value = serde_json::from_str(&project.ok(&command)).unwrap();
        for row in answer.as_array().unwrap() {
            let (found, was) = (row["score"].as_f64().unwrap(), expected[row["image"].as_str().unwrap()]);
            assert!((found - was).abs() <= 1e-5 * was.abs(), "{}: {row}, was {was}", run.model);
        }
        assert_eq!(answer.as_array().unwrap().len(), expected.len());
    }
}
