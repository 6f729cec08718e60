//! `anolab report`: figures, tables, the page.

use std::path::{Path, PathBuf};

use super::destination::outside_store;
use super::progress::counted;
use super::{Context, DONE, Outcome};
use crate::report::{ReportError, Request, Style, write};
use crate::store::Store;

/// Draw figures, tables and index.html from the store alone.
#[derive(clap::Args)]
pub(super) struct Report {
    /// Only the runs of this sweep; by default each sweep has its part.
    #[arg(long)]
    sweep: Option<String>,
    /// Where to put them.
    #[arg(long, default_value = "results/report", value_name = "DIR")]
    out: PathBuf,
    /// Colours of the kinds of image.
    #[arg(long, value_enum, default_value_t)]
    style: Style,
}

impl Report {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        outside_store(context, &self.out)?;
        draw(context, &store, self.sweep.as_deref(), &self.out, self.style)?;
        Ok(DONE)
    }
}

/// Draws a report and says where it is.
pub(super) fn draw(
    context: &Context,
    store: &Store,
    sweep: Option<&str>,
    out: &Path,
    style: Style,
) -> Result<(), ReportError> {
    let bar = counted(context, "drawing", "figures and runs");
    let page = write(store, Request { sweep, out, style }, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let page = page?;
    context.say(format!("report: {}", page.display()));
    Ok(())
}
