//! `portreeve identity-providers`.

use super::client::{Body, Client, Request, path};
use super::connection::ClientFlags;
use super::edit::Patch;
use super::error::CliError;
use super::escape::clean;
use super::lint::lint;
use super::objects::{DeleteArgs, ListArgs, NameArgs, Noun};
use super::output::write;
use super::secret_input::password;
use crate::domain::identity::ProviderKind;
use crate::outbound::Method;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{PathBuf, absolute};
use strum::VariantNames;

const NOUN: Noun = Noun {
    word: "identity provider",
    path: "identity-providers",
    columns: &["name", "kind", "issuer", "enabled", "create_users", "managed_by"],
    has_credentials: false,
};

/// Who vouches for people: they sign in there
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  portreeve identity-providers create corp --issuer https://id.example.org --client-id portreeve"
)]
pub(super) struct IdentityProviders {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List identity providers
    #[command(after_help = "Example:\n  portreeve identity-providers list")]
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one identity provider, and how it is
    #[command(after_help = "Example:\n  portreeve identity-providers show corp")]
    Show(NameArgs),
    /// Create an identity provider
    ///
    /// Asks for the client secret (on a terminal), or takes it from the first line of standard input. Prints the redirect URI
    /// to register at the provider.
    #[command(after_help = "Examples:\n  \
        portreeve identity-providers create corp --kind oidc --issuer https://id.example.org --client-id portreeve\n  \
        portreeve identity-providers create corp --issuer https://id.example.org --client-id portreeve --groups-claim groups --automatic < secret.txt")]
    Create(Create),
    /// Change an identity provider
    #[command(after_help = "Examples:\n  portreeve identity-providers update corp --enabled=false\n  \
        portreeve identity-providers update corp --client-secret < secret.txt")]
    Update(Update),
    /// Try an identity provider: what is right, what is wrong, and what a person would get
    #[command(after_help = "Examples:\n  portreeve identity-providers test corp\n  \
        portreeve identity-providers test corp --user alice")]
    Test(Test),
    /// List what is doubtful about the identity providers; exit code 1 when there is something
    #[command(after_help = "Example:\n  portreeve identity-providers lint")]
    Lint,
    /// Let people be cut off again, after very many were gone at once and nobody was
    #[command(after_help = "Example:\n  portreeve identity-providers release corp")]
    Release(NameArgs),
    /// Delete an identity provider
    #[command(after_help = "Example:\n  portreeve identity-providers delete corp --cascade --yes")]
    Delete(Delete),
}

#[derive(Debug, Args)]
struct Delete {
    #[command(flatten)]
    delete: DeleteArgs,
    /// Unlink its people: their keys and sessions end, the users stay
    #[arg(long)]
    cascade: bool,
}

/// Where the client secret comes from.
#[derive(Debug, Args)]
struct Secret {
    /// The file on the server that holds the client secret, instead of keeping it in the database
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// There is no client secret: a public client
    #[arg(long, conflicts_with = "client_secret_file")]
    no_client_secret: bool,
}

