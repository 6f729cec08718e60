//! Random changes of training images.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::spec::Augment;

/// Draws one of the changes that `augment` allows.
pub(super) fn draw(augment: Augment, rng: &mut StdRng) -> Symmetry {
    match augment {
        Augment::None => Symmetry::default(),
        Augment::Flip => Symmetry { mirrored: rng.random(), ..Symmetry::default() },
        Augment::Dihedral => Symmetry { mirrored: rng.random(), flipped: rng.random(), turned: rng.random() },
    }
}

/// One of the eight symmetries of the square.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Symmetry {
    mirrored: bool,
    flipped: bool,
    turned: bool,
}

impl Symmetry {
    /// An image (plane after plane, `size`² bytes each) under this symmetry.
    pub fn apply(self, image: &[u8], size: usize) -> Vec<u8> {
        if self == Self::default() {
            return image.to_vec();
        }
        let from = |row: usize, column: usize| {
            let (row, column) = if self.turned { (column, row) } else { (row, column) };
            let row = if self.flipped { size - 1 - row } else { row };
            let column = if self.mirrored { size - 1 - column } else { column };
            row * size + column
        };
        let places: Vec<usize> = (0..size)
            .flat_map(|row| (0..size).map(move |column| (row, column)))
            .map(|(r, c)| from(r, c))
            .collect();
        image.chunks(size * size).flat_map(|plane| places.iter().map(|place| plane[*place])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::rng;
    use std::collections::HashSet;

    #[test]
    fn there_are_eight_symmetries_and_each_keeps_the_pixels() {
        let image: Vec<u8> = (0..18).collect();
        let mut rng = rng(0, "test", 0);
        let seen: HashSet<Vec<u8>> =
            (0..200).map(|_| draw(Augment::Dihedral, &mut rng).apply(&image, 3)).collect();
        assert_eq!(seen.len(), 8);
        for turned in &seen {
            let mut first: Vec<u8> = turned[..9].to_vec();
            assert_eq!(first.iter().map(|p| p + 9).collect::<Vec<_>>(), turned[9..], "planes turn alike");
            first.sort();
            assert_eq!(first, (0..9).collect::<Vec<_>>());
        }
        assert!(
            seen.contains(
                &[2, 1, 0, 5, 4, 3, 8, 7, 6]
                    .iter()
                    .flat_map(|p| [*p])
                    .chain([2, 1, 0, 5, 4, 3, 8, 7, 6].iter().map(|p| p + 9))
                    .collect::<Vec<u8>>()
            ),
            "mirrored left to right"
        );
        assert!(
            seen.contains(
                &[6, 3, 0, 7, 4, 1, 8, 5, 2]
                    .iter()
                    .copied()
                    .chain([6, 3, 0, 7, 4, 1, 8, 5, 2].iter().map(|p| p + 9))
                    .collect::<Vec<u8>>()
            ),
            "a quarter turn"
        );
    }

    #[test]
    fn a_flip_has_two_outcomes() {
        let mut rng = rng(0, "test", 0);
        let seen: HashSet<Vec<u8>> =
            (0..50).map(|_| draw(Augment::Flip, &mut rng).apply(&[1, 2, 3, 4], 2)).collect();
        assert_eq!(seen, HashSet::from([vec![1, 2, 3, 4], vec![2, 1, 4, 3]]));
    }
}
