//! Decides whether docker treats a registry as insecure: if `insecure-registries` of daemon.json contains the
//! registry, or if the registry has a loopback address.
//!
//! For an insecure registry docker tries https without verification, and then http. Containerd's store
//! follows the same rules.
// SPEC: moby daemon/pkg/registry/config.go (loadInsecureRegistries, isSecureIndex, isCIDRMatch).

use super::folder::reading;
use crate::doctor::report::finding::{Examined, Finding};
use crate::domain::shell;
use ipnet::IpNet;
use serde_json::Value;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::Path;

const CHECK: &str = "insecure-registries";
const KEY: &str = "insecure-registries";
const RESTART: &str = "and `systemctl restart docker`";
const NO_START: &str = "dockerd does not start with this file, or keeps its earlier settings";

/// One entry of the list, as docker understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Network(IpNet),
    Host(String),
}

/// The result of parsing an entry.
struct Judged {
    entry: Option<Entry>,
    /// The fault of the entry, and true if docker refuses an entry with this fault. Docker accepts an entry that
    /// begins with `http://` or `https://`, although that is a fault.
    wrong: Option<(String, bool)>,
    /// The entry to write instead.
    better: Option<String>,
}

/// Returns the rule that makes a registry insecure, if there is one, and findings about the rules.
pub(in crate::doctor) fn examine(
    file: Option<&Path>,
    host: &str,
    resolved: &[IpAddr],
) -> Examined<Option<String>> {
    let mut findings = Vec::new();
    let given = file.map(|path| (path, entries(path, host, &mut findings)));
    let mut judged = Vec::new();
    if let Some((path, texts)) = &given {
        judged = texts.iter().map(|text| judge(text)).collect();
        findings.extend(wrongs(path, texts, &judged));
    }
    let refused = judged.iter().any(|one| matches!(one.wrong, Some((_, true))));
    let entries: Vec<&Entry> = judged.iter().filter_map(|one| one.entry.as_ref()).collect();
    let place = given.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
    let rule = if refused { None } else { by_entry(&entries, host, resolved, &place) };
    let rule = rule.or_else(|| built_in(host, resolved));
    match &rule {
        Some(rule) => findings.push(Finding::note(
            CHECK,
            format!("docker takes `{host}` for insecure: {rule}"),
            "docker verifies no certificate of an insecure registry and falls back to plain http; docker's own store then reads nothing in certs.d",
        )),
        None => {
            if let Some((path, texts)) = &given {
                findings.extend(near_miss(path, texts, &entries, host));
            }
        }
    }
    Examined { facts: rule, findings }
}

/// Returns the finding about a daemon.json that cannot be read. The fix must not remove the file, because it
/// may contain other settings.
fn unreadable(path: &Path, error: &std::io::Error) -> Finding {
    if error.kind() == ErrorKind::PermissionDenied {
        return reading(path, error);
    }
    let what = format!("`{}` cannot be read: {error}", path.display());
    Finding::problem(CHECK, what, NO_START).fix(format!("put a readable file there, {RESTART}"))
}

/// Returns the entries of the file, and reports its faults.
fn entries(path: &Path, host: &str, findings: &mut Vec<Finding>) -> Vec<String> {
    let text = match std::fs::read(path) {
        // INTEROP: Go's JSON parser accepts bytes in strings that are not UTF-8.
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                findings.push(Finding { check: CHECK, ..unreadable(path, &error) });
            }
            return Vec::new();
        }
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Vec::new();
    }
    let shown = path.display();
    let mut problem = |what: String, fix: String| {
        findings.push(Finding::problem(CHECK, what, NO_START).fix(format!("{fix} {RESTART}")));
    };
    let object = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => object,
        Ok(_) => {
            problem(format!("`{shown}` is not a JSON object"), format!("write one into `{shown}`: `{{}}`"));
            return Vec::new();
        }
        Err(error) => {
            let fix = format!(
                "correct line {} of `{shown}`, check with `dockerd --validate --config-file {}`,",
                error.line(),
                shell::path(path)
            );
            problem(format!("`{shown}` is not JSON: {error}"), fix);
            return Vec::new();
        }
    };
    let alike = |key: &str| {
        let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        matches!(plain.to_ascii_lowercase().as_str(), "insecureregistries" | "insecureregistry")
    };
    if let Some(wrong) = object.keys().find(|key| *key != KEY && alike(key)) {
        let fix = format!("in `{shown}`: `\"{KEY}\"` instead of `\"{wrong}\"`");
        problem(format!("`{shown}` has a key `{wrong}`, which docker does not know"), fix);
    }
    let Some(value) = object.get(KEY) else { return Vec::new() };
    let texts = value
        .as_array()
        .and_then(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>());
    texts.unwrap_or_else(|| {
        let listed = value.as_str().unwrap_or(host).to_owned();
        problem(
            format!("`{KEY}` in `{shown}` is not a list of texts"),
            format!("in `{shown}`: {}", line(&[listed])),
        );
        Vec::new()
    })
}

