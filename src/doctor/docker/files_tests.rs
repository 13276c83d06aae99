//! Tests which parts of certs.d docker reads, and the findings about faults in them.

use super::*;
use crate::doctor::report::finding::Level;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::process::Command;
use tempfile::TempDir;

const HOST: &str = "reg.example.org:5000";
const DAY: i64 = 86_400;

/// Test material: an authority, a client certificate from it with its key, and an unrelated key.
struct Material {
    authority: String,
    certificate: String,
    key: String,
    other_key: String,
}

fn now() -> Timestamp {
    // This is 2026-01-01 00:00 UTC.
    Timestamp::from_seconds(1_767_225_600)
}

impl Material {
    fn new() -> Self {
        let date =
            |days: i64| time::OffsetDateTime::from_unix_timestamp(now().as_seconds() + days * DAY).unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (date(-100), date(100));
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(vec!["client".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "client");
        (params.not_before, params.not_after) = (date(-100), date(50));
        let certificate = params.signed_by(&key, &authority).unwrap();
        Self {
            authority: authority.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            other_key: other.serialize_pem(),
        }
    }
}

/// File paths below a folder, each with the content of the file.
type Files<'a> = Vec<(String, &'a str)>;

/// Creates a certs.d folder with these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

fn look(root: &TempDir, at: Timestamp) -> Examined<DockerTrust> {
    let files = DockerFiles { certs_roots: vec![root.path().to_owned()], daemon_json: None };
    examine(&files, HOST, &["192.0.2.1".parse().unwrap()], at)
}

