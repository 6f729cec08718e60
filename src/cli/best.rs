//! `anolab best`: the best setting of each model.

use serde::Serialize;

use super::answer::print_json;
use super::{Context, DONE, Failure, Outcome};
use crate::report::{Best as Setting, BestSettings, best_settings};
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
        let mut of_sweeps = sweeps
            .iter()
            .map(|sweep| best_settings(&store, &sweep.name))
            .collect::<Result<Vec<BestSettings>, _>>()?;
        let asked = |name: &str| self.model.is_none_or(|model| name == model.name());
        for of_sweep in &mut of_sweeps {
            of_sweep.found.retain(|best| asked(&best.model));
            of_sweep.without.retain(|(model, _)| asked(model));
        }
        let found: Vec<&Setting> = of_sweeps.iter().flat_map(|of_sweep| &of_sweep.found).collect();
        if found.is_empty() {
            let told = sweeps.iter().zip(&of_sweeps).flat_map(|(sweep, of_sweep)| {
                passed_over(of_sweep).into_iter().map(|line| format!("\n{}: {line}", sweep.name))
            });
            let told: String = told.collect();
            let of = self.model.map_or(String::new(), |model| format!(" of {}", model.name()));
            let told =
                if told.is_empty() { format!(" no run{of} is done (`anolab sweep status`)") } else { told };
            return Err(Failure::new(format!("no setting can be called the best:{told}")));
        }
        match self.format {
            Format::Text => {
                for (sweep, of_sweep) in sweeps.iter().zip(&of_sweeps) {
                    print(&sweep.name, of_sweep);
                }
                for (sweep, of_sweep) in sweeps.iter().zip(&of_sweeps) {
                    passed_over(of_sweep)
                        .iter()
                        .for_each(|line| context.say(format!("{}: {line}", sweep.name)));
                }
            }
            Format::Json => print_json(&found.iter().map(|best| told(best)).collect::<Vec<_>>())?,
            Format::Toml => put!("{}", toml(&found)?),
        }
        Ok(DONE)
    }
}

/// Why the models of which no setting counts have none, line by line.
pub(super) fn passed_over(of_sweep: &BestSettings) -> Vec<String> {
    let told = |(model, troubles): &(String, String)| match troubles.as_str() {
        "" => format!("no setting of {model} counts: none has an AUROC"),
        troubles => format!("no setting of {model} counts: {troubles}"),
    };
    of_sweep.without.iter().map(told).collect()
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

fn print(sweep: &str, of_sweep: &BestSettings) {
    if !of_sweep.found.is_empty() {
        tell!("{sweep}:");
        lines(&of_sweep.found).iter().for_each(|line| tell!("  {line}"));
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
fn toml<'s>(found: &[&'s Setting]) -> Result<&'s str, Failure> {
    let best = found.iter().max_by(|one, other| one.auroc.total_cmp(&other.auroc));
    best.and_then(|best| best.file.as_deref()).ok_or_else(|| {
        Failure::new(
            "the best setting was run by an earlier build, whose configuration is not understood; run its sweep again",
        )
    })
}
