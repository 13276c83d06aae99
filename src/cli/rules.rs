//! `portreeve rules`: the commands for rules.

use super::connection::ClientFlags;
use super::edit::Patch;
use super::error::CliError;
use super::given;
use super::lint::lint;
use super::objects::{DeleteArgs, ListArgs, NameArgs, Noun};
use super::when;
use clap::{Args, Subcommand};
use serde::Serialize;

const NOUN: Noun = Noun {
    word: "rule",
    path: "rules",
    columns: &["name", "enabled", "priority", "effect", "subjects", "services", "type", "names", "actions"],
    has_credentials: false,
};

/// Rules: who may do what
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    portreeve rules create web-team --subject group:web --name 'web/**' --action pull,push")]
pub(super) struct Rules {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "a process has one value of this type")]
enum Command {
    /// List rules
    #[command(after_help = "Examples:\n  portreeve rules list --output yaml\n  \
        portreeve rules list --subject user:alice --about web/site")]
    #[command(visible_alias = "ls")]
    List(List),
    /// Show one rule
    #[command(after_help = "Example:\n  portreeve rules show web-team")]
    Show(NameArgs),
    /// Create a rule
    #[command(after_help = "Examples:\n  \
        portreeve rules create web-team --subject group:web --name 'web/**' --action pull,push\n  \
        portreeve rules create freeze --effect deny --subject everyone --name 'release/**' --action push")]
    Create(Create),
    /// Change a rule
    #[command(
        after_help = "Examples:\n  portreeve rules update web-team --add-name 'shop/**' --remove-action push\n  \
        portreeve rules update freeze --enabled=false"
    )]
    Update(Update),
    /// Delete a rule
    #[command(after_help = "Example:\n  portreeve rules delete freeze")]
    Delete(DeleteArgs),
    /// List the warnings about rules; exit code 1 if there are any
    #[command(after_help = "Example:\n  portreeve rules lint")]
    Lint,
}

/// The flags that select the rules of a list.
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    list: ListArgs,
    /// Only rules about this user or robot, also through groups. For a group, authenticated, anonymous or
    /// everyone: only rules that name this selector
    #[arg(long, value_name = "SELECTOR", value_parser = given::selector)]
    subject: Option<String>,
    /// Only rules for this repository
    #[arg(long, value_name = "NAME")]
    about: Option<String>,
    /// Only rules with this effect
    #[arg(long, value_name = "EFFECT", value_parser = ["allow", "deny"])]
    effect: Option<String>,
    /// Only enabled rules, or only disabled ones
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
    /// Only rules with this text in their name, description, subjects, names, services or type
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl List {
    fn query(&self) -> Vec<(&'static str, String)> {
        let enabled = self.enabled.map(|enabled| enabled.to_string());
        let given = [
            ("subject", self.subject.clone()),
            ("about", self.about.clone()),
            ("effect", self.effect.clone()),
            ("enabled", enabled),
            ("text", self.text.clone()),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// The fields that create and update share. A flag of a list field replaces the whole list.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// The effect of the rule [default at creation: allow]
    #[arg(long, value_name = "EFFECT", value_parser = ["allow", "deny"])]
    effect: Option<String>,
    /// The subject: user:NAME, robot:NAME, group:NAME, authenticated, anonymous, everyone; repeatable, or
    /// separated by commas
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',', value_parser = given::selector)]
    #[serde(rename = "subjects")]
    subject: Vec<String>,
    /// A pattern of registries; repeatable [default at creation: *]
    #[arg(long, value_name = "PATTERN")]
    #[serde(rename = "services")]
    service: Vec<String>,
    /// The type of resources, or * [default at creation: repository]
    #[arg(long = "type", value_name = "TYPE")]
    #[serde(rename = "type")]
    resource_type: Option<String>,
    /// A pattern of repositories; repeatable
    #[arg(long, value_name = "PATTERN")]
    #[serde(rename = "names")]
    name: Vec<String>,
    /// The action, or *; repeatable, or separated by commas
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    #[serde(rename = "actions")]
    action: Vec<String>,
    /// The network of clients, CIDR; repeatable, an empty text means every network
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    #[serde(rename = "networks")]
    network: Vec<String>,
    /// The time at which the rule begins, RFC 3339 or a date (UTC); an empty text removes this time
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    not_before: Option<String>,
    /// The time at which the rule ends, RFC 3339 or a date (UTC); an empty text removes this time
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    not_after: Option<String>,
    /// The rule's tier; the highest tier with a matching rule decides alone [default at creation: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    priority: Option<i32>,
    /// Enable the rule [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
    /// A description for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Mark of the tool that manages the rule; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// The rule's name
    #[arg(value_name = "RULE")]
    object: String,
    #[command(flatten)]
    fields: Fields,
}

#[derive(Debug, Args)]
struct Update {
    /// The rule's name
    #[arg(value_name = "RULE")]
    object: String,
    #[command(flatten)]
    fields: Fields,
    /// Add a subject; repeatable
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',', value_parser = given::selector, conflicts_with = "subject")]
    add_subject: Vec<String>,
    /// Remove a subject; repeatable
    #[arg(long, value_name = "SELECTOR", value_delimiter = ',', value_parser = given::selector, conflicts_with = "subject")]
    remove_subject: Vec<String>,
    /// Add a service pattern; repeatable
    #[arg(long, value_name = "PATTERN", conflicts_with = "service")]
    add_service: Vec<String>,
    /// Remove a service pattern; repeatable
    #[arg(long, value_name = "PATTERN", conflicts_with = "service")]
    remove_service: Vec<String>,
    /// Add a name pattern; repeatable
    #[arg(long, value_name = "PATTERN", conflicts_with = "name")]
    add_name: Vec<String>,
    /// Remove a name pattern; repeatable
    #[arg(long, value_name = "PATTERN", conflicts_with = "name")]
    remove_name: Vec<String>,
    /// Add an action; repeatable
    #[arg(long, value_name = "ACTION", value_delimiter = ',', conflicts_with = "action")]
    add_action: Vec<String>,
    /// Remove an action; repeatable
    #[arg(long, value_name = "ACTION", value_delimiter = ',', conflicts_with = "action")]
    remove_action: Vec<String>,
    /// Add a network; repeatable
    #[arg(long, value_name = "CIDR", value_delimiter = ',', conflicts_with = "network")]
    add_network: Vec<String>,
    /// Remove a network; repeatable
    #[arg(long, value_name = "CIDR", value_delimiter = ',', conflicts_with = "network")]
    remove_network: Vec<String>,
}

impl Update {
    fn patch(&self) -> Patch {
        Patch::of(&self.fields)
            .list("subjects", &self.add_subject, &self.remove_subject)
            .list("services", &self.add_service, &self.remove_service)
            .list("names", &self.add_name, &self.remove_name)
            .list("actions", &self.add_action, &self.remove_action)
            .list("networks", &self.add_network, &self.remove_network)
    }
}

pub(super) fn run(args: &Rules) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(args) => NOUN.list_of(flags, &args.list, args.query()),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(create) => NOUN.create(flags, &create.object, &Patch::of(&create.fields)),
        Command::Update(update) => NOUN.update(flags, &update.object, &update.patch()),
        Command::Delete(args) => NOUN.delete(flags, args, false),
        Command::Lint => lint(flags, &NOUN, "rule"),
    }
}
