//! The shared parts of the commands for access keys and sessions. Each key or session has an owner, who may
//! list and end it.

use super::client::{Client, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use crate::domain::subject::SubjectRef;
use crate::outbound::Method;
use serde_json::Value;

/// The description of one kind: access keys or sessions.
pub(super) struct Owned {
    /// The noun for one key or session.
    pub(super) word: &'static str,
    /// The path of the list in the API: `/PATH` has everybody's keys or sessions, and `/me/PATH` has the caller's.
    pub(super) path: &'static str,
    /// The verb for ending a key or session.
    pub(super) end: &'static str,
    /// The past tense of the verb in `end`.
    pub(super) ended: &'static str,
}

impl Owned {
    /// Ends one key or session. An administrator may end everybody's keys and sessions, and any other caller only
    /// their own.
    pub(super) fn end(&self, flags: &ClientFlags, id: &str, yes: Yes) -> Result<(), CliError> {
        let client = flags.connect()?;
        yes.confirm(&format!("{} the {} `{id}`", self.end, self.word))?;
        let at =
            if Me::ask(&client)?.admin { path(&[self.path, id])? } else { path(&["me", self.path, id])? };
        client.send(Request::new(Method::DELETE, at))?;
        flags.output().done(&format!("{} {} `{id}`", self.ended, self.word))
    }
}

/// Parses an owner, `user:NAME` or `robot:NAME`.
pub(super) fn parse_owner(text: &str) -> Result<SubjectRef, String> {
    SubjectRef::parse(text).map_err(|error| error.to_string())
}

/// The caller as the server knows it.
pub(super) struct Me {
    pub(super) subject: SubjectRef,
    pub(super) admin: bool,
}

impl Me {
    pub(super) fn ask(client: &Client) -> Result<Self, CliError> {
        let me = client.get(path(&["me"])?)?.body;
        let subject = me.get("subject").and_then(Value::as_str).and_then(|text| SubjectRef::parse(text).ok());
        let subject =
            subject.ok_or_else(|| CliError::Failed("the server does not say who you are".to_owned()))?;
        Ok(Self { subject, admin: me.get("admin").and_then(Value::as_bool).unwrap_or_default() })
    }
}
