//! The strokes that structure diagrams are made of.

use image::RgbImage;
use image::imageops::{FilterType, resize};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::draw::figure::{Area, Drawing};
use crate::report::draw::image::put;
use crate::report::draw::math_text;
pub(crate) use crate::report::draw::math_text::Align;
use crate::report::draw::text::text;
use crate::report::draw::theme::SERIES;
use crate::spec::layers::{Activation, Layer, Volume};

/// Side of a drawn image, and height of the features of an image.
pub(crate) const SIDE: i32 = 112;
/// Width of a layer.
const LAYER: i32 = 50;
/// From the left edge of a layer to that of the next one.
const PITCH: i32 = 56;
/// Length of an arrow between two shapes.
pub(crate) const GAP: i32 = 36;
/// Width of a latent vector.
pub(crate) const VECTOR: i32 = 14;
/// Height of a latent vector.
const VECTOR_HEIGHT: i32 = 64;
/// Height of what a single pixel of features has.
const LOWEST: f64 = 16.0;

pub(crate) const INK: RGBColor = RGBColor(40, 40, 40);
pub(crate) const FAINT: RGBColor = RGBColor(90, 90, 90);
/// Losses and what flows back.
pub(crate) const LOSS: RGBColor = RGBColor(180, 60, 0);

/// Draws on one area.
pub(crate) struct Pen<'a, DB: DrawingBackend> {
    pub area: &'a Area<'a, DB>,
    /// Side of the images that go through the networks.
    pub image_size: usize,
    /// What layers do, in the order in which they are first drawn.
    pub operations: Vec<String>,
}

/// Width of a network that is drawn layer by layer.
pub(crate) fn width(layers: &[Layer]) -> i32 {
    layers.len() as i32 * PITCH - (PITCH - LAYER)
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

/// The different operations of some networks, in order.
pub(crate) fn operations<'l>(layers: impl IntoIterator<Item = &'l Layer>) -> Vec<String> {
    let mut found = Vec::new();
    for words in layers.into_iter().map(operation) {
        if !found.contains(&words) {
            found.push(words);
        }
    }
    found
}

