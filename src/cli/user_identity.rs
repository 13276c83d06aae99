//! `portreeve users link`, `unlink` and `recheck`: the commands about the identity provider of a user.

use super::client::{Body, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use crate::domain::shell;
use crate::outbound::Method;
use clap::Args;
use serde_json::json;

/// The arguments that link a user with a person at a provider.
#[derive(Debug, Args)]
pub(super) struct Link {
    /// The user's name
    #[arg(value_name = "NAME")]
    object: String,
    /// The identity provider
    #[arg(long, value_name = "PROVIDER")]
    provider: String,
    /// The permanent id of the person at the provider: the claim `sub`, or `oid` at Entra
    #[arg(long, value_name = "ID")]
    external_id: String,
}

/// The user to unlink.
#[derive(Debug, Args)]
pub(super) struct Unlink {
    /// The user's name
    #[arg(value_name = "NAME")]
    object: String,
    #[command(flatten)]
    yes: Yes,
}

fn at(name: &str) -> Result<String, CliError> {
    path(&["users", name, "identity"])
}

pub(super) fn link(flags: &ClientFlags, args: &Link) -> Result<(), CliError> {
    let mut request = Request::new(Method::PUT, at(&args.object)?);
    request.body = Body::Json(json!({"provider": args.provider, "external_id": args.external_id}));
    let written = flags.connect()?.send(request)?;
    let what = format!(
        "linked user `{}` with `{}`: the user signs in there now, and has no password here",
        args.object, args.provider
    );
    flags.output().written(&what, &written.body)
}

pub(super) fn unlink(flags: &ClientFlags, args: &Unlink) -> Result<(), CliError> {
    let client = flags.connect()?;
    let name = &args.object;
    args.yes.insist(&format!("unlink the user `{name}`, which ends the user's keys and sessions"))?;
    client.send(Request::new(Method::DELETE, at(name)?))?;
    flags.output().done(&format!(
        "unlinked user `{name}`: keys and sessions have ended, and there is no password; `portreeve users invite{}` lets the user set a password",
        shell::argument(name)
    ))
}

pub(super) fn recheck(flags: &ClientFlags, name: &str) -> Result<(), CliError> {
    let request = Request::new(Method::POST, path(&["users", name, "identity", "recheck"])?);
    let found = flags.connect()?.send(request)?;
    flags
        .output()
        .object(&["user", "provider", "outcome", "reason", "state", "checked_at", "valid_until"], &found.body)
}
