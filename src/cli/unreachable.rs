//! What to do when a server cannot be reached: by the words of those who tried.

use crate::causes::causes;
use crate::outbound::{OutboundError, is_loopback};
use url::Url;

/// What to change, where the error tells what is wrong.
pub(super) fn advice(url: &Url, error: &OutboundError) -> Option<String> {
    let said = causes(error);
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    let is_tls = url.scheme() == "https";
    let host = place(url);
    if is_tls && says(&["InvalidContentType"]) {
        let plain = with_scheme(url, "http");
        return Some(if is_loopback(url) {
            format!("`{host}` does not serve TLS: write {plain}")
        } else {
            format!(
                "`{host}` does not serve TLS: write {plain} with --insecure-http if the network may read the password, or have the server serve TLS"
            )
        });
    }
    if !is_tls && says(&["invalid HTTP", "connection closed before message completed", "connection error"]) {
        return Some(format!(
            "`{host}` does not answer in plain http: if it serves TLS, write {}",
            with_scheme(url, "https")
        ));
    }
    let text = if says(&["CaUsedAsEndEntity"]) {
        format!(
            "the certificate of `{host}` is that of an authority (CA:TRUE, as `openssl req -x509` makes it): trust that file with --ca FILE, or make a certificate for servers as docs/operations.md shows"
        )
    } else if says(&["UnknownIssuer"]) {
        format!(
            "nobody known here signed the certificate of `{host}`: if the server is yours, give the certificate of its authority with --ca FILE, or its own if it is self-signed"
        )
    } else if says(&["not valid for name", "NotValidForName"]) {
        format!("the certificate of `{host}` is for another name: write the name that it is for")
    } else if says(&["certificate expired", "Expired"]) {
        format!(
            "the certificate of `{host}` has ended: have it renewed, or correct the clock of this machine"
        )
    } else if says(&["not valid yet", "NotValidYet"]) {
        format!("the certificate of `{host}` does not hold yet: correct the clock of this machine")
    } else if says(&["Connection refused"]) {
        format!("nothing listens at `{host}`: is the server running, and is the port right?")
    } else if says(&["dns error", "failed to lookup"]) {
        format!("the name in `{host}` is not known: check the address")
    } else {
        return None;
    };
    Some(text)
}

/// What a server that serves TLS wants of somebody who asked in plain http, if that is what it said.
// INTEROP: Go's and nginx's servers answer with status 400 and words about HTTPS.
pub(super) fn advice_of_answer(url: &Url, text: &[u8]) -> Option<String> {
    let about_tls = url.scheme() == "http" && String::from_utf8_lossy(text).contains("HTTPS");
    about_tls.then(|| format!("`{}` serves TLS: write {}", place(url), with_scheme(url, "https")))
}

/// Host and port.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The same address under another scheme.
fn with_scheme(url: &Url, scheme: &str) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!("{scheme}://{}{port}{path}", url.host_str().unwrap_or_default())
}
