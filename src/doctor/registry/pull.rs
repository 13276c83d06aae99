//! Tries a pull: finds the manifest of a tag, and verifies its digest.

use super::repository::{Manifest, Repository, digest_like, digest_of};
use crate::doctor::docker::client::Answer;
use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::server::source::NoToken;
use crate::doctor::token::bearer::Bearer;
use crate::outbound::Method;
use serde_json::Value;

/// Pulls the manifest of `tag`. If `tag` is `None`, pulls the manifest of `latest`, or of the first tag. The
/// facts contain the manifest if its digest is correct.
pub(in crate::doctor) async fn examine(
    repository: Repository<'_>,
    tag: Option<&str>,
) -> Examined<Option<Manifest>> {
    match pull(repository, tag).await {
        Ok((manifest, finding)) => Examined { facts: Some(manifest), findings: vec![finding] },
        Err(finding) => Examined { facts: None, findings: vec![*finding] },
    }
}

async fn pull(repository: Repository<'_>, tag: Option<&str>) -> Result<(Manifest, Finding), Box<Finding>> {
    let name = repository.name;
    let bearer = bearer(repository).await?;
    let who = repository.subject(&bearer);
    let tag = match tag {
        Some(tag) => tag.to_owned(),
        None => find_tag(repository, &bearer).await?,
    };
    let answer = repository.call(&bearer, Method::GET, &format!("manifests/{tag}"), None).await;
    let answer = answer.map_err(|why| failed(format!("the registry does not give `{name}:{tag}`: {why}")))?;
    match answer.status {
        200 => {}
        404 => return Err(failed(format!("there is no `{name}:{tag}` at the registry"))),
        401 => {
            let what = format!("the registry refuses to give `{name}:{tag}`, although the token grants it");
            return Err(failed(what));
        }
        status => return Err(failed(format!("the registry answers {status} for `{name}:{tag}`"))),
    }
    let manifest = checked(repository, &bearer, &tag, answer).await?;
    let what = format!("{who} pulls `{name}:{tag}`, whose digest {0} is correct", manifest.digest);
    Ok((manifest, Finding::ok("pull", what)))
}

/// Requests a token that grants the pull.
async fn bearer(repository: Repository<'_>) -> Result<Bearer, Box<Finding>> {
    let name = repository.name;
    let bearer = match repository.token("pull").await {
        Ok(bearer) => bearer,
        Err(NoToken::NeedsLogin) => {
            let why = match repository.source.login {
                Some(_) => "the password was not sent",
                None => "--user lets the doctor pull as that user",
            };
            let what = format!("the token server gives no anonymous token to pull `{name}`");
            return Err(Box::new(Finding::note("pull", what, why)));
        }
        Err(NoToken::Failed(why)) => {
            return Err(failed(format!("the token server gives no token to pull `{name}`: {why}")));
        }
    };
    if bearer.grants(name, "pull") {
        return Ok(bearer);
    }
    let what = format!("{} may not pull `{name}`", repository.subject(&bearer));
    let finding = if bearer.anonymous {
        Finding::note("pull", what, "--user lets the doctor pull as that user")
    } else {
        Finding::problem("pull", what, "the token server does not grant the pull")
    };
    Err(Box::new(finding.fix(repository.rule(&bearer, "pull"))))
}

/// Returns the manifest in an answer. Fails unless the manifest matches its digest, and the registry also gives
/// the manifest by that digest.
async fn checked(
    repository: Repository<'_>,
    bearer: &Bearer,
    tag: &str,
    answer: Answer,
) -> Result<Manifest, Box<Finding>> {
    let told = answer.header("docker-content-digest").map_or_else(|| digest_of(&answer.body), str::to_owned);
    let own = digest_like(&told, &answer.body);
    let content_type = answer.header("content-type").unwrap_or_default().to_owned();
    if told != own {
        let name = repository.name;
        return Err(failed(format!(
            "the manifest of `{name}:{tag}` has the digest {told}, but its content hashes to {own}"
        )));
    }
    // Clients also request the manifest by its digest.
    let again = repository.call(bearer, Method::GET, &format!("manifests/{told}"), None).await;
    if !again.is_ok_and(|again| again.status == 200 && digest_like(&told, &again.body) == told) {
        return Err(failed(format!("the registry does not give the manifest `{told}` by its digest")));
    }
    Ok(Manifest { digest: told, content_type, body: answer.body })
}

fn failed(what: String) -> Box<Finding> {
    Box::new(Finding::problem("pull", what, "docker pull fails, too"))
}

/// Returns the tag `latest`, or the first tag if there is no `latest`.
async fn find_tag(repository: Repository<'_>, bearer: &Bearer) -> Result<String, Box<Finding>> {
    let name = repository.name;
    let answer = match repository.call(bearer, Method::GET, "tags/list", None).await {
        Ok(answer) => answer,
        Err(why) => return Err(failed(format!("the registry does not list the tags of `{name}`: {why}"))),
    };
    match answer.status {
        200 => {}
        404 => {
            let finding = failed(format!("the registry has no repository `{name}`"));
            return Err(Box::new(
                finding.fix("correct the name of the repository, or push an image to the repository first"),
            ));
        }
        401 => {
            let what =
                format!("the registry refuses to list the tags of `{name}`, although the token grants it");
            return Err(failed(what));
        }
        status => return Err(failed(format!("the registry answers {status} for the tags of `{name}`"))),
    }
    let body = answer.json().unwrap_or_default();
    let tags = body.get("tags").and_then(Value::as_array).into_iter().flatten();
    let tags: Vec<&str> = tags.filter_map(Value::as_str).collect();
    let tag = tags.iter().find(|tag| **tag == "latest").or(tags.first());
    tag.map(|tag| (*tag).to_owned()).ok_or_else(|| {
        let what = format!("`{name}` has no tags at the registry");
        Box::new(Finding::note("pull", what, "there is nothing to pull, but the token grants the pull"))
    })
}
