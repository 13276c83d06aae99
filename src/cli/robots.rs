//! `portreeve robots`: the commands for robots.

use super::connection::ClientFlags;
use super::edit::{LabelEdit, Patch};
use super::error::CliError;
use super::objects::{CascadeArgs, ListArgs, NameArgs, Noun};
use super::when;
use clap::{Args, Subcommand};
use serde::Serialize;

const NOUN: Noun = Noun {
    word: "robot",
    path: "robots",
    columns: &["name", "admin", "disabled", "expires_at", "groups", "labels", "description"],
    has_credentials: true,
};

/// Robots: machines that sign in with access keys.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve robots create ci-web --description \"builds the web site\"")]
pub(super) struct Robots {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List robots
    #[command(after_help = "Example:\n  portreeve robots list --prefix ci-")]
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one robot
    #[command(after_help = "Example:\n  portreeve robots show ci-web")]
    Show(NameArgs),
    /// Create a robot; make a key for it with `portreeve access-keys create robot:NAME`
    #[command(after_help = "Example:\n  portreeve robots create ci-web --expires-at 2027-01-01")]
    Create(Create),
    /// Change a robot
    #[command(after_help = "Example:\n  portreeve robots update ci-web --disabled")]
    Update(Update),
    /// Delete a robot with its keys and memberships
    #[command(after_help = "Example:\n  portreeve robots delete ci-web --yes")]
    Delete(CascadeArgs),
}

/// The fields that create and update share.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// A description for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Let the robot do everything in the administration API
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    admin: Option<bool>,
    /// Refuse the robot's access keys
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disabled: Option<bool>,
    /// The time when the robot ends, RFC 3339 or a date (UTC), not in the past; an empty text means never
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    expires_at: Option<String>,
    /// Mark of the tool that manages the robot; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// The robot's name
    #[arg(value_name = "NAME")]
    object: String,
    /// A label, KEY=VALUE; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, Args)]
struct Update {
    /// The robot's name
    #[arg(value_name = "NAME")]
    object: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    labels: LabelEdit,
}

pub(super) fn run(args: &Robots) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(create) => {
            let patch = Patch::of(&create.fields).labels(&LabelEdit::replace(&create.label))?;
            NOUN.create(flags, &create.object, &patch)
        }
        Command::Update(update) => {
            NOUN.update(flags, &update.object, &Patch::of(&update.fields).labels(&update.labels)?)
        }
        Command::Delete(args) => NOUN.delete(flags, &args.delete, args.cascade),
    }
}
