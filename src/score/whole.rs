//! Images that were judged in tiles: the score of each is the largest of its tiles.

use super::{Judged, Score};
use crate::data::Tiles;

impl Judged {
    /// Whole images, of their judged tiles: all of an image's, one after the other. A score and its parts are those of
    /// the tile that scores highest; reconstructions are put together.
    pub fn of_whole_images(self, tiles: Tiles, tile_side: usize) -> Self {
        let count = tiles.count();
        if count == 1 {
            return self;
        }
        let scores = self.scores.chunks(count).filter_map(|of_image| {
            let highest = of_image.iter().max_by(|one, other| one.score.total_cmp(&other.score))?;
            Some(Score { image: highest.image / count, ..highest.clone() })
        });
        let made = self.reconstructions.chunks(count).map(|of_image| tiles.put_together(of_image, tile_side));
        Self { scores: scores.collect(), reconstructions: made.collect(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Parts;

    #[test]
    fn the_highest_tile_decides() {
        let score = |image: usize, score: f64| Score {
            image,
            score,
            parts: Parts::Ganomaly { latent: score, contextual: -score },
        };
        // Images 2 and 5 of four tiles each.
        let values = [0.1, 0.9, 0.3, 0.2, 0.5, 0.4, 0.6, 0.55];
        let places = [8, 9, 10, 11, 20, 21, 22, 23];
        let judged = Judged {
            scores: places.iter().zip(values).map(|(place, value)| score(*place, value)).collect(),
            reconstructions: (0..8).map(|nth| vec![nth]).collect(),
            ..Judged::default()
        };
        let whole = judged.of_whole_images(Tiles::new(2), 1);
        assert_eq!(whole.scores, [score(2, 0.9), score(5, 0.6)]);
        assert_eq!(whole.reconstructions, [[0, 1, 2, 3], [4, 5, 6, 7]]);
        assert!(whole.scores.iter().all(|score| score.score.is_finite()));
    }
}
