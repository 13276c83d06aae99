//! Keys and certificates as operators make them with openssl. Certificates with unusual times are made without openssl.

use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, date_time_ymd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs openssl in a folder, with the arguments in `line`. Returns its standard output.
pub fn openssl(folder: &Path, line: &str) -> String {
    let command = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("openssl is missing: run tests/run, which installs it");
    assert!(command.status.success(), "{line}: {}", String::from_utf8_lossy(&command.stderr));
    String::from_utf8(command.stdout).unwrap()
}

/// Returns the openssl command that makes a private key of this kind and form.
fn recipe(kind: &str) -> &'static str {
    match kind {
        "P-256" => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "P-384" => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        "P-521" => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        "P-256 SEC1" => "ecparam -name prime256v1 -genkey -noout",
        "P-384 SEC1" => "ecparam -name secp384r1 -genkey -noout",
        "Ed25519" => "genpkey -algorithm ED25519",
        "RSA" => "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "RSA PKCS1" => "genrsa -traditional 2048",
        "RSA 1024" => "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
        "encrypted" => "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:secret",
        _ => panic!("{kind}"),
    }
}

/// Makes a private key of this kind, in a file that only its owner can read.
pub fn key(folder: &Path, file: &str, kind: &str) {
    let text = openssl(folder, recipe(kind));
    std::fs::write(folder.join(file), text).unwrap();
    std::fs::set_permissions(folder.join(file), PermissionsExt::from_mode(0o600)).unwrap();
}

/// Makes a CA: `NAME.key` and `NAME.crt`. The certificate is self-signed, or signed by another CA in the folder.
pub fn authority(folder: &Path, name: &str, issuer: Option<&str>) {
    key(folder, &format!("{name}.key"), "P-256");
    sign(
        folder,
        name,
        issuer.unwrap_or(name),
        "basicConstraints=critical,CA:TRUE",
        "-days 30",
        issuer.is_none(),
    );
}

/// Signs a certificate `NAME.crt` for the key `NAME.key` by the CA `issuer`. `life` contains openssl's flags for the
/// validity.
pub fn certify(folder: &Path, name: &str, issuer: &str, life: &str) {
    sign(folder, name, issuer, "basicConstraints=critical,CA:FALSE", life, false);
}

fn sign(folder: &Path, name: &str, issuer: &str, extension: &str, life: &str, by_itself: bool) {
    std::fs::write(folder.join("extensions"), format!("{extension}\nauthorityKeyIdentifier=keyid\n"))
        .unwrap();
    let subject = format!("/CN={}", name.replace('/', "-"));
    openssl(folder, &format!("req -new -key {name}.key -subj {subject} -out request"));
    let by = match by_itself {
        true => format!("-signkey {name}.key"),
        false => format!("-CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial -CAserial serial"),
    };
    openssl(folder, &format!("x509 -req -in request {by} {life} -extfile extensions -out {name}.crt"));
}

/// Signs a certificate that ended on 1 February 2020. Does not use openssl, because some releases refuse an end in the
/// past.
pub fn certify_long_ago(folder: &Path, name: &str, issuer: &str) {
    let read = |file: String| std::fs::read_to_string(folder.join(file)).unwrap();
    let key = |name: &str| KeyPair::from_pem(&read(format!("{name}.key"))).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read(format!("{issuer}.crt")), key(issuer)).unwrap();
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
    let certificate = params.signed_by(&key(name), &issuer).unwrap().pem();
    std::fs::write(folder.join(format!("{name}.crt")), certificate).unwrap();
}

/// Writes a leaf certificate as an earlier release made it while its clock was 61 days ahead.
pub fn certify_ahead(folder: &Path, name: &str, issuer: &str) {
    let read = |file: String| std::fs::read_to_string(folder.join(file)).unwrap();
    let key = |name: &str| KeyPair::from_pem(&read(format!("{name}.key"))).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read(format!("{issuer}.crt")), key(issuer)).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Portreeve token signer");
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now + time::Duration::days(60);
    params.not_after = now + time::Duration::days(151);
    let certificate = params.signed_by(&key(name), &issuer).unwrap().pem();
    std::fs::write(folder.join(format!("{name}.new")), certificate).unwrap();
    std::fs::rename(folder.join(format!("{name}.new")), folder.join(format!("{name}.crt"))).unwrap();
}

/// Writes the contents of these files, in this order, to the file `into`.
pub fn join(folder: &Path, files: &[&str], into: &str) {
    let text: String = files.iter().map(|file| std::fs::read_to_string(folder.join(file)).unwrap()).collect();
    std::fs::write(folder.join(into), text).unwrap();
}