/// The fields that create and update share.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// How it is asked [default of new ones: oidc]
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(ProviderKind::VARIANTS))]
    kind: Option<String>,
    /// File on the server with the authorities that sign its certificate; an empty one is those of the system
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// A scope to ask for; repeatable [default of new ones: openid, profile, email, offline_access]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Whether people may sign in with it [default of new ones: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
    /// Its place on the sign-in page, lower comes first [default of new ones: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    position: Option<i64>,
    /// What the sign-in page calls it; an empty one is its name
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Whether the first sign-in makes a user [default of new ones: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    create_users: Option<bool>,
    /// The claim that names a new user [default of new ones: preferred_username]
    #[arg(long, value_name = "CLAIM")]
    name_claim: Option<String>,
    /// What is taken off the end of that name, for example @example.org; an empty one is nothing
    #[arg(long, value_name = "TEXT")]
    name_strip: Option<String>,
    /// What the name becomes, for example {name}@lab [default of new ones: {name}]
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// The claim with the groups, for example groups; an empty one is none
    #[arg(long, value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// Whether its groups become groups called NAME.GROUP here [default of new ones: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    automatic: Option<bool>,
    /// A group of the provider of which people must be in one; repeatable, an empty one removes all
    #[arg(long = "require-group", value_name = "GROUP")]
    require_groups: Vec<String>,
    /// A group of the provider whose people are administrators here; repeatable, an empty one removes all
    #[arg(long = "admin-group", value_name = "GROUP")]
    admin_groups: Vec<String>,
    /// How often people are checked again [default of new ones: 3600]
    #[arg(long, value_name = "SECONDS")]
    recheck: Option<u32>,
    /// How long the last answer is good while it is silent [default of new ones: 86400]
    #[arg(long, value_name = "SECONDS")]
    hold: Option<u32>,
    /// How long a sign-in is good that cannot be checked again [default of new ones: 43200]
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u32>,
    /// Mark of the tool that keeps it; an empty one removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

/// Groups and labels that are written as pairs.
#[derive(Debug, Args)]
struct Pairs {
    /// A group of the provider and the group here that it is, GROUP=NAME; repeatable, replaces all, an empty one removes all
    #[arg(long = "map", value_name = "GROUP=NAME")]
    map: Vec<String>,
    /// A label and the claim that sets it, KEY=CLAIM; repeatable, replaces all, an empty one removes all
    #[arg(long = "label-claim", value_name = "KEY=CLAIM")]
    label_claim: Vec<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// What it is called here
    #[arg(value_name = "NAME")]
    object: String,
    /// Its issuer, exactly as it writes it, with or without a slash at the end
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The client id that it gave
    #[arg(long, value_name = "ID")]
    client_id: String,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    pairs: Pairs,
}

#[derive(Debug, Args)]
struct Update {
    /// Its name
    #[arg(value_name = "NAME")]
    object: String,
    /// Its issuer, exactly as it writes it, with or without a slash at the end
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The client id that it gave
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Ask for another client secret (on a terminal), or take it from the first line of standard input
    #[arg(long, conflicts_with_all = ["client_secret_file", "no_client_secret"])]
    client_secret: bool,
    /// Take its people along to another issuer: their ids must be the same there
    #[arg(long, requires = "issuer")]
    move_identities: bool,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    pairs: Pairs,
}

#[derive(Debug, Args)]
struct Test {
    /// Its name
    #[arg(value_name = "NAME")]
    object: String,
    /// Tell what this user has by it
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Tell what these claims would make of a person; a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "user")]
    claims: Option<String>,
}

/// Two texts on both sides of the last `=`.
fn pair(text: &str) -> Result<(&str, &str), CliError> {
    let parts = text.rsplit_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty());
    parts.ok_or_else(|| CliError::Usage(format!("`{text}` is not a pair: write LEFT=RIGHT")))
}

/// The pairs of a flag; an empty one stands for no pair.
fn pairs(given: &[String]) -> Result<Vec<(&str, &str)>, CliError> {
    given.iter().filter(|text| !text.is_empty()).map(|text| pair(text)).collect()
}

impl Pairs {
    fn onto(&self, mut patch: Patch) -> Result<Patch, CliError> {
        if !self.map.is_empty() {
            let map = pairs(&self.map)?;
            let map: Vec<Value> =
                map.into_iter().map(|(value, group)| json!({"value": value, "group": group})).collect();
            patch.fields.insert("map".to_owned(), map.into());
        }
        if self.label_claim.is_empty() {
            return Ok(patch);
        }
        let labels = pairs(&self.label_claim)?;
        let labels = labels.into_iter().map(|(key, claim)| (key.to_owned(), json!(claim))).collect();
        Ok(patch.whole("labels", labels))
    }
}

impl Secret {
    /// The secret that the flags name, if they name one.
    fn given(&self) -> Option<Value> {
        if self.no_client_secret {
            return Some(Value::Null);
        }
        let file = self.client_secret_file.as_ref()?;
        // The server may have another working folder.
        Some(json!({"file": absolute(file).unwrap_or_else(|_| file.clone())}))
    }
}

fn asked(name: &str) -> Result<Value, CliError> {
    Ok(json!(*password(&format!("Client secret of {name}"))?))
}

