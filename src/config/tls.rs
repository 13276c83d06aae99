//! The settings of TLS: the files, which need each other, and the rule for certificates of clients.

use super::error::ConfigError;
use super::places::Places;
use super::sources::Given;
use std::path::PathBuf;

/// The rule for certificates of clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// A client may show a certificate. An invalid certificate is refused.
    #[default]
    Optional,
    /// A client must show a certificate.
    Required,
}

impl ClientAuth {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err(format!("`{text}` is neither `optional` nor `required`")),
        }
    }
}

/// The files for TLS, and the rule for certificates of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate, with the intermediate certificates.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The authorities for the certificates of clients; `None` if clients are not asked for a certificate.
    pub client_ca: Option<PathBuf>,
    /// The rule for certificates of clients.
    pub client_auth: ClientAuth,
}

impl TlsSettings {
    /// Combines the settings of TLS. Returns `None` if none is set. Fails if a setting is given without another that
    /// it needs, or if the rule for certificates of clients is malformed.
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
                let what = "the authority that signs the certificates of clients is not given";
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
