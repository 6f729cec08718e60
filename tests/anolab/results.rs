//! What `results` says follows from its files: tables from the exported runs, included tables from their files, and the
//! numbers of the text from the files that it links.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anolab::store::Store;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::project::{Project, Ran, sqlite};

fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// A store whose views `runs` and `results` are what `runs.parquet` holds.
fn exported() -> Project {
    let project = Project::new();
    let store = Store::open(&project.path("store.db")).unwrap();
    let of_results = store.query("SELECT * FROM results").unwrap().columns;
    drop(store);
    let file = std::fs::File::open(results().join("runs.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let names: Vec<String> =
        reader.metadata().file_metadata().schema_descr().columns().iter().map(name).collect();
    let quoted = |of: &[String]| of.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let mut statements =
        format!("DROP VIEW runs; DROP VIEW results; CREATE TABLE exported ({});", quoted(&names));
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let values: Vec<String> = row.get_column_iter().map(|(_, field)| literal(field)).collect();
        statements += &format!("INSERT INTO exported VALUES ({});", values.join(", "));
    }
    let of_runs: Vec<String> =
        names.iter().filter(|name| *name == "run_id" || !of_results.contains(name)).cloned().collect();
    for (view, columns) in [("runs", of_runs), ("results", of_results)] {
        statements += &format!("CREATE VIEW {view} AS SELECT {} FROM exported;", quoted(&columns));
    }
    sqlite(&project.path("store.db"), &statements);
    project
}

fn name(column: &parquet::schema::types::ColumnDescPtr) -> String {
    column.name().to_string()
}

fn literal(field: &Field) -> String {
    match field {
        Field::Null => "NULL".into(),
        Field::Long(value) => value.to_string(),
        Field::Double(value) => format!("{value:e}"),
        Field::Str(text) => format!("'{}'", text.replace('\'', "''")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_are_what_their_queries_answer() {
    let project = exported();
    let queries = std::fs::read_dir(results().join("tables")).unwrap().map(|entry| entry.unwrap().path());
    let queries: Vec<PathBuf> =
        queries.filter(|path| path.extension().is_some_and(|end| end == "sql")).collect();
    assert!(!queries.is_empty());
    for query in queries {
        let asked = std::fs::File::open(&query).unwrap();
        let found = project
            .command(&["sql", "-", "--format", "markdown"])
            .stdin(asked)
            .output()
            .map(Ran::from)
            .unwrap();
        assert_eq!(found.out, text(query.with_extension("md")), "{}: {}", query.display(), found.err);
        assert!(found.out.lines().count() > 2, "{}: no rows", query.display());
    }
}

/// Networks are the same on a processor with other vectors; means of what they make, too, but for their last digits.
#[test]
fn runs_on_a_processor_without_avx512_have_the_same_aurocs() {
    let project = exported();
    let known: HashMap<String, f64> = project
        .sql("SELECT run_id, auroc FROM results WHERE auroc IS NOT NULL")
        .iter()
        .map(|line| line.split_once(',').unwrap())
        .map(|(run_id, auroc)| (run_id.to_string(), auroc.parse().unwrap()))
        .collect();
    let mut reader = csv::Reader::from_path(results().join("avx2.csv")).unwrap();
    let runs: Vec<(String, f64, String, String)> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    assert!(runs.len() > 100);
    for (run_id, auroc, _commit, _device) in runs {
        assert!((known[&run_id] - auroc).abs() < 1e-6, "{run_id}: {auroc}");
    }
}

/// The parts of the text: what is included, with its file, and what is written.
fn parts(text: &str) -> (Vec<(String, String)>, String) {
    let (mut included, mut written, mut open) = (Vec::new(), String::new(), None);
    for line in text.lines() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        match (comment, &mut open) {
            (Some("end"), found) => included.push(found.take().expect("something is included")),
            (Some(file), None) => open = Some((file.to_string(), String::new())),
            (None, Some((_, block))) => *block += &format!("{line}\n"),
            (_, None) => written += &format!("{line}\n"),
            (Some(_), Some(_)) => panic!("{line}: the one before has no end"),
        }
    }
    assert!(open.is_none(), "the last one has no end");
    (included, written)
}

#[test]
fn included_tables_are_their_files() {
    let (included, _) = parts(&text(results().join("README.md")));
    assert!(!included.is_empty());
    for (file, block) in included {
        assert_eq!(block, text(results().join(&file)), "{file}");
    }
}

/// Numbers with a point, by how many digits stand behind it.
fn decimals(text: &str) -> Vec<(f64, usize)> {
    let is_part = |character: char| character.is_ascii_digit() || character == '.';
    let words = text.split(|character| !is_part(character)).map(|word| word.trim_end_matches('.'));
    let numbers = words.filter_map(|word| Some((word.parse().ok()?, word.split_once('.')?.1.len())));
    numbers.collect()
}

fn stands_in(number: (f64, usize), found: &[(f64, usize)]) -> bool {
    let (value, digits) = number;
    let step = 10_f64.powi(-(digits as i32));
    found.iter().any(|(known, own)| *own >= digits && (known - value).abs() <= step / 2.0 + 1e-9)
}

/// Paths that a text links.
fn links(text: &str) -> Vec<String> {
    let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(path, _)| path.to_string()).filter(|path| !path.starts_with("http")).collect()
}

/// Each of a section's numbers is in a table that it includes or in a file that it links from `folder`.
fn is_founded(section: &str, folder: &Path) {
    let (included, written) = parts(section);
    let title = written.lines().next().unwrap_or_default();
    let mut found = Vec::new();
    for file in links(&written).into_iter().chain(included.into_iter().map(|of| of.0)) {
        let path = folder.join(&file);
        assert!(path.exists(), "{title}: {file} is not there");
        if path.extension().is_some_and(|end| end == "md" || end == "csv" || end == "txt") {
            found.extend(decimals(&text(path)));
        }
    }
    let outside_code: String = written.split("```").step_by(2).collect();
    for number in decimals(&outside_code) {
        assert!(stands_in(number, &found), "{title}: {} stands in none of its files", number.0);
    }
}

#[test]
fn numbers_of_the_text_stand_in_its_files() {
    text(results().join("README.md")).split("\n## ").for_each(|section| is_founded(section, &results()));
    let project = text(results().join("../README.md"));
    is_founded(project.split("\n## ").next().unwrap(), &results().join(".."));
}

#[test]
fn the_text_is_short() {
    assert!(text(results().join("README.md")).lines().count() < 250);
}

#[test]
fn a_number_that_is_nowhere_is_noticed() {
    let found = decimals("| 0.9946 | [0.91, -0.0132] 12 |");
    assert_eq!(found, [(0.9946, 4), (0.91, 2), (0.0132, 4)]);
    for (number, is_there) in
        [(".995", true), (".99", true), (".994", false), (".013", true), (".910", false)]
    {
        assert_eq!(stands_in(decimals(number)[0], &found), is_there, "{number}");
    }
}
