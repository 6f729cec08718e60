//! Agreement with PyTorch, from the same weights on the same images: `tests/parity/golden.py` made the values.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use burn::train::TrainStep;

use super::anogan::AnoganTrainer;
use super::ganomaly::{self, GanomalyTrainer};
use super::losses::Losses;
use crate::data::Batch;
use crate::golden::{CASES, Golden, assert_close, shape, weights};
use crate::model::{Dcgan, Ganomaly, load_weights};
use crate::random::rng;
use crate::spec::{Network, Sweep, Updates};

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

fn assert_tensors_close(found: &BTreeMap<String, Vec<f32>>, golden: &Golden, prefix: &str, what: &str) {
    let expected = golden.names().filter(|name| name.starts_with(prefix));
    let mut compared = 0;
    for name in expected {
        let own = &found[name.strip_prefix(prefix).unwrap()];
        assert_close(own, golden.values(name), 1e-4, &format!("{what} {name}"));
        compared += 1;
    }
    assert!(compared > 5, "{what}: only {compared} tensors compared");
}

/// Three steps from the golden weights: losses of each, gradients of the first, weights at the end.
fn three_steps<M>(
    mut trainer: M,
    names: &[&str],
    case: &str,
    ends_as: &str,
    network: impl Fn(&M) -> BTreeMap<String, Vec<f32>>,
) where
    M: Module + TrainStep<Input = Batch, Output = Losses>,
{
    let golden = Golden::read(case);
    let device = Device::flex().autodiff();
    let mut adam = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999).with_epsilon(1e-8).init();
    for step in 0..STEPS {
        let output = trainer.step(golden.batch(step, &device));
        for (name, loss) in names.iter().zip(output.item.values()) {
            // Only simultaneous updates leave the golden weights behind them.
            if ends_as != "trained." {
                break;
            }
            if let Some(expected) = golden.get(&format!("loss.{step}.{name}")) {
                assert_close(&[loss as f32], expected, 1e-5, &format!("{case}, step {step}, {name}"));
            }
        }
        if step == 0 && ends_as == "trained." {
            let gradients = named(&trainer, Some(&output.grads));
            let gradients =
                gradients.into_iter().map(|(name, of)| (name.replacen("network.", "", 1), of)).collect();
            assert_tensors_close(&gradients, &golden, "gradient.", case);
        }
        trainer = trainer.optimize(&mut adam, ModuleLearningRate::from(LEARNING_RATE), output.grads);
    }
    assert_tensors_close(&network(&trainer), &golden, ends_as, case);
}

/// The published training of a model.
fn published(model: &str) -> Network {
    let text = format!(
        "name = \"parity\"\ndataset = {{ kind = \"synthetic\", scene = \"casting\", count = 8 }}\n\
         [base]\nmodel = \"{model}\"\n"
    );
    Sweep::parse("parity.toml", &text).unwrap().runs.remove(0).fit.network
}

fn dcgan(case: &str, size: usize, channels: usize) -> Dcgan {
    let mut network = Dcgan::new(shape(size, channels), false, &mut rng(0, "test", 0), &Device::flex());
    load_weights(&mut network, &weights(case)).unwrap();
    network
}

#[test]
fn dcgan_trains_as_in_pytorch() {
    for (size, channels) in CASES {
        let case = format!("dcgan-{size}x{channels}");
        let Network::Anogan(mut training) = published("anogan") else { unreachable!() };
        for (updates, ends_as) in [(Updates::Simultaneous, "trained."), (Updates::Alternating, "alternated.")]
        {
            training.updates = updates;
            let trainer = AnoganTrainer::new(dcgan(&case, size, channels), &training);
            let names = trainer.names().0;
            three_steps(trainer.train(), names, &case, ends_as, |trainer| named(&trainer.network, None));
        }
    }
}

#[test]
fn ganomaly_trains_as_in_pytorch() {
    for (size, channels) in CASES {
        let case = format!("ganomaly-{size}x{channels}");
        let mut network = Ganomaly::new(shape(size, channels), &mut rng(0, "test", 0), &Device::flex());
        load_weights(&mut network, &weights(&case)).unwrap();
        let Network::Ganomaly(training) = published("ganomaly") else { unreachable!() };
        let trainer = GanomalyTrainer::new(network, &training, 0).train();
        three_steps(trainer, ganomaly::TRAIN_LOSSES, &case, "trained.", |trainer| {
            named(&trainer.network, None)
        });
    }
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
    let trained = trainer.optimize(&mut adam, ModuleLearningRate::from(LEARNING_RATE), output.grads).network;
    assert_eq!(named(&trained.second_encoder, None), before.0);
    assert_ne!(named(&trained.encoder, None), before.1);
}
