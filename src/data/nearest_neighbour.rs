//! The nearest of many images, by their pixels.

use rayon::prelude::*;

/// Training images, to be compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Bytes 0 to 255, image after image.
    images: Vec<u8>,
    /// Bytes of one image.
    length: usize,
}

/// The nearest of the images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Its place among the images.
    pub place: usize,
    /// Root mean square difference of the pixels in gray levels, 0 to 255.
    pub distance: f64,
}

impl Nearest {
    /// Images of `length` bytes each, one after the other.
    pub fn new(images: Vec<u8>, length: usize) -> Self {
        Self { images, length }
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.images
    }

    /// Bytes of one image.
    pub fn length(&self) -> usize {
        self.length
    }

    /// One of the images.
    pub fn image(&self, place: usize) -> &[u8] {
        &self.images[place * self.length..][..self.length]
    }

    /// The nearest image to each of `wanted`, which come with the place of an image that does not
    /// count: the image itself, where it is one of them. Absent where no other image is there.
    pub fn neighbours(&self, wanted: &[(&[u8], Option<usize>)]) -> Vec<Option<Neighbour>> {
        wanted.par_iter().map(|(image, itself)| self.neighbour(image, *itself)).collect()
    }

    /// The distance of each of the images to its `k`-th nearest other one, in gray levels; absent where there are no
    /// such.
    pub fn radii(&self, k: usize) -> Option<Vec<f64>> {
        let count = self.images.len() / self.length;
        if k == 0 || count <= k {
            return None;
        }
        let radius = |place: usize| {
            let others = (0..count).filter(|other| *other != place);
            let squares =
                others.filter_map(|other| squares_below(self.image(place), self.image(other), u64::MAX));
            let mut squares: Vec<u64> = squares.collect();
            let (_, sum, _) = squares.select_nth_unstable(k - 1);
            root_mean_square(*sum, self.length)
        };
        Some((0..count).into_par_iter().map(radius).collect())
    }

    fn neighbour(&self, image: &[u8], itself: Option<usize>) -> Option<Neighbour> {
        let mut best: Option<(usize, u64)> = None;
        for (place, other) in self.images.chunks(self.length).enumerate() {
            if Some(place) == itself {
                continue;
            }
            let limit = best.map_or(u64::MAX, |(_, sum)| sum);
            if let Some(sum) = squares_below(image, other, limit) {
                best = Some((place, sum));
            }
        }
        let (place, sum) = best?;
        Some(Neighbour { place, distance: root_mean_square(sum, self.length) })
    }
}

/// The root mean square difference of two images in gray levels, if it is below `limit`.
pub(super) fn distance_below(a: &[u8], b: &[u8], limit: f64) -> Option<f64> {
    let squares = (limit * limit * a.len() as f64).ceil() as u64;
    let distance = root_mean_square(squares_below(a, b, squares)?, a.len());
    (distance < limit).then_some(distance)
}

fn root_mean_square(squares: u64, count: usize) -> f64 {
    (squares as f64 / count as f64).sqrt()
}

/// Σ (a − b)² if it is below `limit`; gives up as soon as it is not.
fn squares_below(a: &[u8], b: &[u8], limit: u64) -> Option<u64> {
    let mut sum = 0;
    for (a, b) in a.chunks(1024).zip(b.chunks(1024)) {
        let part: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum();
        sum += u64::from(part);
        if sum >= limit {
            return None;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_but_not_itself() {
        let nearest = Nearest::new(vec![0, 0, 10, 10, 4, 3], 2);
        let found = nearest.neighbours(&[(&[9, 10], None), (&[0, 0], Some(0)), (&[0, 0], None)]);
        let expected = [(1, 0.5f64.sqrt()), (2, 12.5f64.sqrt()), (0, 0.0)];
        for (found, (place, distance)) in found.into_iter().zip(expected) {
            assert_eq!(found, Some(Neighbour { place, distance }));
        }
    }

    #[test]
    fn giving_up_early_changes_nothing() {
        let image = |seed: u32| (0..3000u32).map(move |i| ((i * 7919 + seed * 104_729) % 251) as u8);
        let images: Vec<u8> = (0..20).flat_map(image).collect();
        let wanted: Vec<u8> = image(33).collect();
        let found = Nearest::new(images.clone(), 3000).neighbours(&[(&wanted, None)])[0].unwrap();
        let brute = images
            .chunks(3000)
            .map(|other| {
                let sum: f64 =
                    other.iter().zip(&wanted).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
                (sum / 3000.0).sqrt()
            })
            .fold(f64::INFINITY, f64::min);
        assert!((found.distance - brute).abs() < 1e-12);
    }

    #[test]
    fn the_limit_itself_is_not_below_it() {
        assert_eq!(distance_below(&[0, 0], &[3, 3], 3.0), None);
        assert_eq!(distance_below(&[0, 0], &[3, 3], 3.1), Some(3.0));
        assert_eq!(distance_below(&[5, 5], &[5, 5], 0.1), Some(0.0));
    }

    #[test]
    fn radii_by_hand() {
        let nearest = Nearest::new(vec![0, 1, 3, 10], 1);
        assert_eq!(nearest.radii(1), Some(vec![1.0, 1.0, 2.0, 7.0]));
        assert_eq!(nearest.radii(3), Some(vec![10.0, 9.0, 7.0, 10.0]));
        assert_eq!((nearest.radii(4), nearest.radii(0)), (None, None));
    }

    #[test]
    fn alone_it_has_no_neighbour() {
        assert_eq!(Nearest::new(vec![1, 2], 2).neighbours(&[(&[1, 2], Some(0))]), [None]);
    }
}
