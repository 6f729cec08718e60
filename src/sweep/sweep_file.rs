//! A sweep file as people save it: in UTF-8 or UTF-16, with paths that begin at home.

use std::path::{Path, PathBuf};

use super::SweepError;
use crate::spec::{Sweep, assign};

/// Reads a sweep file, with settings that take the place of its own: `epochs=5`.
///
/// # Errors
/// A file that cannot be read, or that is wrong.
pub fn read(file: &Path, assignments: &[String]) -> Result<Sweep, SweepError> {
    let bytes = std::fs::read(file).map_err(|source| SweepError::File { path: file.into(), source })?;
    let text = text_of(&bytes).ok_or_else(|| SweepError::NotText(file.into()))?;
    let given: String = assignments.iter().map(|assignment| format!(" with {assignment}")).collect();
    let mut sweep = Sweep::parse(&format!("{}{given}", file.display()), &assign(&text, assignments)?)?;
    for path in sweep.datasets.iter_mut().flat_map(|dataset| dataset.paths_mut()) {
        *path = from_home(path, std::env::home_dir());
    }
    Ok(sweep)
}

/// The text of a file in UTF-8, or in UTF-16 with its mark, as editors and shells of Windows save it.
fn text_of(bytes: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.into()).ok(),
        other => String::from_utf8(other.into()).ok().filter(|text| !text.contains('\0')),
    }
}

/// A path that begins with `~` begins at home.
fn from_home(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_editors_are_read() {
        let text = "name = \"λ\"\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(units.iter().flat_map(|unit| unit.to_le_bytes())).collect();
        let big: Vec<u8> =
            [0xfe, 0xff].into_iter().chain(units.iter().flat_map(|unit| unit.to_be_bytes())).collect();
        let marked = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &marked, &little, &big] {
            assert_eq!(text_of(bytes).as_deref(), Some(text));
        }
        assert_eq!(text_of(b"name = \"\xe9\""), None, "Latin-1");
        assert_eq!(text_of(&little[2..]), None, "UTF-16 without its mark");
    }

    #[test]
    fn a_tilde_is_home() {
        let home = || Some(PathBuf::from("/home/me"));
        assert_eq!(from_home(Path::new("~/images"), home()), Path::new("/home/me/images"));
        assert_eq!(from_home(Path::new("~"), home()), Path::new("/home/me"));
        for other in ["images", "/a/~", "~other/images"] {
            assert_eq!(from_home(Path::new(other), home()), Path::new(other));
        }
        assert_eq!(from_home(Path::new("~/a"), None), Path::new("~/a"));
    }
}
