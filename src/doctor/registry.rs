//! The registry itself: where it is, how it is reached, and whether it is one.

use super::Case;
use super::certificate::Cert;
use super::challenge::BLOCK;
use super::client::{Answer, Ask, Failure, Pass};
use super::docker_folder::free;
use super::finding::{Finding, Level};
use super::registry_file::Auth;
use crate::domain::shell;
use crate::domain::time::Timestamp;
use std::net::IpAddr;
use std::path::PathBuf;
use url::{Host, Url};

/// A certificate that ends so soon is worth a warning, seconds.
const SOON: i64 = 14 * 86_400;

/// The address of a registry, as in the name of an image, or as a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `host` or `host:port`, as it was given.
    pub name: String,
    /// Over https, until it is known better.
    https: Url,
    /// Whether the scheme was given, and is http.
    http: Option<bool>,
}

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a registry: write HOST, HOST:PORT, or a URL of them");
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

    /// Host and port to resolve.
    pub(super) fn place(&self) -> (String, u16) {
        let host = self.https.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = if self.http == Some(true) { 80 } else { 443 };
        (host, self.https.port().unwrap_or(port))
    }

    fn url(&self, scheme: &str) -> Option<Url> {
        Url::parse(&format!("{scheme}://{}/v2/", self.name)).ok()
    }

    /// Whether it is on this machine by its name.
    pub(super) fn is_local(&self) -> bool {
        is_local(&self.https)
    }
}

/// Whether a URL leads to this machine.
pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A registry that answers.
pub(super) struct Reached {
    /// `…/v2/`.
    pub(super) base: Url,
    /// Whether its certificate is verified, or there is none to verify.
    pub(super) verified: bool,
    /// Whether clients would go on with a password: who answers is the registry, or on this machine,
    /// or plain where that is allowed.
    pub(super) trusted: bool,
    pub(super) ahead: Option<i64>,
    /// Its challenges, where it asks who is there.
    pub(super) challenges: Vec<String>,
    /// Whether it looks like a proxy that answers in the registry's place.
    pub(super) by_proxy: bool,
}

impl Reached {
    /// An address below `/v2/`.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        self.base.join(path).ok()
    }
}

/// Resolves the name; a finding when there is none.
pub(super) async fn resolve(address: &Address, findings: &mut Vec<Finding>) -> Option<Vec<IpAddr>> {
    let (host, port) = address.place();
    match tokio::net::lookup_host((host.as_str(), port)).await {
        Ok(found) => Some(found.map(|address| address.ip()).collect()),
        Err(error) => {
            let what = format!("there is no host `{host}`: {error}");
            findings.push(
                Finding::problem("registry", what, "nobody can reach the registry by this name")
                    .fix("correct the name, or enter it into DNS"),
            );
            None
        }
    }
}

/// Reaches `/v2/`, as docker does: https, then http where that is allowed.
pub(super) async fn reach(case: &mut Case<'_>, insecure: Option<&str>) -> Option<Reached> {
    let address = &case.options.registry;
    let (https, http) = (address.url("https")?, address.url("http")?);
    if address.http == Some(true) {
        return match case.client.send(Ask::get(&http, Pass::Nobody)).await {
            Ok(answer) => {
                plain(case, insecure);
                examine(case, http, true, insecure, answer)
            }
            Err(failure) => {
                unreachable(case, &failure);
                None
            }
        };
    }
    let failure = match case.client.send(Ask::get(&https, Pass::Nobody)).await {
        Ok(answer) => {
            certificate(case, &answer);
            return examine(case, https, true, insecure, answer);
        }
        Err(failure) => failure,
    };
    match &failure {
        Failure::Certificate(_) => {
            distrusted(case, &failure, insecure);
            let answer = case.client.send_unverified(Ask::get(&https, Pass::Nobody)).await.ok()?;
            return examine(case, https, false, insecure, answer);
        }
        Failure::WantsCertificate => {
            let own = shell::path(&own_folder(case));
            case.findings.push(
                Finding::problem(
                    "tls",
                    "the registry wants the certificate of a client",
                    "docker shows the pair in certs.d",
                )
                .fix(format!("put `client.cert` and `client.key` into {own}")),
            );
            return None;
        }
        _ if address.http.is_some() => {
            let is_plain = case.client.send(Ask::get(&http, Pass::Nobody)).await.is_ok();
            unreachable(case, if is_plain { &Failure::NotTls } else { &failure });
            return None;
        }
        Failure::NotTls | Failure::Unreachable(_) => {}
    }
    match case.client.send(Ask::get(&http, Pass::Nobody)).await {
        Ok(answer) => {
            plain(case, insecure);
            examine(case, http, true, insecure, answer)
        }
        Err(second) => {
            unreachable(case, if failure == Failure::NotTls { &second } else { &failure });
            None
        }
    }
}

