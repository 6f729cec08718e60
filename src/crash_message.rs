//! Why a computation or its process failed, in one line, from all that was said.

/// Last lines of a crash that are shown.
const SHOWN: usize = 6;
/// Characters of the first panic that are shown.
const LONGEST_CAUSE: usize = 200;
/// Beginnings of lines that burn's runtime puts between the reasons.
const NOISE: [&str; 6] =
    ["Caused by:", "Asked at:", "Backtrace", "No backtrace available", "note: run with `RUST_BACKTRACE", ")"];
/// What to do where memory is full.
pub const LESS_MEMORY: &str = "a smaller `batch_size` or `width` and fewer --jobs need less";
/// How the runtimes of GPUs say that their memory is full.
const MEMORY_IS_FULL: [&str; 3] = ["out of device memory", "out-of-memory", "can't allocate buffer"];

/// The report with which a process ended, or its last lines; where it differs, the first panic, as what goes
/// wrong on a device is often told by another thread, and much later; and what to do where a GPU's
/// memory is full.
pub fn crash_message(text: &str) -> String {
    let told = |line: &&str| !line.is_empty() && !NOISE.iter().any(|noise| line.starts_with(noise));
    let lines: Vec<&str> = text.lines().map(|line| line.trim_matches(['×', '│', ' '])).filter(told).collect();
    let report = text.lines().map(str::trim).skip_while(|line| !line.starts_with('×'));
    let report: Vec<&str> = report.map(|line| line.trim_matches(['×', '│', ' '])).filter(told).collect();
    let mut words = match report[..] {
        [] => lines[lines.len().saturating_sub(SHOWN)..].join(" / "),
        _ => report.join(" "),
    };
    let first = lines.iter().skip_while(|line| !line.contains(" panicked at ")).nth(1);
    if let Some(first) = first.filter(|first| !words.contains(**first)) {
        words.push_str("; first: ");
        words.extend(first.chars().take(LONGEST_CAUSE));
    }
    if MEMORY_IS_FULL.iter().any(|full| text.contains(full)) {
        words.push_str(&format!(" (the device's memory is full: {LESS_MEMORY})"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_and_tells_the_first_panic() {
        let text = "thread 'a' panicked at x.rs:1:1:\nno library\n WARN later\n\
                    thread 'b' panicked at y.rs:1:1:\nno value\n  × an image's score is 0 there\n\
                      │ and 1 on the CPU\n";
        assert_eq!(crash_message(text), "an image's score is 0 there and 1 on the CPU; first: no library");
    }

    #[test]
    fn a_crash_is_told_by_its_last_lines() {
        assert_eq!(crash_message("1\n\n2\n3\n4\n5\n6\n7\n"), "2 / 3 / 4 / 5 / 6 / 7");
        assert_eq!(crash_message(""), "");
    }

    #[test]
    fn full_memory_tells_what_to_do() {
        let text = "reading failed\nCaused by:\n  out of device memory allocating 2097152 bytes\n\
        No backtrace available)";
        let words = crash_message(text);
        assert!(
            words.starts_with("reading failed / out of device memory allocating 2097152 bytes (the device's")
        );
    }
}
