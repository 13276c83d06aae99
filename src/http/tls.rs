//! The server's own TLS: certificate and key come from files, which may be replaced while the server runs.
//!
//! An open connection keeps the certificate and key with which it began. Each new handshake takes the current pair.
//! If the new files cannot be used, the current pair stays. The authorities for certificates of clients are read only
//! at the start.

use crate::domain::exposure::{Exposure, Guard};
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::token::x509::Certificate;
use arc_swap::ArcSwap;
use rustls::crypto::ring as cryptography;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// The greatest length of a file that is read, bytes.
const LARGEST: u64 = 1024 * 1024;

/// The paths of the files for TLS, and the rules for them.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The file with the server's certificate and the intermediate certificates.
    pub certificate: PathBuf,
    /// The file of the private key.
    pub key: PathBuf,
    /// The file of the authorities that sign the certificates of clients; `None` if clients are not asked for
    /// a certificate.
    pub client_ca: Option<PathBuf>,
    /// True if clients must show a certificate.
    pub client_required: bool,
    /// The system users who may own, read and replace the file of the key.
    pub guard: Guard,
}

/// The reason why the files for TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Other users may read or replace the key.
    #[error("{}", why.told(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// The fault of the file's owner or mode.
        why: Exposure,
    },
    /// A file has wrong content.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The key does not belong to the certificate.
    #[error(
        "the key `{key}` does not belong to the certificate `{certificate}`: bring a key and a certificate that belong together, and put the server's own certificate first in its file, before the certificates of its authorities"
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate has ended.
    #[error("the certificate `{path}` ended at {end}: bring a new one")]
    Expired {
        /// The file.
        path: PathBuf,
        /// The time at which the certificate ended.
        end: Timestamp,
    },
    /// The TLS library refused the certificate, the key or the settings.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// The properties by which a change of a file is noticed; `None` if the file cannot be read.
type Look = Option<(u64, u64, u64, (i64, i64), (i64, i64))>;

/// The state of the files of the certificate and the key.
#[derive(Debug)]
struct Looks {
    /// The state of the files when they were last read.
    read: [Look; 2],
    /// The state of the files at the last look.
    before: [Look; 2],
}

/// The result of a look at the files.
#[derive(Debug)]
pub enum Followed {
    /// The files have not changed, or may still be changing: they differ between this look and the last one.
    Unchanged,
    /// The new pair is in use. Contains the end of its certificate.
    Renewed(Timestamp),
    /// The files changed and cannot be used. The pair in use stays.
    Refused(TlsError),
}

/// The pair in use.
#[derive(Debug)]
struct Served {
    key: Arc<CertifiedKey>,
    begin: Timestamp,
    end: Timestamp,
    has_names: bool,
}

/// The server's TLS.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    served: ArcSwap<Served>,
    /// True if newer files cannot be used.
    refused: AtomicBool,
    looks: Mutex<Looks>,
}

impl Tls {
    /// Reads and checks the certificate, the key, and the authorities for certificates of clients.
    pub fn open(files: TlsFiles, now: Timestamp) -> Result<Self, TlsError> {
        let read = looks(&files);
        let served = ArcSwap::from_pointee(read_pair(&files, now)?);
        let looks = Mutex::new(Looks { read, before: read });
        let tls = Self { files, served, refused: AtomicBool::new(false), looks };
        tls.client_roots()?;
        Ok(tls)
    }

    /// Looks at the files of the certificate and the key. If they changed, and the last look found them in the same
    /// state as this look, reads them and takes the new pair for new handshakes.
    pub fn follow(&self, now: Timestamp) -> Followed {
        let found = looks(&self.files);
        {
            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            let is_settled = std::mem::replace(&mut looks.before, found) == found;
            if found == looks.read || !is_settled {
                return Followed::Unchanged;
            }
            looks.read = found;
        }
        match read_pair(&self.files, now) {
            Ok(served) => {
                let end = served.end;
                self.served.store(Arc::new(served));
                self.refused.store(false, Ordering::Release);
                Followed::Renewed(end)
            }
            Err(error) => {
                self.refused.store(true, Ordering::Release);
                Followed::Refused(error)
            }
        }
    }

    /// Returns the time at which the certificate in use begins.
    #[must_use]
    pub fn begin(&self) -> Timestamp {
        self.served.load().begin
    }