/// Returns the line to write into the file for these entries.
fn line(entries: &[String]) -> String {
    let list = serde_json::to_string(entries).unwrap_or_default().replace(',', ", ");
    format!("`\"{KEY}\": {list}`")
}

/// Parses an entry as docker does, and finds its fault.
fn judge(text: &str) -> Judged {
    let mut bare = text;
    let mut wrong = None;
    if let Some((scheme, rest)) = text.split_once("://") {
        let known = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
        wrong = Some((format!("`{text}` carries a scheme"), !known));
        bare = rest;
    }
    let trimmed = bare.split('/').next().unwrap_or(bare);
    let hyphen = text.starts_with('-') || text.ends_with('-');
    let entry = match network(bare) {
        Some(network) => Some(Entry::Network(network)),
        None if !hyphen && is_host_and_port(bare) => Some(Entry::Host(bare.to_owned())),
        None => None,
    };
    let mut better = wrong.is_some().then(|| bare.to_owned());
    if entry.is_none() {
        let is_network = bare.split_once('/').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok());
        let what = if is_network { "is not a network" } else { "is neither HOST, HOST:PORT nor a network" };
        wrong = Some((format!("`{text}` {what}"), true));
        better = (!is_network && is_host_and_port(trimmed)).then(|| trimmed.to_owned());
    }
    Judged { entry, wrong, better }
}

/// Parses a network as Go does: accepts bits after the mask (`192.0.2.7/24`), and refuses leading zeros.
fn network(text: &str) -> Option<IpNet> {
    text.contains('/').then(|| text.parse::<IpNet>().ok())?.map(|network| network.trunc())
}

/// Returns true if a text is an IP address, or a name that docker's pattern for domains accepts, with or without
/// a port.
// SPEC: distribution/reference DomainRegexp.
fn is_host_and_port(text: &str) -> bool {
    let (host, port) = host_and_port(text);
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
    let part = |part: &str| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !part.is_empty() && part.chars().all(inner) && !part.starts_with('-') && !part.ends_with('-')
    };
    port_fits && (host.parse::<IpAddr>().is_ok() || host.split('.').all(part))
}

/// Returns a finding for each wrong entry.
fn wrongs(path: &Path, texts: &[String], judged: &[Judged]) -> Vec<Finding> {
    let shown = path.display();
    let corrected: Vec<String> = texts
        .iter()
        .zip(judged)
        .filter_map(|(text, one)| match &one.wrong {
            None => Some(text.clone()),
            Some(_) => one.better.clone(),
        })
        .collect();
    let fix = format!("in `{shown}`: {} {RESTART}", line(&corrected));
    let finding = |(what, refused): &(String, bool)| {
        let what = format!("{what}, in `{KEY}` of `{shown}`");
        let finding = if *refused {
            Finding::problem(CHECK, what, NO_START)
        } else {
            Finding::warning(CHECK, what, "docker ignores the scheme and warns; older releases do not start")
        };
        finding.fix(fix.clone())
    };
    judged.iter().filter_map(|one| one.wrong.as_ref()).map(finding).collect()
}

fn by_entry(entries: &[&Entry], host: &str, resolved: &[IpAddr], place: &str) -> Option<String> {
    let exact = entries.iter().any(|entry| matches!(entry, Entry::Host(name) if name == host));
    if exact {
        return Some(format!("`{host}` in {place}"));
    }
    let addresses = addresses(host, resolved);
    entries.iter().find_map(|entry| match entry {
        Entry::Network(network) => within(network, &addresses)
            .map(|address| format!("`{network}` in {place} contains the registry's address {address}")),
        Entry::Host(_) => None,
    })
}