/// Runs the command of a fix, which is the last text between backticks.
fn apply(fix: &str) {
    let command = fix.rsplit('`').nth(1).unwrap();
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

fn worst(trust: &Examined<DockerTrust>) -> Level {
    trust.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
}

#[test]
fn what_is_as_it_should_be_is_taken() {
    let m = Material::new();
    let (dir, containerd) = ("reg.example.org:5000", "reg.example.org_5000_");
    let at = |folder: &str, name: &str| format!("{folder}/{name}");
    let authority = m.authority.as_str();
    let toml =
        "server = \"https://reg.example.org:5000\"\nca = \"mine.pem\"\nclient = [[\"c.pem\", \"k.pem\"]]\n";
    let table: [(Files<'_>, usize, bool); 7] = [
        (vec![], 0, false),
        (vec![(at(dir, "ca.crt"), authority)], 1, false),
        (
            vec![(at(dir, "a.crt"), authority), (at(dir, "b.crt"), authority), (at(dir, "README"), "words")],
            2,
            false,
        ),
        (vec![(at(dir, "c.cert"), &m.certificate), (at(dir, "c.key"), &m.key)], 0, true),
        (vec![(at(dir, "ca.crt"), authority), (at(containerd, "ca.crt"), authority)], 2, false),
        (vec![(at("_default", "ca.crt"), authority)], 1, false),
        (
            vec![
                (at(dir, "hosts.toml"), toml),
                (at(dir, "mine.pem"), authority),
                (at(dir, "c.pem"), &m.certificate),
                (at(dir, "k.pem"), &m.key),
            ],
            1,
            true,
        ),
    ];
    for (files, roots, has_pair) in table {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let trust = look(&root(&files), now());
        assert_eq!(
            (trust.facts.extra_roots.len(), trust.facts.client_pair.is_some()),
            (roots, has_pair),
            "{trust:?}"
        );
        assert_eq!(trust.facts.insecure, None);
        assert!(worst(&trust) <= Level::Note, "{trust:?}");
    }
}

#[test]
fn what_is_wrong_is_named_and_its_fix_applied_makes_it_right() {
    let m = Material::new();
    let at = |name: &str| format!("{HOST}/{name}");
    let der = m.authority.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, der).unwrap();
    let both = format!("{}{}", m.certificate, m.key);
    let table: [(Files<'_>, Level, &str); 11] = [
        (vec![(at("c.cert"), &both)], Level::Problem, "has no `c.key` beside it"),
        (vec![(at("ca.cert"), &m.authority)], Level::Problem, "has no `ca.key` beside it"),
        (
            vec![(at("c.crt"), &m.certificate), (at("c.key"), &m.key)],
            Level::Problem,
            "has no `c.cert` beside it",
        ),
        (vec![(at("c.key"), &m.key)], Level::Problem, "has no `c.cert` beside it"),
        (vec![(at("ca.pem"), &m.authority)], Level::Warning, "is ignored silently"),
        (vec![(at("ca.CRT"), &m.authority)], Level::Warning, "is ignored silently"),
        (vec![(at("c.pem"), &m.certificate), (at("k.pem"), &m.key)], Level::Warning, "is ignored silently"),
        (vec![(at("ca.crt"), "DER")], Level::Problem, "holds no certificate in PEM form"),
        (
            vec![("reg.example.org/ca.crt".to_owned(), &m.authority)],
            Level::Warning,
            "is not read for this registry",
        ),
        (
            vec![("192.0.2.1:5000/ca.crt".to_owned(), &m.authority)],
            Level::Warning,
            "is not read for this registry",
        ),
        (vec![("reg.example.org_5000_/ca.crt".to_owned(), &m.authority)], Level::Warning, "which is missing"),
    ];
    for (files, level, said) in table {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let root = root(&files);
        if files.iter().any(|(_, text)| *text == "DER") {
            std::fs::write(root.path().join(HOST).join("ca.crt"), &der).unwrap();
        }
        let trust = look(&root, now());
        assert_eq!(worst(&trust), level, "{files:?} {trust:?}");
        for finding in trust.findings.iter().filter(|finding| finding.level == level) {
            assert!(finding.what.contains(said) && finding.check == CHECK, "{said}: {finding:?}");
            apply(finding.fix.as_ref().unwrap());
        }
        let trust = look(&root, now());
        assert!(worst(&trust) <= Level::Note, "{files:?} {trust:?}");
    }
}

#[test]
fn what_only_a_person_can_put_right_is_named() {
    let m = Material::new();
    let at = |name: &str| format!("{HOST}/{name}");
    let later = Timestamp::from_seconds(now().as_seconds() + 200 * DAY);
    let table: [(Files<'_>, Timestamp, Level, &str); 8] = [
        (vec![(at("ca.crt"), "words")], now(), Level::Problem, "holds no certificate in PEM form"),
        (vec![(at("ca.crt"), &m.key)], now(), Level::Problem, "holds no certificate in PEM form"),
        (vec![(at("ca.crt"), &m.authority)], later, Level::Problem, "ended at"),
        (
            vec![(at("c.cert"), &m.certificate), (at("c.key"), &m.other_key)],
            now(),
            Level::Problem,
            "is not the key of",
        ),
        (
            vec![(at("c.cert"), &m.certificate), (at("c.key"), "words")],
            now(),
            Level::Problem,
            "contains no private key",
        ),
        (vec![(at("c.cert"), &m.certificate), (at("c.key"), &m.key)], later, Level::Warning, "ended at"),
        (vec![(at("hosts.toml"), "server = \n")], now(), Level::Problem, "line 1, is not TOML"),
        (vec![(at("hosts.toml"), "skip_verify = true\n")], now(), Level::Warning, "skip_verify"),
    ];
    for (files, at, level, said) in table {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let trust = look(&root(&files), at);
        let found = trust.findings.iter().find(|finding| finding.level == level);
        let found = found.unwrap_or_else(|| panic!("{said}: {trust:?}"));
        assert!(found.what.contains(said) && found.fix.is_some(), "{said}: {found:?}");
    }
    let root = root(&[(&at("README"), "words")]);
    std::os::unix::fs::symlink("nowhere", root.path().join(HOST).join("ca.crt")).unwrap();
    let trust = look(&root, now());
    assert_eq!(worst(&trust), Level::Problem, "{trust:?}");
    apply(trust.findings[0].fix.as_ref().unwrap().rsplit_once(", or").unwrap().0);
    assert_eq!(worst(&look(&root, now())), Level::Ok);
}

#[test]
fn an_insecure_registry_gets_nothing_from_certs_d() {
    let m = Material::new();
    let root = root(&[("reg.example.org:5000/ca.crt", &m.authority), ("reg.example.org:5000/x.key", &m.key)]);
    let daemon = root.path().join("daemon.json");
    std::fs::write(&daemon, r#"{"insecure-registries": ["192.0.2.0/24"]}"#).unwrap();
    let files = DockerFiles { certs_roots: vec![root.path().to_owned()], daemon_json: Some(daemon) };
    let trust = examine(&files, HOST, &["192.0.2.1".parse().unwrap()], now());
    assert!(trust.facts.insecure.as_ref().unwrap().contains("192.0.2.0/24"));
    assert!(trust.facts.extra_roots.is_empty() && trust.facts.client_pair.is_none());
    assert_eq!(worst(&trust), Level::Note, "{trust:?}");
    assert!(trust.findings.iter().any(|finding| finding.what.contains("is not read by docker's own store")));
    let secure = examine(&files, "other.example.org", &["203.0.113.1".parse().unwrap()], now());
    assert_eq!((secure.facts.insecure, secure.findings), (None, Vec::new()));
}

#[test]
fn a_key_that_only_docker_can_show_is_a_note() {
    let root = root(&[]);
    let own = root.path().join(HOST);
    std::fs::create_dir_all(&own).unwrap();
    let script = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -subj /CN=c -days 9999 -keyout c.key -out c.cert 2>/dev/null";
    assert!(Command::new("sh").args(["-c", script]).current_dir(&own).status().unwrap().success());
    let trust = look(&root, Timestamp::from_seconds(1_800_000_000));
    assert_eq!(trust.facts.client_pair, None);
    assert_eq!(worst(&trust), Level::Note, "{trust:?}");
}

#[test]
fn a_fix_overwrites_nothing() {
    let m = Material::new();
    let mut other = Material::new().authority;
    other.push('\n');
    let dir = "reg.example.org:5000";
    for there in ["ca.crt", "other-ca.crt"] {
        let (wrong, kept) = (format!("{dir}/ca.cert"), format!("{dir}/{there}"));
        let first = format!("{dir}/ca.crt");
        let root = root(&[(&wrong, &m.authority), (&first, &other), (&kept, &other)]);
        let trust = look(&root, now());
        let fixes = trust.findings.iter().filter_map(|finding| finding.fix.as_deref());
        apply(fixes.clone().find(|fix| fix.contains("`mv ")).unwrap_or_else(|| panic!("{trust:?}")));
        let read = |path: &str| std::fs::read_to_string(root.path().join(path)).unwrap();
        assert_eq!((read(&first), read(&kept)), (other.clone(), other.clone()));
        assert!(!root.path().join(&wrong).exists());
    }
}
