//! Figures drawn side by side, and only where they changed.
//!
//! A figure's SVG says all that the figure shows, and making it takes milliseconds: where it is the
//! one of the last time, the PNG, which takes most of the work, stays. What the files were is kept
//! beside them, so that a missing or altered one is drawn again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::figure::{Figure, png, svg, whole_size};
use crate::atomic_file::{digest, read_verified};
use crate::report::ReportError;
use crate::report::files::write_file;

/// A figure to draw.
pub(crate) struct Task<'a> {
    /// Its file's name, without folder and extension.
    pub stem: String,
    /// What it shows, for the page.
    pub caption: String,
    pub figure: Box<dyn Drawn + 'a>,
}

/// A drawn figure.
pub(crate) struct Shown {
    pub stem: String,
    pub caption: String,
    /// Width and height in pixels.
    pub size: (u32, u32),
    pub png: Vec<u8>,
}

/// A figure behind a pointer.
pub(crate) trait Drawn: Send + Sync {
    fn size(&self) -> (u32, u32);
    fn svg(&self) -> Result<String, ReportError>;
    fn png(&self) -> Result<Vec<u8>, ReportError>;
}

impl<F: Figure + Send + Sync> Drawn for F {
    fn size(&self) -> (u32, u32) {
        whole_size(self)
    }

    fn svg(&self) -> Result<String, ReportError> {
        svg(self)
    }

    fn png(&self) -> Result<Vec<u8>, ReportError> {
        png(self)
    }
}

/// Draws into `folder` what is not there yet, in the order of the tasks; says `done` after each.
/// Figures of an earlier time that are none of the tasks are removed.
pub(crate) fn draw(
    tasks: &[Task<'_>],
    folder: &Path,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Shown>, ReportError> {
    let known = Manifest::read(folder);
    let drawn: Vec<(Digests, Shown)> = tasks
        .par_iter()
        .map(|task| {
            let drawn = draw_one(task, folder, &known);
            done();
            drawn
        })
        .collect::<Result<_, _>>()?;
    let figures = drawn.iter().map(|(digests, shown)| (shown.stem.clone(), digests.clone())).collect();
    let manifest = Manifest { program: program(), figures };
    known.remove_others(&manifest, folder);
    manifest.write(folder)?;
    Ok(drawn.into_iter().map(|(_, shown)| shown).collect())
}

fn draw_one(task: &Task<'_>, folder: &Path, known: &Manifest) -> Result<(Digests, Shown), ReportError> {
    let [svg_path, png_path] = paths(folder, &task.stem);
    let svg = task.figure.svg()?;
    let kept = known.kept(&task.stem, &digest(svg.as_bytes()), [&svg_path, &png_path]);
    let png = match kept {
        Some(png) => png,
        None => {
            let png = task.figure.png()?;
            write_file(&svg_path, svg.as_bytes())?;
            write_file(&png_path, &png)?;
            png
        }
    };
    let digests = Digests { svg: digest(svg.as_bytes()), png: digest(&png) };
    let (stem, caption) = (task.stem.clone(), task.caption.clone());
    Ok((digests, Shown { stem, caption, size: task.figure.size(), png }))
}

fn paths(folder: &Path, stem: &str) -> [PathBuf; 2] {
    ["svg", "png"].map(|extension| folder.join(format!("{stem}.{extension}")))
}

/// The program that draws: another one may draw the same SVG as another PNG.
fn program() -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), crate::build_info::short_commit().unwrap_or_default())
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

    /// The PNG of a figure with this SVG, where this program drew it and both files are what they were.
    fn kept(&self, stem: &str, svg: &str, [svg_path, png_path]: [&Path; 2]) -> Option<Vec<u8>> {
        let digests = self.figures.get(stem).filter(|digests| digests.svg == svg)?;
        if self.program != program() {
            return None;
        }
        read_verified(svg_path, svg).and_then(|_| read_verified(png_path, &digests.png)).ok()
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A figure that shows a text, and counts how often it is drawn.
    struct Counted<'a>(&'a str, &'a AtomicUsize);

    impl Drawn for Counted<'_> {
        fn size(&self) -> (u32, u32) {
            (1, 1)
        }

        fn svg(&self) -> Result<String, ReportError> {
            Ok(self.0.into())
        }

        fn png(&self) -> Result<Vec<u8>, ReportError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(format!("png of {}", self.0).into())
        }
    }

    /// Draws figures of these stems and texts; gives back how many were drawn.
    fn drawn(folder: &Path, figures: &[(&str, &str)]) -> usize {
        let count = AtomicUsize::new(0);
        let tasks: Vec<Task> = figures
            .iter()
            .map(|(stem, text)| Task {
                stem: stem.to_string(),
                caption: String::new(),
                figure: Box::new(Counted(text, &count)),
            })
            .collect();
        let shown = draw(&tasks, folder, &|| ()).unwrap();
        for (shown, (stem, text)) in shown.iter().zip(figures) {
            assert_eq!(shown.png, format!("png of {text}").as_bytes());
            assert_eq!(std::fs::read(folder.join(format!("{stem}.png"))).unwrap(), shown.png);
            assert_eq!(std::fs::read_to_string(folder.join(format!("{stem}.svg"))).unwrap(), *text);
        }
        count.load(Ordering::Relaxed)
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
