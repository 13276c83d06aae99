//! The program: arguments in, exit code out.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    portreeve::cli::run(portreeve::cli::Cli::parse())
}
