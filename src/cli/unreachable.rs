//! Explains why a server cannot be reached, and what to do. Recognises the error texts of the HTTP and TLS
//! libraries.

use crate::causes::causes;
use crate::outbound::{OutboundError, is_loopback};
use url::Url;

/// Returns the likely cause of a failed call to the server at `url`, and advice.
pub(super) fn advice(url: &Url, error: &OutboundError) -> String {
    let said = causes(error);
    let host = place(url);
    of_scheme(url, &said, &host)
        .or_else(|| of_certificate(&said, &host))
        .or_else(|| of_network(url, error, &said, &host))
        .unwrap_or_else(|| {
            format!("`{host}` cannot be reached: check the address, and whether the server runs")
        })
}

fn says(said: &str, words: &[&str]) -> bool {
    words.iter().any(|words| said.contains(words))
}

/// Returns the advice if one side speaks TLS and the other plain HTTP.
fn of_scheme(url: &Url, said: &str, host: &str) -> Option<String> {
    let is_tls = url.scheme() == "https";
    if is_tls && says(said, &["InvalidContentType"]) {
        let plain = with_scheme(url, "http");
        return Some(if is_loopback(url) {
            format!("`{host}` does not serve TLS: write {plain}")
        } else {
            format!(
                "`{host}` does not serve TLS: write {plain} with --insecure-http if the network may read the password, or have the server serve TLS"
            )
        });
    }
    let broken = ["invalid HTTP", "connection closed before message completed", "connection error"];
    (!is_tls && says(said, &broken)).then(|| {
        let tls = with_scheme(url, "https");
        format!("`{host}` does not answer in plain http: if it serves TLS, write {tls}")
    })
}

/// Returns the advice if one side refuses the TLS handshake, mostly because of a certificate.
fn of_certificate(said: &str, host: &str) -> Option<String> {
    Some(if says(said, &["CaUsedAsEndEntity"]) {
        format!(
            "the certificate of `{host}` is that of an authority (CA:TRUE, as `openssl req -x509` makes it): trust that file with --ca FILE, or make a certificate for servers as docs/operations.md shows"
        )
    } else if says(said, &["UnknownIssuer"]) {
        format!(
            "nobody known here signed the certificate of `{host}`: if the server is yours, give the certificate of its authority with --ca FILE, or the certificate of the server if it is self-signed"
        )
    } else if says(said, &["not valid for name", "NotValidForName"]) {
        format!("the certificate of `{host}` is for another name: write a name that the certificate contains")
    } else if says(said, &["certificate expired", "Expired"]) {
        format!(
            "the certificate of `{host}` has ended: have it renewed, or correct the clock of this machine"
        )
    } else if says(said, &["not valid yet", "NotValidYet"]) {
        format!("the certificate of `{host}` is not valid yet: correct the clock of this machine")
    } else if says(said, &["invalid peer certificate: BadSignature"]) {
        format!(
            "another authority of the same name signed the certificate of `{host}`: give that authority's certificate with --ca FILE"
        )
    } else if says(said, &["invalid peer certificate"]) {
        format!(
            "the certificate of `{host}` cannot be used: make a certificate for servers as docs/operations.md shows"
        )
    } else if says(said, &["CertificateRequired"]) {
        format!(
            "`{host}` lets in only clients that show a certificate, and this command line has none: use an address at which the server requires no certificate"
        )
    } else if says(said, &["received fatal alert"]) {
        format!("`{host}` refuses the TLS handshake: does the server serve the name in the address?")
    } else {
        return None;
    })
}

