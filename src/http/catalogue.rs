//! `docker search`, `podman search`, the catalogue, lists of tags, and the old check of a login: the paths that a proxy
//! in front of a registry forwards to this server.
//!
//! The paths are the paths of registries, below `/services/NAME`. If there is only one service, the paths
//! also work without that prefix. If a service does not serve the names of its repositories, the paths answer
//! 404, as for a service that does not exist.
// SPEC: distribution "HTTP API V2"; the search comes from version 1 of that API.

use super::answer;
use super::error::{CatalogueRefusal, Challenge, OldRefusal, TokenError};
use super::extract::{Authorization, Parameters, client_address};
use super::verb::read;
use super::web::Web;
use crate::authn::Presented;
use crate::catalogue::{Asker, CatalogueError, ListQuery, Page, SearchQuery, Shown};
use crate::domain::refusal::Cause;
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::secret::MachineCredential;
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;

/// The number of results of a search, if the client asks for no number.
const RESULTS: usize = 25;
/// The most results of a search.
const MOST_RESULTS: usize = 100;
/// The header with which servers and clients name version 2 of the registry API.
const VERSION: &str = "Docker-Distribution-Api-Version";

/// Registers the paths. The caller registers the paths of the token endpoint first.
pub(super) fn routes(config: &mut ServiceConfig) {
    for base in ["", "/services/{service}"] {
        let at = |path: &str| web::resource(format!("{base}{path}"));
        let old = || web::to(no_longer);
        config
            .service(at("/v2/_catalog").route(read().to(repositories)).default_service(web::to(only_read)))
            .service(
                at("/v2/{repository:.+}/tags/list")
                    .route(read().to(tags))
                    .default_service(web::to(only_read)),
            )
            .service(at("/v1/search").route(read().to(search)).default_service(old()))
            .service(at("/v1/_ping").route(read().to(ping)).default_service(old()))
            .service(at("/v1/users").route(read().to(login)).default_service(old()))
            .service(at("/v1/users/").route(read().to(login)).default_service(old()))
            .service(at("/v1/{rest:.*}").default_service(old()));
    }
}

/// Returns a part of the path, decoded.
fn part(request: &HttpRequest, name: &str) -> Option<String> {
    // The HTTP library has decoded all characters except those that would change the path, for example `%2F`.
    let text = request.match_info().get(name)?;
    Some(percent_decode_str(text).decode_utf8_lossy().into_owned())
}

fn service(request: &HttpRequest) -> Option<String> {
    part(request, "service")
}

fn asker(request: &HttpRequest, web: &Web) -> Asker {
    let asked = |shown| Asker { shown, address: client_address(request, web), now: web.clock.now() };
    let presented = match Authorization::read(request.headers()) {
        Authorization::Absent => Presented::Nothing,
        Authorization::Basic(credentials) => Presented::Login(credentials),
        Authorization::Bearer(text) => match MachineCredential::parse(&text) {
            Some(key @ MachineCredential::AccessKey(_)) => Presented::Machine(key),
            Some(MachineCredential::RefreshToken(_)) => Presented::Unusable(Cause::NotAccepted),
            None => return asked(Shown::Token(text)),
        },
        Authorization::Malformed => Presented::Unusable(Cause::MalformedAuthorization),
    };
    asked(Shown::Credentials(presented))
}

/// Makes a refusal. The answer is the same for a service that does not exist and for a service that does not
/// serve the names of its repositories.
fn refused(error: CatalogueError, challenge: Challenge) -> Error {
    match error {
        CatalogueError::Off => TokenError::NoNames.into(),
        error => CatalogueRefusal { error, challenge }.into(),
    }
}

/// Returns the challenge for `scope`. Fails if the service does not serve the names of its repositories.
fn challenge(web: &Web, service: Option<&str>, scope: Option<String>) -> Result<Challenge, Error> {
    let found = web.catalogue.service(service);
    let service = found.map_err(|error| refused(error, Challenge::Basic))?;
    Ok(Challenge::Bearer { realm: web.catalogue.realm().to_owned(), service, scope })
}

fn check_served(web: &Web, request: &HttpRequest) -> Result<(), Error> {
    let found = web.catalogue.service(service(request).as_deref());
    found.map(drop).map_err(|error| refused(error, Challenge::Basic))
}

fn list_query(request: &HttpRequest) -> Result<ListQuery, TokenError> {
    let query = Parameters::parse(request.query_string().as_bytes());
    Ok(ListQuery {
        number: query.text("n")?.map(str::to_owned),
        last: query.text("last")?.unwrap_or_default().to_owned(),
    })
}

