//! The token server that a registry names: whether clients get there, and what they find.

use super::Case;
use super::challenge::Challenge;
use super::client::{Answer, Failure, Pass};
use super::finding::Finding;
use super::realm_address::{self, holds, line, makes_up, tls, with_scheme};
use super::registry::{Reached, certificate_of, trust_fix};
use super::registry_file::RegistryFile;
use super::token::Token;
use super::token_server::{Program, TokenServer, ask, is_page, is_token_server, message, program};
use crate::domain::shell;
use serde_json::Value;
use url::Url;

/// As many redirections as are followed.
const MOST_HOPS: usize = 5;
/// Where nothing better is known.
const SOMEWHERE: &str = "https://TOKEN-SERVER/token";

/// Visits the token server; findings where it is none, or is not reached.
pub(super) async fn visit(
    case: &mut Case<'_>,
    registry: &Reached,
    challenge: &Challenge,
) -> Option<TokenServer> {
    let seen = challenge.get("realm").unwrap_or_default();
    let auth = case.file.as_ref().and_then(RegistryFile::token);
    // The file tells what nobody sees in the challenge.
    let text = auth.filter(|auth| auth.shows(seen)).map_or(seen, |auth| &auth.realm).to_owned();
    let service = challenge.get("service");
    let mut realm = realm_address::examine(case, registry, &text, service).await?;
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
            unreachable(case, registry, &text, &realm, service, &failure).await;
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
            Ok(_) if statuses.len() > MOST_HOPS => return dead_end(case, registry, &text, &realm, None),
            Ok(next) => next,
            Err(failure) => return dead_end(case, registry, &text, &realm, Some(&failure)),
        };
    }
    if !statuses.is_empty() {
        redirected(case, registry, &text, &realm, &statuses);
    }
    let login = case.options.login.is_some() && !elsewhere && case.is_safe(&realm, verified);
    if !is_token_server(&first, login) {
        not_one(case, registry, &text, &realm, verified, service, &first).await;
        return None;
    }
    case.findings.push(answers(case, &realm, &first));
    let program = program(case, &first);
    Some(TokenServer { url: realm, verified, elsewhere, ahead: first.ahead, program, first })
}

/// That a token server answers, and how long its certificate holds.
fn answers(case: &Case<'_>, realm: &Url, first: &Answer) -> Finding {
    let answers = format!("the token server answers at {realm}");
    match certificate_of(first, case.now()) {
        Some((told, true)) => Finding::warning(
            "realm",
            format!("{answers}, with {told}"),
            "it ends within 14 days; then clients break off",
        )
        .fix("give the token server a new certificate"),
        Some((told, false)) => Finding::ok("realm", format!("{answers}, with {told}")),
        None => Finding::ok("realm", answers),
    }
}

/// Whether somebody speaks plain http where https was tried.
async fn is_plain(case: &Case<'_>, realm: &Url, service: Option<&str>, failure: &Failure) -> bool {
    if realm.scheme() != "https" {
        return false;
    }
    // INTEROP: some servers tell who speaks TLS to them that they do not, others break off.
    let plain = with_scheme(realm, "http");
    *failure == Failure::NotTls || ask(case, &plain, true, service, &[], Pass::Nobody).await.is_ok()
}

