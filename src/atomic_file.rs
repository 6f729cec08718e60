//! Files that are written whole or not at all, and are read only if they still hold what was written.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;

/// The name of some content: 64 hexadecimal characters.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

/// The content of a file whose digest is known.
///
/// # Errors
/// A file that cannot be read, or that holds something else.
pub fn read_verified(path: &Path, expected: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if digest(&bytes) != expected {
        return Err(Error::new(ErrorKind::InvalidData, "the content is not what was written"));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all, one part after another, and makes sure that the disk has it.
/// Makes its folder where it is missing.
///
/// # Errors
/// Whatever the file system says.
pub fn write_whole(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = builder().tempfile_in(folder)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Temporary files are for their owner alone, what we write for whoever may read the folder.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn others_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        write_whole(&ours, &[b""]).unwrap();
        std::fs::write(&usual, b"").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(usual));
    }

    #[test]
    fn what_is_not_what_was_written_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        write_whole(&path, &[b"a", b"bc"]).unwrap();
        // The published test vector of BLAKE3 for "abc".
        let name = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        assert_eq!(digest(b"abc"), name);
        assert_eq!(read_verified(&path, name).unwrap(), b"abc");
        write_whole(&path, &[b"abd"]).unwrap();
        assert!(read_verified(&path, name).unwrap_err().to_string().contains("not what was written"));
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 1, "nothing else is left");
    }
}
