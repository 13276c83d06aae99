//! `portreeve config`: checks the settings of the server before a start.

use super::error::CliError;
use super::escape::clean;
use super::local::{load_for_server, with_log};
use super::output::{Format, Output, write};
use super::paint::Paint;
use super::serve::ServeFlags;
use crate::app::{self, Finding, Findings, Level};
use crate::clock::Clock;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// The exit code if a start of the server would fail.
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
    /// Check everything that `serve` would use, and say what `serve` would do; changes nothing
    ///
    /// Takes the settings as `serve` does: flags, environment, file. Reads the keys folder, the TLS files and
    /// the database. Exit code 0: a start would succeed, now or as soon as the address and the database are
    /// free. Exit code 1: a start would fail. Exit code 2: a setting cannot be used. If an address or a
    /// database is in use, the command only warns: a server that you are about to restart may be using it. As
    /// JSON, `starts` says whether a start would succeed now, and `once_free` lists what is in use.
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
    findings.all.extend(warnings.into_iter().map(|text| Finding {
        level: Level::Warning,
        about: "settings",
        text,
    }));
    let checked =
        with_log(config, &filter, |config| app::check(&config, &Clock::System).map_err(CliError::local))?;
    findings.all.extend(checked.all);
    findings.once_free = checked.once_free;
    let output = Output::new(check.output);
    if output.is_table() {
        write(&text(&findings, Paint::stdout()))?;
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

fn text(findings: &Findings, paint: Paint) -> String {
    let level = |level: Level| {
        let padded = format!("{:<7}", word(level));
        match level {
            Level::Fine => paint.good(&padded),
            Level::Would => padded,
            Level::Warning => paint.doubtful(&padded),
            Level::Error => paint.bad(&padded),
        }
    };
    let line = |one: &Finding| format!("{}  {:<13}  {}\n", level(one.level), one.about, clean(&one.text));
    let mut text: String = findings.all.iter().map(line).collect();
    text.push_str(&verdict(findings));
    text
}

fn verdict(findings: &Findings) -> String {
    let waits_for: Vec<String> = findings.once_free.iter().map(|what| clean(what)).collect();
    let verb = if waits_for.len() == 1 { "is" } else { "are" };
    if !findings.is_startable() {
        "serve would not start\n".to_owned()
    } else if waits_for.is_empty() {
        "serve would start\n".to_owned()
    } else {
        format!("serve would start once {} {verb} free\n", waits_for.join(" and "))
    }
}

fn object(findings: &Findings) -> Value {
    let one = |one: &Finding| json!({"level": word(one.level), "about": one.about, "text": one.text});
    json!({
        "starts": findings.is_startable() && findings.once_free.is_empty(),
        "once_free": findings.once_free,
        "findings": findings.all.iter().map(one).collect::<Vec<_>>(),
    })
}
