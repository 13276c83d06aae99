//! The crawl of a service: the registry that the server reads, and the robot whose rights the server uses.

use super::subject::SubjectName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The greatest length of an address or a path, bytes.
const LONGEST: usize = 255;

/// The settings of a crawl: the registry whose content fills the inventory of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Crawl {
    /// The address at which this server reaches the registry itself, such as `http://127.0.0.1:5000`.
    #[schema(
        pattern = "^https?://[A-Za-z0-9.:_\\[\\]-]+$",
        max_length = 255,
        example = "http://127.0.0.1:5000"
    )]
    pub registry: String,
    /// The robot whose rights this server uses to read the registry. Rules must let the robot read the
    /// catalogue and pull.
    #[schema(value_type = SubjectName)]
    pub robot: SubjectName,
    /// A file with the authorities that sign the registry's certificate; null for the authorities of the
    /// system.
    #[serde(default)]
    #[schema(pattern = "^/", max_length = 255, example = "/etc/portreeve/registry-ca.crt")]
    pub ca_file: Option<String>,
}

/// The reason why the crawl of a service was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCrawl {
    /// The text is not the address of a registry.
    #[error(
        "`{0}` is not the address of a registry: write it like https://registry.example.org or http://127.0.0.1:5000, without a path"
    )]
    Registry(String),
    /// The path is not absolute, is longer than 255 bytes, or contains a control character.
    #[error("`{0}` is not an absolute path of a file")]
    File(String),
}

impl InvalidCrawl {
    /// Returns the name of the field at fault in the API.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Registry(_) => "crawl.registry",
            Self::File(_) => "crawl.ca_file",
        }
    }
}

impl Crawl {
    /// Checks the address and the file. Removes a slash at the end of the address.
    pub fn checked(mut self) -> Result<Self, InvalidCrawl> {
        let address = self.registry.strip_suffix('/').unwrap_or(&self.registry).to_owned();
        let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b".:_-[]".contains(&b);
        if address.len() > LONGEST || !host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_host))
        {
            return Err(InvalidCrawl::Registry(shown(&self.registry)));
        }
        let is_path = |path: &str| {
            path.starts_with('/') && path.len() <= LONGEST && !path.chars().any(char::is_control)
        };
        if let Some(file) = self.ca_file.as_ref().filter(|file| !is_path(file)) {
            return Err(InvalidCrawl::File(shown(file)));
        }
        self.registry = address;
        Ok(self)
    }

    /// Reads the JSON from the database; `None` if it is invalid.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok()?.checked().ok()
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_an_origin_and_a_file_is_absolute() {
        for (registry, file, kept) in [
            ("http://127.0.0.1:5000", None, Some("http://127.0.0.1:5000")),
            ("https://registry.example.org/", Some("/etc/ca.crt"), Some("https://registry.example.org")),
            ("https://[::1]:443", None, Some("https://[::1]:443")),
            ("registry.example.org", None, None),
            ("ftp://registry", None, None),
            ("https://", None, None),
            ("https://user@registry", None, None),
            ("https://registry/v2", None, None),
            ("https://registry?x", None, None),
            ("https://registry", Some("ca.crt"), None),
            ("https://registry", Some("/etc/\n"), None),
        ] {
            let robot = SubjectName::parse("crawler").unwrap();
            let crawl = Crawl { registry: registry.to_owned(), robot, ca_file: file.map(str::to_owned) };
            assert_eq!(crawl.checked().ok().map(|crawl| crawl.registry).as_deref(), kept, "{registry}");
        }
    }
}
