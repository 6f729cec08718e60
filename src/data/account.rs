//! What became of every file that was found: nothing is left out without a word.

use std::collections::BTreeMap;

/// What a file that is no image of the dataset was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The mask of an anomalous test image.
    Mask,
    /// The mask of a normal image, which is not needed.
    NormalMask,
    /// A file among masks that belongs to no image, or to more than one.
    StrayMask,
    /// An image in a place that is neither that of normal nor that of anomalous images.
    Aside,
    /// An image that cannot be read, and is skipped.
    Unreadable,
    /// An image that the dataset's `leakage` or `test_half` leaves out.
    Dropped,
    /// A file of another kind.
    NotRead,
    /// A hidden file, or one that a system has left.
    Hidden,
    /// A link that leads nowhere, a folder that cannot be opened, a device.
    Broken,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Mask,
        Self::NormalMask,
        Self::StrayMask,
        Self::Aside,
        Self::Unreadable,
        Self::Dropped,
        Self::NotRead,
        Self::Hidden,
        Self::Broken,
    ];

    /// So many of them in words: "1 file of another kind".
    pub fn counted(self, count: usize) -> String {
        let [one, several] = self.both();
        format!("{count} {}", if count == 1 { one } else { several })
    }

    /// Several of them in words.
    pub fn words(self) -> &'static str {
        self.both()[1]
    }

    /// One and several.
    fn both(self) -> [&'static str; 2] {
        match self {
            Self::Mask => ["mask of an anomalous test image", "masks of anomalous test images"],
            Self::NormalMask => {
                ["mask of a normal image (not needed)", "masks of normal images (not needed)"]
            }
            Self::StrayMask => {
                ["file among masks that belongs to no image", "files among masks that belong to no image"]
            }
            Self::Aside => ["image in a folder that is not used", "images in folders that are not used"],
            Self::Unreadable => ["image that cannot be read", "images that cannot be read"],
            Self::Dropped => {
                ["image left out by `leakage` or `test_half`", "images left out by `leakage` or `test_half`"]
            }
            Self::NotRead => ["file of another kind", "files of other kinds"],
            Self::Hidden => {
                ["hidden file, or one that a system leaves", "hidden files and what systems leave"]
            }
            Self::Broken => ["link or file that leads to nothing", "links and files that lead to nothing"],
        }
    }
}

/// A file that is no image of the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path relative to the dataset, with `/` between the parts.
    pub name: String,
    /// What it was taken for.
    pub kind: Kind,
    /// What more there is to say: an extension, a reason.
    pub detail: String,
}

/// The files of a dataset that are none of its images, and what is to be said of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Every one of those files.
    pub others: Vec<Entry>,
    /// Folders without a single image.
    pub empty: Vec<String>,
    /// What was understood in a way that is not plain.
    pub notes: Vec<String>,
}

impl Account {
    /// Adds a file.
    pub(super) fn add(&mut self, name: impl Into<String>, kind: Kind, detail: impl Into<String>) {
        self.others.push(Entry { name: name.into(), kind, detail: detail.into() });
    }

    /// The files of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.others.iter().filter(move |entry| entry.kind == kind)
    }

    /// How many of a kind have each detail, most frequent first.
    pub fn details(&self, kind: Kind) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in self.of(kind) {
            *counts.entry(&entry.detail).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// A line for each kind that is there: number, words, details or examples.
    pub fn lines(&self, shown: &[Kind]) -> Vec<String> {
        let of_kind = |kind: Kind| {
            let count = self.of(kind).count();
            (count > 0).then(|| format!("{}: {}", kind.counted(count), self.examples(kind)))
        };
        let mut lines: Vec<String> =
            Kind::ALL.into_iter().filter(|kind| shown.contains(kind)).filter_map(of_kind).collect();
        if !self.empty.is_empty() {
            let names = first(self.empty.iter().map(|name| format!("{name}/")));
            let folders = if self.empty.len() == 1 {
                "1 folder".into()
            } else {
                format!("{} folders", self.empty.len())
            };
            lines.push(format!("{folders} without images: {names}"));
        }
        lines.extend(self.notes.iter().cloned());
        lines
    }

    fn examples(&self, kind: Kind) -> String {
        match kind {
            Kind::NotRead => {
                first(self.details(kind).into_iter().map(|(detail, count)| format!("{detail} {count}")))
            }
            Kind::StrayMask | Kind::Broken | Kind::Unreadable => {
                first(self.of(kind).map(|entry| match entry.detail.as_str() {
                    "" => entry.name.clone(),
                    detail => format!("{} ({detail})", entry.name),
                }))
            }
            Kind::Aside => {
                first(self.details(kind).into_iter().map(|(place, count)| format!("{place} {count}")))
            }
            _ => first(self.of(kind).map(|entry| entry.name.clone())),
        }
    }
}

/// A few of many.
fn first(mut all: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = all.by_ref().take(SHOWN).collect();
    let more = if all.next().is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
