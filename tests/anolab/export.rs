//! Exports, read back by other means than those that wrote them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::project::{Project, TINY};

fn done() -> Project {
    let project = Project::with_sweep(&TINY.replace("\"anogan\", ", ""));
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    let run = project.sql("SELECT run_id FROM runs ORDER BY run_id").remove(0);
    project.ok(&["runs", "tag", &run, "--add", "paper", "--add", "a/b"]);
    project.ok(&["runs", "note", &run, "first line: \"quoted\"\nλ second"]);
    project
}

fn export(project: &Project, format: &str, out: &str) {
    project.ok(&["export", "--sweep", "tiny", "--format", format, "--out", out]);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn csv_and_json_lines_hold_every_run() {
    let project = done();
    export(&project, "csv", "out/runs.csv");
    let mut csv = csv::Reader::from_path(project.path("out/runs.csv")).unwrap();
    let header = csv.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let ours: Vec<String> =
        rows.iter().map(|row| format!("{},{}", &row[place("run_id")], &row[place("auroc")])).collect();
    let theirs =
        project.sql("SELECT run_id, auroc FROM runs JOIN results USING (run_id) ORDER BY queued_at, run_id");
    assert_eq!(ours, theirs);
    assert!(rows.iter().any(|row| &row[place("note")] == "first line: \"quoted\"\nλ second"));
    export(&project, "jsonl", "runs.jsonl");
    project.ok(&["export", "--sweep", "tiny", "--format", "jsonl", "--out", "runs.jsonl", "--force"]);
    let text = std::fs::read_to_string(project.path("runs.jsonl")).unwrap();
    let objects: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 4);
    for (object, row) in objects.iter().zip(&rows) {
        assert_eq!(object["run_id"], row[place("run_id")]);
        assert_eq!(object["auroc"].as_f64().unwrap(), row[place("auroc")].parse::<f64>().unwrap());
    }
    project
        .run(&["export", "--sweep", "nine", "--format", "csv", "--out", "x"])
        .fails_with(2, "no sweep is named");
    let ran = project.run(&["export", "--format", "csv", "--out", "sweep.toml/runs.csv"]);
    ran.fails_with(2, "cannot write sweep.toml/runs.csv");
}

#[test]
fn parquet_has_typed_columns() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let project = done();
    export(&project, "parquet", "runs.parquet");
    let file = std::fs::File::open(project.path("runs.parquet")).unwrap();
    let rows: Vec<BTreeMap<String, Field>> = SerializedFileReader::new(file)
        .unwrap()
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns().into_iter().collect())
        .collect();
    let text = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(value) => value.to_string(),
        Field::Double(value) => value.to_string(),
        other => panic!("{other:?}"),
    };
    let columns = ["run_id", "seed", "auroc", "w_con", "lambda", "n_anomaly"];
    let ours: Vec<String> =
        rows.iter().map(|row| columns.map(|column| text(&row[column])).join(",")).collect();
    let query = format!(
        "SELECT {} FROM runs JOIN results USING (run_id) ORDER BY queued_at, run_id",
        columns.join(", ")
    );
    assert_eq!(ours, project.sql(&query));
    assert_eq!(text(&rows[0]["tags"]), "a/b, paper");
    assert!(matches!(rows[0]["auroc"], Field::Double(_)) && matches!(rows[0]["seed"], Field::Long(_)));
    assert!(matches!(rows[0]["lambda"], Field::Null));
}

