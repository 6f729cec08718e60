//! `anolab data`: a look at datasets.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::progress::images;
use super::{Context, DONE, Failure, Outcome, WRONG};
use crate::data::{Dataset, Inspection, inspect};
use crate::eval::quantile;
use crate::report::draw_distances;
use crate::spec::{DatasetSpec, FolderSpec, Label, Split};
use crate::sweep;

/// Pairs of identical or near images that are shown.
const SHOWN: usize = 10;

/// Gray levels below which images are called near where nothing is said.
const NEAR: f64 = 4.0;

/// Look at datasets.
#[derive(clap::Subcommand)]
pub(super) enum Data {
    /// Counts, sizes, digest, unreadable files, and images that stand in both train and test.
    Inspect {
        /// A folder of images, or a sweep file (.toml) whose datasets are meant.
        dataset: PathBuf,
        /// Distance below which a training image and a normal test image are listed as near: root mean
        /// square difference at 32×32 in gray levels [default: the dataset's `near_distance`, or 4].
        #[arg(long, value_name = "GRAY LEVELS")]
        near: Option<f64>,
        /// Draw the distribution of the distances as PNG and SVG into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

impl Data {
    pub fn run(self, context: &Context) -> Outcome {
        let Self::Inspect { dataset, near, out } = self;
        let specs = if dataset.extension().is_some_and(|extension| extension == "toml") {
            sweep::read(&dataset)?.datasets
        } else {
            vec![DatasetSpec::Folder(FolderSpec { root: Some(dataset), ..FolderSpec::default() })]
        };
        let mut code = DONE;
        for (nth, spec) in (1..).zip(&specs) {
            let stem = if specs.len() > 1 { format!("distances-{nth}") } else { "distances".into() };
            let drawing = out.as_ref().map(|folder| folder.join(stem));
            code = code.max(Self::tell(context, spec, near, drawing)?);
        }
        Ok(code)
    }

    /// Tells what there is to know about a dataset.
    fn tell(context: &Context, spec: &DatasetSpec, near: Option<f64>, drawing: Option<PathBuf>) -> Outcome {
        let near = near.or(spec.near_distance()).unwrap_or(NEAR);
        let dataset = Dataset::open(spec)?;
        let bar = images(context, dataset.items.len(), "reading");
        let found = inspect(&dataset, near, &|| bar.inc(1));
        bar.finish_and_clear();
        tell!("{}, digest {}", dataset.title, dataset.digest);
        for (split, label, count) in &found.counts {
            tell!("  {:5} {:7} {count:7}", split.name(), label.name());
        }
        if dataset.dropped > 0 {
            tell!("  dropped from training by `leakage`: {}", dataset.dropped);
        }
        for ((width, height), count) in &found.sizes {
            tell!("  {width}×{height} pixels: {count}");
        }
        tell!("  identical in train and test: {}", found.leaked.len());
        pairs(&found.leaked);
        tell!("  repeated within train or test: {}", found.repeated.len());
        pairs(&found.repeated);
        let anomalous = dataset.count(Split::Test, Label::Anomaly);
        let masks = dataset.items.iter().filter(|item| item.has_mask()).count();
        tell!("  masks: {masks} of {anomalous} anomalous images");
        nearness(&dataset, &found, near);
        if let (Some(stem), Some(distances)) = (drawing, &found.distances) {
            let out = stem.parent().unwrap_or(&stem);
            std::fs::create_dir_all(out).map_err(|error| {
                Failure::new(format!("cannot make the folder {}: {error}", out.display()))
            })?;
            let path = draw_distances(&dataset.title, &dataset.digest, distances, near, &stem)?;
            tell!("  distances drawn: {}", path.display());
        }
        tell!("  unreadable: {}", found.unreadable.len());
        for reason in &found.unreadable {
            tell!("    {reason}");
        }
        Ok(if found.unreadable.is_empty() { DONE } else { WRONG })
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
        let [low, middle, high] = [0.05, 0.5, 0.95].map(|share| quantile(values, share).unwrap_or(f64::NAN));
        tell!("    {what:18} {low:5.1} / {middle:5.1} / {high:5.1}");
    }
    let tests: BTreeSet<usize> = found.near.iter().map(|pair| pair.test).collect();
    let trains: BTreeSet<usize> = found.near.iter().map(|pair| pair.train).collect();
    tell!("  nearer than {near}: {} normal test images, {} training images", tests.len(), trains.len());
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
