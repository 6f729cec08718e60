//! Parallel coordinates: one line per run through its settings to its AUROC.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::draw::axis::Axis;
use crate::report::draw::colour_bar::Scale;
use crate::report::draw::figure::{Area, Drawing, Figure};
use crate::report::draw::stroke::THIN;
use crate::report::draw::text::{SMALL, USUAL, line_height, lines, placed, shortened, text_width};
use crate::report::draw::units::pt;
use crate::report::select::doubt::doubt;
use crate::report::select::sweep_runs::{Trial, Trials};

const AXIS: i32 = pt(170);
/// Room for the names of the first axis' values.
const LEFT: i32 = pt(48);
const RIGHT: i32 = pt(34);
/// Settings that have room, and that say most.
const NARROWEST: i32 = pt(52);
/// Lines of a setting's name.
const NAME_LINES: usize = 3;
/// From the top to the axes.
const TOP: i32 = pt(36);
const LINE: u32 = 9;

pub(crate) fn caption(model: &str) -> String {
    format!(
        "parallel coordinates of {model}: one line per run, from value to value of the settings that vary, to its \
         AUROC at the right, which colours it. Runs that failed, diverged, collapsed or are inverted have no line. \
         Within a value the lines are spread in the order of their AUROC. Where the width has no room for all \
         settings, those whose medians differ most are shown."
    )
}

pub(crate) struct Parallel<'a> {
    trials: &'a Trials,
    /// The runs that have an AUROC and are to be trusted, the lowest first, so that the best lie on top.
    judged: Vec<(&'a Trial, f64)>,
    scale: Scale,
}

/// What is shown at a width.
struct Layout {
    factors: Vec<usize>,
    step: i32,
}

impl<'a> Parallel<'a> {
    /// Absent where fewer than two settings vary or fewer than two runs have an AUROC.
    pub fn new(trials: &'a Trials) -> Option<Self> {
        let is_sound = |trial: &Trial| trial.run.as_ref().is_some_and(|run| doubt(run).is_none());
        let mut judged: Vec<(&Trial, f64)> = trials.judged().filter(|(trial, _)| is_sound(trial)).collect();
        judged.sort_by(|a, b| a.1.total_cmp(&b.1));
        if trials.factors.len() < 2 || judged.len() < 2 {
            return None;
        }
        let scale = Scale { low: judged.first()?.1, high: judged.last()?.1 };
        Some(Self { trials, judged, scale })
    }

    fn layout(&self, width: i32) -> Layout {
        let room = width - LEFT - RIGHT;
        let most = (room / NARROWEST).max(2) as usize;
        let factors = self.trials.widest(most);
        Layout { step: room / factors.len().max(1) as i32, factors }
    }

    /// Where the `nth` of the runs, by AUROC, passes a factor's axis: spread over three quarters of its value's
    /// share of the axis.
    fn y(&self, nth: usize, trial: &Trial, factor: usize) -> i32 {
        let share = f64::from(AXIS) / self.trials.factors[factor].levels.len() as f64;
        let spread = (nth as f64 + 0.5) / self.judged.len() as f64 - 0.5;
        bottom() - (share * (trial.levels[factor] as f64 + 0.5 + 0.75 * spread)) as i32
    }

    fn auroc(&self) -> Axis {
        let Scale { low, high } = self.scale;
        if low < high {
            Axis::linear("AUROC", low..high)
        } else {
            Axis::linear("AUROC", low - 0.01..high + 0.01)
        }
    }

    fn y_of_auroc(&self, auroc: f64) -> i32 {
        bottom() - (f64::from(AXIS) * self.auroc().share(auroc)) as i32
    }

