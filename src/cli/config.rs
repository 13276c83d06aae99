//! `portreeve config`: the settings of the server, before it is started with them.

use super::error::CliError;
use super::escape::clean;
use super::local::{load_for_server, with_log};
use super::output::{Format, Output, write};
use super::serve::ServeFlags;
use crate::app::{self, Finding, Findings, Level};
use crate::clock::Clock;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Exit code when a start would fail.
const WOULD_FAIL: u8 = 1;

/// The settings of the server on this machine.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve config check --config portreeve.toml")]
pub(super) struct ConfigCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check everything that `serve` would use, and say what it would do; changes nothing
    ///
    /// Takes the settings as `serve` does: flags, environment, file. Reads the keys folder, the TLS files and the
    /// database. Exit code 0: a start would succeed; 1: it would fail; 2: a setting cannot be used. An address or a
    /// database that is in use is a warning, because it may be by the server that is to be started anew.
    #[command(after_help = "Examples:\n  portreeve config check\n  \
        portreeve config check --config /etc/portreeve/portreeve.toml --output json")]
    Check(Check),
}

#[derive(Debug, Args)]
struct Check {
    #[command(flatten)]
    settings: ServeFlags,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

pub(super) fn run(args: ConfigCommand) -> Result<u8, CliError> {
    let Command::Check(check) = args.command;
    let (config, warnings) = load_for_server(check.settings)?;
    let filter = config.log.clone();
    let mut findings = Findings::default();
    findings.0.extend(warnings.into_iter().map(|text| Finding {
        level: Level::Warning,
        about: "settings",
        text,
    }));
    let checked =
        with_log(config, &filter, |config| app::check(&config, &Clock::System).map_err(CliError::local))?;
    findings.0.extend(checked.0);
    let output = Output::new(check.output);
    if output.is_table() {
        write(&text(&findings))?;
    } else {
        output.value(&object(&findings))?;
    }
    Ok(if findings.is_startable() { 0 } else { WOULD_FAIL })
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Fine => "ok",
        Level::Would => "would",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn text(findings: &Findings) -> String {
    let line = |one: &Finding| format!("{:<7}  {:<13}  {}\n", word(one.level), one.about, clean(&one.text));
    let mut text: String = findings.0.iter().map(line).collect();
    text.push_str(if findings.is_startable() { "serve would start\n" } else { "serve would not start\n" });
    text
}

fn object(findings: &Findings) -> Value {
    let one = |one: &Finding| json!({"level": word(one.level), "about": one.about, "text": one.text});
    json!({
        "starts": findings.is_startable(),
        "findings": findings.0.iter().map(one).collect::<Vec<_>>(),
    })
}
