//! The set-up of a service's registry: its configuration, and the files that the registry needs.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::WriteError;
use crate::domain::claims::BACKDATED_SECONDS;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::registry_configuration::{Form, render, usual_place};
use crate::domain::registry_notifications::notifications;
use crate::domain::service::{Service, ServiceName};
use crate::domain::shell;
use crate::domain::verifier::{Profile, Trust, Verifier};
use crate::token::NoSigner;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

/// The characters that are percent-encoded in a path.
// SPEC: RFC 3986 section 3.3 allows `:` in a path.
const OF_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// A public file that a registry needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegistryFile {
    /// The path of the file, as the configuration names it.
    pub path: String,
    /// The content of the file.
    pub content: String,
}

/// The set-up of a registry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegistrySetUp {
    /// The name of the service.
    pub service: ServiceName,
    /// The kind of registry.
    #[schema(value_type = Profile)]
    pub profile: &'static str,
    /// The form in which the registry gets the keys that it trusts.
    #[schema(value_type = Trust)]
    pub trust: &'static str,
    /// The format of `configuration`: `yaml`, `json` or `env`.
    pub format: &'static str,
    /// The text for the registry's configuration file or environment.
    pub configuration: String,
    /// The text for the registry's configuration file that makes the registry report its events. `ACCESS_KEY` stands
    /// for an access key whose owner has `push` on `registry:events`. Null if the service's events are not recorded,
    /// or if the registry reports in another way.
    pub notifications: Option<String>,
    /// The files that the registry needs.
    pub files: Vec<RegistryFile>,
    /// Advice for the administrator of the registry.
    pub notes: Vec<String>,
}

impl Administration {
    /// Returns the set-up of a service's registry, with its files in `directory`, or in the usual folder of this kind
    /// of registry. `format` is `yaml` (the default) or `env`. Fails for a wrong `directory` or `format`. Fails if the
    /// service does not exist, if its key does not exist yet, or if the keys folder cannot be read.
    pub async fn set_up_of(
        &self,
        admin: &Admin,
        name: &str,
        directory: Option<&str>,
        format: Option<&str>,
    ) -> Result<RegistrySetUp, ManageError> {
        let missing = || WriteError::not_found(ObjectKind::Service, name);
        let serving = self.serving.as_ref().ok_or_else(missing)?;
        let snapshot = self.snapshots.current();
        let parsed = ServiceName::parse(name).map_err(|_| missing())?;
        let service = snapshot.services.get(&parsed).ok_or_else(missing)?;
        let usable = |directory: &&str| {
            directory.starts_with('/') && directory.len() <= 1024 && !directory.contains(char::is_control)
        };
        let (usual, file) = usual_place(service);
        let directory = match directory {
            None => usual,
            Some(directory) => Some(directory).filter(usable).ok_or_else(|| {
                FieldErrors::one("directory", "must be an absolute path of at most 1024 bytes")
            })?,
        };
        let form = format.map_or(Ok(Form::default()), str::parse);
        let form = form.map_err(|_| FieldErrors::one("format", "must be `yaml` or `env`"))?;
        // The answer must include a key that another process published a moment ago.
        let looked = serving.signing_keys.refresh(admin.origin.at).await;
        looked.map_err(|_| WriteError::conflict("the keys folder cannot be read: see the server's log"))?;
        let keyring = serving.signing_keys.keyring().load();
        let unready = |error: NoSigner| WriteError::conflict(error);
        keyring.signer_for(service).map_err(unready)?;
        let content = match service.verifier.trust() {
            Trust::Bundle => keyring.ca().to_owned(),
            Trust::Jwks => keyring.jwks_for(service).body + "\n",
            Trust::Certificate => keyring
                .certificate_for(Some(&service.name))
                .ok_or_else(|| unready(NoSigner::NoKey(service.name.clone())))?,
        };
        let path = format!("{}/{file}", directory.trim_end_matches('/'));
        let configuration = render(service, &serving.realm, &serving.issuer, &path, form)
            .map_err(|error| FieldErrors::one("format", error))?;
        Ok(RegistrySetUp {
            service: service.name.clone(),
            profile: service.verifier.profile().as_str(),
            trust: service.verifier.trust().as_str(),
            format: configuration.format,
            configuration: configuration.text,
            notifications: reports(service, &serving.public_url),
            files: vec![RegistryFile { path, content }],
            notes: notes(&service.verifier, &service.name, form),
        })
    }
}

/// Returns the part of the configuration for event reports. Returns `None` if the service's events are not recorded, or
/// if the registry reports in another way.
fn reports(service: &Service, public_url: &str) -> Option<String> {
    let name = utf8_percent_encode(service.name.as_str(), OF_PATHS);
    let is_reporting = service.events && service.verifier.profile() != Profile::Zot;
    is_reporting.then(|| notifications(&format!("{public_url}/events/{name}")))
}

fn notes(verifier: &Verifier, service: &ServiceName, form: Form) -> Vec<String> {
    let rotate = format!("portreeve keys rotate{}", shell::flag("--service", service.as_str()));
    let mut notes = vec!["restart the registry: it reads this at its start only".to_owned()];
    notes.push(match verifier.trust() {
        Trust::Bundle => "keys change without any change here: the registry trusts the CA".to_owned(),
        Trust::Jwks => format!(
            "before a new key signs, the registry must have it: `{rotate}` publishes one, then write this file anew, restart the registry, and run `{rotate} --confirm`"
        ),
        Trust::Certificate => format!(
            "this registry knows one key: after `{rotate}` put the new certificate here, restart the registry, and run `{rotate} --confirm` at once"
        ),
    });
    notes.push(format!(
        "keep the clocks synchronised: this registry refuses fresh tokens when its own clock is more than {} seconds behind",
        verifier.leeway_seconds() + BACKDATED_SECONDS
    ));
    match verifier.profile() {
        Profile::Zot => notes.push(
            "zot compares neither issuer nor audience and allows no clock to be off: this key signs for this service alone; `_catalog` needs `registry:catalog:*`".to_owned(),
        ),
        Profile::Gitlab => notes.push(
            "GitLab itself cannot see this registry any more, because its own tokens are no longer accepted".to_owned(),
        ),
        _ => {}
    }
    notes.extend(reading(verifier.profile(), form));
    notes
}

/// Returns a note on the use of the configuration text; `None` if the text needs no note.
fn reading(profile: Profile, form: Form) -> Option<String> {
    let words = match form {
        Form::Env => {
            "for a shell, systemd or compose; `docker run --env-file` takes values as they are: leave the outer quotes out there"
        }
        Form::Yaml if profile == Profile::Zot => {
            "this is a whole file: in a file that zot runs with already, change `http.auth.bearer` and keep its own `storage`, `address` and `port`"
        }
        Form::Yaml => return None,
    };
    Some(words.to_owned())
}
