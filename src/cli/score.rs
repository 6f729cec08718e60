//! `anolab score`: new images under a past run.

use std::path::PathBuf;

use super::destination::{new_file, outside_store};
use super::{Context, DONE, Outcome};
use crate::store::Store;
use crate::sweep::{JudgedFile, judge_files, map_paths};
use crate::table::Format;
use crate::train::DeviceChoice;

/// Judge new images with a past run.
#[derive(clap::Args)]
pub(super) struct Score {
    /// The run's id, or the first characters of it.
    #[arg(long)]
    run: String,
    /// Image files.
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Write a residual map |x − x̂| of each image into this folder, as PNG.
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// Replace maps that are there already.
    #[arg(long, requires = "maps")]
    force: bool,
    /// auto, cpu, cuda, cuda:N, wgpu or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// How to print the scores.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Score {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let run_id = store.resolve_run(&self.run)?;
        if let Some(folder) = &self.maps {
            outside_store(context, folder)?;
        }
        for map in self.maps.iter().flat_map(|folder| map_paths(folder, &self.images)) {
            new_file(context, &map, self.force)?;
        }
        let device = self.device.find()?;
        let judged = judge_files(&store, &run_id, &self.images, self.maps.as_deref(), &device.device)?;
        put!("{}", self.format.write(&JudgedFile::table(&judged)));
        Ok(DONE)
    }
}