fn unreachable(case: &mut Case<'_>, failure: &Failure) {
    let what = format!("the registry does not answer at {}: {}", case.options.registry.name, failure.words());
    const START: &str = "start the registry; when it does not start, its log says why";
    let (host, asked) = case.options.registry.place();
    let other = case.listen.as_ref().map(|listen| listen.port).filter(|port| *port != asked);
    let fix = match (other, &case.options.config) {
        // With `https://` in front nothing else is tried.
        _ if *failure == Failure::NotTls => {
            let name = &case.options.registry.name;
            format!("it speaks plain http: ask for `http://{name}`, or leave `https://` out")
        }
        (Some(port), Some(path)) => format!(
            "by {} the registry listens on port {port}, not {asked}: ask for `{host}:{port}`, or look at what should pass {asked} on to it; else {START}",
            path.display()
        ),
        _ => START.to_owned(),
    };
    let finding = Finding::problem("registry", what, "nothing else can be looked at from outside");
    case.findings.push(finding.fix(fix));
}

fn plain(case: &mut Case<'_>, insecure: Option<&str>) {
    let name = &case.options.registry.name;
    let finding = match insecure {
        Some(_) => Finding::ok("registry", "it answers over http, which docker allows here"),
        None => Finding::problem(
            "insecure-registries",
            "the registry answers over plain http only",
            "docker speaks http to registries on the same machine and to those that are declared insecure; passwords cross the network readable",
        )
        .fix(format!(
            "give the registry a certificate (`http.tls`), or on every client: `\"insecure-registries\": [\"{name}\"]` in /etc/docker/daemon.json; then restart docker"
        )),
    };
    case.findings.push(finding);
}

/// The folder of docker's certs.d for this registry.
fn own_folder(case: &Case<'_>) -> PathBuf {
    let root = case.options.docker.certs_roots.first();
    let root = root.map_or_else(|| PathBuf::from("/etc/docker/certs.d"), PathBuf::clone);
    root.join(&case.options.registry.name)
}

/// How an authority is made known to docker: what was found wrong there, else one more file.
pub(super) fn trust_fix(case: &Case<'_>, file: &str) -> String {
    let known = case.findings.iter().filter(|finding| finding.check == "certs.d");
    let mut known = known.filter(|finding| finding.level >= Level::Warning).filter_map(|it| it.fix.clone());
    let own = own_folder(case);
    known.next().unwrap_or_else(|| {
        let (folder, place) = (shell::path(&own), shell::path(&free(own.join(file))));
        format!("`mkdir -p {folder} && cp CA.crt {place}`, with the certificate of the authority as CA.crt; here alone, --ca does")
    })
}

fn distrusted(case: &mut Case<'_>, failure: &Failure, insecure: Option<&str>) {
    let name = case.options.registry.name.clone();
    let what = format!("the registry's certificate cannot be verified: {}", failure.words());
    let fix = match failure {
        Failure::Certificate(reason) if reason == "UnknownIssuer" => trust_fix(case, "ca.crt"),
        Failure::Certificate(reason) if reason.contains("expired") => {
            "give the registry a new certificate (`http.tls.certificate`), then restart it".to_owned()
        }
        _ => format!("give the registry a certificate for the name that clients use, `{name}`"),
    };
    let finding = match insecure {
        Some(rule) => Finding::warning(
            "tls",
            what,
            format!("docker goes on unverified ({rule}); podman, containerd and crane refuse"),
        ),
        None => Finding::problem("tls", what, "clients break off before they ask for anything"),
    };
    case.findings.push(finding.fix(fix));
}

