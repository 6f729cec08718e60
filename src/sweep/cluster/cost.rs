//! How long fits may take, before they are begun: the work of their networks at the speed of those that are done.

use std::collections::HashMap;

use super::super::plan::Planned;
use super::super::shared_searches;
use crate::id::FitId;
use crate::spec::{Label, RunConfig, Scoring, Search, Split};
use crate::train::{DeviceChoice, step_multiplications};

/// Multiplications per second where the store knows of no fit: of one core, and of a GPU. Guesses: too slow a one makes
/// tasks shorter than they should be, too fast a one longer.
const GUESSES: (f64, f64) = (5e10, 1e12);

/// Seconds that any fit takes: images are read, a store is written.
const LEAST: f64 = 2.0;

/// Seconds per multiplication, roughly.
pub(super) struct Speed(f64);

impl Speed {
    /// That of finished fits, each with its seconds; else a guess for this device.
    pub fn of(planned: &Planned, done: &[(FitId, f64)], device: DeviceChoice, on_gpu: bool) -> Self {
        let mut fits: HashMap<&FitId, f64> = HashMap::new();
        for (place, (fit_id, _)) in planned.ids.iter().enumerate() {
            *fits.entry(fit_id).or_default() += judging(planned, place);
        }
        let mut trained: HashMap<&FitId, f64> = HashMap::new();
        for (place, (fit_id, _)) in planned.ids.iter().enumerate() {
            trained.entry(fit_id).or_insert_with(|| training(planned, place));
        }
        let (mut work, mut seconds) = (0.0, 0.0);
        for (fit_id, taken) in done {
            let (Some(judged), Some(trained)) = (fits.get(fit_id), trained.get(fit_id)) else { continue };
            work += judged + trained;
            seconds += (taken - LEAST).max(0.0);
        }
        let is_gpu = on_gpu || matches!(device, DeviceChoice::Cuda(_) | DeviceChoice::Wgpu(_));
        let guess = 1.0 / if is_gpu { GUESSES.1 } else { GUESSES.0 };
        Self(if work > 0.0 && seconds > 0.0 { seconds / work } else { guess })
    }

    /// Seconds of a fit whose runs stand in these places, trained or not.
    pub fn seconds(&self, planned: &Planned, runs: &[usize], is_trained: bool) -> f64 {
        let training = runs.first().filter(|_| !is_trained).map_or(0.0, |place| training(planned, *place));
        let searches: Vec<Option<Search>> = runs.iter().map(|place| planned.runs[*place].search()).collect();
        let judged = runs.iter().map(|place| judging(planned, *place));
        let judging = shared_searches::work(searches.iter().zip(judged));
        LEAST + (training + judging) * self.0
    }
}

/// Multiplications of a run's training.
fn training(planned: &Planned, place: usize) -> f64 {
    let run = &planned.runs[place];
    let Some(gan) = run.fit.gan() else { return 0.0 };
    let dataset = planned.dataset_of(place);
    let images = (dataset.count(Split::Train, Label::Normal) * dataset.tiles.count()) as f64;
    let images = images * (1.0 - run.fit.holdout);
    step_multiplications(&run.fit) as f64 * images * gan.epochs as f64
}

/// Multiplications of a run's judging.
fn judging(planned: &Planned, place: usize) -> f64 {
    let dataset = planned.dataset_of(place);
    let images = dataset.count(Split::Test, Label::Normal) + dataset.count(Split::Test, Label::Anomaly);
    let images = (images * dataset.tiles.count()) as f64;
    step_multiplications(&planned.runs[place].fit) as f64 * images * passes(&planned.runs[place])
}

/// What judging an image takes, in steps of training: a step of a latent search goes forward and backward through a
/// generator and a discriminator, once each.
fn passes(run: &RunConfig) -> f64 {
    match &run.scoring {
        Scoring::Anogan(search) => (search.search_steps * search.restarts) as f64 / 2.0,
        Scoring::Ganomaly(_) => 1.0 / 6.0,
        Scoring::Pca { .. } | Scoring::Nearest | Scoring::Brightness { .. } => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    #[test]
    fn what_is_done_tells_how_long_the_rest_takes() {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 24 }\n[base]\n\
                    image_size = 16\nwidth = 4\nbatch_size = 8\n[grid]\nmodel = \"ganomaly\"\nepochs = [10, 1000]\n";
        let planned = crate::sweep::plan("t.toml", Sweep::parse("t.toml", text).unwrap()).unwrap();
        let guess = Speed::of(&planned, &[], DeviceChoice::Cpu, false);
        let [short, long] = [0, 1].map(|place| guess.seconds(&planned, &[place], false));
        assert!(short >= LEAST && long > short, "{short} {long}");
        assert!(guess.seconds(&planned, &[1], true) < long, "trained already");
        let on_gpu = Speed::of(&planned, &[], DeviceChoice::Auto, true).seconds(&planned, &[1], false);
        assert!(on_gpu < long);

        let done = [(planned.ids[0].0.clone(), LEAST + 6.0)];
        let known = Speed::of(&planned, &done, DeviceChoice::Cpu, false);
        assert!((known.seconds(&planned, &[0], false) - LEAST - 6.0).abs() < 1e-6);
        let hundredfold = (known.seconds(&planned, &[1], false) - LEAST) / 6.0;
        assert!((80.0..=100.0).contains(&hundredfold), "{hundredfold}");
    }
}
