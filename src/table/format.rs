//! Tables as text, for people, papers and programs.

use comfy_table::Table as Drawn;
use serde::{Serialize, Serializer};

use super::cell::{Cell, Table};
use super::printable::printable;

/// How a table is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// Comma-separated values with a header. Texts that a spreadsheet would compute (they begin with `=`, `+`, `-` or
    /// `@`) have an apostrophe in front; numbers stay numbers.
    Csv,
    /// A list of objects.
    Json,
    /// One object per line.
    Jsonl,
    /// A Markdown table.
    Markdown,
    /// A LaTeX table with booktabs.
    Latex,
    /// An HTML table.
    Html,
}

/// A cell by its row and column, counted from 0.
pub(crate) type Place = (usize, usize);

/// How a cell stands out where a format can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Bold: better than the rest.
    Strong,
    /// Red (in LaTeX of the package xcolor): not to be trusted. Markdown has no colour.
    Alarm,
}

/// A cell that stands out.
pub(crate) type Marked = (Place, Mark);

impl Format {
    /// The table as text, ending in a line break.
    pub fn write(self, table: &Table) -> String {
        self.write_marked(table, &[])
    }

    /// Whether programs read it: then ids are whole, and numbers have all their digits.
    pub fn is_for_programs(self) -> bool {
        matches!(self, Self::Csv | Self::Json | Self::Jsonl)
    }

    /// The table with some cells standing out, where the format has that.
    pub(crate) fn write_marked(self, table: &Table, marks: &[Marked]) -> String {
        match self {
            Self::Table => drawn(table, comfy_table::presets::UTF8_FULL_CONDENSED),
            Self::Csv => csv(table),
            Self::Json => {
                format!("{}\n", json_text(serde_json::to_string_pretty(&objects(table, &distinct(table)))))
            }
            Self::Jsonl => objects(table, &distinct(table))
                .iter()
                .map(|row| format!("{}\n", json_text(serde_json::to_string(row))))
                .collect(),
            Self::Markdown => {
                let around = |mark| if mark == Mark::Strong { ["**", "**"] } else { ["", ""] };
                drawn(&escaped(table, marks, markdown, around), comfy_table::presets::ASCII_MARKDOWN)
            }
            Self::Latex => {
                let around =
                    |mark| [if mark == Mark::Strong { "\\textbf{" } else { "\\textcolor{red}{" }, "}"];
                latex(table, &escaped(table, marks, tex, around))
            }
            Self::Html => {
                let around = |mark| match mark {
                    Mark::Strong => ["<strong>", "</strong>"],
                    Mark::Alarm => ["<span style=\"color: #b00000\">", "</span>"],
                };
                html(table, &escaped(table, marks, html_text, around))
            }
        }
    }
}

impl Format {
    /// The table with some cells standing out and with what it claims, so that the one does not go without the other:
    /// below it in Markdown and LaTeX (text of the paper, in small type), as an HTML caption, and in CSV as a comment
    /// on top, which `#` begins (W3C, Metadata Vocabulary for Tabular Data, section 5.9); formats for programs have
    /// none.
    pub(crate) fn write_captioned(self, table: &Table, marks: &[Marked], caption: &str) -> String {
        let written = self.write_marked(table, marks);
        match self {
            Self::Markdown => format!("{written}\n{caption}\n"),
            Self::Latex => {
                let caption = tex(caption);
                format!("{written}\n\\smallskip\n\\parbox{{\\linewidth}}{{\\footnotesize {caption}}}\n")
            }
            Self::Html => {
                let caption = format!("<table>\n<caption>{}</caption>\n", html_text(caption));
                written.replacen("<table>\n", &caption, 1)
            }
            Self::Csv => format!("# {caption}\n{written}"),
            Self::Table | Self::Json | Self::Jsonl => written,
        }
    }
}

fn texts(row: &[Cell]) -> Vec<String> {
    row.iter().map(Cell::to_string).collect()
}

