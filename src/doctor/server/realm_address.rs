//! Finds faults in the address of a token server, and the address to write instead.
//!
//! INVARIANT: all faults that `faults` finds in one address have one fix. The fix names an address at which a token
//! server answers, or says how to make one answer there. So a fix never leads to another fault.

use super::token_server::{TokenRequest, is_token_server};
use crate::doctor::docker::client::{Client, Failure};
use crate::doctor::registry::address::is_local;
use crate::doctor::registry::challenge::Challenge;
use crate::doctor::registry::configuration::Configuration;
use crate::doctor::registry::file;
use crate::doctor::registry::reach::LiveRegistry;
use crate::doctor::report::finding::{Examined, Finding};
use std::net::IpAddr;
use url::{Host, Url};

/// The parameters that clients add to the address themselves.
const ASKED: [&str; 3] = ["service", "scope", "account"];
/// The path of a realm that a registry derives from the request, instead of reading it from its file.
// INTEROP: distribution's registry/auth/token/accesscontroller.go, `autoredirect`.
const MADE_UP: &str = "/auth/token";

fn address_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Returns true if an address is in a private network or on the local link, or belongs to this machine.
pub(in crate::doctor) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Returns true if people cannot see the character in a file. Some URL parsers remove invisible characters, and
/// other URL parsers keep them.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Returns the address with another scheme. If the address names no port, the port becomes the default port
/// of the new scheme.
pub(in crate::doctor) fn with_scheme(url: &Url, scheme: &str) -> Url {
    let mut other = url.clone();
    let changed = other.set_scheme(scheme);
    debug_assert!(changed.is_ok(), "http and https can replace each other");
    other
}

/// The realm in a registry's challenge, with the facts about the registry.
#[derive(Clone, Copy)]
pub(in crate::doctor) struct Realm<'a> {
    pub(in crate::doctor) client: &'a Client,
    pub(in crate::doctor) registry: &'a LiveRegistry,
    pub(in crate::doctor) configuration: &'a Configuration,
    /// The realm as text, exactly as it is written.
    pub(in crate::doctor) text: &'a str,
    /// The service that the challenge names.
    pub(in crate::doctor) service: Option<&'a str>,
}

impl<'a> Realm<'a> {
    /// Returns the realm of a challenge. Takes its text from the registry's file if possible, because the
    /// challenge does not show every character.
    pub(in crate::doctor) fn of(
        client: &'a Client,
        registry: &'a LiveRegistry,
        configuration: &'a Configuration,
        challenge: &'a Challenge,
    ) -> Self {
        let seen = challenge.get("realm").unwrap_or_default();
        let written = configuration.token().filter(|auth| auth.shows(seen));
        let text = written.map_or(seen, |auth| &auth.realm);
        Self { client, registry, configuration, text, service: challenge.get("service") }
    }

    /// Returns true if a token server answers at an address. A server whose certificate is not trusted here
    /// also counts.
    async fn answers(&self, place: &Url) -> bool {
        match TokenRequest::anonymous(place, self.service).send(self.client).await {
            Ok(answer) => is_token_server(&answer, false),
            Err(failure) => matches!(failure, Failure::Certificate(_)),
        }
    }

