//! `anolab best`: the best setting of each model.

use std::collections::BTreeSet;

use serde::Serialize;

use super::answer::print_json;
use super::{Context, DONE, Failure, Outcome};
use crate::report::{Best as Setting, best_settings};
use crate::spec::Model;
use crate::store::Store;
use crate::words::counted;

/// Tell the best setting of each model by mean test AUROC over its seeds. It is chosen by test labels: its AUROC is no
/// estimate of how well it does on other images. Settings with a run that failed, diverged, collapsed or is inverted
/// are passed over.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  anolab best\n  anolab best --sweep casting --format json\n  anolab best --sweep casting \
                        --model ganomaly --format toml > best.toml\n  anolab sweep run best.toml --set 'seed=[0,1,2]'"
)]
pub(super) struct Best {
    /// Only of this sweep; by default of each.
    #[arg(long)]
    sweep: Option<String>,
    /// Only of this model.
    #[arg(long, value_parser = model)]
    model: Option<Model>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for each model.
    #[default]
    Text,
    /// A list of objects.
    Json,
    /// A sweep file that runs the best of all that are asked for.
    Toml,
}

fn model(name: &str) -> Result<Model, String> {
    let known: Vec<&str> = Model::ALL.into_iter().map(Model::name).collect();
    Model::named(name).ok_or_else(|| format!("known models: {}", known.join(", ")))
}

#[derive(Serialize)]
struct Told<'a> {
    sweep: &'a str,
    model: &'a str,
    setting: &'a str,
    auroc: f64,
    seeds: &'a [i64],
    run_ids: Vec<&'a str>,
    of_settings: usize,
}

impl Best {
    pub fn run(self, context: &Context) -> Outcome {
        let store = Store::read(&context.store)?;
        let sweeps = match &self.sweep {
            Some(name) => vec![store.sweep(name)?],
            None => store.sweeps()?,
        };
        let mut found: Vec<Setting> = Vec::new();
        for sweep in &sweeps {
            found.extend(best_settings(&store, &sweep.name)?);
        }
        found.retain(|best| self.model.is_none_or(|model| best.model == model.name()));
        if found.is_empty() {
            return Err(Failure::new(
                "no setting can be called the best: each failed, diverged, collapsed, is inverted or has no AUROC yet \
                 (`anolab runs list` and `anolab sweep status` tell which)",
            ));
        }
        match self.format {
            Format::Text => {
                print(&sweeps.iter().map(|sweep| sweep.name.as_str()).collect::<Vec<_>>(), &found);
                for sweep in &sweeps {
                    self.say_passed_over(context, &store, &sweep.name, &found)?;
                }
            }
            Format::Json => print_json(&found.iter().map(told).collect::<Vec<_>>())?,
            Format::Toml => put!("{}", toml(&found)?),
        }
        Ok(DONE)
    }

    /// Names the models of which no setting counts.
    fn say_passed_over(
        &self,
        context: &Context,
        store: &Store,
        sweep: &str,
        found: &[Setting],
    ) -> Result<(), Failure> {
        let has_best = |model: &str| found.iter().any(|best| best.sweep == sweep && best.model == model);
        let finished = store.finished_in(sweep)?;
        let models: BTreeSet<&str> = finished.iter().map(|run| run.model.as_str()).collect();
        let asked = |model: &str| self.model.is_none_or(|wanted| model == wanted.name());
        let without: Vec<&str> =
            models.into_iter().filter(|model| asked(model) && !has_best(model)).collect();
        if !without.is_empty() {
            context.say(format!(
                "{sweep}: no setting of {} counts: each has a run that failed, diverged, collapsed or is inverted",
                without.join(", ")
            ));
        }
        Ok(())
    }
}

fn told(best: &Setting) -> Told<'_> {
    Told {
        sweep: &best.sweep,
        model: &best.model,
        setting: &best.setting,
        auroc: best.auroc,
        seeds: &best.seeds,
        run_ids: best.runs.iter().map(|run| run.as_str()).collect(),
        of_settings: best.of,
    }
}

fn print(sweeps: &[&str], found: &[Setting]) {
    for sweep in sweeps {
        let of_sweep: Vec<Setting> = found.iter().filter(|best| best.sweep == *sweep).cloned().collect();
        if !of_sweep.is_empty() {
            tell!("{sweep}:");
            lines(&of_sweep).iter().for_each(|line| tell!("  {line}"));
        }
    }
}

/// A line for each: the best first.
pub(super) fn lines(found: &[Setting]) -> Vec<String> {
    let mut sorted: Vec<&Setting> = found.iter().collect();
    sorted.sort_by(|one, other| other.auroc.total_cmp(&one.auroc));
    let line = |best: &&Setting| {
        let setting = if best.setting.is_empty() { String::new() } else { format!("{}, ", best.setting) };
        let run = best.runs.first().map_or(String::new(), |run| format!(", run {}", run.short()));
        format!("{:10} {:.3}  {setting}{}{run}", best.model, best.auroc, counted(best.seeds.len(), "seed"))
    };
    sorted.iter().map(line).collect()
}

/// The best of all as a sweep file.
fn toml(found: &[Setting]) -> Result<&str, Failure> {
    let best = found.iter().max_by(|one, other| one.auroc.total_cmp(&other.auroc));
    best.and_then(|best| best.file.as_deref()).ok_or_else(|| {
        Failure::new(
            "the best setting was run by an earlier build, whose configuration is not understood; run its sweep again",
        )
    })
}
