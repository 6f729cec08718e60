//! Adam in the place of burn's: the same numbers, and the same state in records, in one pass.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::optim::{Adam as BurnAdam, AdamConfig, AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

use super::adam::Adam;
use super::choice::chosen;

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        if !chosen(&parameter.device()) {
            let config = AdamConfig::new().with_beta_1(self.beta_1).with_beta_2(self.beta_2);
            return config.with_epsilon(self.epsilon).build().step(rate, parameter, gradient, state);
        }
        let momentum = state
            .map(|state| state.momentum)
            .unwrap_or_else(|| AdaptiveMomentumState::new(0, parameter.zeros_like(), parameter.zeros_like()));
        let time = momentum.time + 1;
        let [mut parameter, gradient, mut mean, mut square] =
            [parameter, gradient, momentum.moment_1, momentum.moment_2].map(contiguous);
        let averages = (mean.storage_mut(), square.storage_mut());
        self.update(time as i32, rate as f32, parameter.storage_mut(), gradient.storage(), averages);
        let [parameter, mean, square] = [parameter, mean, square].map(Tensor::from_primitive::<Flex>);
        (parameter, Some(AdamState::new(AdaptiveMomentumState::new(time, mean, square))))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        BurnAdam::to_device(state, device)
    }
}

/// A tensor that is known to be on the flex backend.
fn contiguous<const D: usize>(x: Tensor<D>) -> FlexTensor {
    match x.try_into_primitive::<Flex>() {
        Ok(x) => x.to_contiguous(),
        Err(error) => unreachable!("{error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::super::reference::numbers;
    use super::*;

    fn tensor(seed: u64) -> Tensor<2> {
        Tensor::from_data(TensorData::new(numbers(15, seed), [3, 5]), &Device::flex())
    }

    /// Parameters and state after five steps are burn's to the bit.
    #[test]
    fn steps_as_burn_does() {
        let own = Adam { beta_1: 0.5, beta_2: 0.999, epsilon: 1e-8 };
        let of_burn = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999).with_epsilon(1e-8).build();
        let (mut found, mut expected) = ((tensor(9), None), (tensor(9), None));
        for step in 1..6 {
            found = own.step(2e-4, found.0, tensor(step), found.1);
            expected = of_burn.step(2e-4, expected.0, tensor(step), expected.1);
            found.0.to_data().assert_eq(&expected.0.to_data(), true);
        }
        let (found, expected) = (found.1.unwrap().momentum, expected.1.unwrap().momentum);
        assert_eq!(found.time, expected.time);
        found.moment_1.to_data().assert_eq(&expected.moment_1.to_data(), true);
        found.moment_2.to_data().assert_eq(&expected.moment_2.to_data(), true);
    }
}
