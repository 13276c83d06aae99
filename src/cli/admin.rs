//! `portreeve admin`: what works on the database directly, for when nobody can sign in.

use super::complain;
use super::output::clean;
use super::secret_input::new_password;
use crate::app;
use crate::config::FlagSettings;
use crate::domain::secret::Password;
use crate::telemetry::Telemetry;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Transaction on the database directly, on the server's machine.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve admin reset-password admin")]
pub(super) struct Admin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set a user's password when nobody can sign in; also while the server runs
    ///
    /// Ends the user's sessions, and enables the user if disabled. The change is recorded in the audit trail as
    /// made by `system`.
    #[command(after_help = "Examples:\n  portreeve admin reset-password admin\n  \
        portreeve admin reset-password admin --database-url sqlite:///var/lib/portreeve/portreeve.db < password.txt")]
    ResetPassword(ResetPassword),
    /// End every session (docker logins), after a database was put back by other means; also while servers run
    ///
    /// Deletes all refresh tokens. `portreeve restore` does that by itself; after pg_restore it is for you to do,
    /// because sessions that were revoked since the dump are good again. The change is recorded in the audit
    /// trail as made by `system`.
    #[command(after_help = "Examples:\n  portreeve admin end-sessions\n  \
        portreeve admin end-sessions --database-url postgres://portreeve@db.example.org/portreeve")]
    EndSessions(EndSessions),
}

#[derive(Debug, Args)]
struct EndSessions {
    /// Settings file of the server [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://… [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
struct ResetPassword {
    /// The user's name
    #[arg(value_name = "NAME")]
    user: String,
    /// Settings file of the server [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://… [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Folder of the signing keys, where the initial password is [env: PORTREEVE_KEYS_DIR] [default: keys]
    #[arg(long, value_name = "DIR")]
    keys_dir: Option<String>,
}

pub(super) fn run(args: Admin) -> ExitCode {
    match args.command {
        Command::ResetPassword(args) => reset_password(args),
        Command::EndSessions(args) => end_sessions(args),
    }
}

fn end_sessions(args: EndSessions) -> ExitCode {
    let flags =
        FlagSettings { config: args.config, database_url: args.database_url, ..FlagSettings::default() };
    let config = match super::load(&flags) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match app::end_sessions(&config) {
        Ok(count) => {
            println!("ended all sessions ({count}): docker logins are needed again");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(1)
        }
    }
}

fn reset_password(args: ResetPassword) -> ExitCode {
    let flags = FlagSettings {
        config: args.config,
        database_url: args.database_url,
        keys_dir: args.keys_dir,
        ..FlagSettings::default()
    };
    let config = match super::load(&flags) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let password = match new_password(&format!("New password of {}", clean(&args.user))) {
        Ok(password) => Password::new(password.as_bytes()),
        Err(error) => return super::report(&error),
    };
    // What cannot be cleaned up afterwards is told as a warning.
    let telemetry = match Telemetry::init(config.log_format, "warn") {
        Ok(telemetry) => telemetry,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    let result = app::reset_password(&config, &args.user, &password);
    telemetry.flush();
    match result {
        Ok(reset) => {
            println!("set the password of user `{}` and ended its sessions", args.user);
            if reset.enabled {
                println!("the user was disabled and is enabled now");
            }
            if !reset.admin {
                println!("the user is no administrator");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(1)
        }
    }
}
