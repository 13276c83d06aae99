//! Visits the token server that a registry names: can clients reach it, and is it a token server?

use super::keys::Keys;
use super::realm_address::{Realm, tls, with_scheme};
use super::token_server::{TokenRequest, TokenServer, is_token_server, program};
use crate::doctor::docker::client::{Answer, Failure};
use crate::doctor::docker::files::DockerTrust;
use crate::doctor::registry::reach::certificate_of;
use crate::doctor::report::finding::{Examined, Finding};
use url::Url;

/// The greatest number of redirections on the way to a token server.
const MOST_HOPS: usize = 5;
/// The realm that a fix names if the doctor knows no realm at which a token server answers.
const SOMEWHERE: &str = "https://TOKEN-SERVER/token";

/// A visit to the token server at a realm.
pub(in crate::doctor) struct Visit<'a> {
    pub(in crate::doctor) realm: Realm<'a>,
    pub(in crate::doctor) keys: Option<&'a Keys>,
    pub(in crate::doctor) docker: &'a DockerTrust,
    /// True if a login will be tried.
    pub(in crate::doctor) has_login: bool,
    /// The doctor's time, seconds since the epoch.
    pub(in crate::doctor) now: i64,
}

/// The end of a chain of redirections.
struct Arrival {
    url: Url,
    /// The status of each redirection on the way.
    statuses: Vec<u16>,
    answer: Answer,
}

