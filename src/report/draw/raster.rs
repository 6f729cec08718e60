//! PNG and PDF of a figure, drawn from its SVG with the program's own fonts: they are the same on every machine.

use std::sync::{Arc, LazyLock};

use image::RgbImage;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use svg2pdf::usvg::fontdb::{Database, Source};
use svg2pdf::usvg::{Options, Tree};

use super::text::{FALLBACK, FONT, has_letters};
use super::units::Width;
use crate::report::ReportError;

const OWN_FONT: &str = "DejaVu Sans";

/// For the scripts of Europe, the near and the far East, and mathematics.
static BUNDLED: LazyLock<Arc<Database>> = LazyLock::new(|| Arc::new(bundled()));
/// With the machine's fonts for the letters of others.
static WITH_SYSTEM: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = bundled();
    fonts.load_system_fonts();
    fonts.set_sans_serif_family(OWN_FONT); // loading names another one
    Arc::new(fonts)
});

fn bundled() -> Database {
    let mut fonts = Database::new();
    for font in [FONT, FALLBACK] {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family(OWN_FONT);
    fonts
}

fn tree(svg: &str) -> Result<Tree, ReportError> {
    let fontdb = if has_letters(svg) { BUNDLED.clone() } else { WITH_SYSTEM.clone() };
    let options = Options { fontdb, font_family: OWN_FONT.into(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| ReportError::Drawing(error.into()))
}

/// A PNG that is printed `width` wide at so many pixels an inch; `words` stand in it as its description.
pub(crate) fn png(svg: &str, width: Width, dpi: u32, words: &str) -> Result<Vec<u8>, ReportError> {
    let pixels = (width.points() / 72.0 * f64::from(dpi)).round().max(1.0);
    encoded(&rendered(svg, pixels as u32)?, dpi, words).map_err(|error| ReportError::Drawing(error.into()))
}

/// An SVG as an image of a width in pixels.
pub(crate) fn pixels(svg: &str, width: u32) -> Result<RgbImage, ReportError> {
    let pixmap = rendered(svg, width)?;
    Ok(RgbImage::from_raw(pixmap.width(), pixmap.height(), opaque(&pixmap)).unwrap_or_default())
}

fn rendered(svg: &str, width: u32) -> Result<Pixmap, ReportError> {
    let tree = tree(svg)?;
    let scale = width as f32 / tree.size().width();
    let height = (tree.size().height() * scale).round().max(1.0) as u32;
    let too_large = || ReportError::Drawing(format!("{width}×{height} pixels are too many").into());
    let mut pixmap = Pixmap::new(width, height).ok_or_else(too_large)?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// The colours alone: on white, nothing is transparent.
fn opaque(pixmap: &Pixmap) -> Vec<u8> {
    pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

fn encoded(pixmap: &Pixmap, dpi: u32, words: &str) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    encoder.add_itxt_chunk("Description".into(), words.into())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque(pixmap))?;
    writer.finish()?;
    Ok(file)
}

/// A PDF of the size that the SVG says.
pub(crate) fn pdf(svg: &str) -> Result<Vec<u8>, ReportError> {
    // An SVG's inch has 96 of its pixels.
    let page = svg2pdf::PageOptions { dpi: 96.0 };
    svg2pdf::to_pdf(&tree(svg)?, svg2pdf::ConversionOptions::default(), page)
        .map_err(|error| ReportError::Drawing(error.to_string().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg width=\"240pt\" height=\"24pt\" viewBox=\"0 0 2400 240\" \
        xmlns=\"http://www.w3.org/2000/svg\">\
        <rect x=\"0\" y=\"0\" width=\"2400\" height=\"240\" fill=\"#FFFFFF\"/>\
        <text x=\"100\" y=\"160\" font-family=\"nothing, sans-serif\" font-size=\"120\">normal λ 缺</text></svg>";

    #[test]
    fn pngs_say_their_size_in_print() {
        let width: Width = "240pt".parse().unwrap();
        let file = png(SVG, width, 150, "who made it").unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (500, 50));
        assert_eq!(info.pixel_dims.unwrap().xppu, 5906);
        assert_eq!(info.utf8_text[0].get_text().unwrap(), "who made it");
        let drawn = image::load_from_memory(&file).unwrap().into_luma8();
        let ink = drawn.pixels().filter(|pixel| pixel.0[0] < 128).count();
        assert!(ink > 200, "letters are drawn: {ink} dark pixels");
    }

    #[test]
    fn pdfs_have_their_size_and_their_letters() {
        let file = pdf(SVG).unwrap();
        let text = String::from_utf8_lossy(&file);
        assert!(text.starts_with("%PDF"), "{}", &text[..20]);
        assert!(text.contains("/MediaBox [0 0 240 24]"), "{text}");
        assert!(text.contains("DejaVuSans"), "the font is embedded");
        // The same each time, but for the order of a dictionary's entries.
        assert_eq!(pdf(SVG).unwrap().len(), file.len());
    }

    #[test]
    fn letters_of_other_scripts_are_known_to_lack() {
        assert!(has_letters("normal λ β₁ x̂ Ж 缺陷 検査 けっかん"));
        assert!(!has_letters("ข้อบกพร่อง"));
    }
}
