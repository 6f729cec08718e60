//! Agreement with PyTorch, from the same weights on the same images: `tests/parity/golden.py` made the values.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::train::TrainStep;

use super::anogan::AnoganTrainer;
use super::ganomaly::{self, GanomalyTrainer};
use super::losses::Losses;
use crate::data::Batch;
use crate::golden::{Golden, Place, assert_close, shape, weights};
use crate::kernels::Adam;
use crate::model::{Dcgan, Ganomaly, Shape, load_weights};
use crate::random::rng;
use crate::spec::{Discriminator, Network, Precision, Sweep, Updates};

const STEPS: usize = 3;
const LEARNING_RATE: f64 = 2e-4;

/// Every float parameter by its path; with gradients, those instead of the values.
#[derive(Default)]
struct Named<'a> {
    path: Vec<String>,
    gradients: Option<&'a GradientsParams>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Named<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => gradients.get::<D>(param.id),
            None => Some(param.val()),
        };
        if let Some(tensor) = tensor {
            self.found.insert(self.path.join("."), tensor.into_data().try_to_vec().unwrap());
        }
    }
}

fn named<M: Module>(network: &M, gradients: Option<&GradientsParams>) -> BTreeMap<String, Vec<f32>> {
    let mut visitor = Named { gradients, ..Named::default() };
    network.visit(&mut visitor);
    visitor.found
}

fn assert_tensors_close(
    found: &BTreeMap<String, Vec<f32>>,
    (golden, prefix): (&Golden, &str),
    tolerance: f32,
    what: &str,
) {
    let expected = golden.names().filter(|name| name.starts_with(prefix));
    let mut compared = 0;
    for name in expected {
        let own = &found[name.strip_prefix(prefix).unwrap()];
        assert_close(own, golden.values(name), tolerance, &format!("{what} {name}"));
        compared += 1;
    }
    assert!(compared > 5, "{what}: only {compared} tensors compared");
}

/// Three steps from the golden weights: losses of each, gradients of the first, weights at the end.
fn three_steps<M>(
    mut trainer: M,
    place: &Place,
    names: &[&str],
    case: &str,
    ends_as: &str,
    network: impl Fn(&M) -> BTreeMap<String, Vec<f32>>,
) where
    M: Module + TrainStep<Input = Batch, Output = Losses>,
{
    let golden = Golden::read(case);
    let device = place.device.clone().autodiff();
    // Only simultaneous updates leave the golden losses behind them.
    let has_losses = ends_as == "trained.";
    let mut compared = 0;
    let mut adam = ModuleOptimizer::from(Adam { beta_1: 0.5, beta_2: 0.999, epsilon: 1e-8 });
    for step in 0..STEPS {
        let output = trainer.step(golden.batch(step, &device));
        for (name, loss) in names.iter().zip(output.item.values()) {
            if let Some(expected) = golden.get(&format!("loss.{step}.{name}"))
                && has_losses
            {
                assert_close(&[loss as f32], expected, place.losses, &format!("{case}, step {step}, {name}"));
                compared += 1;
            }
        }
        if step == 0 && has_losses {
            let gradients = named(&trainer, Some(&output.grads));
            let gradients =
                gradients.into_iter().map(|(name, of)| (name.replacen("network.", "", 1), of)).collect();
            assert_tensors_close(&gradients, (&golden, "gradient."), place.tensors, case);
        }
        trainer = trainer.optimize(&mut adam, ModuleLearningRate::from(LEARNING_RATE), output.grads);
    }
    assert!(compared >= 2 * STEPS || !has_losses, "{case}: only {compared} losses compared");
    assert_tensors_close(&network(&trainer), (&golden, ends_as), place.tensors, case);
}

/// The published training of a model.
fn published(model: &str) -> Network {
    let text = format!(
        "name = \"parity\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n\
         [base]\nmodel = \"{model}\"\n"
    );
    Sweep::parse("parity.toml", &text).unwrap().runs.remove(0).fit.network
}

