//! `/services`, `/services/{name}` and `/services/{name}/registry-config`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::{self, Noun};
use super::request::{After, Parameters, SignedIn};
use crate::domain::registry_configuration::Form;
use crate::domain::service::ServiceName;
use crate::manage::{Administration, RegistrySetUp, ServiceFields, ServiceObject};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

/// Registries that tokens are issued for.
struct Services;

impl Noun for Services {
    const ID: &'static str = "Service";
    const ONE: &'static str = "a service";
    const MANY: &'static str = "services";
    const NEXT: &'static [&'static str] = &["patchService", "deleteService"];
    const IS_NAMED_BY_RULES: bool = false;
    type Name = ServiceName;
    type Object = ServiceObject;
    type Fields = ServiceFields;
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<Services, _>(Administration::list_services)
}

pub(super) fn by_name() -> Vec<Verb> {
    noun::by_name::<Services>(
        Administration::find_service,
        Administration::write_service,
        Administration::delete_service,
    )
}

/// The query of the set-up: the folder of the registry's files, and the form of the text.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SetUpQuery {
    /// The absolute path of the folder with the registry's files; when absent, the usual folder of this kind of
    /// registry.
    #[param(example = "/etc/docker/registry", pattern = "^/")]
    directory: Option<String>,
    /// `yaml` (the default) or `env` for environment variables. zot reads no environment variables (422).
    #[param(inline, value_type = Form, required = false, example = "yaml")]
    format: Option<String>,
}

/// The operation that shows the set-up of a service's registry.
pub(super) fn registry_config() -> Vec<Verb> {
    vec![Verb::get(set_up, || {
        let summary =
            "Shows the set-up of a service's registry: its configuration and the files that it needs.";
        Operation::allowed("services", "getRegistryConfig", summary)
            .path::<ServiceName>("name")
            .query::<SetUpQuery>()
            .answers::<RegistrySetUp>()
            .conflicts()
    })]
}

async fn set_up(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: After<Parameters<SetUpQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    let (directory, format) = (query.directory.as_deref(), query.format.as_deref());
    let found = web.administration.set_up_of(&admin, &name, directory, format).await?;
    Ok(answer::json(&found))
}
