//! The IDX format of MNIST: a magic number (two zero bytes, type, rank), big-endian sizes, data.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{DynamicImage, GrayImage};

use super::error::DataError;
use super::item::{Found, Source};
use crate::spec::{IdxSpec, Label, Split};

/// Finds the images of an IDX dataset. Anomalous training images are left out.
pub(super) fn find(spec: &IdxSpec) -> Result<Vec<Found>, DataError> {
    if !spec.root.is_dir() {
        return Err(DataError::NotFound { what: "dataset folder", path: spec.root.clone() });
    }
    let mut found = Vec::new();
    for (split, prefix) in [(Split::Train, "train"), (Split::Test, "t10k")] {
        let labels = read(&spec.root, &format!("{prefix}-labels-idx1-ubyte"), 1)?;
        let images = read(&spec.root, &format!("{prefix}-images-idx3-ubyte"), 3)?;
        if labels.sizes[0] != images.sizes[0] {
            let problem = format!("{} images, but {} labels", images.sizes[0], labels.sizes[0]);
            return Err(DataError::Idx { path: images.path, problem });
        }
        let (height, width) = (images.sizes[1], images.sizes[2]);
        for (index, class) in labels.data.iter().enumerate() {
            let label = label(spec, *class);
            if split == Split::Train && label == Label::Anomaly {
                continue;
            }
            let pixels = images.data[index * width * height..][..width * height].to_vec();
            let image = GrayImage::from_raw(width as u32, height as u32, pixels)
                .expect("the slice has width·height bytes");
            found.push(Found {
                name: format!("{prefix}/{index:05}-class-{class}"),
                split,
                label,
                source: Source::Memory(Arc::new(DynamicImage::ImageLuma8(image))),
                masks: Vec::new(),
            });
        }
    }
    Ok(found)
}

fn label(spec: &IdxSpec, class: u8) -> Label {
    let normal = match (spec.normal_class, spec.anomaly_class) {
        (Some(normal), _) => class == normal,
        (None, Some(anomaly)) => class != anomaly,
        (None, None) => true,
    };
    if normal { Label::Normal } else { Label::Anomaly }
}

/// Images that one file may hold, unpacked: 80 times those of MNIST.
const MOST_BYTES: u64 = 4 << 30;

struct Idx {
    path: PathBuf,
    sizes: Vec<usize>,
    data: Vec<u8>,
}

fn read(root: &Path, name: &str, rank: usize) -> Result<Idx, DataError> {
    let (plain, zipped) = (root.join(name), root.join(format!("{name}.gz")));
    let (path, bytes) = if plain.is_file() {
        let bytes = std::fs::read(&plain).map_err(DataError::io(&plain))?;
        (plain, bytes)
    } else if zipped.is_file() {
        let file = std::fs::File::open(&zipped).map_err(DataError::io(&zipped))?;
        let bytes = unpack(file, rank, MOST_BYTES).map_err(DataError::io(&zipped))?;
        (zipped, bytes)
    } else {
        return Err(DataError::NotFound { what: "IDX file", path: plain });
    };
    parse(&bytes, rank)
        .map_err(|problem| DataError::Idx { path: path.clone(), problem })
        .map(|(sizes, data)| Idx { path, sizes, data })
}

/// Unpacks what the header announces and a byte more, which tells that there is too much.
fn unpack(packed: impl Read, rank: usize, most: u64) -> std::io::Result<Vec<u8>> {
    let mut unpacked = flate2::read::GzDecoder::new(packed);
    let mut bytes = Vec::new();
    unpacked.by_ref().take(header(rank) as u64).read_to_end(&mut bytes)?;
    let sizes = bytes.get(4..).unwrap_or_default().chunks_exact(4).map(big_endian);
    let announced = sizes.fold(1_u64, |product, size| product.saturating_mul(size as u64));
    if announced > most {
        return Err(std::io::Error::other(format!("it announces more than {most} bytes")));
    }
    unpacked.take(announced + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Length of the magic number and the sizes.
fn header(rank: usize) -> usize {
    4 + 4 * rank
}

fn big_endian(size: &[u8]) -> usize {
    u32::from_be_bytes([size[0], size[1], size[2], size[3]]) as usize
}

fn parse(bytes: &[u8], rank: usize) -> Result<(Vec<usize>, Vec<u8>), String> {
    const UNSIGNED_BYTE: u8 = 8;
    let header = header(rank);
    if bytes.len() < header || bytes[..4] != [0, 0, UNSIGNED_BYTE, rank as u8] {
        return Err(format!("not an IDX file of unsigned bytes with {rank} dimensions"));
    }
    let sizes: Vec<usize> = bytes[4..header].chunks_exact(4).map(big_endian).collect();
    let length = sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    if sizes.contains(&0) {
        return Err(format!("nothing is in it: its sizes are {sizes:?}"));
    }
    let data = &bytes[header..];
    if length != Some(data.len()) {
        return Err(format!("{} bytes of data do not fit its sizes {sizes:?}; is it truncated?", data.len()));
    }
    Ok((sizes, data.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn parses_and_refuses() {
        let mut bytes = vec![0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9];
        assert_eq!(parse(&bytes, 1), Ok((vec![3], vec![7, 8, 9])));
        assert!(parse(&bytes, 3).is_err());
        bytes.pop();
        assert!(parse(&bytes, 1).unwrap_err().contains("truncated"));
    }

    #[test]
    fn no_more_is_unpacked_than_is_announced() {
        let packed = |sizes: u32, zeros: usize| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(&[0, 0, 8, 1]).unwrap();
            writer.write_all(&sizes.to_be_bytes()).unwrap();
            writer.write_all(&vec![0; zeros]).unwrap();
            writer.finish().unwrap()
        };
        assert_eq!(unpack(&packed(3, 3)[..], 1, 9).unwrap(), [0, 0, 8, 1, 0, 0, 0, 3, 0, 0, 0]);
        let bomb = unpack(&packed(3, 10_000_000)[..], 1, 9).unwrap();
        assert_eq!(bomb.len(), 12);
        assert!(parse(&bomb, 1).unwrap_err().contains("do not fit its sizes"));
        let error = unpack(&packed(10, 10)[..], 1, 9).unwrap_err().to_string();
        assert!(error.contains("announces more than 9 bytes"), "{error}");
        assert!(unpack(&packed(3, 3)[..10], 1, 9).is_err());
    }
}
