//! Which files of docker's make it trust a registry: `certs.d`, as docker reads it.
//!
//! Docker has two stores for images. Its own reads the folder `HOST:PORT` of certs.d, and not that if
//! the registry is insecure. The store of containerd, the default since Docker 29, takes the first of
//! `HOST_PORT_`, `HOST:PORT` and `_default`, and in it hosts.toml before all else.
// SPEC: moby daemon/pkg/registry/registry.go and daemon/hosts.go; containerd
// core/remotes/docker/config/hosts.go.

use super::docker_folder::{Folder, Reader, reading};
use super::finding::Finding;
use super::{hosts_toml, insecure};
use crate::domain::shell;
use crate::domain::time::Timestamp;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What findings of certs.d are filed under.
pub(super) const CHECK: &str = "certs.d";
const CERTS: &str = "/etc/docker/certs.d";
const DAEMON: &str = "/etc/docker/daemon.json";

/// Where docker's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerFiles {
    /// Folders with one folder for each registry.
    pub certs_roots: Vec<PathBuf>,
    /// The configuration of dockerd.
    pub daemon_json: Option<PathBuf>,
}

impl DockerFiles {
    /// The usual places, and those of a docker without root below `config_home` (`~/.config`).
    #[must_use]
    pub fn usual(config_home: Option<&Path>) -> Self {
        let own = config_home.map(|home| home.join("docker"));
        let own_certs = own.as_ref().map(|own| own.join("certs.d")).filter(|path| path.exists());
        let own_daemon = own.map(|own| own.join("daemon.json")).filter(|path| path.exists());
        let daemon = Some(PathBuf::from(DAEMON)).filter(|path| path.exists());
        Self {
            certs_roots: [PathBuf::from(CERTS)].into_iter().chain(own_certs).collect(),
            daemon_json: daemon.or(own_daemon),
        }
    }
}

/// How docker would trust a registry.
#[derive(Debug, Default)]
pub struct Trust {
    /// Files with authorities, each readable and with a certificate in it; besides the system's.
    pub extra_roots: Vec<PathBuf>,
    /// The certificate and key that docker shows, which belong together.
    pub client_pair: Option<(PathBuf, PathBuf)>,
    /// The rule by which the registry is insecure: no verification, and http when https fails.
    pub insecure: Option<String>,
    /// What is right and wrong about the files.
    pub findings: Vec<Finding>,
}

impl Trust {
    fn take(&mut self, folder: Folder) {
        for root in folder.roots {
            if !self.extra_roots.contains(&root) {
                self.extra_roots.push(root);
            }
        }
        self.client_pair = self.client_pair.take().or(folder.pairs.into_iter().next());
        for finding in folder.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// Reads what docker would read for the registry `host`, which is `HOST` or `HOST:PORT` as in the
/// names of images, at the addresses `resolved`.
#[must_use]
pub fn examine(files: &DockerFiles, host: &str, resolved: &[IpAddr], now: Timestamp) -> Trust {
    let mut trust = Trust::default();
    let (rule, findings) = insecure::examine(files.daemon_json.as_deref(), host, resolved);
    trust.insecure = rule;
    trust.findings = findings;
    let mut found = false;
    for root in &files.certs_roots {
        found |= examine_root(root, host, now, &mut trust);
    }
    if !found && trust.insecure.is_none() {
        for root in &files.certs_roots {
            trust.findings.extend(near_miss(root, host, resolved));
        }
    }
    trust
}

/// Reads what one root has for the registry; whether there is anything.
fn examine_root(root: &Path, host: &str, now: Timestamp, trust: &mut Trust) -> bool {
    let own = root.join(host);
    let has_own = match std::fs::read_dir(&own) {
        Ok(_) => true,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => false,
        Err(error) => {
            trust.findings.push(reading(&own, &error));
            return true;
        }
    };
    if let Some(rule) = &trust.insecure {
        if has_own {
            trust.findings.push(Finding::note(
                CHECK,
                format!("`{}` is not read by docker's own store", own.display()),
                format!("the registry is insecure ({rule}), and is not verified at all"),
            ));
        }
        return has_own;
    }
    let others = candidates(root, host).into_iter().find(|path| path.exists());
    if has_own {
        let reader =
            if own.join(hosts_toml::FILE).exists() { Reader::DockerBesideToml } else { Reader::Docker };
        trust.take(Folder::read(&own, reader, now));
    }
    let Some(others) = others else { return has_own };
    let toml = others.join(hosts_toml::FILE);
    let is_toml = toml.exists();
    if others != own || is_toml {
        let path = others.display();
        let what = if others == own {
            format!("docker's store of containerd reads `{}` and no other file beside it", toml.display())
        } else {
            format!("docker's store of containerd reads `{path}`, its own store reads `{}`", own.display())
        };
        let why = "the store of containerd is the default since Docker 29; `docker info` names it as `io.containerd.snapshotter`";
        let finding = if has_own || is_toml || others.ends_with("_default") {
            Finding::note(CHECK, what, why)
        } else {
            let fix = format!("`cp -a {} {}`", shell::path(&others), shell::path(&own));
            Finding::warning(CHECK, format!("{what}, which is missing"), why).fix(fix)
        };
        trust.findings.push(finding);
    }
    if let Some(folder) = hosts_toml::read(&others, host, now) {
        trust.take(folder);
    } else if others != own {
        trust.take(Folder::read(&others, Reader::Containerd, now));
    }
    has_own || !others.ends_with("_default")
}

/// The folders that the store of containerd looks for, in this order.
fn candidates(root: &Path, host: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    if let Some((name, port)) = host.rsplit_once(':').filter(|(name, _)| !name.is_empty()) {
        all.push(root.join(format!("{name}_{port}_")));
    }
    all.extend([root.join(host), root.join("_default")]);
    all
}

/// A folder that looks as if it were meant for this registry.
fn near_miss(root: &Path, host: &str, resolved: &[IpAddr]) -> Option<Finding> {
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(reading(root, &error)),
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let own = host_and_port(host).0;
    let meant = names.into_iter().find(|name| {
        let named = host_and_port(name).0;
        let is_address = named.parse::<IpAddr>().is_ok_and(|address| resolved.contains(&address));
        let plain = |text: &str| text.to_ascii_lowercase().replace([':', '_'], "");
        named.eq_ignore_ascii_case(own) || is_address || plain(name) == plain(host)
    })?;
    let (from, to) = (root.join(meant), root.join(host));
    let fix = format!("`cp -a {} {}`", shell::path(&from), shell::path(&to));
    let why = format!(
        "docker looks for a folder named exactly like the registry in the names of images, with its port if it is written there: `{}`",
        to.display()
    );
    Some(Finding::warning(CHECK, format!("`{}` is not read for this registry", from.display()), why).fix(fix))
}

/// Host and port of `HOST`, `HOST:PORT`, `ADDRESS`, `[ADDRESS]` or `[ADDRESS]:PORT`; the host without
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
#[path = "docker_files_tests.rs"]
mod tests;
