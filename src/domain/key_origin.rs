//! How an access key was made.

use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantNames};

/// How an access key was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum KeyOrigin {
    /// By the administration API.
    #[default]
    Api,
    /// By its owner, on the page of their keys.
    Browser,
    /// By a device that its owner approved (RFC 8628).
    Device,
}

impl KeyOrigin {
    /// The word, as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
