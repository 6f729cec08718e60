use std::path::PathBuf;

use super::progress::images;
use super::{Context, DONE, Outcome, WRONG, plain};
use crate::data::{Dataset, inspect};
use crate::spec::{DatasetSpec, FolderSpec};
use crate::sweep;

/// Pairs of identical images that are shown.
const SHOWN: usize = 10;

/// Look at datasets.
#[derive(clap::Subcommand)]
pub(super) enum Data {
    /// Counts, sizes, digest, unreadable files, and images that stand in both train and test.
    Inspect {
        /// A folder of images, or a sweep file (.toml) whose dataset is meant.
        dataset: PathBuf,
    },
}

impl Data {
    pub fn run(self, context: &Context) -> Outcome {
        let Self::Inspect { dataset } = self;
        let spec = if dataset.extension().is_some_and(|extension| extension == "toml") {
            sweep::read(&dataset)?.dataset
        } else {
            DatasetSpec::Folder(FolderSpec { root: Some(dataset), ..FolderSpec::default() })
        };
        let dataset = Dataset::open(&spec).map_err(plain)?;
        let bar = images(context, dataset.items.len(), "reading");
        let found = inspect(&dataset, &|| bar.inc(1));
        bar.finish_and_clear();
        println!("{}, digest {}", dataset.title, dataset.digest);
        for (split, label, count) in &found.counts {
            println!("  {:5} {:7} {count:7}", split.name(), label.name());
        }
        for ((width, height), count) in &found.sizes {
            println!("  {width}×{height} pixels: {count}");
        }
        println!("  identical in train and test: {}", found.leaked.len());
        pairs(&found.leaked);
        println!("  repeated within train or test: {}", found.repeated.len());
        pairs(&found.repeated);
        println!("  unreadable: {}", found.unreadable.len());
        for reason in &found.unreadable {
            println!("    {reason}");
        }
        Ok(if found.unreadable.is_empty() { DONE } else { WRONG })
    }
}

fn pairs(pairs: &[(String, String)]) {
    for (one, other) in pairs.iter().take(SHOWN) {
        println!("    {one} = {other}");
    }
    if pairs.len() > SHOWN {
        println!("    … and {} more", pairs.len() - SHOWN);
    }
}
