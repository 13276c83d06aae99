//! The registry's certificate, and docker's reaction to it.

use crate::clinic::{Clinic, Diagnosis, PASSWORD};
use crate::front::{Front, Manner};
use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A certificate authority for servers.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let name = format!("authority {:x?}", &key.public_key_raw()[1..5]);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Writes the certificate of the authority into a folder. Returns the path.
    pub fn write(&self, folder: &Path, name: &str) -> String {
        let path = folder.join(name);
        std::fs::write(&path, &self.pem).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn leaf(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// Builds the TLS settings for a server in this process.
    pub fn server(&self, name: &str) -> Arc<ServerConfig> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (leaf, key) = self.leaf(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![leaf.der().clone()], key).unwrap())
    }

    /// Makes the registry of a clinic speak TLS, with a certificate for `name`.
    pub fn of_registry(&self, clinic: &Clinic, name: &str) {
        let (leaf, key) = self.leaf(name);
        let (certificate, secret) = (clinic.path().join("tls.crt"), clinic.path().join("tls.key"));
        std::fs::write(&certificate, leaf.pem()).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        clinic.write_file(&format!(
            "  tls:\n    certificate: {}\n    key: {}\n",
            certificate.display(),
            secret.display()
        ));
    }
}

#[test]
fn a_registry_with_a_certificate_of_an_unknown_authority() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "localhost");
    let front = Front::before(clinic.server_port, Some(authority.server("localhost")), Manner::Plain);
    clinic.set("realm", &format!("\"https://localhost:{}/token\"", front.port));
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    // On the same machine docker continues without verification, so the finding is a warning.
    let tls = said.of("warning").into_iter().find(|(check, _, _)| check == "tls").unwrap();
    assert!(tls.1.contains("signed by an authority that is not known here"), "{said:#?}");
    let ca = authority.write(clinic.path(), "tls-ca.crt");
    let said = clinic.doctor(&["--ca", &ca]);
    said.healthy();
    assert!(said.of("ok")[0].1.contains("over https, with a certificate for localhost"), "{said:#?}");
}

#[test]
fn a_certificate_for_another_name() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "registry.example.org");
    clinic.start_registry();
    let ca = authority.write(clinic.path(), "tls-ca.crt");
    let said = clinic.doctor(&["--ca", &ca]);
    let tls = said.of("warning").into_iter().find(|(check, _, _)| check == "tls").unwrap();
    assert!(tls.1.contains("registry.example.org") && tls.2.contains("localhost"), "{said:#?}");
}

#[test]
fn a_registry_that_was_named_with_the_wrong_scheme() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "localhost");
    clinic.start_registry();
    let url = format!("http://{}", clinic.registry());
    clinic.ask(&[&url, "--output", "json"], "").one_problem("registry", "speaks https only");
    clinic.write_file("");
    clinic.start_registry();
    let url = format!("https://{}", clinic.registry());
    clinic.ask(&[&url, "--output", "json"], "").one_problem("registry", "does not speak TLS");
}

/// Gives the registry a name that docker does not treat as its own machine. Returns the arguments, and the registry's
/// folder in certs.d.
fn elsewhere(clinic: &mut Clinic, authority: &Authority) -> (Vec<String>, PathBuf) {
    let host = "0.0.0.0";
    authority.of_registry(clinic, host);
    let front = Front::before(clinic.server_port, Some(authority.server(host)), Manner::Plain);
    clinic.set("realm", &format!("\"https://{host}:{}/token\"", front.port));
    clinic.start_registry();
    let name = format!("{host}:{}", clinic.registry_port);
    let root = clinic.path().join("certs.d");
    let own = root.join(&name);
    std::fs::create_dir_all(&own).unwrap();
    let (file, root) = (clinic.file(), root.to_str().unwrap());
    let config = file.to_str().unwrap();
    let arguments =
        [&name, "--user", "admin", "--output", "json", "--registry-config", config, "--certs-dir", root];
    (arguments.map(str::to_owned).to_vec(), own)
}

fn ask(clinic: &Clinic, arguments: &[String]) -> Diagnosis {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    clinic.ask(&arguments, PASSWORD)
}

#[test]
fn a_client_certificate_without_its_key() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    let (arguments, own) = elsewhere(&mut clinic, &authority);
    authority.write(&own, "ca.crt");
    ask(&clinic, &arguments).healthy();
    let (leaf, key) = authority.leaf("client");
    // The certificate and the key are in one file, as other programs have them.
    std::fs::write(own.join("client.cert"), leaf.pem() + &key.serialize_pem()).unwrap();
    let fix = ask(&clinic, &arguments).one_problem("certs.d", "client.cert` has no `client.key` beside it");
    clinic.apply(&fix);
    ask(&clinic, &arguments).healthy();
}

#[test]
fn an_authority_in_a_file_that_docker_ignores() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    let (arguments, own) = elsewhere(&mut clinic, &authority);
    authority.write(&own, "ca.pem");
    let fix = ask(&clinic, &arguments).one_problem("tls", "signed by an authority that is not known here");
    assert!(fix.contains("ca.pem"), "{fix}");
    clinic.apply(&fix);
    ask(&clinic, &arguments).healthy();
}

#[test]
fn an_authority_that_docker_was_not_given() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    let (arguments, _) = elsewhere(&mut clinic, &authority);
    authority.write(clinic.path(), "CA.crt");
    let fix = ask(&clinic, &arguments).one_problem("tls", "signed by an authority that is not known here");
    clinic.apply(&fix);
    ask(&clinic, &arguments).healthy();
}

#[test]
fn plain_http_where_docker_wants_tls() {
    let mut clinic = Clinic::open();
    clinic.set("realm", &format!("\"http://0.0.0.0:{}/token\"", clinic.server_port));
    clinic.start_registry();
    let name = format!("0.0.0.0:{}", clinic.registry_port);
    let daemon = clinic.path().join("daemon.json");
    std::fs::write(&daemon, "{}").unwrap();
    let arguments =
        [&name, "--user", "admin", "--output", "json", "--daemon-config", daemon.to_str().unwrap()];
    let said = clinic.ask(&arguments, PASSWORD);
    let fix = said.one_problem("insecure-registries", "answers over plain http only");
    let line = fix.split('`').find(|part| part.starts_with("\"insecure-registries\"")).unwrap();
    std::fs::write(&daemon, format!("{{{line}}}")).unwrap();
    let said = clinic.ask(&arguments, PASSWORD);
    said.healthy();
    // Docker sends the password unencrypted to this address. A warning says so.
    assert!(said.of("warning").iter().any(|(check, _, _)| check == "credentials"), "{said:#?}");
}
