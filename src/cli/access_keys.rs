//! `portreeve access-keys`: the commands for access keys.

use super::client::{Answer, Body, Client, Credential, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::given;
use super::output;
use super::owned::{Me, Owned, parse_owner};
use super::secret_input::password;
use super::when;
use crate::clock::Clock;
use crate::domain::subject::{SubjectKind, SubjectRef};
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

const DAY: i64 = 86_400;
const KIND: Owned = Owned { word: "access key", path: "access-keys", end: "revoke", ended: "revoked" };
const COLUMNS: &[&str] = &["id", "name", "subject", "scopes", "created_at", "expires_at", "last_used_at"];

/// Manage access keys: the credentials that machines present as their password.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  portreeve access-keys create robot:ci-web --name \"build server\" --quiet > key.txt"
)]
pub(super) struct AccessKeys {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the access keys of a user or robot, or your own
    #[command(
        after_help = "Examples:\n  portreeve access-keys list\n  portreeve access-keys list robot:ci-web"
    )]
    #[command(visible_alias = "ls")]
    List(List),
    /// Make an access key; its secret is shown only once
    #[command(
        after_help = "Examples:\n  portreeve access-keys create robot:ci-web --name \"build server\"\n  \
        portreeve access-keys create robot:ci-web --name deploy --scope 'repository:web/**:pull' --days 90 --quiet"
    )]
    Create(Create),
    /// Revoke an access key at once
    #[command(after_help = "Example:\n  portreeve access-keys revoke 01a1fd33-e11c-7066-b46c-f2ac927f205e")]
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct List {
    /// The owner, user:NAME or robot:NAME; yourself when left out
    #[arg(value_name = "OWNER", value_parser = parse_owner)]
    owner: Option<SubjectRef>,
    /// The greatest number of entries; all entries when left out
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

#[derive(Debug, Args)]
struct Create {
    /// The owner, user:NAME or robot:NAME; yourself when left out
    #[arg(value_name = "OWNER", value_parser = parse_owner)]
    owner: Option<SubjectRef>,
    /// The purpose of the key
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// Allow the key only this scope, TYPE:NAMES:ACTIONS; repeatable
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The time when the key ends, RFC 3339 or a date (UTC); never when left out
    #[arg(long, value_name = "TIME", conflicts_with = "days", value_parser = when::moment)]
    expires_at: Option<String>,
    /// The number of days until the key ends
    #[arg(long, value_name = "DAYS")]
    days: Option<u16>,
    /// Print the secret and nothing else
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct Revoke {
    /// The key's id, from `access-keys list`
    #[arg(value_name = "ID", value_parser = given::id)]
    id: String,
    #[command(flatten)]
    yes: Yes,
}

pub(super) fn run(args: &AccessKeys) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(args) => {
            let client = flags.connect()?;
            let at = match &args.owner {
                Some(owner) => keys_of(owner)?,
                None => path(&["me", "access-keys"])?,
            };
            flags.output().list(COLUMNS, &client.list(&at, &[], args.limit)?)
        }
        Command::Create(args) => create(flags, args),
        Command::Revoke(args) => KIND.end(flags, &args.id, args.yes),
    }
}

fn create(flags: &ClientFlags, args: &Create) -> Result<(), CliError> {
    if args.quiet && flags.format().is_some() {
        return Err(CliError::Usage("--quiet prints the secret alone: leave --output out".to_owned()));
    }
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(args.name));
    if !args.scope.is_empty() {
        body.insert("scopes".to_owned(), json!(args.scope));
    }
    if let Some(days) = args.days {
        let end = Clock::System.now().plus_seconds(i64::from(days) * DAY);
        body.insert("expires_at".to_owned(), json!(end));
    }
    if let Some(end) = &args.expires_at {
        body.insert("expires_at".to_owned(), json!(end));
    }
    let client = flags.connect()?;
    let (owner, made) = match &args.owner {
        Some(owner) => (owner.clone(), make(&client, keys_of(owner)?, body)?),
        None => {
            let me = Me::ask(&client)?;
            let made = make_own(&client, &me, body)?;
            (me.subject, made)
        }
    };
    let secret = made.body.get("secret").and_then(Value::as_str).unwrap_or_default();
    if args.quiet {
        return output::write(&format!("{}\n", clean(secret)));
    }
    let out = flags.output();
    out.done(&format!("made an access key for {owner}; its secret is shown only once"))?;
    out.object(&["secret", "id", "name"], &made.body)
}

/// Makes an access key for the caller. A caller who is not an administrator must enter their password.
fn make_own(client: &Client, me: &Me, body: Map<String, Value>) -> Result<Answer, CliError> {
    if me.admin {
        return make(client, keys_of(&me.subject)?, body);
    }
    let name = me.subject.name.to_string();
    let password = password(&format!("Password of {name}"))?;
    let client = client.with_credential(Credential::Password(name, password))?;
    make(&client, path(&["me", "access-keys"])?, body)
}

fn make(client: &Client, at: String, body: Map<String, Value>) -> Result<Answer, CliError> {
    let mut request = Request::new(Method::POST, at);
    request.body = Body::Json(Value::Object(body));
    client.send(request)
}

fn keys_of(owner: &SubjectRef) -> Result<String, CliError> {
    let family = match owner.kind {
        SubjectKind::User => "users",
        SubjectKind::Robot => "robots",
    };
    path(&[family, owner.name.as_str(), "access-keys"])
}
