//! Axes: their ranges, and ticks that are round and distinct.

use std::ops::Range;

/// How an axis counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Count {
    Linear,
    /// Whole numbers alone.
    Whole,
    /// Powers of ten are as far from each other.
    Logarithmic,
    /// Names at 0, 1, 2 …
    Names(Vec<String>),
}

/// An axis of a plot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub name: String,
    pub range: Range<f64>,
    pub count: Count,
    /// Nothing below it is named.
    lowest: f64,
}

impl Axis {
    pub fn linear(name: impl Into<String>, range: Range<f64>) -> Self {
        Self { name: name.into(), range, count: Count::Linear, lowest: f64::NEG_INFINITY }
    }

    pub fn whole(name: impl Into<String>, range: Range<f64>) -> Self {
        Self { name: name.into(), range, count: Count::Whole, lowest: f64::NEG_INFINITY }
    }

    /// `range` above 0.
    pub fn logarithmic(name: impl Into<String>, range: Range<f64>) -> Self {
        Self { name: name.into(), range, count: Count::Logarithmic, lowest: f64::NEG_INFINITY }
    }

    pub fn names(name: impl Into<String>, names: Vec<String>) -> Self {
        let range = -0.5..names.len() as f64 - 0.5;
        Self { name: name.into(), range, count: Count::Names(names), lowest: f64::NEG_INFINITY }
    }

    /// The same without names of values below this one.
    pub fn from(self, lowest: f64) -> Self {
        Self { lowest, ..self }
    }

    /// Where a value lies, 0 at the axis' start and 1 at its end.
    pub fn share(&self, value: f64) -> f64 {
        let place = |value: f64| {
            if self.count == Count::Logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value }
        };
        let (start, end) = (place(self.range.start), place(self.range.end));
        (place(value) - start) / (end - start)
    }

    /// At most so many ticks, each with its words.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let most = most.max(2);
        let range = &(self.range.start.max(self.lowest)..self.range.end);
        match &self.count {
            Count::Linear => linear_ticks(range, most, 0.0),
            Count::Whole => linear_ticks(range, most, 1.0),
            Count::Logarithmic => logarithmic_ticks(range, most),
            Count::Names(names) => {
                let every = names.len().div_ceil(most).max(1);
                (0..names.len()).step_by(every).map(|nth| (nth as f64, names[nth].clone())).collect()
            }
        }
    }
}

/// Smallest and largest of some values, with some air; 0..1 for no values.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return 0.0..1.0;
    }
    let air = if high > low { 0.05 * (high - low) } else { low.abs().max(1.0) * 0.05 };
    low - air..high + air
}

/// The same for values above 0 on a logarithmic axis.
pub(crate) fn logarithmic_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let range = range(values.filter(|value| *value > 0.0).map(f64::log10));
    let wide = range.end - range.start;
    let air = if wide < 0.3 { 0.15 } else { 0.0 };
    10_f64.powf(range.start - air)..10_f64.powf(range.end + air)
}

/// Multiples of 1, 2 or 5 times a power of ten, no finer than `finest`.
fn linear_ticks(range: &Range<f64>, most: usize, finest: f64) -> Vec<(f64, String)> {
    let length = range.end - range.start;
    let mut step = 10_f64.powf((length / most as f64).log10().floor()).max(finest);
    let factors = [2.0, 2.5, 2.0];
    let ticks_of = |step: f64| -> Vec<f64> {
        let first = (range.start / step - 1e-9).ceil();
        let last = (range.end / step + 1e-9).floor();
        (0..=(last - first).max(-1.0) as i64).map(|nth| (first + nth as f64) * step).collect()
    };
    for factor in factors.iter().cycle().take(60) {
        if ticks_of(step).len() <= most {
            break;
        }
        step *= factor;
    }
    ticks_of(step).into_iter().map(|value| (value, in_steps(value, step))).collect()
}