pub(super) fn run(args: &IdentityProviders) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(create) => create_provider(flags, create),
        Command::Update(update) => update_provider(flags, update),
        Command::Test(test) => test_provider(flags, test),
        Command::Lint => lint(flags, &NOUN, "provider"),
        Command::Release(name) => {
            let client = flags.connect()?;
            client.send(Request::new(Method::POST, path(&[NOUN.path, &name.object, "release"])?))?;
            flags.output().done(&format!("people of `{}` can be cut off again", name.object))
        }
        Command::Delete(args) => NOUN.delete(flags, &args.delete, args.cascade),
    }
}

fn create_provider(flags: &ClientFlags, create: &Create) -> Result<(), CliError> {
    let mut patch = create.pairs.onto(Patch::of(&create.fields))?;
    patch.fields.insert("issuer".to_owned(), json!(create.issuer));
    patch.fields.insert("client_id".to_owned(), json!(create.client_id));
    let secret = match create.secret.given() {
        Some(given) => given,
        None => asked(&create.object)?,
    };
    if !secret.is_null() {
        patch.fields.insert("client_secret".to_owned(), secret);
    }
    NOUN.create(flags, &create.object, &patch)?;
    tell_redirect(&flags.connect()?, &create.object)
}

/// Says what to register at the provider.
fn tell_redirect(client: &Client, name: &str) -> Result<(), CliError> {
    let found = client.get(NOUN.at(name)?)?;
    let uri = found.body.get("redirect_uri").and_then(Value::as_str).unwrap_or_default();
    aside!("register this redirect URI at the provider, exactly: {}", clean(uri));
    Ok(())
}

fn update_provider(flags: &ClientFlags, update: &Update) -> Result<(), CliError> {
    let mut patch = update.pairs.onto(Patch::of(&update.fields))?;
    let texts = [("issuer", &update.issuer), ("client_id", &update.client_id)];
    for (field, value) in texts {
        if let Some(value) = value {
            patch.fields.insert(field.to_owned(), json!(value));
        }
    }
    let secret = if update.client_secret { Some(asked(&update.object)?) } else { update.secret.given() };
    if let Some(secret) = secret {
        patch.fields.insert("client_secret".to_owned(), secret);
    }
    if !update.move_identities {
        return NOUN.update(flags, &update.object, &patch);
    }
    let client = flags.connect()?;
    let current =
        if patch.needs_current() { client.get(NOUN.at(&update.object)?)?.body } else { Value::Null };
    let mut request = Request::new(Method::PATCH, NOUN.at(&update.object)?);
    request.query.push(("move_identities", "true".to_owned()));
    request.body = Body::Json(Value::Object(patch.onto(&current)?));
    let changed = client.send(request)?;
    NOUN.tell(flags, "updated", &update.object, &changed)
}

fn test_provider(flags: &ClientFlags, test: &Test) -> Result<(), CliError> {
    let mut body = serde_json::Map::new();
    if let Some(user) = &test.user {
        body.insert("user".to_owned(), json!(user));
    }
    if let Some(claims) = &test.claims {
        let claims: Value = serde_json::from_str(claims)
            .map_err(|error| CliError::Usage(format!("--claims is not JSON: {error}")))?;
        body.insert("claims".to_owned(), claims);
    }
    let mut request = Request::new(Method::POST, path(&[NOUN.path, &test.object, "test"])?);
    request.body = Body::Json(body.into());
    let found = flags.connect()?.send(request)?.body;
    let output = flags.output();
    if !output.is_table() {
        return output.value(&found);
    }
    let mut lines = String::new();
    for step in found.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| step.get(name).and_then(Value::as_str).map(clean).unwrap_or_default();
        let ok = step.get("ok").and_then(Value::as_bool).unwrap_or_default();
        lines.push_str(&format!(
            "{}  {}: {}\n",
            if ok { "ok   " } else { "WRONG" },
            text("step"),
            text("text")
        ));
    }
    write(&lines)?;
    match found.get("person") {
        None | Some(Value::Null) => {}
        Some(person) => output.object(&["name", "external_id", "groups", "admin"], person)?,
    }
    if found.get("ok").and_then(Value::as_bool).unwrap_or_default() {
        Ok(())
    } else {
        Err(CliError::Failed(format!("`{}` is not set up as it should be", test.object)))
    }
}
