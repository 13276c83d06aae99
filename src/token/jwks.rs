//! The published key set, which contains only public members.
// SPEC: RFC 7517 section 5.

use super::key::PublicKey;
use super::keyid::KeyId;
use crate::domain::verifier::KeyIdForm;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// The key set in its published form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwks {
    /// The key set as compact JSON.
    pub body: String,
    /// The strong entity tag of the key set, in quotes.
    pub etag: String,
}

impl Jwks {
    /// Makes a key set that lists each key once for each form of key id.
    // INTEROP: a registry with a key set file finds a key by any id that the file gives to the key.
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

/// Returns a strong entity tag, in quotes, for a text that is the same for all clients.
#[must_use]
pub fn entity_tag(text: &[u8]) -> String {
    let hash = digest(&SHA256, text);
    let tag: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{tag}\"")
}
