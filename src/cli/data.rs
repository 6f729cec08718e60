//! `anolab data`: a look at datasets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::answer::Answer;
use super::progress::images;
use super::values::number;
use super::{Context, DONE, Failure, Outcome, WRONG};
use crate::data::{Dataset, Inspection, Kind, inspect};
use crate::eval::quantile;
use crate::report::draw_distances;
use crate::spec::{DatasetSpec, FolderSpec, Label};
use crate::sweep;
use crate::words::counted;

/// Pairs of identical or near images that are shown.
const SHOWN: usize = 10;

/// Gray levels below which images are called near where nothing is said.
const NEAR: f64 = 4.0;

/// Look at datasets.
#[derive(clap::Subcommand)]
pub(super) enum Data {
    /// What became of every file: counts, sizes, digest, unreadable files, masks, and images that stand in both
    /// train and test.
    #[command(
        after_help = "Examples:\n  anolab data inspect path/to/images\n  anolab data inspect mine.toml --out \
                            distances\n  anolab data inspect path/to/images --format json"
    )]
    Inspect {
        /// A folder of images, or a sweep file (.toml) whose datasets are meant.
        dataset: PathBuf,
        /// Distance below which a training image and a normal test image are listed as near: root mean
        /// square difference at 32×32 in gray levels [default: the dataset's `near_distance`, or 4].
        #[arg(long, value_name = "GRAY LEVELS", value_parser = number)]
        near: Option<f64>,
        /// Draw the distribution of the distances as PNG and SVG into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Leave out images that cannot be read, as `skip_unreadable = true` in the dataset does.
        #[arg(long)]
        skip_unreadable: bool,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Answer,
    },
}

impl Data {
    pub fn run(self, context: &Context) -> Outcome {
        let Self::Inspect { dataset, near, out, skip_unreadable, format } = self;
        let mut specs = if dataset.extension().is_some_and(|extension| extension == "toml") {
            sweep::read(&dataset, &[])?.datasets
        } else {
            vec![DatasetSpec::Folder(FolderSpec { root: Some(dataset), ..FolderSpec::default() })]
        };
        if skip_unreadable {
            specs.iter_mut().for_each(DatasetSpec::skip_unreadable);
        }
        let (mut code, mut told) = (DONE, Vec::new());
        for (nth, spec) in (1..).zip(&specs) {
            let stem = if specs.len() > 1 { format!("distances-{nth}") } else { "distances".into() };
            let drawing = out.as_ref().map(|folder| folder.join(stem));
            let near = near.or(spec.near_distance()).unwrap_or(NEAR);
            let (dataset, found) = look(context, spec, near)?;
            let drawn = drawing.map(|stem| draw(&dataset, &found, near, &stem)).transpose()?.flatten();
            if format == Answer::Json {
                told.push(serde_json::to_string_pretty(&json(&dataset, &found, near, drawn.as_deref()))?);
            } else {
                tell(&dataset, &found, near, drawn.as_deref());
            }
            dataset.check(spec)?;
            let all_read = found.unreadable.is_empty() && found.masks.unreadable.is_empty();
            code = code.max(if all_read || spec.skips_unreadable() { DONE } else { WRONG });
        }
        if format == Answer::Json {
            tell!("[{}]", told.join(", "));
        }
        Ok(code)
    }
}

fn look(context: &Context, spec: &DatasetSpec, near: f64) -> Result<(Dataset, Inspection), Failure> {
    let dataset = Dataset::look(spec)?;
    let bar = images(context, dataset.items.len(), "reading");
    let found = inspect(&dataset, near, &|| bar.inc(1));
    bar.finish_and_clear();
    Ok((dataset, found))
}

/// Draws the distances, where they were measured.
fn draw(dataset: &Dataset, found: &Inspection, near: f64, stem: &Path) -> Result<Option<PathBuf>, Failure> {
    let Some(distances) = &found.distances else { return Ok(None) };
    let out = stem.parent().unwrap_or(stem);
    std::fs::create_dir_all(out)
        .map_err(|error| Failure::new(format!("cannot make the folder {}: {error}", out.display())))?;
    Ok(Some(draw_distances(&dataset.title, &dataset.digest, distances, near, stem)?))
}

