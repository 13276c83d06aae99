//! The course of an examination: from the challenge to the token server, and with its token back
//! to the registry.

use super::acceptance::{self, Refusal, Taken};
use super::clock::Clocks;
use super::finding::Finding;
use super::login::{self, Held};
use super::registry::Reached;
use super::registry_file::{self, RegistryFile};
use super::registry_log::{Reason, Said};
use super::token::Given;
use super::token_server::Program;
use super::{Case, bundle, challenge, pull, push, realm, token, trials, verdict};
use std::time::Duration;

/// How long a registry may take to write its log.
const LOG_PATIENCE: Duration = Duration::from_millis(100);
const LOG_TRIES: usize = 10;

/// Looks at one thing after the other, for as long as the next one makes sense.
#[expect(
    clippy::too_many_lines,
    reason = "the steps stand in the order in which they are taken, and each decides whether the next one makes sense"
)]
pub(super) async fn run(case: &mut Case<'_>, reached: Option<Reached>) {
    let Some(registry) = reached else {
        // A registry that runs has read its bundle: its paths are those of a container, then.
        let runs = match &case.listen {
            Some(listen) => listen.is_alive().await,
            None => false,
        };
        bundle_alone(case, runs);
        if let Some(log) = case.log.as_ref().filter(|_| !runs) {
            bundle::examine_log(log, &mut case.findings);
        }
        return;
    };
    case.secure = registry.base.scheme() == "https";
    case.trusted = registry.trusted;

    (case.say)("its challenge");
    let lines: Vec<&str> = registry.challenges.iter().map(String::as_str).collect();
    let Some(challenge) = challenge::examine(&lines, &mut case.findings) else {
        bundle_alone(case, true);
        case.findings.push(challenge::missing(&lines, registry.by_proxy, case.file.as_ref()));
        return;
    };
    let service = challenge.get("service").unwrap_or_default().to_owned();
    let realm = challenge.get("realm").map(str::to_owned);
    case.findings.push(Finding::ok(
        "challenge",
        format!("it sends clients to `{}` for the service `{service}`", realm.as_deref().unwrap_or_default()),
    ));
    let given = case.file.take();
    let contradiction =
        given.as_ref().and_then(|file| verdict::contradiction(file, realm.as_deref(), &service));
    match contradiction {
        Some(finding) => {
            case.findings.push(finding);
            case.stale = given;
        }
        None => case.file = given,
    }
    bundle_alone(case, true);

    (case.say)("the token server");
    let Some(server) = realm::visit(case, &registry, &challenge).await else { return };
    if !realm::knows_service(case, &server, &service).await {
        return;
    }
    if service.is_empty() {
        case.findings.push(
            Finding::warning(
                "service",
                "the challenge names no service",
                "tokens are made for the service that it names",
            )
            .fix(case.line("service", "registry")),
        );
    }
    let clocks = Clocks { registry: registry.ahead, realm: server.ahead };

    (case.say)("tokens");
    let mut guessed = false;
    let held = login::tokens(case, &server, &service).await;
    let Some(held) = held.or_else(|| made_here(case, &service, &mut guessed)) else {
        clocks.examine(&mut case.findings);
        return;
    };
    (case.say)("whether the registry accepts them");
    if !registry.verified && !held.anonymous {
        case.findings.push(Finding::note(
            "acceptance",
            "the token was not shown to the registry",
            "its certificate is not verified, and the token would let others in",
        ));
        clocks.examine(&mut case.findings);
        if let Some(token) = &held.given.token {
            not_shown(case, token, &service, server.program);
        }
        return;
    }
    case.tried = true;
    match acceptance::offer(case, &registry, &held.given.raw, held.anonymous).await {
        Taken::Accepted => {
            let spoiled = held.spoiled();
            let control = acceptance::offer(case, &registry, &spoiled, held.anonymous).await;
            case.findings.push(if control == Taken::Accepted {
                Finding::problem(
                    "acceptance",
                    "the registry accepts the token, and the same with a spoiled signature",
                    "nobody verifies signatures there, so anybody can make tokens",
                )
                .fix("look what answers `/v2/` before the registry, or which registry this is")
            } else {
                Finding::ok(
                    "acceptance",
                    "the registry accepts the token, and refuses it with a spoiled signature",
                )
            });
            clocks.examine(&mut case.findings);
            if let Some(token) = &held.given.token {
                accepted(case, token, realm.as_deref(), &service, server.program);
            }
        }
        Taken::TooLittle => case.findings.push(Finding::warning(
            "acceptance",
            "the registry wants rights even at `/v2/`",
            "docker login asks for none",
        )),
        Taken::Failed(why) => {
            case.findings.push(Finding::problem(
                "acceptance",
                format!("the registry fails when it is shown the token: {why}"),
                "",
            ));
            return;
        }
        Taken::Refused(refusal) => {
            match &held.given.token {
                Some(token) => {
                    let refused_token = RefusedToken { token, refusal: &refusal, program: server.program };
                    refused(case, &registry, refused_token, &service, clocks, guessed).await;
                }
                None => case.findings.push(Finding::problem(
                    "acceptance",
                    format!("the registry refuses the token ({})", refusal.words()),
                    "it is not a JWT, so the cause cannot be told from here; most registries take nothing else",
                )),
            }
            return;
        }
    }
    if let Some(repository) = &case.options.repository {
        (case.say)("pulling");
        let manifest = pull::examine(case, &registry, &server, &service, repository).await;
        if let Some(manifest) = manifest.filter(|_| case.options.write) {
            (case.say)("pushing");
            push::examine(case, &registry, &server, &service, repository, &manifest).await;
        }
    }
}