    /// Returns the time at which the certificate in use ends.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.served.load().end
    }

    /// Returns the urgency of a new certificate: 0 until 30 days before the end of the present one, and higher numbers
    /// from 30 days, 7 days and 1 day before that end, and after it.
    #[must_use]
    pub fn urgency(&self, now: Timestamp) -> usize {
        self.end().urgency(now)
    }

    /// Returns warnings for the operator about the certificate.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let served = self.served.load();
        // Anybody may read these warnings, so they do not contain the folder.
        let path = self.files.certificate.file_name().unwrap_or_default().display();
        let mut warnings = Vec::new();
        let mut warn = |code, message: String| warnings.push(Warning::new(code, message));
        if served.end <= now {
            let message = format!("the TLS certificate {path} ended at {}: clients refuse it", served.end);
            warn("tls-certificate-ended", message);
        } else if self.urgency(now) > 0 {
            warn("certificate-ends", format!("the TLS certificate {path} ends at {}", served.end));
        }
        if now < served.begin {
            let message = format!("the TLS certificate {path} is not valid before {}", served.begin);
            warn("tls-certificate-early", message);
        }
        if !served.has_names {
            let message = format!(
                "the TLS certificate {path} has no subject alternative names: docker and others refuse it"
            );
            warn("tls-certificate-nameless", message);
        }
        if self.refused.load(Ordering::Acquire) {
            warn("tls-files-refused", "newer TLS files cannot be used: the log says why".to_owned());
        }
        warnings
    }

    fn client_roots(&self) -> Result<Option<RootCertStore>, TlsError> {
        let Some(path) = &self.files.client_ca else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(path)? {
            roots.add(certificate).map_err(|error| broken(path, error))?;
        }
        Ok(Some(roots))
    }

    /// Returns the TLS configuration of the listener.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(cryptography::default_provider());
        // The safe default versions are TLS 1.2 and 1.3.
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = match self.client_roots()? {
            None => builder.with_no_client_auth(),
            Some(roots) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier =
                    if self.files.client_required { verifier } else { verifier.allow_unauthenticated() };
                let verifier = verifier.build().map_err(|error| {
                    broken(self.files.client_ca.as_deref().unwrap_or(Path::new("")), error)
                })?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.served.load().key.clone())
    }
}

fn broken(path: &Path, reason: impl ToString) -> TlsError {
    TlsError::Broken { path: path.to_owned(), reason: reason.to_string() }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::File { path: path.clone(), source }
}

fn looks(files: &TlsFiles) -> [Look; 2] {
    [look(&files.certificate), look(&files.key)]
}

fn look(path: &Path) -> Look {
    let metadata = fs::metadata(path).ok()?;
    let (changed, touched) =
        ((metadata.ctime(), metadata.ctime_nsec()), (metadata.mtime(), metadata.mtime_nsec()));
    Some((metadata.dev(), metadata.ino(), metadata.len(), touched, changed))
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    if fs::metadata(path).map_err(io(path))?.len() > LARGEST {
        return Err(broken(path, "it is too large"));
    }
    fs::read(path).map_err(io(path))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(broken(path, "it holds no certificate in PEM form")),
    }
}

/// Reads a private key: PKCS#8, PKCS#1 or SEC1. Fails if other users can read or replace the file.
fn read_key(path: &Path, guard: Guard) -> Result<PrivateKeyDer<'static>, TlsError> {
    let metadata = fs::metadata(path).map_err(io(path))?;
    if let Some(why) = guard.judge(metadata.uid(), metadata.mode(), false) {
        return Err(TlsError::Exposed { path: path.to_owned(), why });
    }
    let text = Zeroizing::new(read(path)?);
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        let is_encrypted = text.windows(9).any(|window| window == b"ENCRYPTED");
        broken(
            path,
            if is_encrypted {
                "it is encrypted: write it without pass phrase, for example with `openssl pkey -in FILE`"
            } else {
                "it holds no private key in PEM form"
            },
        )
    })
}

fn read_pair(files: &TlsFiles, now: Timestamp) -> Result<Served, TlsError> {
    let path = &files.certificate;
    let chain = read_certificates(path)?;
    let key = read_key(&files.key, files.guard)?;
    let provider = cryptography::default_provider();
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|_| broken(&files.key, "its kind cannot be used: bring P-256, P-384, Ed25519 or RSA"))?;
    let leaf = chain.first().ok_or_else(|| broken(path, "it holds no certificate in PEM form"))?;
    let leaf = Certificate::from_der(leaf).map_err(|error| broken(path, error))?;
    let (begin, end, has_names) = (leaf.not_before, leaf.not_after, leaf.names.is_some());
    let key = CertifiedKey::new(chain.clone(), key);
    match key.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(TlsError::Mismatch { certificate: path.clone(), key: files.key.clone() });
        }
        Err(error) => return Err(broken(path, error)),
    }
    if end <= now {
        return Err(TlsError::Expired { path: path.clone(), end });
    }
    Ok(Served { key: Arc::new(key), begin, end, has_names })
}
