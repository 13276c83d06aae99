//! The only hosts that the server itself calls: those that its operator lists. So no administrator's key can have
//! the server probe the network that it is in.

use super::request::is_loopback;
use crate::domain::identity::Host;
use url::Url;

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPermitted {
    /// It is not an address.
    #[error("`{0}` is not an address: write it like https://id.example.org")]
    NotAnAddress(String),
    /// It is neither https nor http on this machine.
    #[error("`{0}` is not https: plain http is for this machine alone")]
    Plain(String),
    /// It holds what does not belong there.
    #[error("`{0}` must not hold a user, a password, `?` or `#`")]
    Parts(String),
    /// Its host is not listed.
    #[error("the host `{host}` is not listed: start the server with `--identity-host {host}`")]
    Unlisted {
        /// The host, with its port where that is not the usual one.
        host: String,
    },
}

/// The hosts that may be called.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Vec<Host>);

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An address that is https, or http on this machine, whoever's host it is.
pub fn safe_address(text: &str) -> Result<Url, NotPermitted> {
    let url = Url::parse(text).map_err(|_| NotPermitted::NotAnAddress(shorten(text)))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(NotPermitted::Plain(shorten(text))),
        _ => return Err(NotPermitted::NotAnAddress(shorten(text))),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(NotPermitted::Parts(shorten(text)));
    }
    Ok(url)
}

impl Hosts {
    /// These hosts and no others.
    #[must_use]
    pub fn new(hosts: Vec<Host>) -> Self {
        Self(hosts)
    }

    /// Reads an address and checks that it may be called.
    pub fn permit(&self, text: &str) -> Result<Url, NotPermitted> {
        let url = safe_address(text)?;
        let usual = if url.scheme() == "https" { 443 } else { 80 };
        let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(usual));
        if self.0.iter().any(|listed| listed.is_at(host, port, usual)) {
            return Ok(url);
        }
        let host = if port == usual { host.to_owned() } else { format!("{host}:{port}") };
        Err(NotPermitted::Unlisted { host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_called_and_plain_http_stays_on_this_machine() {
        let hosts = ["id.example.org", "127.0.0.1:8080", "[::1]:81", "10.0.0.1"];
        let hosts = Hosts::new(hosts.map(|text| Host::parse(text).unwrap()).to_vec());
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
            ("https://id.example.org@evil.org", Some("must not hold")),
            ("https://id.example.org/#a", Some("must not hold")),
            ("ftp://id.example.org", Some("not an address")),
            ("id.example.org", Some("not an address")),
            ("", Some("not an address")),
        ] {
            let told = hosts.permit(address).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), refused.is_some(), "{address}: {told:?}");
            assert!(told.unwrap_or_default().contains(refused.unwrap_or_default()), "{address}");
        }
    }
}
