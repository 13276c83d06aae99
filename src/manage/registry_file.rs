//! How the registry of a service is to be set up: its configuration, and the files that it must hold.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::WriteError;
use crate::domain::claims::BACKDATED_SECONDS;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::registry_configuration::{Form, render, usual_place};
use crate::domain::service::ServiceName;
use crate::domain::shell;
use crate::domain::verifier::{Profile, Trust, Verifier};
use crate::token::NoSigner;
use serde::Serialize;
use utoipa::ToSchema;

/// A file that a registry must hold. It is public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegistryFile {
    /// Where the configuration says it is.
    pub path: String,
    /// What it holds.
    pub content: String,
}

/// How a registry is to be set up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RegistrySetUp {
    /// The service.
    pub service: ServiceName,
    /// The kind of registry.
    #[schema(value_type = Profile)]
    pub profile: &'static str,
    /// How it knows keys.
    #[schema(value_type = Trust)]
    pub trust: &'static str,
    /// `yaml`, `json` or `env`.
    pub format: &'static str,
    /// What belongs in its configuration file or environment.
    pub configuration: String,
    /// What must be beside it.
    pub files: Vec<RegistryFile>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

impl Administration {
    /// How the registry of a service is to be set up, with its files in `directory`, or where such registries
    /// usually have them. `format` is `yaml` (the default) or `env`.
    /// Fails when there is no such service, and when its key is not there yet.
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
        // A key that was published beside the server a moment ago is to be in it.
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
            files: vec![RegistryFile { path, content }],
            notes: notes(&service.verifier, &service.name, form),
        })
    }
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
        "keep the clocks synchronised: this registry refuses fresh tokens when its own is more than {} seconds behind",
        verifier.leeway_seconds() + BACKDATED_SECONDS
    ));
    match verifier.profile() {
        Profile::Zot => notes.push(
            "zot compares neither issuer nor audience and allows no clock to be off: this key signs for this service alone; `_catalog` is for who holds `registry:catalog:*`".to_owned(),
        ),
        Profile::Gitlab => notes.push(
            "GitLab itself cannot see this registry any more, because its own tokens are no longer accepted".to_owned(),
        ),
        _ => {}
    }
    notes.extend(reading(verifier.profile(), form));
    notes
}

/// How the text is to be read.
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