impl<DB: DrawingBackend> Pen<'_, DB>
where
    DB::ErrorType: 'static,
{
    /// Height of features of this side: it grows by the same step with every doubling.
    fn height(&self, side: usize) -> i32 {
        let share = (side as f64).log2() / (self.image_size as f64).log2();
        (LOWEST + (f64::from(SIDE) - LOWEST) * share).round() as i32
    }

    pub fn words(
        &self,
        words: &str,
        at: (i32, i32),
        size: u32,
        colour: RGBColor,
        align: Align,
    ) -> Drawing<DB> {
        math_text::words(self.area, words, at, size, colour, align)
    }

    /// A line through points, with a head at its end.
    pub fn arrow(&self, points: &[(i32, i32)], colour: RGBColor) -> Drawing<DB> {
        let [.., from, to] = points else { return Ok(()) };
        let (dx, dy) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let foot = (to.0 - 8 * dx, to.1 - 8 * dy);
        let mut line = points.to_vec();
        line.pop();
        line.push(foot);
        self.area.draw(&PathElement::new(line, colour.stroke_width(1)))?;
        let head = vec![*to, (foot.0 + 4 * dy, foot.1 + 4 * dx), (foot.0 - 4 * dy, foot.1 - 4 * dx)];
        self.area.draw(&Polygon::new(head, colour.filled()))
    }

    /// A level arrow of length [`GAP`] that begins at `x`; gives back its end.
    pub fn step(&self, x: i32, y: i32) -> Result<i32, DrawingAreaErrorKind<DB::ErrorType>> {
        self.arrow(&[(x + 4, y), (x + GAP - 4, y)], INK)?;
        Ok(x + GAP)
    }

    fn outlined(&self, corners: Vec<(i32, i32)>, fill: RGBColor) -> Drawing<DB> {
        self.area.draw(&Polygon::new(corners.clone(), fill.filled()))?;
        let closed: Vec<_> = corners.iter().chain(corners.first()).copied().collect();
        self.area.draw(&PathElement::new(closed, INK.stroke_width(1)))
    }

    /// A network layer by layer around the height `y`, its name above; gives back its right edge.
    pub fn network(
        &self,
        name: &str,
        layers: &[Layer],
        (x, y): (i32, i32),
    ) -> Result<i32, DrawingAreaErrorKind<DB::ErrorType>> {
        self.words(name, (x + width(layers) / 2, y - SIDE / 2 - 28), 18, INK, Align::Centre)?;
        for (nth, layer) in layers.iter().enumerate() {
            let left = x + nth as i32 * PITCH;
            let (before, after) = (self.height(layer.input.side) / 2, self.height(layer.output.side) / 2);
            let corners = vec![
                (left, y - before),
                (left + LAYER, y - after),
                (left + LAYER, y + after),
                (left, y + before),
            ];
            let kind = self.operations.iter().position(|known| *known == operation(layer)).unwrap_or(0);
            self.outlined(corners, paled(SERIES[kind % SERIES.len()]))?;
            self.letter(kind, (left + LAYER / 2, y))?;
            self.volume(layer.output, (left + LAYER / 2, y + SIDE / 2 + 6))?;
        }
        Ok(x + width(layers))
    }

    /// Side and channels of features, in two lines below a place.
    fn volume(&self, Volume { side, channels }: Volume, (x, y): (i32, i32)) -> Drawing<DB> {
        self.words(&format!("{side}×{side}"), (x, y), 12, FAINT, Align::Centre)?;
        self.words(&format!("×{channels}"), (x, y + 14), 12, FAINT, Align::Centre)
    }

    fn letter(&self, kind: usize, at: (i32, i32)) -> Drawing<DB> {
        let letter = char::from(b'A' + kind as u8).to_string();
        let style = text(14, &BLACK).pos(Pos::new(HPos::Center, VPos::Center));
        self.area.draw(&Text::new(letter, at, style))
    }

    /// A whole network as one shape, `from` and `to` being the sides of its features.
    pub fn compact(&self, name: &str, (from, to): (usize, usize), (x, y): (i32, i32)) -> Drawing<DB> {
        let (before, after) = (self.height(from) / 2, self.height(to) / 2);
        let corners = vec![(x, y - before), (x + 90, y - after), (x + 90, y + after), (x, y + before)];
        self.outlined(corners, RGBColor(236, 236, 236))?;
        self.words(name, (x + 45, y - 9), 17, INK, Align::Centre)
    }

    /// An image with its left edge at `x` around the height `y`; gray where there is none to show.
    pub fn image(&self, image: Option<&RgbImage>, name: &str, (x, y): (i32, i32)) -> Drawing<DB> {
        let (left, top) = (x, y - SIDE / 2);
        let corners = [(left, top), (left + SIDE, top + SIDE)];
        match image {
            Some(image) => {
                put(self.area, &resize(image, SIDE as u32, SIDE as u32, FilterType::Nearest), (left, top))?;
            }
            None => self.area.draw(&Rectangle::new(corners, RGBColor(236, 236, 236).filled()))?,
        }
        self.area.draw(&Rectangle::new(corners, INK.stroke_width(1)))?;
        self.words(name, (x + SIDE / 2, top - 28), 18, INK, Align::Centre)
    }

    /// A latent vector with its left edge at `x` around the height `y`, its name above.
    pub fn vector(&self, name: &str, length: usize, (x, y): (i32, i32)) -> Drawing<DB> {
        let half = VECTOR_HEIGHT / 2;
        let corners = vec![(x, y - half), (x + VECTOR, y - half), (x + VECTOR, y + half), (x, y + half)];
        self.outlined(corners, RGBColor(250, 240, 190))?;
        self.words(name, (x + VECTOR / 2, y - half - 26), 18, INK, Align::Centre)?;
        self.words(&length.to_string(), (x + VECTOR / 2, y + half + 6), 12, FAINT, Align::Centre)
    }

    /// What the letters mean, in columns of some lines each.
    pub fn legend(&self, (x, y): (i32, i32), lines: usize) -> Drawing<DB> {
        for (kind, words) in self.operations.iter().enumerate() {
            let left = x + (kind / lines) as i32 * LEGEND;
            let top = y + (kind % lines) as i32 * LINE;
            let corners = vec![(left, top), (left + 26, top), (left + 26, top + 18), (left, top + 18)];
            self.outlined(corners, paled(SERIES[kind % SERIES.len()]))?;
            self.letter(kind, (left + 13, top + 11))?;
            self.words(words, (left + 36, top + 3), 13, INK, Align::Left)?;
        }
        Ok(())
    }

    /// Lines of words under each other.
    pub fn lines(&self, lines: &[String], (x, y): (i32, i32)) -> Drawing<DB> {
        for (nth, line) in lines.iter().enumerate() {
            self.words(line, (x, y + nth as i32 * LINE), 14, INK, Align::Left)?;
        }
        Ok(())
    }
}

/// Width of a column of the legend.
const LEGEND: i32 = 480;
/// Height of a line of words.
pub(crate) const LINE: i32 = 24;

/// A colour as the ground of a letter.
fn paled(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let pale = |value: u8| (255.0 - 0.45 * f64::from(255 - value)) as u8;
    RGBColor(pale(red), pale(green), pale(blue))
}
