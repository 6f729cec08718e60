//! What the page tells of a single run: configuration, provenance, results, curves, images.

use serde::Serialize;

use super::sparkline::{Sparkline, sparklines};
use super::thumbnails::{Strip, strip};
use crate::eval::measure::{Shown, THRESHOLD, shown_in};
use crate::report::ReportError;
use crate::report::select::doubt::doubt;
use crate::report::select::settings::without_seed;
use crate::report::tables::cells::{in_interval, number};
use crate::spec::{DatasetSpec, RunConfig, sweep_file};
use crate::store::{RunRow, Store};

/// A name and what it stands for, in words.
pub(crate) type Fact = (String, String);

/// One run, as the page has it.
#[derive(Serialize)]
pub(crate) struct Details {
    results: Vec<Fact>,
    provenance: Vec<Fact>,
    curves: Vec<Sparkline>,
    strip: Option<Strip>,
    configuration: String,
    /// Why it is not to be trusted.
    doubt: Option<String>,
    /// Its dataset and its configuration without the seed: what runs of one setting share.
    #[serde(skip)]
    pub setting: (String, String),
}

/// Reads what the page tells of a run; `dataset` is the description of its dataset (JSON).
pub(crate) fn details(store: &Store, run: &RunRow, dataset: &str) -> Result<Details, ReportError> {
    Ok(Details {
        results: results(run),
        provenance: provenance(run),
        curves: sparklines(&store.curve(&run.fit_id)?),
        strip: strip(&store.pictures(&run.run_id, run.masks.as_deref())?, run.measures.get(&THRESHOLD))?,
        configuration: configuration(run, dataset),
        doubt: doubt(run).map(|doubt| doubt.to_string()),
        setting: (run.dataset_digest.clone(), without_seed(&run.config)),
    })
}

fn results(run: &RunRow) -> Vec<Fact> {
    let told = shown_in(Shown::Page).filter(|measure| measure.unleaked_of.is_none() || run.n_leaked > 0);
    let measures = told.filter_map(|measure| {
        let value = run.measures.get(measure)?;
        let alone = || number(Some(value), measure.digits);
        let interval = run.measures.with_interval(measure);
        let words = interval.map_or_else(alone, |values| in_interval(measure, values));
        Some((measure.full_title(), words))
    });
    let images = format!("{} normal, {} anomalous", run.n_normal, run.n_anomaly);
    measures.chain([("test images".into(), images)]).collect()
}

fn provenance(run: &RunRow) -> Vec<Fact> {
    let seconds = |value: Option<f64>| value.map(|value| format!("{value:.1} s"));
    let facts = [
        ("run", Some(run.run_id.to_string())),
        ("fit", Some(run.fit_id.to_string())),
        ("tags", run.tags.clone()),
        ("note", run.note.clone()),
        ("dataset", Some(format!("{}, digest {}", run.dataset, run.dataset_digest))),
        ("commit", run.git_commit.clone()),
        ("anolab", run.version.clone()),
        ("burn", run.burn_version.clone()),
        ("device", run.device.clone()),
        ("host", run.host.clone()),
        ("command", run.command_line.clone()),
        ("trained", run.trained_at.clone()),
        ("judged", run.started_at.clone()),
        // Of a run that was judged by the training's command nothing more is to be told.
        ("judged at commit", run.judged_commit.clone().filter(|_| run.judged_commit != run.git_commit)),
        ("judged on", run.judged_device.clone().filter(|_| run.judged_device != run.device)),
        ("judged by", run.judged_command.clone().filter(|_| run.judged_command != run.command_line)),
        ("done", run.finished_at.clone()),
        ("training", seconds(run.train_seconds)),
        ("judging", seconds(run.score_seconds)),
    ];
    known(facts)
}

fn known<const N: usize>(facts: [(&'static str, Option<String>); N]) -> Vec<Fact> {
    facts.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect()
}

/// A sweep file that makes the run again; the bare configuration for runs of older builds.
fn configuration(run: &RunRow, dataset: &str) -> String {
    let file = || {
        let config = RunConfig::read(&run.config).ok()?;
        let dataset: DatasetSpec = serde_json::from_str(dataset).ok()?;
        sweep_file(&format!("run-{}", run.run_id.short()), &[dataset], &config).ok()
    };
    file().unwrap_or_else(|| run.config.clone())
}
