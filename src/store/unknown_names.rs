//! What there is in the place of a table or column that a query gets wrong.

use rusqlite::Connection;

use crate::spec::suggest;

/// The views that people query.
const VIEWS: [&str; 6] = ["runs", "results", "scores", "metrics", "leaderboard", "tags"];

/// What is to be added to SQLite's words about a name that it does not know; nothing to other words.
pub(super) fn instead(connection: &Connection, sql: &str, words: &str) -> Option<String> {
    if let Some(table) = words.strip_prefix("no such table: ") {
        return Some(format!("; {} (what can be asked: {})", suggest(table, &VIEWS), VIEWS.join(", ")));
    }
    let column = words.strip_prefix("no such column: ")?;
    let name = column.split(" - ").next().unwrap_or(column).trim_matches('"');
    let name = name.rsplit('.').next().unwrap_or(name);
    let asked = |view: &&str| sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *view);
    let views: Vec<&str> = VIEWS.into_iter().filter(asked).collect();
    let views = if views.is_empty() { VIEWS.to_vec() } else { views };
    let columns: Vec<(&str, Vec<String>)> =
        views.into_iter().map(|view| (view, columns_of(connection, view))).collect();
    let known: Vec<&str> = columns.iter().flat_map(|(_, names)| names).map(String::as_str).collect();
    let nearest = suggest(name, &known);
    let elsewhere =
        VIEWS.into_iter().find(|view| columns_of(connection, view).iter().any(|column| column == name));
    let hint = match elsewhere {
        Some(view) => format!("`{view}` has it"),
        None if nearest.starts_with("known") => format!("a text stands in single quotes: '{name}'"),
        None => nearest,
    };
    let lists: Vec<String> =
        columns.iter().map(|(view, names)| format!("`{view}` has {}", names.join(", "))).collect();
    Some(format!("; {hint} ({})", lists.join("; ")))
}

fn columns_of(connection: &Connection, view: &str) -> Vec<String> {
    let read = || -> rusqlite::Result<Vec<String>> {
        connection
            .prepare("SELECT name FROM pragma_table_info(?)")?
            .query_map([view], |row| row.get(0))?
            .collect()
    };
    read().unwrap_or_default()
}
