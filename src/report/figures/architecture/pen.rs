//! The strokes that structure diagrams are made of: shapes in rows that break where the width ends.

use image::RgbImage;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::draw::figure::{Area, Drawing};
use crate::report::draw::image::put;
use crate::report::draw::math_text::{self, Align, words};
use crate::report::draw::stroke::THIN;
use crate::report::draw::text::{HEADING, SMALL, USUAL, line_height, lines, placed, text};
use crate::report::draw::theme::{SERIES, paled};
use crate::report::draw::units::pt;
use crate::spec::layers::{Activation, Layer, Volume};

/// Side of a drawn image, and height of the features of an image.
const SIDE: i32 = pt(38);
/// Width of a layer.
const LAYER: i32 = pt(20);
/// From the left edge of a layer to that of the next one.
const PITCH: i32 = pt(22);
/// Length of an arrow between two shapes.
const GAP: i32 = pt(15);
/// Width of a latent vector.
const VECTOR: i32 = pt(8);
const VECTOR_HEIGHT: i32 = pt(26);
/// A whole network as one shape.
const COMPACT: i32 = pt(32);
/// Height of what a single pixel of features has.
const LOWEST: f64 = 70.0;
/// Room for a shape's name above it, and for what stands below.
const ABOVE: i32 = pt(15);
const BELOW: i32 = pt(19);
const ROW: i32 = ABOVE + SIDE + BELOW;
const LEFT: i32 = pt(8);
/// Size of names in points.
const NAME: u32 = 9;

const INK: RGBColor = RGBColor(40, 40, 40);
const QUIET: RGBColor = RGBColor(90, 90, 90);
/// Losses.
const LOSS: RGBColor = RGBColor(170, 50, 0);

/// A shape of a diagram.
pub(crate) enum Piece<'d> {
    /// An image, gray where there is none to show, its name, and its shape in words.
    Image(Option<&'d RgbImage>, &'static str, String),
    /// A latent vector and its length.
    Vector(&'static str, usize),
    /// A network layer by layer.
    Network(&'static str, &'d [Layer]),
    /// A whole network as one shape, with the sides of its first and its last features.
    Compact(&'static str, (usize, usize)),
    Words(&'static str),
}

/// A part of a diagram: shapes with arrows between them, and what is computed of them.
pub(crate) struct Section<'d> {
    pub heading: String,
    pub flows: Vec<Vec<Piece<'d>>>,
    pub formulas: Vec<String>,
}

/// A diagram as it is drawn at a width.
pub(crate) struct Pen<'d> {
    pub sections: Vec<Section<'d>>,
    /// What stands below.
    pub words: Vec<String>,
    /// Side of the images that go through the networks.
    pub image_size: usize,
}

/// What a layer does, in words.
fn operation(layer: &Layer) -> String {
    let mut words = vec![format!(
        "{} {k}×{k}, stride {}, padding {}",
        if layer.transposed { "transposed convolution" } else { "convolution" },
        layer.stride,
        layer.padding,
        k = layer.kernel,
    )];
    if layer.batch_norm {
        words.push("BatchNorm".into());
    }
    match layer.activation {
        Activation::None => {}
        Activation::LeakyRelu(slope) => words.push(format!("LeakyReLU ({slope})")),
        Activation::Relu => words.push("ReLU".into()),
        Activation::Tanh => words.push("tanh".into()),
    }
    words.join(", ")
}

impl Piece<'_> {
    fn width(&self) -> i32 {
        match self {
            Self::Image(..) => SIDE,
            Self::Vector(..) => VECTOR,
            Self::Network(_, layers) => layers.len() as i32 * PITCH - (PITCH - LAYER),
            Self::Compact(..) => COMPACT,
            Self::Words(words) => math_text::width(words, NAME),
        }
    }
}

/// The shapes of a flow with their left edges, in as many rows as they need.
fn rows<'p, 'd>(flow: &'p [Piece<'d>], width: i32) -> Vec<Vec<(&'p Piece<'d>, i32)>> {
    let mut rows: Vec<Vec<(&Piece, i32)>> = vec![Vec::new()];
    let mut x = LEFT;
    for piece in flow {
        let is_first = rows.last().is_some_and(Vec::is_empty);
        // The arrow to the next row has its place, too.
        if !is_first && x + piece.width() + GAP > width {
            rows.push(Vec::new());
            x = LEFT + GAP;
        }
        if let Some(row) = rows.last_mut() {
            row.push((piece, x));
        }
        x += piece.width() + GAP;
    }
    rows
}

