//! The right to push: one more tag for a manifest that is there, and its removal.
//!
//! Nothing that was there before is changed or deleted: the tag has a name of its own, and a
//! registry that cannot delete tags gets it moved to a manifest of our own, which is deleted.

use super::Case;
use super::challenge;
use super::client::Answer;
use super::finding::Finding;
use super::login::{Held, NoToken, for_repository, rule};
use super::pull::{Manifest, call, digest_of, subject};
use super::registry::Reached;
use super::token_server::TokenServer;
use crate::outbound::Method;

/// Pushes a tag and removes it.
#[expect(
    clippy::too_many_lines,
    reason = "one push and its removal, with a finding for each step that can fail"
)]
pub(super) async fn examine(
    case: &mut Case<'_>,
    registry: &Reached,
    server: &TokenServer,
    service: &str,
    repository: &str,
    manifest: &Manifest,
) {
    let held = for_repository(case, server, service, repository, "pull,push,delete").await;
    let held = match held {
        Ok(held) => held,
        Err(why) => {
            let why = match why {
                NoToken::NeedsLogin => "it wants a login".to_owned(),
                NoToken::Failed(why) => why,
            };
            return failed(case, format!("the token server gives no token to push to `{repository}`: {why}"));
        }
    };
    let who = subject(case, &held);
    if !held.grants(repository, "push") {
        case.findings.push(
            Finding::problem(
                "push",
                format!("{who} may not push to `{repository}`"),
                "the token server does not grant it",
            )
            .fix(rule(case, server, &held, repository, "pull,push")),
        );
        return;
    }
    let [a, b, c, d] = match crate::entropy::bytes() {
        Ok(bytes) => bytes,
        Err(error) => return failed(case, format!("no name for a tag could be made: {error}")),
    };
    let tag = format!("portreeve-doctor-{a:02x}{b:02x}{c:02x}{d:02x}");
    let at_tag = format!("{repository}/manifests/{tag}");
    let content_type = manifest.content_type.as_str();
    let put = |body: Vec<u8>| call(case, registry, &held, Method::PUT, &at_tag, Some((content_type, body)));
    match put(manifest.body.clone()).await {
        Ok(answer) if answer.status == 201 => {}
        other => {
            let why = other.map_or_else(|why| why, |answer| format!("it answers {}", answer.status));
            return failed(case, format!("the registry does not take a tag for `{repository}`: {why}"));
        }
    }
    let pushed = format!("{who} pushes to `{repository}`: the tag `{tag}` was added");
    let delete =
        async |path: String| delete(case, registry, (server, service), (repository, &held), &path).await;
    let Err(mut kept) = delete(at_tag.clone()).await else {
        case.findings.push(Finding::ok("push", format!("{pushed} and removed")));
        return;
    };
    // INTEROP: distribution 2.x deletes by digest only, which would take every tag of the manifest.
    // The same manifest with a line feed more is another one, which nobody else has.
    let mut own = manifest.body.clone();
    own.push(b'\n');
    let digest = digest_of(&own);
    let moved = digest != manifest.digest && put(own).await.is_ok_and(|answer| answer.status == 201);
    if moved {
        match delete(format!("{repository}/manifests/{digest}")).await {
            Ok(()) => {
                case.findings.push(Finding::ok("push", format!("{pushed} and removed")));
                return;
            }
            Err(other) => kept = other,
        }
    }
    let harmless = format!("the tag is harmless; to remove it, delete {repository}:{tag} at the registry");
    let fix = match &kept.wanted {
        Some(actions) => format!("{}; {harmless}", rule(case, server, &held, repository, actions)),
        None => harmless,
    };
    case.findings.push(
        Finding::warning(
            "push",
            format!("{pushed}, but could not be removed: {}", kept.why),
            "it needs the right to delete, and a registry with `storage: {delete: {enabled: true}}`",
        )
        .fix(fix),
    );
}

/// Why something could not be deleted.
struct Kept {
    why: String,
    /// The actions that the registry asks for, and the token server does not grant.
    wanted: Option<String>,
}

/// The actions on a repository that a refusal asks for.
// INTEROP: distribution up to 2.6 wants `*` to delete, later releases `delete`.
fn wanted(answer: &Answer, repository: &str) -> Option<String> {
    let begin = format!("repository:{repository}:");
    let lines = answer.challenges();
    let all = lines.iter().flat_map(|line| challenge::parse(line)).filter(|one| one.is("Bearer"));
    let scopes: Vec<String> = all.filter_map(|one| one.get("scope").map(str::to_owned)).collect();
    let mut scopes = scopes.iter().flat_map(|scope| scope.split(' '));
    scopes.find_map(|scope| scope.strip_prefix(&begin)).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// Deletes with the token at hand, else with one for what the registry asks for.
async fn delete(
    case: &Case<'_>,
    registry: &Reached,
    (server, service): (&TokenServer, &str),
    (repository, held): (&str, &Held),
    path: &str,
) -> Result<(), Kept> {
    let kept = |why: String| Kept { why, wanted: None };
    let answer = call(case, registry, held, Method::DELETE, path, None).await.map_err(kept)?;
    let asked = match answer.status {
        202 => return Ok(()),
        401 => wanted(&answer, repository),
        _ => None,
    };
    let Some(actions) = asked else { return Err(kept(format!("it answers {}", answer.status))) };
    let more = for_repository(case, server, service, repository, &actions).await;
    let Some(more) =
        more.ok().filter(|held| actions.split(',').all(|action| held.grants(repository, action)))
    else {
        return Err(Kept {
            why: format!("the registry wants `{actions}` for it, which the token server does not grant"),
            wanted: Some(actions),
        });
    };
    let answer = call(case, registry, &more, Method::DELETE, path, None).await.map_err(kept)?;
    if answer.status == 202 { Ok(()) } else { Err(kept(format!("it answers {}", answer.status))) }
}

fn failed(case: &mut Case<'_>, what: String) {
    case.findings.push(Finding::problem("push", what, "docker push fails in the same way"));
}
