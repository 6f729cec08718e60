//! What a trained generator makes, beside the images that it was trained on and those that were held out.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::job::FitJob;
use super::trained::Trained;
use crate::data::{Nearest, Pixels};
use crate::eval::{Generated, NEIGHBOURS, coverage, novelty};
use crate::random::{normal_noise, rng};

/// Images made at once.
const BATCH: usize = 64;
/// Held-out images that are looked at, at most.
const MOST: usize = 500;
/// Images are compared at this side, as near-duplicates are.
const SIDE: usize = 32;

/// Compares as many made images as there are held-out ones: made of noise by AnoGAN, of those images by GANomaly.
/// Nothing is told of baselines, nor without held-out images; diversity is known from the training's last epoch.
pub(super) fn examine(trained: &Trained, job: &FitJob<'_>) -> Generated {
    let pixels = job.pixels.with_white_level(job.config.gan().map_or(255.0, |gan| gan.white_level));
    let held_out = &job.partition.held_out[..job.partition.held_out.len().min(MOST)];
    let made = made(trained, job, &pixels, held_out);
    if made.is_empty() {
        return Generated::default();
    }
    let small = |index: &usize| reduced(pixels.image(*index), &pixels);
    let held_out: Vec<Vec<u8>> = held_out.iter().map(small).collect();
    let train: Vec<Vec<u8>> = job.partition.train.iter().map(small).collect();
    compare(&made, &held_out, &train)
}

/// Coverage and novelty of made images beside held-out and training images of the same length.
fn compare(made: &[Vec<u8>], held_out: &[Vec<u8>], train: &[Vec<u8>]) -> Generated {
    let of = |images: &[Vec<u8>]| Nearest::new(images.concat(), made[0].len());
    let (from_train, from_made) = (of(train), of(made));
    Generated {
        diversity: None,
        coverage: of(held_out)
            .radii(NEIGHBOURS)
            .and_then(|radii| coverage(&radii, &distances(&from_made, held_out))),
        novelty: novelty(&distances(&from_train, made), &distances(&from_train, held_out)),
    }
}

/// The distance of each of `images` to its nearest.
fn distances(nearest: &Nearest, images: &[Vec<u8>]) -> Vec<f64> {
    let wanted: Vec<(&[u8], Option<usize>)> = images.iter().map(|image| (&image[..], None)).collect();
    nearest.neighbours(&wanted).into_iter().flatten().map(|neighbour| neighbour.distance).collect()
}

/// One made image for each held-out one, reduced.
fn made(trained: &Trained, job: &FitJob<'_>, pixels: &Pixels, held_out: &[usize]) -> Vec<Vec<u8>> {
    let latent_size = job.config.gan().map_or(0, |gan| gan.latent_size);
    // The noise that the held-out images' metrics are measured with.
    let mut noise = rng(job.config.seed, "valid noise", 0);
    let batch = |indices: &[usize]| -> Option<Tensor<4>> {
        match trained {
            Trained::Anogan(network) => {
                let noise = normal_noise(&mut noise, indices.len() * latent_size);
                let noise = TensorData::new(noise, [indices.len(), latent_size]);
                Some(network.generator.valid().forward(Tensor::from_data(noise, job.device)))
            }
            Trained::Ganomaly(network) => {
                Some(network.valid().reconstruct(images(pixels, indices, job.device)).images)
            }
            Trained::Pca(_) | Trained::Nearest(_) | Trained::Brightness => None,
        }
    };
    let batches: Vec<Tensor<4>> = held_out.chunks(BATCH).map_while(batch).collect();
    batches.into_iter().flat_map(|images| read(images, pixels)).collect()
}

fn images(pixels: &Pixels, indices: &[usize], device: &Device) -> Tensor<4> {
    let shape = [indices.len(), pixels.channels, pixels.size, pixels.size];
    Tensor::from_data(TensorData::new(pixels.scaled(indices), shape), device)
}

