//! `portreeve groups`: the commands for groups.

use super::client::{Request, path};
use super::connection::ClientFlags;
use super::edit::Patch;
use super::error::{CliError, one_by_one};
use super::given;
use super::objects::{CascadeArgs, ListArgs, NameArgs, Noun};
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

const NOUN: Noun = Noun {
    word: "group",
    path: "groups",
    columns: &["name", "members", "description"],
    has_credentials: false,
};

/// Groups of users and robots, for rules.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve groups create web --member user:alice --member robot:ci-web")]
pub(super) struct Groups {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List groups
    #[command(after_help = "Example:\n  portreeve groups list")]
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one group
    #[command(after_help = "Example:\n  portreeve groups show web")]
    Show(NameArgs),
    /// Create a group
    #[command(after_help = "Example:\n  portreeve groups create web --member user:alice")]
    Create(Create),
    /// Change a group
    #[command(after_help = "Examples:\n  portreeve groups update web --description \"the web team\"\n  \
        portreeve groups update web --member user:alice --member user:bob")]
    Update(Update),
    /// Delete a group
    #[command(after_help = "Example:\n  portreeve groups delete web --cascade")]
    Delete(CascadeArgs),
    /// List the members of a group
    #[command(after_help = "Example:\n  portreeve groups members web --prefix a")]
    Members(MembersOf),
    /// Add members to a group
    #[command(after_help = "Example:\n  portreeve groups add-member web user:alice robot:ci-web")]
    AddMember(Members),
    /// Remove members from a group
    #[command(after_help = "Example:\n  portreeve groups remove-member web user:alice")]
    RemoveMember(Members),
}

/// The fields that create and update share.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// A description for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Mark of the tool that manages the group; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

#[derive(Debug, Args, Serialize)]
struct Create {
    /// The group's name
    #[arg(value_name = "NAME")]
    #[serde(skip)]
    object: String,
    /// A member, user:NAME or robot:NAME; repeatable
    #[arg(long, value_name = "SUBJECT", value_parser = given::member)]
    #[serde(rename = "members")]
    member: Vec<String>,
    #[command(flatten)]
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Debug, Args, Serialize)]
struct Update {
    /// The group's name
    #[arg(value_name = "NAME")]
    #[serde(skip)]
    object: String,
    /// Replace all members with these; repeatable, an empty text removes all
    #[arg(long, value_name = "SUBJECT", value_parser = given::member, conflicts_with_all = ["add_member", "remove_member"])]
    #[serde(rename = "members")]
    member: Vec<String>,
    /// Add a member; repeatable
    #[arg(long, value_name = "SUBJECT", value_parser = given::member)]
    #[serde(skip)]
    add_member: Vec<String>,
    /// Remove a member; repeatable
    #[arg(long, value_name = "SUBJECT", value_parser = given::member)]
    #[serde(skip)]
    remove_member: Vec<String>,
    #[command(flatten)]
    #[serde(flatten)]
    fields: Fields,
}

/// The group and the members to list.
#[derive(Debug, Args)]
struct MembersOf {
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
struct Members {
    /// The group's name
    #[arg(value_name = "GROUP")]
    object: String,
    /// The member, user:NAME or robot:NAME
    #[arg(value_name = "SUBJECT", value_parser = given::member, required = true)]
    members: Vec<String>,
}

pub(super) fn run(args: &Groups) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(create) => NOUN.create(flags, &create.object, &Patch::of(create)),
        Command::Update(update) => {
            let patch = Patch::of(update).list("members", &update.add_member, &update.remove_member);
            NOUN.update(flags, &update.object, &patch)
        }
        Command::Delete(args) => NOUN.delete(flags, &args.delete, args.cascade),
        Command::Members(args) => list_members(flags, args),
        Command::AddMember(members) => change_members(flags, members, &Method::PUT, "added", "to"),
        Command::RemoveMember(members) => change_members(flags, members, &Method::DELETE, "removed", "from"),
    }
}

fn list_members(flags: &ClientFlags, args: &MembersOf) -> Result<(), CliError> {
    let at = path(&[NOUN.path, &args.name.object, "members"])?;
    let (query, limit) = (args.list.prefix.clone().map(|prefix| ("q", prefix)), args.list.limit);
    let query: Vec<_> = query.into_iter().collect();
    let members = flags.connect()?.list(&at, &query, limit)?;
    let rows: Vec<Value> = members.into_iter().map(|member| json!({"member": member})).collect();
    flags.output().list(&["member"], &rows)
}

/// Adds or removes members, with one request for each. `what` and `preposition` are words of the report, such
/// as `added` and `to`.
fn change_members(
    flags: &ClientFlags,
    args: &Members,
    method: &Method,
    what: &'static str,
    preposition: &str,
) -> Result<(), CliError> {
    let client = flags.connect()?;
    let members: Vec<&str> = args.members.iter().map(String::as_str).collect();
    one_by_one(&members, what, |member| {
        let at = path(&[NOUN.path, &args.object, "members", member])?;
        client.send(Request::new(method.clone(), at))?;
        flags.output().done(&format!("{what} `{member}` {preposition} group `{}`", args.object))
    })
}
