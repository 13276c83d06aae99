//! The token server, where the registry sends clients: its address, and whether it is one.

use super::Case;
use super::challenge::{self, Challenge};
use super::client::{Answer, Ask, Failure, Pass};
use super::finding::Finding;
use super::registry::{Reached, certificate_of, is_local, trust_fix};
use super::token::{self, Token};
use crate::domain::shell;
use serde_json::Value;
use std::net::IpAddr;
use url::{Host, Url};

/// As many redirections as are followed.
const MOST_HOPS: usize = 5;

/// A token server that answers.
pub(super) struct TokenServer {
    pub(super) url: Url,
    /// Whether its certificate is verified, or there is none to verify.
    pub(super) verified: bool,
    /// Whether a redirection led to another scheme, host or port than the realm names.
    pub(super) elsewhere: bool,
    pub(super) ahead: Option<i64>,
    /// Whether it is known to be Portreeve.
    pub(super) known: bool,
    /// Its answer to nobody in particular.
    pub(super) first: Answer,
}

/// What a refusal says to the person in front of the client.
pub(super) fn message(answer: &Answer) -> String {
    let body = answer.json().unwrap_or_default();
    let from = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let kind = answer.header("content-type").unwrap_or("text/plain");
    let text = kind.starts_with("text/plain").then(|| String::from_utf8_lossy(&answer.body));
    let text = text.and_then(|text| Some(text.trim().lines().next()?.chars().take(200).collect()));
    ["/details", "/error_description", "/errors/0/message", "/message"]
        .iter()
        .find_map(|pointer| from(pointer))
        .or(text)
        .unwrap_or_else(|| format!("{} without a reason", answer.status))
}

/// A request for a token.
pub(super) async fn ask(
    case: &Case<'_>,
    realm: &Url,
    verified: bool,
    service: Option<&str>,
    scopes: &[String],
    pass: Pass<'_>,
) -> Result<Answer, Failure> {
    let mut url = realm.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Pass::Password(user, _) = pass {
            query.append_pair("account", user);
        }
        for scope in scopes {
            query.append_pair("scope", scope);
        }
        if let Some(service) = service {
            query.append_pair("service", service);
        }
    }
    let request = Ask { accept: "application/json", ..Ask::get(&url, pass) };
    case.send(verified, request).await
}

/// Whether an answer is that of a token server. `login` will be tried: then a 401 is enough.
fn is_token_server(answer: &Answer, login: bool) -> bool {
    let body = answer.json().unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|name| body.get(name).is_some());
    match answer.status {
        200 => has(&["token", "access_token"]),
        // INTEROP: docker_auth refuses with a challenge and a line of text.
        401 if login || wants_login(answer) => true,
        400 | 401 | 403 | 429 | 503 => has(&["errors", "details", "error"]),
        _ => false,
    }
}

/// What an answer asks for.
fn challenges(answer: &Answer) -> impl Iterator<Item = Challenge> {
    let lines = answer.headers.get_all("www-authenticate").iter();
    lines.filter_map(|line| line.to_str().ok()).flat_map(challenge::parse)
}

/// Whether an answer asks for a login.
fn wants_login(answer: &Answer) -> bool {
    challenges(answer).any(|one| one.is("Basic") || one.is("Bearer"))
}

/// Whether a refusal is one of Portreeve's.
pub(super) fn is_portreeve(answer: &Answer) -> bool {
    challenges(answer).any(|one| one.is("Basic") && one.get("realm") == Some("portreeve"))
}

/// Whether the token of an answer is signed with the keys that are at hand.
fn is_signed_here(case: &Case<'_>, answer: &Answer) -> bool {
    let body = answer.json().unwrap_or_default();
    let token = token::raw(&body).and_then(Token::decode);
    let leaf = token.as_ref().and_then(|token| token.chain.first());
    leaf.zip(case.keys.as_ref()).is_some_and(|(leaf, keys)| keys.signed(leaf))
}

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

