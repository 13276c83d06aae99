//! Writes the part of a registry's configuration that makes the registry accept the tokens of a service; for zot, a
//! whole configuration file.

use super::service::{Issuer, Service};
use super::shell;
use super::verifier::{Profile, Trust};
use serde_json::{Value, json};
use strum::{EnumString, VariantNames};

/// The form of a registry's configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Form {
    /// The configuration file of the registry: YAML, or JSON for zot.
    #[default]
    Yaml,
    /// Environment variables, one on each line, for a shell or an environment file.
    Env,
}

/// An error: the registry reads no environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("zot reads its configuration from a file only: leave `format` out")]
pub struct NoVariables;

/// The configuration as a text to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConfiguration {
    /// The format of the text: `yaml`, `json` or `env`.
    pub format: &'static str,
    /// The text of the configuration.
    pub text: String,
}

/// Returns the usual configuration folder of the service's registry, and the name of the file with the trusted
/// certificate or key set.
#[must_use]
pub fn usual_place(service: &Service) -> (&'static str, &'static str) {
    let folder = match service.verifier.profile() {
        Profile::Zot => "/etc/zot",
        Profile::Distribution3 => "/etc/distribution",
        Profile::Gitlab => "/etc/gitlab/registry",
        Profile::Distribution2 | Profile::Custom => "/etc/docker/registry",
    };
    let file = match service.verifier.trust() {
        Trust::Bundle => "portreeve-ca.crt",
        Trust::Jwks => "portreeve-jwks.json",
        Trust::Certificate => "portreeve.crt",
    };
    (folder, file)
}

/// Writes the configuration of a registry that reads its trusted certificate or key set from `file`.
// SPEC: distribution "Configuring a registry", section `auth` and "Override specific configuration options".
pub fn render(
    service: &Service,
    realm: &str,
    issuer: &Issuer,
    file: &str,
    form: Form,
) -> Result<RegistryConfiguration, NoVariables> {
    let name = service.name.as_str();
    let is_zot = service.verifier.profile() == Profile::Zot;
    match form {
        Form::Env if is_zot => return Err(NoVariables),
        Form::Yaml if is_zot => {
            return Ok(RegistryConfiguration { format: "json", text: zot(realm, name, file) });
        }
        Form::Yaml | Form::Env => {}
    }
    let holds = match service.verifier.trust() {
        Trust::Jwks => "jwks",
        Trust::Bundle | Trust::Certificate => "rootcertbundle",
    };
    let settings = [("realm", realm), ("service", name), ("issuer", issuer.as_str()), (holds, file)];
    Ok(match form {
        Form::Yaml => {
            // A JSON string is also a valid YAML string.
            let lines = settings.map(|(key, value)| format!("    {key}: {}\n", Value::from(value)));
            RegistryConfiguration { format: "yaml", text: format!("auth:\n  token:\n{}", lines.concat()) }
        }
        Form::Env => {
            let lines = settings.map(|(key, value)| {
                let value = shell::word(&yaml_scalar(value));
                format!("REGISTRY_AUTH_TOKEN_{}={value}\n", key.to_ascii_uppercase())
            });
            RegistryConfiguration { format: "env", text: format!("REGISTRY_AUTH=token\n{}", lines.concat()) }
        }
    })
}

/// Writes a whole configuration file for zot, because zot does not start without a storage folder and a port.
/// The values are those of the zot image.
// SPEC: zot "Configuring zot" and "Authentication", section bearer.
fn zot(realm: &str, name: &str, file: &str) -> String {
    let whole = json!({
        "distSpecVersion": "1.1.1",
        "storage": {"rootDirectory": "/var/lib/registry"},
        "http": {
            "address": "0.0.0.0",
            "port": "5000",
            "auth": {"bearer": {"realm": realm, "service": name, "cert": file}},
        },
        "log": {"level": "info"},
    });
    serde_json::to_string_pretty(&whole).unwrap_or_default() + "\n"
}

/// Returns a text in a form that YAML reads back unchanged. Quotes a text that YAML could read as a number, a
/// boolean or a mapping.
// INTEROP: distribution parses the value of a variable as YAML 1.1, which does not read a bare `123` or `yes` as
// text.
fn yaml_scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._:@%+- ".contains(&b))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::service::ServiceName;
    use crate::domain::verifier::Verifier;

    fn service(name: &str, profile: &str) -> Service {
        let service = Service::new(ServiceName::parse(name).unwrap());
        Service { verifier: Verifier::parse(profile, None, None).unwrap(), ..service }
    }

    #[test]
    fn a_variable_holds_what_yaml_reads_as_that_text() {
        for (name, line) in [
            ("registry.example.org:5000", "REGISTRY_AUTH_TOKEN_SERVICE=registry.example.org:5000"),
            ("Docker registry", "REGISTRY_AUTH_TOKEN_SERVICE='Docker registry'"),
            ("123", "REGISTRY_AUTH_TOKEN_SERVICE='\"123\"'"),
            ("yes", "REGISTRY_AUTH_TOKEN_SERVICE='\"yes\"'"),
            ("a: b", "REGISTRY_AUTH_TOKEN_SERVICE='\"a: b\"'"),
            ("it's", "REGISTRY_AUTH_TOKEN_SERVICE=\"\\\"it's\\\"\""),
        ] {
            let issuer = Issuer::parse("portreeve").unwrap();
            let service = service(name, "distribution-2");
            let told = render(&service, "https://a/token", &issuer, "/etc/ca.crt", Form::Env).unwrap();
            assert_eq!(told.format, "env");
            assert!(
                told.text.starts_with("REGISTRY_AUTH=token\nREGISTRY_AUTH_TOKEN_REALM=https://a/token\n")
            );
            assert!(
                told.text.ends_with("_ISSUER=portreeve\nREGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE=/etc/ca.crt\n")
            );
            assert_eq!(told.text.lines().nth(2), Some(line));
        }
    }

    #[test]
    fn zot_gets_a_whole_file_and_no_variables() {
        let issuer = Issuer::parse("portreeve").unwrap();
        let told = render(&service("z", "zot"), "r", &issuer, "/etc/zot/x", Form::Yaml).unwrap();
        let file: Value = serde_json::from_str(&told.text).unwrap();
        for path in ["/storage/rootDirectory", "/http/port", "/http/address", "/http/auth/bearer/cert"] {
            assert!(file.pointer(path).is_some_and(Value::is_string), "{path}: {file}");
        }
        assert_eq!(render(&service("z", "zot"), "r", &issuer, "/x", Form::Env), Err(NoVariables));
    }
}