    /// Returns the realm of the registry's file, if the registry derives another realm from the request.
    pub(super) fn unused(&self) -> Option<&'a str> {
        let auth = self.configuration.token()?;
        (auth.autoredirect && auth.realm != self.text).then_some(auth.realm.as_str())
    }

    /// Returns true if a token server answers at `realm`, which a file names.
    pub(super) async fn holds(&self, realm: &str) -> bool {
        match cleaned(realm) {
            Some(url) => self.answers(&url).await,
            None => false,
        }
    }

    /// Returns the fix that makes the registry send clients to `value`. If the registry derives its realm
    /// from the request, the fix also switches `autoredirect` off.
    pub(super) fn line(&self, value: &str) -> String {
        const FIELD: &str = "autoredirect";
        let plain = self.configuration.line("realm", value);
        if let Some(file) = &self.configuration.file {
            let Some(realm) = self.unused() else { return plain };
            let off = file::off(file, FIELD);
            return if realm == value {
                format!(
                    "{off}, so that the registry uses the `realm` of that file; then restart the registry"
                )
            } else {
                format!("{off}; then {plain}")
            };
        }
        let host = self.registry.base.host_str();
        let is_made_up =
            Url::parse(self.text).is_ok_and(|url| url.path() == MADE_UP && url.host_str() == host);
        if is_made_up && self.configuration.stale.is_none() {
            return format!(
                "`{FIELD}: false` under auth.token in the registry's configuration, if it says `true`; then {plain}"
            );
        }
        plain
    }

    /// Returns the fix that makes the registry send clients to a token server at `target`.
    async fn advice(&self, target: &Url) -> String {
        let there = self.line(target.as_str());
        if self.answers(target).await {
            return there;
        }
        if target.scheme() == "https" {
            return format!("{}; then {there}", tls(None));
        }
        let port = target.port_or_known_default().unwrap_or_default();
        format!(
            "let the token server listen for other machines (with Portreeve: `portreeve serve --listen 0.0.0.0:{port}`); then {there}"
        )
    }

    /// Examines the address. Returns the address without the parameters that clients add.
    pub(super) async fn examine(&self) -> Examined<Option<Url>> {
        let text = self.text;
        let Some(meant) = cleaned(text) else {
            let what = format!("the realm `{}` is not a URL", text.escape_debug());
            let fix = self.line("https://TOKEN-SERVER/token");
            let finding = Finding::problem("realm", what, "clients ask for tokens at the realm").fix(fix);
            return Examined { facts: None, findings: vec![finding] };
        };
        let realm = without_asked(&meant);
        let (faults, target) = self.faults(&meant, &realm);
        let mut findings = Vec::new();
        if !faults.is_empty() {
            let fix = self.advice(&target).await;
            findings.extend(faults.into_iter().map(|fault| fault.fix(fix.clone())));
        }
        findings.extend(self.private(&realm));
        Examined { facts: Some(realm), findings }
    }

    /// Finds the faults of the address, and the correct address. `meant` is the address with the parameters
    /// that clients add. `realm` is the address without these parameters.
    fn faults(&self, meant: &Url, realm: &Url) -> (Vec<Finding>, Url) {
        let (text, base) = (self.text, &self.registry.base);
        let mut target = realm.clone();
        let mut faults: Vec<Finding> = unseen(text, meant).into_iter().collect();
        faults.extend(asks_itself(text, meant, self.service));
        if realm.scheme() == "http" && self.registry.is_https() {
            target = with_scheme(&target, "https");
            faults.push(Finding::problem(
                "realm",
                format!("the registry is https, but its realm `{text}` is plain http"),
                "passwords would cross the network in clear text, so crane and regclient refuse the realm",
            ));
        }
        if is_local(realm) && !is_local(base) {
            // If the registry has no host, the address stays as it is, and the finding is still reported.
            let moved = target.set_host(base.host_str());
            debug_assert!(moved.is_ok(), "the registry was reached by this host");
            faults.push(Finding::problem(
                "realm",
                format!("the realm `{text}` leads every client to itself"),
                "for each client, `localhost` is the client's own machine",
            ));
        }
        (faults, target)
    }

    /// Returns the finding about a realm with a private address. Returns `None` if the address is the registry's
    /// own, or if it leads each client to itself, which is another fault.
    fn private(&self, realm: &Url) -> Option<Finding> {
        let base = &self.registry.base;
        let is_own =
            (realm.host(), realm.port_or_known_default()) == (base.host(), base.port_or_known_default());
        let is_misled = is_local(realm) && !is_local(base);
        if is_own || is_misled || !address_of(realm).is_some_and(is_private) {
            return None;
        }
        let what = format!("the realm `{}` is a private address", self.text);
        let why = "crane (0.21.4 and later), ko and other programs with crane's library refuse a realm with a private address";
        Some(
            Finding::warning("realm", what, why)
                .fix("give the token server a name in DNS, and write that name into `realm:`"),
        )
    }
}

/// Returns the advice for making a token server speak TLS.
pub(in crate::doctor) fn tls(port: Option<u16>) -> String {
    let listen = port.map_or(String::new(), |port| format!(" --listen 0.0.0.0:{port}"));
    format!(
        "let the token server speak TLS (with Portreeve: `portreeve serve{listen} --tls-cert CERT.pem --tls-key KEY.pem`), or put a proxy with a certificate in front of the token server"
    )
}

