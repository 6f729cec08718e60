//! Datasets in folders: every file is given one place, by the names that lead to it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use rand::seq::SliceRandom;

use super::account::{Account, Kind};
use super::error::DataError;
use super::item::{Found, Source};
use super::masks::{Masked, Owner, Owners, Place};
use super::names::{EXTENSIONS, Meaning, extension, is_hidden, is_image, meaning, stem, surely_masked_stem};
use super::walk::{Tree, Walked, walk};
use crate::random::rng;
use crate::spec::{FolderSpec, Label, Split};

/// Share of the normal images that becomes test images where there are no others.
const TEST_SHARE: f64 = 0.2;

/// The images of a folder dataset, and what became of every other file.
pub(super) struct Listing {
    pub found: Vec<Found>,
    pub account: Account,
}

/// Finds the images of a folder dataset.
///
/// # Errors
/// Folders that are not there or hold no image, and a layout that can be understood in more than one way.
pub(super) fn find(spec: &FolderSpec) -> Result<Listing, DataError> {
    let mut reader = Reader { spec, account: Account::default(), images: Vec::new(), masks: Vec::new() };
    match (&spec.root, &spec.train) {
        (None, Some(train)) => reader.paths(train)?,
        (root, _) => reader.root(root.as_deref().unwrap_or(Path::new(".")))?,
    }
    reader.masks_elsewhere()?;
    reader.finish()
}

/// An image and its place.
struct Image {
    name: String,
    path: PathBuf,
    split: Split,
    label: Label,
    place: Place,
}

/// A file among masks, and its place.
struct MaskFile {
    name: String,
    path: PathBuf,
    place: Place,
}

struct Reader<'a> {
    spec: &'a FolderSpec,
    account: Account,
    images: Vec<Image>,
    masks: Vec<MaskFile>,
}

/// Where the normal images of a folder are.
enum Normal {
    /// In the folder itself.
    Here,
    /// In this folder in it.
    In(String),
}

/// The folder that images of one class come from.
#[derive(Clone, Copy)]
struct Class<'a> {
    /// Its name.
    name: &'a str,
    split: Split,
    label: Label,
}

