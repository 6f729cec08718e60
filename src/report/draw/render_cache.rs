//! Figures drawn side by side, and only where they changed.
//!
//! A figure's SVG says all that the figure shows, and making it takes milliseconds: where it is the
//! one of the last time, PNG and PDF, which take most of the work, stay. What the files were is kept
//! beside them, so that a missing or altered one is drawn again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::figure::{Figure, Look, svg};
use super::raster;
use crate::atomic_file::{digest, read_verified};
use crate::report::ReportError;
use crate::report::files::write_file;
use crate::table::{Format, Table};

/// A figure to draw.
pub(crate) struct Task<'a> {
    /// Its file's name, without folder and extension.
    pub stem: String,
    /// What it shows and how to read it, for the page.
    pub caption: String,
    /// What is seen, for those who do not see it.
    pub alt: String,
    pub figure: Box<dyn AnyFigure + 'a>,
}

/// A drawn figure.
pub(crate) struct Shown {
    pub stem: String,
    pub caption: String,
    pub alt: String,
    /// Whether its numbers are in a file of their own.
    pub has_data: bool,
    pub png: Vec<u8>,
}

/// A figure behind a pointer.
pub(crate) trait AnyFigure: Send + Sync {
    fn svg(&self, look: Look) -> Result<String, ReportError>;
    /// What made it.
    fn origin(&self) -> String;
    fn data(&self) -> Option<Table>;
}

impl<F: Figure + Send + Sync> AnyFigure for F {
    fn svg(&self, look: Look) -> Result<String, ReportError> {
        svg(self, look)
    }

    fn origin(&self) -> String {
        Figure::origin(self)
    }

    fn data(&self) -> Option<Table> {
        Figure::data(self)
    }
}

