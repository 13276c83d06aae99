//! Checks whether a key of this server signed a token that a client presents.

use super::foreign::{FOREIGN_ALGORITHMS, ForeignFault, verify_foreign};
use super::key::PublicKey;
use super::keyid::KeyId;
use super::keyring::Keyring;
use super::loaded_key::KeyState;
use crate::domain::identity::Jwk;
use crate::domain::service::Service;
use crate::domain::verifier::KeyIdForm;
use serde::Deserialize;
use serde_json::{Value, json};

/// Converts a key of this server into an entry of a key set.
fn jwk(key: &PublicKey, form: KeyIdForm) -> Option<Jwk> {
    let mut members = key.required_members();
    members.insert("alg".to_owned(), json!(key.algorithm()));
    members.insert("kid".to_owned(), json!(KeyId::of(key, form).as_str()));
    Jwk::deserialize(Value::Object(members)).ok()
}

impl Keyring {
    /// Verifies that a signing or retired key for this service signed a token, and returns the token's
    /// payload. The caller must still check the claims.
    pub fn verify(&self, service: &Service, token: &str) -> Result<Vec<u8>, ForeignFault> {
        let own = service.verifier.has_own_key().then_some(&service.name);
        let signed = self
            .keys
            .iter()
            .filter(|key| key.about.service.as_ref() == own && key.about.state != KeyState::Next);
        let forms = [KeyIdForm::Libtrust, KeyIdForm::Thumbprint];
        let keys: Vec<Jwk> =
            signed.flat_map(|key| forms.map(|form| jwk(&key.public, form))).flatten().collect();
        verify_foreign(token, &keys, &FOREIGN_ALGORITHMS.map(str::to_owned))
    }
}
