//! Reaches the registry, and decides whether the answer comes from a registry.

use super::address::{Address, is_local};
use super::challenge::BLOCK;
use super::file::{Auth, RegistryFile};
use super::listen::Listen;
use crate::doctor::docker::client::{Answer, Ask, Client, Failure, Pass};
use crate::doctor::docker::files::DockerTrust;
use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::token::certificate::Cert;
use crate::domain::shell;
use crate::domain::time::Timestamp;
use std::net::IpAddr;
use std::path::Path;
use url::Url;

/// The doctor warns if the certificate of a server ends within this time, seconds.
const SOON: i64 = 14 * 86_400;

/// A registry that answers.
pub(in crate::doctor) struct LiveRegistry {
    /// The base URL of the API, which ends with `/v2/`.
    pub(in crate::doctor) base: Url,
    /// True if the registry's certificate is verified. Also true for plain http, which has no certificate.
    pub(in crate::doctor) verified: bool,
    /// True if clients send a password to the token server that this registry names: if the registry's certificate
    /// is verified, if the registry is on this machine, or if the registry speaks plain http, and docker's files or
    /// the user's `http://` allow that.
    pub(in crate::doctor) trusted: bool,
    /// The difference between the registry's clock and ours, seconds. It is positive if the registry's clock
    /// is ahead.
    pub(in crate::doctor) ahead: Option<i64>,
    /// The challenges in the registry's 401.
    pub(in crate::doctor) challenges: Vec<String>,
    /// True if a proxy in front of the registry probably sent the 401.
    pub(in crate::doctor) by_proxy: bool,
}

impl LiveRegistry {
    /// Returns the URL of a path below `/v2/`.
    pub(in crate::doctor) fn at(&self, path: &str) -> Option<Url> {
        self.base.join(path).ok()
    }

    /// Returns true if the registry speaks https.
    pub(in crate::doctor) fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Returns true if the doctor may send a password to a token server of this registry. Clients must trust
    /// the registry. The token server must be verified. The token server may use plain http only if it is on
    /// this machine, or if the registry uses plain http itself.
    pub(in crate::doctor) fn lets_password_go(&self, realm: &Url, verified: bool) -> bool {
        let readable = realm.scheme() == "http" && !is_local(realm);
        self.trusted && verified && !(readable && self.is_https())
    }
}

/// Resolves the name of the registry's host.
pub(in crate::doctor) async fn resolve(address: &Address) -> Examined<Option<Vec<IpAddr>>> {
    let (host, port) = address.place();
    match tokio::net::lookup_host((host.as_str(), port)).await {
        Ok(found) => {
            Examined { facts: Some(found.map(|address| address.ip()).collect()), findings: Vec::new() }
        }
        Err(error) => {
            let what = format!("there is no host `{host}`: {error}");
            let finding = Finding::problem("registry", what, "no client can reach the registry by this name")
                .fix("correct the name, or add it to DNS");
            Examined { facts: None, findings: vec![finding] }
        }
    }
}

/// The inputs for reaching a registry, and for explaining a failure.
pub(in crate::doctor) struct Approach<'a> {
    pub(in crate::doctor) client: &'a Client,
    pub(in crate::doctor) address: &'a Address,
    pub(in crate::doctor) docker: &'a DockerTrust,
    /// The registry's configuration, if one was given and is readable.
    pub(in crate::doctor) file: Option<&'a RegistryFile>,
    /// The path of the registry's configuration, if one was given.
    pub(in crate::doctor) config: Option<&'a Path>,
    /// The address at which the registry listens according to its configuration.
    pub(in crate::doctor) listen: Option<&'a Listen>,
    /// The doctor's time, seconds since the epoch.
    pub(in crate::doctor) now: i64,
}

