//! The mistakes that a person makes, each with the answer that it gets, word by word.

use super::project::{Project, Ran};

const FILE: &str = r#"name = "mine"
dataset = { kind = "folder", root = "images" }

[base]
epochs = 2
image_size = 16

[grid]
model = ["pca", "brightness"]
seed = [0, 1]

[grid.pca]
components = 1
"#;

fn project() -> Project {
    let project = Project::with_sweep(FILE);
    for (folder, first) in [("train/good", 10), ("test/good", 60), ("test/bad", 120)] {
        let levels: Vec<u8> = (first..first + 8).collect();
        project.even_images(&format!("images/{folder}"), &levels);
    }
    project
}

/// What a command says, with the project's folder as `/here`, and without the line breaks that its length decides.
fn said(project: &Project, arguments: &[&str], ran: &Ran) -> String {
    let here = project.path("").canonicalize().unwrap().display().to_string();
    let words = format!("{}{}", ran.out, ran.err).replace(&here, "/here").replace("\n  │ ", " ");
    let words: Vec<String> = words.lines().map(|line| without_columns(line.trim_end())).collect();
    format!("$ anolab {}\n{}\n[exit code {}]\n", arguments.join(" "), words.join("\n"), ran.code)
}

/// Columns come to the views that are listed: of each, the first three stand for all.
fn without_columns(line: &str) -> String {
    let shortened = line.split(" has ").enumerate().map(|(nth, part)| {
        let names: Vec<&str> = part.split(", ").collect();
        let end = part.rfind([';', ')']).filter(|_| nth > 0 && names.len() > 5);
        end.map_or_else(|| part.to_string(), |end| format!("{}, …{}", names[..3].join(", "), &part[end..]))
    });
    shortened.collect::<Vec<_>>().join(" has ")
}

#[test]
fn in_sweep_files() {
    let project = project();
    let mistakes = [
        ("a key misspelt", "epochs = 2", "epocs = 2"),
        ("a model misspelt", "[\"pca\", \"brightness\"]", "[\"pcaa\", \"brightness\"]"),
        ("a model without quotes", "[\"pca\", \"brightness\"]", "pca"),
        ("a text for a number", "epochs = 2", "epochs = \"two\""),
        ("a number below zero", "epochs = 2", "epochs = -2"),
        ("a fraction for a whole number", "epochs = 2", "epochs = 2.5"),
        ("a number for a text", "root = \"images\"", "root = 5"),
        ("a size that no network has", "image_size = 16", "image_size = 100"),
        ("a list in `[base]`", "epochs = 2", "epochs = [2, 3]"),
        ("a list without values", "seed = [0, 1]", "seed = []"),
        ("seeds from high to low", "seed = [0, 1]", "seed = { from = 9, to = 0 }"),
        ("a setting of one model for all", "seed = [0, 1]", "w_con = 10"),
        ("a setting outside of its table", "name = \"mine\"", "name = \"mine\"\nepochs = 3"),
        ("a bracket left open", "seed = [0, 1]", "seed = [0, 1"),
        ("a quote left open", "name = \"mine\"", "name = \"mine"),
        ("a key given twice", "image_size = 16", "epochs = 3"),
        ("no name", "name = \"mine\"\n", ""),
        ("a name with a space", "\"mine\"", "\"my sweep\""),
        ("no dataset", "dataset = { kind = \"folder\", root = \"images\" }\n", ""),
        ("a kind of dataset that is none", "\"folder\"", "\"folders\""),
        ("a key of the dataset misspelt", "root =", "rooot ="),
        ("a folder that is not there", "\"images\"", "\"imges\""),
        ("a folder at home that is not there", "\"images\"", "\"~/no/such/images\""),
        ("a path of Windows", "\"images\"", "\"C:\\Users\\me\""),
        ("a folder of no images", "\"images\"", "\"images/train/none\""),
        ("more components than images", "components = 1", "components = 50"),
        ("another model's preset", "epochs = 2", "epochs = 2\npreset = \"akcay2018\"\nmodel = \"anogan\""),
    ];
    std::fs::create_dir_all(project.path("images/train/none")).unwrap();
    let mut answers = String::new();
    for (what, right, wrong) in mistakes {
        let mut file = FILE.replacen(right, wrong, 1);
        assert_ne!(file, FILE, "{what}");
        if what.starts_with("another") {
            file = file.replace("model = [\"pca\", \"brightness\"]\n", "");
        }
        project.write("sweep.toml", file.as_bytes());
        let arguments = ["sweep", "plan", "sweep.toml"];
        let mut command = project.command(&arguments);
        let ran = Ran::from(command.env("HOME", "/home/me").output().unwrap());
        assert_eq!(ran.code, 2, "{what}: {}{}", ran.out, ran.err);
        answers.push_str(&format!("# {what}\n{}\n", said(&project, &arguments, &ran)));
    }
    plain(&answers);
    insta::assert_snapshot!(answers);
}

