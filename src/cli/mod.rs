//! The command line.
//!
//! Everything but `serve`, `keys`, `backup`, `restore`, `copy` and `admin` talks to the API like any other
//! client, and `doctor` to a registry.

mod access_keys;
mod admin;
mod apply;
mod audit;
mod backup;
mod client;
mod completions;
mod connection;
mod copy;
mod destination;
mod doctor;
mod edit;
mod error;
mod explain;
mod export;
mod files;
mod groups;
mod keys;
mod login;
mod login_file;
mod objects;
mod output;
mod robots;
mod rules;
mod secret_input;
mod serve;
mod services;
mod sessions;
mod users;
mod yaml;

use crate::config::{Config, FlagSettings};
use clap::{Parser, Subcommand};
use std::collections::BTreeMap;
use std::process::ExitCode;

const EXAMPLE: &str = "\
Examples:
  portreeve serve
  portreeve login https://auth.example.org --user admin";

/// Token authorization server for Docker and OCI registries, and its command line.
#[derive(Debug, Parser)]
#[command(name = "portreeve", version, about, propagate_version = true, after_help = EXAMPLE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
enum Command {
    /// Run the server
    Serve(serve::ServeFlags),
    /// Log in to a server: saves an access key for the other commands
    Login(login::Login),
    /// Revoke the saved access key and forget it
    Logout(login::Logout),
    /// Show who you are for the server
    Whoami(login::Whoami),
    Users(users::Users),
    Robots(robots::Robots),
    Groups(groups::Groups),
    Services(services::Services),
    Rules(rules::Rules),
    AccessKeys(access_keys::AccessKeys),
    Keys(keys::Keys),
    Sessions(sessions::Sessions),
    Explain(explain::Explain),
    WhoCan(explain::WhoCan),
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    Export(export::Export),
    Apply(apply::Apply),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Copy(copy::Copy),
    Admin(admin::Admin),
    /// Print the completion script of a shell
    Completions(completions::Completions),
}

/// Runs a command. 0: done; 1: it failed; 2: bad usage or configuration; 3: answered with no, or
/// changes are pending.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Serve(flags) => return serve::run(flags),
        Command::Login(args) => login::log_in(&args),
        Command::Logout(args) => login::log_out(&args),
        Command::Whoami(args) => login::who_am_i(&args),
        Command::Users(args) => users::run(&args),
        Command::Robots(args) => robots::run(&args),
        Command::Groups(args) => groups::run(&args),
        Command::Services(args) => services::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::AccessKeys(args) => access_keys::run(&args),
        Command::Keys(args) => return keys::run(args),
        Command::Sessions(args) => sessions::run(&args),
        Command::Explain(args) => return answered(explain::explain(&args)),
        Command::WhoCan(args) => return answered(explain::who_can(&args)),
        Command::Audit(args) => audit::run(&args),
        Command::Doctor(args) => return answered(doctor::run(&args)),
        Command::Export(args) => export::run(&args),
        Command::Apply(args) => return answered(apply::run(&args)),
        Command::Backup(args) => return backup::back_up(args),
        Command::Restore(args) => return backup::restore(args),
        Command::Copy(args) => return copy::run(&args),
        Command::Admin(args) => return admin::run(args),
        Command::Completions(args) => completions::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// The exit code of a command that answers with one.
fn answered(result: Result<u8, error::CliError>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => report(&error),
    }
}

/// Tells what went wrong, and gives the exit code for it.
fn report(error: &error::CliError) -> ExitCode {
    for line in error.lines() {
        eprintln!("portreeve: {line}");
    }
    ExitCode::from(error.exit_code())
}

/// The environment variables that are text.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The settings of the server; tells what is wrong with them.
fn load(flags: &FlagSettings) -> Result<Config, ExitCode> {
    match Config::load(flags, &environment(), |path| std::fs::read_to_string(path)) {
        Ok((config, _)) => Ok(config),
        Err(error) => {
            complain(&error);
            Err(ExitCode::from(2))
        }
    }
}

/// Tells of an error with all its causes, on standard error.
fn complain(error: &(dyn std::error::Error + 'static)) {
    eprintln!("portreeve: {}", crate::causes::causes(error));
}
