//! `/usage`, `/pulls`, `/activity` and `/me/usage`: the use of registries.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn};
use crate::manage::{Activity, ActivityQuery, OwnUsageQuery, Pull, PullQuery, Usage, UsageQuery};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// The note in the description of every list of sums.
const OF_SUMS: &str = "Days older than about two months are summed up to months. A month that overlaps the period \
                       counts as a whole. A page may be short and still have a `next`.";

pub(super) fn sums() -> Vec<Verb> {
    vec![Verb::get(usage, || {
        let summary = "Lists who did what in which repository and how often, for a period.";
        Operation::allowed("usage", "listUsage", summary)
            .description(OF_SUMS)
            .query::<UsageQuery>()
            .lists::<Usage>()
    })]
}

pub(super) fn own() -> Vec<Verb> {
    vec![Verb::get(own_usage, || {
        let summary = "Lists what the caller did in which repository and how often, for a period.";
        Operation::allowed("me", "listMyUsage", summary)
            .description(OF_SUMS)
            .query::<OwnUsageQuery>()
            .lists::<Usage>()
    })]
}

pub(super) fn pulls() -> Vec<Verb> {
    vec![Verb::get(list_pulls, || {
        let summary = "Lists who pulled a manifest, and from which repository.";
        Operation::allowed("usage", "listPulls", summary)
            .description(
                "A client that pulls an index also pulls manifests that the index lists. Ask for those by their own digests.",
            )
            .query::<PullQuery>()
            .lists::<Pull>()
    })]
}

pub(super) fn activity() -> Vec<Verb> {
    vec![Verb::get(list_activity, || {
        let summary = "Lists pulls, pushes, mounts and deletions one by one, the newest first.";
        Operation::allowed("usage", "listActivity", summary)
            .description(
                "The server keeps only the last pulls, and the other events of the last months. A page may be \
                 short and still have a `next`.",
            )
            .query::<ActivityQuery>()
            .lists::<Activity>()
    })]
}

async fn usage(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<UsageQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    Ok(answer::json(&web.administration.usage(&admin, &query).await?))
}

async fn own_usage(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<OwnUsageQuery>>,
) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    Ok(answer::json(&web.administration.own_usage(&who.0, &query.open()?.0).await?))
}

async fn list_pulls(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<PullQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    Ok(answer::json(&web.administration.pulls(&admin, &query).await?))
}

async fn list_activity(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<ActivityQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    Ok(answer::json(&web.administration.activity(&admin, &query).await?))
}
