//! Images cut into tiles: trained on and judged one by one, and put together again.

/// Each image is cut into as many columns and rows of square tiles. Tiles are counted image by image, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    across: usize,
}

impl Tiles {
    /// `across` columns and rows; 1 leaves images as they are.
    pub fn new(across: usize) -> Self {
        Self { across: across.max(1) }
    }

    /// Side of the whole image where tiles have this one.
    pub fn whole_side(self, tile: usize) -> usize {
        self.across * tile
    }

    /// Side of a tile where whole images have this one.
    pub fn tile_side(self, whole: usize) -> usize {
        whole / self.across
    }

    /// Tiles of one image.
    pub fn count(self) -> usize {
        self.across * self.across
    }

    /// The tiles of these images.
    pub fn of_images(self, images: &[usize]) -> Vec<usize> {
        let count = self.count();
        images.iter().flat_map(|image| image * count..(image + 1) * count).collect()
    }

    /// One image, plane by plane, of its tiles of this side.
    pub fn put_together(self, tiles: &[Vec<u8>], tile: usize) -> Vec<u8> {
        let side = self.whole_side(tile);
        let channels = tiles.first().map_or(0, |bytes| bytes.len() / (tile * tile));
        let mut whole = vec![0; channels * side * side];
        for (nth, bytes) in tiles.iter().enumerate() {
            for (line, from) in bytes.chunks(tile).enumerate() {
                let start = line / tile * side * side + self.place(nth, tile, line % tile);
                whole[start..start + tile].copy_from_slice(from);
            }
        }
        whole
    }

    /// Where a row of a tile begins in a plane of the whole image.
    pub(super) fn place(self, nth: usize, tile: usize, row: usize) -> usize {
        (nth / self.across * tile + row) * self.whole_side(tile) + nth % self.across * tile
    }
}
