//! One event of a registry, with the fields that the server uses.

use crate::domain::time::Timestamp;
use std::net::IpAddr;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The longest name of a subject, bytes.
pub const SUBJECT_LENGTH: usize = 255;

/// The action that an event reports.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum EventAction {
    /// Somebody read a manifest.
    Pull,
    /// Somebody asked whether a manifest exists. The request uses the right to pull, but is not a pull.
    Check,
    /// Somebody wrote a manifest.
    Push,
    /// Somebody mounted a layer from another repository.
    Mount,
    /// Somebody deleted a manifest, a layer, a tag or a repository.
    Delete,
    /// Somebody read, wrote or looked up a layer. Layers are not counted: their manifest is counted instead.
    Layer,
}

impl EventAction {
    /// Returns the word for the action in the database, in metrics and in API responses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the right that the action uses; `None` if the action is not counted.
    #[must_use]
    pub fn right(self) -> Option<&'static str> {
        match self {
            Self::Pull | Self::Check => Some("pull"),
            Self::Push | Self::Mount => Some("push"),
            Self::Delete => Some("delete"),
            Self::Layer => None,
        }
    }

    /// Returns true if the action changes the content of a registry.
    #[must_use]
    pub fn is_change(self) -> bool {
        matches!(self, Self::Push | Self::Mount | Self::Delete)
    }
}

/// An event of a registry. Its texts have a bounded length and no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryEvent {
    /// The id of the event. The registry uses the same id when it sends the event again.
    pub id: String,
    /// The id of the registry's process that reported the event, or the address of that process; empty if the
    /// registry reported neither.
    pub instance: String,
    /// The id of the request that caused the event; empty if the registry did not report it. Several events may
    /// have the same request id.
    pub request: String,
    /// The time of the event by the registry's clock. INVARIANT: it is at most two minutes later than the time of
    /// receipt.
    pub at: Timestamp,
    /// The action that the event reports.
    pub action: EventAction,
    /// The name of the repository.
    pub repository: String,
    /// The name of the tag; empty if the registry did not report it.
    pub tag: String,
    /// The digest of the manifest or layer; empty if the registry did not report it.
    pub digest: String,
    /// The media type of the manifest or layer; empty if the registry did not report it, as for a deletion.
    pub media_type: String,
    /// The size of the manifest or layer, bytes; 0 if the registry did not report it.
    pub size: i64,
    /// The digests that an index lists; `None` if the event is not about an index, or if the registry reported no
    /// digests or more than 1000.
    pub children: Option<Vec<String>>,
    /// The subject who acted, as the registry read it from the token; empty for anonymous.
    pub subject: String,
    /// The client's address, as the client or a proxy reported it.
    pub address: Option<IpAddr>,
    /// The client's program, as the client reported it.
    pub agent: String,
}

impl RegistryEvent {
    /// Returns true if the event is about an index, which is a manifest that lists other manifests.
    #[must_use]
    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

/// Returns true if the media type is the media type of an index.
pub(super) fn is_index(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json"
    )
}
