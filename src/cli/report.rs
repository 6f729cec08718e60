//! `anolab report`: figures, tables, the page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::destination::outside_store;
use super::progress::counted;
use super::{Context, DONE, Failure, Outcome};
use crate::id::RunId;
use crate::report::{Choice, Look, ReportError, Request, Style, Width, write};
use crate::store::{QUERY_SECONDS, Store};
use crate::table::Cell;

/// Draw figures, tables and index.html from the store alone.
///
/// Figures of single runs show each model's first setting, unless another is chosen.
#[derive(clap::Args)]
pub(super) struct Report {
    /// Only the runs of this sweep; by default each sweep has its part.
    #[arg(long)]
    sweep: Option<String>,
    /// Where to put them.
    #[arg(long, default_value = "results/report", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    chosen: Chosen,
    /// accessible, or paper: its colours, scores scaled to 0..1, files named after its figures.
    #[arg(long, value_enum, default_value_t)]
    style: Style,
    /// Width of the figures in print: 8.5cm, 85mm, 3.4in, 241pt.
    #[arg(long, default_value_t, value_name = "LENGTH")]
    width: Width,
    /// Dots an inch of PNGs.
    #[arg(long, default_value_t = Look::default().dpi, value_parser = clap::value_parser!(u32).range(50..=1200))]
    dpi: u32,
    /// Write nothing under the figures; what made them stands in the files in any case.
    #[arg(long)]
    no_footer: bool,
}

/// Which runs the figures show.
#[derive(clap::Args)]
#[group(multiple = false)]
struct Chosen {
    /// Show these runs and their settings: ids, or the first characters of them.
    #[arg(long = "run", value_name = "ID", num_args = 1..)]
    runs: Vec<String>,
    /// Show the runs with this tag.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Show runs of which this is true, in SQL: 'w_con = 10 and seed = 1'. Of several of a model the sweep's first.
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Show each model's setting with the highest mean test AUROC; captions say so.
    #[arg(long)]
    best: bool,
}

impl Report {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        outside_store(context, &self.out)?;
        let choice = self.chosen.choice(&store)?;
        let look = Look { style: self.style, width: self.width, dpi: self.dpi, footer: !self.no_footer };
        let request = Request { sweep: self.sweep.as_deref(), choice: &choice, out: &self.out, look };
        draw(context, &store, request)?;
        Ok(DONE)
    }
}

impl Chosen {
    fn choice(&self, store: &Store) -> Result<Choice, Failure> {
        if self.best {
            return Ok(Choice::Best);
        }
        if !self.runs.is_empty() {
            let ids = self.runs.iter().map(|id| store.resolve_run(id)).collect::<Result<_, _>>()?;
            return Ok(Choice::Runs { ids, how: format!("--run {}", self.runs.join(" ")) });
        }
        if let Some(tag) = &self.tag {
            let query = "SELECT run_id FROM tags WHERE tag = ?1";
            return Ok(Choice::Runs {
                ids: ids(store, query, std::slice::from_ref(tag))?,
                how: format!("--tag {tag}"),
            });
        }
        if let Some(condition) = &self.condition {
            // On lines of its own, so that it cannot reach beyond its place.
            let query = format!(
                "SELECT run_id FROM (SELECT * FROM runs LEFT JOIN results USING (run_id)) WHERE (\n{condition}\n)"
            );
            return Ok(Choice::Runs { ids: ids(store, &query, &[])?, how: format!("--where {condition}") });
        }
        Ok(Choice::First)
    }
}

/// The runs that a query names.
fn ids(store: &Store, query: &str, texts: &[String]) -> Result<BTreeSet<RunId>, Failure> {
    let found = store.query_within(query, texts, Duration::from_secs(QUERY_SECONDS))?;
    let id = |row: &Vec<Cell>| row.first().and_then(|cell| cell.to_string().parse().ok());
    Ok(found.rows.iter().filter_map(id).collect())
}

/// Draws a sweep, or all of them, into a folder, and says where it is.
pub(super) fn draw_all(
    context: &Context,
    store: &Store,
    sweep: Option<&str>,
    out: &Path,
) -> Result<(), ReportError> {
    let request = Request { sweep, choice: &Choice::First, out, look: Look::default() };
    draw(context, store, request)
}

/// Draws a report, says where it is and what else it could show.
fn draw(context: &Context, store: &Store, request: Request<'_>) -> Result<(), ReportError> {
    let bar = counted(context, "drawing", "figures and runs");
    let written = write(store, request, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let written = written?;
    tell!("{}", written.page.display());
    if written.has_choice && *request.choice == Choice::First {
        context.say(
            "figures show each model’s first setting; --run ID, --tag, --where or --best choose another",
        );
    }
    Ok(())
}
