//! Decides which server certificates the doctor accepts: those that a program in Go accepts, because most clients
//! of registries are written in Go. Exception: the doctor refuses a certificate with `CA:TRUE` that is not itself
//! trusted, because other TLS libraries refuse it. Also makes the TLS settings that accept every certificate.

use crate::causes::causes;
use crate::doctor::token::certificate::Cert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring as cryptography, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The name of rustls's error for a server certificate that says `CA:TRUE`.
const AUTHORITY: &str = "CaUsedAsEndEntity";

#[derive(Debug)]
struct Verifier {
    /// All trusted certificates: the system's, and those of the given files, which may include a server's own
    /// certificate.
    given: Vec<CertificateDer<'static>>,
    store: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn chain(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(own)?;
        // INTEROP: Go accepts a certificate that is itself among the trusted ones, even with `CA:TRUE`. The
        // command `openssl req -x509` sets `CA:TRUE`.
        if self.given.iter().any(|given| given == own) {
            let cert = Cert::from_der(own).ok_or(CertificateError::BadEncoding)?;
            let at = |seconds: i64| UnixTime::since_unix_epoch(Duration::from_secs(seconds.unsigned_abs()));
            let (not_before, not_after) = (at(cert.not_before), at(cert.not_after));
            if now > not_after {
                return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
            }
            if now < not_before {
                return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
            }
            return verify_server_name(&parsed, name);
        }
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed =
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.store, between, now, algorithms);
        match signed {
            Err(error)
                if causes(&error).contains(AUTHORITY)
                    && Cert::from_der(own).is_some_and(|cert| cert.issuer == cert.subject) =>
            {
                Err(CertificateError::UnknownIssuer.into())
            }
            other => other.and_then(|()| verify_server_name(&parsed, name)),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.chain(own, between, name, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, own, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, own, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The verifier that accepts every certificate, so that the doctor can examine a server with an invalid
/// certificate.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _own: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _own: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _own: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        use SignatureScheme as S;
        // The old signature schemes are allowed too: over this connection the doctor examines a server that
        // it does not trust, and sends no secret.
        vec![
            S::RSA_PKCS1_SHA1,
            S::ECDSA_SHA1_Legacy,
            S::RSA_PKCS1_SHA256,
            S::ECDSA_NISTP256_SHA256,
            S::RSA_PKCS1_SHA384,
            S::ECDSA_NISTP384_SHA384,
            S::RSA_PKCS1_SHA512,
            S::ECDSA_NISTP521_SHA512,
            S::RSA_PSS_SHA256,
            S::RSA_PSS_SHA384,
            S::RSA_PSS_SHA512,
            S::ED25519,
            S::ED448,
        ]
    }
}

/// Returns the error for a file that cannot be used.
fn bad(path: &Path, why: &(dyn std::error::Error + 'static)) -> String {
    format!("`{}` cannot be used: {}", path.display(), causes(why))
}

/// Reads the certificates in these files. Fails if a file cannot be read, or contains no certificate in PEM form.
pub(in crate::doctor) fn read_roots(paths: &[PathBuf]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut roots = Vec::new();
    for path in paths {
        let text = std::fs::read(path).map_err(|error| bad(path, &error))?;
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let found = found.map_err(|error| bad(path, &error))?;
        if found.is_empty() {
            let path = path.display();
            return Err(format!("`{path}` cannot be used: it holds no certificate in PEM form"));
        }
        roots.extend(found);
    }
    Ok(roots)
}

/// The certificate that the client shows, and its key.
pub(in crate::doctor) struct Pair {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The file of the certificate.
    path: PathBuf,
}

impl Pair {
    /// Reads the file of a certificate and the file of its key.
    pub(in crate::doctor) fn read((certificate, key): &(PathBuf, PathBuf)) -> Result<Self, String> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| bad(certificate, &error));
        // Each of the two files may contain both the certificate and the key.
        let pem = Zeroizing::new([read(key)?, b"\n".to_vec(), read(certificate)?].concat());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.map_err(|error| bad(certificate, &error))?;
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| bad(certificate, &error))?;
        Ok(Self { chain, key, path: certificate.clone() })
    }
}

