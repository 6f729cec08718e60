//! Agreement of the latent search with PyTorch: `tests/parity/golden.py` made the values.

use std::ops::ControlFlow;

use super::Images;
use burn::module::Module;

use super::anogan::{Found, Real, Searcher};
use crate::data::{Partition, Pixels};
use crate::golden::{Golden, Place, assert_close, shape, weights};
use crate::model::{Dcgan, load_weights};
use crate::random::rng;
use crate::spec::{Discriminator, Reduction, Residual, Search, SearchStart, Weighing};

pub(crate) fn searches(place: &Place) {
    place.cases.iter().for_each(|of| case(place, *of));
}

/// Twenty steps end where PyTorch's do (`tests/parity/golden.py`).
fn case(place: &Place, (size, channels): (usize, usize)) {
    let search = Search {
        lambda: 0.1,
        weighing: Weighing::Raw,
        search_steps: 20,
        search_learning_rate: 1e-2,
        restarts: 1,
        reduction: Reduction::Sum,
        start: SearchStart::Normal,
        residual: Residual::Absolute,
    };
    let case = format!("dcgan-{size}x{channels}");
    let golden = Golden::read(&case);
    let mut network =
        Dcgan::new(shape(size, channels), Discriminator::Trunk, false, &mut rng(0, "test", 0), &place.device);
    load_weights(&mut network, &weights(&case)).unwrap();
    let (pixels, partition) = (Pixels::new(Vec::new(), size, channels), Partition::none());
    let searcher = Searcher {
        network: &network,
        search: &search,
        images: Images { pixels: &pixels, partition: &partition, indices: &[] },
        device: &place.device,
        seed: 0,
        latent_size: 8,
    };
    let batch = golden.batch(0, &place.device.clone().autodiff());
    let frozen = network.clone().train().freeze();
    let real = Real { features: frozen.discriminator.features(batch.images.clone()), x: batch.images };
    let found = searcher.descend(&frozen, &real, batch.noise, &mut || ControlFlow::Continue(())).unwrap();
    let of = |value: fn(&Found) -> f64| found.iter().map(|found| value(found) as f32).collect::<Vec<_>>();
    for (name, found) in [
        ("search.residual", of(|found| found.residual)),
        ("search.discrimination", of(|found| found.discrimination)),
    ] {
        assert_close(&found, golden.values(name), place.scores, &format!("{case} {name}"));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn searches_as_in_pytorch() {
        super::searches(&crate::golden::cpu());
    }
}