impl Reader<'_> {
    /// `train` and `test`, or normal and anomalous images beside each other.
    fn root(&mut self, root: &Path) -> Result<(), DataError> {
        let tree = walk(root)?;
        let here = |name: &str| {
            let mut folders = tree.folders.iter().filter(|parts| parts.len() == 1).map(|parts| &parts[0]);
            let exact = folders.clone().find(|folder| *folder == name);
            exact.or_else(|| folders.find(|folder| folder.eq_ignore_ascii_case(name))).cloned()
        };
        let (train, test) = (here("train"), here("test"));
        let files = self.candidates(tree, "");
        match (train, test) {
            (Some(train), test) => self.with_split(root, files, &train, test.as_deref()),
            (None, Some(test)) => Err(layout(
                root,
                format!(
                    "there is `{test}` and no `train`; name the folders with `train = \"…\"` and `test_normal = \"…\"`"
                ),
            )),
            (None, None) => self.flat(root, files),
        }
    }

    /// `train/<normal>`, `test/<normal>`, `test/<anomaly>` (all other folders of `test` by default).
    fn with_split(
        &mut self,
        root: &Path,
        files: Vec<Walked>,
        train: &str,
        test: Option<&str>,
    ) -> Result<(), DataError> {
        let beneath = |folder: &str| -> Vec<&[String]> {
            files.iter().filter(|file| file.parts[0] == folder).map(|file| &file.parts[1..]).collect()
        };
        let (in_train, in_test) = (beneath(train), test.map(beneath).unwrap_or_default());
        let normal = self.normal(&root.join(train), &in_train, true)?;
        let classes = classes(&in_test);
        let normal_test = self.normal_test(&root.join(test.unwrap_or("test")), &in_test, &normal)?;
        let anomalies =
            self.anomalies(&root.join(test.unwrap_or("test")), &in_test, normal_test.as_deref())?;
        if normal_test.is_none() && !anomalies.is_empty() {
            return Err(layout(
                &root.join(test.unwrap_or("test")),
                format!("no folder of normal test images (found: {})", listed(&classes)),
            ));
        }
        let is_split = normal_test.is_some();
        for file in files {
            let first = file.parts[0].as_str();
            let second = (file.parts.len() > 2).then(|| file.parts[1].clone());
            let class = match &second {
                _ if first == train => match &normal {
                    Normal::Here => Some((train, Label::Normal, 1)),
                    Normal::In(name) if second.as_ref() == Some(name) => {
                        Some((name.as_str(), Label::Normal, 2))
                    }
                    Normal::In(_) => None,
                },
                Some(name) if Some(first) == test && Some(name) == normal_test.as_ref() => {
                    Some((name.as_str(), Label::Normal, 2))
                }
                Some(name) if Some(first) == test && anomalies.contains(name) => {
                    Some((name.as_str(), Label::Anomaly, 2))
                }
                _ => None,
            };
            let split = if first == train { Split::Train } else { Split::Test };
            match class {
                Some((name, label, depth)) => {
                    self.image(root, file, "", depth, Class { name, split, label })?
                }
                None => self.elsewhere(file, ""),
            }
        }
        if !is_split {
            self.share();
        }
        Ok(())
    }

    /// `<normal>` and `<anomaly>` beside each other: a seeded share of the normal images is tested.
    fn flat(&mut self, root: &Path, files: Vec<Walked>) -> Result<(), DataError> {
        let parts: Vec<&[String]> = files.iter().map(|file| file.parts.as_slice()).collect();
        let normal = self.normal(root, &parts, false)?;
        let anomalies = match &normal {
            Normal::Here => BTreeSet::new(),
            Normal::In(name) => self.anomalies(root, &parts, Some(name))?,
        };
        let title =
            root.file_name().map_or_else(|| "images".into(), |name| name.to_string_lossy().into_owned());
        for file in files {
            let folder = (file.parts.len() > 1).then(|| file.parts[0].clone());
            let class = match (&normal, &folder) {
                (Normal::Here, _) => Some((title.as_str(), Split::Train, Label::Normal, 0)),
                (Normal::In(name), Some(folder)) if folder == name => {
                    Some((name.as_str(), Split::Train, Label::Normal, 1))
                }
                (_, Some(folder)) if anomalies.contains(folder) => {
                    Some((folder.as_str(), Split::Test, Label::Anomaly, 1))
                }
                _ => None,
            };
            match class {
                Some((name, split, label, depth)) => {
                    self.image(root, file, "", depth, Class { name, split, label })?;
                }
                None => self.elsewhere(file, ""),
            }
        }
        self.share();
        Ok(())
    }

    /// Paths of their own for training, normal and anomalous test images.
    fn paths(&mut self, train: &Path) -> Result<(), DataError> {
        let FolderSpec { test_normal, test_anomaly, masks, .. } = self.spec;
        let class = |name, split, label| Class { name, split, label };
        let mut wanted = vec![(train, "train", class("train", Split::Train, Label::Normal))];
        wanted.extend(
            test_normal.as_deref().map(|p| (p, "test/normal", class("normal", Split::Test, Label::Normal))),
        );
        wanted.extend(
            test_anomaly
                .as_deref()
                .map(|p| (p, "test/anomaly", class("anomaly", Split::Test, Label::Anomaly))),
        );
        let places: Vec<PathBuf> =
            wanted.iter().map(|(path, ..)| *path).chain(masks.as_deref()).map(absolute).collect();
        for (path, prefix, class) in wanted {
            // A folder that another key names is that key's alone.
            let others: Vec<Vec<String>> =
                places.iter().filter_map(|other| inside(&absolute(path), other)).collect();
            let mut tree =
                walk(path).map_err(|_| DataError::NotFound { what: "image folder", path: path.into() })?;
            tree.files.retain(|file| !others.iter().any(|other| file.parts.starts_with(other)));
            let files = self.candidates(tree, prefix);
            if files.is_empty() {
                return Err(self.no_images(path));
            }
            for file in files {
                self.image(path, file, prefix, 0, class)?;
            }
        }
        if test_normal.is_none() {
            self.share();
        }
        if let (Some(anomaly), None) = (test_anomaly, masks) {
            self.note_masks_beside(anomaly);
        }
        Ok(())
    }

    /// The files that may be images; the others are put down in the account.
    fn candidates(&mut self, tree: Tree, prefix: &str) -> Vec<Walked> {
        let explicit = self.masks_in_root();
        let mut candidates = Vec::new();
        for file in tree.files {
            let name = shown(prefix, &file.parts);
            let last = file.parts.last().map_or("", String::as_str);
            if file.parts.iter().any(|part| is_hidden(part)) {
                self.account.add(name, Kind::Hidden, "");
            } else if let Some(problem) = file.problem {
                self.account.add(name, Kind::Broken, problem);
            } else if !is_image(last) {
                let kind =
                    extension(last).map_or("without extension".into(), |extension| format!(".{extension}"));
                self.account.add(name, Kind::NotRead, kind);
            } else if let Some(masks) = &explicit
                && file.parts.starts_with(masks)
            {
                let place = Place { class: None, inside: file.parts[masks.len()..].to_vec() };
                self.masks.push(MaskFile { name, path: file.path, place });
            } else {
                candidates.push(file);
            }
        }
        self.note_empty(&tree.folders, &candidates, prefix);
        candidates
    }

    fn note_empty(&mut self, folders: &[Vec<String>], files: &[Walked], prefix: &str) {
        let full: HashSet<&[String]> = files
            .iter()
            .map(|file| file.parts.as_slice())
            .chain(self.masks.iter().map(|mask| mask.place.inside.as_slice()))
            .flat_map(|parts| (0..parts.len()).map(move |length| &parts[..length]))
            .collect();
        let explicit = self.masks_in_root();
        let empty = folders.iter().filter(|folder| {
            let parent = &folder[..folder.len() - 1];
            !folder.iter().any(|part| is_hidden(part))
                && !full.contains(folder.as_slice())
                && (parent.is_empty() || full.contains(parent))
                && !explicit.as_ref().is_some_and(|masks| {
                    masks.starts_with(folder.as_slice()) || folder.starts_with(masks.as_slice())
                })
        });
        let empty: Vec<String> = empty.map(|folder| shown(prefix, folder)).collect();
        self.account.empty.extend(empty);
    }

    /// Takes an image, unless a folder inside its class's says that it is something else. `depth` parts of
    /// its path lead to the class's folder.
    fn image(
        &mut self,
        root: &Path,
        file: Walked,
        prefix: &str,
        depth: usize,
        class: Class<'_>,
    ) -> Result<(), DataError> {
        let Class { name: class_name, split, label } = class;
        let name = shown(prefix, &file.parts);
        let inside = &file.parts[depth..];
        for (nth, folder) in inside[..inside.len() - 1].iter().enumerate() {
            if ["train", "test"].contains(&folder.to_lowercase().as_str()) {
                let place =
                    file.parts[..depth + nth].iter().fold(root.to_path_buf(), |path, part| path.join(part));
                return Err(layout(
                    &place,
                    format!(
                        "it holds a dataset of its own (`{folder}`): give it as `root`, or name the folders with \
                         `train`, `test_normal` and `test_anomaly`"
                    ),
                ));
            }
            let aside = match (meaning(folder), label) {
                (Some(Meaning::Masks), _) if self.spec.masks.is_none() => {
                    let place = Place { class: Some(class_name.into()), inside: inside[nth + 1..].to_vec() };
                    self.masks.push(MaskFile { name, path: file.path, place });
                    return Ok(());
                }
                (Some(Meaning::Masks | Meaning::Aside), _)
                | (Some(Meaning::Anomalous), Label::Normal)
                | (Some(Meaning::Normal), Label::Anomaly) => true,
                _ => false,
            };
            if aside {
                let place = shown(prefix, &file.parts[..=depth + nth]);
                self.account.add(name, Kind::Aside, format!("{place}/"));
                return Ok(());
            }
        }
        let place = Place { class: Some(class_name.into()), inside: inside.to_vec() };
        self.images.push(Image { name, path: file.path, split, label, place });
        Ok(())
    }

    /// A file in no class's folder: a mask, or left aside.
    fn elsewhere(&mut self, file: Walked, prefix: &str) {
        let name = shown(prefix, &file.parts);
        let folders = &file.parts[..file.parts.len() - 1];
        let masks = folders.iter().position(|folder| meaning(folder) == Some(Meaning::Masks));
        match masks {
            Some(nth) if self.spec.masks.is_none() && nth < 2 => {
                let place = Place { class: None, inside: file.parts[nth + 1..].to_vec() };
                self.masks.push(MaskFile { name, path: file.path, place });
            }
            _ => {
                let place = match folders {
                    [] => "the folder itself".into(),
                    some => format!("{}/", shown(prefix, &some[..some.len().min(2)])),
                };
                self.account.add(name, Kind::Aside, place);
            }
        }
    }

    /// Where the normal images are; `with_folders`: images beside folders of no known name are normal, too.
    fn normal(&self, root: &Path, files: &[&[String]], with_folders: bool) -> Result<Normal, DataError> {
        let classes = classes(files);
        if let Some(name) = &self.spec.normal {
            return match named(&folders(files), name) {
                Some(found) => Ok(Normal::In(found)),
                None if root.join(name).is_dir() => Err(self.no_images(&root.join(name))),
                None => Err(DataError::NotFound { what: "image folder", path: root.join(name) }),
            };
        }
        let here = files.iter().any(|parts| parts.len() == 1);
        let known: Vec<&String> =
            classes.iter().filter(|name| meaning(name) == Some(Meaning::Normal)).collect();
        match known.as_slice() {
            [name] => return Ok(Normal::In(name.to_string())),
            [] if let Some(empty) = empty_normal(root) => return Err(self.no_images(&empty)),
            [] if here && (with_folders || classes.is_empty()) => return Ok(Normal::Here),
            [] if !here && classes.len() == 1 => {
                let name = classes.first().cloned().unwrap_or_default();
                if meaning(&name) != Some(Meaning::Anomalous) {
                    return Ok(Normal::In(name));
                }
            }
            _ => {}
        }
        let datasets = |name: &&String| {
            files
                .iter()
                .any(|parts| parts[0] == **name && parts.len() > 2 && parts[1].eq_ignore_ascii_case("train"))
        };
        let hint = match classes.iter().find(datasets) {
            Some(name) => format!("`{name}` seems to be a dataset of its own: give it as `root`"),
            None => "name it with `normal = \"…\"` (init: --normal), or give `train`, `test_normal` and \
                     `test_anomaly`"
                .into(),
        };
        let found = match (classes.is_empty(), here) {
            (true, _) => self.others_found(),
            (false, true) => format!("{}, and images beside them", listed(&classes)),
            (false, false) => listed(&classes),
        };
        Err(layout(
            root,
            format!("cannot tell which folder holds the normal images (found: {found}); {hint}"),
        ))
    }

    /// The folder of normal test images: named as that of the training, or with another known name.
    fn normal_test(
        &self,
        test: &Path,
        files: &[&[String]],
        normal: &Normal,
    ) -> Result<Option<String>, DataError> {
        let classes = classes(files);
        let same = match (&self.spec.normal, normal) {
            (Some(name), _) | (None, Normal::In(name)) => named(&folders(files), name),
            (None, Normal::Here) => None,
        };
        let known: Vec<&String> =
            classes.iter().filter(|name| meaning(name) == Some(Meaning::Normal)).collect();
        let name = same.or_else(|| match known.as_slice() {
            [name] => Some(name.to_string()),
            _ => None,
        });
        let other = known.iter().find(|known| Some(**known) != name.as_ref());
        match (other, &self.spec.normal, &self.spec.anomaly) {
            (Some(other), None, None) => Err(layout(
                test,
                format!(
                    "`{other}` may hold normal images, too; name the folders with `normal` and `anomaly`"
                ),
            )),
            _ => Ok(name),
        }
    }

    /// The folders of anomalous images beside that of normal ones.
    fn anomalies(
        &self,
        root: &Path,
        files: &[&[String]],
        normal: Option<&str>,
    ) -> Result<BTreeSet<String>, DataError> {
        if let Some(name) = &self.spec.anomaly {
            return match named(&folders(files), name) {
                Some(found) => Ok(BTreeSet::from([found])),
                None if root.join(name).is_dir() => Err(self.no_images(&root.join(name))),
                None => Err(DataError::NotFound { what: "image folder", path: root.join(name) }),
            };
        }
        let others: BTreeSet<String> =
            classes(files).into_iter().filter(|name| Some(name.as_str()) != normal).collect();
        if let Some(split) =
            others.iter().find(|name| ["train", "test"].contains(&name.to_lowercase().as_str()))
        {
            return Err(layout(
                root,
                format!("`{split}` lies beside the folders of images; is it one of them?"),
            ));
        }
        Ok(others)
    }

    /// A seeded share of the normal images becomes test images.
    fn share(&mut self) {
        let share = self.spec.test_share.unwrap_or(TEST_SHARE);
        let mut normal: Vec<&mut Image> =
            self.images.iter_mut().filter(|image| image.split == Split::Train).collect();
        normal.shuffle(&mut rng(self.spec.split_seed, "test split", 0));
        let tests = (normal.len() as f64 * share).round() as usize;
        for image in normal.into_iter().take(tests) {
            image.split = Split::Test;
        }
    }

    /// The parts that lead from `root` to the folder that `masks` names, where it lies in it.
    fn masks_in_root(&self) -> Option<Vec<String>> {
        let (root, masks) = (self.spec.root.as_deref()?, self.masks_path()?);
        inside(&absolute(root), &absolute(&masks))
    }

    /// The folder that `masks` names, as it is or in `root`.
    fn masks_path(&self) -> Option<PathBuf> {
        let masks = self.spec.masks.as_ref()?;
        let in_root = self.spec.root.as_ref().map(|root| root.join(masks));
        match in_root {
            Some(path) if !masks.is_dir() && path.is_dir() => Some(path),
            _ => Some(masks.clone()),
        }
    }

    /// Files in the folder that `masks` names, where it lies outside `root`.
    fn masks_elsewhere(&mut self) -> Result<(), DataError> {
        let Some(path) = self.masks_path() else { return Ok(()) };
        if self.masks_in_root().is_some() {
            if !path.is_dir() {
                return Err(DataError::NotFound { what: "folder of masks", path });
            }
            return Ok(());
        }
        let tree =
            walk(&path).map_err(|_| DataError::NotFound { what: "folder of masks", path: path.clone() })?;
        for file in self.candidates(tree, "masks") {
            let place = Place { class: None, inside: file.parts.clone() };
            self.masks.push(MaskFile { name: shown("masks", &file.parts), path: file.path, place });
        }
        Ok(())
    }

    /// Files among the images that are named as masks of those beside them.
    fn masks_among_images(&mut self) {
        let key = |image: &Image, stem: String| {
            let folders = &image.place.inside[..image.place.inside.len() - 1];
            (image.split, image.place.class.clone(), folders.to_vec(), stem)
        };
        let name = |image: &Image| image.place.inside.last().map(|name| stem(name)).unwrap_or_default();
        let present: HashSet<_> = self.images.iter().map(|image| key(image, name(image))).collect();
        let is_mask = |image: &Image| {
            surely_masked_stem(&name(image)).is_some_and(|stem| present.contains(&key(image, stem.into())))
        };
        let (masks, images): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.images).into_iter().partition(is_mask);
        self.images = images;
        let masks = masks.into_iter().map(|Image { name, path, place, .. }| MaskFile { name, path, place });
        self.masks.extend(masks);
    }

    fn note_masks_beside(&mut self, anomaly: &Path) {
        let beside = absolute(anomaly).parent().and_then(|parent| std::fs::read_dir(parent).ok());
        let mut folders: Vec<PathBuf> = beside
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_dir())
            .filter(|path| {
                path.file_name().is_some_and(|name| meaning(&name.to_string_lossy()) == Some(Meaning::Masks))
            })
            .collect();
        folders.sort();
        if let Some(folder) = folders.first() {
            self.account
                .notes
                .push(format!("{} may hold masks; it is read with `masks = \"…\"` alone", folder.display()));
        }
    }

    /// The files of other kinds, by extension.
    fn others_found(&self) -> String {
        let others = self.account.details(Kind::NotRead);
        let found: Vec<String> = others.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if found.is_empty() { "no files".into() } else { found.join(", ") }
    }

    fn no_images(&self, folder: &Path) -> DataError {
        if let Err(error) = std::fs::read_dir(folder) {
            return DataError::io(folder)(error);
        }
        let extensions = format!("{}; found {}", EXTENSIONS.join(", "), self.others_found());
        DataError::NoImages { path: folder.into(), extensions }
    }

    /// Gives images their masks.
    fn finish(mut self) -> Result<Listing, DataError> {
        self.masks_among_images();
        if self.images.is_empty() {
            let root = self.spec.root.clone().or_else(|| self.spec.train.clone()).unwrap_or_default();
            return Err(self.no_images(&root));
        }
        let Self { mut account, images, masks, .. } = self;
        let masked: Vec<Masked<'_>> =
            images.iter().map(|image| Masked { place: &image.place, label: image.label }).collect();
        let owners = Owners::new(&masked);
        let mut sources: Vec<Vec<Source>> = images.iter().map(|_| Vec::new()).collect();
        for mask in masks {
            match owners.of(&mask.place) {
                Owner::Image(owner) if images[owner].label == Label::Anomaly => {
                    account.add(mask.name, Kind::Mask, "");
                    sources[owner].push(Source::File(mask.path));
                }
                Owner::Image(_) => account.add(mask.name, Kind::NormalMask, ""),
                Owner::Several => account.add(mask.name, Kind::StrayMask, "several images have that name"),
                Owner::None => account.add(mask.name, Kind::StrayMask, "no image has that name"),
            }
        }
        let found = images
            .into_iter()
            .zip(sources)
            .map(|(image, masks)| Found {
                name: image.name,
                split: image.split,
                label: image.label,
                source: Source::File(image.path),
                masks,
            })
            .collect();
        Ok(Listing { found, account })
    }
}

