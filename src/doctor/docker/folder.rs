//! Reads a folder of certificates as docker does: `.crt` files are authorities, `X.cert` and `X.key` are a pair.
//! Docker silently ignores every other file, except the hosts.toml of its containerd store. That store also accepts
//! a certificate and key in one `.cert` file.

use crate::doctor::report::finding::Finding;
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::token::x509::{Certificate, pem_blocks};
use rustls::crypto::ring as cryptography;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The name of the check for findings about certs.d.
pub(super) const CHECK: &str = "certs.d";
/// The greatest size of a file that is read, bytes.
const LARGEST: u64 = 1024 * 1024;
/// Extensions of files that people expect docker to read, whatever their case. Docker reads only `.crt`,
/// `.cert` and `.key`, in lower case.
const MISTAKEN: [&str; 6] = ["pem", "cer", "ca", "crt", "cert", "key"];
const DOCKER_FAILS: &str = "docker then fails every request to this registry";

/// The certificates and keys that docker reads from a folder.
#[derive(Debug, Default)]
pub(in crate::doctor) struct Folder {
    pub(in crate::doctor) roots: Vec<PathBuf>,
    pub(in crate::doctor) pairs: Vec<(PathBuf, PathBuf)>,
    pub(in crate::doctor) findings: Vec<Finding>,
}

