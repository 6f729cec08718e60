//! A folder with a sweep file and a store, in which the program is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A grid that takes seconds: one AnoGAN fit with five λ, one GANomaly fit with two scores.
pub const TINY: &str = r#"
name = "tiny"
dataset = { kind = "synthetic", scene = "casting", count = 24 }

[base]
image_size = 16
width = 4
latent_size = 8
epochs = 2
batch_size = 8
holdout = 0.25

[grid]
model = ["anogan", "ganomaly"]
seed = [0, 1]

[grid.anogan]
lambda = [0.0, 0.1, 0.3, 0.5, 1.0]
search_steps = 3

[grid.ganomaly]
score = ["latent", "contextual"]
"#;

pub struct Project {
    folder: TempDir,
}

/// What a command printed, and how it ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Project {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A project with this sweep in `sweep.toml`.
    pub fn with_sweep(text: &str) -> Self {
        let project = Self::new();
        project.write("sweep.toml", text.as_bytes());
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Writes even images of these gray levels, named by them.
    pub fn even_images(&self, folder: &str, levels: &[u8]) {
        std::fs::create_dir_all(self.path(folder)).unwrap();
        for level in levels {
            let image = image::GrayImage::from_pixel(40, 40, image::Luma([*level]));
            image.save(self.path(&format!("{folder}/{level}.png"))).unwrap();
        }
    }

    /// A command in the project's folder, with the store `store.db`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anolab"));
        command.current_dir(self.folder.path()).env("ANOLAB_STORE", "store.db").args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed; gives back what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// The answer to a query as CSV without its header.
    pub fn sql(&self, query: &str) -> Vec<String> {
        self.sql_in("store.db", query)
    }

    /// The answer of another store of the project.
    pub fn sql_in(&self, store: &str, query: &str) -> Vec<String> {
        let answer = self.ok(&["--store", store, "sql", query, "--format", "csv"]);
        answer.lines().skip(1).map(String::from).collect()
    }
}

/// Runs statements on a SQLite file, past the program.
pub fn sqlite(path: &Path, statements: &str) {
    use sqlx::{Connection, SqliteConnection};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", path.display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Asserts an exit code and that the error says something, whatever its line breaks.
    pub fn fails_with(&self, code: i32, words: &str) {
        let said: String = self.err.replace(['│', '×', '╭', '╰', '─'], " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(self.code, code, "{said}");
        assert!(said.contains(words), "`{words}` is not in: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}