/// Every test image's chance of a normal image that scores as high, counted again from the scores beside it.
#[test]
fn scores_are_exported_with_their_conformal_p() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let project = done();
    let of = |format: &str, out: &str| {
        project.ok(&["export", "--sweep", "tiny", "--scores", "--format", format, "--out", out]);
    };
    of("csv", "scores.csv");
    let mut csv = csv::Reader::from_path(project.path("scores.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    let counted = project.sql("SELECT count(*), count(DISTINCT run_id) FROM scores")[0].clone();
    let runs: std::collections::BTreeSet<&str> = rows.iter().map(|row| row["run_id"].as_str()).collect();
    assert_eq!(counted, format!("{},{}", rows.len(), runs.len()));
    for run in runs {
        let of = |split: &str| -> Vec<&BTreeMap<String, String>> {
            rows.iter().filter(|row| row["run_id"] == run && row["split"] == split).collect()
        };
        let score = |row: &BTreeMap<String, String>| row["score"].parse::<f64>().unwrap();
        let (test, held_out) = (of("test"), of("held_out"));
        assert!(!test.is_empty() && !held_out.is_empty());
        for row in test {
            let as_high = held_out.iter().filter(|known| score(known) >= score(row)).count();
            let expected = (1 + as_high) as f64 / (held_out.len() + 1) as f64;
            assert!((row["conformal_p"].parse::<f64>().unwrap() - expected).abs() < 1e-12, "{row:?}");
        }
        assert!(held_out.iter().chain(&of("train")).all(|row| row["conformal_p"].is_empty()));
    }
    of("parquet", "scores.parquet");
    let file = std::fs::File::open(project.path("scores.parquet")).unwrap();
    let found: Vec<BTreeMap<String, Field>> = SerializedFileReader::new(file)
        .unwrap()
        .get_row_iter(None)
        .unwrap()
        .map(|row| row.unwrap().into_columns().into_iter().collect())
        .collect();
    assert_eq!(found.len(), rows.len());
    for (found, row) in found.iter().zip(&rows) {
        let p = match &found["conformal_p"] {
            Field::Double(p) => p.to_string(),
            other => other.to_string().replace("null", ""),
        };
        assert_eq!(p, row["conformal_p"]);
        assert!(matches!(found["score"], Field::Double(_)), "{found:?}");
    }
    let ran = project.run(&["export", "--scores", "--format", "mlflow", "--out", "x"]);
    ran.fails_with(2, "scores of images go into csv, jsonl and parquet");
}

/// CRC-32C bit by bit: the polynomial 0x1EDC6F41, reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn masked(bytes: &[u8]) -> u32 {
    let crc = crc32c(bytes);
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A field of a message of protocol buffers.
#[derive(Debug)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn fields(mut bytes: &[u8]) -> BTreeMap<u64, Wire<'_>> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut found = BTreeMap::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                found.insert(key >> 3, Wire::Number(varint(&mut bytes)));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (own, rest) = bytes.split_at(length);
        found.insert(key >> 3, Wire::Bytes(own));
        bytes = rest;
    }
    found
}

fn inner<'a>(fields: &BTreeMap<u64, Wire<'a>>, field: u64) -> &'a [u8] {
    match fields[&field] {
        Wire::Bytes(bytes) => bytes,
        Wire::Number(_) => panic!("field {field} is a number"),
    }
}

/// The messages of a file of TFRecords, whose checksums must be right.
fn records(bytes: &[u8]) -> Vec<&[u8]> {
    let number = |place: usize| u32::from_le_bytes(bytes[place..place + 4].try_into().unwrap());
    let (mut found, mut place) = (Vec::new(), 0);
    while place < bytes.len() {
        let length = u64::from_le_bytes(bytes[place..place + 8].try_into().unwrap()) as usize;
        assert_eq!(number(place + 8), masked(&bytes[place..place + 8]));
        let data = &bytes[place + 12..place + 12 + length];
        assert_eq!(number(place + 12 + length), masked(data));
        found.push(data);
        place += 16 + length;
    }
    found
}

#[test]
fn tensorboard_files_hold_every_metric() {
    assert_eq!(crc32c(b"123456789"), 0xE306_9283, "the published check value");
    let project = done();
    export(&project, "tensorboard", "logs");
    let ours = files(&project.path("logs"));
    assert_eq!(ours.len(), 2, "one file per fit: {ours:?}");
    for path in ours {
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_string();
        assert!(folder.starts_with("ganomaly-16x1-seed"), "{folder}");
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with("events.out.tfevents."));
        let bytes = std::fs::read(&path).unwrap();
        let records = records(&bytes);
        assert_eq!(inner(&fields(records[0]), 3), b"brain.Event:2");
        let mut found: Vec<(String, u64, f32)> = Vec::new();
        for record in &records[1..] {
            let event = fields(record);
            let Wire::Number(step) = event[&2] else { panic!("{event:?}") };
            assert!(f64::from_le_bytes(inner(&event, 1).try_into().unwrap()) > 1.7e9, "seconds since 1970");
            let value = fields(inner(&fields(inner(&event, 5)), 1));
            let tag = String::from_utf8(inner(&value, 1).to_vec()).unwrap();
            found.push((tag, step, f32::from_le_bytes(inner(&value, 2).try_into().unwrap())));
        }
        let fit = folder.rsplit('-').next().unwrap();
        let theirs: Vec<(String, u64, f32)> = project
            .sql(&format!(
                "SELECT split || '/' || name, step, value FROM metrics WHERE fit_id LIKE '{fit}%' ORDER BY \
                 split, name, epoch"
            ))
            .iter()
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                (cells[0].to_string(), cells[1].parse().unwrap(), cells[2].parse::<f64>().unwrap() as f32)
            })
            .collect();
        assert!(!theirs.is_empty());
        assert_eq!(found, theirs);
    }
    let again = project.run(&["export", "--format", "tensorboard", "--out", "logs"]);
    again.fails_with(2, "logs is there already");
}

