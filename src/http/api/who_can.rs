//! `/who-can`.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::shown;
use super::request::{Parameters, SignedIn, flag};
use super::{Verb, get_};
use crate::manage::WhoCanQuery;
use actix_web::HttpResponse;
use actix_web::web::Data;

pub(super) fn ask() -> Vec<Verb> {
    vec![get_(who_can)]
}

async fn who_can(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<WhoCanQuery>,
) -> Result<HttpResponse, ApiError> {
    let admin = who.admin()?;
    if flag("expand", query.0.expand.as_deref(), false)? {
        Ok(shown(&web.administration.who_can_by_subject(&admin, &query.0).await?))
    } else {
        Ok(shown(&web.administration.who_can(&admin, &query.0).await?))
    }
}