    fn draw_axis(&self, area: &Area<'_>, factor: usize, x: i32, step: i32) -> Drawing {
        let factor = &self.trials.factors[factor];
        area.draw(&PathElement::new([(x, TOP), (x, bottom())], BLACK.stroke_width(THIN)))?;
        self.draw_name(area, &factor.name, x, step)?;
        let share = f64::from(AXIS) / factor.levels.len() as f64;
        // Every value has a stroke; as many as have room have a name.
        let most = (AXIS / line_height(SMALL)) as usize;
        let named = Axis::names("", factor.levels.clone()).ticks(most.min(factor.levels.len()));
        for level in 0..factor.levels.len() {
            let y = bottom() - (share * (level as f64 + 0.5)) as i32;
            let half = ((share * 0.375) as i32).max(4);
            area.draw(&PathElement::new(
                [(x - pt(1), y - half), (x - pt(1), y + half)],
                BLACK.stroke_width(14),
            ))?;
        }
        for (level, value) in named {
            let y = bottom() - (share * (level + 0.5)) as i32;
            let value = shortened(&value, SMALL, (step - pt(12)).min(LEFT - pt(8)));
            // A white ground, so that the lines do not cross the letters.
            let wide = text_width(&value, SMALL) + pt(1);
            let ground =
                [(x - pt(3) - wide, y - line_height(SMALL) / 2), (x - pt(2), y + line_height(SMALL) / 2)];
            area.draw(&Rectangle::new(ground, WHITE.mix(0.8).filled()))?;
            area.draw(&Text::new(value, (x - pt(3), y), placed(SMALL, &BLACK, HPos::Right, VPos::Center)))?;
        }
        Ok(())
    }

    /// A setting's name over its axis, in lines that do not reach the next one.
    fn draw_name(&self, area: &Area<'_>, name: &str, x: i32, step: i32) -> Drawing {
        let mut over = lines(name, USUAL, step - pt(4));
        over.truncate(NAME_LINES);
        for (nth, line) in over.iter().rev().enumerate() {
            let line = shortened(line, USUAL, step - pt(2));
            let at = (x, TOP - pt(4) - nth as i32 * line_height(USUAL));
            area.draw(&Text::new(line, at, placed(USUAL, &BLACK, HPos::Center, VPos::Bottom)))?;
        }
        Ok(())
    }

    fn draw_auroc(&self, area: &Area<'_>, x: i32) -> Drawing {
        let style = placed(USUAL, &BLACK, HPos::Center, VPos::Bottom);
        area.draw(&Text::new("AUROC", (x, TOP - pt(4)), style))?;
        area.draw(&PathElement::new([(x, TOP), (x, bottom())], BLACK.stroke_width(THIN)))?;
        let style = placed(USUAL, &BLACK, HPos::Left, VPos::Center);
        for (value, words) in self.auroc().ticks(6) {
            let y = self.y_of_auroc(value);
            area.draw(&PathElement::new([(x, y), (x + pt(2), y)], BLACK.stroke_width(THIN)))?;
            area.draw(&Text::new(words, (x + pt(4), y), style.clone()))?;
        }
        Ok(())
    }
}

fn bottom() -> i32 {
    TOP + AXIS
}

impl Figure for Parallel<'_> {
    fn height(&self, _: i32) -> i32 {
        bottom() + pt(10)
    }

    fn origin(&self) -> String {
        self.trials.origin()
    }

    fn draw(&self, area: &Area<'_>) -> Drawing {
        let Layout { factors, step } = self.layout(area.dim_in_pixel().0 as i32);
        let x = |nth: usize| LEFT + step * nth as i32;
        for (nth, (trial, auroc)) in self.judged.iter().enumerate() {
            let mut line: Vec<(i32, i32)> =
                factors.iter().enumerate().map(|(at, factor)| (x(at), self.y(nth, trial, *factor))).collect();
            line.push((x(factors.len()), self.y_of_auroc(*auroc)));
            area.draw(&PathElement::new(line, self.scale.colour(*auroc).mix(0.85).stroke_width(LINE)))?;
        }
        for (nth, factor) in factors.iter().enumerate() {
            self.draw_axis(area, *factor, x(nth), step)?;
        }
        self.draw_auroc(area, x(factors.len()))
    }
}
