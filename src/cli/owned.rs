//! What access keys and sessions have in common: each has an owner, who may list and end their own.

use super::client::{Client, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use crate::domain::subject::SubjectRef;
use crate::outbound::Method;
use serde_json::Value;

/// Access keys or sessions: what has an owner.
pub(super) struct Owned {
    /// What one is called.
    pub(super) word: &'static str,
    /// Where they are, below the root and below `me`.
    pub(super) path: &'static str,
    /// The verb for its end.
    pub(super) end: &'static str,
    /// The same verb, once it is done.
    pub(super) ended: &'static str,
}

impl Owned {
    /// Ends one: administrators may end anybody's, others their own.
    pub(super) fn end(&self, flags: &ClientFlags, id: &str, yes: Yes) -> Result<(), CliError> {
        let client = flags.connect()?;
        yes.confirm(&format!("{} the {} `{id}`", self.end, self.word))?;
        let at =
            if Me::ask(&client)?.admin { path(&[self.path, id])? } else { path(&["me", self.path, id])? };
        client.send(Request::new(Method::DELETE, at))?;
        flags.output().done(&format!("{} {} `{id}`", self.ended, self.word))
    }
}

/// `user:NAME` or `robot:NAME` of an argument.
pub(super) fn parse_owner(text: &str) -> Result<SubjectRef, String> {
    SubjectRef::parse(text).map_err(|error| error.to_string())
}

/// Who the caller is.
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