/// Tells what there is to know about a dataset.
fn tell(dataset: &Dataset, found: &Inspection, near: f64, drawn: Option<&Path>) {
    tell!("{}, digest {}", dataset.title, dataset.digest);
    counts(found);
    if dataset.dropped > 0 {
        tell!("  dropped from training by `leakage`: {}", dataset.dropped);
    }
    account(dataset, found);
    sizes(found);
    tell!("  identical in train and test: {}", found.leaked.len());
    pairs(&found.leaked);
    tell!("  repeated within train or test: {}", found.repeated.len());
    pairs(&found.repeated);
    masks(dataset, found);
    nearness(dataset, found, near);
    if let Some(path) = drawn {
        tell!("  distances drawn: {}", path.display());
    }
    for warning in dataset.warnings(&found.deep) {
        tell!("  {warning}");
    }
    tell!("  unreadable: {}", found.unreadable.len() + found.masks.unreadable.len());
    for reason in found.unreadable.iter().chain(&found.masks.unreadable) {
        tell!("    {reason}");
    }
}

/// A dataset for programs.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    digest: &'a str,
    counts: Vec<Count<'a>>,
    files: usize,
    dropped: usize,
    not_images: BTreeMap<&'static str, usize>,
    sizes: Vec<Size>,
    identical_in_train_and_test: &'a [(String, String)],
    repeated: &'a [(String, String)],
    masked: usize,
    near_distance: f64,
    near: Vec<Near<'a>>,
    distances: Option<Quantiles>,
    drawn: Option<&'a Path>,
    warnings: Vec<String>,
    unreadable: Vec<&'a String>,
}

#[derive(Serialize)]
struct Count<'a> {
    split: &'static str,
    label: &'static str,
    class: &'a str,
    images: usize,
}

#[derive(Serialize)]
struct Size {
    width: u32,
    height: u32,
    images: usize,
}

#[derive(Serialize)]
struct Near<'a> {
    distance: f64,
    train: &'a str,
    test: &'a str,
}

/// 5 %, 50 % and 95 % of the distances to the nearest training image, in gray levels.
#[derive(Serialize)]
struct Quantiles {
    normal_test_images: [Option<f64>; 3],
    training_images: [Option<f64>; 3],
}

fn json<'a>(dataset: &'a Dataset, found: &'a Inspection, near: f64, drawn: Option<&'a Path>) -> Told<'a> {
    let classes = found.classes.iter().map(|((split, label, class), images)| Count {
        split: split.name(),
        label: label.name(),
        class,
        images: *images,
    });
    let not_images = Kind::ALL.into_iter().map(|kind| (kind.words(), dataset.account.of(kind).count()));
    let name_of = |place: usize| dataset.items[place].name.as_str();
    let near_pairs = found.near.iter().map(|pair| Near {
        distance: pair.distance,
        train: name_of(pair.train),
        test: name_of(pair.test),
    });
    Told {
        name: &dataset.title,
        digest: &dataset.digest,
        counts: classes.collect(),
        files: dataset.files(),
        dropped: dataset.dropped,
        not_images: not_images.filter(|(_, count)| *count > 0).collect(),
        sizes: found
            .sizes
            .iter()
            .map(|((width, height), images)| Size { width: *width, height: *height, images: *images })
            .collect(),
        identical_in_train_and_test: &found.leaked,
        repeated: &found.repeated,
        masked: found.masks.masked,
        near_distance: near,
        near: near_pairs.collect(),
        distances: found.distances.as_ref().map(|distances| Quantiles {
            normal_test_images: quantiles(&distances.test),
            training_images: quantiles(&distances.train),
        }),
        drawn,
        warnings: dataset.warnings(&found.deep),
        unreadable: found.unreadable.iter().chain(&found.masks.unreadable).collect(),
    }
}

fn quantiles(values: &[f64]) -> [Option<f64>; 3] {
    [0.05, 0.5, 0.95].map(|share| quantile(values, share))
}

/// Images by split and label, and by the folder of their class.
fn counts(found: &Inspection) {
    for (split, label, count) in &found.counts {
        tell!("  {:5} {:7} {count:7}", split.name(), label.name());
        let classes: Vec<_> =
            found.classes.iter().filter(|((s, l, _), _)| (s, l) == (split, label)).collect();
        if *label == Label::Anomaly || classes.len() > 1 {
            for ((_, _, class), count) in classes {
                tell!("    {class:11} {count:7}");
            }
        }
    }
}