impl<'d> Pen<'d> {
    /// The different operations of the networks, in order.
    fn operations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for piece in self.sections.iter().flat_map(|section| section.flows.iter().flatten()) {
            let Piece::Network(_, layers) = piece else { continue };
            for words in layers.iter().map(operation) {
                if !found.contains(&words) {
                    found.push(words);
                }
            }
        }
        found
    }

    pub fn height(&self, width: i32) -> i32 {
        let sections = self.sections.iter().map(|section| section_height(section, width)).sum::<i32>();
        let legend = self.operations().iter().map(|words| legend_height(words, width)).sum::<i32>();
        sections + legend + pt(4) + text_height(&self.words, width) + pt(4)
    }

    pub fn draw(&self, area: &Area<'_>) -> Drawing {
        let width = area.dim_in_pixel().0 as i32;
        let operations = self.operations();
        let mut y = 0;
        for section in &self.sections {
            if !section.heading.is_empty() {
                for line in lines(&section.heading, HEADING, width - 2 * LEFT) {
                    words(area, &line, (LEFT, y + pt(4)), HEADING, INK, Align::Left)?;
                    y += line_height(HEADING);
                }
                y += pt(4);
            }
            for flow in &section.flows {
                y = self.draw_flow(area, flow, y, &operations)?;
            }
            y = draw_lines(area, &section.formulas, y, LOSS)?;
        }
        for (kind, operation) in operations.iter().enumerate() {
            let corners = vec![(LEFT, y), (LEFT + pt(11), y), (LEFT + pt(11), y + pt(9)), (LEFT, y + pt(9))];
            outlined(area, corners, ground(kind))?;
            letter(area, kind, (LEFT + pt(11) / 2, y + pt(9) / 2))?;
            for (nth, line) in lines(operation, USUAL, legend_room(width)).iter().enumerate() {
                let at = (LEFT + pt(15), y + nth as i32 * line_height(USUAL));
                area.draw(&Text::new(line.clone(), at, text(USUAL, &INK)))?;
            }
            y += legend_height(operation, width);
        }
        draw_lines(area, &self.words, y + pt(4), INK)?;
        Ok(())
    }

    /// Shapes in rows; gives back where the next part begins.
    fn draw_flow(
        &self,
        area: &Area<'_>,
        flow: &[Piece<'d>],
        top: i32,
        operations: &[String],
    ) -> Result<i32, DrawingAreaErrorKind<std::io::Error>> {
        let rows = rows(flow, area.dim_in_pixel().0 as i32);
        let last = rows.len() - 1;
        for (nth, row) in rows.iter().enumerate() {
            let y = top + nth as i32 * ROW + ABOVE + SIDE / 2;
            if nth > 0 {
                arrow(area, (LEFT, y), (LEFT + GAP - pt(2), y))?;
            }
            for (place, (piece, x)) in row.iter().enumerate() {
                self.draw_piece(area, piece, (*x, y), operations)?;
                if place + 1 < row.len() || nth < last {
                    let end = x + piece.width();
                    arrow(area, (end + pt(2), y), (end + GAP - pt(2), y))?;
                }
            }
        }
        Ok(top + rows.len() as i32 * ROW)
    }

    /// A shape with its left edge at `x` around the height `y`, its name above.
    fn draw_piece(
        &self,
        area: &Area<'_>,
        piece: &Piece<'_>,
        (x, y): (i32, i32),
        operations: &[String],
    ) -> Drawing {
        let above = y - SIDE / 2 - pt(13);
        let below = y + SIDE / 2 + pt(2);
        match piece {
            Piece::Image(image, name, shape) => {
                let (left, top) = (x, y - SIDE / 2);
                let corners = [(left, top), (left + SIDE, top + SIDE)];
                match image {
                    Some(image) => put(area, image, (left, top), SIDE)?,
                    None => area.draw(&Rectangle::new(corners, RGBColor(236, 236, 236).filled()))?,
                }
                area.draw(&Rectangle::new(corners, INK.stroke_width(THIN)))?;
                words(area, name, (x + SIDE / 2, above), NAME, INK, Align::Centre)?;
                words(area, shape, (x + SIDE / 2, below), SMALL, QUIET, Align::Centre)
            }
            Piece::Vector(name, length) => {
                let half = VECTOR_HEIGHT / 2;
                let corners =
                    vec![(x, y - half), (x + VECTOR, y - half), (x + VECTOR, y + half), (x, y + half)];
                outlined(area, corners, RGBColor(250, 240, 190))?;
                words(area, name, (x + VECTOR / 2, y - half - pt(12)), NAME, INK, Align::Centre)?;
                let at = (x + VECTOR / 2, y + half + pt(2));
                words(area, &length.to_string(), at, SMALL, QUIET, Align::Centre)
            }
            Piece::Network(name, layers) => {
                words(area, name, (x + piece.width() / 2, above), NAME, INK, Align::Centre)?;
                for (nth, layer) in layers.iter().enumerate() {
                    let left = x + nth as i32 * PITCH;
                    let (before, after) =
                        (self.shape_height(layer.input.side) / 2, self.shape_height(layer.output.side) / 2);
                    let corners = vec![
                        (left, y - before),
                        (left + LAYER, y - after),
                        (left + LAYER, y + after),
                        (left, y + before),
                    ];
                    let kind = operations.iter().position(|known| *known == operation(layer)).unwrap_or(0);
                    outlined(area, corners, ground(kind))?;
                    letter(area, kind, (left + LAYER / 2, y))?;
                    volume(area, layer.output, (left + LAYER / 2, below))?;
                }
                Ok(())
            }
            Piece::Compact(name, (from, to)) => {
                let (before, after) = (self.shape_height(*from) / 2, self.shape_height(*to) / 2);
                let right = x + COMPACT;
                let corners = vec![(x, y - before), (right, y - after), (right, y + after), (x, y + before)];
                outlined(area, corners, RGBColor(236, 236, 236))?;
                words(area, name, (x + COMPACT / 2, y - pt(6)), NAME, INK, Align::Centre)
            }
            Piece::Words(said) => words(area, said, (x, y - pt(6)), NAME, INK, Align::Left),
        }
    }

    /// Height of features of this side: it grows by the same step with every doubling.
    fn shape_height(&self, side: usize) -> i32 {
        let share = (side as f64).log2() / (self.image_size as f64).log2();
        (LOWEST + (f64::from(SIDE) - LOWEST) * share).round() as i32
    }
}

