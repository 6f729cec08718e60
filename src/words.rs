//! Numbers with what they count.

use std::fmt::Display;

/// "1 run", "2 runs".
pub(crate) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        several => format!("{several} {one}s"),
    }
}

/// Counts in a row: "3 done, 1 failed".
pub(crate) fn in_a_row<T: Display>(counts: impl IntoIterator<Item = (T, usize)>) -> String {
    let words: Vec<String> = counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "run")), ["0 runs", "1 run", "2 runs"]);
        assert_eq!(in_a_row([("done", 3), ("failed", 1)]), "3 done, 1 failed");
    }
}
