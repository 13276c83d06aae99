//! A self-signed certificate with `CA:TRUE`, as `openssl req -x509` makes it.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::front::{Front, Manner};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::path::PathBuf;
use std::sync::Arc;

/// A host that docker does not treat as its own machine.
const HOST: &str = "0.0.0.0";

/// A registry with a self-signed certificate, and its folder in certs.d, which contains the certificate as `ca.crt`.
struct Scene {
    clinic: Clinic,
    own: PathBuf,
    _front: Front,
}

impl Scene {
    fn new(name: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut clinic = Clinic::open();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let cert = params.self_signed(&key).unwrap();
        let path = |name: &str| clinic.path().join(name);
        std::fs::write(path("tls.crt"), cert.pem()).unwrap();
        std::fs::write(path("tls.key"), key.serialize_pem()).unwrap();
        let (pem, secret) = (path("tls.crt"), path("tls.key"));
        let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", pem.display(), secret.display());
        clinic.write_file(&tls);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let front = Front::before(clinic.server_port, Some(Arc::new(config)), Manner::Plain);
        clinic.set("realm", &format!("\"https://{HOST}:{}/token\"", front.port));
        clinic.start_registry();
        let own = clinic.path().join("certs.d").join(format!("{HOST}:{}", clinic.registry_port));
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join("ca.crt"), cert.pem()).unwrap();
        Self { clinic, own, _front: front }
    }

    fn ask(&self) -> Diagnosis {
        let name = format!("{HOST}:{}", self.clinic.registry_port);
        let root = self.own.parent().unwrap().to_str().unwrap();
        let arguments = [&name, "--user", "admin", "--output", "json", "--certs-dir", root];
        self.clinic.ask(&arguments, PASSWORD)
    }
}

#[test]
fn a_certificate_that_is_trusted_itself() {
    let scene = Scene::new(HOST);
    let said = scene.ask();
    said.healthy();
    assert!(said.of("ok").iter().any(|(_, what, _)| what.contains("over https")), "{said:#?}");
    // Without trust, the certificate is as unknown as any other.
    std::fs::remove_file(scene.own.join("ca.crt")).unwrap();
    scene.ask().one_problem("tls", "signed by an authority that is not known here");
}

#[test]
fn a_certificate_that_is_trusted_itself_but_for_another_name() {
    let said = Scene::new("registry.example.org").ask();
    let tls = said.of("problem").into_iter().find(|(check, _, _)| check == "tls").unwrap();
    assert!(tls.1.contains("is only valid for") || tls.1.contains("another name"), "{said:#?}");
    assert!(!said.out.contains("Other("), "{said:#?}");
}
