//! One panel per model, side by side as far as the width has room: what the figures of scores share.

use plotters::prelude::*;

use super::figure::{Area, Drawing};
use super::plot::Heading;
use super::stroke::{Marker, PATTERNS, Stroke};
use super::style::Style;
use super::theme::ALARM;
use super::units::pt;
use crate::report::select::run_groups::{Group, ModelRuns};
use crate::spec::Label;
use crate::store::Portion;
use crate::table::{Cell, Table};

/// Panels are no narrower.
const NARROWEST: i32 = pt(155);
const SMALL: i32 = pt(115);

/// Rows and columns of panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panels {
    pub rows: usize,
    pub columns: usize,
    pub height: i32,
}

impl Panels {
    /// At most so many panels side by side, their height a share of their width.
    pub fn of(count: usize, most: usize, share: f64, width: i32) -> Self {
        Self::no_narrower(NARROWEST, count, most, share, width)
    }

    /// The same for panels with few words.
    pub fn small(count: usize, most: usize, share: f64, width: i32) -> Self {
        Self::no_narrower(SMALL, count, most, share, width)
    }

    fn no_narrower(narrowest: i32, count: usize, most: usize, share: f64, width: i32) -> Self {
        let count = count.max(1);
        let columns = count.min(most).min((width / narrowest).max(1) as usize);
        let height = f64::from(width) / columns as f64 * share;
        Self { rows: count.div_ceil(columns), columns, height: (height as i32).clamp(pt(90), pt(215)) }
    }

    /// Height of all.
    pub fn whole(self) -> i32 {
        self.height * self.rows as i32
    }

    pub fn areas<'a>(self, area: &Area<'a>) -> Vec<Area<'a>> {
        area.split_evenly((self.rows, self.columns))
    }
}

/// Scores of one kind of image.
pub(crate) struct Series {
    pub name: &'static str,
    pub colour: RGBColor,
    pub marker: Marker,
    dashes: &'static [i32],
    pub scores: Vec<f64>,
}

impl Series {
    pub fn line(&self) -> Stroke {
        Stroke { colour: self.colour, dashes: self.dashes, width: 12 }
    }
}

/// The scores of a model's shown run, by kind of image; scaled in the paper's style.
pub(crate) fn series(model: &ModelRuns, style: Style) -> [Series; 3] {
    let scale = scale_of(model, style);
    let of = |name, colour, marker, dashes, portion, label| {
        let scores = model.scores_of(portion, label).into_iter().map(|score| scale.of(score)).collect();
        Series { name, colour, marker, dashes, scores }
    };
    let (train, normal, anomaly) = (style.train(), style.normal(), style.anomaly());
    [
        of("training", train, Marker::Square, PATTERNS[2], Portion::Train, Label::Normal),
        of("normal test", normal, Marker::Circle, PATTERNS[1], Portion::Test, Label::Normal),
        of("anomalous test", anomaly, Marker::Triangle, PATTERNS[0], Portion::Test, Label::Anomaly),
    ]
}

/// How scores are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaled {
    low: f64,
    high: f64,
}

impl Scaled {
    pub fn of(self, score: f64) -> f64 {
        (score - self.low) / (self.high - self.low)
    }
}

/// As they are, or in the paper's style so that those of the figure go from 0 to 1.
pub(crate) fn scale_of(model: &ModelRuns, style: Style) -> Scaled {
    let raw = Scaled { low: 0.0, high: 1.0 };
    let kinds =
        [(Portion::Train, Label::Normal), (Portion::Test, Label::Normal), (Portion::Test, Label::Anomaly)];
    let all = kinds.iter().flat_map(|(portion, label)| model.scores_of(*portion, *label));
    let (low, high) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)));
    if style == Style::Paper && low < high { Scaled { low, high } } else { raw }
}

/// The name of an axis of scores.
pub(crate) fn axis_name(style: Style) -> &'static str {
    match style {
        Style::Accessible => "anomaly score",
        Style::Paper => "score, scaled to 0–1",
    }
}

/// Draws one panel per model, each with its heading: red where the run is not to be trusted.
pub(crate) fn side_by_side(
    area: &Area<'_>,
    panels: Panels,
    group: &Group,
    draw: impl Fn(&Area<'_>, &ModelRuns, Heading) -> Drawing,
) -> Drawing {
    for (nth, (panel, model)) in panels.areas(area).iter().zip(&group.models).enumerate() {
        let colour = if model.doubt().is_some() { ALARM } else { BLACK };
        draw(panel, model, Heading { words: model.heading(nth), colour })?;
    }
    Ok(())
}

/// Every score of the shown runs.
pub(crate) fn scores_table(group: &Group) -> Table {
    let columns = ["model", "run", "seed", "image", "split", "label", "score"];
    let rows = group.models.iter().flat_map(|model| {
        model.seeds.first().into_iter().flat_map(|seed| {
            seed.scores.iter().map(|score| {
                vec![
                    Cell::Text(model.name().into()),
                    Cell::Text(seed.run.run_id.to_string()),
                    Cell::Integer(seed.run.seed),
                    Cell::Text(score.image.clone()),
                    Cell::Text(score.split.name().into()),
                    Cell::Text(score.label.name().into()),
                    Cell::Real(score.score),
                ]
            })
        })
    });
    Table { columns: columns.map(String::from).to_vec(), rows: rows.collect() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The same scores for each kind of image.
    pub fn of_scores(scores: Vec<f64>) -> [Series; 3] {
        ["training", "normal test", "anomalous test"].map(|name| Series {
            name,
            colour: BLACK,
            marker: Marker::Circle,
            dashes: PATTERNS[0],
            scores: scores.clone(),
        })
    }

    #[test]
    fn panels_stand_beside_each_other_where_there_is_room() {
        let of = |count, width| {
            let panels = Panels::of(count, 3, 0.7, width);
            (panels.rows, panels.columns)
        };
        assert_eq!([of(1, pt(496)), of(2, pt(496)), of(5, pt(496))], [(1, 1), (1, 2), (2, 3)]);
        assert_eq!([of(1, pt(241)), of(5, pt(241))], [(1, 1), (5, 1)]);
    }
}
