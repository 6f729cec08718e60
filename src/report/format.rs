use std::fmt;

use comfy_table::Table as Drawn;
use serde_json::{Map, Value};

use crate::store::{Cell, Table};

/// How a table is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// A list of objects.
    Json,
    /// One object a line.
    Jsonl,
    /// A Markdown table.
    Markdown,
    /// A LaTeX table with booktabs.
    Latex,
}

impl Format {
    /// The table as text, ending in a line break.
    pub fn write(self, table: &Table) -> String {
        match self {
            Self::Table => drawn(table, comfy_table::presets::UTF8_FULL_CONDENSED),
            Self::Csv => csv(table),
            Self::Json => format!("{:#}\n", Value::Array(objects(table))),
            Self::Jsonl => objects(table).iter().map(|row| format!("{row}\n")).collect(),
            Self::Markdown => drawn(table, comfy_table::presets::ASCII_MARKDOWN),
            Self::Latex => latex(table),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value}"),
            Self::Blob(length) => write!(f, "({length} bytes)"),
        }
    }
}

fn texts(row: &[Cell]) -> Vec<String> {
    row.iter().map(Cell::to_string).collect()
}

fn drawn(table: &Table, style: comfy_table::TableStyle) -> String {
    let mut drawn = Drawn::new();
    drawn.load_style(style).set_header(&table.columns);
    for row in &table.rows {
        drawn.add_row(texts(row));
    }
    format!("{drawn}\n")
}

fn csv(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = std::iter::once(table.columns.clone())
        .chain(table.rows.iter().map(|row| texts(row)))
        .try_for_each(|row| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8(bytes.expect("writing to memory")).expect("made of texts")
}

fn objects(table: &Table) -> Vec<Value> {
    let object = |row: &Vec<Cell>| {
        table.columns.iter().cloned().zip(row.iter().map(value)).collect::<Map<String, Value>>().into()
    };
    table.rows.iter().map(object).collect()
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(value) => Value::from(*value),
        Cell::Real(value) => Value::from(*value),
        Cell::Text(value) => Value::from(value.as_str()),
        Cell::Blob(_) => Value::from(cell.to_string()),
    }
}

fn latex(table: &Table) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("{} \\\\", cells.join(" & "))
    };
    let mut lines = vec![
        format!("\\begin{{tabular}}{{{}}}", "l".repeat(table.columns.len())),
        "\\toprule".into(),
        line(table.columns.clone()),
        "\\midrule".into(),
    ];
    lines.extend(table.rows.iter().map(|row| line(texts(row))));
    lines.extend(["\\bottomrule".into(), "\\end{tabular}\n".into()]);
    lines.join("\n")
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{character}"),
            '~' => "\\textasciitilde{}".into(),
            '^' => "\\textasciicircum{}".into(),
            '\\' => "\\textbackslash{}".into(),
            'λ' => "$\\lambda$".into(),
            '×' => "$\\times$".into(),
            '±' => "$\\pm$".into(),
            '–' => "--".into(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            columns: vec!["w_adv".into(), "λ".into()],
            rows: vec![
                vec![Cell::Real(0.5), Cell::Text("a, \"b\" & c".into())],
                vec![Cell::Null, Cell::Integer(3)],
            ],
        }
    }

    #[test]
    fn csv_quotes() {
        assert_eq!(Format::Csv.write(&table()), "w_adv,λ\n0.5,\"a, \"\"b\"\" & c\"\n,3\n");
    }

    #[test]
    fn json_keeps_types() {
        let value: Value = serde_json::from_str(&Format::Json.write(&table())).unwrap();
        assert_eq!(value, serde_json::json!([{"w_adv": 0.5, "λ": "a, \"b\" & c"}, {"w_adv": null, "λ": 3}]));
    }

    #[test]
    fn json_lines_are_the_same_objects() {
        let lines = Format::Jsonl.write(&table());
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let list: Value = serde_json::from_str(&Format::Json.write(&table())).unwrap();
        assert_eq!(Value::Array(rows), list);
    }

    #[test]
    fn latex_escapes() {
        let written = Format::Latex.write(&table());
        assert!(written.contains("w\\_adv & $\\lambda$ \\\\"));
        assert!(written.contains("\"b\" \\& c"));
    }
}
