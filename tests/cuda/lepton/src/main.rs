//! Copies a folder with its JPEG files made a quarter smaller, and back, bit for bit.
//!
//!     lepton pack FROM TO
//!     lepton unpack FROM TO

use std::ffi::OsStr;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::thread::scope;

use lepton_jpeg::{DEFAULT_THREAD_POOL, EnabledFeatures, decode_lepton, encode_lepton};

/// What a packed file's name ends with.
const PACKED: &str = "lepton";

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Copy = fn(&Path, &Path) -> Result<(), Failure>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [way, from, to] = &arguments[..] else { return Err("lepton pack|unpack FROM TO".into()) };
    let copy: Copy = if way == "pack" { pack } else { unpack };
    folder(Path::new(from), Path::new(to), copy)
}

/// Copies a folder: each of its folders in a thread of its own, for images lie in a few large ones.
fn folder(from: &Path, to: &Path, copy: Copy) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    let paths = fs::read_dir(from)?.map(|entry| entry.map(|entry| entry.path()));
    let (folders, files): (Vec<_>, Vec<_>) =
        paths.collect::<Result<Vec<_>, _>>()?.into_iter().partition(|path| path.is_dir());
    let there = |path: &Path| to.join(path.file_name().unwrap_or_default());
    scope(|scope| {
        let under_way: Vec<_> =
            folders.iter().map(|path| scope.spawn(move || folder(path, &there(path), copy))).collect();
        files.iter().try_for_each(|path| copy(path, &there(path)))?;
        under_way.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?)
    })
}

fn is_jpeg(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|end| matches!(end, "jpg" | "jpeg"))
}

/// A JPEG file that cannot be packed travels as it is.
fn pack(from: &Path, to: &Path) -> Result<(), Failure> {
    let bytes = fs::read(from)?;
    let mut packed = Vec::new();
    let features = EnabledFeatures::compat_lepton_vector_write();
    let is_packed = is_jpeg(from)
        && encode_lepton(&mut Cursor::new(&bytes), &mut Cursor::new(&mut packed), &features, &DEFAULT_THREAD_POOL)
            .is_ok()
        && unpacked(&packed).is_ok_and(|again| again == bytes);
    if is_packed {
        let mut name = to.as_os_str().to_owned();
        name.push(".");
        name.push(PACKED);
        return Ok(fs::write(name, packed)?);
    }
    Ok(fs::write(to, bytes)?)
}

fn unpack(from: &Path, to: &Path) -> Result<(), Failure> {
    let bytes = fs::read(from)?;
    match from.extension().and_then(OsStr::to_str) {
        Some(PACKED) => fs::write(to.with_extension(""), unpacked(&bytes)?)?,
        _ => fs::write(to, bytes)?,
    }
    Ok(())
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let features = EnabledFeatures::compat_lepton_vector_read();
    decode_lepton(&mut Cursor::new(packed), &mut bytes, &features, &DEFAULT_THREAD_POOL)?;
    Ok(bytes)
}
