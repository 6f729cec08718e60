//! A table that is written row by row, as its rows come to be.

use super::cell::{Cell, Table};
use super::format::Format;
use super::printable::printable;
use super::significant::significant;

/// A column of a table for people.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Characters that its values may take; longer ones reach over it.
    pub width: usize,
    /// Whether it holds numbers, and so is set to the right.
    pub is_numeric: bool,
}

/// A table that is written row by row. As a table, CSV and JSON Lines each row is written when it comes; the other
/// formats can only be written as a whole, at the end.
pub struct Stream {
    format: Format,
    columns: Vec<Column>,
    /// The rows that wait for the end.
    waiting: Table,
}

impl Stream {
    /// A table of these columns, and the text that begins it.
    pub fn begin(format: Format, columns: Vec<Column>) -> (Self, String) {
        let names = columns.iter().map(|column| column.name.to_string()).collect();
        let stream = Self { format, columns, waiting: Table { columns: names, rows: Vec::new() } };
        let head = match format {
            Format::Table => {
                let names: Vec<Cell> = stream.waiting.columns.iter().cloned().map(Cell::Text).collect();
                stream.line(&names)
            }
            Format::Csv => format.write(&stream.waiting),
            _ => String::new(),
        };
        (stream, head)
    }

    /// The text of a row; empty where it has to wait for the end.
    pub fn row(&mut self, row: Vec<Cell>) -> String {
        match self.format {
            Format::Table => self.line(&row),
            Format::Csv | Format::Jsonl => {
                let table = Table { columns: self.waiting.columns.clone(), rows: vec![row] };
                let head =
                    if self.format == Format::Csv { self.format.write(&self.waiting).len() } else { 0 };
                self.format.write(&table).split_off(head)
            }
            _ => {
                self.waiting.rows.push(row);
                String::new()
            }
        }
    }

    /// The text that ends it.
    pub fn end(self) -> String {
        match self.format {
            Format::Table | Format::Csv | Format::Jsonl => String::new(),
            whole => whole.write(&self.waiting),
        }
    }

    fn line(&self, cells: &[Cell]) -> String {
        let cell = |(cell, column): (&Cell, &Column)| {
            let text = match cell {
                Cell::Null => "–".into(),
                Cell::Real(value) => significant(*value),
                other => printable(&other.to_string()),
            };
            let width = column.width;
            if column.is_numeric { format!("{text:>width$}") } else { format!("{text:width$}") }
        };
        let line: Vec<String> = cells.iter().zip(&self.columns).map(cell).collect();
        format!("{}\n", line.join("  ").trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> Vec<String> {
        let columns = vec![
            Column { name: "image", width: 6, is_numeric: false },
            Column { name: "score", width: 9, is_numeric: true },
            Column { name: "verdict", width: 7, is_numeric: false },
        ];
        let (mut stream, head) = Stream::begin(format, columns);
        let rows = [
            vec![Cell::Text("a,b".into()), Cell::Real(0.123_456_789), Cell::Text("normal".into())],
            vec![Cell::Text("a longer name\u{1b}".into()), Cell::Real(12.0), Cell::Null],
        ];
        let mut texts = vec![head];
        texts.extend(rows.map(|row| stream.row(row)));
        texts.push(stream.end());
        texts
    }

    #[test]
    fn rows_are_written_as_they_come() {
        let table = [
            "image       score  verdict\n",
            "a,b        0.1235  normal\n",
            "a longer name\\u{1b}      12.00  –\n",
            "",
        ];
        assert_eq!(written(Format::Table), table);
        let csv = ["image,score,verdict\n", "\"a,b\",0.123456789,normal\n", "a longer name\u{1b},12,\n", ""];
        assert_eq!(written(Format::Csv), csv);
        let [head, first, second, end] = written(Format::Jsonl).try_into().unwrap();
        assert_eq!((head.as_str(), end.as_str()), ("", ""));
        assert_eq!(first, "{\"image\":\"a,b\",\"score\":0.123456789,\"verdict\":\"normal\"}\n");
        assert!(second.ends_with("\"verdict\":null}\n"), "{second}");
    }

    #[test]
    fn other_formats_wait_for_the_end() {
        let texts = written(Format::Json);
        assert!(texts[..3].iter().all(String::is_empty));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&texts[3]).unwrap().as_array().unwrap().len(),
            2
        );
    }
}