/// Every file that was found, by what became of it; the numbers add up.
fn account(dataset: &Dataset, found: &Inspection) {
    if dataset.account.others.is_empty() && dataset.account.lines(&[]).is_empty() {
        return;
    }
    let unreadable = dataset.items.len() - found.images();
    let mut parts = vec![counted(found.images(), "image")];
    if unreadable > 0 {
        parts.push(format!("{unreadable} that cannot be read"));
    }
    for kind in Kind::ALL {
        let count = dataset.account.of(kind).count();
        if count > 0 {
            parts.push(kind.counted(count));
        }
    }
    tell!("  files found: {} = {}", dataset.files(), parts.join(" + "));
    for line in
        dataset.account.lines(&[Kind::StrayMask, Kind::Aside, Kind::NotRead, Kind::Hidden, Kind::Broken])
    {
        tell!("    {line}");
    }
}

/// The most frequent sizes, and the values of images of more than 8 bits.
fn sizes(found: &Inspection) {
    for ((width, height), count) in found.sizes.iter().take(SHOWN) {
        tell!("  {width}×{height} pixels: {count}");
    }
    if let Some(others) = found.sizes.get(SHOWN..)
        && !others.is_empty()
    {
        let count: usize = others.iter().map(|(_, count)| count).sum();
        tell!("  … and {} other sizes: {count}", others.len());
    }
    if !found.deep.is_empty() {
        let low = found.deep.iter().map(|[low, _]| *low).fold(f64::INFINITY, f64::min);
        let high = found.deep.iter().map(|[_, high]| *high).fold(f64::NEG_INFINITY, f64::max);
        tell!("  more than 8 bits a value: {} images, values from {low} to {high}", found.deep.len());
    }
}

/// How many anomalous images have masks; where none has, why.
fn masks(dataset: &Dataset, found: &Inspection) {
    let masks = &found.masks;
    let strays = dataset.account.of(Kind::StrayMask).count();
    let why = match (masks.masked, masks.anomalies, strays) {
        (0, 1.., 0) => {
            " (no folder `ground_truth`, `masks` or the like, and no `NAME_mask` beside an image; `masks = \"…\"` in a \
             sweep's dataset names another place)"
                .to_string()
        }
        (0, 1.., strays) => format!(" ({strays} files lie among masks, and none has the name of one image)"),
        _ => String::new(),
    };
    tell!("  masks: {} of {} anomalous images{why}", masks.masked, masks.anomalies);
    for line in masks.lines() {
        tell!("    {line}");
    }
}

/// Quantiles of the distances, and the pairs that are near.
fn nearness(dataset: &Dataset, found: &Inspection, near: f64) {
    let Some(distances) = &found.distances else {
        tell!("  distances: not measured, for images cannot be read");
        return;
    };
    tell!("  distance to the nearest training image (gray levels, 5 % / median / 95 %):");
    for (what, values) in [("normal test images", &distances.test), ("training images", &distances.train)] {
        let [low, middle, high] = quantiles(values).map(|value| value.unwrap_or(f64::NAN));
        tell!("    {what:18} {low:5.1} / {middle:5.1} / {high:5.1}");
    }
    let tests: BTreeSet<usize> = found.near.iter().map(|pair| pair.test).collect();
    let trains: BTreeSet<usize> = found.near.iter().map(|pair| pair.train).collect();
    tell!(
        "  nearer than {near}: {}, {}",
        counted(tests.len(), "normal test image"),
        counted(trains.len(), "training image")
    );
    for pair in found.near.iter().take(SHOWN) {
        let (train, test) = (&dataset.items[pair.train].name, &dataset.items[pair.test].name);
        tell!("    {:5.2}  {train} ~ {test}", pair.distance);
    }
    if found.near.len() > SHOWN {
        tell!("    … and {} more pairs", found.near.len() - SHOWN);
    }
}

fn pairs(pairs: &[(String, String)]) {
    for (one, other) in pairs.iter().take(SHOWN) {
        tell!("    {one} = {other}");
    }
    if pairs.len() > SHOWN {
        tell!("    … and {} more", pairs.len() - SHOWN);
    }
}