/// A table of texts in which nothing but what is put `around` cells that stand out has a meaning to the format.
fn escaped(
    table: &Table,
    marks: &[Marked],
    escape: fn(&str) -> String,
    around: impl Fn(Mark) -> [&'static str; 2],
) -> Table {
    let cell = |place: Place, cell: &Cell| {
        let marks = marks.iter().filter(|(marked, _)| *marked == place);
        let [before, after] = marks.map(|(_, mark)| around(*mark)).next().unwrap_or_default();
        Cell::Text(format!("{before}{}{after}", escape(&cell.to_string())))
    };
    let row = |(row, cells): (usize, &Vec<Cell>)| {
        cells.iter().enumerate().map(|(column, of)| cell((row, column), of)).collect()
    };
    Table {
        columns: table.columns.iter().map(|name| escape(name)).collect(),
        rows: table.rows.iter().enumerate().map(row).collect(),
    }
}

/// Whether a column holds numbers, maybe with a deviation or an interval, and so is set to the right.
pub(crate) fn is_numeric(table: &Table, column: usize) -> bool {
    let numeric = |cell: &Cell| {
        let text = cell.to_string();
        matches!(text.as_str(), "" | "–")
            || text.split(' ').next().is_some_and(|word| word.parse::<f64>().is_ok())
    };
    table.rows.iter().all(|row| row.get(column).is_none_or(numeric))
}

fn drawn(table: &Table, style: comfy_table::TableStyle) -> String {
    let mut drawn = Drawn::new();
    drawn.load_style(style).set_header(table.columns.iter().map(|name| printable(name)));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|cell| printable(&cell.to_string())));
    }
    format!("{drawn}\n")
}

fn csv(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head: Vec<String> = distinct(table).iter().map(|name| no_formula(name)).collect();
    let row = |row: &Vec<Cell>| row.iter().map(csv_text).collect::<Vec<_>>();
    let written =
        std::iter::once(head).chain(table.rows.iter().map(row)).try_for_each(|row| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8(bytes.expect("writing to memory")).expect("made of texts")
}

fn csv_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => no_formula(text),
        other => other.to_string(),
    }
}

/// A text that spreadsheets show and do not compute.
fn no_formula(text: &str) -> String {
    let is_number = |word: &str| word == "±" || word.trim_matches(['[', ']', ',']).parse::<f64>().is_ok();
    let computed = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !text.split(' ').all(is_number);
    if computed { format!("'{text}") } else { text.into() }
}

/// A row as an object whose keys are in the order of the columns.
struct Object<'a> {
    names: &'a [String],
    row: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().zip(self.row))
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Real(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Blob(_) => serializer.collect_str(self),
        }
    }
}

fn objects<'a>(table: &'a Table, names: &'a [String]) -> Vec<Object<'a>> {
    table.rows.iter().map(|row| Object { names, row }).collect()
}

fn json_text(written: serde_json::Result<String>) -> String {
    written.expect("texts and numbers alone")
}

/// The columns' names; a name that is there already gets a number: `a`, `a_2`.
fn distinct(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in &table.columns {
        let numbered = (2..).map(|nth| format!("{name}_{nth}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|candidate| !names.contains(candidate));
        names.extend(free);
    }
    names
}

fn latex(table: &Table, escaped: &Table) -> String {
    let line = |cells: Vec<String>| format!("{} \\\\", cells.join(" & "));
    let columns = 0..table.columns.len();
    let alignment: String = columns.map(|column| if is_numeric(table, column) { 'r' } else { 'l' }).collect();
    let mut lines = vec![
        format!("\\begin{{tabular}}{{{alignment}}}"),
        "\\toprule".into(),
        line(escaped.columns.clone()),
        "\\midrule".into(),
    ];
    lines.extend(escaped.rows.iter().map(|row| line(texts(row))));
    lines.extend(["\\bottomrule".into(), "\\end{tabular}\n".into()]);
    lines.join("\n")
}

fn tex(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{character}"),
            '[' => "{[}".into(), // after a line break, a bare one begins an option
            '<' => "\\textless{}".into(),
            '>' => "\\textgreater{}".into(),
            '|' => "\\textbar{}".into(),
            '~' => "\\textasciitilde{}".into(),
            '^' => "\\textasciicircum{}".into(),
            '\\' => "\\textbackslash{}".into(),
            'λ' => "$\\lambda$".into(),
            '×' => "$\\times$".into(),
            '±' => "$\\pm$".into(),
            '−' => "$-$".into(),
            '–' => "--".into(),
            '\n' => " ".into(),
            other => other.to_string(),
        })
        .collect()
}