#[test]
fn mlflow_folders_hold_settings_metrics_and_marks() {
    let project = done();
    export(&project, "mlflow", "mlruns");
    let experiments: Vec<PathBuf> =
        std::fs::read_dir(project.path("mlruns")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [experiment] = experiments.as_slice() else { panic!("{experiments:?}") };
    let meta = std::fs::read_to_string(experiment.join("meta.yaml")).unwrap();
    assert!(meta.contains("name: \"tiny\"") && meta.contains("lifecycle_stage: active"), "{meta}");
    let runs = project.sql("SELECT run_id FROM runs ORDER BY run_id");
    for run in &runs {
        let folder = experiment.join(run);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(read("meta.yaml").contains(&format!("run_id: \"{run}\"\n")));
        assert!(read("meta.yaml").contains("status: 3\n"), "FINISHED in mlflow.entities.RunStatus");
        assert_eq!(read("params/fit.network.width"), "4");
        let auroc = project.sql(&format!("SELECT auroc FROM results WHERE run_id = '{run}'")).remove(0);
        assert_eq!(read("metrics/auroc").split(' ').nth(1), Some(auroc.as_str()));
        let curve = project.sql(&format!(
            "SELECT value, step FROM metrics JOIN runs USING (fit_id) WHERE run_id = '{run}' AND split = 'train' \
             AND name = 'contextual' ORDER BY epoch"
        ));
        let written = read("metrics/train/contextual");
        let written: Vec<String> =
            written.lines().map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(",")).collect();
        assert!(written.len() == 2 && written == curve, "{written:?} {curve:?}");
    }
    let first = experiment.join(&runs[0]);
    assert_eq!(std::fs::read_to_string(first.join("tags/tag.paper")).unwrap(), "true");
    assert!(first.join("tags/tag.a_b").is_file());
    let note = std::fs::read_to_string(first.join("tags/mlflow.note.content")).unwrap();
    assert_eq!(note, "first line: \"quoted\"\nλ second");
    let around: Vec<_> =
        std::fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!around.iter().any(|name| name.to_str().unwrap().starts_with(".anolab")), "{around:?}");
}

/// A store of somebody else's can hold anything: nothing of it leaves the folder, or runs as SQL.
#[test]
fn hostile_names_stay_in_the_folder() {
    let project = done();
    let hostile = "../../../../evil' UNION SELECT 'a', 'injected', 1, 1.0 --";
    let sql = hostile.replace('\'', "''");
    super::project::sqlite(
        &project.path("store.db"),
        &format!(
            "PRAGMA foreign_keys = OFF;
             UPDATE runs_table SET config = json_set(config, '$.\"../../../../evil\"', 'x');
             UPDATE metric_series SET split = '../../../evil', name = '../../../evil' WHERE id IN
                 (SELECT min(id) FROM metric_series);
             UPDATE fits SET fit_id = '{sql}' WHERE fit_id = (SELECT min(fit_id) FROM fits);
             UPDATE runs_table SET fit_id = '{sql}' WHERE fit_id NOT IN (SELECT fit_id FROM fits);
             UPDATE metric_series SET fit_id = '{sql}' WHERE fit_id NOT IN (SELECT fit_id FROM fits);
             UPDATE sweep_runs SET run_id = '../../../evil' WHERE run_id = (SELECT min(run_id) FROM runs_table);
             UPDATE runs_table SET run_id = '../../../evil' WHERE run_id = (SELECT min(run_id) FROM runs_table);
             INSERT INTO run_tags (run_id, tag) VALUES ('../../../evil', '{}');",
            "t".repeat(252)
        ),
    );
    let before = files(&project.path(""));
    project.ok(&["export", "--format", "mlflow", "--out", "a/b/c/d/mlruns"]);
    project.ok(&["export", "--format", "tensorboard", "--out", "a/b/c/d/logs"]);
    let (ours, others): (Vec<PathBuf>, Vec<PathBuf>) =
        files(&project.path("")).into_iter().partition(|path| path.starts_with(project.path("a/b/c/d")));
    assert_eq!(others, before);
    assert!(ours.iter().any(|path| path.ends_with("params/_._.._.._.._evil")), "{ours:?}");
    assert!(ours.iter().any(|path| path.to_str().unwrap().contains("/tags/tag.ttt")), "{ours:?}");
    let injected = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(10).any(|part| part == b"a/injected")
    };
    assert!(!ours.iter().filter(|path| path.to_str().unwrap().contains("tfevents")).any(injected));
}