/// Made images as reduced bytes.
fn read(images: Tensor<4>, pixels: &Pixels) -> Vec<Vec<u8>> {
    let values: Vec<f32> = images.into_data().convert::<f32>().try_to_vec().unwrap_or_default();
    let of_image = |image: &[f32]| {
        let bytes: Vec<u8> = image.iter().map(|value| pixels.to_byte(*value)).collect();
        reduced(&bytes, pixels)
    };
    values.chunks(pixels.channels * pixels.size * pixels.size).map(of_image).collect()
}

/// An image at 32×32, each pixel the mean of a block; smaller ones stay as they are.
fn reduced(image: &[u8], Pixels { size, channels, .. }: &Pixels) -> Vec<u8> {
    let block = (size / SIDE).max(1);
    let side = size / block;
    let mean = |channel: usize, row: usize, column: usize| {
        let pixels = (0..block * block).map(|nth| {
            let (y, x) = (row * block + nth / block, column * block + nth % block);
            usize::from(image[(channel * size + y) * size + x])
        });
        ((pixels.sum::<usize>() + block * block / 2) / (block * block)) as u8
    };
    (0..channels * side * side)
        .map(|place| mean(place / (side * side), place / side % side, place % side))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Partition, pixels};
    use crate::spec::{Gray, Sweep};

    /// Drawn castings: those that are trained on, held out, and further ones as a good generator would make them.
    fn castings() -> [Vec<Vec<u8>>; 3] {
        let text = "name = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 600 }\n\
                    [base]\nmodel = \"nearest\"\n";
        let sweep = Sweep::parse("t.toml", text).unwrap();
        let dataset = Dataset::open(&sweep.datasets[0]).unwrap();
        let cache = tempfile::tempdir().unwrap();
        let pixels = pixels(&dataset, 32, 1, Gray::Rec709, cache.path(), &|| ()).unwrap();
        let all = Partition::new(&dataset, 0, 0.0, 1).unwrap().train;
        let part = |from: usize, to: usize| {
            all[from..to].iter().map(|index| pixels.image(*index).to_vec()).collect()
        };
        [part(0, 400), part(400, 500), part(500, 600)]
    }

    /// Remembered images are as diverse as half of the variance of the data, and flagged all the same.
    #[test]
    fn two_remembered_images_are_flagged_and_a_healthy_set_is_not() {
        let [train, held_out, healthy] = castings();
        let found = compare(&healthy, &held_out, &train);
        assert_eq!(found.warning(), None, "{found:?}");
        assert!(found.coverage.unwrap() > 0.9 && (0.8..1.2).contains(&found.novelty.unwrap()), "{found:?}");

        let two: Vec<Vec<u8>> = (0..100).map(|nth| train[nth % 2].clone()).collect();
        let found = compare(&two, &held_out, &train);
        assert_eq!(found.novelty, Some(0.0));
        assert!(found.coverage.unwrap() <= 0.2, "{found:?}");
        assert!(found.warning().is_some(), "{found:?}");

        // All of them remembered, with a little noise: nothing is missing, and nothing is new.
        let noisy =
            |image: &Vec<u8>| image.iter().enumerate().map(|(at, byte)| byte ^ (at % 2) as u8).collect();
        let all: Vec<Vec<u8>> = train[..100].iter().map(noisy).collect();
        let found = compare(&all, &held_out, &train);
        assert!(found.coverage.unwrap() > 0.9 && found.novelty.unwrap() < 0.3, "{found:?}");
        assert!(found.warning().is_some());

        // Two images that nobody has seen: new, and they cover next to nothing.
        let unseen: Vec<Vec<u8>> = (0..100).map(|nth| healthy[nth % 2].clone()).collect();
        let found = compare(&unseen, &held_out, &train);
        assert!(found.novelty.unwrap() > 0.5 && found.coverage.unwrap() <= 0.2, "{found:?}");
        assert!(found.warning().is_some());
    }

    #[test]
    fn blocks_are_averaged() {
        let image: Vec<u8> = (0..64 * 64).map(|at| if at % 2 == 0 { 10 } else { 21 }).collect();
        let pixels = Pixels::new(image.clone(), 64, 1);
        assert_eq!(reduced(&image, &pixels), vec![16; 32 * 32]);
        let small = Pixels::new(vec![3; 3 * 256], 16, 3);
        assert_eq!(reduced(small.image(0), &small), vec![3; 3 * 256]);
    }
}
