//! The shape of a 4×4 convolution of stride 2 and padding 1, and which pixels its windows cover.

/// A 4×4 convolution of stride 2 and padding 1 between a large map, [batch, height, width, large], and a
/// small one, [batch, height/2, width/2, small]. It leads from the large map to the small one; its
/// transpose leads back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Strided {
    /// Images.
    pub batch: usize,
    /// Rows of the large map, even.
    pub height: usize,
    /// Columns of the large map, even.
    pub width: usize,
    /// Channels of the large map.
    pub large: usize,
    /// Channels of the small map.
    pub small: usize,
}

impl Strided {
    /// Numbers in the large map.
    pub fn large_len(&self) -> usize {
        self.batch * self.height * self.width * self.large
    }

    /// Numbers in the small map.
    pub fn small_len(&self) -> usize {
        self.small_pixels() * self.small
    }

    /// Numbers in the weights.
    pub fn weights_len(&self) -> usize {
        16 * self.large * self.small
    }

    /// Pixels of the small map in all images.
    pub(super) fn small_pixels(&self) -> usize {
        self.batch * self.small_height() * self.small_width()
    }

    pub(super) fn small_height(&self) -> usize {
        self.height / 2
    }

    pub(super) fn small_width(&self) -> usize {
        self.width / 2
    }

    /// Where the channels of a pixel of the large map begin; absent in the padding.
    #[inline(always)]
    pub(super) fn large_at(&self, image: usize, row: isize, column: isize) -> Option<usize> {
        let inside = (0..self.height as isize).contains(&row) && (0..self.width as isize).contains(&column);
        let pixel = (image * self.height).wrapping_add_signed(row) * self.width;
        inside.then(|| pixel.wrapping_add_signed(column) * self.large)
    }

    /// Where the channels of a pixel of the small map begin.
    #[inline(always)]
    pub(super) fn small_at(&self, image: usize, row: usize, column: usize) -> usize {
        ((image * self.small_height() + row) * self.small_width() + column) * self.small
    }
}