/// Parses a text as an http or https address. Removes invisible characters, but keeps spaces inside. Reads `\` as
/// `/`.
fn cleaned(text: &str) -> Option<Url> {
    let kept: String =
        text.trim_matches(is_unseen).chars().filter(|it| !is_unseen(*it) || *it == ' ').collect();
    let lower = kept.to_ascii_lowercase();
    // INTEROP: without the two slashes, browsers find the host in the text, and programs in Go do not.
    let is_whole = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    Url::parse(&kept.replace('\\', "/")).ok().filter(|url| is_whole && url.has_host())
}

/// Returns the address without the parameters that clients add.
fn without_asked(url: &Url) -> Url {
    let kept: Vec<_> =
        url.query_pairs().into_owned().filter(|(name, _)| !ASKED.contains(&name.as_str())).collect();
    let mut other = url.clone();
    other.set_query(None);
    if !kept.is_empty() {
        other.query_pairs_mut().extend_pairs(kept);
    }
    other
}

/// Returns the finding about invisible characters and backslashes, which change the address.
fn unseen(text: &str, meant: &Url) -> Option<Finding> {
    let odd: Vec<char> = text.chars().filter(|it| (is_unseen(*it) && *it != ' ') || *it == '\\').collect();
    let (before, after) = (text.starts_with(is_unseen), text.ends_with(is_unseen));
    if odd.is_empty() && !before && !after {
        return None;
    }
    let place = if before {
        "begins with a space or another invisible character"
    } else if after {
        "ends with a space or another invisible character"
    } else {
        "holds a character that is not allowed in an address"
    };
    let shown = text.escape_debug();
    let why = if after && !before && odd.is_empty() {
        format!("clients ask for `{}%20`, which is another path", meant.path())
    } else {
        "clients keep the character: they ask for another path, or do not ask at all".to_owned()
    };
    Some(Finding::problem("realm", format!("the realm `{shown}` {place}"), why))
}

/// Returns the finding about parameters in the address that clients add themselves.
fn asks_itself(text: &str, url: &Url, service: Option<&str>) -> Option<Finding> {
    let own: Vec<_> = url.query_pairs().filter(|(name, _)| ASKED.contains(&name.as_ref())).collect();
    let (name, value) = own.first()?;
    let what = format!("the realm `{text}` holds `{name}={value}`");
    let why = "clients add this parameter themselves, so the token server gets it twice: some token servers refuse that, others use the first value";
    let is_same = own.iter().all(|(name, value)| name == "service" && Some(value.as_ref()) == service);
    Some(if is_same { Finding::warning("realm", what, why) } else { Finding::problem("realm", what, why) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_in_an_address_is_told() {
        for (text, words) in [
            ("http://a/token", None),
            ("http://a/to ken?x=y", None),
            ("http://a/token ", Some("ends with a space")),
            ("http://a/token\t", Some("ends with a space")),
            ("http://a/token\u{a0}", Some("ends with a space")),
            ("http://a/token\u{200b}", Some("ends with a space")),
            (" http://a/token", Some("begins with a space")),
            ("http://a/to\tken", Some("holds a character")),
            ("http://a\\token", Some("holds a character")),
        ] {
            let meant = cleaned(text).unwrap_or_else(|| panic!("{text:?}"));
            let found = unseen(text, &meant).map(|finding| finding.what);
            let fits = match (&found, words) {
                (Some(found), Some(words)) => found.contains(words),
                (found, words) => found.is_none() && words.is_none(),
            };
            assert!(fits, "{text:?}: {found:?}");
            assert!(words.is_none() || meant.as_str() == "http://a/token", "{text:?}: {meant}");
        }
        for none in ["", "/token", "a/token", "ftp://a/token", "http:/a/token", "https:a", "http://"] {
            assert_eq!(cleaned(none), None, "{none:?}");
        }
    }

    #[test]
    fn what_clients_add_is_left_out_of_an_address() {
        for (text, kept, is_problem) in [
            ("http://a/token?service=x", "http://a/token", Some(true)),
            ("http://a/token?tenant=b&service=registry", "http://a/token?tenant=b", Some(false)),
            ("http://a/token?scope=c&tenant=b", "http://a/token?tenant=b", Some(true)),
            ("http://a/token?account=c", "http://a/token", Some(true)),
            ("http://a/token?tenant=b", "http://a/token?tenant=b", None),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(without_asked(&url).as_str(), kept);
            let found = asks_itself(text, &url, Some("registry"));
            let level = found.as_ref().map(|finding| finding.level == crate::doctor::Level::Problem);
            assert_eq!(level, is_problem, "{text}: {found:?}");
        }
    }
}
