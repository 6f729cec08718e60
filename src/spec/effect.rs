//! Which settings change no score under which others: cells of a grid that differ in those alone make one run.
//!
//! The id of a run is that of its whole configuration, with or without effect: a cell that stands alone in its file has
//! the id that it always had. Only among cells of one grid does one stand for the others.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::anogan::{AnoganTraining, Search, SearchStart};
use super::config::{Network, RunConfig, Scoring};
use super::gan::{GanTraining, Residual};
use super::ganomaly::{FeatureMatching, GanomalyScore, GanomalyTraining, LatentEncoder, Pass};
use super::identity::canonical_json;
use super::reproduce::leaves;

/// Cells of a grid that make no run of their own, all for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The model's name in sweep files.
    pub model: &'static str,
    /// In what the cells differ from the runs that stand for them: key, the cells' value, the runs' value.
    pub differences: Vec<(String, String, String)>,
    /// Why these make no difference.
    pub because: Vec<&'static str>,
    /// How many cells those are.
    pub cells: usize,
}

/// Settings of one run that change nothing, by key, with the reason.
type Idle = BTreeMap<&'static str, &'static str>;

/// One run for all cells whose settings with effect agree: the one whose settings without effect are the usual ones,
/// else the first; and what the others are.
pub(super) fn stand_ins(cells: Vec<RunConfig>) -> (Vec<RunConfig>, Vec<StandIn>) {
    let settled: Vec<(RunConfig, Idle)> = cells.iter().map(effective).collect();
    let mut chosen: HashMap<String, usize> = HashMap::new();
    for (nth, (usual, _)) in settled.iter().enumerate() {
        let place = chosen.entry(canonical_json(usual, usual.fit.model())).or_insert(nth);
        if cells[nth] == *usual {
            *place = nth;
        }
    }
    let (mut runs, mut others): (Vec<RunConfig>, Vec<StandIn>) = (Vec::new(), Vec::new());
    for (nth, (usual, idle)) in settled.iter().enumerate() {
        let standing = chosen[&canonical_json(usual, usual.fit.model())];
        if standing == nth {
            runs.push(cells[nth].clone());
            continue;
        }
        let (differences, because) = differences(&cells[nth], &cells[standing], idle);
        match others.iter_mut().find(|known| known.differences == differences && known.because == because) {
            Some(known) => known.cells += 1,
            None => {
                let model = cells[nth].fit.model().name();
                others.push(StandIn { model, differences, because, cells: 1 });
            }
        }
    }
    (runs, others)
}

type Differences = (Vec<(String, String, String)>, Vec<&'static str>);

/// In what a cell differs from the run that stands for it, and why that makes no difference.
fn differences(cell: &RunConfig, run: &RunConfig, idle: &Idle) -> Differences {
    let settings = |config: &RunConfig| {
        let mut found = Map::new();
        leaves(serde_json::to_value(config).unwrap_or_default(), &mut found);
        found
    };
    let word = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        other => other.map(Value::to_string).unwrap_or_default(),
    };
    let (of_cell, of_run) = (settings(cell), settings(run));
    let differing: Vec<&String> = of_cell.keys().filter(|key| of_cell[*key] != of_run[*key]).collect();
    let mut because: Vec<&'static str> =
        differing.iter().filter_map(|key| idle.get(key.as_str()).copied()).collect();
    because.dedup();
    let told = differing
        .iter()
        .map(|key| (key.to_string(), word(of_cell.get(*key)), word(of_run.get(*key))))
        .collect();
    (told, because)
}

/// The settings of a run that change no score beside its other ones.
pub(crate) fn without_effect(run: &RunConfig) -> Vec<&'static str> {
    effective(run).1.into_keys().collect()
}

/// The run with its settings without effect as they usually are; and which those are.
fn effective(run: &RunConfig) -> (RunConfig, Idle) {
    let (mut usual, mut idle) = (run.clone(), Idle::new());
    match (&mut usual.fit.network, &mut usual.scoring) {
        (Network::Anogan(training), Scoring::Anogan(search)) => of_anogan(training, search, &mut idle),
        (Network::Ganomaly(training), Scoring::Ganomaly(pass)) => of_ganomaly(training, pass, &mut idle),
        (Network::Nearest | Network::Brightness, _) if run.fit.holdout == 0.0 => {
            usual.fit.seed = 0;
            idle.insert("seed", "this baseline draws nothing but the held-out images, and there are none");
        }
        _ => {}
    }
    (usual, idle)
}

fn of_gan(training: &mut GanTraining, idle: &mut Idle) {
    if training.iterations > 0 {
        training.epochs = 1;
        idle.insert("epochs", "iterations decide how long the training is");
    }
}

fn of_anogan(training: &mut AnoganTraining, search: &mut Search, idle: &mut Idle) {
    of_gan(&mut training.gan, idle);
    if search.start != SearchStart::Encoder {
        training.encoder = false;
        idle.insert("encoder", "the search does not start at the encoder");
    }
    if search.search_steps == 0 {
        search.search_learning_rate = 1e-2;
        idle.insert("search_learning_rate", "there is no search");
    }
    if search.lambda == 1.0 {
        search.residual = Residual::Absolute;
        idle.insert("residual", "λ = 1 leaves the residual out of the score");
    }
}