/// Returns the finding about a file or folder that cannot be read.
pub(in crate::doctor) fn reading(path: &Path, error: &std::io::Error) -> Finding {
    let what = format!("`{}` cannot be read: {error}", path.display());
    if error.kind() == ErrorKind::PermissionDenied {
        let why = "dockerd runs as root and can read this path; the doctor cannot";
        Finding::warning(CHECK, what, why).fix("run this command with `sudo`")
    } else {
        let fix = format!("`rm {}`, or put a readable file there", shell::path(path));
        Finding::problem(CHECK, what, DOCKER_FAILS).fix(fix)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Finding> {
    let length = std::fs::metadata(path).map_err(|error| reading(path, &error))?.len();
    if length > LARGEST {
        return Err(reading(path, &std::io::Error::other("the file is too large")));
    }
    std::fs::read(path).map(Zeroizing::new).map_err(|error| reading(path, &error))
}

/// The content of a PEM file.
#[derive(Debug, Default, Clone)]
struct Content {
    /// The end of each certificate, and the certificate in DER.
    certificates: Vec<(Timestamp, Vec<u8>)>,
    /// True if the first certificate is an authority's, or is self-signed.
    is_authority: bool,
    has_key: bool,
}

impl Content {
    fn of(text: &[u8]) -> Self {
        let mut content = Self::default();
        for block in pem_blocks(text).flatten() {
            content.has_key |= block.label.ends_with("PRIVATE KEY");
            if let Ok(read) = Certificate::from_der(&block.contents) {
                if content.certificates.is_empty() {
                    content.is_authority = read.is_ca || read.issuer == read.subject;
                }
                content.certificates.push((read.not_after, read.der));
            }
        }
        content
    }
}

/// The program that reads the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doctor) enum Reader {
    /// Docker's own store.
    Docker,
    /// Docker's own store, if the folder has a hosts.toml. That file can name any other file of the folder, so the
    /// doctor reports no file as ignored.
    DockerBesideToml,
    /// Containerd's store, which also accepts a client key in the `.cert` file.
    Containerd,
}

impl Folder {
    /// Reads a folder, and finds its faults.
    pub(in crate::doctor) fn read(path: &Path, reader: Reader, now: Timestamp) -> Self {
        let inline_keys = reader == Reader::Containerd;
        let mut folder = Self::default();
        let mut names: Vec<String> = match std::fs::read_dir(path) {
            Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(),
            Err(error) => {
                folder.findings.push(reading(path, &error));
                return folder;
            }
        };
        names.sort();
        for name in &names {
            let file = path.join(name);
            let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
            let has = |ending: &str| names.contains(&format!("{stem}.{ending}"));
            match ending {
                "crt" => folder.authority(&file, now),
                "cert" if has("key") => folder.pair(&file, &file.with_extension("key"), now),
                "cert" if inline_keys => folder.pair(&file, &file, now),
                "cert" => folder.lonely_certificate(&file),
                "key" if !has("cert") && !inline_keys => folder.lonely_key(&file, has("crt")),
                "key" | "toml" => {}
                _ if reader == Reader::DockerBesideToml => {}
                other if MISTAKEN.contains(&other.to_ascii_lowercase().as_str()) => {
                    folder.ignored(&file, path)
                }
                _ => {}
            }
        }
        if folder.findings.is_empty() {
            let pair = if folder.pairs.is_empty() { "no client certificate" } else { "a client certificate" };
            folder.findings.push(Finding::ok(
                CHECK,
                format!(
                    "`{}` is read: {} file(s) of authorities, {pair}",
                    path.display(),
                    folder.roots.len()
                ),
            ));
        }
        folder
    }

    /// Reads the file of an authority, and reports its faults.
    pub(in crate::doctor) fn authority(&mut self, file: &Path, now: Timestamp) {
        let text = match read(file) {
            Ok(text) => text,
            Err(finding) => return self.findings.push(finding),
        };
        let (content, path) = (Content::of(&text), file.display());
        if content.certificates.is_empty() {
            let is_der = Certificate::from_der(&text).is_ok();
            let target = shell::path(file);
            let fix = if is_der {
                let made = shell::path(&free(beside(file, "pem")));
                format!("`openssl x509 -inform DER -in {target} -out {made} && mv {made} {target}`")
            } else {
                format!("`rm {target}`, and put the authority's certificate there in PEM form")
            };
            let what = format!("`{path}` holds no certificate in PEM form");
            let why = "docker's own store ignores this file silently, and the store of containerd then fails every request";
            return self.findings.push(Finding::problem(CHECK, what, why).fix(fix));
        }
        let ended: Vec<Timestamp> =
            content.certificates.iter().map(|(end, _)| *end).filter(|end| *end <= now).collect();
        if let Some(end) = ended.first() {
            let what = format!("a certificate in `{path}` ended at {end}");
            let why = "docker refuses certificates that this authority signed";
            let fix = format!("replace `{path}` by the authority's new certificate");
            let all = ended.len() == content.certificates.len();
            let level = if all { Finding::problem } else { Finding::warning };
            self.findings.push(level(CHECK, what, why.to_owned()).fix(fix));
        }
        self.roots.push(file.to_owned());
    }

    /// Reads the certificate and key of a client, and reports their faults.
    pub(in crate::doctor) fn pair(&mut self, certificate: &Path, key: &Path, now: Timestamp) {
        let (text, secret) = match (read(certificate), read(key)) {
            (Ok(text), Ok(secret)) => (text, secret),
            (text, secret) => {
                return self.findings.extend([text.err(), secret.err()].into_iter().flatten());
            }
        };
        let mut broken = |what: String, fix: String| {
            self.findings.push(Finding::problem(CHECK, what, DOCKER_FAILS).fix(fix));
        };
        let off = put_aside(certificate);
        let content = Content::of(&text);
        let Some((end, _)) = content.certificates.first() else {
            let what = format!("`{}` holds no certificate in PEM form", certificate.display());
            return broken(what, format!("put the client's certificate there, or {off}"));
        };
        let Ok(parsed) = PrivateKeyDer::from_pem_slice(&secret) else {
            let what = format!(
                "`{}` contains no private key in PEM form, or its key has a pass phrase",
                key.display()
            );
            return broken(what, format!("put the key of `{}` there", certificate.display()));
        };
        let chain = content.certificates.iter().map(|(_, der)| der.clone().into()).collect();
        let signing = cryptography::default_provider().key_provider.load_private_key(parsed);
        let Ok(signing) = signing else {
            let what =
                format!("`{}` is a key of a kind that docker can use and the doctor cannot", key.display());
            let why = "the doctor shows no client certificate, and the registry may refuse its requests";
            return self.findings.push(Finding::note(CHECK, what, why));
        };
        if matches!(CertifiedKey::new(chain, signing).keys_match(), Err(rustls::Error::InconsistentKeys(_))) {
            let what = format!("`{}` is not the key of `{}`", key.display(), certificate.display());
            return broken(what, format!("put the key of `{}` there", certificate.display()));
        }
        if *end <= now {
            let what = format!("the client certificate `{}` ended at {end}", certificate.display());
            let fix = format!("replace `{}` and its key by new ones", certificate.display());
            self.findings.push(
                Finding::warning(CHECK, what, "a registry that asks for a client certificate refuses it")
                    .fix(fix),
            );
        }
        self.pairs.push((certificate.to_owned(), key.to_owned()));
    }

    /// Reports a `.cert` file without its `.key` file.
    fn lonely_certificate(&mut self, file: &Path) {
        let key = file.with_extension("key");
        let text = match read(file) {
            Ok(text) => text,
            Err(finding) => return self.findings.push(finding),
        };
        let content = Content::of(&text);
        let fix = if content.has_key {
            format!("`cp -p {} {}`", shell::path(file), shell::path(&key))
        } else if content.is_authority {
            format!(
                "this is the certificate of an authority: `mv {} {}`",
                shell::path(file),
                shell::path(&free(file.with_extension("crt")))
            )
        } else {
            format!("put the key of this certificate into `{}`", key.display())
        };
        let what = format!("`{}` has no `{}` beside it", file.display(), name(&key));
        self.findings.push(Finding::problem(CHECK, what, DOCKER_FAILS).fix(fix));
    }

    /// Reports a `.key` file without its `.cert` file.
    fn lonely_key(&mut self, file: &Path, has_crt: bool) {
        let (certificate, crt) = (file.with_extension("cert"), file.with_extension("crt"));
        let fix = if has_crt {
            format!(
                "a client's certificate ends in .cert: `mv {} {}`",
                shell::path(&crt),
                shell::path(&certificate)
            )
        } else {
            format!(
                "put the certificate of this key into `{}`, or {}",
                certificate.display(),
                put_aside(file)
            )
        };
        let what = format!("`{}` has no `{}` beside it", file.display(), name(&certificate));
        self.findings.push(Finding::problem(CHECK, what, DOCKER_FAILS).fix(fix));
    }

    /// Reports a file with a certificate or a key that docker ignores because of its name.
    fn ignored(&mut self, file: &Path, folder: &Path) {
        let Ok(text) = read(file) else { return };
        let content = Content::of(&text);
        let Some(first) =
            content.certificates.first().map(|_| content.is_authority).or(content.has_key.then_some(false))
        else {
            return;
        };
        let (holds, target) = if content.certificates.is_empty() {
            ("a key", folder.join("client.key"))
        } else if first {
            ("the certificate of an authority", file.with_extension("crt"))
        } else {
            ("a certificate", folder.join("client.cert"))
        };
        let what = format!("`{}` is ignored silently; it holds {holds}", file.display());
        let why =
            "docker reads authorities from .crt files, and client certificates from pairs of .cert and .key";
        let fix = format!("`mv {} {}`", shell::path(file), shell::path(&free(target)));
        self.findings.push(Finding::warning(CHECK, what, why).fix(fix));
    }
}

/// Returns the command that renames a file, so that docker ignores the file.
fn put_aside(file: &Path) -> String {
    format!("`mv {} {}`", shell::path(file), shell::path(&free(beside(file, "off"))))
}

/// Returns the path of the file with one more extension.
fn beside(file: &Path, extension: &str) -> PathBuf {
    file.with_file_name(format!("{}.{extension}", name(file)))
}

/// Returns the path if no file exists there, or else a similar free path. A printed command must not
/// overwrite a file.
pub(in crate::doctor) fn free(mut path: PathBuf) -> PathBuf {
    while path.symlink_metadata().is_ok() {
        path = path.with_file_name(format!("other-{}", name(&path)));
    }
    path
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
