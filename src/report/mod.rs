//! Figures, tables and one page, drawn from the store alone.
//!
//! Nothing is chosen by test labels unless it is asked for: where one run or setting stands for a model, it is the
//! first of the sweep, whatever it reached, and captions say which. The one exception, `best-*.toml`, says so in its
//! first lines.

mod best;
mod build;
mod draw;
mod error;
mod figures;
mod files;
mod overlay;
mod page;
mod select;
mod tables;

pub use best::{Best, BestSettings, best_settings};
pub use build::{Request, Written, write};
pub use draw::figure::Look;
pub use draw::style::Style;
pub use draw::units::{NoWidth, Width};
pub use error::ReportError;
pub use figures::train_test_distances::draw_distances;
pub use overlay::{Overlays, overlay_paths};
pub(crate) use page::COLOURS;
pub(crate) use page::sparkline::{Sparkline, sparklines};
pub use select::choice::Choice;
pub(crate) use select::doubt::doubt;
pub use select::pairs::Unpaired;
pub use tables::compare::{Compared, compare};
pub(crate) use tables::setting_rows::settings_of;
