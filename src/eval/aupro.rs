//! AUPRO: how much of each defect is found where few normal pixels are called defective.

use super::curve::area_up_to;

/// The false positive rate up to which the area is taken.
const LIMIT: f64 = 0.3;

/// A region as a whole. Its pixels have parts of it in whole numbers, so that sums do not depend on their order.
const WHOLE: u128 = 1 << 80;

/// Which values the pixels of some regions have, in whole numbers; all regions weigh alike, whatever their size.
#[derive(Debug, Clone)]
pub struct Overlaps {
    /// By value, the parts of all regions that have it.
    parts: Vec<u128>,
    regions: u64,
}

impl Overlaps {
    /// No regions; values are under `values`.
    pub fn new(values: usize) -> Self {
        Self { parts: vec![0; values], regions: 0 }
    }

    /// Adds a region by the values of its pixels; one without pixels is none.
    pub fn add(&mut self, region: &[u16]) {
        if region.is_empty() {
            return;
        }
        let part = WHOLE / region.len() as u128;
        region.iter().for_each(|value| self.parts[usize::from(*value)] += part);
        self.regions += 1;
    }

    /// Adds the regions of another.
    pub fn and(&mut self, other: &Self) {
        self.parts.iter_mut().zip(&other.parts).for_each(|(ours, theirs)| *ours += theirs);
        self.regions += other.regions;
    }

    /// The area under the curve of per-region overlap (the share of a region that is found, averaged over regions)
    /// against the false positive rate of pixels, up to .3 and divided by it: 1 is the best, .15 is guessing (Bergmann
    /// et al. 2021, section 5.2, as their program computes it). `normal` counts how often each value is that of a
    /// normal pixel. Absent without regions or normal pixels.
    pub fn aupro(&self, normal: &[u64]) -> Option<f64> {
        let pixels: u64 = normal.iter().sum();
        if self.regions == 0 || pixels == 0 {
            return None;
        }
        let (mut above, mut found) = (0, 0);
        let values = normal.iter().zip(&self.parts).rev().filter(|(count, part)| **count > 0 || **part > 0);
        let points = values.map(|(count, part)| {
            above += count;
            found += part;
            (above as f64 / pixels as f64, found as f64 / WHOLE as f64 / self.regions as f64)
        });
        let curve: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(points).collect();
        Some(area_up_to(&curve, LIMIT) / LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regions of one and of three pixels: 2/3 are found at rates up to .2, from there it rises to 5/6 at .4.
    #[test]
    fn by_hand() {
        let mut overlaps = Overlaps::new(4);
        overlaps.add(&[3]);
        overlaps.add(&[3, 1, 0]);
        overlaps.add(&[]);
        let normal = [6, 2, 2, 0];
        let expected = (0.2 * 2.0 / 3.0 + 0.1 * (2.0 / 3.0 + 0.75) / 2.0) / 0.3;
        assert!((overlaps.aupro(&normal).unwrap() - expected).abs() < 1e-12);
        let mut twice = overlaps.clone();
        twice.and(&overlaps);
        assert_eq!(twice.aupro(&normal), overlaps.aupro(&normal));
    }

    #[test]
    fn ends_of_the_scale() {
        let mut overlaps = Overlaps::new(2);
        assert_eq!(overlaps.aupro(&[1, 1]), None, "no regions");
        overlaps.add(&[1, 1, 1]);
        assert_eq!(overlaps.aupro(&[0, 0]), None, "no normal pixels");
        assert!((overlaps.aupro(&[5, 0]).unwrap() - 1.0).abs() < 1e-12, "perfect");
        assert!((overlaps.aupro(&[0, 5]).unwrap() - 0.15).abs() < 1e-12, "all alike");
    }
}