#[test]
fn in_files_that_are_no_sweep_files() {
    let project = project();
    project.write("latin.toml", b"name = \"caf\xe9\"\n");
    let utf16: Vec<u8> = FILE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    project.write("windows.toml", &[&[0xff, 0xfe], &utf16[..]].concat());
    project.write("unmarked.toml", &utf16);
    let mut answers = String::new();
    for file in ["windows.toml", "latin.toml", "unmarked.toml", "missing.toml", "images"] {
        let arguments = ["sweep", "plan", file];
        let ran = project.run(&arguments);
        assert_eq!(ran.code, if file == "windows.toml" { 0 } else { 2 }, "{file}: {}", ran.err);
        if ran.code != 0 {
            answers.push_str(&format!("{}\n", said(&project, &arguments, &ran)));
        }
    }
    plain(&answers);
    insta::assert_snapshot!(answers);
}

#[test]
fn in_commands() {
    let project = project();
    std::fs::create_dir_all(project.path("empty")).unwrap();
    let mut answers = String::new();
    let mut answer = |arguments: &[&str], code: i32| {
        let ran = project.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.err);
        answers.push_str(&format!("{}\n", said(&project, arguments, &ran)));
    };
    answer(&["runs", "list"], 2);
    project.ok(&["sweep", "run", "sweep.toml", "--device", "cpu"]);
    for arguments in [
        &["--store", "elsewhere.db", "runs", "list"][..],
        &["runs", "list", "--where", "model = pca"],
        &["runs", "list", "--where", "auroc >"],
        &["runs", "list", "--where", "aurok > 0.9"],
        &["runs", "list", "--sort", "aurok"],
        &["runs", "list", "--columns", "run_id, widht"],
        &["runs", "list", "--limit", "many"],
        &["runs", "list", "--sweep", "yours"],
        &["runs", "show", "zz"],
        &["runs", "tag", "", "--add", "good"],
        &["sql", "SELECT * FROM run"],
        &["sql", "SELECT auroc FROM runs"],
        &["sql", "DELETE FROM runs"],
        &["sql", "SELEKT 1"],
        &["sql", "-"], // nothing stands on standard input
        &["sweep", "ran", "sweep.toml"],
        &["sweep", "run"],
        &["sweep", "run", "sweep.toml", "--device", "gpu"],
        &["sweep", "run", "sweep.toml", "--jobs", "0"],
        &["sweep", "run", "sweep.toml", "--time-limit", "5"],
        &["sweep", "run", "sweep.toml", "--max-failures", "x"],
        &["sweep", "run", "sweep.toml", "--set", "epochs"],
        &["sweep", "run", "sweep.toml", "--set", "epoch=5"],
        &["sweep", "status", "yours"],
        &["sweep", "delete", "mine"],
        &["best", "--model", "gan"],
        &["export", "--format", "csv", "--out", "sweep.toml"],
        &["data", "inspect", "imges"],
        &["data", "inspect", "images", "--near", "close"],
        &["init", "empty"],
        &["score", "--run", "pca", "images/test/bad/120.png"],
        &["score", "--run", "zz", "images/test/bad/120.png"],
        &["report", "--out", "sweep.toml"],
    ] {
        answer(arguments, 2);
    }
    plain(&answers);
    let ids = project.sql("SELECT run_id FROM runs ORDER BY model, seed");
    let answers = ids.iter().fold(answers, |answers, id| {
        answers.replace(&id[..12], "1a2b3c4d5e6f").replace(&id[..8], "1a2b3c4d")
    });
    insta::assert_snapshot!(answers);
}

/// No types of the program, no phrases of its libraries.
fn plain(answers: &str) {
    for phrase in [
        "usize",
        "u64",
        "f64",
        "invalid type",
        "unknown variant",
        "unknown field",
        "os error",
        "anolab::",
        "UTF8",
        "..=",
    ] {
        assert!(!answers.contains(phrase), "`{phrase}` is in:\n{answers}");
    }
}