impl Approach<'_> {
    /// Reaches `/v2/` with the given scheme. Without a given scheme, tries https, and then http if the server does
    /// not speak TLS or cannot be reached over https. If the certificate cannot be verified, asks again without
    /// verification.
    pub(in crate::doctor) async fn examine(&self) -> Examined<Option<LiveRegistry>> {
        let mut findings = Vec::new();
        let facts = self.reach(&mut findings).await;
        Examined { facts, findings }
    }

    async fn reach(&self, findings: &mut Vec<Finding>) -> Option<LiveRegistry> {
        let (https, http) = (self.address.url("https")?, self.address.url("http")?);
        if self.address.http == Some(true) {
            return match self.get(&http).await {
                Ok(answer) => self.reached_plainly(http, answer, findings),
                Err(failure) => tell(findings, self.unreachable(&failure)),
            };
        }
        let failure = match self.get(&https).await {
            Ok(answer) => {
                findings.extend(self.certificate(&answer));
                return self.judge(https, true, answer, findings);
            }
            Err(failure) => failure,
        };
        match &failure {
            Failure::Certificate(_) => {
                findings.push(self.distrusted(&failure));
                let answer = self.client.send_unverified(Ask::get(&https, Pass::Nobody)).await.ok()?;
                return self.judge(https, false, answer, findings);
            }
            Failure::WantsCertificate => return tell(findings, self.wants_certificate()),
            _ if self.address.http.is_some() => {
                let is_plain = self.get(&http).await.is_ok();
                return tell(findings, self.unreachable(if is_plain { &Failure::NotTls } else { &failure }));
            }
            Failure::NotTls | Failure::Unreachable(_) => {}
        }
        match self.get(&http).await {
            Ok(answer) => self.reached_plainly(http, answer, findings),
            Err(second) => {
                tell(findings, self.unreachable(if failure == Failure::NotTls { &second } else { &failure }))
            }
        }
    }

    async fn get(&self, url: &Url) -> Result<Answer, Failure> {
        self.client.send(Ask::get(url, Pass::Nobody)).await
    }

    fn reached_plainly(
        &self,
        http: Url,
        answer: Answer,
        findings: &mut Vec<Finding>,
    ) -> Option<LiveRegistry> {
        findings.push(self.plain());
        self.judge(http, true, answer, findings)
    }

    /// Returns the finding that the registry requires a client certificate.
    fn wants_certificate(&self) -> Finding {
        let own = shell::path(&self.docker.own_folder);
        Finding::problem(
            "tls",
            "the registry asks for a client certificate",
            "docker shows the certificate in certs.d",
        )
        .fix(format!("put `client.cert` and `client.key` into {own}"))
    }

    fn unreachable(&self, failure: &Failure) -> Finding {
        let what = format!("the registry does not answer at {}: {}", self.address.name, failure.words());
        const START: &str = "start the registry; when it does not start, its log says why";
        let (host, asked) = self.address.place();
        let other = self.listen.map(|listen| listen.port).filter(|port| *port != asked);
        let fix = match (other, self.config) {
            // The user gave `https://`, so the doctor does not examine the registry over http.
            _ if *failure == Failure::NotTls => {
                let name = &self.address.name;
                format!("the registry speaks plain http: ask for `http://{name}`, or leave `https://` out")
            }
            (Some(port), Some(path)) => format!(
                "according to {} the registry listens on port {port}, not {asked}: ask for `{host}:{port}`, or check the proxy that should forward port {asked} to port {port}; else {START}",
                path.display()
            ),
            _ => START.to_owned(),
        };
        Finding::problem("registry", what, "without an answer, nothing else can be examined").fix(fix)
    }

    fn plain(&self) -> Finding {
        let name = &self.address.name;
        match self.docker.insecure {
            Some(_) => Finding::ok("registry", "the registry answers over http, which docker allows here"),
            None => Finding::problem(
                "insecure-registries",
                "the registry answers over plain http only",
                "docker speaks http to registries on the same machine and to those that are declared insecure; passwords cross the network in clear text",
            )
            .fix(format!(
                "give the registry a certificate (`http.tls`), or on every client: `\"insecure-registries\": [\"{name}\"]` in /etc/docker/daemon.json; then restart docker"
            )),
        }
    }

    fn distrusted(&self, failure: &Failure) -> Finding {
        let name = &self.address.name;
        let what = format!("the registry's certificate cannot be verified: {}", failure.words());
        let fix = match failure {
            Failure::Certificate(reason) if reason == "UnknownIssuer" => self.docker.trust_fix("ca.crt"),
            Failure::Certificate(reason) if reason.contains("expired") => {
                "give the registry a new certificate (`http.tls.certificate`), then restart the registry"
                    .to_owned()
            }
            _ => format!("give the registry a certificate for the name that clients use, `{name}`"),
        };
        let finding = match &self.docker.insecure {
            Some(rule) => Finding::warning(
                "tls",
                what,
                format!("docker connects without verification ({rule}); podman, containerd and crane refuse"),
            ),
            None => Finding::problem("tls", what, "clients refuse the connection before they send a request"),
        };
        finding.fix(fix)
    }

    /// Returns the finding about the certificate of a verified registry.
    fn certificate(&self, answer: &Answer) -> Option<Finding> {
        let (told, soon) = certificate_of(answer, self.now)?;
        let told = format!("the registry answers over https, with {told}");
        Some(if soon {
            Finding::warning(
                "tls",
                told,
                "the certificate ends within 14 days; then clients refuse the connection",
            )
            .fix("give the registry a new certificate (`http.tls.certificate`), then restart the registry")
        } else {
            Finding::ok("registry", told)
        })
    }

    /// Decides whether an answer to `/v2/` comes from a registry that requires tokens.
    fn judge(
        &self,
        base: Url,
        verified: bool,
        answer: Answer,
        findings: &mut Vec<Finding>,
    ) -> Option<LiveRegistry> {
        let says_so = answer.header("docker-distribution-api-version").is_some();
        if let Some(finding) = self.not_asking(&base, &answer, says_so) {
            return tell(findings, finding);
        }
        let plain = base.scheme() == "http";
        let allowed = self.docker.insecure.is_some() || self.address.http == Some(true);
        let trusted = is_local(&base) || if plain { allowed } else { verified };
        // INTEROP: registries refuse with a list of errors. Proxies refuse with a page, a word or an empty
        // body.
        let has_errors = answer.json().is_some_and(|body| body.get("errors").is_some());
        let by_proxy = !says_so && !has_errors;
        let challenges = answer.challenges();
        Some(LiveRegistry { base, verified, trusted, ahead: answer.ahead, challenges, by_proxy })
    }

    /// Explains why an answer to `/v2/` is not a 401 of a registry. `says_so` is true if the answer names the
    /// registry API.
    fn not_asking(&self, base: &Url, answer: &Answer, says_so: bool) -> Option<Finding> {
        let body = String::from_utf8_lossy(&answer.body);
        if answer.status == 400 && body.contains("HTTP request to an HTTPS server") {
            let what = "the registry speaks https only";
            return Some(
                Finding::problem("registry", what, "the doctor asked it over http")
                    .fix(format!("give the doctor the address `https://{}`", self.address.name)),
            );
        }
        if let Some(target) = answer.redirection(base) {
            let what = format!("`/v2/` redirects to {target}");
            let why =
                "some clients do not follow redirections, and docker sends no password after a redirection";
            return Some(
                Finding::problem("registry", what, why)
                    .fix("let the proxy in front of the registry answer `/v2/` itself"),
            );
        }
        match answer.status {
            401 => None,
            200 if says_so || answer.json().is_some() => {
                let fix = match self.file.map(|file| &file.auth) {
                    Some(Auth::Token(_)) => {
                        "restart the registry: its file has a token section, but it runs without one"
                    }
                    _ => BLOCK,
                };
                let what = "the registry lets everybody in without asking";
                Some(
                    Finding::problem(
                        "challenge",
                        what,
                        "the registry asks for no token, so no rule is in force",
                    )
                    .fix(fix),
                )
            }
            status @ 502..=504 => {
                let what = format!("the registry behind the proxy is down: `/v2/` gives {status}");
                Some(Finding::problem("registry", what, "a proxy answers, and cannot reach the registry").fix(
                    "start the registry; when it does not start, its log says why. If the registry runs, correct the address in the proxy's configuration",
                ))
            }
            status => {
                let what = format!("what answers is not a registry: `/v2/` gives {status}");
                let why = "a registry answers 200, or 401 with a challenge";
                Some(
                    Finding::problem("registry", what, why)
                        .fix("correct the address, or let the proxy pass `/v2/` on to the registry"),
                )
            }
        }
    }
}

/// Adds the finding about a failure. Returns no registry.
fn tell(findings: &mut Vec<Finding>, finding: Finding) -> Option<LiveRegistry> {
    findings.push(finding);
    None
}

/// Describes the names and the end of the certificate in an answer. The bool is true if the certificate is not
/// valid for another 14 days.
pub(in crate::doctor) fn certificate_of(answer: &Answer, now: i64) -> Option<(String, bool)> {
    let cert = Cert::from_der(answer.certificate.as_deref()?)?;
    let end = Timestamp::from_seconds(cert.not_after);
    Some((format!("a certificate for {} until {end}", cert.names.join(", ")), !cert.holds_at(now + SOON)))
}
