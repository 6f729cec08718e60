//! Agreement with PyTorch, from the same weights on the same images: `tests/parity/golden.py` made the values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use burn::train::TrainStep;
use safetensors::SafeTensors;

use super::anogan::{self, AnoganTrainer};
use super::ganomaly::{self, GanomalyTrainer};
use super::losses::Losses;
use crate::data::Batch;
use crate::model::{Dcgan, Ganomaly, Shape, load_weights};
use crate::random::rng;
use crate::spec::GanomalyTraining;

const CASES: [(usize, usize); 4] = [(16, 1), (16, 3), (32, 1), (32, 3)];
const STEPS: usize = 3;
const LEARNING_RATE: f64 = 2e-4;

/// Named tensors of one golden file.
struct Golden(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

fn path(case: &str, kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/parity/{case}-{kind}.safetensors"))
}

impl Golden {
    fn read(case: &str) -> Self {
        let bytes = std::fs::read(path(case, "golden")).unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = read.iter().map(|(name, view)| {
            let values = view.data().chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
            (name.to_string(), (view.shape().to_vec(), values.collect()))
        });
        Self(tensors.collect())
    }

    fn values(&self, name: &str) -> &[f32] {
        &self.0.get(name).unwrap_or_else(|| panic!("no golden `{name}`")).1
    }

    fn step(&self, name: &str, step: usize) -> TensorData {
        let (shape, values) = &self.0[name];
        let count = values.len() / shape[0];
        TensorData::new(values[step * count..(step + 1) * count].to_vec(), shape[1..].to_vec())
    }

    fn batch(&self, step: usize, device: &Device) -> Batch {
        Batch {
            images: Tensor::from_data(self.step("images", step), device),
            noise: Tensor::from_data(self.step("noise", step), device),
        }
    }
}

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

/// The largest difference of two tensors, relative to the largest golden value.
fn assert_close(found: &[f32], golden: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), golden.len(), "{what}");
    let largest = golden.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    let difference = found.iter().zip(golden).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(difference <= tolerance * largest, "{what}: differs by {difference}, largest is {largest}");
}

fn assert_tensors_close(found: &BTreeMap<String, Vec<f32>>, golden: &Golden, prefix: &str, what: &str) {
    let expected = golden.0.keys().filter(|name| name.starts_with(prefix));
    let mut compared = 0;
    for name in expected {
        let own = &found[name.strip_prefix(prefix).unwrap()];
        assert_close(own, golden.values(name), 1e-4, &format!("{what} {name}"));
        compared += 1;
    }
    assert!(compared > 5, "{what}: only {compared} tensors compared");
}

/// Three steps from the golden weights: losses of each, gradients of the first, weights at the end.
fn three_steps<M>(mut trainer: M, names: &[&str], case: &str, network: impl Fn(&M) -> BTreeMap<String, Vec<f32>>)
where
    M: Module + TrainStep<Input = Batch, Output = Losses>,
{
    let golden = Golden::read(case);
    let device = Device::flex().autodiff();
    let mut adam = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999).with_epsilon(1e-8).init();
    for step in 0..STEPS {
        let output = trainer.step(golden.batch(step, &device));
        for (name, loss) in names.iter().zip(output.item.values()) {
            if let Some((_, expected)) = golden.0.get(&format!("loss.{step}.{name}")) {
                assert_close(&[loss as f32], expected, 1e-5, &format!("{case}, step {step}, {name}"));
            }
        }
        if step == 0 {
            let gradients = named(&trainer, Some(&output.grads));
            let gradients = gradients.into_iter().map(|(name, of)| (name.replacen("network.", "", 1), of)).collect();
            assert_tensors_close(&gradients, &golden, "gradient.", case);
        }
        trainer = trainer.optimize(&mut adam, ModuleLearningRate::from(LEARNING_RATE), output.grads);
    }
    assert_tensors_close(&network(&trainer), &golden, "trained.", case);
}

fn shape((image_size, channels): (usize, usize)) -> Shape {
    Shape { image_size, channels, width: 4, latent_size: 8 }
}

#[test]
fn dcgan_trains_as_in_pytorch() {
    for (size, channels) in CASES {
        let case = format!("dcgan-{size}x{channels}");
        let mut network = Dcgan::new(shape((size, channels)), &mut rng(0, "test", 0), &Device::flex());
        load_weights(&mut network, &path(&case, "weights")).unwrap();
        let trainer = AnoganTrainer { network }.train();
        three_steps(trainer, anogan::TRAIN_LOSSES, &case, |trainer| named(&trainer.network, None));
    }
}

#[test]
fn ganomaly_trains_as_in_pytorch() {
    for (size, channels) in CASES {
        let case = format!("ganomaly-{size}x{channels}");
        let mut network = Ganomaly::new(shape((size, channels)), &mut rng(0, "test", 0), &Device::flex());
        load_weights(&mut network, &path(&case, "weights")).unwrap();
        let weights = GanomalyTraining { w_adv: 1.0, w_con: 50.0, w_enc: 1.0 };
        let trainer = GanomalyTrainer::new(network, &weights, 0).train();
        three_steps(trainer, ganomaly::TRAIN_LOSSES, &case, |trainer| named(&trainer.network, None));
    }
}
