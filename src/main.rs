//! The `anolab` command.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    anolab::cli::main()
}
