//! Training through burn-train: one [`fit`] trains one network, with its losses as metrics, a
//! checkpoint per epoch and exact resume.
//!
//! Both models update generator and discriminator at once, from gradients of the same state (as
//! Akcay et al. do), so one training step and one Adam serve: the generator's loss sees the
//! discriminator as a constant, the discriminator's loss sees the generator's images as constants,
//! and the gradient of their sum is then each network's own. Alternating updates take a second turn
//! in `optimize`, with the same Adam: it keeps its state by parameter.

mod anogan;
mod baseline;
mod checkpoint;
mod device;
mod fit;
mod ganomaly;
mod job;
mod logger;
mod losses;
mod made_images;
mod memory;
#[cfg(any(test, feature = "parity"))]
mod parity;
mod renderer;
mod supervised;
mod trained;

pub use device::{DeviceChoice, DeviceError, FoundDevice, devices};
pub use fit::fit;
pub use job::{Divergence, FitJob, Observer, Outcome, TrainError};
pub use memory::{
    free_memory, judging_multiplications, needed_memory, step_multiplications, training_multiplications,
};
#[cfg(any(test, feature = "parity"))]
pub(crate) use parity::{bfloat16_trains, dcgan_trains, ganomaly_trains};
pub use trained::{Trained, load};
