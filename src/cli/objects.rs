//! What the commands for users, robots, groups, services and rules have in common: list, show, create, update,
//! delete.

use super::client::{Answer, Body, Client, Condition, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::edit::Patch;
use super::error::{CliError, one_by_one};
use super::escape::clean;
use super::output::Output;
use super::paint::Paint;
use crate::domain::shell;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// How often an update is made anew on an object that somebody else keeps changing.
const ATTEMPTS: usize = 5;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 412;
/// What goes with a user or robot, as columns.
const CREDENTIALS: [&str; 2] = ["access_keys", "sessions"];

/// One kind of object.
pub(super) struct Noun {
    /// What one is called.
    pub(super) word: &'static str,
    /// Where they are.
    pub(super) path: &'static str,
    /// The columns of a list.
    pub(super) columns: &'static [&'static str],
    /// Whether access keys and sessions go with it.
    pub(super) has_credentials: bool,
}

/// Which objects of a list.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only names that begin with this
    #[arg(long, value_name = "TEXT")]
    pub(super) prefix: Option<String>,
    /// At most so many; all of them when left out
    #[arg(long, value_name = "NUMBER")]
    pub(super) limit: Option<usize>,
}

/// Which object.
#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    pub(super) object: String,
}

/// What to delete.
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// Their names
    #[arg(value_name = "NAME", required = true)]
    objects: Vec<String>,
    #[command(flatten)]
    yes: Yes,
}

/// What to delete of the objects that rules can name.
#[derive(Debug, Args)]
pub(super) struct CascadeArgs {
    #[command(flatten)]
    pub(super) delete: DeleteArgs,
    /// Take it out of the rules that name it; rules left without subjects are disabled
    #[arg(long)]
    pub(super) cascade: bool,
}

impl Noun {
    pub(super) fn list(&self, flags: &ClientFlags, args: &ListArgs) -> Result<(), CliError> {
        self.list_of(flags, args, Vec::new())
    }

