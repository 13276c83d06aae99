//! `portreeve users invite` and `invitations`: the commands for links with which users set their first
//! password.

use super::client::{Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::objects::{ListArgs, Noun};
use crate::outbound::Method;
use clap::Args;
use serde_json::Value;

const NOUN: Noun = Noun {
    word: "invitation",
    path: "invitations",
    columns: &["user", "created_at", "expires_at"],
    has_credentials: false,
};

/// The user to invite.
#[derive(Debug, Args)]
pub(super) struct Invite {
    /// The user's name
    #[arg(value_name = "NAME")]
    object: String,
    /// Create the user if no user has this name
    #[arg(long)]
    create: bool,
    /// End the current invitation instead of making a new one
    #[arg(long, conflicts_with = "create")]
    withdraw: bool,
}

pub(super) fn invite(flags: &ClientFlags, args: &Invite) -> Result<(), CliError> {
    let client = flags.connect()?;
    let at = path(&["users", &args.object, "invitation"])?;
    if args.withdraw {
        client.send(Request::new(Method::DELETE, at))?;
        return flags
            .output()
            .done(&format!("withdrew the invitation of `{}`: its link has ended", args.object));
    }
    let mut request = Request::new(Method::POST, at);
    if args.create {
        request.query.push(("create", "true".to_owned()));
    }
    let invitation = client.send(request)?.body;
    let output = flags.output();
    if !output.is_table() {
        return output.object(&["url", "expires_at"], &invitation);
    }
    let text = |name: &str| invitation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    aside!(
        "Send this link to {} alone. It works once, until {}:",
        clean(&args.object),
        clean(&text("expires_at"))
    );
    output.done(&text("url"))
}

pub(super) fn list(flags: &ClientFlags, args: &ListArgs) -> Result<(), CliError> {
    NOUN.list(flags, args)
}