impl Visit<'_> {
    /// Visits the token server. Returns no facts if the server cannot be reached, or if it is not a token
    /// server.
    pub(in crate::doctor) async fn examine(&self) -> Examined<Option<TokenServer>> {
        let mut findings = Vec::new();
        let facts = self.visit(&mut findings).await;
        Examined { facts, findings }
    }

    async fn visit(&self, findings: &mut Vec<Finding>) -> Option<TokenServer> {
        let named = self.realm.examine().await.report_to(findings)?;
        let (mut verified, mut answer) = (true, self.ask(&named, true).await);
        if let Err(failure @ Failure::Certificate(_)) = &answer {
            findings.push(self.distrusted(failure));
            verified = false;
            answer = self.ask(&named, false).await;
        }
        let first = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                findings.push(self.unreachable(&named, &failure).await);
                return None;
            }
        };
        let arrival = match self.follow(&named, verified, first).await {
            Ok(arrival) => arrival,
            Err(finding) => {
                findings.push(*finding);
                return None;
            }
        };
        let Arrival { url, statuses, answer: first } = arrival;
        if !statuses.is_empty() {
            findings.push(self.redirected(&url, &statuses));
        }
        let elsewhere = url.origin() != named.origin();
        let gets_password = !elsewhere && self.realm.registry.lets_password_go(&url, verified);
        if !is_token_server(&first, self.has_login && gets_password) {
            findings.push(self.not_one(&url, verified, &first).await);
            return None;
        }
        findings.push(self.answers(&url, &first));
        let program = program(self.keys, &first);
        Some(TokenServer { url, verified, gets_password, ahead: first.ahead, program, first })
    }

    async fn ask(&self, realm: &Url, verified: bool) -> Result<Answer, Failure> {
        let request = TokenRequest::anonymous(realm, self.realm.service);
        TokenRequest { verified, ..request }.send(self.realm.client).await
    }

    /// Follows the redirections from `named`. Returns a finding if there are more than five, or if a target does
    /// not answer.
    async fn follow(&self, named: &Url, verified: bool, first: Answer) -> Result<Arrival, Box<Finding>> {
        let (mut url, mut statuses, mut answer) = (named.clone(), Vec::new(), first);
        while let Some(target) = answer.redirection(&url) {
            statuses.push(answer.status);
            url = without_question(target);
            answer = match self.ask(&url, verified).await {
                Ok(_) if statuses.len() > MOST_HOPS => return Err(Box::new(self.dead_end(&url, None))),
                Ok(next) => next,
                Err(failure) => return Err(Box::new(self.dead_end(&url, Some(&failure)))),
            };
        }
        Ok(Arrival { url, statuses, answer })
    }

    /// Returns the finding that the token server's certificate cannot be verified.
    fn distrusted(&self, failure: &Failure) -> Finding {
        let text = self.realm.text;
        let what =
            format!("the certificate of the token server `{text}` cannot be verified: {}", failure.words());
        const WHY: &str = "docker and containerd look for the certificate's authority in the registry's folder; BuildKit and crane look in the list of authorities that their machine trusts";
        // If the registry is not verified either, perhaps the same authority is missing for both, and the registry's
        // finding has the fix.
        if self.realm.registry.verified {
            Finding::problem("realm", what, WHY).fix(self.docker.trust_fix("realm-ca.crt"))
        } else {
            Finding::warning("realm", what, WHY)
        }
    }

    /// Returns the finding that a token server answers, with the end of its certificate.
    fn answers(&self, realm: &Url, first: &Answer) -> Finding {
        let answers = format!("the token server answers at {realm}");
        match certificate_of(first, self.now) {
            Some((told, true)) => {
                let why = "the certificate ends within 14 days; then clients refuse the connection";
                Finding::warning("realm", format!("{answers}, with {told}"), why)
                    .fix("give the token server a new certificate")
            }
            Some((told, false)) => Finding::ok("realm", format!("{answers}, with {told}")),
            None => Finding::ok("realm", answers),
        }
    }

    /// Returns true if a server speaks plain http at an address with https.
    async fn is_plain(&self, realm: &Url, failure: &Failure) -> bool {
        if realm.scheme() != "https" {
            return false;
        }
        // INTEROP: a server without TLS answers a TLS client with an error, or closes the connection.
        *failure == Failure::NotTls || self.ask(&with_scheme(realm, "http"), true).await.is_ok()
    }

    async fn unreachable(&self, realm: &Url, failure: &Failure) -> Finding {
        let is_plain = self.is_plain(realm, failure).await;
        let words = if is_plain { "it does not speak TLS".to_owned() } else { failure.words() };
        let what = format!("the token server `{}` does not answer: {words}", self.realm.text);
        let why = "the registry sends every client to this address for a token";
        let port = realm.port_or_known_default().unwrap_or_default();
        let fix = if let Some(named) = self.realm.unused() {
            let works = self.realm.holds(named).await;
            self.realm.line(if works { named } else { SOMEWHERE })
        } else if is_plain && !self.realm.registry.is_https() {
            self.realm.line(with_scheme(realm, "http").as_str())
        } else if is_plain {
            tls(Some(port))
        } else {
            let listen = format!("portreeve serve --listen 0.0.0.0:{port}");
            let secure =
                if realm.scheme() == "https" { " --tls-cert CERT.pem --tls-key KEY.pem" } else { "" };
            format!(
                "start the token server there (with Portreeve: `{listen}{secure}`), or write its address: {}",
                self.realm.line(SOMEWHERE)
            )
        };
        Finding::problem("realm", what, why).fix(fix)
    }

    fn redirected(&self, target: &Url, statuses: &[u16]) -> Finding {
        let text = self.realm.text;
        let shown: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let what = format!("the realm `{text}` redirects to {target} ({})", shown.join(", then "));
        let fix = if target.scheme() == "http" && self.realm.registry.is_https() {
            // Clients refuse this address as a realm because of its scheme, so the fix must not name it.
            format!("let the server at `{text}` pass requests on to {target}, without a redirection")
        } else {
            self.realm.line(target.as_str())
        };
        let finding = if statuses.iter().all(|status| matches!(status, 307 | 308)) {
            Finding::warning("realm", what, "docker sends no password after a redirection to another host")
        } else {
            let why =
                "clients turn the POST into a GET without a password: containerd then pulls anonymously";
            Finding::problem("realm", what, why)
        };
        finding.fix(fix)
    }

    /// Returns the finding about a redirection to a server that does not answer, or about more than five
    /// redirections.
    fn dead_end(&self, target: &Url, failure: Option<&Failure>) -> Finding {
        let why = failure.map_or_else(
            || "which redirects again and again, more than five times".to_owned(),
            |failure| format!("which does not answer: {}", failure.words()),
        );
        let fix = match failure {
            Some(Failure::Certificate(_)) => self.docker.trust_fix("realm-ca.crt"),
            _ => self.realm.line(SOMEWHERE),
        };
        let what = format!("the realm `{}` redirects to {target}, {why}", self.realm.text);
        Finding::problem("realm", what, "clients follow the redirection and get no token").fix(fix)
    }

    /// Returns the finding that the program at the realm is not a token server.
    async fn not_one(&self, realm: &Url, verified: bool, answer: &Answer) -> Finding {
        let is_page = answer.is_page();
        let gives = match answer.header("www-authenticate") {
            Some(asked) if is_page => format!(
                "it gives {} with an HTML page{} and asks `{asked}`, as a proxy with a login of its own does",
                answer.status,
                title(answer)
            ),
            _ if is_page => format!("it gives {} with an HTML page{}", answer.status, title(answer)),
            _ => format!("it gives {}", answer.status),
        };
        let what = format!("what answers at the realm `{}` is not a token server: {gives}", self.realm.text);
        let mut other = realm.clone();
        other.set_path("/token");
        let there = self.ask(&other, verified).await;
        let found = other != *realm && there.is_ok_and(|answer| is_token_server(&answer, false));
        if self.realm.registry.is_https() {
            other = with_scheme(&other, "https");
        }
        let fix = match self.realm.unused() {
            Some(named) if self.realm.holds(named).await => self.realm.line(named),
            _ if found => self.realm.line(other.as_str()),
            _ if answer.status == 401 && is_page => {
                format!(
                    "let the proxy pass `{}` on without a login of its own (nginx: `auth_basic off;`)",
                    realm.path()
                )
            }
            _ => self.realm.line(SOMEWHERE),
        };
        let why = if answer.status >= 500 {
            "the token server, or the proxy in front of it, fails: see the logs of both"
        } else {
            "clients get no token at the realm"
        };
        Finding::problem("realm", what, why).fix(fix)
    }
}

/// Returns the target of a redirection without the parameters `account`, `scope` and `service`, which the
/// next request adds again.
fn without_question(mut target: Url) -> Url {
    let ours = |name: &str| matches!(name, "account" | "scope" | "service");
    let own: Vec<_> = target.query_pairs().into_owned().filter(|(name, _)| !ours(name)).collect();
    target.set_query(None);
    if !own.is_empty() {
        target.query_pairs_mut().extend_pairs(own);
    }
    target
}

/// Returns the title of an HTML page, as a part of a sentence.
fn title(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").zip(lower.find("</title>"));
    let title = title.and_then(|(start, end)| text.get(start + "<title>".len()..end));
    let title = title.map(|title| title.trim().chars().take(80).collect::<String>());
    title.filter(|title| !title.is_empty()).map_or(String::new(), |title| format!(" titled `{title}`"))
}