/// What the registry trusts by the file, by itself.
fn bundle_alone(case: &mut Case<'_>, answers: bool) {
    if let Some(file) = &case.file {
        let now = case.options.clock.now().as_seconds();
        bundle::examine_alone(file, case.keys.as_ref(), answers, now, &mut case.findings);
    }
}

/// What was asked for and never came to be tried.
pub(super) fn left_out(case: &mut Case<'_>) {
    let seen = |case: &Case<'_>, check: &str| case.findings.iter().any(|finding| finding.check == check);
    let Some(repository) = &case.options.repository else { return };
    if !seen(case, "pull") {
        let what = format!("no pull of `{repository}` was tried");
        case.findings.push(Finding::note("pull", what, "it was not seen that the registry accepts tokens"));
    }
    if case.options.write && !seen(case, "push") {
        let what = format!("no push to `{repository}` was tried");
        case.findings.push(Finding::note("push", what, "there is no manifest that was pulled"));
    }
}

/// A token signed here with the server's keys, where there is no other; `guessed` when nobody told
/// its issuer.
fn made_here(case: &mut Case<'_>, service: &str, guessed: &mut bool) -> Option<Held> {
    let configured = case.file.as_ref().and_then(RegistryFile::token).and_then(|auth| auth.issuer.as_deref());
    // zot looks at no issuer.
    *guessed = configured.is_none() && !case.file.as_ref().is_some_and(|file| file.is_zot);
    let issuer = configured.unwrap_or("portreeve");
    let Some(token) = trials::token(case, issuer, service) else {
        if case.file.as_ref().is_some_and(|file| file.is_zot) && case.keys.is_some() {
            let what = "whether the registry accepts tokens cannot be tried";
            let why = "none of the keys at hand is known to be the one that zot holds";
            case.findings.push(Finding::note("credentials", what, why).fix("run it again with --user"));
        }
        return None;
    };
    case.findings.push(Finding::note(
        "token",
        format!(
            "a token was made here with the server's keys, by the issuer `{issuer}` and granting nothing"
        ),
        "so that it can be seen whether the registry accepts it; with --user the token server is asked",
    ));
    let given = Given { raw: token.raw.clone(), token: Some(token) };
    Some(Held { given, anonymous: true })
}

/// What the file alone says of a token that the registry was not shown.
fn not_shown(case: &mut Case<'_>, token: &token::Token, service: &str, program: Program) {
    let Some(file) = case.file.as_ref() else { return };
    let path = file.path.display();
    let issuer = file.token().and_then(|auth| auth.issuer.as_deref());
    if let Some(issuer) = issuer.filter(|issuer| *issuer != token.issuer()) {
        let own = token.issuer();
        case.findings.push(
            Finding::problem(
                "issuer",
                format!("{path} expects the issuer `{issuer}`, but tokens are issued by `{own}`"),
                "a registry that runs with this file refuses every token",
            )
            .fix(registry_file::line(Some(file), "issuer", own)),
        );
    }
    if !token.is_for(service) {
        let own = token.audience();
        case.findings.push(
            Finding::problem(
                "service",
                format!("the registry is `{service}`, but the token is for `{own}`"),
                "it refuses every token",
            )
            .fix(registry_file::line(Some(file), "service", own)),
        );
    }
    let (keys, now) = (case.keys.as_ref(), case.now());
    let asked = bundle::Asked { file, token, keys, service, program, now };
    if let bundle::Trust::No(finding) = asked.examine() {
        case.findings.push(*finding);
    }
}