    /// Lists what these parameters narrow the list to.
    pub(super) fn list_of(
        &self,
        flags: &ClientFlags,
        args: &ListArgs,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<(), CliError> {
        query.extend(args.prefix.clone().map(|prefix| ("q", prefix)));
        let items = flags.connect()?.list(&path(&[self.path])?, &query, args.limit)?;
        flags.output().list(self.columns, &items)
    }

    pub(super) fn show(&self, flags: &ClientFlags, args: &NameArgs) -> Result<(), CliError> {
        let found = flags.connect()?.get(self.at(&args.object)?)?;
        flags.output().object(self.columns, &found.body)
    }

    /// Creates an object that must not exist yet.
    pub(super) fn create(&self, flags: &ClientFlags, name: &str, patch: &Patch) -> Result<(), CliError> {
        let mut request = Request::new(Method::PUT, self.at(name)?);
        request.body = Body::Json(Value::Object(patch.onto(&Value::Null)?));
        request.condition = Condition::Absent;
        let made = flags.connect()?.send(request).map_err(|error| match error.status() {
            Some(PRECONDITION_FAILED) => CliError::Failed(format!(
                "there is {} {} `{}` already: change it with `portreeve {} update{}{}`",
                if self.word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" },
                self.word,
                clean(name),
                self.path,
                flags.repeated(),
                shell::argument(&clean(name))
            )),
            _ => error,
        })?;
        self.tell(flags, "created", name, &made)
    }

    /// Changes what `patch` names of an object.
    pub(super) fn update(&self, flags: &ClientFlags, name: &str, patch: &Patch) -> Result<(), CliError> {
        if patch.is_empty() {
            return Err(CliError::Usage("nothing to change: name at least one field".to_owned()));
        }
        let client = flags.connect()?;
        let at = self.at(name)?;
        let changed = if patch.needs_current() {
            self.read_modify_write(&client, &at, patch)?
        } else {
            send_patch(&client, &at, patch.onto(&Value::Null)?, Condition::Always)?
        };
        self.tell(flags, "updated", name, &changed)
    }

    fn read_modify_write(&self, client: &Client, at: &str, patch: &Patch) -> Result<Answer, CliError> {
        let mut attempt = 1;
        loop {
            let current = client.get(at.to_owned())?;
            let Some(etag) = current.etag else {
                return Err(CliError::Failed("the server gives no version of it (no ETag)".to_owned()));
            };
            match send_patch(client, at, patch.onto(&current.body)?, Condition::Unchanged(&etag)) {
                Err(error) if error.status() == Some(PRECONDITION_FAILED) && attempt < ATTEMPTS => {
                    attempt += 1
                }
                other => return other,
            }
        }
    }

    /// Deletes objects, one after the other; takes them out of the rules that name them if `cascade`.
    ///
    /// Looks first whether all of them are there: a misspelt name must not leave the others half deleted.
    pub(super) fn delete(
        &self,
        flags: &ClientFlags,
        args: &DeleteArgs,
        cascade: bool,
    ) -> Result<(), CliError> {
        let names: BTreeSet<&String> = args.objects.iter().collect();
        for name in &names {
            self.at(name)?;
        }
        let client = flags.connect()?;
        let (mut going, mut missing) = (Vec::new(), Vec::new());
        for name in &names {
            match self.going(&client, name, args.yes) {
                Ok(object) => going.push(object),
                Err(error) if error.status() == Some(NOT_FOUND) => missing.push(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        if !args.yes.is_given() && !going.is_empty() {
            let along: &[&str] = if self.has_credentials { &CREDENTIALS } else { &[] };
            Output::show(&[self.columns, along].concat(), &going);
        }
        let what = self.deletion(&names, cascade);
        if missing.is_empty() {
            args.yes.insist(&what)?;
        } else if args.yes.is_answerable() {
            return Err(CliError::Failed(format!("{}: nothing was deleted", missing.join(", "))));
        } else {
            args.yes.insist(&format!("{what} ({})", missing.join(", ")))?;
        }
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        one_by_one(&names, "deleted", |name| {
            let mut request = Request::new(Method::DELETE, self.at(name)?);
            if cascade {
                request.query.push(("cascade", "true".to_owned()));
            }
            client.send(request)?;
            flags.output().done(&format!("deleted {} `{name}`", self.word))
        })
    }

    /// What is about to be done, in words.
    fn deletion(&self, names: &BTreeSet<&String>, cascade: bool) -> String {
        let (what, whom) = match (names.len(), names.first()) {
            (1, Some(only)) => (format!("delete the {} `{only}`", self.word), "it"),
            (many, _) => (format!("delete these {many} {}s", self.word), "them"),
        };
        match cascade {
            false => what,
            true if self.path == "identity-providers" => {
                format!("{what}, and unlink the people, whose keys and sessions end")
            }
            true => format!("{what}, and take {whom} out of the rules that name {whom}"),
        }
    }

    /// An object that is about to go; with what goes along, where somebody is to see that.
    fn going(&self, client: &Client, name: &str, yes: Yes) -> Result<Value, CliError> {
        let mut object = client.get(self.at(name)?)?.body;
        if let Value::Object(fields) = &mut object
            && self.has_credentials
            && !yes.is_given()
        {
            let keys = client.list(&path(&[self.path, name, "access-keys"])?, &[], None)?;
            let query = [("subject", format!("{}:{name}", self.word))];
            let sessions = client.list(&path(&["refresh-tokens"])?, &query, None)?;
            for (field, count) in CREDENTIALS.into_iter().zip([keys.len(), sessions.len()]) {
                fields.insert(field.to_owned(), json!(count));
            }
        }
        Ok(object)
    }

    /// Where the object of that name is.
    pub(super) fn at(&self, name: &str) -> Result<String, CliError> {
        path(&[self.path, name])
    }

    /// Says what was done, and what the server thinks of it.
    pub(super) fn tell(
        &self,
        flags: &ClientFlags,
        what: &str,
        name: &str,
        answer: &Answer,
    ) -> Result<(), CliError> {
        flags.output().written(&format!("{what} {} `{name}`", self.word), &answer.body)?;
        for warning in answer.body.get("warnings").and_then(Value::as_array).into_iter().flatten() {
            let message = warning.get("message").and_then(Value::as_str).unwrap_or_default();
            aside!("portreeve: {} {}", Paint::stderr().doubtful("warning:"), clean(message));
        }
        Ok(())
    }
}

fn send_patch(
    client: &Client,
    at: &str,
    patch: Map<String, Value>,
    condition: Condition<'_>,
) -> Result<Answer, CliError> {
    let mut request = Request::new(Method::PATCH, at.to_owned());
    request.body = Body::Json(Value::Object(patch));
    request.condition = condition;
    client.send(request)
}
