//! Principal components, the linear baseline.

use faer::Mat;
use rand::rngs::StdRng;
use rayon::prelude::*;

use crate::random::normal_noise;

/// The principal components of some images: what a linear autoencoder would learn.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// The mean image.
    pub mean: Vec<f32>,
    /// The components one after the other, each as long as an image, of length 1.
    pub components: Vec<f32>,
}

/// Directions beyond the wanted ones, and rounds over the images, that make the found ones exact
/// enough (Halko et al. 2011, section 4).
const OVERSAMPLING: usize = 10;
const ROUNDS: usize = 4;

/// Below this share of the largest, a singular value is rounding.
const SMALLEST: f64 = 1e-7;

/// The images have too few directions.
#[derive(Debug, thiserror::Error)]
#[error(
    "{found} of {wanted} principal components were found in the training images; ask for fewer `components`"
)]
pub struct PcaError {
    found: usize,
    wanted: usize,
}

impl Pca {
    /// The first `count` components of `images`, by randomised singular value decomposition (Halko
    /// et al. 2011, algorithms 4.4 and 5.1). Each image is a vector of the same length.
    ///
    /// # Errors
    /// The images have fewer directions than that.
    pub fn of(images: &[Vec<f32>], count: usize, rng: &mut StdRng) -> Result<Self, PcaError> {
        let (rows, columns) = (images.len(), images[0].len());
        let mut mean = vec![0.0; columns];
        for image in images {
            mean.iter_mut().zip(image).for_each(|(sum, value)| *sum += f64::from(*value) / rows as f64);
        }
        let centred =
            Mat::from_fn(rows, columns, |row, column| f64::from(images[row][column]) - mean[column]);

        let width = (count + OVERSAMPLING).min(rows).min(columns);
        let noise = normal_noise(rng, columns * width);
        let random = Mat::from_fn(columns, width, |row, column| f64::from(noise[row * width + column]));
        let orthonormal = |matrix: Mat<f64>| matrix.qr().compute_thin_Q();
        let mut range = orthonormal(&centred * random);
        for _ in 0..ROUNDS {
            let other = orthonormal(centred.transpose() * &range);
            range = orthonormal(&centred * other);
        }
        let small = range.transpose() * &centred;
        let failed = |found| PcaError { found, wanted: count };
        let decomposition = small.thin_svd().map_err(|_| failed(0))?;
        let values = decomposition.S();
        let largest = values[0].max(f64::MIN_POSITIVE);
        let found = (0..width).take_while(|nth| values[*nth] > SMALLEST * largest).count();
        if found < count {
            return Err(failed(found));
        }
        let components = (0..count)
            .flat_map(|nth| decomposition.V().col(nth).iter().map(|value| *value as f32).collect::<Vec<_>>())
            .collect();
        Ok(Self { mean: mean.into_iter().map(|value| value as f32).collect(), components })
    }

    /// Each image as the components make it.
    pub fn reconstruct(&self, images: &[Vec<f32>]) -> Vec<Vec<f32>> {
        images.par_iter().map(|image| self.one(image)).collect()
    }

    fn one(&self, image: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = image.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
        let mut made = self.mean.clone();
        for component in self.components.chunks(self.mean.len()) {
            let share: f32 = component.iter().zip(&centred).map(|(a, b)| a * b).sum();
            made.iter_mut().zip(component).for_each(|(value, part)| *value += share * part);
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::rng;

    /// Images on a plane through a point that is not zero.
    fn flat() -> Vec<Vec<f32>> {
        let noise = normal_noise(&mut rng(1, "plane", 0), 80);
        let of = |a: f32, b: f32| vec![3.0 + a, 1.0 + b, a - b, 2.0 * b, 0.5, -a, a + b, 1.0];
        noise.chunks(2).map(|two| of(two[0], two[1])).collect()
    }

    #[test]
    fn two_components_make_what_lies_on_a_plane() {
        let images = flat();
        let pca = Pca::of(&images, 2, &mut rng(0, "pca", 0)).unwrap();
        let worst = pca
            .reconstruct(&images)
            .iter()
            .flatten()
            .zip(images.iter().flatten())
            .fold(0f32, |worst, (made, value)| worst.max((made - value).abs()));
        assert!(worst < 1e-5, "{worst}");
    }

    #[test]
    fn the_error_is_the_distance_to_the_plane() {
        let images = flat();
        let pca = Pca::of(&images, 2, &mut rng(0, "pca", 0)).unwrap();
        let mut off = images[0].clone();
        off[4] += 2.0; // no image of the plane differs there, so this step is straight off it
        let made = &pca.reconstruct(&[off.clone()])[0];
        let error: f32 = made.iter().zip(&off).map(|(a, b)| (a - b).powi(2)).sum();
        assert!((error - 4.0).abs() < 1e-4, "{error}");
    }

    #[test]
    fn components_that_do_not_exist_are_an_error() {
        let same = vec![vec![1.0; 6]; 5];
        assert!(Pca::of(&same, 3, &mut rng(0, "pca", 0)).is_err());
    }
}
