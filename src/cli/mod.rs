//! The command line: parses the arguments, and runs the command that they name.
//!
//! `serve`, `config`, `version`, `keys`, `backup`, `restore`, `copy`, `admin`, `completions` and `man` work
//! without the API. `doctor` talks to a registry and to its token server. `self-check` checks a server, and needs
//! no login there. The remaining commands are ordinary clients of the API.

#[macro_use]
mod say;

mod access_keys;
mod admin;
mod apply;
mod audit;
mod backup;
mod check;
mod client;
mod completions;
mod config;
mod confirm;
mod connection;
mod copy;
mod crawl;
mod destination;
mod device_login;
mod doctor;
mod edit;
mod error;
mod escape;
mod explain;
mod export;
mod files;
mod given;
mod groups;
mod identity_providers;
mod keys;
mod lint;
mod local;
mod login;
mod login_file;
mod man;
mod objects;
mod output;
mod owned;
mod paint;
mod preview;
mod progress;
mod repositories;
mod robots;
mod rules;
mod secret_input;
mod self_check;
mod serve;
mod services;
mod sessions;
mod status;
mod suggestion;
mod unreachable;
mod unused_rights;
mod usage;
mod user_identity;
mod user_invitation;
mod users;
mod version;
mod when;
mod yaml;

use crate::domain::shell;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use error::CliError;
use escape::clean;
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
#[allow(
    clippy::large_enum_variant,
    reason = "a process has one value of this type; the number of flags decides if clippy reports it"
)]
enum Command {
    /// Run the server
    Serve(serve::ServeFlags),
    Config(config::ConfigCommand),
    Version(version::Version),
    Status(status::Status),
    SelfCheck(self_check::SelfCheck),
    /// Log in to a server: saves an access key for the other commands
    Login(login::Login),
    /// Revoke the saved access key and forget it
    Logout(login::Logout),
    /// Show who you are to the server
    Whoami(login::Whoami),
    #[command(visible_alias = "user")]
    Users(users::Users),
    #[command(visible_alias = "robot")]
    Robots(robots::Robots),
    #[command(visible_alias = "group")]
    Groups(groups::Groups),
    #[command(visible_alias = "service")]
    Services(services::Services),
    #[command(visible_alias = "identity-provider")]
    IdentityProviders(identity_providers::IdentityProviders),
    #[command(visible_alias = "rule")]
    Rules(rules::Rules),
    #[command(visible_alias = "access-key")]
    AccessKeys(access_keys::AccessKeys),
    #[command(visible_alias = "key")]
    Keys(keys::Keys),
    #[command(visible_alias = "session")]
    Sessions(sessions::Sessions),
    #[command(visible_alias = "repository")]
    Repositories(repositories::Repositories),
    Usage(usage::Usage),
    Pulls(usage::Pulls),
    Activity(usage::Activity),
    Suggestions(unused_rights::Suggestions),
    Explain(explain::Explain),
    Check(check::Check),
    WhoCan(explain::WhoCan),
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    Export(export::Export),
    Preview(preview::Preview),
    Apply(apply::Apply),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Copy(copy::Copy),
    Admin(admin::Admin),
    /// Print the completion script of a shell
    Completions(completions::Completions),
    #[command(hide = true)]
    Man(man::Man),
}

/// Parses the arguments of this process. If they ask for the help or the version, or are not a valid command,
/// prints the help, the version or the error, and ends the process.
#[must_use]
pub fn parse() -> Cli {
    let mut command = Cli::command().long_version(version::in_full());
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.unwrap_or_else(|mut error| {
        let word = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => word.clone(),
            _ => error.exit(),
        };
        if let Some(flag) = flag_before(&word) {
            let tip = format!("write it with an equals sign: `{flag}={word}`");
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        }
        // `login` takes the server as an argument. The other commands with --url do not.
        if word.contains("://") && takes_a_server() {
            let tip = format!("name the server with --url: `--url {}`", shell::word(&clean(&word)));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        }
        error.exit()
    })
}

/// Returns the flag before the argument `true` or `false`: for `--enabled true` it returns `--enabled`. The
/// person should have written `--enabled=true`.
fn flag_before(word: &str) -> Option<String> {
    if !matches!(word, "true" | "false") {
        return None;
    }
    let words: Vec<String> = std::env::args().collect();
    let at = words.iter().position(|one| one == word)?;
    let flag = words.get(at.checked_sub(1)?)?;
    (flag.starts_with("--") && !flag.contains('=')).then(|| clean(flag))
}

/// Returns true if the command in the arguments of this process has the flag `--url`.
fn takes_a_server() -> bool {
    let mut command = Cli::command();
    command.build();
    let words = std::env::args().skip(1);
    let inner = words.fold(&command, |command, word| command.find_subcommand(word).unwrap_or(command));
    inner.get_arguments().any(|argument| argument.get_id() == "url")
}

/// Runs a command, and returns its exit code. 0: done. 1: failed, or a check found a problem. 2: bad usage or
/// configuration. 3: the answer is no, or changes are pending.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    match carry_out(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => error.report(),
    }
}

/// Runs a command, and returns its exit code.
fn carry_out(command: Command) -> Result<u8, CliError> {
    match command {
        Command::Serve(flags) => serve::run(flags),
        Command::Config(args) => return config::run(args),
        Command::Version(args) => version::run(&args),
        Command::Status(args) => status::run(&args),
        Command::SelfCheck(args) => self_check::run(args),
        Command::Login(args) => login::log_in(&args),
        Command::Logout(args) => login::log_out(&args),
        Command::Whoami(args) => return login::who_am_i(&args),
        Command::Users(args) => users::run(&args),
        Command::Robots(args) => robots::run(&args),
        Command::Groups(args) => groups::run(&args),
        Command::Services(args) => services::run(&args),
        Command::IdentityProviders(args) => identity_providers::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::AccessKeys(args) => access_keys::run(&args),
        Command::Keys(args) => keys::run(args),
        Command::Sessions(args) => sessions::run(&args),
        Command::Repositories(args) => repositories::run(&args),
        Command::Usage(args) => usage::usage(&args),
        Command::Pulls(args) => usage::pulls(&args),
        Command::Activity(args) => usage::activity(&args),
        Command::Suggestions(args) => unused_rights::run(&args),
        Command::Explain(args) => return explain::explain(&args),
        Command::Check(args) => return check::run(&args),
        Command::WhoCan(args) => explain::who_can(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Doctor(args) => return doctor::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Preview(args) => preview::run(&args),
        Command::Apply(args) => return apply::run(&args),
        Command::Backup(args) => backup::back_up(args),
        Command::Restore(args) => backup::restore(args),
        Command::Copy(args) => copy::run(&args),
        Command::Admin(args) => admin::run(args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    }
    .map(|()| 0)
}
