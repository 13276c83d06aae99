//! Tries a push: adds one more tag to an existing manifest, and removes the tag.
//!
//! The push changes and deletes nothing that exists: the tag has a new name. If a registry cannot delete
//! tags, the push moves the tag to a new manifest and deletes that manifest.

use super::challenge;
use super::repository::{Manifest, Repository, digest_of};
use crate::doctor::docker::client::Answer;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::source::NoToken;
use crate::doctor::token::bearer::Bearer;
use crate::outbound::Method;

/// Pushes a tag and removes it.
pub(in crate::doctor) async fn examine(repository: Repository<'_>, manifest: &Manifest) -> Finding {
    let name = repository.name;
    let bearer = match bearer(repository).await {
        Ok(bearer) => bearer,
        Err(finding) => return *finding,
    };
    let who = repository.subject(&bearer);
    let [a, b, c, d] = match crate::entropy::bytes() {
        Ok(bytes) => bytes,
        Err(error) => return failed(format!("no name for a tag could be made: {error}")),
    };
    let tag = format!("portreeve-doctor-{a:02x}{b:02x}{c:02x}{d:02x}");
    match put(repository, &bearer, &tag, manifest, manifest.body.clone()).await {
        Ok(answer) if answer.status == 201 => {}
        other => {
            let why = other.map_or_else(|why| why, |answer| format!("it answers {}", answer.status));
            return failed(format!("the registry refuses a new tag in `{name}`: {why}"));
        }
    }
    let pushed = format!("{who} pushes to `{name}`: the tag `{tag}` was added");
    match remove(repository, &bearer, &tag, manifest).await {
        Ok(()) => Finding::ok("push", format!("{pushed} and removed")),
        Err(kept) => {
            let harmless = format!("the tag is harmless; to remove it, delete {name}:{tag} at the registry");
            let fix = match &kept.wanted {
                Some(actions) => format!("{}; {harmless}", repository.rule(&bearer, actions)),
                None => harmless,
            };
            let what = format!("{pushed}, but could not be removed: {}", kept.why);
            let why = "removing a tag needs the right to delete, and a registry with `storage: {delete: {enabled: true}}`";
            Finding::warning("push", what, why).fix(fix)
        }
    }
}

/// Requests a token that grants the push.
async fn bearer(repository: Repository<'_>) -> Result<Bearer, Box<Finding>> {
    let name = repository.name;
    let bearer = repository.token("pull,push,delete").await.map_err(|why| {
        let why = match why {
            NoToken::NeedsLogin => "the token server requires a login".to_owned(),
            NoToken::Failed(why) => why,
        };
        Box::new(failed(format!("the token server gives no token to push to `{name}`: {why}")))
    })?;
    if bearer.grants(name, "push") {
        return Ok(bearer);
    }
    let what = format!("{} may not push to `{name}`", repository.subject(&bearer));
    let finding = Finding::problem("push", what, "the token server does not grant the push");
    Err(Box::new(finding.fix(repository.rule(&bearer, "pull,push"))))
}

/// Points the tag to a manifest.
async fn put(
    repository: Repository<'_>,
    bearer: &Bearer,
    tag: &str,
    manifest: &Manifest,
    body: Vec<u8>,
) -> Result<Answer, String> {
    let body = Some((manifest.content_type.as_str(), body));
    repository.call(bearer, Method::PUT, &format!("manifests/{tag}"), body).await
}

/// Removes the tag.
async fn remove(
    repository: Repository<'_>,
    bearer: &Bearer,
    tag: &str,
    manifest: &Manifest,
) -> Result<(), Kept> {
    let Err(kept) = delete(repository, bearer, tag).await else { return Ok(()) };
    // INTEROP: distribution 2.x deletes only by digest, which would delete every tag of the manifest. One
    // more line feed makes another manifest, with another digest and no other tag.
    let mut own = manifest.body.clone();
    own.push(b'\n');
    let digest = digest_of(&own);
    let is_moved = digest != manifest.digest
        && put(repository, bearer, tag, manifest, own).await.is_ok_and(|answer| answer.status == 201);
    if is_moved { delete(repository, bearer, &digest).await } else { Err(kept) }
}

/// The reason why a tag or manifest could not be deleted.
struct Kept {
    why: String,
    /// The actions that the registry requires, but that the token server does not grant.
    wanted: Option<String>,
}

/// Returns the actions on a repository that a refusal requires.
// INTEROP: to delete, distribution up to 2.6 requires `*`, later releases require `delete`.
fn wanted(answer: &Answer, repository: &str) -> Option<String> {
    let begin = format!("repository:{repository}:");
    let lines = answer.challenges();
    let all = lines.iter().flat_map(|line| challenge::parse(line)).filter(|one| one.is("Bearer"));
    let scopes: Vec<String> = all.filter_map(|one| one.get("scope").map(str::to_owned)).collect();
    let mut scopes = scopes.iter().flat_map(|scope| scope.split(' '));
    scopes.find_map(|scope| scope.strip_prefix(&begin)).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// Deletes a tag or a digest. If the token is not enough, requests another token, with the actions that the
/// registry requires.
async fn delete(repository: Repository<'_>, bearer: &Bearer, reference: &str) -> Result<(), Kept> {
    let kept = |why: String| Kept { why, wanted: None };
    let path = format!("manifests/{reference}");
    let answer = repository.call(bearer, Method::DELETE, &path, None).await.map_err(kept)?;
    let asked = match answer.status {
        202 => return Ok(()),
        401 => wanted(&answer, repository.name),
        _ => None,
    };
    let Some(actions) = asked else { return Err(kept(format!("it answers {}", answer.status))) };
    let grants_all =
        |bearer: &Bearer| actions.split(',').all(|action| bearer.grants(repository.name, action));
    let Some(more) = repository.token(&actions).await.ok().filter(grants_all) else {
        return Err(Kept {
            why: format!(
                "the registry requires the right `{actions}`, which the token server does not grant"
            ),
            wanted: Some(actions),
        });
    };
    let answer = repository.call(&more, Method::DELETE, &path, None).await.map_err(kept)?;
    if answer.status == 202 { Ok(()) } else { Err(kept(format!("it answers {}", answer.status))) }
}

fn failed(what: String) -> Finding {
    Finding::problem("push", what, "docker push fails, too")
}
