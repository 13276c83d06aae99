//! The way in which an access key was made.

use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantNames};

/// The way in which an access key was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum KeyOrigin {
    /// The administration API made the key.
    #[default]
    Api,
    /// The owner made the key in the browser, on the page of their access keys.
    Browser,
    /// A device made the key after the owner of the key approved the device (RFC 8628).
    Device,
}

impl KeyOrigin {
    /// Returns the stored word for the origin.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
