//! Accepts the certificates that the authorities in a file signed.

use super::client::Trust;
use rustls::crypto::ring as cryptography;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The greatest length of a file of authorities, bytes.
const LONGEST: u64 = 1024 * 1024;

impl Trust {
    /// Accepts only certificates that an authority in this PEM file signed. The error describes the fault of the file.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let read = |error| format!("the file `{shown}` cannot be read: {error}");
        let text = content(path).map_err(|error| read(error.to_string()))?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| read(error.to_string()))?;
            store.add(certificate).map_err(|error| format!("the file `{shown}` cannot be used: {error}"))?;
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

/// Reads a regular file of bounded length. Fails for a device or a pipe, because reading it might never end. Does not
/// read a file of length 0, because some files of the kernel have this length and never end.
fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::metadata(path)?;
    if !file.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    if file.len() > LONGEST {
        return Err(std::io::Error::other("it is longer than 1 MiB"));
    }
    let mut content = Vec::new();
    if file.len() > 0 {
        std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut content)?;
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long");
        std::fs::write(&long, vec![b'x'; 1024 * 1024 + 1]).unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "").unwrap();
        for (path, part) in [
            (Path::new("/dev/zero"), "it is not a file"),
            (folder.path(), "it is not a file"),
            (&long, "longer than 1 MiB"),
            (&empty, "holds no certificate"),
            (Path::new("/proc/version"), "holds no certificate"),
            (Path::new("/nowhere"), "cannot be read"),
        ] {
            let told = Trust::of_file(path).err().unwrap();
            assert!(told.contains(part), "{told}");
        }
    }
}
