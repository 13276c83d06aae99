//! The right to pull: a tag to its digest, and the manifest to its hash.

use super::Case;
use super::client::{Answer, Ask};
use super::finding::Finding;
use super::login::{Held, NoToken, for_repository, rule};
use super::registry::Reached;
use super::token_server::TokenServer;
use crate::outbound::Method;
use ring::digest::{SHA256, SHA512, digest};
use serde_json::Value;

/// Every kind of manifest.
pub(super) const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A manifest as it is stored.
pub(super) struct Manifest {
    pub(super) digest: String,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// `sha256:…` of some bytes.
pub(super) fn digest_of(body: &[u8]) -> String {
    let hash = digest(&SHA256, body);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The same in the algorithm of another digest.
fn digest_like(told: &str, body: &[u8]) -> String {
    if !told.starts_with("sha512:") {
        return digest_of(body);
    }
    let hex: String = digest(&SHA512, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha512:{hex}")
}

/// A request to a repository.
pub(super) async fn call(
    case: &Case<'_>,
    registry: &Reached,
    held: &Held,
    method: Method,
    path: &str,
    body: Option<(&str, Vec<u8>)>,
) -> Result<Answer, String> {
    let url = registry.at(path).ok_or_else(|| format!("`{path}` is not a path"))?;
    let ask = Ask { method, url, pass: held.pass(), accept: MANIFESTS, body };
    let sent = case.send(registry.verified, ask).await;
    sent.map_err(|failure| failure.words())
}

/// Who pulls, as a rule names them where that is known.
pub(super) fn subject(case: &Case<'_>, held: &Held) -> String {
    match &case.options.login {
        // The key may be a robot's.
        Some(login) if !held.anonymous && login.is_key() => format!("`{}`", login.user),
        Some(login) if !held.anonymous => format!("user:{}", login.user),
        _ => "anonymous".to_owned(),
    }
}

/// Pulls a manifest; gives it when it is whole.
#[expect(
    clippy::too_many_lines,
    reason = "one pull from token to digest, with a finding for each step that can fail"
)]
pub(super) async fn examine(
    case: &mut Case<'_>,
    registry: &Reached,
    server: &TokenServer,
    service: &str,
    repository: &str,
) -> Option<Manifest> {
    let held = match for_repository(case, server, service, repository, "pull").await {
        Ok(held) => held,
        Err(NoToken::NeedsLogin) => {
            let why = match &case.options.login {
                Some(_) => "the password was not sent",
                None => "with --user the pull is tried for one",
            };
            let what = format!("there is no token to pull `{repository}` with for everybody");
            case.findings.push(Finding::note("pull", what, why));
            return None;
        }
        Err(NoToken::Failed(why)) => {
            return failed(
                case,
                format!("the token server gives no token to pull `{repository}` with: {why}"),
            );
        }
    };
    let who = subject(case, &held);
    if !held.grants(repository, "pull") {
        let what = format!("{who} may not pull `{repository}`");
        let fix = rule(case, server, &held, repository, "pull");
        case.findings.push(if held.anonymous {
            Finding::note("pull", what, "with --user the pull is tried for one").fix(fix)
        } else {
            Finding::problem("pull", what, "the token server grants it nothing there").fix(fix)
        });
        return None;
    }
    let tag = find_tag(case, registry, &held, repository).await?;
    let path = format!("{repository}/manifests/{tag}");
    let answer = match call(case, registry, &held, Method::GET, &path, None).await {
        Ok(answer) => answer,
        Err(why) => return failed(case, format!("the registry does not give `{repository}:{tag}`: {why}")),
    };
    match answer.status {
        200 => {}
        404 => return failed(case, format!("there is no `{repository}:{tag}` at the registry")),
        401 => {
            return failed(
                case,
                format!("the registry refuses to give `{repository}:{tag}`, although the token grants it"),
            );
        }
        status => return failed(case, format!("the registry answers {status} for `{repository}:{tag}`")),
    }
    let told = answer.header("docker-content-digest").map_or_else(|| digest_of(&answer.body), str::to_owned);
    let own = digest_like(&told, &answer.body);
    let content_type = answer.header("content-type").unwrap_or_default().to_owned();
    if told != own {
        return failed(
            case,
            format!(
                "the manifest of `{repository}:{tag}` is not what its digest says: {told}, but it hashes to {own}"
            ),
        );
    }
    // Once more by its digest, as clients do.
    let again =
        call(case, registry, &held, Method::GET, &format!("{repository}/manifests/{told}"), None).await;
    if !again.is_ok_and(|again| again.status == 200 && digest_like(&told, &again.body) == told) {
        return failed(case, format!("the registry does not give the manifest `{told}` by its digest"));
    }
    case.findings.push(Finding::ok(
        "pull",
        format!("{who} pulls `{repository}:{tag}`, which is {told} and hashes to it"),
    ));
    Some(Manifest { digest: told, content_type, body: answer.body })
}

fn failed(case: &mut Case<'_>, what: String) -> Option<Manifest> {
    case.findings.push(Finding::problem("pull", what, "docker pull fails in the same way"));
    None
}

/// The tag that was named, else `latest`, else the first one.
async fn find_tag(case: &mut Case<'_>, registry: &Reached, held: &Held, repository: &str) -> Option<String> {
    if let Some(tag) = &case.options.tag {
        return Some(tag.clone());
    }
    let answer = call(case, registry, held, Method::GET, &format!("{repository}/tags/list"), None).await;
    let refused = |what: String| Finding::problem("pull", what, "docker pull fails in the same way");
    let answer = match answer {
        Ok(answer) if answer.status == 200 => answer,
        other => {
            let finding = match other.map(|answer| answer.status) {
                Ok(404) => refused(format!("the registry has no repository `{repository}`"))
                    .fix("correct its name, or push an image to it first"),
                Ok(401) => refused(format!(
                    "the registry refuses to list the tags of `{repository}`, although the token grants it"
                )),
                Ok(status) => {
                    refused(format!("the registry answers {status} for the tags of `{repository}`"))
                }
                Err(why) => refused(format!("the registry does not list the tags of `{repository}`: {why}")),
            };
            case.findings.push(finding);
            return None;
        }
    };
    let body = answer.json().unwrap_or_default();
    let tags = body.get("tags").and_then(Value::as_array).into_iter().flatten();
    let tags: Vec<&str> = tags.filter_map(Value::as_str).collect();
    let tag = tags.iter().find(|tag| **tag == "latest").or(tags.first());
    if tag.is_none() {
        case.findings.push(Finding::note(
            "pull",
            format!("`{repository}` has no tags at the registry"),
            "there is nothing to pull; the right to it is granted",
        ));
    }
    tag.map(|tag| (*tag).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_hashed_as_its_digest_is() {
        let sha512 = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        let sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for told in [sha256, sha512] {
            assert_eq!(digest_like(told, b"abc"), told);
        }
        assert_eq!(digest_like("md5:1", b"abc"), sha256);
    }
}