/// The names and the end of the certificate of an answer; whether that is near.
pub(super) fn certificate_of(answer: &Answer, now: i64) -> Option<(String, bool)> {
    let cert = Cert::from_der(answer.certificate.as_deref()?)?;
    let end = Timestamp::from_seconds(cert.not_after);
    Some((format!("a certificate for {} until {end}", cert.names.join(", ")), !cert.holds_at(now + SOON)))
}

/// The certificate of a registry that is verified.
fn certificate(case: &mut Case<'_>, answer: &Answer) {
    let Some((told, soon)) = certificate_of(answer, case.now()) else { return };
    let told = format!("it answers over https, with {told}");
    case.findings.push(if soon {
        Finding::warning("tls", told, "it ends within 14 days; then clients break off")
            .fix("give the registry a new certificate (`http.tls.certificate`), then restart it")
    } else {
        Finding::ok("registry", told)
    });
}

#[expect(
    clippy::too_many_lines,
    reason = "one answer, with a finding for each way in which it is not that of a registry"
)]
fn examine(
    case: &mut Case<'_>,
    base: Url,
    verified: bool,
    insecure: Option<&str>,
    answer: Answer,
) -> Option<Reached> {
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status == 400 && body.contains("HTTP request to an HTTPS server") {
        case.findings.push(
            Finding::problem("registry", "the registry speaks https only", "it was asked over http")
                .fix(format!("name it `https://{}` here", case.options.registry.name)),
        );
        return None;
    }
    if let Some(target) = answer.redirection(&base) {
        case.findings.push(
            Finding::problem(
                "registry",
                format!("`/v2/` redirects to {target}"),
                "not every client follows, and docker sends no password after it",
            )
            .fix("let the proxy before the registry answer `/v2/` itself"),
        );
        return None;
    }
    let says_so = answer.header("docker-distribution-api-version").is_some();
    match answer.status {
        401 => {}
        200 if says_so || answer.json().is_some() => {
            let fix = match case.file.as_ref().map(|file| &file.auth) {
                Some(Auth::Token(_)) => {
                    "restart the registry: its file has a token section, but it runs without"
                }
                _ => BLOCK,
            };
            case.findings.push(
                Finding::problem(
                    "challenge",
                    "the registry lets everybody in without asking",
                    "no token is wanted, so no rule is in force",
                )
                .fix(fix),
            );
            return None;
        }
        status @ 502..=504 => {
            case.findings.push(
                Finding::problem(
                    "registry",
                    format!("the registry behind the proxy is down: `/v2/` gives {status}"),
                    "a proxy answers, and reaches nobody behind it",
                )
                .fix("start the registry; when it does not start, its log says why. If it runs, correct where the proxy looks for it"),
            );
            return None;
        }
        status => {
            case.findings.push(
                Finding::problem(
                    "registry",
                    format!("what answers is not a registry: `/v2/` gives {status}"),
                    "a registry answers 200, or 401 with a challenge",
                )
                .fix("correct the address, or let the proxy pass `/v2/` on to the registry"),
            );
            return None;
        }
    }
    let challenges = answer.challenges();
    let plain = base.scheme() == "http";
    let allowed = insecure.is_some() || case.options.registry.http == Some(true);
    let trusted = is_local(&base) || if plain { allowed } else { verified };
    // INTEROP: registries refuse with a list of errors, proxies with a page, a word or nothing.
    let has_errors = answer.json().is_some_and(|body| body.get("errors").is_some());
    let by_proxy = !says_so && !has_errors;
    Some(Reached { base, verified, trusted, ahead: answer.ahead, challenges, by_proxy })
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
