//! What figures are drawn with: areas and files, text, axes, colours, images, and what several figures share.

pub(crate) mod axis;
pub(crate) mod colour_bar;
pub(crate) mod figure;
pub(crate) mod image;
pub(crate) mod image_grid;
pub(crate) mod legend;
pub(crate) mod math_text;
pub(crate) mod model_panels;
pub(crate) mod plot;
pub(crate) mod raster;
pub(crate) mod render_cache;
pub(crate) mod residual_overlay;
pub(crate) mod seed_bands;
pub(crate) mod stroke;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod theme;
pub(crate) mod units;
