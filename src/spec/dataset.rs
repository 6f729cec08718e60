//! Which images a sweep uses.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the images of a sweep come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DatasetSpec {
    /// Image files in folders.
    Folder(FolderSpec),
    /// IDX files as of MNIST and Fashion-MNIST.
    Idx(IdxSpec),
    /// Images drawn by the program.
    Synthetic(SyntheticSpec),
}

impl DatasetSpec {
    /// What to do with training images that stand in the test set too.
    pub fn leakage(&self) -> Leakage {
        match self {
            Self::Folder(spec) => spec.leakage,
            Self::Idx(spec) => spec.leakage,
            Self::Synthetic(_) => Leakage::Keep,
        }
    }

    /// The distance below which a training image leaks a test image; absent: identical ones alone.
    pub fn near_distance(&self) -> Option<f64> {
        match self {
            Self::Folder(spec) => spec.near_distance,
            Self::Idx(spec) => spec.near_distance,
            Self::Synthetic(_) => None,
        }
    }

    /// The half of the test images that is used; absent: all.
    pub fn test_half(&self) -> Option<TestHalf> {
        match self {
            Self::Folder(spec) => spec.test_half,
            Self::Idx(spec) => spec.test_half,
            Self::Synthetic(_) => None,
        }
    }

    /// The name that the sweep file gives it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Folder(spec) => spec.name.as_deref(),
            Self::Idx(spec) => spec.name.as_deref(),
            Self::Synthetic(spec) => spec.name.as_deref(),
        }
    }

    /// The folders that its images come from.
    pub fn folders(&self) -> Vec<PathBuf> {
        match self {
            Self::Folder(spec) => {
                let paths = [&spec.root, &spec.train, &spec.test_normal, &spec.test_anomaly];
                paths.into_iter().flatten().cloned().collect()
            }
            Self::Idx(spec) => vec![spec.root.clone()],
            Self::Synthetic(_) => Vec::new(),
        }
    }

    /// Whether images that cannot be read are left out.
    pub fn skips_unreadable(&self) -> bool {
        matches!(self, Self::Folder(spec) if spec.skip_unreadable)
    }

    /// Leaves out images that cannot be read, where they come from files of their own.
    pub fn skip_unreadable(&mut self) {
        if let Self::Folder(spec) = self {
            spec.skip_unreadable = true;
        }
    }

    /// The paths that it leads to.
    pub fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let paths = match self {
            Self::Folder(FolderSpec { root, train, test_normal, test_anomaly, masks, .. }) => {
                [root.as_mut(), train.as_mut(), test_normal.as_mut(), test_anomaly.as_mut(), masks.as_mut()]
            }
            Self::Idx(spec) => [Some(&mut spec.root), None, None, None, None],
            Self::Synthetic(_) => [None, None, None, None, None],
        };
        paths.into_iter().flatten()
    }

    /// The values that are black and white in images of more than 8 bits.
    pub fn range(&self) -> Option<[f64; 2]> {
        match self {
            Self::Folder(spec) => spec.range,
            Self::Idx(_) | Self::Synthetic(_) => None,
        }
    }

    /// What is done to images that are not square.
    pub fn fit(&self) -> Fit {
        match self {
            Self::Folder(spec) => spec.fit,
            Self::Idx(_) | Self::Synthetic(_) => Fit::Squeeze,
        }
    }

    /// Columns and rows of tiles that each image is cut into.
    pub fn tiles(&self) -> usize {
        match self {
            Self::Folder(spec) => spec.tiles.map_or(1, usize::from),
            Self::Idx(_) | Self::Synthetic(_) => 1,
        }
    }

    /// How colours become gray. IDX files have none, and drawn images stay as they were.
    pub fn gray(&self) -> Gray {
        match self {
            Self::Folder(spec) => spec.gray,
            Self::Idx(_) | Self::Synthetic(_) => Gray::Rec709,
        }
    }

    /// A short name for tables and figures: what it is called in the sweep file, the folder's name or the scene.
    pub fn title(&self) -> String {
        if let Some(name) = self.name() {
            return name.into();
        }
        let of_path = |path: &PathBuf| {
            let name = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
            // `.` and `..` have no name of their own.
            let found = name(path).or_else(|| name(&path.canonicalize().ok()?));
            found.unwrap_or_else(|| path.display().to_string())
        };
        match self {
            Self::Folder(spec) => spec.root.as_ref().or(spec.train.as_ref()).map(of_path),
            Self::Idx(spec) => Some(of_path(&spec.root)),
            Self::Synthetic(spec) => Some(format!("synthetic {}", spec.scene.name())),
        }
        .unwrap_or_else(|| "images".into())
    }
}

