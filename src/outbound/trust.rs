//! Whose certificates are accepted: those of a file.

use super::client::Trust;
use rustls::crypto::ring as cryptography;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

impl Trust {
    /// Certificates that an authority of this PEM file signed, and no others. The error says what is wrong with the
    /// file.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let read = |error| format!("the file `{shown}` cannot be read: {error}");
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| read(error.to_string()))?;
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| read(error.to_string()))?;
            store.add(certificate).map_err(|error| read(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(format!("the file `{shown}` holds no certificate"));
        }
        let provider = Arc::new(cryptography::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let settings = builder.map_err(|error| error.to_string())?;
        Ok(Self::Settings(Box::new(settings.with_root_certificates(store).with_no_client_auth())))
    }
}
