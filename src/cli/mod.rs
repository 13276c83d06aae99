//! The command line.

mod serve;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Token authorization server for Docker and OCI registries.
#[derive(Debug, Parser)]
#[command(name = "portreeve", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::ServeFlags),
}

/// Runs a command. 0: done; 1: it failed; 2: bad usage or configuration.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Serve(flags) => serve::run(flags),
    }
}

/// Tells of an error with all its causes, on standard error.
fn complain(error: &dyn std::error::Error) {
    let mut text = format!("portreeve: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    eprintln!("{text}");
}
