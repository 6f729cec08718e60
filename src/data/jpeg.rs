//! Whether a JPEG is whole: the decoder fills what is missing with gray and says nothing.

/// Whether the image in `bytes` comes to its end marker. What comes after it (the pictures of a phone's film, an
/// editor's notes) is none of the image's business.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut place = 2; // after the start marker
    loop {
        let Some(marker) = next_marker(bytes, &mut place) else { return false };
        match marker {
            0xD9 => return true,
            0x01 | 0xD0..=0xD8 => {} // these stand alone
            _ => {
                let Some([high, low]) = bytes.get(place..place + 2) else { return false };
                place += usize::from(u16::from_be_bytes([*high, *low]));
            }
        }
    }
}

/// Moves behind the next marker, over the data of a scan where that comes first; in it, `FF 00` is a byte.
fn next_marker(bytes: &[u8], place: &mut usize) -> Option<u8> {
    loop {
        let start = *place + bytes.get(*place..)?.iter().position(|byte| *byte == 0xFF)?;
        let after = start + bytes[start..].iter().position(|byte| *byte != 0xFF)?;
        *place = after + 1;
        if bytes[after] != 0 {
            return Some(bytes[after]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = &[0xFF, 0xD8];
    /// A segment that holds an end and a scan's beginning, as a thumbnail does.
    const THUMBNAIL: &[u8] = &[0xFF, 0xE1, 0, 8, 0xFF, 0xD9, 0xFF, 0xDA, 0, 0];
    const SCAN: &[u8] = &[0xFF, 0xDA, 0, 4, 1, 2, 17, 0xFF, 0x00, 0xFF, 0xD0, 18, 0xFF, 0xFF];
    const END: &[u8] = &[0xD9];

    #[test]
    fn the_end_of_the_image_itself_counts() {
        let whole = [START, THUMBNAIL, SCAN, END].concat();
        assert!(is_whole(&whole));
        assert!(is_whole(&[&whole[..], &[0xFF, 0xDA, 1, 2, 3]].concat()), "what comes after it does not");
        assert!(is_whole(&[START, SCAN, &[0xDA, 0, 4, 1, 2, 17, 0xFF], END].concat()), "several scans");
        for length in 0..whole.len() {
            assert!(!is_whole(&whole[..length]), "{length} bytes of {}", whole.len());
        }
    }
}
