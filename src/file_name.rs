//! Any text as one plain component of a path: a store of somebody else's can hold any names.

use crate::atomic_file::digest;

/// Bytes of a name: file systems take 255, and something may be put before or behind.
const LONGEST: usize = 200;

/// A name of a file or folder that stays where it is put: letters, digits, `-`, `_`, `.` and spaces, all else as
/// `_`. It begins with no dot, and a long one ends in a digest of the whole.
pub(crate) fn file_name(text: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || "-_. ".contains(c) { c } else { '_' };
    let mut name: String = text.chars().map(allowed).collect();
    if name.is_empty() || name.starts_with('.') {
        name.replace_range(..name.len().min(1), "_");
    }
    if name.len() > LONGEST {
        name.truncate(name.floor_char_boundary(LONGEST));
        name = format!("{name}-{}", &digest(text.as_bytes())[..12]);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for (text, name) in [
            ("fit.network.w_con", "fit.network.w_con"),
            ("a b", "a b"),
            ("../../x", "_._.._x"),
            ("/etc/passwd", "_etc_passwd"),
            ("..", "_."),
            ("", "_"),
            ("a\\b\0\n\u{1b}[1m", "a_b____1m"),
        ] {
            assert_eq!(file_name(text), name.to_string(), "{text:?}");
        }
        let (one, other) = ("λ".repeat(300), "λ".repeat(301));
        assert!(file_name(&one).len() < 220);
        assert_ne!(file_name(&one), file_name(&other), "long names stay apart");
    }
}
