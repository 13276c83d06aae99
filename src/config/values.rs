//! Parses single values of settings.

use super::error::ConfigError;
use crate::domain::service::Issuer;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, absolute};
use std::time::Duration;
use url::Url;

/// The levels of the log, from the fewest events to the most; `off` logs nothing.
const LOG_LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// The default filter of the log.
pub(super) const USUAL_LOG: &str = "info";

/// The default length of the longest token, bytes.
// INTEROP: common proxies limit a header line to 8 KB. The rest of that line is for `Authorization: Bearer `.
pub(super) const USUAL_TOKEN_BYTES: usize = 7 * 1024;
/// The allowed values for the length of the longest token, bytes.
const TOKEN_BYTES: RangeInclusive<usize> = 4 * 1024..=64 * 1024;
/// The allowed values for the number of connections.
const CONNECTIONS: RangeInclusive<usize> = 16..=1_000_000;
/// The length of the longest additional path of the token endpoint, bytes.
const LONGEST_PATH: usize = 255;
/// The paths that the server uses itself, including everything below them. The paths of tokens and of lists of tags are
/// not in this list. A test in `http/routes.rs` compares the list with the routes.
const OWN_PATHS: [&str; 12] = [
    "/api",
    "/.well-known",
    "/console",
    "/docs",
    "/events",
    "/health",
    "/metrics",
    "/oauth2",
    "/services",
    "/signin",
    "/v1",
    "/v2/_catalog",
];

/// The output form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// JSON, one object a line.
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is not a log format: write `text` or `json`")),
        }
    }
}

/// The URL of a database. It can contain a password, so messages use [`DatabaseUrl::shown`].
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Parses a database URL: `sqlite://PATH` or `postgres://…`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let sqlite = text.strip_prefix("sqlite:").map(|rest| rest.strip_prefix("//").unwrap_or(rest));
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let fits = match sqlite {
            Some(path) => !path.is_empty() && !path.starts_with('?') && path != ":memory:",
            None => postgres && Url::parse(text).is_ok(),
        };
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            // The message does not repeat the text, because it may contain a password.
            Err("not a database: write `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`"
                .to_owned())
        }
    }

    /// Returns the URL without secrets: the absolute path of a SQLite file, or user, host and database.
    #[must_use]
    pub fn shown(&self) -> String {
        if let Some(rest) = self.0.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let path = Path::new(path.split('?').next().unwrap_or_default());
            return absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
        }
        let Ok(mut url) = Url::parse(&self.0) else {
            return "PostgreSQL".to_owned();
        };
        url.set_query(None);
        url.set_fragment(None);
        // An error means that the URL has no host, and then it has no password.
        let _ = url.set_password(None);
        url.to_string()
    }

    /// Returns the default URL of the events database. For SQLite it is a file in the same folder, with
    /// `-events` before the extension. For PostgreSQL it is the same database.
    pub(super) fn of_events(&self) -> Self {
        let Some(rest) = self.0.strip_prefix("sqlite:") else { return self.clone() };
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        // A dot at the beginning of a name hides a file, and begins no extension.
        let name = match name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
            Some((stem, ending)) => format!("{stem}-events.{ending}"),
            None => format!("{name}-events"),
        };
        let slash = if path.contains('/') { "/" } else { "" };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Self(format!("sqlite:{folder}{slash}{name}{query}"))
    }

    /// Returns true if both URLs name the same SQLite file, as far as the texts show.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        self.0.starts_with("sqlite:") && self.shown() == other.shown()
    }

    /// Returns true if the URL contains a password.
    #[must_use]
    pub(super) fn has_password(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password")
    }

    /// Returns the URL with its password. Use it only to connect.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite://portreeve.db".to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.split_once(':').map_or("", |(scheme, _)| scheme);
        write!(f, "DatabaseUrl({scheme}:***)")
    }
}

pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("`{text}` is neither `true` nor `false`"))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{text}` is neither `on` nor `off`")),
    }
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is not an address: write ADDRESS:PORT, for example 127.0.0.1:5001 or [::]:5001")
    })
}

pub(super) fn default_issuer() -> Result<Issuer, ConfigError> {
    Issuer::parse("portreeve")
        .map_err(|error| ConfigError::Value { place: "issuer".to_owned(), message: error.to_string() })
}

/// Parses a realm: an absolute http or https URL without credentials and fragment.
pub(super) fn realm(text: &str) -> Result<Url, String> {
    let expected =
        "write the URL that clients reach the token endpoint at, for example https://auth.example.org/token";
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL ({error}): {expected}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("`{text}` is neither http nor https: {expected}"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(format!("a realm has neither credentials nor a fragment: {expected}"));
    }
    Ok(url)
}

/// Parses a network. A single address becomes a network with one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = parsed
        .map_err(|_| format!("`{text}` is not a network: write ADDRESS/BITS, for example 10.0.0.0/8"))?;
    if network.trunc() != network {
        return Err(format!("`{text}` has host bits set: write `{}`", network.trunc()));
    }
    Ok(network)
}

/// Checks a log filter: directives separated by commas, each a level or `TARGET=LEVEL`.
///
/// A single word that is not a level is refused: the library would take it for a target, and log nothing
/// else.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let is_level = |word: &str| LOG_LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
    for directive in text.split(',').map(str::trim) {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
        if !is_level(level) {
            return Err(format!(
                "`{directive}` is not a log directive: write {}, or TARGET=LEVEL, for example `info,portreeve=debug`",
                LOG_LEVELS.join(", ")
            ));
        }
    }
    Ok(text.to_owned())
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(seconds) if seconds <= 86_400 => Ok(Duration::from_secs(u64::from(seconds))),
        _ => Err(format!("`{text}` is not a number of seconds from 0 to 86400")),
    }
}

/// Parses an additional path of the token endpoint. Removes a slash at its end, because the server answers
/// with and without it.
pub(super) fn token_path(text: &str) -> Result<String, String> {
    let expected = "write it from its first slash on, for example /service/token";
    let path = text.strip_suffix('/').unwrap_or(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    let is_segment = |part: &str| !matches!(part, "" | "." | "..") && part.chars().all(is_plain);
    let is_path = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment));
    if text != "/" && (!is_path || path.len() > LONGEST_PATH) {
        return Err(format!(
            "`{text}` cannot be a path for tokens (letters, digits and `-._~` between single slashes): {expected}"
        ));
    }
    let is_below =
        |own: &str| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let own = OWN_PATHS.iter().find(|own| is_below(own)).copied();
    let is_of_tags = path.strip_prefix("/v2/").is_some_and(|rest| rest.ends_with("/tags/list"));
    match own.or(is_of_tags.then_some("/v2/REPOSITORY/tags/list")) {
        Some(own) => {
            Err(format!("the server uses `{own}` and every path below it: choose another path than `{text}`"))
        }
        None => Ok(path.to_owned()),
    }
}

/// Accepts an origin only as browsers write it, because the server compares it with the header `Origin` that they
/// send. The error for any other form of an origin names the form to write.
// SPEC: the WHATWG Fetch standard, `Origin`: lower case, without the default port, without a path.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && !text.contains('*'));
    let Some(url) = url else {
        return Err(format!(
            "`{text}` is not an origin: write each origin in full, for example https://ui.example.org"
        ));
    };
    let exact = url.origin().ascii_serialization();
    if exact == text {
        Ok(exact)
    } else {
        Err(format!("`{text}` is not what browsers send: write `{exact}`"))
    }
}

/// Parses the origin of the pages: http or https, a host, an optional port, and nothing else.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    let expected =
        "write the origin at which browsers reach this server, for example https://auth.example.org";
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not a URL ({error}): {expected}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("`{text}` is neither http nor https: {expected}"));
    }
    let exact = url.origin().ascii_serialization();
    // A URL without a path gets the path `/`. A user name or a query would make the text longer than that.
    if url.as_str() == format!("{exact}/") {
        Ok(exact)
    } else {
        Err(format!("the pages are at paths of their own on this host: write `{exact}`"))
    }
}

pub(super) fn token_bytes(text: &str) -> Result<usize, String> {
    number(text, TOKEN_BYTES, "bytes")
}

pub(super) fn connections(text: &str) -> Result<usize, String> {
    number(text, CONNECTIONS, "connections")
}

fn number(text: &str, range: RangeInclusive<usize>, what: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        format!("`{text}` is not a number of {what} from {least} to {most}")
    })
}
