//! The connected regions of a mask.

/// The places of each region of marked pixels; pixels that touch by an edge or a corner belong together, as in MVTec
/// AD's evaluation.
pub(super) fn regions(marked: &[bool], width: usize) -> Vec<Vec<usize>> {
    let mut waiting = marked.to_vec();
    let mut found = Vec::new();
    for first in 0..waiting.len() {
        if !waiting[first] {
            continue;
        }
        waiting[first] = false;
        let mut region = vec![first];
        let mut next = 0;
        while let Some(place) = region.get(next).copied() {
            next += 1;
            for neighbour in around(place, width, waiting.len()) {
                if waiting[neighbour] {
                    waiting[neighbour] = false;
                    region.push(neighbour);
                }
            }
        }
        found.push(region);
    }
    found
}

/// The place itself and its up to eight neighbours.
fn around(place: usize, width: usize, length: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (place % width, place / width);
    let span = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
    span(y, length / width).flat_map(move |y| span(x, width).map(move |x| y * width + x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_connect_and_edges_of_the_image_do_not() {
        #[rustfmt::skip]
        let marked = [
            1, 0, 0, 0, 1,
            0, 1, 0, 0, 0,
            0, 1, 0, 1, 1,
            0, 0, 0, 0, 0,
            1, 0, 0, 0, 1,
        ].map(|mark| mark == 1);
        let mut found = regions(&marked, 5);
        found.iter_mut().for_each(|region| region.sort_unstable());
        assert_eq!(found, [vec![0, 6, 11], vec![4], vec![13, 14], vec![20], vec![24]]);
        assert!(regions(&[false; 6], 3).is_empty());
        assert_eq!(regions(&[true; 6], 3)[0].len(), 6);
        assert!(regions(&[], 3).is_empty());
    }
}
