//! The program: passes on the arguments and returns the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    portreeve::cli::run(portreeve::cli::parse())
}
