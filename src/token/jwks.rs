//! The published key set: public members only.
// SPEC: RFC 7517 section 5.

use super::key::PublicKey;
use super::keyid::KeyId;
use crate::domain::verifier::KeyIdForm;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// The key set as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwks {
    /// Compact JSON.
    pub body: String,
    /// A strong entity tag, quoted.
    pub etag: String,
}

impl Jwks {
    /// Lists each key once for each of the forms of key id.
    // INTEROP: a registry with a key set file finds a key by whichever id the file gives it.
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = &'k PublicKey>, forms: &[KeyIdForm]) -> Self {
        let mut list = Vec::new();
        for key in keys {
            for id in forms.iter().map(|form| KeyId::of(key, *form)) {
                let mut members = key.required_members();
                members.insert("use".to_owned(), json!("sig"));
                members.insert("alg".to_owned(), json!(key.algorithm()));
                members.insert("kid".to_owned(), json!(id.as_str()));
                list.push(Value::Object(members));
            }
        }
        let body = json!({ "keys": list }).to_string();
        Self { etag: entity_tag(body.as_bytes()), body }
    }
}

/// The strong entity tag of a text that everybody gets alike, quoted.
#[must_use]
pub fn entity_tag(text: &[u8]) -> String {
    let hash = digest(&SHA256, text);
    let tag: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{tag}\"")
}