/// Image files in folders. Either `root` alone (a known layout is recognised), `root` with the
/// folder names `normal` and `anomaly`, or paths of their own: `train` and, where there are such images,
/// `test_normal` and `test_anomaly`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FolderSpec {
    /// What tables and figures call it, in place of the name that it would have of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Folder that holds `train` and `test`, or the folders of normal and anomalous images, or normal images alone.
    pub root: Option<PathBuf>,
    /// Name of the folders of normal images.
    pub normal: Option<String>,
    /// Name of the folder of anomalous images; absent: every other folder of the test images.
    pub anomaly: Option<String>,
    /// Path of the normal training images.
    pub train: Option<PathBuf>,
    /// Path of the normal test images; absent: a share of the training images.
    pub test_normal: Option<PathBuf>,
    /// Path of the anomalous test images; absent: there are none, and what needs them is left out.
    pub test_anomaly: Option<PathBuf>,
    /// Share of the normal images used for testing where the folders have no split of their own.
    pub test_share: Option<f64>,
    /// Seed of that split.
    pub split_seed: u64,
    /// What to do with training images that stand in the test set too.
    pub leakage: Leakage,
    /// A normal test image leaks if a training image is nearer than this: root mean square difference
    /// of the pixels at 32×32, in gray levels of 255. `anolab data inspect` shows the distances.
    pub near_distance: Option<f64>,
    /// One half of the test images alone.
    pub test_half: Option<TestHalf>,
    /// Folder of the masks of defects, as a path or in `root`. By default they are looked for in
    /// `ground_truth`, `masks` and the like, and beside the images as `NAME_mask`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masks: Option<PathBuf>,
    /// Go on without images that cannot be read.
    #[serde(skip_serializing_if = "is_default")]
    pub skip_unreadable: bool,
    /// The values that become black and white in images of more than 8 bits a value (16-bit, floats), such as
    /// `[0, 4095]`. By default all that 16 bits can hold, and floats from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// How colours become gray where `channels` is 1.
    #[serde(skip_serializing_if = "is_default")]
    pub gray: Gray,
    /// What is done to images that are not square.
    #[serde(skip_serializing_if = "is_default")]
    pub fit: Fit,
    /// Each image is cut into so many columns and rows of tiles, 1 to 16, which are trained on and judged one by one:
    /// `image_size` is the side of a tile, and the score of an image the largest of its tiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiles: Option<u8>,
}

/// What is done to images that are not square.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// They are squeezed.
    #[default]
    Squeeze,
    /// They are made square by black beside or above and below them.
    Pad,
    /// The square in their middle is taken.
    Crop,
}

impl Fit {
    /// The name as written in sweep files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Squeeze => "squeeze",
            Self::Pad => "pad",
            Self::Crop => "crop",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How colours become gray.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Gray {
    /// 0.299 R + 0.587 G + 0.114 B, as Pillow and torchvision do it.
    #[default]
    Rec601,
    /// 0.2126 R + 0.7152 G + 0.0722 B, as the first builds did.
    Rec709,
}

/// IDX files: one class is normal, or one class is the anomaly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxSpec {
    /// What tables and figures call it, in place of the name that it would have of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the `t10k` pair
    /// (also gzipped, `.gz`).
    pub root: PathBuf,
    /// The one class that is normal; every other class is an anomaly.
    pub normal_class: Option<u8>,
    /// The one class that is the anomaly; every other class is normal.
    pub anomaly_class: Option<u8>,
    /// What to do with training images that stand in the test set too.
    #[serde(default)]
    pub leakage: Leakage,
    /// A normal test image leaks if a training image is nearer than this: root mean square difference
    /// of the pixels at 32×32, in gray levels of 255. `anolab data inspect` shows the distances.
    #[serde(default)]
    pub near_distance: Option<f64>,
    /// One half of the test images alone.
    #[serde(default)]
    pub test_half: Option<TestHalf>,
}

/// Halves of the test images, by a bit of their content's hash: settings are chosen on the one and
/// their results reported on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestHalf {
    /// For choosing settings.
    Development,
    /// For reporting results.
    Report,
}

/// Images drawn by the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyntheticSpec {
    /// What tables and figures call it, in place of the name that it would have of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is drawn.
    pub scene: Scene,
    /// Number of training images; half as many normal and as many anomalous ones for the test.
    pub count: usize,
}

/// What the program can draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scene {
    /// Round castings, with blowholes, scratches and chipped rims as anomalies.
    Casting,
    /// Satellite tiles, with clouds as anomalies.
    Cloud,
}

impl Scene {
    /// The name as written in sweep files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Casting => "casting",
            Self::Cloud => "cloud",
        }
    }
}

/// What happens to training images whose bytes stand in the test set too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leakage {
    /// They stay, as in most published results.
    #[default]
    Keep,
    /// Training images with the bytes of a test image are dropped.
    DropIdentical,
    /// Training images nearer than `near_distance` to a normal test image are dropped, too.
    DropNear,
}

/// Which part of a dataset an image belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Split {
    /// Seen in training (or held out of it for the threshold).
    Train,
    /// Judged, never trained on.
    Test,
}

impl Split {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = [Self::Train, Self::Test].into_iter().find(|known| known.name() == text);
        known.ok_or_else(|| UnknownName(text.escape_debug().to_string()))
    }
}

/// The label of an image. Training sees normal images alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// As it should be.
    Normal,
    /// With a defect.
    Anomaly,
}

impl Label {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Anomaly => "anomaly",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Label {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = [Self::Normal, Self::Anomaly].into_iter().find(|known| known.name() == text);
        known.ok_or_else(|| UnknownName(text.escape_debug().to_string()))
    }
}

/// A text that names no split or label.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` names neither a split nor a label")]
pub struct UnknownName(String);
