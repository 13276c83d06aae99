//! `/identity-providers`, `/identity-providers/{name}`, and below it `test` and `release`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{INVALID, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::noun::{self, Noun, describe_patch, describe_put};
use super::request::{After, Conditions, JsonBody, Moving, Parameters, SignedIn};
use crate::accounts::Write;
use crate::domain::identity::{ProviderFields, ProviderName};
use crate::manage::{Administration, IdentityProvider, ProviderTest, TestFields, provider_fields};
use actix_web::web::{Data, Path};
use serde_json::Value;
use utoipa::openapi::Object;

/// The identity providers, which vouch for people.
struct IdentityProviders;

impl Noun for IdentityProviders {
    const ID: &'static str = "IdentityProvider";
    const ONE: &'static str = "an identity provider";
    const MANY: &'static str = "identity providers";
    const NEXT: &'static [&'static str] =
        &["getIdentityProvider", "patchIdentityProvider", "deleteIdentityProvider", "testIdentityProvider"];
    const IS_NAMED_BY_RULES: bool = true;
    type Name = ProviderName;
    type Object = IdentityProvider;
    type Fields = ProviderFields;

    /// Adds the secret, because `manage` reads the secret separately from the other fields.
    fn fields() -> Object {
        provider_fields()
    }
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<IdentityProviders, _>(Administration::list_identity_providers)
}

pub(super) fn by_name() -> Vec<Verb> {
    let write_as = |kind: fn(Value) -> Write| {
        move |web: Data<Web>,
              who: SignedIn,
              name: Path<String>,
              query: After<Parameters<Moving>>,
              conditions: After<Conditions>,
              body: After<JsonBody>| async move {
            let (admin, moving) = (who.0.admin()?, query.open()?.0.is_wanted()?);
            who.0.fresh()?;
            let (precondition, body) = (conditions.open()?.precondition, kind(body.open()?.0));
            let written =
                web.administration.write_identity_provider(&admin, &name, body, precondition, moving);
            Ok::<_, ApiError>(answer::written(&written.await?))
        }
    };
    vec![
        noun::showing::<IdentityProviders>(Administration::find_identity_provider),
        Verb::put(write_as(Write::Put), || describe_put::<IdentityProviders>().query::<Moving>()),
        Verb::patch(write_as(Write::Patch), || describe_patch::<IdentityProviders>().query::<Moving>()),
        noun::deletion::<IdentityProviders>(Administration::delete_identity_provider),
    ]
}

fn describe(id: &str, summary: &str) -> Operation {
    Operation::allowed("identity providers", id, summary).path::<ProviderName>("name")
}

/// The operation that tests a provider.
pub(super) fn test() -> Vec<Verb> {
    let test = |web: Data<Web>, who: SignedIn, name: Path<String>, body: After<JsonBody>| async move {
        let (admin, body) = (who.0.admin()?, body.open()?.0);
        let found = web.administration.test_identity_provider(&admin, &name, body).await?;
        Ok::<_, ApiError>(answer::json(&found))
    };
    vec![Verb::post(test, || {
        let summary =
            "Tries an identity provider, step by step, and says what a person would get. Changes nothing.";
        describe("testIdentityProvider", summary)
            .takes::<TestFields>()
            .answers::<ProviderTest>()
            .refuses(&[INVALID])
    })]
}

/// The operation that lets the server cut off people of a provider again.
pub(super) fn release() -> Vec<Verb> {
    let release = |web: Data<Web>, who: SignedIn, name: Path<String>| async move {
        let admin = who.0.admin()?;
        web.administration.release_identity_provider(&admin, &name).await?;
        Ok::<_, ApiError>(answer::no_content())
    };
    vec![Verb::post(release, || {
        let summary = "Lets the server cut off people of an identity provider again, after it stopped because very many \
                       were gone at once.";
        describe("releaseIdentityProvider", summary).answers_nothing().conflicts()
    })]
}