fn dcgan_case(place: &Place, (size, channels): (usize, usize), updates: Updates, ends_as: &str) {
    let case = format!("dcgan-{size}x{channels}");
    let mut network =
        Dcgan::new(shape(size, channels), Discriminator::Trunk, false, &mut rng(0, "test", 0), &place.device);
    load_weights(&mut network, &weights(&case)).unwrap();
    let Network::Anogan(mut training) = published("anogan") else { unreachable!() };
    training.updates = updates;
    let trainer = AnoganTrainer::new(network, &training);
    let names = trainer.names().0;
    three_steps(trainer.train(), place, names, &case, ends_as, |trainer| named(&trainer.network, None));
}

fn ganomaly_case(place: &Place, (size, channels): (usize, usize)) {
    let case = format!("ganomaly-{size}x{channels}");
    let mut network = Ganomaly::new(shape(size, channels), &mut rng(0, "test", 0), &place.device);
    load_weights(&mut network, &weights(&case)).unwrap();
    let Network::Ganomaly(training) = published("ganomaly") else { unreachable!() };
    let trainer = GanomalyTrainer::new(network, &training, 0).train();
    let names = ganomaly::TRAIN_LOSSES;
    three_steps(trainer, place, names, &case, "trained.", |trainer| named(&trainer.network, None));
}

/// Both ways of updating.
pub(crate) fn dcgan_trains(place: &Place) {
    for case in place.cases {
        dcgan_case(place, *case, Updates::Simultaneous, "trained.");
        dcgan_case(place, *case, Updates::Alternating, "alternated.");
    }
}

pub(crate) fn ganomaly_trains(place: &Place) {
    place.cases.iter().for_each(|case| ganomaly_case(place, *case));
}

/// With convolutions in bfloat16, a step is PyTorch's, and not the one in 32 bits.
pub(crate) fn bfloat16_trains(place: &Place) {
    let Some((losses, tensors)) = place.bf16 else { return };
    let case = "ganomaly-16x3";
    let (golden, full) = (Golden::bf16(case), Golden::read(case));
    let shape = Shape { precision: Precision::Bf16, ..shape(16, 3) };
    let mut network = Ganomaly::new(shape, &mut rng(0, "test", 0), &place.device);
    load_weights(&mut network, &weights(case)).unwrap();
    let Network::Ganomaly(training) = published("ganomaly") else { unreachable!() };
    let trainer = GanomalyTrainer::new(network, &training, 0).train();
    let output = trainer.step(full.batch(0, &place.device.clone().autodiff()));
    let found = named(&trainer, Some(&output.grads));
    let found = found.into_iter().map(|(name, of)| (name.replacen("network.", "", 1), of)).collect();
    assert_tensors_close(&found, (&golden, "gradient."), tensors, case);
    for (name, loss) in ganomaly::TRAIN_LOSSES.iter().zip(output.item.values()) {
        let name = format!("loss.0.{name}");
        assert_close(&[loss as f32], golden.values(&name), losses, &name);
        assert_ne!(loss as f32, full.values(&name)[0], "{name}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::cpu;
    use burn::optim::AdamConfig;
    use burn::tensor::Device;

    #[test]
    fn dcgan_trains_as_in_pytorch() {
        dcgan_trains(&cpu());
    }

    #[test]
    fn ganomaly_trains_as_in_pytorch() {
        ganomaly_trains(&cpu());
    }

    #[test]
    fn bfloat16_is_that_of_pytorch() {
        bfloat16_trains(&cpu());
    }

    /// A frozen second encoder changes no weight of it, and the other networks still learn.
    #[test]
    fn an_untrained_second_encoder_stays_as_it_is() {
        let case = "ganomaly-16x1";
        let mut network = Ganomaly::new(shape(16, 1), &mut rng(0, "test", 0), &Device::flex());
        load_weights(&mut network, &weights(case)).unwrap();
        let Network::Ganomaly(mut training) = published("ganomaly") else { unreachable!() };
        training.train_second_encoder = false;
        let before = (named(&network.second_encoder, None), named(&network.encoder, None));
        let trainer = GanomalyTrainer::new(network, &training, 0).train();
        let output = trainer.step(Golden::read(case).batch(0, &Device::flex().autodiff()));
        let mut adam = AdamConfig::new().init();
        let trained =
            trainer.optimize(&mut adam, ModuleLearningRate::from(LEARNING_RATE), output.grads).network;
        assert_eq!(named(&trained.second_encoder, None), before.0);
        assert_ne!(named(&trained.encoder, None), before.1);
    }
}