fn of_ganomaly(training: &mut GanomalyTraining, pass: &mut Pass, idle: &mut Idle) {
    of_gan(&mut training.gan, idle);
    if training.w_enc == 0.0 {
        training.train_second_encoder = true;
        idle.insert("train_second_encoder", "with w_enc = 0 the second encoder learns nothing");
    }
    if training.w_adv == 0.0 {
        training.feature_matching = FeatureMatching::Image;
        idle.insert("feature_matching", "w_adv = 0 leaves the adversarial loss out");
    }
    match pass.score {
        GanomalyScore::Latent | GanomalyScore::LatentL1 => {
            pass.residual = Residual::Absolute;
            idle.insert("residual", "the latent scores leave the residual out");
        }
        GanomalyScore::Contextual => {
            pass.latent_encoder = LatentEncoder::Second;
            idle.insert("latent_encoder", "the contextual score leaves the latent vectors out");
        }
        GanomalyScore::Combined => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;
    use crate::spec::identity::run_id;

    fn sweep(rest: &str) -> Sweep {
        let text = format!(
            "name = \"t\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n{rest}"
        );
        Sweep::parse("t.toml", &text).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)))
    }

    /// A grid, its cells, and the runs that they make.
    const GRIDS: [(&str, usize, usize); 10] = [
        (
            "model = \"ganomaly\"\n[grid.ganomaly]\nscore = [\"latent\", \"contextual\", \"combined\"]\n\
             residual = [\"absolute\", \"squared\", \"weighted\"]\nlatent_encoder = [\"second\", \"first\"]\n",
            18,
            2 + 3 + 6,
        ),
        (
            "model = \"ganomaly\"\n[grid.ganomaly]\nw_enc = [0, 1]\ntrain_second_encoder = [true, false]\n",
            4,
            3,
        ),
        (
            "model = \"ganomaly\"\n[grid.ganomaly]\nw_adv = [0, 1]\nfeature_matching = [\"image\", \"mean\"]\n",
            4,
            3,
        ),
        ("model = \"ganomaly\"\nepochs = [1, 2]\niterations = [100, 200]\n", 4, 2),
        (
            "model = \"anogan\"\n[grid.anogan]\nlambda = [0.5, 1.0]\nresidual = [\"squared\", \"weighted\"]\n",
            4,
            3,
        ),
        ("model = \"anogan\"\n[grid.anogan]\nencoder = [true, false]\nsearch_steps = [5, 6]\n", 4, 2),
        (
            "model = \"anogan\"\n[grid.anogan]\nencoder = true\nstart = \"encoder\"\nsearch_steps = [0, 5]\n\
             search_learning_rate = [0.1, 0.2]\n",
            4,
            3,
        ),
        ("model = [\"pca\", \"nearest\"]\nseed = [0, 1, 2]\nholdout = [0.0, 0.5]\n", 12, 6 + 4),
        ("model = \"brightness\"\nseed = [4, 5]\nholdout = 0.0\n", 2, 1),
        ("model = \"ganomaly\"\nseed = [0, 1]\nholdout = 0.0\n", 2, 2),
    ];

    #[test]
    fn cells_without_a_difference_make_one_run() {
        for (grid, cells, runs) in GRIDS {
            let found = sweep(&format!("[grid]\n{grid}"));
            assert_eq!(found.runs.len(), runs, "{grid}");
            let others: usize = found.stand_ins.iter().map(|other| other.cells).sum();
            assert_eq!(others, cells - runs, "{grid}");
            for other in &found.stand_ins {
                assert!(!other.differences.is_empty(), "{grid}: {other:?}");
                assert!(!other.because.is_empty(), "{grid}: {other:?}");
            }
        }
    }

    #[test]
    fn it_is_told_which_cells_a_run_stands_for() {
        let found = sweep(
            "[grid]\nmodel = \"ganomaly\"\nseed = [0, 1]\n[grid.ganomaly]\nresidual = [\"squared\", \"absolute\"]\n",
        );
        let expected = StandIn {
            model: "ganomaly",
            differences: vec![("residual".into(), "squared".into(), "absolute".into())],
            because: vec!["the latent scores leave the residual out"],
            cells: 2,
        };
        assert_eq!(found.stand_ins, [expected]);
    }

    /// Whatever stands for it elsewhere: alone in its file, a cell keeps the id that it always had.
    #[test]
    fn a_cell_by_itself_keeps_its_id() {
        let alone = |residual: &str| {
            let text =
                format!("[base]\nmodel = \"ganomaly\"\nscore = \"latent\"\nresidual = \"{residual}\"\n");
            let found = sweep(&text);
            assert!(found.stand_ins.is_empty());
            run_id(&found.runs[0], "d")
        };
        assert_ne!(alone("absolute"), alone("weighted"));
        let both = |list: &str| {
            let found = sweep(&format!("[grid]\nmodel = \"ganomaly\"\n[grid.ganomaly]\nresidual = {list}\n"));
            run_id(&found.runs[0], "d")
        };
        assert_eq!(both("[\"weighted\", \"absolute\"]"), alone("absolute"), "the usual one stands for both");
        assert_eq!(both("[\"weighted\", \"squared\"]"), alone("weighted"), "or else the first");
    }
}