/// Returns the advice about the network: the name is unknown, no server listens, the server does not answer or
/// breaks off, or a proxy fails.
fn of_network(url: &Url, error: &OutboundError, said: &str, host: &str) -> Option<String> {
    Some(if says(said, &["unsuccessful tunnel", "tunnel error", "proxy authorization"]) {
        format!(
            "the proxy that HTTPS_PROXY or ALL_PROXY names does not lead to `{host}`: put the host into NO_PROXY, or correct the proxy"
        )
    } else if says(said, &["Connection refused"]) {
        format!("nothing listens at `{host}`: is the server running, and is the port right?{}", proxied(url))
    } else if says(said, &["dns error", "failed to lookup"]) {
        format!("the name in `{host}` is not known: check the address{}", proxied(url))
    } else if says(said, &["Network is unreachable", "No route to host"]) {
        format!("there is no way from this machine to `{host}`: check the address and the network")
    } else if error.is_timeout() && error.is_connecting() {
        format!(
            "`{host}` does not answer: check the address, and whether a firewall is in between{}",
            proxied(url)
        )
    } else if error.is_timeout() {
        format!(
            "`{host}` took the request and does not answer: is it a portreeve server? The server's log tells more"
        )
    } else if url.scheme() == "https" && error.is_connecting() {
        format!("`{host}` broke off the TLS handshake: does it serve TLS, and is the port right?")
    } else if says(said, &["reset by peer", "Broken pipe", "broken pipe", "end of file", "error decoding"]) {
        format!(
            "`{host}` broke off its answer: try again, and look into the server's log if this happens again"
        )
    } else {
        return None;
    })
}

/// Returns a hint about the proxy settings, if a proxy is set and the server is not on this machine.
fn proxied(url: &Url) -> &'static str {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let is_set = names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if is_set && !is_loopback(url) {
        "; if the address is right, look at the proxy that HTTPS_PROXY or ALL_PROXY names"
    } else {
        ""
    }
}

/// Returns the advice if a TLS server answered a plain HTTP request, which the text of the answer shows.
// INTEROP: the TLS servers of Go and nginx answer plain HTTP with status 400 and a text that contains
// `HTTPS`.
pub(super) fn advice_of_answer(url: &Url, text: &[u8]) -> Option<String> {
    let about_tls = url.scheme() == "http" && String::from_utf8_lossy(text).contains("HTTPS");
    about_tls.then(|| format!("`{}` serves TLS: write {}", place(url), with_scheme(url, "https")))
}

/// Returns the host and port of an address.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns the same address with another scheme.
fn with_scheme(url: &Url, scheme: &str) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    format!("{scheme}://{}{port}{path}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::{Body, Bounds, Client, Credential, Method, Request, Trust};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    /// Starts a listener that sends these bytes to every connection, and returns its address. If `is_kept`,
    /// it leaves the connections open.
    fn answering(scheme: &str, answer: &'static [u8], is_kept: bool) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer);
                if is_kept {
                    open.push(stream);
                }
            }
        });
        Url::parse(&url).unwrap()
    }

    async fn advice_at(url: &Url) -> String {
        let bounds = Bounds {
            user_agent: "test",
            connect: Some(Duration::from_millis(200)),
            silence: Some(Duration::from_secs(1)),
            whole: None,
            proxied: false,
            reused: false,
        };
        let request = Request {
            method: Method::GET,
            url: url.clone(),
            credential: Credential::None,
            headers: Vec::new(),
            body: Body::None,
        };
        let error = match Client::new(&bounds, Trust::System).unwrap().send(request).await {
            Ok(answer) => answer.body(4096).await.unwrap_err(),
            Err(error) => error,
        };
        advice(url, &error)
    }

    #[tokio::test]
    async fn whatever_goes_wrong_is_told_with_what_to_do() {
        const HALF: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
        for (scheme, answer, is_kept, expected) in [
            ("http", &b""[..], true, "took the request and does not answer: is it a portreeve server?"),
            ("http", HALF, true, "took the request and does not answer"),
            ("http", HALF, false, "broke off its answer: try again"),
            ("http", b"", false, "does not answer in plain http: if it serves TLS, write https://127"),
            ("http", b"SSH-2.0-OpenSSH_9.2\r\n", false, "does not answer in plain http"),
            ("https", b"", true, "does not answer: check the address, and whether a firewall"),
            ("https", b"", false, "broke off the TLS handshake: does it serve TLS"),
            ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", false, "does not serve TLS: write http://127"),
            // An alert of TLS 1.2: handshake_failure.
            ("https", b"\x15\x03\x03\x00\x02\x02\x28", false, "refuses the TLS handshake"),
        ] {
            let told = advice_at(&answering(scheme, answer, is_kept)).await;
            assert!(told.contains(expected), "{scheme} {answer:?}: {told}");
        }
    }
}
