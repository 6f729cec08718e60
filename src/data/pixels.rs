//! Decoded images, as bytes and as the networks see them.

use std::sync::Arc;

use super::tiles::Tiles;

/// The decoded images of a dataset in one size: bytes 0 to 255, image by image, plane by plane.
#[derive(Debug, Clone)]
pub struct Pixels {
    bytes: Arc<Vec<u8>>,
    /// Side in pixels.
    pub size: usize,
    /// Channels, 1 or 3.
    pub channels: usize,
    /// The gray level that becomes +1.
    white_level: f32,
}

impl Pixels {
    /// Images from their bytes: channels·size² each, plane by plane.
    pub fn new(bytes: Vec<u8>, size: usize, channels: usize) -> Self {
        Self { bytes: Arc::new(bytes), size, channels, white_level: 255.0 }
    }

    /// The same images, scaled so that 0 becomes −1 and `white_level` +1.
    pub fn with_white_level(&self, white_level: f64) -> Self {
        Self { white_level: white_level as f32, ..self.clone() }
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.bytes.len() / (self.channels * self.size * self.size)
    }

    /// The bytes of one image: channels·size².
    pub fn image(&self, index: usize) -> &[u8] {
        let length = self.channels * self.size * self.size;
        &self.bytes[index * length..][..length]
    }

    /// Some images as floats, in the given order.
    pub fn scaled(&self, indices: &[usize]) -> Vec<f32> {
        indices.iter().flat_map(|index| self.image(*index)).map(|byte| self.to_float(*byte)).collect()
    }

    /// A byte as the networks see it.
    pub fn to_float(&self, byte: u8) -> f32 {
        f32::from(byte) / (0.5 * self.white_level) - 1.0
    }

    /// What the networks make as a byte.
    pub fn to_byte(&self, value: f32) -> u8 {
        ((value + 1.0) * 0.5 * self.white_level).round().clamp(0.0, 255.0) as u8
    }

    /// The tiles of the images, as images of their own.
    pub fn tiles(&self, tiles: Tiles) -> Self {
        if tiles.count() == 1 {
            return self.clone();
        }
        let side = tiles.tile_side(self.size);
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for image in 0..self.count() {
            for nth in 0..tiles.count() {
                for plane in self.image(image).chunks(self.size * self.size) {
                    let rows = (0..side).map(|row| tiles.place(nth, side, row));
                    rows.for_each(|start| bytes.extend_from_slice(&plane[start..start + side]));
                }
            }
        }
        Self { bytes: Arc::new(bytes), size: side, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_and_put_together_by_hand() {
        // One gray image of 4×4, in tiles of 2×2.
        let whole = Pixels::new((0..16).collect(), 4, 1);
        let tiles = Tiles::new(2);
        let cut = whole.tiles(tiles);
        let found: Vec<&[u8]> = (0..4).map(|nth| cut.image(nth)).collect();
        assert_eq!(found, [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]);
        let parts: Vec<Vec<u8>> = found.into_iter().map(<[u8]>::to_vec).collect();
        assert_eq!(tiles.put_together(&parts, 2), whole.image(0));
    }

    #[test]
    fn images_of_colours_come_back() {
        let (side, count) = (12, 3);
        let bytes: Vec<u8> = (0..count * 3 * side * side).map(|at| (at * 7919 % 251) as u8).collect();
        let whole = Pixels::new(bytes, side, 3);
        for across in [1, 2, 3, 4] {
            let tiles = Tiles::new(across);
            let cut = whole.tiles(tiles);
            assert_eq!((cut.size, cut.count()), (side / across, count * across * across));
            for image in 0..count {
                let parts: Vec<Vec<u8>> =
                    tiles.of_images(&[image]).into_iter().map(|tile| cut.image(tile).to_vec()).collect();
                assert_eq!(tiles.put_together(&parts, side / across), whole.image(image), "{across} across");
            }
        }
        assert_eq!(Tiles::new(2).of_images(&[0, 3]), [0, 1, 2, 3, 12, 13, 14, 15]);
    }
}
