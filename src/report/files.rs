//! Files that are there whole or not at all.

use std::io::Write;
use std::path::Path;

use super::ReportError;

/// Writes a file under another name and renames it, so that a reader never sees half of it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut partial = builder().tempfile_in(folder).map_err(ReportError::io(folder))?;
    partial.write_all(bytes).map_err(ReportError::io(path))?;
    partial.persist(path).map_err(|error| ReportError::io(path)(error.error))?;
    Ok(())
}

/// Temporary files are for their owner alone, reports for whoever may read the folder.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask
    builder
}

#[cfg(test)]
mod tests {
    #[test]
    fn replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        for text in ["one", "two"] {
            super::write(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        super::write(&ours, b"").unwrap();
        std::fs::write(&usual, b"").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(usual));
    }
}