fn section_height(section: &Section<'_>, width: i32) -> i32 {
    let heading = match section.heading.as_str() {
        "" => 0,
        words => lines(words, HEADING, width - 2 * LEFT).len() as i32 * line_height(HEADING) + pt(4),
    };
    let rows: i32 = section.flows.iter().map(|flow| rows(flow, width).len() as i32 * ROW).sum();
    heading + rows + text_height(&section.formulas, width)
}

fn legend_room(width: i32) -> i32 {
    width - 2 * LEFT - pt(15)
}

fn legend_height(operation: &str, width: i32) -> i32 {
    let words = lines(operation, USUAL, legend_room(width)).len() as i32 * line_height(USUAL);
    words.max(pt(9)) + pt(2)
}

fn text_height(said: &[String], width: i32) -> i32 {
    said.iter().map(|words| lines(words, USUAL, width - 2 * LEFT).len() as i32 * line_height(USUAL)).sum()
}

/// Lines of words under each other; gives back where they end.
fn draw_lines(
    area: &Area<'_>,
    said: &[String],
    top: i32,
    colour: RGBColor,
) -> Result<i32, DrawingAreaErrorKind<std::io::Error>> {
    let width = area.dim_in_pixel().0 as i32;
    let mut y = top;
    for line in said.iter().flat_map(|words| lines(words, USUAL, width - 2 * LEFT)) {
        words(area, &line, (LEFT, y), USUAL, colour, Align::Left)?;
        y += line_height(USUAL);
    }
    Ok(y)
}

/// A level arrow.
fn arrow(area: &Area<'_>, from: (i32, i32), to: (i32, i32)) -> Drawing {
    let foot = (to.0 - pt(4), to.1);
    area.draw(&PathElement::new([from, foot], INK.stroke_width(THIN)))?;
    let head = vec![to, (foot.0, foot.1 + pt(2)), (foot.0, foot.1 - pt(2))];
    area.draw(&Polygon::new(head, INK.filled()))
}

fn outlined(area: &Area<'_>, corners: Vec<(i32, i32)>, fill: RGBColor) -> Drawing {
    area.draw(&Polygon::new(corners.clone(), fill.filled()))?;
    let closed: Vec<_> = corners.iter().chain(corners.first()).copied().collect();
    area.draw(&PathElement::new(closed, INK.stroke_width(THIN)))
}

/// Side and channels of features, in two lines below a place.
fn volume(area: &Area<'_>, Volume { side, channels }: Volume, (x, y): (i32, i32)) -> Drawing {
    words(area, &format!("{side}²"), (x, y), SMALL, QUIET, Align::Centre)?;
    words(area, &format!("×{channels}"), (x, y + line_height(SMALL)), SMALL, QUIET, Align::Centre)
}

fn letter(area: &Area<'_>, kind: usize, at: (i32, i32)) -> Drawing {
    let letter = char::from(b'A' + kind as u8).to_string();
    area.draw(&Text::new(letter, at, placed(USUAL, &BLACK, HPos::Center, VPos::Center)))
}

/// The ground of a letter.
fn ground(kind: usize) -> RGBColor {
    paled(SERIES[kind % SERIES.len()], 0.4)
}