/// Powers of ten, with 2 and 5 between them or all digits where there is room; of a range within a decade that has
/// few of these, linear ones.
fn logarithmic_ticks(range: &Range<f64>, most: usize) -> Vec<(f64, String)> {
    let (first, last) = (range.start.log10().floor() as i32, range.end.log10().ceil() as i32);
    let of = |digits: &[f64], every: usize| -> Vec<(f64, String)> {
        (first..=last)
            .step_by(every)
            .flat_map(|power| digits.iter().map(move |digit| (digit * 10_f64.powi(power), power)))
            .filter(|(value, _)| (range.start..=range.end).contains(value))
            .map(|(value, power)| (value, in_steps(value, 10_f64.powi(power))))
            .collect()
    };
    let all: Vec<f64> = (1..10).map(f64::from).collect();
    let every = ((last - first).max(1) as usize).div_ceil(most);
    let fitting = [&all[..], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
    let found = fitting.into_iter().map(|digits| of(digits, every)).find(|ticks| ticks.len() <= most);
    found.filter(|ticks| ticks.len() > 1).unwrap_or_else(|| linear_ticks(range, most, 0.0))
}

/// A multiple of a step with as many digits as tell it from the next one.
fn in_steps(value: f64, step: f64) -> String {
    let magnitude = value.abs().max(step);
    if value.abs() < step * 1e-6 {
        return "0".into();
    }
    if !(1e-4..1e6).contains(&magnitude) {
        let power = magnitude.log10().floor() as i32;
        let digits = (power - step.log10().floor() as i32).max(0) as usize;
        return format!("{value:.digits$e}");
    }
    // A step of 2.5 or 0.25 has one digit more.
    let digits = (0..8).find(|digits| {
        let scaled = step * 10_f64.powi(*digits);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0)
    });
    let digits = digits.unwrap_or(8) as usize;
    format!("{value:.digits$}")
}

/// A number in words: few digits, whatever its size.
pub(crate) fn tick(value: &f64) -> String {
    let magnitude = value.abs();
    if magnitude < 1e-12 {
        "0".into()
    } else if (0.001..100_000.0).contains(&magnitude) {
        let digits = (2 - magnitude.log10().floor() as i32).clamp(0, 4) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn words(axis: &Axis, most: usize) -> Vec<String> {
        axis.ticks(most).into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> = [0.0, 0.25, 12.5, 1500.0, 1.5e-5, -0.1, 2e7].iter().map(tick).collect();
        assert_eq!(shown, ["0", "0.25", "12.5", "1500", "1.5e-5", "-0.1", "2.0e7"]);
    }

    #[test]
    fn ranges_are_never_empty() {
        for values in [vec![], vec![3.0], vec![0.0, 0.0], vec![1.0, 2.0], vec![f64::NAN]] {
            let of = range(values.iter().copied());
            assert!(of.start < of.end);
            let of = logarithmic_range(values.into_iter());
            assert!(0.0 < of.start && of.start < of.end);
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(words(&Axis::linear("", 0.0..1.0), 6), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(words(&Axis::linear("", 0.8123..0.8154), 5), ["0.813", "0.814", "0.815"]);
        assert_eq!(words(&Axis::linear("", -3.0..14.0), 4), ["0", "5", "10"]);
        assert_eq!(words(&Axis::whole("", 1.0..3.0), 8), ["1", "2", "3"]);
        assert_eq!(words(&Axis::logarithmic("", 0.9..2000.0), 5), ["1", "10", "100", "1000"]);
        assert_eq!(words(&Axis::logarithmic("", 0.9..11.0), 5), ["1", "2", "5", "10"]);
        assert_eq!(words(&Axis::logarithmic("", 3e-7..2e-4), 5), ["1e-6", "1e-5", "0.0001"]);
        let names = (0..50).map(|nth| nth.to_string()).collect();
        assert_eq!(words(&Axis::names("", names), 6), ["0", "9", "18", "27", "36", "45"]);
    }

    #[test]
    fn ticks_are_distinct_inside_and_not_too_many() {
        let ranges =
            [0.0..1e-9, 1e5..1.000_001e5, -2.0..-1.99, 0.5..0.500_3, 1e-30..1.0, 7.0..8e11, 31.0..33.5];
        for range in ranges {
            for most in 2..9 {
                let mut axes = vec![Axis::linear("", range.clone()), Axis::whole("", range.clone())];
                if range.start > 0.0 {
                    axes.push(Axis::logarithmic("", range.clone()));
                }
                for axis in axes {
                    let ticks = axis.ticks(most);
                    let distinct: BTreeSet<&str> = ticks.iter().map(|(_, words)| words.as_str()).collect();
                    assert_eq!(distinct.len(), ticks.len(), "{axis:?} {most}: {ticks:?}");
                    assert!(ticks.len() <= most, "{axis:?} {most}: {ticks:?}");
                    let air = 1e-9 * (range.end - range.start).abs();
                    assert!(ticks.iter().all(|(at, _)| *at >= range.start - air && *at <= range.end + air));
                    for (at, words) in ticks {
                        let said: f64 = words.parse().unwrap();
                        assert!(
                            (said - at).abs() <= 1e-3 * (range.end - range.start) + 1e-12,
                            "{words} at {at}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn logarithmic_axes_are_true() {
        let axis = Axis::logarithmic("", 1.0..100.0);
        assert_eq!([1.0, 10.0, 100.0].map(|value| axis.share(value)), [0.0, 0.5, 1.0]);
        assert_eq!(Axis::names("", vec!["a".into(), "b".into()]).share(0.0), 0.25);
    }
}
