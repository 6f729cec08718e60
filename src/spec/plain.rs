//! Complaints of the TOML reader in the words of a sweep file: no types of the program, no phrases of its libraries.

/// A complaint in plain words, and what to do about it.
#[derive(Debug, PartialEq)]
pub(super) struct Plain {
    pub message: String,
    pub help: Option<String>,
}

/// What serde and the TOML reader say of a value, said of `key` where that is known.
pub(super) fn plain(message: &str, key: Option<&str>) -> Plain {
    let message = message.trim();
    let subject = key.map_or_else(|| "a value".into(), |key| format!("`{key}`"));
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (word, known) = quoted(rest);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Plain {
            message: format!("{subject} cannot be `{word}`"),
            help: Some(suggest(&word, &known)),
        };
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (word, known) = quoted(rest);
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Plain { message: format!("unknown key `{word}`"), help: Some(suggest(&word, &known)) };
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return Plain { message: format!("{rest} is missing"), help: None };
    }
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    let found = kinds
        .iter()
        .find_map(|kind| message.strip_prefix(kind))
        .and_then(|rest| rest.split_once(", expected "));
    if let Some((found, wanted)) = found {
        return Plain {
            message: format!("{subject} must be {}, not {}", kind(wanted), value(found)),
            help: None,
        };
    }
    let is_escape = ["escape", "unicode value"].iter().any(|word| message.contains(word));
    let help =
        "between double quotes a backslash begins an escape: write paths with /, or between single quotes";
    Plain { message: syntax(message), help: is_escape.then(|| help.into()) }
}

/// "did you mean …" for a misspelt word, or the list of known words.
pub(crate) fn suggest(word: &str, known: &[&str]) -> String {
    let word = word.to_lowercase();
    let nearest =
        known.iter().map(|candidate| (strsim::damerau_levenshtein(&word, candidate), *candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + candidate.len() / 4 => {
            format!("did you mean `{candidate}`?")
        }
        _ => format!("known: {}", known.join(", ")),
    }
}

/// What the TOML reader says of text that is no TOML.
fn syntax(message: &str) -> String {
    let known = [
        ("string values must be quoted", "a text must stand in quotes"),
        ("invalid basic string", "a quote is not closed"),
        ("invalid literal string", "a quote is not closed"),
        ("duplicate key", "this key is given twice"),
        ("missing comma between array elements", "a list is not closed, or lacks a comma"),
        ("unclosed array", "a list is not closed"),
        ("unclosed inline table", "a table is not closed"),
        ("unclosed table", "the name of a table is not closed"),
    ];
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    match known.iter().find(|(words, _)| message.starts_with(words)) {
        Some((_, plain)) => (*plain).into(),
        None => lines.collect::<Vec<_>>().join("; "),
    }
}

/// The words in backticks: the first, and the others.
fn quoted(text: &str) -> (String, Vec<String>) {
    let mut words = text.split('`').skip(1).step_by(2).map(String::from);
    (words.next().unwrap_or_default(), words.collect())
}

/// What a value must be.
fn kind(wanted: &str) -> String {
    match wanted {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number of 0 or more".into(),
        "isize" | "i64" | "i32" | "i16" | "i8" => "a whole number".into(),
        "f64" | "f32" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" | "string" | "path string" | "a borrowed string" | "string or map" | "string or table"
        | "variant identifier" => "a text in quotes".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        other => match other.strip_prefix("an array of length ").or(other.strip_prefix("a tuple of size ")) {
            Some(length) => format!("a list of {length} values"),
            None if other.starts_with("struct ") || other.contains(" enum ") => "a table".into(),
            None => other.into(),
        },
    }
}

/// What a value is.
fn value(found: &str) -> String {
    let literal = found.split('`').nth(1).map(String::from);
    match found.split_whitespace().next() {
        Some("string") => format!("the text {}", found.trim_start_matches("string ")),
        Some("integer" | "floating" | "boolean") => literal.unwrap_or_else(|| found.into()),
        Some("sequence") => "a list".into(),
        Some("map") => "a table".into(),
        Some(length) if length.parse::<usize>().is_ok() => format!("one of {length}"),
        _ => found.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_no_types() {
        let said = |message| plain(message, Some("epochs")).message;
        assert_eq!(
            said("invalid type: string \"ten\", expected usize"),
            "`epochs` must be a whole number of 0 or more, not the text \"ten\""
        );
        assert_eq!(
            said("invalid value: integer `-3`, expected usize"),
            "`epochs` must be a whole number of 0 or more, not -3"
        );
        assert_eq!(
            said("invalid type: floating point `0.5`, expected usize"),
            said("invalid type: floating point `0.5`, expected u64")
        );
        assert_eq!(said("invalid type: boolean `true`, expected f64"), "`epochs` must be a number, not true");
        assert_eq!(
            said("invalid type: integer `3`, expected path string"),
            "`epochs` must be a text in quotes, not 3"
        );
        assert_eq!(
            said("invalid length 3, expected an array of length 2"),
            "`epochs` must be a list of 2 values, not one of 3"
        );
        assert_eq!(said("missing field `scene`"), "`scene` is missing");
    }

    #[test]
    fn names_that_are_not_known_are_met_with_those_that_are() {
        let variant =
            plain("unknown variant `anogun`, expected one of `anogan`, `ganomaly`, `pca`", Some("model"));
        assert_eq!(variant.message, "`model` cannot be `anogun`");
        assert_eq!(variant.help.as_deref(), Some("did you mean `anogan`?"));
        let field = plain("unknown field `rooot`, expected `root` or `train`", None);
        assert_eq!(field.message, "unknown key `rooot`");
        assert_eq!(field.help.as_deref(), Some("did you mean `root`?"));
    }
}
