//! Reads the settings file: TOML with known keys only.

use super::error::ConfigError;
use super::mistakes::explain;
use super::values::DatabaseUrl;
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The file that is read if no other file is named.
const DEFAULT_FILE: &str = "portreeve.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    listen: Option<Spanned<String>>,
    database_url: Option<Spanned<String>>,
    events_database_url: Option<Spanned<String>>,
    events_keep: Option<Vec<Spanned<String>>>,
    keys_dir: Option<Spanned<String>>,
    issuer: Option<Spanned<String>>,
    services: Option<Vec<Spanned<String>>>,
    realm: Option<Spanned<String>>,
    public_url: Option<Spanned<String>>,
    trusted_proxies: Option<Vec<Spanned<String>>>,
    throttle_exempt: Option<Vec<Spanned<String>>>,
    token_paths: Option<Vec<Spanned<String>>>,
    cors_origins: Option<Vec<Spanned<String>>>,
    identity_hosts: Option<Vec<Spanned<String>>>,
    registry_hosts: Option<Vec<Spanned<String>>>,
    max_token_bytes: Option<Spanned<u32>>,
    max_connections: Option<Spanned<u32>>,
    internal_listen: Option<Spanned<String>>,
    console: Option<Spanned<String>>,
    max_staleness: Option<Spanned<u32>>,
    shared_secrets: Option<Spanned<bool>>,
    tls_cert: Option<Spanned<String>>,
    tls_key: Option<Spanned<String>>,
    tls_client_ca: Option<Spanned<String>>,
    tls_client_auth: Option<Spanned<String>>,
    log: Option<Spanned<String>>,
    log_format: Option<Spanned<String>>,
}

/// The content of a settings file.
#[derive(Debug, Default)]
pub struct FileSettings {
    path: PathBuf,
    text: String,
    keys: Keys,
}

impl FileSettings {
    /// Reads the file `named`, or `portreeve.toml` if `named` is `None`. A missing `portreeve.toml` counts as
    /// an empty file. The error names the file. For a fault in the content, it also names the line.
    pub fn read(
        named: Option<PathBuf>,
        read_file: impl FnOnce(&Path) -> std::io::Result<String>,
    ) -> Result<Self, ConfigError> {
        let required = named.is_some();
        let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let text = match read_file(&path) {
            Ok(text) => text,
            Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(ConfigError::Unreadable { path, reason: error.to_string() });
            }
        };
        let keys = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&text, &span));
            let complaint = error.message().trim().replace('\n', " ");
            let message = explain(text.lines().nth(line - 1).unwrap_or_default(), &complaint);
            ConfigError::File(format!("{}, line {line}: {message}", path.display()))
        })?;
        Ok(Self { path, text, keys })
    }

    /// Returns the path of the file that was read, if there is one.
    pub(super) fn path(&self) -> Option<&Path> {
        Some(self.path.as_path()).filter(|path| !path.as_os_str().is_empty())
    }

    /// Returns the path of the file if it contains a database password.
    pub(super) fn with_password(&self) -> Option<PathBuf> {
        let mut urls = [&self.keys.database_url, &self.keys.events_database_url].into_iter().flatten();
        let holds_one = urls.any(|url| DatabaseUrl::parse(url.get_ref()).is_ok_and(|url| url.has_password()));
        holds_one.then(|| self.path.clone())
    }

    /// Returns the values of a key as texts, each with its place. Returns `None` if the file does not have
    /// the key.
    pub(super) fn find(&self, key: &str) -> Option<Vec<(String, String)>> {
        let place = |span: Range<usize>| {
            format!("`{key}` in {}, line {}", self.path.display(), line_of(&self.text, &span))
        };
        let one = |value: &Option<Spanned<String>>| {
            value.as_ref().map(|value| vec![(value.get_ref().clone(), place(value.span()))])
        };
        let many = |values: &Option<Vec<Spanned<String>>>| {
            values.as_ref().map(|values| {
                values.iter().map(|value| (value.get_ref().clone(), place(value.span()))).collect()
            })
        };
        let number = |value: &Option<Spanned<u32>>| {
            value.as_ref().map(|value| vec![(value.get_ref().to_string(), place(value.span()))])
        };
        match key {
            "listen" => one(&self.keys.listen),
            "database_url" => one(&self.keys.database_url),
            "events_database_url" => one(&self.keys.events_database_url),
            "events_keep" => many(&self.keys.events_keep),
            "keys_dir" => one(&self.keys.keys_dir),
            "issuer" => one(&self.keys.issuer),
            "services" => many(&self.keys.services),
            "realm" => one(&self.keys.realm),
            "public_url" => one(&self.keys.public_url),
            "trusted_proxies" => many(&self.keys.trusted_proxies),
            "throttle_exempt" => many(&self.keys.throttle_exempt),
            "token_paths" => many(&self.keys.token_paths),
            "cors_origins" => many(&self.keys.cors_origins),
            "identity_hosts" => many(&self.keys.identity_hosts),
            "registry_hosts" => many(&self.keys.registry_hosts),
            "max_token_bytes" => number(&self.keys.max_token_bytes),
            "max_connections" => number(&self.keys.max_connections),
            "internal_listen" => one(&self.keys.internal_listen),
            "console" => one(&self.keys.console),
            "max_staleness" => number(&self.keys.max_staleness),
            "tls_cert" => one(&self.keys.tls_cert),
            "tls_key" => one(&self.keys.tls_key),
            "tls_client_ca" => one(&self.keys.tls_client_ca),
            "tls_client_auth" => one(&self.keys.tls_client_auth),
            "shared_secrets" => self
                .keys
                .shared_secrets
                .as_ref()
                .map(|value| vec![(value.get_ref().to_string(), place(value.span()))]),
            "log" => one(&self.keys.log),
            "log_format" => one(&self.keys.log_format),
            _ => None,
        }
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::super::mistakes::{Holds, KEYS};
    use super::*;

    #[test]
    fn mistakes_are_told_of_each_key_and_of_no_other() {
        for (key, holds) in KEYS {
            let value = match holds {
                Holds::Text => "\"x\"",
                Holds::List => "[\"x\"]",
                Holds::Number => "1",
                Holds::Truth => "true",
            };
            let read: Result<Keys, _> = toml::from_str(&format!("{key} = {value}\n"));
            assert!(read.is_ok(), "{key}");
        }
        let complaint = toml::from_str::<Keys>("unknown = 1\n").unwrap_err().to_string();
        let (_, known) = complaint.split_once("expected one of").unwrap();
        assert_eq!(known.matches('`').count(), 2 * KEYS.len(), "{complaint}");
    }
}
