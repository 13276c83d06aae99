//! `portreeve users`: the commands for users.

use super::client::{Body, Client, Credential, Request, path};
use super::connection::ClientFlags;
use super::edit::{LabelEdit, Patch};
use super::error::CliError;
use super::objects::{CascadeArgs, ListArgs, NameArgs, Noun};
use super::owned::Me;
use super::secret_input::{new_password, password, replacement};
use super::user_identity::{self, Link, Unlink};
use super::user_invitation::{self, Invite};
use crate::domain::subject::SubjectKind;
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

const NOUN: Noun = Noun {
    word: "user",
    path: "users",
    columns: &["name", "admin", "disabled", "has_password", "groups", "labels"],
    has_credentials: true,
};

/// Users: people who sign in with a password or at an identity provider.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve users create alice --password --label team=web")]
pub(super) struct Users {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List users
    #[command(after_help = "Example:\n  portreeve users list --prefix a --output json")]
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one user
    #[command(after_help = "Example:\n  portreeve users show alice")]
    Show(NameArgs),
    /// Create a user
    #[command(after_help = "Examples:\n  portreeve users create alice --password\n  \
        portreeve users create bob --password --label team=web < password.txt")]
    Create(Create),
    /// Change a user
    #[command(after_help = "Examples:\n  portreeve users update alice --disabled\n  \
        portreeve users update alice --disabled=false --add-label team=api")]
    Update(Update),
    /// Delete a user with its keys, sessions and memberships
    #[command(after_help = "Example:\n  portreeve users delete alice --cascade --yes")]
    Delete(CascadeArgs),
    /// Set a user's password, or your own; ends all sessions of the user
    ///
    /// Without a name the command sets your own password, and asks for the current one first. On standard
    /// input the first line is the current password, and the second line is the new one.
    #[command(
        after_help = "Examples:\n  portreeve users set-password\n  portreeve users set-password alice\n  \
        portreeve users set-password alice < password.txt\n  portreeve users set-password alice --remove"
    )]
    SetPassword(SetPassword),
    /// Link a user with a person of an identity provider; the person signs in there from now on
    ///
    /// The user loses the password. Access keys keep working, and end when the account at the provider ends.
    #[command(
        after_help = "Example:\n  portreeve users link alice --provider corp --external-id 248289761001"
    )]
    Link(Link),
    /// Unlink a user from the identity provider: keys and sessions end, the user stays
    #[command(after_help = "Example:\n  portreeve users unlink erin --yes")]
    Unlink(Unlink),
    /// Ask the identity provider about a user now
    #[command(after_help = "Example:\n  portreeve users recheck erin")]
    Recheck(NameArgs),
    /// Print a link with which a user without a password sets the first password
    ///
    /// Anybody who opens the link may set the password: send it only to the user. The link works once, within
    /// 24 hours. A new link ends the previous one. With --create the command also creates the user. With
    /// --withdraw the link ends.
    #[command(
        after_help = "Examples:\n  portreeve users invite carol\n  portreeve users invite dave --create\n  \
        portreeve users invite carol --withdraw"
    )]
    Invite(Invite),
    /// List invitations that can still be used
    #[command(after_help = "Example:\n  portreeve users invitations")]
    Invitations(ListArgs),
}

/// The fields that create and update share.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// Let the user do everything in the administration API
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    admin: Option<bool>,
    /// Refuse the user, and end all sessions of the user
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disabled: Option<bool>,
    /// Mark of the tool that manages the user; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// The user's name, to sign in with
    #[arg(value_name = "NAME")]
    object: String,
    /// Ask for a password (on a terminal), or take it from the first line of standard input
    #[arg(long)]
    password: bool,
    /// A label, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, Args)]
struct Update {
    /// The user's name
    #[arg(value_name = "NAME")]
    object: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    labels: LabelEdit,
}

#[derive(Debug, Args)]
struct SetPassword {
    /// The user's name; yours when left out
    #[arg(value_name = "NAME")]
    object: Option<String>,
    /// Remove the password instead of setting one
    #[arg(long, requires = "object")]
    remove: bool,
}

pub(super) fn run(args: &Users) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(create) => {
            let mut patch = Patch::of(&create.fields).labels(&LabelEdit::replace(&create.label))?;
            if create.password {
                let password = new_password(&format!("Password for {}", create.object))?;
                patch.fields.insert("password".to_owned(), json!(*password));
            }
            NOUN.create(flags, &create.object, &patch)
        }
        Command::Update(update) => {
            NOUN.update(flags, &update.object, &Patch::of(&update.fields).labels(&update.labels)?)
        }
        Command::Delete(args) => NOUN.delete(flags, &args.delete, args.cascade),
        Command::SetPassword(set) => set_password(flags, set),
        Command::Link(args) => user_identity::link(flags, args),
        Command::Unlink(args) => user_identity::unlink(flags, args),
        Command::Recheck(name) => user_identity::recheck(flags, &name.object),
        Command::Invite(invite) => user_invitation::invite(flags, invite),
        Command::Invitations(list) => user_invitation::list(flags, list),
    }
}

fn set_password(flags: &ClientFlags, args: &SetPassword) -> Result<(), CliError> {
    let client = flags.connect()?;
    let Some(name) = &args.object else { return set_own_password(flags, &client) };
    let mut request = Request::new(Method::PATCH, NOUN.at(name)?);
    let (password, what) = if args.remove {
        (Value::Null, "removed the password of")
    } else {
        let password = new_password(&format!("New password of {name}"))?;
        (json!(*password), "set the password of")
    };
    request.body = Body::Json(json!({"password": password}));
    let changed = client.send(request)?;
    NOUN.tell(flags, what, name, &changed)
}

/// Changes the caller's own password. The server requires the current password.
fn set_own_password(flags: &ClientFlags, client: &Client) -> Result<(), CliError> {
    let me = Me::ask(client)?.subject;
    if me.kind == SubjectKind::Robot {
        return Err(CliError::Failed(format!("you are `{me}`: robots have access keys, no password")));
    }
    let name = me.name.to_string();
    let current = password(&format!("Current password of {name}"))?;
    let new = replacement("New password")?;
    let mut request = Request::new(Method::PUT, path(&["me", "password"])?);
    request.body = Body::Json(json!({"current_password": *current, "new_password": *new}));
    let credential = Credential::Password(name, current);
    match client.with_credential(credential)?.send(request) {
        Err(CliError::WrongPassword) => {
            Err(CliError::Failed("the current password is wrong: nothing was changed".to_owned()))
        }
        Err(error) => Err(error),
        Ok(_) => {
            flags.output().done("set your password and ended your sessions; your access keys keep working")
        }
    }
}
