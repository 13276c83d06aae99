//! `portreeve sessions`: the commands for sessions.

use super::client::{Client, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use super::output::Output;
use super::owned::{Me, Owned, parse_owner};
use crate::domain::subject::SubjectRef;
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde_json::Value;

const KIND: Owned = Owned { word: "session", path: "refresh-tokens", end: "end", ended: "ended" };
const COLUMNS: &[&str] =
    &["id", "subject", "service", "client_id", "created_at", "last_used_at", "last_address", "expires_at"];

/// Sessions: the refresh tokens that people's clients keep after a login.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve sessions list user:alice")]
pub(super) struct Sessions {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the sessions of a user, or your own
    #[command(after_help = "Examples:\n  portreeve sessions list\n  portreeve sessions list user:alice")]
    #[command(visible_alias = "ls")]
    List(List),
    /// End one session, or all sessions of a user
    #[command(after_help = "Examples:\n  portreeve sessions revoke 01a1fd33-77a6-71e5-8784-8803628184d0\n  \
        portreeve sessions revoke --all\n  portreeve sessions revoke --all user:alice")]
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct List {
    /// The user whose sessions to list, user:NAME; yourself when left out
    #[arg(value_name = "USER", value_parser = parse_owner)]
    owner: Option<SubjectRef>,
    /// The greatest number of entries; all entries when left out
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

#[derive(Debug, Args)]
struct Revoke {
    /// The session's id; with --all, the user whose sessions end, user:NAME, or yourself when left out
    #[arg(value_name = "ID", required_unless_present = "all")]
    what: Option<String>,
    /// End all sessions; for an administrator, browser sessions too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    yes: Yes,
}

pub(super) fn run(args: &Sessions) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(args) => {
            let sessions = list(&flags.connect()?, args.owner.as_ref(), args.limit)?;
            flags.output().list(COLUMNS, &sessions)
        }
        Command::Revoke(args) if args.all => revoke_all(flags, args),
        Command::Revoke(args) => KIND.end(flags, args.what.as_deref().unwrap_or_default(), args.yes),
    }
}

/// Lists the sessions of `owner`; without an owner, the caller's sessions.
fn list(client: &Client, owner: Option<&SubjectRef>, limit: Option<usize>) -> Result<Vec<Value>, CliError> {
    match owner {
        Some(owner) => {
            let query = [("subject", owner.to_string())];
            client.list(&path(&["refresh-tokens"])?, &query, limit)
        }
        None => client.list(&path(&["me", "refresh-tokens"])?, &[], limit),
    }
}

fn revoke_all(flags: &ClientFlags, args: &Revoke) -> Result<(), CliError> {
    let client = flags.connect()?;
    let named = args.what.as_deref().map(parse_owner).transpose().map_err(CliError::Usage)?;
    let me = Me::ask(&client)?;
    let own = named.as_ref().is_none_or(|named| *named == me.subject);
    let subject = named.unwrap_or(me.subject);
    if !args.yes.is_given() {
        let sessions = list(&client, if own { None } else { Some(&subject) }, None)?;
        Output::show(COLUMNS, &sessions);
        args.yes.insist(&format!("end all sessions of {subject} ({})", sessions.len()))?;
    }
    if own && !me.admin {
        revoke_each(&client)?;
        return flags.output().done(&format!("ended all sessions of {subject}, except those of browsers"));
    }
    let mut request = Request::new(Method::DELETE, path(&["refresh-tokens"])?);
    request.query.push(("subject", subject.to_string()));
    client.send(request)?;
    flags.output().done(&format!("ended all sessions of {subject}"))
}

/// Ends the caller's refresh tokens one by one, and no browser session. The API lets only administrators end all
/// sessions of a user at once.
fn revoke_each(client: &Client) -> Result<(), CliError> {
    for session in list(client, None, None)? {
        let id = session.get("id").and_then(Value::as_str).unwrap_or_default();
        match client.send(Request::new(Method::DELETE, path(&["me", "refresh-tokens", id])?)) {
            // The session ended after the list was read.
            Err(error) if error.status() == Some(404) => {}
            other => drop(other?),
        }
    }
    Ok(())
}
