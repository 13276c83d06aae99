//! Settings of TLS: files that belong together.

use super::error::ConfigError;
use super::places::Places;
use super::sources::Given;
use std::path::PathBuf;

/// Whether clients have to show a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// They may; a wrong one is refused.
    #[default]
    Optional,
    /// They must.
    Required,
}

impl ClientAuth {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err(format!("`{text}` is neither: write `optional` or `required`")),
        }
    }
}

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate and those between it and its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs the certificates of clients; `None` when they are not asked for any.
    pub client_ca: Option<PathBuf>,
    /// Whether they have to show one.
    pub client_auth: ClientAuth,
}

impl TlsSettings {
    /// Puts together what was given, if anything was.
    pub(super) fn of(
        certificate: Option<Given>,
        key: Option<Given>,
        client_ca: Option<Given>,
        client_auth: Option<Given>,
        places: &Places,
    ) -> Result<Option<Self>, ConfigError> {
        let alone = |given: Given, what: &str, missing: &[&'static str]| {
            let message = format!("{what}: set {} as well", places.names(missing));
            Err(ConfigError::Value { place: given.place, message })
        };
        let (certificate, key) = match (certificate, key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(given), None) => return alone(given, "a certificate needs its key", &["tls_key"]),
            (None, Some(given)) => return alone(given, "a key needs its certificate", &["tls_cert"]),
            (None, None) => {
                return match client_ca.or(client_auth) {
                    Some(given) => {
                        let what = "certificates of clients need a server with TLS";
                        alone(given, what, &["tls_cert", "tls_key"])
                    }
                    None => Ok(None),
                };
            }
        };
        let client_auth = match (&client_ca, client_auth) {
            (None, Some(given)) => {
                let what = "it is not said who signs the certificates of clients";
                return alone(given, what, &["tls_client_ca"]);
            }
            (_, client_auth) => client_auth,
        };
        let path = |given: Given| PathBuf::from(given.text);
        Ok(Some(Self {
            certificate: path(certificate),
            key: path(key),
            client_ca: client_ca.map(path),
            client_auth: client_auth
                .map(|given| given.parse(ClientAuth::parse))
                .transpose()?
                .unwrap_or_default(),
        }))
    }
}
