//! `/services/{name}/crawl`: the server reads the registry of a service, to fill its inventory.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, JsonBody, SignedIn};
use crate::accounts::read;
use crate::domain::service::ServiceName;
use crate::manage::{CrawlFields, CrawlState, ManageError};
use actix_web::web::{Data, Path};

fn describe(id: &str, summary: &str) -> Operation {
    Operation::allowed("services", id, summary).path::<ServiceName>("name").answers::<CrawlState>()
}

pub(super) fn of_service() -> Vec<Verb> {
    let begin = |web: Data<Web>, who: SignedIn, name: Path<String>, body: After<JsonBody>| async move {
        let (admin, body) = (who.0.admin()?, body.open()?.0);
        let fields: CrawlFields = read(body).map_err(ManageError::from)?;
        let row = web.crawler.begin_for(&admin, &name, fields).await.map_err(ManageError::from)?;
        Ok::<_, ApiError>(answer::json(&CrawlState::of(row, web.clock.now())))
    };
    let show = |web: Data<Web>, who: SignedIn, name: Path<String>| async move {
        let admin = who.0.admin()?;
        Ok::<_, ApiError>(answer::json(&web.administration.find_crawl(&admin, &name, web.clock.now()).await?))
    };
    vec![
        Verb::post(begin, || {
            let summary = "Begins to read the registry of a service, to fill its inventory.";
            describe("crawlService", summary)
                .description(
                    "Answers when the crawl has begun. `GET` shows the progress. An unfinished crawl of the last \
                     day is continued. 409 if the service names no registry, if the operator did not list the host of \
                     the registry, or if the service is being crawled.",
                )
                .takes::<CrawlFields>()
                .conflicts()
                .refuses(&[INVALID])
        }),
        Verb::get(show, || {
            describe("getCrawl", "Shows how far the server has read the registry of a service.")
        }),
    ]
}
