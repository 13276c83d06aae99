//! `portreeve doctor`: examines a registry, and prints what works and what does not.

use super::error::CliError;
use super::escape::clean;
use super::output::{Format, Output, write};
use super::paint::Paint;
use super::secret_input::password;
use crate::clock::Clock;
use crate::doctor::{self, Address, DockerFiles, Finding, Level, Login, Options, Report};
use clap::Args;
use std::path::{Path, PathBuf};

/// The exit code if the doctor found a problem.
const UNHEALTHY: u8 = 1;

/// Examine a registry as its clients see it, and say what is right and wrong
///
/// Exit code 0: no problem. Exit code 1: at least one problem. Exit code 2: wrong usage, or a named file
/// cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve doctor registry.example.org\n  \
    portreeve doctor localhost:5000 --registry-config /etc/docker/registry/config.yml\n  \
    portreeve doctor registry.example.org --user alice --repository team/app --output json\n  \
    portreeve doctor registry.example.org --user ci --repository team/app --write < password.txt")]
pub(super) struct Doctor {
    /// Registry to examine: HOST, HOST:PORT, or a URL; with a URL the doctor tries only the scheme in it
    #[arg(value_name = "REGISTRY", value_parser = Address::parse)]
    registry: Address,
    /// Log in as this user or robot; the doctor asks for the password, or reads the first line of standard input
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Pull from this repository
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Pull this tag [default: latest, else the first tag]
    #[arg(long, value_name = "TAG", requires = "repository")]
    tag: Option<String>,
    /// Push, too: add a tag to the pulled manifest, then remove the tag
    #[arg(long, requires = "repository")]
    write: bool,
    /// Read the registry's configuration, to name the cause of refused tokens, and to try the endpoint of its
    /// event reports
    #[arg(long, value_name = "FILE")]
    registry_config: Option<PathBuf>,
    /// Read the registry's log, to name the cause of refused tokens
    #[arg(long, value_name = "FILE")]
    registry_log: Option<PathBuf>,
    /// Trust the certificates of this file too; repeatable
    #[arg(long = "ca", value_name = "FILE")]
    authorities: Vec<PathBuf>,
    /// Read docker's certs.d in this folder; repeatable [default: /etc/docker/certs.d and ~/.config/docker/certs.d]
    #[arg(long = "certs-dir", value_name = "DIR")]
    certs_dirs: Vec<PathBuf>,
    /// Read docker's configuration from this file [default: /etc/docker/daemon.json, else ~/.config/docker/daemon.json]
    #[arg(long, value_name = "FILE")]
    daemon_config: Option<PathBuf>,
    /// Use the token server's keys to find which tokens the registry accepts [default: keys, if that folder
    /// contains ca.crt]
    #[arg(long, value_name = "DIR")]
    keys_dir: Option<PathBuf>,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

pub(super) fn run(args: &Doctor) -> Result<u8, CliError> {
    let login = match &args.user {
        Some(user) if user.is_empty() || user.contains(':') => {
            return Err(CliError::Usage(format!("`{}` is not a name of a user", clean(user))));
        }
        Some(user) => {
            let password = password(&format!("Password of {}", clean(user)))?;
            Some(Login { user: user.clone(), password })
        }
        None => None,
    };
    let beside = Path::new("keys");
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let config_home = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or(home);
    let mut docker = DockerFiles::usual(config_home.as_deref());
    if !args.certs_dirs.is_empty() {
        docker.certs_roots = args.certs_dirs.clone();
    }
    docker.daemon_json = args.daemon_config.clone().or(docker.daemon_json);
    let options = Options {
        registry: args.registry.clone(),
        login,
        repository: args.repository.clone(),
        tag: args.tag.clone(),
        config: args.registry_config.clone(),
        log: args.registry_log.clone(),
        authorities: args.authorities.clone(),
        docker,
        keys: args.keys_dir.clone().or_else(|| beside.join("ca.crt").exists().then(|| beside.to_owned())),
        write: args.write,
        clock: Clock::System,
    };
    let output = Output::new(args.output);
    let for_people = output.is_table();
    let say = |what: &str| {
        if for_people {
            aside!("looking at {what} …");
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Failed(format!("cannot start the async runtime: {error}")))?;
    let report = runtime
        .block_on(doctor::examine(&options, &say))
        .map_err(|error| CliError::Usage(error.to_string()))?;
    if for_people {
        write(&text(&report))?;
    } else {
        let value = serde_json::to_value(&report)
            .map_err(|error| CliError::Failed(format!("cannot write the report: {error}")))?;
        output.value(&value)?;
    }
    let is_problem = |finding: &Finding| finding.level == Level::Problem;
    Ok(if report.findings.iter().any(is_problem) { UNHEALTHY } else { 0 })
}

/// Returns the report as text for people.
fn text(report: &Report) -> String {
    let paint = Paint::stdout();
    let mut text = format!("{}\n", clean(&report.registry));
    for finding in &report.findings {
        text.push_str(&told(finding, paint));
    }
    let count = |level: Level| report.findings.iter().filter(|finding| finding.level == level).count();
    let warnings = match count(Level::Warning) {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        warnings => format!(", with {warnings} warnings"),
    };
    text.push_str(&match count(Level::Problem) {
        0 if report.healthy => format!("healthy{warnings}\n"),
        0 => format!("no problem found{warnings}, but the doctor did not see the registry accept a token\n"),
        1 => "1 problem\n".to_owned(),
        problems => format!("{problems} problems\n"),
    });
    text
}

/// Puts each part of a numbered list, such as `(1) …`, on a line of its own.
fn listed(text: &str) -> String {
    let text = clean(text);
    let mut lines = text.replacen(": (1) ", ":\n                (1) ", 1);
    for number in 2..10 {
        lines = lines.replacen(&format!("; ({number}) "), &format!(";\n                ({number}) "), 1);
    }
    lines
}

fn told(finding: &Finding, paint: Paint) -> String {
    let padded = |word: &str| format!("{word:<8}");
    let level = match finding.level {
        Level::Problem => paint.bad(&padded("PROBLEM")),
        Level::Warning => paint.doubtful(&padded(finding.level.as_str())),
        Level::Note => padded(finding.level.as_str()),
        Level::Ok => paint.good(&padded(finding.level.as_str())),
    };
    let mut text = format!("  {level} {}: {}\n", finding.check, clean(&finding.what));
    if !finding.why.is_empty() {
        text.push_str(&format!("           why: {}\n", listed(&finding.why)));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("           fix: {}\n", listed(fix)));
    }
    text
}
