//! The address of a token server by itself: what is wrong with it, and which one to write in its place.
//!
//! INVARIANT: all faults of one address have one fix, and an address is advised only where a token server
//! answers, or together with what makes one answer there. So no fix leads to the next fault.

use super::Case;
use super::client::{Failure, Pass};
use super::finding::Finding;
use super::registry::{Reached, is_local};
use super::registry_file::{self, RegistryFile};
use super::token_server::{ask, is_token_server};
use std::net::IpAddr;
use url::{Host, Url};

/// What clients add to the address themselves.
const ASKED: [&str; 3] = ["service", "scope", "account"];
/// The path of a realm that a registry makes up.
// INTEROP: distribution's registry/auth/token/accesscontroller.go, `autoredirect`.
const MADE_UP: &str = "/auth/token";

fn address_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Whether nobody sees a character in a file, and a URL parser removes it or not as it likes.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The same address with this scheme, and its usual port where it names none.
pub(super) fn with_scheme(url: &Url, scheme: &str) -> Url {
    let mut other = url.clone();
    let changed = other.set_scheme(scheme);
    debug_assert!(changed.is_ok(), "http and https can replace each other");
    other
}

/// Whether a token server answers there; one behind a certificate that is not known here does.
async fn answers(case: &Case<'_>, place: &Url, service: Option<&str>) -> bool {
    match ask(case, place, true, service, &[], Pass::Nobody).await {
        Ok(answer) => is_token_server(&answer, false),
        Err(failure) => matches!(failure, Failure::Certificate(_)),
    }
}

/// How the registry comes to send clients to `value`, who goes to `seen` now. A registry that makes up its
/// realm must be told to leave that.
pub(super) fn line(case: &Case<'_>, registry: &Reached, seen: &str, value: &str) -> String {
    const FIELD: &str = "autoredirect";
    let plain = case.line("realm", value);
    let file = case.file.as_ref();
    if let Some(file) = file {
        let auth = file.token().filter(|auth| auth.autoredirect && auth.realm != seen);
        let Some(auth) = auth else { return plain };
        let off = registry_file::off(file, FIELD);
        return if auth.realm == value {
            format!("{off}, so that the `realm` of that file holds; then restart the registry")
        } else {
            format!("{off}; then {plain}")
        };
    }
    let host = registry.base.host_str();
    let is_made_up = Url::parse(seen).is_ok_and(|url| url.path() == MADE_UP && url.host_str() == host);
    if is_made_up && case.stale.is_none() {
        return format!(
            "`{FIELD}: false` under auth.token in the registry's configuration, if it says `true`; then {plain}"
        );
    }
    plain
}

/// How a token server comes to speak TLS.
pub(super) fn tls(port: Option<u16>) -> String {
    let listen = port.map_or(String::new(), |port| format!(" --listen 0.0.0.0:{port}"));
    format!(
        "let the token server speak TLS (with Portreeve: `portreeve serve{listen} --tls-cert CERT.pem --tls-key KEY.pem`), or put a proxy with a certificate before it"
    )
}

/// What to do so that the registry sends clients to a token server at `target`.
async fn advice(
    case: &Case<'_>,
    registry: &Reached,
    seen: &str,
    target: &Url,
    service: Option<&str>,
) -> String {
    let there = line(case, registry, seen, target.as_str());
    if answers(case, target, service).await {
        return there;
    }
    if target.scheme() == "https" {
        return format!("{}; then {there}", tls(None));
    }
    let port = target.port_or_known_default().unwrap_or_default();
    format!(
        "let the token server listen for others (with Portreeve: `portreeve serve --listen 0.0.0.0:{port}`); then {there}"
    )
}

/// The address as clients take it from a text, without what nobody meant.
fn cleaned(text: &str) -> Option<Url> {
    let kept: String =
        text.trim_matches(is_unseen).chars().filter(|it| !is_unseen(*it) || *it == ' ').collect();
    let lower = kept.to_ascii_lowercase();
    // INTEROP: programs in Go read no host where the two slashes are missing; browsers do.
    let is_whole = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
    Url::parse(&kept.replace('\\', "/")).ok().filter(|url| is_whole && url.has_host())
}

/// Without what clients add themselves.
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