/// The address by itself.
fn examine_address(case: &mut Case<'_>, registry: &Reached, text: &str) -> Option<Url> {
    let realm =
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(realm) = realm else {
        case.findings.push(
            Finding::problem(
                "realm",
                format!("the realm `{text}` is not a URL"),
                "clients ask for tokens there",
            )
            .fix(case.line("realm", "https://TOKEN-SERVER/token")),
        );
        return None;
    };
    if realm.scheme() == "http" && registry.base.scheme() == "https" {
        let secure = text.replacen("http://", "https://", 1);
        case.findings.push(
            Finding::problem(
                "realm",
                format!("the registry is https, but its realm `{text}` is plain http"),
                "passwords would cross the network readable, so crane and regclient refuse",
            )
            .fix(case.line("realm", &secure)),
        );
    }
    if is_local(&realm) && !is_local(&registry.base) {
        let host = registry.base.host_str().unwrap_or_default();
        let mut better = realm.clone();
        let better = better.set_host(Some(host)).map_or_else(|_| text.to_owned(), |()| better.to_string());
        case.findings.push(
            Finding::problem(
                "realm",
                format!("the realm `{text}` leads every client to itself"),
                "`localhost` is another machine for each of them",
            )
            .fix(case.line("realm", &better)),
        );
    } else if address_of(&realm).is_some_and(is_private)
        && (realm.host(), realm.port_or_known_default())
            != (registry.base.host(), registry.base.port_or_known_default())
    {
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

/// Visits the token server; findings where it is none, or is not reached.
pub(super) async fn visit(
    case: &mut Case<'_>,
    registry: &Reached,
    challenge: &Challenge,
) -> Option<TokenServer> {
    let text = challenge.get("realm").unwrap_or_default().to_owned();
    let service = challenge.get("service");
    let mut realm = examine_address(case, registry, &text)?;
    let (mut verified, mut elsewhere) = (true, false);
    let mut answer = ask(case, &realm, true, service, &[], Pass::Nobody).await;
    if let Err(failure @ Failure::Certificate(_)) = &answer {
        let what =
            format!("the certificate of the token server `{text}` cannot be verified: {}", failure.words());
        const WHY: &str = "docker and containerd look for its authority beside the registry's, BuildKit and crane in the trust of the machine they run on";
        // Where the registry is not verified either, one authority may do for both.
        let finding = if registry.verified {
            Finding::problem("realm", what, WHY).fix(trust_fix(case, "realm-ca.crt"))
        } else {
            Finding::warning("realm", what, WHY)
        };
        case.findings.push(finding);
        verified = false;
        answer = ask(case, &realm, false, service, &[], Pass::Nobody).await;
    }
    let mut first = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            unreachable(case, &text, &realm, &failure).await;
            return None;
        }
    };
    let (named, mut statuses) = (realm.clone(), Vec::new());
    while let Some(target) = first.redirection(&realm) {
        statuses.push(first.status);
        realm = without_question(target);
        elsewhere |= realm.origin() != named.origin();
        let next = ask(case, &realm, verified, service, &[], Pass::Nobody).await;
        first = match next {
            Ok(_) if statuses.len() > MOST_HOPS => return dead_end(case, &text, &realm, None),
            Ok(next) => next,
            Err(failure) => return dead_end(case, &text, &realm, Some(&failure)),
        };
    }
    if !statuses.is_empty() {
        redirected(case, &text, &realm, &statuses);
    }
    let login = case.options.login.is_some() && !elsewhere && case.is_safe(&realm, verified);
    if !is_token_server(&first, login) {
        not_one(case, &text, &realm, verified, service, &first).await;
        return None;
    }
    let answers = format!("the token server answers at {realm}");
    case.findings.push(match certificate_of(&first, case.now()) {
        Some((told, true)) => Finding::warning(
            "realm",
            format!("{answers}, with {told}"),
            "it ends within 14 days; then clients break off",
        )
        .fix("give the token server a new certificate"),
        Some((told, false)) => Finding::ok("realm", format!("{answers}, with {told}")),
        None => Finding::ok("realm", answers),
    });
    let known = is_portreeve(&first) || is_signed_here(case, &first);
    Some(TokenServer { url: realm, verified, elsewhere, ahead: first.ahead, known, first })
}

