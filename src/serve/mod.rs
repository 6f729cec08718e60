//! A store as it grows, in a browser on this machine: a page on the loopback interface behind an address that nobody
//! can guess. It reads the store, and writes nothing but drawings in a folder of its own that goes when it ends.

mod drawing;
mod server;
mod snapshot;

pub use server::{ServeError, Server};