/// What in a text stays unseen and changes the address: each clause names one.
fn unseen(text: &str, meant: &Url) -> Option<Finding> {
    let odd: Vec<char> = text.chars().filter(|it| (is_unseen(*it) && *it != ' ') || *it == '\\').collect();
    let (before, after) = (text.starts_with(is_unseen), text.ends_with(is_unseen));
    if odd.is_empty() && !before && !after {
        return None;
    }
    let place = if before {
        "begins with a space or another character that nobody sees"
    } else if after {
        "ends with a space or another character that nobody sees"
    } else {
        "holds a character that has no place in an address"
    };
    let shown = text.escape_debug();
    let why = if after && !before && odd.is_empty() {
        format!("clients ask for `{}%20`, which is another path", meant.path())
    } else {
        "clients keep it, and ask for another path or for none".to_owned()
    };
    Some(Finding::problem("realm", format!("the realm `{shown}` {place}"), why))
}

/// What the address asks for by itself.
fn asks_itself(text: &str, url: &Url, service: Option<&str>) -> Option<Finding> {
    let own: Vec<_> = url.query_pairs().filter(|(name, _)| ASKED.contains(&name.as_ref())).collect();
    let (name, value) = own.first()?;
    let what = format!("the realm `{text}` holds `{name}={value}`");
    let why = "clients add that themselves, so the token server gets it twice; some refuse that, others take the first";
    let is_same = own.iter().all(|(name, value)| name == "service" && Some(value.as_ref()) == service);
    Some(if is_same { Finding::warning("realm", what, why) } else { Finding::problem("realm", what, why) })
}

/// Looks at the address; gives the one to ask, in which clients' own words are left out.
pub(super) async fn examine(
    case: &mut Case<'_>,
    registry: &Reached,
    text: &str,
    service: Option<&str>,
) -> Option<Url> {
    let Some(meant) = cleaned(text) else {
        let what = format!("the realm `{}` is not a URL", text.escape_debug());
        let fix = line(case, registry, text, "https://TOKEN-SERVER/token");
        case.findings.push(Finding::problem("realm", what, "clients ask for tokens there").fix(fix));
        return None;
    };
    let realm = without_asked(&meant);
    let mut target = realm.clone();
    let mut faults: Vec<Finding> = unseen(text, &meant).into_iter().collect();
    faults.extend(asks_itself(text, &meant, service));
    if realm.scheme() == "http" && registry.base.scheme() == "https" {
        target = with_scheme(&target, "https");
        faults.push(Finding::problem(
            "realm",
            format!("the registry is https, but its realm `{text}` is plain http"),
            "passwords would cross the network readable, so crane and regclient refuse",
        ));
    }
    if is_local(&realm) && !is_local(&registry.base) {
        // A host that is none leaves the address as it is, and the finding stands.
        let moved = target.set_host(registry.base.host_str());
        debug_assert!(moved.is_ok(), "the registry was reached by this host");
        faults.push(Finding::problem(
            "realm",
            format!("the realm `{text}` leads every client to itself"),
            "`localhost` is another machine for each of them",
        ));
    }
    if !faults.is_empty() {
        let fix = advice(case, registry, text, &target, service).await;
        case.findings.extend(faults.into_iter().map(|fault| fault.fix(fix.clone())));
    }
    let own = (registry.base.host(), registry.base.port_or_known_default());
    let is_other = (realm.host(), realm.port_or_known_default()) != own;
    let is_misled = is_local(&realm) && !is_local(&registry.base);
    if is_other && !is_misled && address_of(&realm).is_some_and(is_private) {
        case.findings.push(
            Finding::warning(
                "realm",
                format!("the realm `{text}` is a private address"),
                "crane (0.21.4 and later), ko and other users of that library refuse such a realm",
            )
            .fix("give the token server a name in DNS, and write it into `realm:`"),
        );
    }
    Some(realm)
}

/// Whether the registry's file makes up the realm that was seen.
pub(super) fn makes_up<'a>(file: Option<&'a RegistryFile>, seen: &str) -> Option<&'a str> {
    let auth = file?.token().filter(|auth| auth.autoredirect && auth.realm != seen)?;
    Some(&auth.realm)
}

/// Whether a token server answers at the realm that a file names.
pub(super) async fn holds(case: &Case<'_>, realm: &str, service: Option<&str>) -> bool {
    match cleaned(realm) {
        Some(url) => answers(case, &url, service).await,
        None => false,
    }
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
