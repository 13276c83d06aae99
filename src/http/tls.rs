//! TLS of the server's own: certificate and key from files, exchanged while it runs.
//!
//! Connections keep what they began with; each new handshake takes the pair of that moment. Files
//! that cannot be used leave the pair as it is.

use crate::domain::shell;
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
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Largest file that is read, bytes.
const LARGEST: u64 = 1024 * 1024;

/// Where certificate and key are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those between it and its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signs the certificates of clients; `None` when they are not asked for any.
    pub client_ca: Option<PathBuf>,
    /// Whether clients must show a certificate.
    pub client_required: bool,
}

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Others may read the key.
    #[error("`{path}` is open to others (mode {mode:03o}): run `chmod 600 {}`", shell::path(.path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file is not what it should be.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The key is another's.
    #[error(
        "the key `{key}` does not belong to the certificate `{certificate}`: bring the pair, and in the file of the certificate the server's own first, before those of its authorities"
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
        /// When.
        end: Timestamp,
    },
    /// The library refused.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// What tells that a file has changed.
type Look = Option<(u64, u64, u64, (i64, i64), (i64, i64))>;

/// How the files of certificate and key looked.
#[derive(Debug)]
struct Looks {
    /// When they were last read.
    read: [Look; 2],
    /// When they were last looked at.
    before: [Look; 2],
}

/// What became of the files.
#[derive(Debug)]
pub enum Followed {
    /// Nothing.
    Unchanged,
    /// They were exchanged and are in use, until then.
    Renewed(Timestamp),
    /// They changed and cannot be used; the pair in use is as it was.
    Refused(TlsError),
}

/// A pair in use.
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
    /// Whether newer files cannot be used.
    refused: AtomicBool,
    looks: Mutex<Looks>,
}

impl Tls {
    /// Reads and checks certificate and key.
    pub fn open(files: TlsFiles, now: Timestamp) -> Result<Self, TlsError> {
        let read = looks(&files);
        let served = ArcSwap::from_pointee(read_pair(&files, now)?);
        let looks = Mutex::new(Looks { read, before: read });
        let tls = Self { files, served, refused: AtomicBool::new(false), looks };
        tls.client_roots()?;
        Ok(tls)
    }

    /// Looks at the files. When they changed and then stayed as they are from one look to the next,
    /// they are read, and the pair in them is for the handshakes to come.
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

    /// When the certificate in use begins.
    #[must_use]
    pub fn begin(&self) -> Timestamp {
        self.served.load().begin
    }

    /// When the certificate in use ends.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.served.load().end
    }

    /// How near the end of the certificate is: 0 for farther than 30 days, then more for 30, 7, 1
    /// and none.
    #[must_use]
    pub fn urgency(&self, now: Timestamp) -> usize {
        self.end().urgency(now)
    }

    /// What the operator should know of the certificate.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let served = self.served.load();
        // Anybody may read these, so the folder is left out.
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
            let message = format!("the TLS certificate {path} is good from {} on only", served.begin);
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

    /// What the listener needs.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(cryptography::default_provider());
        // TLS 1.2 and 1.3.
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

/// Reads a private key that only its owner may read: PKCS#8, PKCS#1 or SEC1.
fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let mode = fs::metadata(path).map_err(io(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(TlsError::Exposed { path: path.to_owned(), mode });
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
    let key = read_key(&files.key)?;
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
