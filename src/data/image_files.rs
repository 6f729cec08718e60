//! Image files under paths that people give: files themselves, and whatever folders hold.

use std::collections::{BTreeMap, HashSet};
use std::io::Error;
use std::path::{Path, PathBuf};

use super::error::DataError;
use super::names::{EXTENSIONS, Meaning, is_hidden, is_image, meaning, stem, surely_masked_stem};

/// An image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its folder as seen from the folder that was given; empty for a file that was given itself.
    pub folder: PathBuf,
}

/// What was found, and what was passed over.
#[derive(Debug, Default)]
pub struct ImageFiles {
    /// The images, in the order in which they were given, within a folder by name.
    pub files: Vec<ImageFile>,
    /// Hidden files, and those in hidden folders and in `__MACOSX`.
    pub hidden: usize,
    /// Files that are no images by their names, by extension in lower case; empty for none.
    pub others: BTreeMap<String, usize>,
    /// Masks: in folders of that name, and beside the images whose names they have.
    pub masks: usize,
    /// Files in the folder that was left out.
    pub left_out: usize,
    /// Folders that are reached again, by a link.
    pub repeated: usize,
    /// What cannot be looked into, and folders without images.
    pub bad: Vec<(PathBuf, DataError)>,
}

/// Finds image files: a file that is given is taken whatever its name, a folder is searched with all its subfolders,
/// but for the folder `but`.
pub fn image_files(paths: &[PathBuf], but: Option<&Path>) -> ImageFiles {
    let but = but.and_then(|folder| folder.canonicalize().ok());
    let mut found = ImageFiles::default();
    for path in paths {
        if !path.is_dir() {
            found.files.push(ImageFile { path: path.clone(), folder: PathBuf::new() });
            continue;
        }
        let seen = |found: &ImageFiles| (found.files.len(), found.bad.len(), found.masks, found.left_out);
        let before = seen(&found);
        found.search(path, Path::new(""), but.as_deref(), &mut HashSet::new());
        if seen(&found) == before {
            let error = DataError::NoImages { path: path.clone(), extensions: EXTENSIONS.join(", ") };
            found.bad.push((path.clone(), error));
        }
    }
    found
}

