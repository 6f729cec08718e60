//! Runs in MLflow's file layout: `<experiment>/<run>/{meta.yaml, metrics/…, params/…, tags/…}`.
//!
//! An experiment is a sweep (the first one of a run, where all are exported), a run keeps its id.
//! A metric is a file of lines
//! `milliseconds value step`; parameters and tags are files with one text each.

use std::path::Path;

use serde_json::Value;

use super::{ExportError, Point, Row, metrics, rows};
use crate::atomic_file::digest;
use crate::eval::measure::{COUNTS, of_scores};
use crate::file_name::file_name;
use crate::store::{Store, short_id};
use crate::table::{Cell, Table};

/// Fills `folder`, which will be `out`.
pub(super) fn write(
    store: &Store,
    runs: &Table,
    only: Option<&str>,
    out: &Path,
    folder: &Path,
) -> Result<(), ExportError> {
    let home = std::path::absolute(out).map_err(ExportError::io(out))?;
    for run in rows(runs) {
        let sweep = run.text("sweep");
        let first = sweep.split(", ").next().filter(|name| !name.is_empty());
        let experiment = only.or(first).unwrap_or("anolab");
        let id = experiment_id(experiment);
        let own = folder.join(&id);
        if !own.exists() {
            file(&own.join("meta.yaml"), &experiment_yaml(&id, experiment, &home))?;
        }
        write_run(store, &run, &id, &home, &own.join(file_name(&run.text("run_id"))))?;
    }
    Ok(())
}

/// MLflow's ids of experiments are 18 digits; the name decides them, so that another export gives the same.
fn experiment_id(name: &str) -> String {
    let number = u64::from_str_radix(&digest(name.as_bytes())[..15], 16).unwrap_or_default();
    format!("{:018}", 100_000_000_000_000_000 + number % 900_000_000_000_000_000)
}

fn write_run(
    store: &Store,
    run: &Row<'_>,
    experiment: &str,
    home: &Path,
    folder: &Path,
) -> Result<(), ExportError> {
    let begun = run.begun() * 1000;
    let ended = run.seconds("finished_at").map(|seconds| seconds * 1000);
    file(&folder.join("meta.yaml"), &run_yaml(run, experiment, home, begun, ended))?;
    for sub in ["artifacts", "metrics", "params", "tags"] {
        let path = folder.join(sub);
        std::fs::create_dir_all(&path).map_err(ExportError::io(path))?;
    }
    write_metrics(store, run, begun, ended.unwrap_or(begun), &folder.join("metrics"))?;
    let config: Value = serde_json::from_str(&run.text("config")).unwrap_or_default();
    let mut params = vec![("dataset".to_string(), run.text("dataset"))];
    flatten("", &config, &mut params);
    for (name, value) in params {
        file(&folder.join("params").join(file_name(&name)), &value)?;
    }
    for (name, value) in tags(run) {
        file(&folder.join("tags").join(name), &value)?;
    }
    Ok(())
}

fn write_metrics(
    store: &Store,
    run: &Row<'_>,
    begun: i64,
    ended: i64,
    folder: &Path,
) -> Result<(), ExportError> {
    let points = metrics(store, &run.text("fit_id"))?;
    for of_one in points.chunk_by(|a, b| (&a.split, &a.name) == (&b.split, &b.name)) {
        let lines: Vec<String> =
            of_one.iter().map(|point| format!("{begun} {} {}\n", point.value, point.step)).collect();
        let Point { split, name, .. } = &of_one[0];
        file(&folder.join(file_name(split)).join(file_name(name)), &lines.concat())?;
    }
    let results = of_scores().map(|measure| measure.name);
    for name in results.chain(["train_seconds"]).chain(COUNTS) {
        if *run.get(name) != Cell::Null {
            file(&folder.join(name), &format!("{ended} {} 0\n", run.text(name)))?;
        }
    }
    Ok(())
}

/// The leaves of a configuration under names such as `fit.network.w_con`.
fn flatten(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, found);
            }
        }
        Value::Null => (),
        Value::String(text) => found.push((name.into(), text.clone())),
        other => found.push((name.into(), other.to_string())),
    }
}

fn tags(run: &Row<'_>) -> Vec<(String, String)> {
    let mut tags = vec![("mlflow.runName".into(), name(run))];
    for (tag, column) in [
        ("mlflow.note.content", "note"),
        ("mlflow.source.git.commit", "git_commit"),
        ("mlflow.source.name", "command_line"),
        ("anolab.device", "device"),
        ("anolab.host", "host"),
        ("anolab.version", "version"),
        ("anolab.dataset_digest", "dataset_digest"),
        ("anolab.fit_id", "fit_id"),
        ("anolab.status", "status"),
        ("anolab.error", "error"),
    ] {
        if *run.get(column) != Cell::Null {
            tags.push((tag.into(), run.text(column)));
        }
    }
    let own = run.text("tags");
    let own = own.split(", ").filter(|tag| !tag.is_empty());
    tags.extend(own.map(|tag| (file_name(&format!("tag.{tag}")), "true".into())));
    tags
}

fn name(run: &Row<'_>) -> String {
    format!("{}-{}", run.title(), short_id(&run.text("run_id")))
}

fn experiment_yaml(id: &str, name: &str, home: &Path) -> String {
    let place = quoted(&uri(&home.join(id)));
    let (id, name) = (quoted(id), quoted(name));
    format!(
        "artifact_location: {place}\ncreation_time: 0\nexperiment_id: {id}\nlast_update_time: 0\n\
         lifecycle_stage: active\nname: {name}\n"
    )
}

fn run_yaml(run: &Row<'_>, experiment: &str, home: &Path, begun: i64, ended: Option<i64>) -> String {
    // mlflow.entities.RunStatus
    let status = match run.text("status").as_str() {
        "running" => 1,
        "queued" => 2,
        "done" => 3,
        "interrupted" => 5,
        _ => 4,
    };
    let id = file_name(&run.text("run_id"));
    let place = quoted(&uri(&home.join(experiment).join(&id).join("artifacts")));
    let (id, name, experiment) = (quoted(&id), quoted(&name(run)), quoted(experiment));
    let ended = ended.map_or("null".into(), |ended| ended.to_string());
    format!(
        "artifact_uri: {place}\nend_time: {ended}\nentry_point_name: ''\nexperiment_id: {experiment}\n\
         lifecycle_stage: active\nrun_id: {id}\nrun_name: {name}\nrun_uuid: {id}\nsource_name: ''\nsource_type: 4\n\
         source_version: ''\nstart_time: {begun}\nstatus: {status}\ntags: []\nuser_id: ''\n"
    )
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A YAML string: those of JSON are.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn file(path: &Path, text: &str) -> Result<(), ExportError> {
    path.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text))
        .map_err(ExportError::io(path))
}
