//! `portreeve admin`: commands that change the database directly, without the API.

use super::error::CliError;
use super::escape::clean;
use super::local::{DatabaseArgs, load, with_log};
use super::secret_input::new_password;
use crate::app;
use crate::config::FlagSettings;
use crate::domain::secret::Password;
use crate::manage::ResetOptions;
use clap::{Args, Subcommand};

/// Work on the database directly, on the server's machine.
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
    /// Ends the user's sessions, and enables a disabled user. The user's access keys keep working, unless you
    /// give --revoke-keys. With --make-admin the user becomes an administrator. The audit trail records the
    /// change as made by `system`.
    #[command(after_help = "Examples:\n  portreeve admin reset-password admin\n  \
        portreeve admin reset-password alice --revoke-keys\n  \
        portreeve admin reset-password alice --make-admin\n  \
        portreeve admin reset-password admin --database-url sqlite:///var/lib/portreeve/portreeve.db < password.txt")]
    ResetPassword(ResetPassword),
    /// End every session (docker logins) after you restored the database with another program; also while
    /// servers run
    ///
    /// Deletes all refresh tokens, all browser sessions, and the tokens of identity providers.
    /// `portreeve restore` ends sessions itself, but pg_restore does not: a database from pg_restore accepts
    /// sessions that somebody revoked after the dump. The audit trail records the change as made by `system`.
    #[command(after_help = "Examples:\n  portreeve admin end-sessions\n  \
        portreeve admin end-sessions --database-url postgres://portreeve@db.example.org/portreeve")]
    EndSessions(DatabaseArgs),
}

#[derive(Debug, Args)]
struct ResetPassword {
    /// The user's name
    #[arg(value_name = "NAME")]
    user: String,
    /// Revoke the user's access keys as well
    #[arg(long)]
    revoke_keys: bool,
    /// Make the user an administrator as well
    #[arg(long)]
    make_admin: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Folder of the signing keys, which also contains the initial password [env: PORTREEVE_KEYS_DIR]
    /// [default: keys]
    #[arg(long, value_name = "DIR")]
    keys_dir: Option<String>,
}

pub(super) fn run(args: Admin) -> Result<(), CliError> {
    match args.command {
        Command::ResetPassword(args) => reset_password(args),
        Command::EndSessions(database) => end_sessions(database),
    }
}

fn end_sessions(database: DatabaseArgs) -> Result<(), CliError> {
    let (config, _) = load(database)?;
    let count = app::end_sessions(&config).map_err(CliError::local)?;
    say!("ended all sessions ({count}): docker logins are needed again")?;
    Ok(())
}

fn reset_password(args: ResetPassword) -> Result<(), CliError> {
    let ResetPassword { user, revoke_keys, make_admin, database, keys_dir } = args;
    let options = ResetOptions { revoke_keys, make_admin };
    let (config, _) = load(FlagSettings { keys_dir, ..database.into() })?;
    let password = new_password(&format!("New password of {}", clean(&user)))?;
    let password = Password::new(password.as_bytes());
    // If the file of the initial password cannot be removed afterwards, the command warns and succeeds.
    let reset = with_log(config, "warn", |config| {
        app::reset_password(&config, &user, &password, options).map_err(CliError::local)
    })?;
    say!("set the password of user `{user}` and ended its sessions")?;
    if !reset.keys.is_empty() {
        let keys: Vec<String> = reset.keys.iter().map(|name| format!("`{}`", clean(name))).collect();
        let (keys, number) = (keys.join(", "), keys.len());
        if revoke_keys {
            say!("revoked the user's access keys ({number}): {keys}")?;
        } else {
            say!(
                "the user's access keys keep working ({number}): {keys}; to revoke them, add --revoke-keys"
            )?;
        }
    }
    if reset.enabled {
        say!("the user was disabled and is enabled now")?;
    }
    if !reset.admin {
        say!("the user is not an administrator: to make the user an administrator, add --make-admin")?;
    }
    if reset.made_admin {
        say!("the user is an administrator now")?;
    }
    Ok(())
}