async fn unreachable(case: &mut Case<'_>, text: &str, realm: &Url, failure: &Failure) {
    let file = case.file.as_ref();
    let auth = file.and_then(|file| file.token());
    let what = format!("the token server `{text}` does not answer: {}", failure.words());
    let why = "the registry sends every client there for a token";
    let fix = if let Some(auth) = auth.filter(|auth| auth.autoredirect && auth.realm != text) {
        let path = file.map(|file| file.path.display().to_string()).unwrap_or_default();
        format!(
            "`autoredirect: false` under auth.token in {path}, so that `realm: {}` holds; then restart the registry",
            Value::from(auth.realm.as_str())
        )
    } else if *failure == Failure::NotTls {
        case.line("realm", &text.replacen("https://", "http://", 1))
    } else {
        let port = realm.port_or_known_default().unwrap_or_default();
        format!(
            "start it there (`portreeve serve --listen 0.0.0.0:{port}`), or write where it is: {}",
            case.line("realm", "https://TOKEN-SERVER/token")
        )
    };
    case.findings.push(Finding::problem("realm", what, why).fix(fix));
}

/// The target of a redirection without the question, which is asked anew there.
fn without_question(mut target: Url) -> Url {
    let ours = |name: &str| matches!(name, "account" | "scope" | "service");
    let own: Vec<_> = target.query_pairs().into_owned().filter(|(name, _)| !ours(name)).collect();
    target.set_query(None);
    if !own.is_empty() {
        target.query_pairs_mut().extend_pairs(own);
    }
    target
}

fn redirected(case: &mut Case<'_>, text: &str, target: &Url, statuses: &[u16]) {
    let shown: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let what = format!("the realm `{text}` redirects to {target} ({})", shown.join(", then "));
    let fix = case.line("realm", target.as_str());
    let finding = if statuses.iter().all(|status| matches!(status, 307 | 308)) {
        Finding::warning("realm", what, "docker sends no password on when the host changes")
    } else {
        Finding::problem(
            "realm",
            what,
            "a POST becomes a GET without password: containerd then pulls as nobody",
        )
    };
    case.findings.push(finding.fix(fix));
}

/// A redirection that leads nowhere, or round in a circle.
fn dead_end<T>(case: &mut Case<'_>, text: &str, target: &Url, failure: Option<&Failure>) -> Option<T> {
    let why = failure.map_or_else(
        || "which redirects again and again".to_owned(),
        |failure| format!("which does not answer: {}", failure.words()),
    );
    let fix = match failure {
        Some(Failure::Certificate(_)) => trust_fix(case, "realm-ca.crt"),
        _ => case.line("realm", "https://TOKEN-SERVER/token"),
    };
    let what = format!("the realm `{text}` redirects to {target}, {why}");
    case.findings.push(Finding::problem("realm", what, "clients follow it and get no token").fix(fix));
    None
}

async fn not_one(
    case: &mut Case<'_>,
    text: &str,
    realm: &Url,
    verified: bool,
    service: Option<&str>,
    answer: &Answer,
) {
    let what =
        format!("what answers at the realm `{text}` is not a token server: it gives {}", answer.status);
    let mut other = realm.clone();
    other.set_path("/token");
    let there = ask(case, &other, verified, service, &[], Pass::Nobody).await;
    let found = other != *realm && there.is_ok_and(|answer| is_token_server(&answer, false));
    let fix = case.line("realm", if found { other.as_str() } else { "https://TOKEN-SERVER/token" });
    let why = if answer.status >= 500 {
        "the token server or the proxy before it fails: see its log"
    } else {
        "clients get no token there"
    };
    case.findings.push(Finding::problem("realm", what, why).fix(fix));
}

/// Whether the token server knows the registry's service; a finding when not.
pub(super) async fn knows_service(case: &mut Case<'_>, server: &TokenServer, service: &str) -> bool {
    if server.first.status != 400 {
        return true;
    }
    let mut known = None;
    // Without a service, a server that has one alone takes that.
    for pass in case.passes(server) {
        let answer = ask(case, &server.url, server.verified, None, &[], pass).await;
        let body = answer.ok().and_then(|answer| answer.json()).unwrap_or_default();
        let raw = body.get("token").and_then(Value::as_str).unwrap_or_default();
        if let Some(token) = Token::decode(raw) {
            known = Some(token.audience().to_owned());
            break;
        }
    }
    let fix = match known {
        Some(known) => case.line("service", &known),
        None => format!(
            "create it at the token server (with Portreeve: `portreeve services create{}`), or write the name that the token server knows: {}",
            shell::argument(service),
            case.line("service", "NAME")
        ),
    };
    case.findings.push(
        Finding::problem(
            "service",
            format!(
                "the token server does not know the registry's service `{service}`: {}",
                message(&server.first)
            ),
            "it makes tokens only for services that it knows",
        )
        .fix(fix),
    );
    false
}
