//! Parses the address of a registry, given as in the name of an image or as a URL.

use url::{Host, Url};

/// The address of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The text `host` or `host:port`, as it was given.
    pub name: String,
    /// The registry's URL with https, even if the given scheme is http.
    https: Url,
    /// True if the given scheme is http, false if it is https, `None` if no scheme was given.
    pub(super) http: Option<bool>,
}

impl Address {
    /// Parses an address. The error names the text, and says what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad =
            || format!("`{text}` is not a registry: write HOST, HOST:PORT, or a URL such as https://HOST");
        let (http, name) = if let Some(rest) = text.strip_prefix("http://") {
            (Some(true), rest)
        } else if let Some(rest) = text.strip_prefix("https://") {
            (Some(false), rest)
        } else {
            (None, text)
        };
        let name = name.trim_end_matches('/');
        let https = Url::parse(&format!("https://{name}")).map_err(|_| bad())?;
        let plain = https.path() == "/" && https.query().is_none() && https.fragment().is_none();
        if !plain || !https.username().is_empty() || https.password().is_some() || name.contains("://") {
            return Err(bad());
        }
        Ok(Self { name: name.to_owned(), https, http })
    }

    /// Returns the host and port to resolve.
    pub(in crate::doctor) fn place(&self) -> (String, u16) {
        let host = self.https.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = if self.http == Some(true) { 80 } else { 443 };
        (host, self.https.port().unwrap_or(port))
    }

    /// Returns the base URL of the registry's API with this scheme.
    pub(super) fn url(&self, scheme: &str) -> Option<Url> {
        Url::parse(&format!("{scheme}://{}/v2/", self.name)).ok()
    }

    /// Returns true if the name means this machine.
    pub(in crate::doctor) fn is_local(&self) -> bool {
        is_local(&self.https)
    }
}

/// Returns true if the host of a URL is `localhost`, a name that ends with `.localhost`, or a loopback address.
pub(in crate::doctor) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_named_as_in_images_or_by_its_url() {
        for (text, name, http, place) in [
            ("localhost:5000", "localhost:5000", None, ("localhost", 5000)),
            ("registry.example.org", "registry.example.org", None, ("registry.example.org", 443)),
            (
                "http://registry.example.org/",
                "registry.example.org",
                Some(true),
                ("registry.example.org", 80),
            ),
            ("https://[::1]:5000", "[::1]:5000", Some(false), ("::1", 5000)),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.name.as_str(), address.http), (name, http), "{text}");
            assert_eq!(address.place(), (place.0.to_owned(), place.1), "{text}");
        }
        for bad in ["", "a b", "ftp://x", "host/v2", "user@host", "host?x", "host:99999", "http://https://x"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