/// Returns docker's built-in rule that makes the registry insecure, if such a rule applies. The built-in rules
/// cover the loopback addresses.
fn built_in(host: &str, resolved: &[IpAddr]) -> Option<String> {
    let addresses = addresses(host, resolved);
    ["127.0.0.0/8", "::1/128"].iter().find_map(|text| {
        let address = within(&text.parse().ok()?, &addresses)?;
        Some(format!(
            "`{text}`, which docker always treats as insecure, contains the registry's address {address}"
        ))
    })
}

/// Returns the address in `host`. If `host` is a name, returns the addresses in `resolved`.
fn addresses(host: &str, resolved: &[IpAddr]) -> Vec<IpAddr> {
    match host_and_port(host).0.parse::<IpAddr>() {
        Ok(address) => vec![address.to_canonical()],
        Err(_) => resolved.iter().map(IpAddr::to_canonical).collect(),
    }
}

fn within(network: &IpNet, addresses: &[IpAddr]) -> Option<IpAddr> {
    addresses.iter().copied().find(|address| network.contains(address))
}

/// Finds an entry that was probably meant for this registry, and returns the finding about its fault.
fn near_miss(path: &Path, texts: &[String], entries: &[&Entry], host: &str) -> Option<Finding> {
    let own = host_and_port(host).0;
    let meant = entries.iter().find_map(|entry| match entry {
        Entry::Host(name) if host_and_port(name).0.eq_ignore_ascii_case(own) => Some(name),
        _ => None,
    })?;
    let with: Vec<String> = texts.iter().cloned().chain([host.to_owned()]).collect();
    let what = format!("`{meant}` in `{KEY}` of `{}` does not mean `{host}`", path.display());
    let why = "docker compares entries with the name of the registry in images, which includes the port";
    let fix =
        format!("in `{}`, if the registry has no certificate: {} {RESTART}", path.display(), line(&with));
    Some(Finding::warning(CHECK, what, why).fix(fix))
}