fn markdown(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let is_letter = |place: usize| characters.get(place).is_some_and(|other| other.is_alphanumeric());
    let escape = |(place, character): (usize, &char)| match character {
        '_' if place > 0 && is_letter(place - 1) && is_letter(place + 1) => "_".into(), // within a word
        '\\' | '|' | '*' | '_' | '`' | '~' => format!("\\{character}"),
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '\n' => "<br>".into(),
        other => other.to_string(),
    };
    characters.iter().enumerate().map(escape).collect()
}

fn html(table: &Table, escaped: &Table) -> String {
    let class = |column| if is_numeric(table, column) { " class=\"number\"" } else { "" };
    let line = |tag: &str, cells: Vec<String>| {
        let cells = cells.into_iter().enumerate();
        let cells: String =
            cells.map(|(column, cell)| format!("<{tag}{}>{cell}</{tag}>", class(column))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = escaped.rows.iter().map(|row| line("td", texts(row))).collect();
    let head = line("th", escaped.columns.clone());
    format!("<table>\n<thead>\n{head}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn html_text(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
    fn csv_holds_no_formulas() {
        let cells =
            ["=1+1", "+cmd|x", "-a", "@SUM(A1)", "-1 +x", "-0.5 ± 0.1", "-0.7 [-0.8, -0.6]", "-2", "a=b"];
        let rows = cells.iter().map(|text| vec![Cell::Text(text.to_string())]);
        let rows = rows.chain([vec![Cell::Real(-0.5)]]).collect();
        let written = Format::Csv.write(&Table { columns: vec!["=head".into()], rows });
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines[..6], ["'=head", "'=1+1", "'+cmd|x", "'-a", "'@SUM(A1)", "'-1 +x"]);
        assert_eq!(lines[6..], ["-0.5 ± 0.1", "\"-0.7 [-0.8, -0.6]\"", "-2", "a=b", "-0.5"]);
    }

    #[test]
    fn json_keeps_types() {
        let value: Value = serde_json::from_str(&Format::Json.write(&table())).unwrap();
        assert_eq!(value, serde_json::json!([{"w_adv": 0.5, "λ": "a, \"b\" & c"}, {"w_adv": null, "λ": 3}]));
    }

    #[test]
    fn keys_stand_in_the_order_of_columns_and_none_is_lost() {
        let columns = ["b", "a", "b", "b_2"].map(String::from).to_vec();
        let rows = vec![vec![Cell::Integer(1), Cell::Null, Cell::Integer(2), Cell::Real(f64::NAN)]];
        let table = Table { columns, rows };
        assert_eq!(Format::Jsonl.write(&table), "{\"b\":1,\"a\":null,\"b_2\":2,\"b_2_2\":null}\n");
        assert_eq!(Format::Csv.write(&table), "b,a,b_2,b_2_2\n1,,2,NaN\n");
    }

    #[test]
    fn json_lines_are_the_same_objects() {
        let lines = Format::Jsonl.write(&table());
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let list: Value = serde_json::from_str(&Format::Json.write(&table())).unwrap();
        assert_eq!(Value::Array(rows), list);
    }

    /// Characters that mean something to one format or another.
    fn hostile() -> Table {
        Table {
            columns: vec!["w_adv|x".into(), "λ".into()],
            rows: vec![
                vec![Cell::Text("[a] <b> & *c* `d`".into()), Cell::Text("0.5 ± 0.1".into())],
                vec![Cell::Text("50% \\ {e} $f #g ~h ^i\nj _k".into()), Cell::Null],
            ],
        }
    }

    #[test]
    fn latex_escapes() {
        let expected = [
            "\\begin{tabular}{lr}",
            "\\toprule",
            "w\\_adv\\textbar{}x & $\\lambda$ \\\\",
            "\\midrule",
            "{[}a] \\textless{}b\\textgreater{} \\& *c* `d` & \\textbf{0.5 $\\pm$ 0.1} \\\\",
            "50\\% \\textbackslash{} \\{e\\} \\$f \\#g \\textasciitilde{}h \\textasciicircum{}i j \\_k &  \\\\",
            "\\bottomrule",
            "\\end{tabular}\n",
        ];
        assert_eq!(Format::Latex.write_marked(&hostile(), &[((0, 1), Mark::Strong)]), expected.join("\n"));
    }

    #[test]
    fn markdown_escapes() {
        let written = Format::Markdown.write_marked(&hostile(), &[((0, 1), Mark::Strong)]);
        let cells: Vec<Vec<&str>> = written
            .lines()
            .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
            .collect();
        assert_eq!(cells[0], ["w_adv\\|x", "λ"]);
        assert_eq!(cells[2], ["[a] &lt;b> &amp; \\*c\\* \\`d\\`", "**0.5 ± 0.1**"]);
        assert_eq!(cells[3], ["50% \\\\ {e} $f #g \\~h ^i<br>j \\_k", ""]);
        assert_eq!(cells.len(), 4);
    }

    #[test]
    fn html_escapes() {
        let written = Format::Html.write_marked(&hostile(), &[((0, 1), Mark::Strong)]);
        assert!(written.contains("<th>w_adv|x</th><th class=\"number\">λ</th>"), "{written}");
        assert!(written.contains("<td>[a] &lt;b&gt; &amp; *c* `d`</td>"), "{written}");
        assert!(written.contains("<td class=\"number\"><strong>0.5 ± 0.1</strong></td>"), "{written}");
        assert!(!written.contains("<b>"));
    }

    #[test]
    fn captions_go_with_the_table() {
        let caption = "100 % of <b>, ± & so on";
        let of = |format: Format| format.write_captioned(&table(), &[], caption);
        assert_eq!(of(Format::Csv), format!("# {caption}\n{}", Format::Csv.write(&table())));
        let written = of(Format::Csv);
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(written.as_bytes());
        assert_eq!((reader.headers().unwrap().len(), reader.records().count()), (2, 2));
        assert!(of(Format::Markdown).ends_with(&format!("|\n\n{caption}\n")), "{}", of(Format::Markdown));
        let latex = of(Format::Latex);
        assert!(latex.starts_with("\\begin{tabular}"), "it goes into whatever table is around it");
        assert!(
            latex.contains("{\\footnotesize 100 \\% of \\textless{}b\\textgreater{}, $\\pm$ \\& so on}\n"),
            "{latex}"
        );
        let html = of(Format::Html);
        assert!(
            html.starts_with("<table>\n<caption>100 % of &lt;b&gt;, ± &amp; so on</caption>\n<thead>"),
            "{html}"
        );
        assert_eq!(of(Format::Jsonl), Format::Jsonl.write(&table()));
    }

    #[test]
    fn what_is_not_to_be_trusted_is_red() {
        let written = |format: Format| format.write_marked(&table(), &[((1, 1), Mark::Alarm)]);
        assert!(written(Format::Latex).contains("& \\textcolor{red}{3} \\\\"), "{}", written(Format::Latex));
        assert_eq!(written(Format::Html).matches("<span style=\"color: #b00000\">3</span>").count(), 1);
        assert_eq!(written(Format::Markdown), Format::Markdown.write(&table()));
    }

    #[test]
    fn formats_without_bold_stay_as_they_are() {
        for format in [Format::Table, Format::Csv, Format::Json, Format::Jsonl] {
            assert_eq!(format.write_marked(&table(), &[((0, 0), Mark::Strong)]), format.write(&table()));
        }
    }

    #[test]
    fn numbers_are_known() {
        let column = |cells: &[&str]| Table {
            columns: vec!["x".into()],
            rows: cells.iter().map(|cell| vec![Cell::Text(cell.to_string())]).collect(),
        };
        assert!(is_numeric(&column(&["0.5 [0.4, 0.6]", "–", "1e-3"]), 0));
        assert!(!is_numeric(&column(&["0.5", "32×32×1"]), 0));
    }
}
