//! A table as Parquet: every column optional, integers as INT64, other numbers as DOUBLE, all else as
//! UTF-8 strings.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::Rows;
use crate::eval::measure::{COUNTS, MEASURES};
use crate::table::{Cell, Table};

/// The bytes of a Parquet file that holds `table` in one row group.
pub(super) fn bytes(table: &Table, of: Rows) -> Result<Vec<u8>> {
    let types: Vec<Physical> = (0..table.columns.len()).map(|column| physical(table, column, of)).collect();
    let fields = table.columns.iter().zip(&types).map(|(name, of)| field(name, *of));
    let schema = Type::group_type_builder("runs").with_fields(fields.collect::<Result<_>>()?).build()?;
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)?;
    let mut group = file.next_row_group()?;
    let mut column = 0;
    while let Some(mut writer) = group.next_column()? {
        write(writer.untyped(), table.rows.iter().map(|row| &row[column]))?;
        writer.close()?;
        column += 1;
    }
    group.close()?;
    file.into_inner()
}

/// Columns of numbers beside the results: all keep their type where no run has a value, so that exports
/// can be joined.
const INTEGERS: [&str; 8] =
    ["image_size", "channels", "seed", "epochs", "batch_size", "width", "latent_size", "search_steps"];
const REALS: [&str; 9] = [
    "threshold_quantile",
    "w_adv",
    "w_con",
    "w_enc",
    "lambda",
    "learning_rate",
    "train_seconds",
    "score_seconds",
    "images_per_second",
];

/// Columns of numbers of the scores.
const OF_SCORES: [&str; 7] =
    ["score", "residual", "discrimination", "latent", "contextual", "score_scaled", "conformal_p"];

fn physical(table: &Table, column: usize, of: Rows) -> Physical {
    let cells = || table.rows.iter().map(|row| &row[column]).filter(|cell| **cell != Cell::Null);
    let is_number = |cell: &Cell| matches!(cell, Cell::Integer(_) | Cell::Real(_));
    let name = table.columns[column].as_str();
    let (whole, real) = match of {
        Rows::Runs => (
            INTEGERS.contains(&name) || COUNTS.contains(&name),
            REALS.contains(&name) || MEASURES.iter().any(|measure| measure.name == name),
        ),
        Rows::Scores => (name == "leaked", OF_SCORES.contains(&name)),
    };
    let is_integer = |cell: &Cell| matches!(cell, Cell::Integer(_));
    match () {
        () if whole && cells().all(is_integer) => Physical::INT64,
        () if real && cells().all(is_number) => Physical::DOUBLE,
        () if cells().next().is_none() => Physical::BYTE_ARRAY,
        () if cells().all(is_integer) => Physical::INT64,
        () if cells().all(is_number) => Physical::DOUBLE,
        () => Physical::BYTE_ARRAY,
    }
}

fn field(name: &str, of: Physical) -> Result<Arc<Type>> {
    let text = (of == Physical::BYTE_ARRAY).then_some(LogicalType::String);
    let builder = Type::primitive_type_builder(name, of).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(builder.with_logical_type(text).build()?))
}

fn write<'a>(writer: &mut ColumnWriter<'_>, cells: impl Iterator<Item = &'a Cell> + Clone) -> Result<()> {
    // 1 where there is a value, 0 where there is none.
    let levels: Vec<i16> = cells.clone().map(|cell| i16::from(*cell != Cell::Null)).collect();
    let cells = cells.filter(|cell| **cell != Cell::Null);
    match writer {
        ColumnWriter::Int64ColumnWriter(writer) => {
            let values: Vec<i64> = cells.map(integer).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::DoubleColumnWriter(writer) => {
            let values: Vec<f64> = cells.map(real).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let values: Vec<ByteArray> = cells.map(|cell| cell.to_string().into_bytes().into()).collect();
            writer.write_batch(&values, Some(&levels), None)?;
        }
        _ => unreachable!("`physical` names no other type"),
    }
    Ok(())
}

fn integer(cell: &Cell) -> i64 {
    match cell {
        Cell::Integer(value) => *value,
        _ => unreachable!("the column holds integers alone"),
    }
}

fn real(cell: &Cell) -> f64 {
    match cell {
        Cell::Integer(value) => *value as f64,
        Cell::Real(value) => *value,
        _ => unreachable!("the column holds numbers alone"),
    }
}