/// Draws into `folder` what is not there yet, in the order of the tasks; says `done` after each.
/// Figures of an earlier time that are none of the tasks are removed.
pub(crate) fn draw(
    tasks: &[Task<'_>],
    look: Look,
    folder: &Path,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Shown>, ReportError> {
    let known = Manifest::read(folder);
    let drawn: Vec<(Digests, Shown)> = tasks
        .par_iter()
        .map(|task| {
            let drawn = draw_one(task, look, folder, &known);
            done();
            drawn
        })
        .collect::<Result<_, _>>()?;
    let figures = drawn.iter().map(|(digests, shown)| (shown.stem.clone(), digests.clone())).collect();
    let manifest = Manifest { program: program(look), figures };
    known.remove_others(&manifest, folder);
    manifest.write(folder)?;
    Ok(drawn.into_iter().map(|(_, shown)| shown).collect())
}

fn draw_one(
    task: &Task<'_>,
    look: Look,
    folder: &Path,
    known: &Manifest,
) -> Result<(Digests, Shown), ReportError> {
    let paths = paths(folder, &task.stem);
    let svg = task.figure.svg(look)?;
    let data = task.figure.data();
    let (digests, png) = match known.kept(&task.stem, &digest(svg.as_bytes()), look, &paths) {
        Some(kept) => kept,
        None => {
            let png = raster::png(&svg, look.width, look.dpi, &task.figure.origin())?;
            let pdf = raster::pdf(&svg)?;
            for (path, bytes) in paths.iter().zip([svg.as_bytes(), &png, &pdf]) {
                write_file(path, bytes)?;
            }
            (Digests { svg: digest(svg.as_bytes()), png: digest(&png), pdf: digest(&pdf) }, png)
        }
    };
    if let Some(table) = &data {
        write_file(&paths[DATA], Format::Csv.write(table).as_bytes())?;
    }
    let (stem, caption, alt) = (task.stem.clone(), task.caption.clone(), task.alt.clone());
    Ok((digests, Shown { stem, caption, alt, has_data: data.is_some(), png }))
}

/// Files of a figure.
const EXTENSIONS: [&str; 4] = ["svg", "png", "pdf", "csv"];
/// Which of them has its numbers.
const DATA: usize = 3;

fn paths(folder: &Path, stem: &str) -> [PathBuf; 4] {
    EXTENSIONS.map(|extension| folder.join(format!("{stem}.{extension}")))
}

/// What draws: another program may draw the same SVG as another PNG, and so may this one for other dots an inch.
fn program(look: Look) -> String {
    let commit = crate::build_info::short_commit().unwrap_or_default();
    format!("{} {commit} {} dpi", env!("CARGO_PKG_VERSION"), look.dpi)
}

/// What was drawn into a folder, and by which program.
#[derive(Default, Serialize, Deserialize)]
struct Manifest {
    program: String,
    /// By stem.
    figures: BTreeMap<String, Digests>,
}

/// BLAKE3 of a figure's files.
#[derive(Clone, Serialize, Deserialize)]
struct Digests {
    svg: String,
    png: String,
    #[serde(default)]
    pdf: String,
}

impl Manifest {
    const FILE: &str = "figures.json";

    /// What is known of a folder: nothing where the file is missing or not ours.
    fn read(folder: &Path) -> Self {
        let text = std::fs::read(folder.join(Self::FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn write(&self, folder: &Path) -> Result<(), ReportError> {
        write_file(&folder.join(Self::FILE), format!("{:#}\n", serde_json::json!(self)).as_bytes())
    }

    /// The PNG of a figure with this SVG, where this program drew it and its files are what they were.
    fn kept(&self, stem: &str, svg: &str, look: Look, paths: &[PathBuf; 4]) -> Option<(Digests, Vec<u8>)> {
        let digests = self.figures.get(stem).filter(|digests| digests.svg == svg)?;
        if self.program != program(look) {
            return None;
        }
        let [svg_path, png_path, pdf_path, _] = paths;
        read_verified(svg_path, svg).ok()?;
        read_verified(pdf_path, &digests.pdf).ok()?;
        Some((digests.clone(), read_verified(png_path, &digests.png).ok()?))
    }

    /// Removes the files of figures that `now` has no more.
    fn remove_others(&self, now: &Self, folder: &Path) {
        for stem in self.figures.keys().filter(|stem| !now.figures.contains_key(*stem)) {
            for path in paths(folder, stem) {
                std::fs::remove_file(path).ok(); // it may be gone already
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    /// A figure that shows a text, with numbers.
    struct Words<'a>(&'a str);

    impl AnyFigure for Words<'_> {
        fn svg(&self, _: Look) -> Result<String, ReportError> {
            Ok(format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><desc>{}</desc></svg>",
                self.0
            ))
        }

        fn origin(&self) -> String {
            self.0.into()
        }

        fn data(&self) -> Option<Table> {
            Some(Table { columns: vec![self.0.into()], rows: Vec::new() })
        }
    }

    /// Draws figures of these stems and texts; gives back how many were drawn.
    fn drawn(folder: &Path, figures: &[(&str, &str)]) -> usize {
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        for (stem, _) in figures {
            if let Ok(file) = std::fs::File::options().write(true).open(folder.join(format!("{stem}.png"))) {
                file.set_modified(long_ago).unwrap();
            }
        }
        let tasks: Vec<Task> = figures
            .iter()
            .map(|(stem, text)| Task {
                stem: stem.to_string(),
                caption: String::new(),
                alt: String::new(),
                figure: Box::new(Words(text)),
            })
            .collect();
        let shown = draw(&tasks, Look::default(), folder, &|| ()).unwrap();
        for (shown, (stem, text)) in shown.iter().zip(figures) {
            let file = |end: &str| std::fs::read(folder.join(format!("{stem}.{end}"))).unwrap();
            assert_eq!(file("png"), shown.png);
            assert!(String::from_utf8(file("svg")).unwrap().contains(text));
            assert!(file("pdf").starts_with(b"%PDF"));
            assert_eq!(file("csv"), format!("{text}\n").as_bytes());
        }
        let is_new = |stem: &str| {
            let file = std::fs::metadata(folder.join(format!("{stem}.png"))).unwrap();
            file.modified().unwrap() != long_ago
        };
        figures.iter().filter(|(stem, _)| is_new(stem)).count()
    }

    #[test]
    fn only_what_changed_is_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let figures = [("scatter", "a"), ("histogram", "b"), ("losses", "c")];
        assert_eq!(drawn(folder, &figures), 3);
        assert_eq!(drawn(folder, &figures), 0, "nothing changed");
        assert_eq!(drawn(folder, &[("scatter", "a2"), figures[1], figures[2]]), 1, "new data");
        std::fs::remove_file(folder.join("histogram.png")).unwrap();
        std::fs::write(folder.join("losses.svg"), "touched").unwrap();
        assert_eq!(drawn(folder, &[("scatter", "a2"), figures[1], figures[2]]), 2, "missing, and touched");
        assert_eq!(drawn(folder, &[("scatter", "a2")]), 0);
        assert!(!folder.join("losses.png").exists(), "belongs no more");
    }

    #[test]
    fn another_program_draws_anew() {
        let folder = tempfile::tempdir().unwrap();
        let figures = [("scatter", "a")];
        drawn(folder.path(), &figures);
        let mut manifest = Manifest::read(folder.path());
        manifest.program = "0.0.0".into();
        manifest.write(folder.path()).unwrap();
        assert_eq!(drawn(folder.path(), &figures), 1);
        std::fs::write(folder.path().join(Manifest::FILE), "{ no manifest").unwrap();
        assert_eq!(drawn(folder.path(), &figures), 1);
        assert_eq!(drawn(folder.path(), &figures), 0);
    }
}
