//! Images: where they are, what is in them, and how they become batches.
//!
//! [`Dataset::open`] lists the images of a [`DatasetSpec`](crate::spec::DatasetSpec) and names
//! them by content. [`pixels`] decodes them once per size and channel count into a cache that runs
//! share. [`Partition`] keeps the held-out share apart from what is trained on.

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
mod leakage;
mod loader;
mod near_duplicates;
mod nearest_neighbour;
mod partition;
mod synthetic;

pub use cache::{Pixels, pixels};
pub use dataset::Dataset;
pub use decode::{decode_file, to_gray, to_pixels};
pub use error::DataError;
pub use image_files::{ImageFile, ImageFiles, image_files};
pub use inspect::{Inspection, inspect};
pub use item::Item;
pub use loader::{Batch, TrainLoader, ValidLoader};
pub use near_duplicates::{Distances, NearPair};
pub use nearest_neighbour::{Nearest, Neighbour};
pub use partition::Partition;