async fn unreachable(
    case: &mut Case<'_>,
    registry: &Reached,
    text: &str,
    realm: &Url,
    service: Option<&str>,
    failure: &Failure,
) {
    let is_plain = is_plain(case, realm, service, failure).await;
    let words = if is_plain { "it does not speak TLS".to_owned() } else { failure.words() };
    let what = format!("the token server `{text}` does not answer: {words}");
    let why = "the registry sends every client there for a token";
    let port = realm.port_or_known_default().unwrap_or_default();
    let fix = if let Some(named) = makes_up(case.file.as_ref(), text) {
        let works = holds(case, named, service).await;
        line(case, registry, text, if works { named } else { SOMEWHERE })
    } else if is_plain && registry.base.scheme() == "http" {
        line(case, registry, text, with_scheme(realm, "http").as_str())
    } else if is_plain {
        tls(Some(port))
    } else {
        let listen = format!("portreeve serve --listen 0.0.0.0:{port}");
        let secure = if realm.scheme() == "https" { " --tls-cert CERT.pem --tls-key KEY.pem" } else { "" };
        format!(
            "start it there (with Portreeve: `{listen}{secure}`), or write where it is: {}",
            line(case, registry, text, SOMEWHERE)
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

fn redirected(case: &mut Case<'_>, registry: &Reached, text: &str, target: &Url, statuses: &[u16]) {
    let shown: Vec<String> = statuses.iter().map(u16::to_string).collect();
    let what = format!("the realm `{text}` redirects to {target} ({})", shown.join(", then "));
    let fix = if target.scheme() == "http" && registry.base.scheme() == "https" {
        // As a realm it would be refused for its scheme.
        format!("let what answers at `{text}` pass requests on to {target}, without a redirection")
    } else {
        line(case, registry, text, target.as_str())
    };
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
fn dead_end<T>(
    case: &mut Case<'_>,
    registry: &Reached,
    text: &str,
    target: &Url,
    failure: Option<&Failure>,
) -> Option<T> {
    let why = failure.map_or_else(
        || "which redirects again and again".to_owned(),
        |failure| format!("which does not answer: {}", failure.words()),
    );
    let fix = match failure {
        Some(Failure::Certificate(_)) => trust_fix(case, "realm-ca.crt"),
        _ => line(case, registry, text, SOMEWHERE),
    };
    let what = format!("the realm `{text}` redirects to {target}, {why}");
    case.findings.push(Finding::problem("realm", what, "clients follow it and get no token").fix(fix));
    None
}

/// What an HTML page says of itself.
fn title(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").zip(lower.find("</title>"));
    let title = title.and_then(|(start, end)| text.get(start + "<title>".len()..end));
    let title = title.map(|title| title.trim().chars().take(80).collect::<String>());
    title.filter(|title| !title.is_empty()).map_or(String::new(), |title| format!(" titled `{title}`"))
}

/// What answers at the realm is not a token server.
async fn not_one(
    case: &mut Case<'_>,
    registry: &Reached,
    text: &str,
    realm: &Url,
    verified: bool,
    service: Option<&str>,
    answer: &Answer,
) {
    let gives = match answer.header("www-authenticate") {
        Some(asked) if is_page(answer) => format!(
            "it gives {} with an HTML page{} and asks `{asked}`, as a proxy with a login of its own does",
            answer.status,
            title(answer)
        ),
        _ if is_page(answer) => format!("it gives {} with an HTML page{}", answer.status, title(answer)),
        _ => format!("it gives {}", answer.status),
    };
    let what = format!("what answers at the realm `{text}` is not a token server: {gives}");
    let mut other = realm.clone();
    other.set_path("/token");
    let there = ask(case, &other, verified, service, &[], Pass::Nobody).await;
    let found = other != *realm && there.is_ok_and(|answer| is_token_server(&answer, false));
    if registry.base.scheme() == "https" {
        other = with_scheme(&other, "https");
    }
    let named = makes_up(case.file.as_ref(), text).map(str::to_owned);
    let fix = match named {
        Some(named) if holds(case, &named, service).await => line(case, registry, text, &named),
        _ if found => line(case, registry, text, other.as_str()),
        _ if answer.status == 401 && is_page(answer) => {
            format!(
                "let the proxy pass `{}` on without a login of its own (nginx: `auth_basic off;`)",
                realm.path()
            )
        }
        _ => line(case, registry, text, SOMEWHERE),
    };
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
        None => {
            let command = format!("`portreeve services create{}`", shell::argument(service));
            let create = match server.program {
                Program::Portreeve => format!("create it at the token server: {command}"),
                Program::Other => "make it known to the token server".to_owned(),
                Program::Unknown => {
                    format!("make it known to the token server (with Portreeve: {command})")
                }
            };
            format!("{create}; or write the name that it knows: {}", case.line("service", "NAME"))
        }
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
