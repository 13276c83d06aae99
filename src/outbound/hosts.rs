//! The only hosts that the server itself may call. The operator lists them. So an attacker with an administrator's key
//! cannot make the server probe the network in which the server runs.

use super::request::is_loopback;
use crate::domain::identity::Host;
use url::Url;

/// A reason why the server does not call an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    /// The text is not an https or http URL.
    #[error("`{0}` is not an address: write it like https://id.example.org")]
    NotAnAddress(String),
    /// The URL is http, and its host is not this machine.
    #[error("`{0}` is not https: plain http is only for a provider on this machine")]
    Plain(String),
    /// The URL contains a user, a password or a fragment.
    #[error("`{0}` must not contain a user, a password or `#`")]
    Parts(String),
    /// The host of the URL is not listed.
    #[error("the host `{host}` is not listed: start the server with `{flag} {host}`")]
    Unlisted {
        /// The host, with its port unless it is the default port.
        host: String,
        /// The command-line flag that lists hosts.
        flag: &'static str,
    },
}

/// The hosts that the server may call.
#[derive(Debug, Clone)]
pub struct Hosts {
    listed: Vec<Host>,
    /// The command-line flag that lists the hosts.
    flag: &'static str,
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Reads a URL that is https on any host, or http on this machine. Fails if the URL contains a user, a password or a
/// fragment.
pub fn safe_address(text: &str) -> Result<Url, NotPermitted> {
    let url = address(text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(NotPermitted::Plain(shorten(text)));
    }
    Ok(url)
}

/// Reads a URL that is https or http, on any host. Fails if the URL contains a user, a password or a fragment.
fn address(text: &str) -> Result<Url, NotPermitted> {
    let url = Url::parse(text).map_err(|_| NotPermitted::NotAnAddress(shorten(text)))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(NotPermitted::NotAnAddress(shorten(text)));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(NotPermitted::Parts(shorten(text)));
    }
    Ok(url)
}

impl Hosts {
    /// Permits only these hosts, for calls to identity providers.
    #[must_use]
    pub fn of_providers(listed: Vec<Host>) -> Self {
        Self { listed, flag: "--identity-host" }
    }

    /// Permits only these hosts, for calls to registries.
    #[must_use]
    pub fn of_registries(listed: Vec<Host>) -> Self {
        Self { listed, flag: "--registry-host" }
    }

    /// Reads a URL, and checks that the server may call it.
    pub fn permit(&self, text: &str) -> Result<Url, NotPermitted> {
        self.list_has(safe_address(text)?)
    }

    /// Reads the address of a registry and checks that it may be called. Plain http is permitted as well: the operator
    /// lists the host, and a registry in a private network often speaks nothing else.
    pub fn permit_registry(&self, text: &str) -> Result<Url, NotPermitted> {
        self.list_has(address(text)?)
    }

    fn list_has(&self, url: Url) -> Result<Url, NotPermitted> {
        let usual = if url.scheme() == "https" { 443 } else { 80 };
        let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(usual));
        if self.listed.iter().any(|listed| listed.is_at(host, port, usual)) {
            return Ok(url);
        }
        let host = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
        Err(NotPermitted::Unlisted { host, flag: self.flag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_called_and_plain_http_stays_on_this_machine() {
        let hosts = ["id.example.org", "127.0.0.1:8080", "[::1]:81", "10.0.0.1"];
        let hosts = hosts.map(|text| Host::parse(text).unwrap()).to_vec();
        let (hosts, registries) = (Hosts::of_providers(hosts.clone()), Hosts::of_registries(hosts));
        for (address, refused) in [
            ("https://id.example.org/realm", None),
            ("https://ID.example.org:443", None),
            ("http://127.0.0.1:8080/", None),
            ("http://[::1]:81/", None),
            ("https://id.example.org:444", Some("--identity-host id.example.org:444")),
            ("https://id.example.org.evil.org", Some("not listed")),
            ("https://127.0.0.1", Some("not listed")),
            ("http://localhost:8080", Some("not listed")),
            ("http://id.example.org", Some("not https")),
            ("http://10.0.0.1", Some("not https")),
            ("https://id.example.org@evil.org", Some("must not contain")),
            ("https://id.example.org/#a", Some("must not contain")),
            ("ftp://id.example.org", Some("not an address")),
            ("id.example.org", Some("not an address")),
            ("", Some("not an address")),
        ] {
            let told = hosts.permit(address).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), refused.is_some(), "{address}: {told:?}");
            assert!(told.unwrap_or_default().contains(refused.unwrap_or_default()), "{address}");
        }
        assert!(
            registries.permit_registry("http://10.0.0.1").is_ok(),
            "a listed registry may use plain http"
        );
        let told = registries.permit_registry("http://10.0.0.2:5000").unwrap_err().to_string();
        assert!(told.ends_with("start the server with `--registry-host 10.0.0.2:5000`"), "{told}");
    }
}
