//! The commands that users, robots, groups, services, rules and identity providers have in common: list, show,
//! create, update, delete.

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

/// The greatest number of attempts at an update if other writers change the object meanwhile.
const ATTEMPTS: usize = 5;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 412;
/// The two columns of a deletion's preview that count access keys and sessions of a user or robot.
const CREDENTIALS: [&str; 2] = ["access_keys", "sessions"];

/// The description of one kind of object.
pub(super) struct Noun {
    /// The noun for one object of this kind.
    pub(super) word: &'static str,
    /// The path of this kind in the API.
    pub(super) path: &'static str,
    /// The columns of a list of these objects.
    pub(super) columns: &'static [&'static str],
    /// True if objects of this kind have access keys and sessions.
    pub(super) has_credentials: bool,
}

/// The flags that select the objects of a list.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only names that begin with this text
    #[arg(long, value_name = "TEXT")]
    pub(super) prefix: Option<String>,
    /// The greatest number of entries; all entries when left out
    #[arg(long, value_name = "NUMBER")]
    pub(super) limit: Option<usize>,
}

/// The argument that names one object.
#[derive(Debug, Args)]
pub(super) struct NameArgs {
    /// The object's name
    #[arg(value_name = "NAME")]
    pub(super) object: String,
}

/// The arguments of a deletion.
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The names of the objects to delete
    #[arg(value_name = "NAME", required = true)]
    objects: Vec<String>,
    #[command(flatten)]
    yes: Yes,
}

/// The arguments of a deletion of objects that rules can name.
#[derive(Debug, Args)]
pub(super) struct CascadeArgs {
    #[command(flatten)]
    pub(super) delete: DeleteArgs,
    /// Remove each deleted object from the rules that name it; rules left without subjects are disabled
    #[arg(long)]
    pub(super) cascade: bool,
}

impl Noun {
    pub(super) fn list(&self, flags: &ClientFlags, args: &ListArgs) -> Result<(), CliError> {
        self.list_of(flags, args, Vec::new())
    }

    /// Prints the objects that the query parameters select.
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

    /// Creates an object. Fails if the object exists.
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

    /// Changes those fields of an object that `patch` names.
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
                return Err(CliError::Failed(
                    "the server gives no version of the object (no ETag)".to_owned(),
                ));
            };
            match send_patch(client, at, patch.onto(&current.body)?, Condition::Unchanged(&etag)) {
                Err(error) if error.status() == Some(PRECONDITION_FAILED) && attempt < ATTEMPTS => {
                    attempt += 1
                }
                other => return other,
            }
        }
    }

    /// Deletes objects, one after the other. With `cascade`, the server removes them from the rules that name
    /// them, or unlinks the people of an identity provider.
    ///
    /// Checks first that all of them exist, so that a misspelt name deletes nothing. Unless `--yes` was
    /// given, shows the objects and asks for confirmation.
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

    /// Returns the planned deletion, in words.
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

    /// Returns an object that is about to be deleted. Unless `yes` was given, adds the numbers of its access keys
    /// and sessions to a user or robot, to be shown.
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

    /// Returns the path of the object with this name.
    pub(super) fn at(&self, name: &str) -> Result<String, CliError> {
        path(&[self.path, name])
    }

    /// Reports the finished work, and prints the server's warnings about the object.
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
