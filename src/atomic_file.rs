//! Files that are written whole or not at all, and are read only if they still hold what was written.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Begins the name of whatever is not yet whole.
const PARTIAL: &str = ".anolab-";

/// What is not whole and was not written to for so long is of a process that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

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
/// Makes its folder where it is missing. A link leads to its file, which it keeps.
///
/// # Errors
/// A device or a pipe in its place, or whatever the file system says.
pub fn write_whole(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let path = &path.canonicalize().unwrap_or_else(|_| path.into());
    if path.exists() && !path.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is there, and no file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = builder().tempfile_in(folder)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A new folder within `parent` for what is not yet whole; it goes when it is dropped.
///
/// # Errors
/// Whatever the file system says.
pub fn partial_folder(parent: &Path) -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(PARTIAL).tempdir_in(parent)
}

/// Removes what killed processes have left in a folder: they could not.
pub fn remove_abandoned(folder: &Path, now: SystemTime) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_old = |modified| now.duration_since(modified).is_ok_and(|age| age > ABANDONED);
        let Ok(metadata) = entry.metadata() else { continue };
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) && metadata.modified().is_ok_and(is_old) {
            // Another process may be removing it, too.
            let path = entry.path();
            let removed =
                if metadata.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
            removed.ok();
        }
    }
}

/// Temporary files are for their owner alone, what we write for whoever may read the folder.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
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
    fn only_what_was_abandoned_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let entries = std::fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let killed = builder().tempfile_in(folder.path()).unwrap().keep().unwrap();
        let exporting = partial_folder(folder.path()).unwrap().keep();
        std::fs::write(exporting.join("a"), "").unwrap();
        std::fs::write(folder.path().join(".anolab"), "").unwrap();
        std::fs::write(folder.path().join("runs.csv"), "").unwrap();
        let now = SystemTime::now();
        remove_abandoned(folder.path(), now);
        assert_eq!(names().len(), 4, "they may be at work");
        remove_abandoned(folder.path(), now + 2 * ABANDONED);
        assert_eq!(names(), [".anolab", "runs.csv"]);
        drop(killed);
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