/// Returns TLS settings that verify servers with a [`Verifier`]. The settings trust the system's authorities and
/// `roots`. The client shows the certificate in `pair`.
pub(in crate::doctor) fn verified(
    roots: Vec<CertificateDer<'static>>,
    pair: Option<&Pair>,
) -> Result<ClientConfig, String> {
    let given: Vec<_> = rustls_native_certs::load_native_certs().certs.into_iter().chain(roots).collect();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(given.iter().cloned());
    let provider = Arc::new(cryptography::default_provider());
    settings(Arc::new(Verifier { given, store, provider }), pair)
}

/// Returns TLS settings that trust the system's authorities and those in `files`. The error names the file
/// that cannot be used.
pub fn trusting(files: &[PathBuf]) -> Result<ClientConfig, String> {
    verified(read_roots(files)?, None)
}

/// Returns TLS settings that accept every certificate. The client shows the certificate in `pair`.
pub(in crate::doctor) fn unverified(pair: Option<&Pair>) -> Result<ClientConfig, String> {
    settings(Arc::new(Anyone), pair)
}

fn settings(verifier: Arc<dyn ServerCertVerifier>, pair: Option<&Pair>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(cryptography::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match pair {
        None => Ok(builder.with_no_client_auth()),
        Some(Pair { chain, key, path }) => {
            builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(|error| bad(path, &error))
        }
    }
}

/// Describes in plain words why a certificate is refused. In these words, `it` is the certificate.
pub(in crate::doctor) fn words(reason: &str) -> String {
    let begins = |words: &str| reason.starts_with(words);
    if reason.contains("not valid for") {
        return format!("it is refused: {reason}");
    }
    if begins("UnknownIssuer") {
        "it is signed by an authority that is not known here"
    } else if begins("certificate expired") || begins("Expired") {
        "it has expired"
    } else if begins("certificate not valid yet") || begins("NotValidYet") {
        "it is not valid yet"
    } else if begins("NotValidForName") {
        "it is for another name"
    } else if reason.contains(AUTHORITY) {
        "it belongs to an authority (`CA:TRUE`): Go accepts it from a server, and other TLS libraries refuse it"
    } else if begins("BadSignature") {
        "it is not signed by the authority that it names"
    } else if begins("BadEncoding") {
        "it is damaged"
    } else {
        "it is of a kind that TLS libraries refuse"
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    #[test]
    fn a_trusted_certificate_counts_for_its_names_and_its_time() {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let date = |seconds: i64| time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        (params.not_before, params.not_after) = (date(1_000), date(2_000));
        let cert = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let own = cert.der().clone();
        let verifier = |given: Vec<CertificateDer<'static>>| {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(given.iter().cloned());
            Verifier { given, store, provider: Arc::new(cryptography::default_provider()) }
        };
        let trusting = verifier(vec![own.clone()]);
        for (verifier, name, now, expected) in [
            (&trusting, "a.example", 1_500, None),
            (&trusting, "b.example", 1_500, Some("not valid for")),
            (&trusting, "a.example", 2_001, Some("certificate expired")),
            (&trusting, "a.example", 999, Some("not valid yet")),
            (&verifier(Vec::new()), "a.example", 1_500, Some("UnknownIssuer")),
        ] {
            let name = ServerName::try_from(name).unwrap();
            let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
            let said = verifier.chain(&own, &[], &name, now).err().map(|error| error.to_string());
            assert_eq!(said.is_some(), expected.is_some(), "{expected:?}: {said:?}");
            assert!(said.as_deref().unwrap_or_default().contains(expected.unwrap_or_default()), "{said:?}");
        }
    }
}