/// What is worth a warning although the registry takes the token.
fn accepted(case: &mut Case<'_>, token: &token::Token, realm: Option<&str>, service: &str, program: Program) {
    if let Some(file) = &case.file {
        verdict::compare(file, realm, Some(service), Some(token), &mut case.findings);
    }
    soon_ended(case, token);
    let keys = case.keys.as_ref();
    let fragile = case.file.as_ref().and_then(|file| bundle::fragile(file, token, keys, program));
    case.findings.extend(fragile);
}

/// A token that the registry refused.
#[derive(Clone, Copy)]
struct RefusedToken<'a> {
    token: &'a token::Token,
    refusal: &'a Refusal,
    /// Which program made it.
    program: Program,
}

/// What a proxy before the registry does to tokens, where the answer shows it; `is_told` when the registry's
/// log tells a cause.
async fn by_proxy(case: &Case<'_>, registry: &Reached, refusal: &Refusal, is_told: bool) -> Option<Finding> {
    let is_zot = case.file.as_ref().is_some_and(|file| file.is_zot);
    match refusal {
        Refusal::Foreign(asked) => {
            let what = format!("a proxy before the registry answers who shows a token: 401 with {asked}");
            let why = "it takes `Authorization` for its own login, so no token reaches the registry";
            Some(Finding::problem("acceptance", what, why).fix(challenge::OPEN))
        }
        Refusal::Silent(asked) if !is_told && !is_zot => {
            if !acceptance::is_stripped(case, registry, refusal).await {
                return None;
            }
            let what =
                format!("no token reaches the registry: it answers to one as it does to nobody, `{asked}`");
            let why = "distribution names an `error=` even for a text that is not a token, so a proxy before it removes the header `Authorization`";
            const PASS: &str = "let the proxy pass `Authorization` on (nginx: `proxy_set_header Authorization $http_authorization;` for `/v2/`)";
            Some(Finding::problem("acceptance", what, why).fix(PASS))
        }
        _ => None,
    }
}

/// Names the cause of a refusal.
async fn refused(
    case: &mut Case<'_>,
    registry: &Reached,
    RefusedToken { token, refusal, program }: RefusedToken<'_>,
    service: &str,
    clocks: Clocks,
    guessed: bool,
) {
    let mut said = None;
    if let Some(log) = &case.log {
        for _ in 0..LOG_TRIES {
            said = Some(log.read());
            if matches!(said, Some(Said::Reason(_))) {
                break;
            }
            tokio::time::sleep(LOG_PATIENCE).await;
        }
    }
    let is_told = matches!(&said, Some(Said::Reason(_)));
    if let Some(finding) = by_proxy(case, registry, refusal, is_told).await {
        case.findings.push(finding);
        return;
    }
    let other = matches!(&said, Some(Said::Reason(evidence)) if evidence.reason != Reason::Issuer);
    if guessed && !other {
        case.tried = false;
        let why = format!(
            "the token that was made here was refused, but its issuer `{}` was a guess",
            token.issuer()
        );
        let what = "whether the registry accepts tokens cannot be tried";
        case.findings.push(
            Finding::note("acceptance", what, why).fix("run it again with --user, or with --registry-config"),
        );
        clocks.examine(&mut case.findings);
        return;
    }
    if matches!(said, Some(Said::Nothing)) {
        let path = case.log.as_ref().map(|log| log.path.display().to_string()).unwrap_or_default();
        case.findings.push(Finding::note(
            "log",
            format!("`{path}` says nothing about a refused token"),
            "it is the log of another registry, or its level is above `info`",
        ));
    }
    // By the registry's clock, so that it cannot be that.
    let now = case.options.clock.now().plus_seconds(clocks.registry.unwrap_or_default());
    let trials = trials::run(case, registry, token, service, now).await;
    let facts = verdict::Facts {
        token,
        service,
        file: case.file.as_ref(),
        keys: case.keys.as_ref(),
        log: said,
        refusal,
        program,
        clocks,
        now: case.now(),
        trials,
    };
    let found = facts.refused();
    if found.iter().all(|finding| finding.check != "clock") {
        clocks.examine(&mut case.findings);
    }
    case.findings.extend(found);
}

/// The certificate that tokens bring, when it ends soon.
fn soon_ended(case: &mut Case<'_>, token: &token::Token) {
    let soon = case.now() + 7 * 86_400;
    if let Some(cert) = token.chain.iter().find(|cert| !cert.holds_at(soon)) {
        let end = crate::domain::time::Timestamp::from_seconds(cert.not_after);
        case.findings.push(
            Finding::warning(
                "certificate",
                format!("the certificate that tokens bring ends at {end}"),
                "then the registry refuses every token; the token server renews it 30 days before",
            )
            .fix("look in the token server's log for why it could not renew it"),
        );
    }
}
