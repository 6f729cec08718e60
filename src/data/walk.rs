//! Every file beneath a folder.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::DataError;

/// A file beneath a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walked {
    /// Where it is.
    pub path: PathBuf,
    /// The names of the folders that lead to it, and its own.
    pub parts: Vec<String>,
    /// Why there is nothing to read.
    pub problem: Option<String>,
}

/// What is beneath a folder.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Its files, in the order of their paths.
    pub files: Vec<Walked>,
    /// The folders in it, each by the names that lead to it.
    pub folders: Vec<Vec<String>>,
}

/// Walks through a folder and those in it. Links are followed, but not in circles.
///
/// # Errors
/// `root` is not there, or cannot be read.
pub(super) fn walk(root: &Path) -> Result<Tree, DataError> {
    if !root.is_dir() {
        return Err(DataError::NotFound { what: "dataset folder", path: root.into() });
    }
    std::fs::read_dir(root).map_err(DataError::io(root))?;
    let mut tree = Tree::default();
    for entry in WalkDir::new(root).min_depth(1).follow_links(true) {
        let (path, problem, is_folder) = match entry {
            Ok(entry) if entry.file_type().is_dir() => (entry.into_path(), None, true),
            Ok(entry) => {
                let odd = !entry.file_type().is_file();
                (entry.into_path(), odd.then(|| "neither file nor folder".to_string()), false)
            }
            Err(error) => {
                let path = error.path().unwrap_or(root).to_path_buf();
                (path.clone(), Some(why(&path, &error)), false)
            }
        };
        let parts = parts(root, &path);
        if is_folder {
            tree.folders.push(parts);
        } else {
            tree.files.push(Walked { path, parts, problem });
        }
    }
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree.folders.sort();
    tell_apart(&mut tree.files);
    Ok(tree)
}

fn why(path: &Path, error: &walkdir::Error) -> String {
    match std::fs::read_link(path) {
        Ok(_) if error.loop_ancestor().is_some() => "a link that leads in a circle".into(),
        Ok(to) => format!("a link to {}, which cannot be read", to.display()),
        Err(_) => error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

fn parts(root: &Path, path: &Path) -> Vec<String> {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.iter().map(|part| part.to_string_lossy().replace('\\', "/")).collect()
}

/// Bytes that are no text look all alike, and a backslash as a folder's end: files that would have one name
/// are told apart by what their names are made of.
fn tell_apart(files: &mut [Walked]) {
    let mut names: Vec<String> = files.iter().map(|file| file.parts.join("/")).collect();
    names.sort();
    let twice: Vec<&String> =
        names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    if twice.is_empty() {
        return;
    }
    for file in files {
        if twice.binary_search(&&file.parts.join("/")).is_ok()
            && let (Some(last), Some(name)) = (file.parts.last_mut(), file.path.file_name())
        {
            *last = name.as_encoded_bytes().escape_ascii().to_string();
        }
    }
}
