//! Certificate authorities and certificates for tests.

use portreeve::clock::Clock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A certificate authority for a test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate for `localhost` that expires in this number of days.
    pub fn pair(&self, days: i64) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let now = time::OffsetDateTime::from_unix_timestamp(Clock::System.now().as_seconds()).unwrap();
        params.not_before = now - time::Duration::days(100);
        params.not_after = now + time::Duration::days(days);
        let issuer: &Issuer<'_, KeyPair> = &self.0;
        let certificate = params.signed_by(&key, issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Pair {
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }

    /// Writes both files into a folder, each atomically. Returns their paths.
    pub fn put(&self, folder: &Path) -> (PathBuf, PathBuf) {
        put(folder, "server.key", &self.key, 0o600);
        put(folder, "server.crt", &self.certificate, 0o644);
        (folder.join("server.crt"), folder.join("server.key"))
    }
}

/// Writes a file atomically: a reader sees the complete new file, or what was there before.
pub fn put(folder: &Path, name: &str, text: &str, mode: u32) {
    let beside = folder.join("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::set_permissions(&beside, PermissionsExt::from_mode(mode)).unwrap();
    std::fs::rename(&beside, folder.join(name)).unwrap();
}
