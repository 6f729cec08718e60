//! Images: where they are, what is in them, and how they become batches.
//!
//! [`Dataset::open`] lists the images of a [`DatasetSpec`](crate::spec::DatasetSpec) and names
//! them by content. [`pixels`] decodes them once per size and channel count into a cache that runs
//! share. [`Partition`] keeps the held-out share apart from what is trained on.

mod account;
mod augment;
mod cache;
mod dataset;
mod decode;
mod error;
mod folder;
mod idx;
mod image_files;
mod inspect;
mod item;
mod jpeg;
mod leakage;
mod levels;
mod loader;
mod mask;
mod mask_survey;
mod masks;
mod names;
mod near_duplicates;
mod nearest_neighbour;
mod partition;
mod pixels;
mod remarks;
mod room;
mod square;
mod synthetic;
mod tiles;
mod walk;

pub use account::{Account, Entry, Kind};
pub use cache::pixels;
pub use dataset::Dataset;
pub use decode::{decode_file, decode_in_range, to_gray, to_pixels, to_pixels_in};
pub use error::DataError;
pub(crate) use error::relative_to;
pub use image_files::{ImageFile, ImageFiles, image_files};
pub use inspect::{Inspection, inspect};
pub use item::{Item, class_of};
pub use levels::nearly_black;
pub use loader::{Batch, TrainLoader, ValidLoader};
pub use mask::Mask;
pub use mask_survey::MaskSurvey;
pub use near_duplicates::{Distances, NearPair};
pub use nearest_neighbour::{Nearest, Neighbour};
pub use partition::{Partition, held_out_images};
pub use pixels::Pixels;
pub use remarks::test_warnings;
pub use square::Window;
pub use tiles::Tiles;