fn layout(path: &Path, problem: String) -> DataError {
    DataError::Layout { path: path.into(), problem }
}

/// The folders that images come from.
fn folders(files: &[&[String]]) -> BTreeSet<String> {
    files.iter().filter(|parts| parts.len() > 1).map(|parts| parts[0].clone()).collect()
}

/// The same without those of masks and of what is no part of the dataset, by their names.
fn classes(files: &[&[String]]) -> BTreeSet<String> {
    let mut folders = folders(files);
    folders.retain(|name| !matches!(meaning(name), Some(Meaning::Masks | Meaning::Aside)));
    folders
}

/// A folder in `root` that is named as that of normal images; asked for where none has any.
fn empty_normal(root: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(root).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    let is_normal = |path: &PathBuf| {
        path.file_name().is_some_and(|name| meaning(&name.to_string_lossy()) == Some(Meaning::Normal))
    };
    folders.into_iter().find(is_normal)
}

/// The folder of this name, or of this name in other letters.
fn named(folders: &BTreeSet<String>, name: &str) -> Option<String> {
    let exact = folders.get(name);
    exact.or_else(|| folders.iter().find(|folder| folder.to_lowercase() == name.to_lowercase())).cloned()
}

fn listed(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "none".into() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

fn shown(prefix: &str, parts: &[String]) -> String {
    if prefix.is_empty() { parts.join("/") } else { format!("{prefix}/{}", parts.join("/")) }
}

/// A path without links and `..`, where it is there.
fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.into())
}

/// The names that lead from a folder to another one in it.
fn inside(folder: &Path, other: &Path) -> Option<Vec<String>> {
    let inside = other.strip_prefix(folder).ok()?;
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    (!parts.is_empty()).then_some(parts)
}