/// Splits `HOST`, `HOST:PORT`, `ADDRESS`, `[ADDRESS]` or `[ADDRESS]:PORT` into host and port. The host has no
/// brackets.
pub(super) fn host_and_port(text: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::finding::Level;

    fn of(json: &str, host: &str, resolved: &[&str]) -> (Option<String>, Vec<Finding>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.json");
        std::fs::write(&path, json).unwrap();
        let resolved: Vec<IpAddr> = resolved.iter().map(|text| text.parse().unwrap()).collect();
        looked(Some(&path), host, &resolved)
    }

    fn looked(path: Option<&Path>, host: &str, resolved: &[IpAddr]) -> (Option<String>, Vec<Finding>) {
        let Examined { facts, findings } = examine(path, host, resolved);
        (facts, findings)
    }

    fn listed(entry: &str) -> String {
        format!(r#"{{"insecure-registries": ["{entry}"]}}"#)
    }

    #[test]
    fn docker_s_rules_are_applied_as_docker_applies_them() {
        for (entry, host, resolved, insecure) in [
            ("reg.example.org:5000", "reg.example.org:5000", "192.0.2.1", true),
            ("reg.example.org", "reg.example.org:5000", "192.0.2.1", false),
            ("reg.example.org:5000", "reg.example.org", "192.0.2.1", false),
            ("REG.example.org:5000", "reg.example.org:5000", "192.0.2.1", false),
            ("192.0.2.0/24", "reg.example.org:5000", "192.0.2.1", true),
            ("192.0.2.7/24", "reg.example.org:5000", "192.0.2.1", true),
            ("192.0.2.0/24", "192.0.2.9:5000", "192.0.2.9", true),
            ("192.0.2.0/24", "192.0.2.9:5000", "203.0.113.1", true),
            ("192.0.2.0/24", "reg.example.org", "::ffff:192.0.2.1", true),
            ("192.0.2.0/24", "reg.example.org", "203.0.113.1", false),
            ("192.0.2.1", "reg.example.org", "192.0.2.1", false),
            ("2001:db8::/32", "[2001:db8::1]:5000", "2001:db8::1", true),
            ("[2001:db8::1]:5000", "[2001:db8::1]:5000", "2001:db8::1", true),
            ("https://reg.example.org", "reg.example.org", "192.0.2.1", true),
            ("other.example.org", "localhost:5000", "127.0.0.1", true),
            ("other.example.org", "[::1]:5000", "::1", true),
            ("other.example.org", "dev.example.org", "127.9.9.9", true),
            ("other.example.org", "reg.example.org", "192.0.2.1", false),
        ] {
            let (rule, findings) = of(&listed(entry), host, &[resolved]);
            assert_eq!(rule.is_some(), insecure, "{entry} {host} {resolved}: {findings:?}");
        }
        assert_eq!(looked(None, "reg.example.org", &[]), (None, Vec::new()));
        assert!(looked(Some(Path::new("/nowhere")), "127.0.0.1:5000", &[]).0.is_some());
    }

    #[test]
    fn what_docker_refuses_or_warns_about_is_named_with_the_line_that_is_right() {
        let right = r#"`"insecure-registries": ["reg.example.org:5000"]`"#;
        for (json, level, said, fix) in [
            (listed("http://reg.example.org:5000"), Level::Warning, "carries a scheme", right),
            (listed("ftp://reg.example.org:5000"), Level::Problem, "carries a scheme", right),
            (listed("http://reg.example.org:5000/"), Level::Problem, "neither HOST", right),
            (listed("reg.example.org:5000/v2"), Level::Problem, "neither HOST", right),
            (listed("10.0.0.0/33"), Level::Problem, "is not a network", r#"`"insecure-registries": []`"#),
            (listed("reg_1.example.org"), Level::Problem, "neither HOST", "[]"),
            (listed("reg.example.org:99999"), Level::Problem, "neither HOST", "[]"),
            (listed("-reg.example.org"), Level::Problem, "neither HOST", "[]"),
            (
                listed("reg.example.org"),
                Level::Warning,
                "does not mean",
                r#""reg.example.org", "reg.example.org:5000"]"#,
            ),
            (
                r#"{"insecure-registries": "reg.example.org:5000"}"#.to_owned(),
                Level::Problem,
                "not a list",
                right,
            ),
            (r#"{"insecure-registry": []}"#.to_owned(), Level::Problem, "`insecure-registry`", "instead of"),
            ("{\n\"debug\": true,\n}".to_owned(), Level::Problem, "not JSON", "line 3"),
            ("[]".to_owned(), Level::Problem, "not a JSON object", "{}"),
        ] {
            let (rule, findings) = of(&json, "reg.example.org:5000", &["192.0.2.1"]);
            let found = findings.iter().find(|finding| finding.what.contains(said));
            let found = found.unwrap_or_else(|| panic!("{json}: {findings:?}"));
            assert_eq!(found.level, level, "{json}");
            assert!(found.fix.as_ref().is_some_and(|told| told.contains(fix)), "{json}: {found:?}");
            assert!(rule.is_none() || level == Level::Warning, "{json}: {rule:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.json");
        // The first file contains Latin-1 in a string. The next is UTF-16, as some editors save it.
        let latin = b"{\"labels\": [\"caf\xe9\"], \"insecure-registries\": [\"reg.example.org\"]}";
        std::fs::write(&path, latin).unwrap();
        assert!(looked(Some(&path), "reg.example.org", &[]).0.is_some());
        std::fs::write(&path, b"\xff\xfe{\0}\0").unwrap();
        let (_, found) = looked(Some(&path), "reg.example.org", &[]);
        assert!(found[0].check == CHECK && !found[0].fix.as_ref().unwrap().contains("`rm"), "{found:?}");
        let (_, found) = looked(Some(folder.path()), "reg.example.org", &[]);
        assert!(found[0].check == CHECK && !found[0].fix.as_ref().unwrap().contains("`rm"), "{found:?}");
        for fine in ["", " \n", "{}", r#"{"debug": true}"#, r#"{"insecure-registries": []}"#] {
            assert_eq!(of(fine, "reg.example.org", &["192.0.2.1"]), (None, Vec::new()), "{fine}");
        }
    }

    #[test]
    fn host_and_port_are_told_apart() {
        for (text, expected) in [
            ("reg", ("reg", None)),
            ("reg:5000", ("reg", Some("5000"))),
            ("[::1]:5000", ("::1", Some("5000"))),
            ("[::1]", ("::1", None)),
            ("::1", ("::1", None)),
        ] {
            assert_eq!(host_and_port(text), expected, "{text}");
        }
    }
}
