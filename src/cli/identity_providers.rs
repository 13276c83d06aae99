//! `portreeve identity-providers`: the commands for identity providers.

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

/// Identity providers: people sign in there, and the provider vouches for them
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
    /// Show one identity provider and its state
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
    /// Test an identity provider: show what works, what does not, and what a person would get
    #[command(after_help = "Examples:\n  portreeve identity-providers test corp\n  \
        portreeve identity-providers test corp --user alice")]
    Test(Test),
    /// List the warnings about identity providers; exit code 1 if there are any
    #[command(after_help = "Example:\n  portreeve identity-providers lint")]
    Lint,
    /// Let the server cut people off again, after it stopped because very many people were gone at once
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
    /// Unlink the provider's people: their keys and sessions end, the users stay
    #[arg(long)]
    cascade: bool,
}

/// The flags for the client secret.
#[derive(Debug, Args)]
struct Secret {
    /// The file on the server that contains the client secret; the database then does not keep the secret
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Use no client secret: a public client
    #[arg(long, conflicts_with = "client_secret_file")]
    no_client_secret: bool,
}

/// The fields that create and update share.
#[derive(Debug, Args, Serialize)]
struct Fields {
    /// The protocol for calls to the provider [default at creation: oidc]
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(ProviderKind::VARIANTS))]
    kind: Option<String>,
    /// File on the server with the authorities for the provider's certificate; an empty text means those of
    /// the system
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// A scope to ask for; repeatable [default at creation: openid, profile, email, offline_access]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Let people sign in with this provider [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
    /// The provider's place on the sign-in page; the lowest number comes first [default at creation: 0]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    position: Option<i64>,
    /// The provider's title on the sign-in page; an empty text means its name
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Create a user at the first sign-in of a person [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    create_users: Option<bool>,
    /// The claim that names a new user [default at creation: preferred_username]
    #[arg(long, value_name = "CLAIM")]
    name_claim: Option<String>,
    /// A text to remove from the end of that claim, for example @example.org; an empty text removes nothing
    #[arg(long, value_name = "TEXT")]
    name_strip: Option<String>,
    /// The template of the user's name, for example {name}@lab [default at creation: {name}]
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// The claim with the groups, for example groups; an empty text means that no claim has them
    #[arg(long, value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// Make a group NAME.GROUP on this server for each group of the provider [default at creation: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    automatic: Option<bool>,
    /// A group of the provider; people must be in one of these groups. Repeatable, an empty text removes all
    #[arg(long = "require-group", value_name = "GROUP")]
    require_groups: Vec<String>,
    /// A group of the provider whose people are administrators here; repeatable, an empty text removes all
    #[arg(long = "admin-group", value_name = "GROUP")]
    admin_groups: Vec<String>,
    /// The time between two checks of a person [default at creation: 3600]
    #[arg(long, value_name = "SECONDS")]
    recheck: Option<u32>,
    /// The time for which the provider's last answer counts while the provider does not answer [default at
    /// creation: 86400]
    #[arg(long, value_name = "SECONDS")]
    hold: Option<u32>,
    /// The time for which a sign-in counts if it cannot be checked again [default at creation: 43200]
    #[arg(long, value_name = "SECONDS")]
    max_age: Option<u32>,
    /// Mark of the tool that manages the provider; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

/// The flags whose values are pairs: groups and labels.
#[derive(Debug, Args)]
struct Pairs {
    /// A group of the provider and the matching group of this server, GROUP=NAME; repeatable, replaces all,
    /// an empty text removes all
    #[arg(long = "map", value_name = "GROUP=NAME")]
    map: Vec<String>,
    /// A label and the claim that sets it, KEY=CLAIM; repeatable, replaces all, an empty text removes all
    #[arg(long = "label-claim", value_name = "KEY=CLAIM")]
    label_claim: Vec<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// The name of the provider on this server
    #[arg(value_name = "NAME")]
    object: String,
    /// The issuer, exactly as the provider writes it, with or without a slash at the end
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The client id from the provider
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
    /// The provider's name
    #[arg(value_name = "NAME")]
    object: String,
    /// The issuer, exactly as the provider writes it, with or without a slash at the end
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The client id from the provider
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Ask for another client secret (on a terminal), or take it from the first line of standard input
    #[arg(long, conflicts_with_all = ["client_secret_file", "no_client_secret"])]
    client_secret: bool,
    /// Keep the provider's people when the issuer changes: their ids must be the same at the new issuer
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
    /// The provider's name
    #[arg(value_name = "NAME")]
    object: String,
    /// Also show the groups and rights that this user of the provider has now
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Show what a person with these claims would get; a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "user")]
    claims: Option<String>,
}

/// Splits a text at the last `=`. Fails if there is no `=`, or if one side is empty.
fn pair(text: &str) -> Result<(&str, &str), CliError> {
    let parts = text.rsplit_once('=').filter(|(left, right)| !left.is_empty() && !right.is_empty());
    parts.ok_or_else(|| CliError::Usage(format!("`{text}` is not a pair: write LEFT=RIGHT")))
}

/// Splits the values of a flag into pairs. An empty value gives no pair.
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
    /// Returns the value for the client secret in the request, if a flag sets it.
    fn given(&self) -> Option<Value> {
        if self.no_client_secret {
            return Some(Value::Null);
        }
        let file = self.client_secret_file.as_ref()?;
        // The server may have another working folder, so the path must be absolute.
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

/// Prints the redirect URI that a person must register at the provider.
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