impl ImageFiles {
    fn search(&mut self, folder: &Path, inside: &Path, but: Option<&Path>, seen: &mut HashSet<PathBuf>) {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.into());
        if but == Some(&*real) {
            self.left_out += count(folder);
            return;
        }
        if !seen.insert(real) {
            self.repeated += 1;
            return;
        }
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(error) => return self.bad.push((folder.into(), error)),
        };
        let stems: HashSet<String> = entries
            .iter()
            .filter(|path| named_image(path) && !path.is_dir())
            .map(|path| stem_of(path))
            .collect();
        let is_mask =
            |path: &Path| surely_masked_stem(&stem_of(path)).is_some_and(|image| stems.contains(image));
        for path in &entries {
            let name = path.file_name().unwrap_or_default();
            if is_hidden(&name.to_string_lossy()) {
                self.hidden += count(path);
            } else if path.is_dir() && meaning(&name.to_string_lossy()) == Some(Meaning::Masks) {
                self.masks += count(path);
            } else if named_image(path) && is_odd(path) {
                self.bad.push((path.clone(), DataError::io(path)(Error::other("neither file nor folder"))));
            } else if path.is_dir() {
                self.search(path, &inside.join(name), but, seen);
            } else if is_image(&name.to_string_lossy()) && is_mask(path) {
                self.masks += 1;
            } else if is_image(&name.to_string_lossy()) {
                self.files.push(ImageFile { folder: inside.into(), path: path.clone() });
            } else {
                let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
                *self.others.entry(extension).or_default() += 1;
            }
        }
    }

    /// What was passed over, in words; absent where nothing was.
    pub fn passed_over(&self) -> Option<String> {
        let others = self.others.iter().map(|(extension, count)| match extension.as_str() {
            "" => (*count, "without an extension".to_string()),
            extension => (*count, format!(".{extension}")),
        });
        let kinds = [
            (self.hidden, "hidden".to_string()),
            (self.masks, if self.masks == 1 { "mask" } else { "masks" }.to_string()),
            (self.left_out, "in the folder of the maps".to_string()),
            (
                self.repeated,
                format!("link{} to folders that are read already", if self.repeated == 1 { "" } else { "s" }),
            ),
        ];
        let words = kinds.into_iter().chain(others).filter(|(count, _)| *count > 0);
        let words: Vec<String> = words.map(|(count, kind)| format!("{count} {kind}")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// Whether it is a pipe, a device or a socket: reading one that nobody named may never end.
fn is_odd(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Whether its name is that of an image which is no hidden file.
fn named_image(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_image(&name) && !is_hidden(&name)
}

fn stem_of(path: &Path) -> String {
    stem(&path.file_name().unwrap_or_default().to_string_lossy())
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = std::fs::read_dir(folder)
        .map_err(DataError::io(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(DataError::io(folder))?;
    paths.sort();
    Ok(paths)
}

/// Files at a path: 1 for a file, all that a folder holds, links not followed.
fn count(path: &Path) -> usize {
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return 1;
    }
    entries(path).map_or(0, |entries| entries.iter().map(|path| count(path)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file is found or counted.
    #[test]
    fn folders_are_searched_and_what_is_passed_over_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "b.png",
            "a.JPG",
            "sub/deep/c.webp",
            "sub/.d.png",
            ".cache/e.png",
            ".cache/x/f.txt",
            "__MACOSX/sub/._c.webp",
            "notes.txt",
            "more.TXT",
            "LICENSE",
            "maps/b-residual.png",
            "b_mask.png",
            "sub/masks/c.webp",
            "sub/e.txt",
            "sub/e_mask.png",
        ] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        let found = image_files(&[root.join("notes.txt"), root.into()], Some(&root.join("maps")));
        let files: Vec<(PathBuf, &Path)> = found
            .files
            .iter()
            .map(|file| (file.path.strip_prefix(root).unwrap().into(), file.folder.as_path()))
            .collect();
        let expected = [
            ("notes.txt", ""),
            ("a.JPG", ""),
            ("b.png", ""),
            ("sub/deep/c.webp", "sub/deep"),
            ("sub/e_mask.png", "sub"),
        ];
        assert_eq!(files, expected.map(|(file, folder)| (PathBuf::from(file), Path::new(folder))));
        assert!(found.bad.is_empty());
        let words = "4 hidden, 2 masks, 1 in the folder of the maps, 1 without an extension, 3 .txt";
        assert_eq!(found.passed_over().as_deref(), Some(words));
        assert_eq!(image_files(&[root.join("b.png")], None).passed_over(), None);
    }

    #[test]
    fn what_holds_no_images_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        let found = image_files(&[folder.path().join("empty"), folder.path().join("missing")], None);
        assert_eq!(found.files.len(), 1, "a missing file is found out when it is read");
        assert!(found.bad[0].1.to_string().contains("no images in"), "{}", found.bad[0].1);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_images_and_not_in_circles() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        std::fs::write(root.join("sub/a.png"), b"x").unwrap();
        symlink(root, root.join("sub/up")).unwrap();
        symlink(root.join("sub/a.png"), root.join("link.png")).unwrap();
        symlink(root.join("nowhere"), root.join("dangling.png")).unwrap();
        let pipe = root.join("pipe.png");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let found = image_files(&[root.into()], None);
        assert_eq!(found.bad.len(), 1, "a pipe that nobody named");
        assert_eq!(
            image_files(std::slice::from_ref(&pipe), None).files[0].path,
            pipe,
            "one that somebody named"
        );
        let names: Vec<&Path> =
            found.files.iter().map(|file| file.path.strip_prefix(root).unwrap()).collect();
        assert_eq!(names, ["dangling.png", "link.png", "sub/a.png"].map(Path::new));
        assert_eq!(found.passed_over().as_deref(), Some("1 link to folders that are read already"));
    }
}
