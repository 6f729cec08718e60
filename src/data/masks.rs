//! Which mask belongs to which image, by their names.

use std::collections::HashMap;

use super::names::{composed, masked_stem, stem};
use crate::spec::Label;

/// A file's place: the folder of its class, where that is known, and the names that lead from there to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub class: Option<String>,
    pub inside: Vec<String>,
}

/// An image that may have masks.
pub(super) struct Masked<'a> {
    pub place: &'a Place,
    pub label: Label,
}

/// What a mask belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The image of this index.
    Image(usize),
    /// More than one image has this name.
    Several,
    /// No image has it.
    None,
}

/// The images by class and by name.
pub(super) struct Owners {
    classes: Vec<String>,
    /// By class and the path inside it, without the extension.
    by_path: HashMap<(String, String), Vec<usize>>,
    /// By class and the stem alone.
    by_stem: HashMap<(String, String), Vec<usize>>,
    labels: Vec<Label>,
}

impl Owners {
    pub fn new(images: &[Masked<'_>]) -> Self {
        let mut owners = Self {
            classes: Vec::new(),
            by_path: HashMap::new(),
            by_stem: HashMap::new(),
            labels: images.iter().map(|image| image.label).collect(),
        };
        for (index, image) in images.iter().enumerate() {
            let class = composed(image.place.class.as_deref().unwrap_or_default());
            let (folders, name) = split(&image.place.inside);
            let path = joined(&folders, &stem(name));
            owners.by_path.entry((class.clone(), path)).or_default().push(index);
            owners.by_stem.entry((class.clone(), stem(name))).or_default().push(index);
            if !owners.classes.contains(&class) {
                owners.classes.push(class);
            }
        }
        owners
    }

    /// Whose mask it is. Its path may begin with `test` and with the class; the last folder may be the image's
    /// name (MVTec LOCO); the file's name is the image's, or that with `mask`, `GT` or the like.
    pub fn of(&self, mask: &Place) -> Owner {
        let (mut folders, name) = split(&mask.inside);
        let mut class = mask.class.as_deref().map(composed);
        while let Some(first) = folders.first() {
            if class.is_none() && self.classes.contains(first) {
                class = Some(folders.remove(0));
            } else if class.is_none() && ["train", "test"].contains(&first.to_lowercase().as_str()) {
                folders.remove(0);
            } else {
                break;
            }
        }
        let classes = match &class {
            Some(class) => std::slice::from_ref(class),
            None => &self.classes,
        };
        let stem = stem(name);
        let named = [Some(stem.as_str()), masked_stem(&stem)];
        let parent = folders.last().map(String::as_str);
        let paths = named
            .into_iter()
            .flatten()
            .map(|stem| joined(&folders, stem))
            .chain(parent.is_some().then(|| folders.join("/")));
        for path in paths {
            let found = self.lookup(&self.by_path, classes, &path);
            if found != Owner::None {
                return found;
            }
        }
        for stem in named.into_iter().flatten().chain(parent) {
            let found = self.lookup(&self.by_stem, classes, stem);
            if found != Owner::None {
                return found;
            }
        }
        Owner::None
    }

    /// Anomalous images first: in a folder of masks for all of them, normal ones may have the same names.
    fn lookup(
        &self,
        images: &HashMap<(String, String), Vec<usize>>,
        classes: &[String],
        name: &str,
    ) -> Owner {
        let found: Vec<usize> = classes
            .iter()
            .filter_map(|class| images.get(&(class.clone(), name.to_string())))
            .flatten()
            .copied()
            .collect();
        let anomalous: Vec<usize> =
            found.iter().copied().filter(|index| self.labels[*index] == Label::Anomaly).collect();
        match (anomalous.as_slice(), found.as_slice()) {
            ([one], _) => Owner::Image(*one),
            ([], [one, ..]) => Owner::Image(*one),
            ([], []) => Owner::None,
            _ => Owner::Several,
        }
    }
}

fn split(parts: &[String]) -> (Vec<String>, &str) {
    match parts.split_last() {
        Some((name, folders)) => (folders.iter().map(|folder| composed(folder)).collect(), name),
        None => (Vec::new(), ""),
    }
}

fn joined(folders: &[String], name: &str) -> String {
    folders.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(class: Option<&str>, path: &str) -> Place {
        Place { class: class.map(String::from), inside: path.split('/').map(String::from).collect() }
    }

    fn owner(images: &[(&str, &str, Label)], mask: &Place) -> Owner {
        let places: Vec<Place> = images.iter().map(|(class, path, _)| place(Some(class), path)).collect();
        let images: Vec<Masked<'_>> =
            places.iter().zip(images).map(|(place, (_, _, label))| Masked { place, label: *label }).collect();
        Owners::new(&images).of(mask)
    }

    #[test]
    fn every_layout_leads_to_the_image() {
        let images = [
            ("spot", "000.png", Label::Anomaly),
            ("spot", "001.png", Label::Anomaly),
            ("crack", "000.png", Label::Anomaly),
            ("crack", "batch2/007.png", Label::Anomaly),
            ("good", "000.png", Label::Normal),
            ("good", "055.png", Label::Normal),
        ];
        for (class, mask, expected) in [
            (None, "spot/000.png", Owner::Image(0)),
            (None, "spot/001_mask.png", Owner::Image(1)),
            (None, "spot/001_GT.png", Owner::Image(1)),
            (None, "spot/001/000.png", Owner::Image(1)), // MVTec LOCO
            (None, "spot/001/003.png", Owner::Image(1)),
            (None, "test/crack/000.bmp", Owner::Image(2)),
            (None, "crack/batch2/007.png", Owner::Image(3)),
            (None, "crack/007_mask.png", Owner::Image(3)),
            (Some("crack"), "000_mask.png", Owner::Image(2)),
            (None, "000.png", Owner::Several),
            (None, "001.png", Owner::Image(1)),
            (None, "055_GT.png", Owner::Image(5)),
            (None, "good/000.png", Owner::Image(4)),
            (None, "spot/099.png", Owner::None),
            (None, "hole/099.png", Owner::None),
        ] {
            assert_eq!(owner(&images, &place(class, mask)), expected, "{class:?} {mask}");
        }
    }

    #[test]
    fn names_are_compared_composed() {
        let images = [("tache\u{301}", "e\u{301}.png", Label::Anomaly)];
        assert_eq!(owner(&images, &place(None, "tach\u{e9}/\u{e9}_mask.png")), Owner::Image(0));
    }

    #[test]
    fn two_images_of_one_name_share_no_mask() {
        let images = [("spot", "0.png", Label::Anomaly), ("spot", "0.jpg", Label::Anomaly)];
        assert_eq!(owner(&images, &place(None, "spot/0.png")), Owner::Several);
    }
}