/// Answers with a page of a list. The header `Link` contains `path`, which is the path at the registry's
/// host.
// INTEROP: podman takes the path of a `Link` unchanged, and sends it to the host that it asked before.
fn listed(page: &Page, path: &str, body: &serde_json::Value) -> HttpResponse {
    let next = page.next.as_ref().map(|(number, last)| {
        let last = utf8_percent_encode(last, NON_ALPHANUMERIC);
        let number = number.map(|number| format!("&n={number}")).unwrap_or_default();
        format!("<{path}?last={last}{number}>; rel=\"next\"")
    });
    answer::registry_list(next.as_deref(), body)
}

/// Answers `GET /v2/_catalog`.
async fn repositories(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let service = service(&request);
    let challenge = challenge(&web, service.as_deref(), Some("registry:catalog:*".to_owned()))?;
    let (asker, query) = (asker(&request, &web), list_query(&request)?);
    let page = web.catalogue.repositories(service.as_deref(), &asker, &query).await;
    let page = page.map_err(|error| refused(error, challenge))?;
    Ok(listed(&page, "/v2/_catalog", &json!({"repositories": page.entries})))
}

/// Answers `GET /v2/NAME/tags/list`.
async fn tags(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let (service, name) = (service(&request), part(&request, "repository").unwrap_or_default());
    // A text that is not the name of a repository gets no scope, because no token could contain it. Such a text can
    // also contain characters that a header cannot contain.
    let is_name = ResourceType::parse("repository").is_ok_and(|of| ResourceName::parse(&of, &name).is_ok());
    let scope = is_name.then(|| format!("repository:{name}:pull"));
    let challenge = challenge(&web, service.as_deref(), scope)?;
    let (asker, query) = (asker(&request, &web), list_query(&request)?);
    let page = web.catalogue.tags(service.as_deref(), &name, &asker, &query).await;
    let page = page.map_err(|error| refused(error, challenge))?;
    // INTEROP: distribution answers null if a repository has no tags.
    let tags = (!page.entries.is_empty() || page.next.is_some()).then_some(&page.entries);
    Ok(listed(&page, &format!("/v2/{name}/tags/list"), &json!({"name": name, "tags": tags})))
}

/// Answers `GET /v1/search`.
async fn search(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_served(&web, &request)?;
    let asker = asker(&request, &web);
    let is_of_v2 = request.headers().contains_key(VERSION);
    if is_of_v2 && asker.shows_nothing() {
        // INTEROP: podman searches without its login. After a 404 it reads the catalogue with its login.
        return Err(refused(CatalogueError::UseTheCatalogue, Challenge::Basic));
    }
    let query = Parameters::parse(request.query_string().as_bytes());
    let number = query.text("n")?.and_then(|text| text.parse::<usize>().ok());
    let term = query.text("q")?.unwrap_or_default().to_owned();
    let wanted = SearchQuery { term: term.clone(), most: number.unwrap_or(RESULTS).clamp(1, MOST_RESULTS) };
    let found = web.catalogue.search(service(&request).as_deref(), &asker, wanted).await;
    let found = found.map_err(|error| refused(error, Challenge::Basic))?;
    let results: Vec<_> = found
        .into_iter()
        .map(|one| {
            json!({
                "name": one.name, "description": one.description, "star_count": 0,
                "is_official": false, "is_automated": false
            })
        })
        .collect();
    Ok(answer::json(&json!({"query": term, "num_results": results.len(), "results": results})))
}

/// Answers `GET /v1/_ping`.
// INTEROP: docker sends its login with a search only to a registry that calls itself standalone.
async fn ping(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_served(&web, &request)?;
    Ok(answer::json(&json!({"standalone": true})))
}

/// Answers `GET /v1/users` and `GET /v1/users/`: checks a login.
// INTEROP: docker up to 19.03 checks a login in this way at `docker login`.
async fn login(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let asker = asker(&request, &web);
    let known = web.catalogue.is_somebody(service(&request).as_deref(), &asker).await;
    known.map_err(|error| refused(error, Challenge::Basic))?;
    Ok(answer::json(&"OK"))
}

/// Refuses requests for other paths, and by other methods, of version 1 of the registry API.
async fn no_longer(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_served(&web, &request)?;
    let is_registration =
        *request.method() == Method::POST && request.path().trim_end_matches('/').ends_with("/v1/users");
    Err(if is_registration { OldRefusal::NoRegistration } else { OldRefusal::OnlyV2 }.into())
}

async fn only_read(web: Data<Web>, request: HttpRequest) -> Result<HttpResponse, Error> {
    check_served(&web, &request)?;
    Err(TokenError::NoSuchMethod("GET, HEAD".to_owned()).into())
}
