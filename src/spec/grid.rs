//! The grid: every combination of its lists.

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::error::Complaint;
use super::plain::suggest;
use super::seed_range::seeds;
use super::settings::Settings;

/// One setting and the values it takes.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub key: String,
    pub values: Vec<Value>,
}

/// A choice of values, one per key.
pub(super) type Point = Map<String, Value>;

/// Reads a table of settings whose values are scalars or lists. Duplicate values are dropped.
pub(super) fn axes(table: &DeTable<'_>, allowed: &[&str]) -> Result<Vec<Axis>, Complaint> {
    table
        .iter()
        .map(|(key, value)| {
            let name = key.get_ref().as_ref();
            if !allowed.contains(&name) {
                return Err(
                    Complaint::new(key.span(), format!("unknown key `{name}`")).help(suggest(name, allowed))
                );
            }
            if let (DeValue::Table(range), "seed") = (value.get_ref(), name) {
                return Ok(Axis { key: name.into(), values: seeds(range, value.span())? });
            }
            let scalars: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
                DeValue::Array(items) => items.iter().collect(),
                _ => vec![value],
            };
            if scalars.is_empty() {
                return Err(Complaint::new(value.span(), format!("`{name}` has no values"))
                    .help("an empty list makes an empty grid; give a value or remove the key"));
            }
            let mut values: Vec<Value> = Vec::new();
            for scalar in scalars {
                let value = setting(key, scalar)?;
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            Ok(Axis { key: name.to_string(), values })
        })
        .collect()
}

/// Checks type and range of one value through [`Settings`] and gives it back as JSON.
fn setting(
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Value, Complaint> {
    use serde::Deserialize;
    let name = key.get_ref();
    let span = value.span();
    let one: DeTable<'_> = [(key.clone(), in_small_letters(name, value))].into_iter().collect();
    let settings = Settings::deserialize(Deserializer::from(Spanned::new(span.clone(), one)))
        .map_err(|error| Complaint::plain(span.clone(), &error, Some(name)))?;
    settings.check().map_err(|message| Complaint::new(span.clone(), message))?;
    let json =
        serde_json::to_value(&settings).map_err(|error| Complaint::new(span.clone(), error.to_string()))?;
    Ok(json[name.as_ref()].clone())
}

/// The value; the name of a model as its authors write it is understood, too.
fn in_small_letters<'i>(name: &str, value: &Spanned<DeValue<'i>>) -> Spanned<DeValue<'i>> {
    match value.get_ref() {
        DeValue::String(text) if name == "model" => {
            Spanned::new(value.span(), DeValue::String(text.to_lowercase().into()))
        }
        _ => value.clone(),
    }
}

/// How many points [`product`] would give.
pub(super) fn size(axes: &[Axis]) -> usize {
    axes.iter().fold(1, |size, axis| size.saturating_mul(axis.values.len()))
}

/// Every combination of the axes' values, the first axis varying slowest.
pub(super) fn product(axes: &[Axis]) -> Vec<Point> {
    axes.iter().fold(vec![Point::new()], |points, axis| {
        points
            .iter()
            .flat_map(|point| {
                axis.values.iter().map(move |value| {
                    let mut point = point.clone();
                    point.insert(axis.key.clone(), value.clone());
                    point
                })
            })
            .collect()
    })
}
