//! `anolab demo`: the whole job on embedded images.

use std::path::PathBuf;

use super::{Context, DONE, Outcome, report, sweep};
use crate::store::Store;
use crate::sweep::{Jobs, Launch, SweepError};
use crate::train::DeviceChoice;

/// The sweep that the demo runs.
const SWEEP: &str = include_str!("../../experiments/quickstart.toml");

/// The whole job on embedded images: a sweep into DIR/anolab.db (or the store that --store names), and
/// DIR/report/index.html.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab demo\n  anolab demo --store results/anolab.db --out results\n  anolab --store \
                        results/demo/anolab.db runs list"
)]
pub(super) struct Demo {
    /// Where to put the report, and the store where --store names none.
    #[arg(long, default_value = "results/demo", value_name = "DIR")]
    out: PathBuf,
    /// auto, cpu, cuda, cuda:N, wgpu or wgpu:N.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

impl Demo {
    pub fn run(self, context: &Context) -> Outcome {
        let file = "experiments/quickstart.toml";
        let spec = crate::spec::Sweep::parse(file, SWEEP).map_err(SweepError::from)?;
        let path = if context.names_store { context.store.clone() } else { self.out.join("anolab.db") };
        let launch = Launch { device: self.device, jobs: Jobs::Auto, retry: false, skip_trial: false };
        let name = spec.name.clone();
        let code = sweep::start(context, &path, file, spec, &launch, &sweep::Limits::default())?;
        if code != DONE {
            return Ok(code);
        }
        let store = Store::read(&path)?;
        report::draw_all(context, &store, Some(&name), &self.out.join("report"))?;
        context.say(format!(
            "ask more: anolab --store {} sql 'SELECT model, seeds, auroc, auroc_deviation FROM leaderboard'",
            path.display()
        ));
        Ok(DONE)
    }
}
