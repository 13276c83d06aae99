//! Values that are derived from a secret, for forms and for providers. A derived value does not reveal the secret.

use crate::domain::secret::MachineSecret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac::{self, Key};

fn key(secret: &MachineSecret) -> Key {
    Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())
}

/// Computes the HMAC-SHA-256 of `purpose` under the secret, as 43 characters of base64url.
#[must_use]
pub fn derived(secret: &MachineSecret, purpose: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), purpose.as_bytes()))
}

/// Returns true if `text` is the value that [`derived`] computes. The comparison takes constant time.
#[must_use]
pub fn is_derived(secret: &MachineSecret, purpose: &str, text: &str) -> bool {
    let tag = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    hmac::verify(&key(secret), purpose.as_bytes(), &tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::SigninSecret;

    #[test]
    fn a_derived_value_is_of_one_secret_and_one_purpose() {
        let (one, other) = (SigninSecret::Flow.generate(&[1; 32]), SigninSecret::Flow.generate(&[2; 32]));
        let state = derived(&one, "state");
        assert_eq!(state.len(), 43);
        assert!(is_derived(&one, "state", &state));
        for wrong in ["", "x", "!!!", &derived(&one, "nonce"), &derived(&other, "state")] {
            assert!(!is_derived(&one, "state", wrong), "{wrong}");
        }
    }
}
