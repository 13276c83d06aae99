//! The files with which docker trusts a registry: `certs.d`, read as docker reads it.
//!
//! Docker has two image stores, which read certs.d in different ways. Docker's own store reads only the folder
//! `HOST:PORT`, and reads nothing if the registry is insecure. Containerd's store, the default since Docker 29,
//! reads the first folder that exists of `HOST_PORT_`, `HOST:PORT` and `_default`. A hosts.toml in that folder
//! takes precedence over its other files, unless hosts.toml is empty or is not TOML. For an insecure registry, the
//! doctor reads nothing in certs.d.
// SPEC: moby daemon/pkg/registry/registry.go and daemon/hosts.go; containerd
// core/remotes/docker/config/hosts.go.

use super::folder::{CHECK, Folder, Reader, free, reading};
use super::insecure::host_and_port;
use super::{hosts_toml, insecure};
use crate::doctor::report::finding::{Examined, Finding, Level};
use crate::domain::shell;
use crate::domain::time::Timestamp;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

const CERTS: &str = "/etc/docker/certs.d";
const DAEMON: &str = "/etc/docker/daemon.json";

/// The places of docker's configuration files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerFiles {
    /// Folders with one folder for each registry.
    pub certs_roots: Vec<PathBuf>,
    /// The configuration of dockerd.
    pub daemon_json: Option<PathBuf>,
}

impl DockerFiles {
    /// Returns the usual places. Adds the certs.d of a rootless docker below `config_home` (`~/.config`) if it
    /// exists. Takes the daemon.json of a rootless docker if /etc/docker has none.
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

/// The settings by which docker trusts a registry.
#[derive(Debug, Default)]
pub(in crate::doctor) struct DockerTrust {
    /// Files with authorities that docker trusts besides the system's. The doctor could read a certificate in
    /// each.
    pub(in crate::doctor) extra_roots: Vec<PathBuf>,
    /// The matching certificate and key that docker shows to the registry.
    pub(in crate::doctor) client_pair: Option<(PathBuf, PathBuf)>,
    /// The rule by which the registry is insecure: docker then verifies no certificate, and uses http when
    /// https fails.
    pub(in crate::doctor) insecure: Option<String>,
    /// The folder of the registry in certs.d.
    pub(in crate::doctor) own_folder: PathBuf,
    /// The fix of the first fault in certs.d that has a fix.
    mend: Option<String>,
}

impl DockerTrust {
    /// Returns the fix that makes docker trust an authority. This is the fix of the first fault in certs.d, or else
    /// a command that adds a file with the name `file` or a similar free name.
    pub(in crate::doctor) fn trust_fix(&self, file: &str) -> String {
        self.mend.clone().unwrap_or_else(|| {
            let (folder, place) =
                (shell::path(&self.own_folder), shell::path(&free(self.own_folder.join(file))));
            format!("`mkdir -p {folder} && cp CA.crt {place}`, with the certificate of the authority as CA.crt; for this doctor alone, --ca is enough")
        })
    }
}

impl Examined<DockerTrust> {
    fn take(&mut self, folder: Folder) {
        for root in folder.roots {
            if !self.facts.extra_roots.contains(&root) {
                self.facts.extra_roots.push(root);
            }
        }
        let pair = self.facts.client_pair.take();
        self.facts.client_pair = pair.or(folder.pairs.into_iter().next());
        for finding in folder.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// Reads the files that docker would read for the registry `host`. `host` is `HOST` or `HOST:PORT`, as in the
/// names of images. `resolved` are the addresses of the registry.
pub(in crate::doctor) fn examine(
    files: &DockerFiles,
    host: &str,
    resolved: &[IpAddr],
    now: Timestamp,
) -> Examined<DockerTrust> {
    let Examined { facts: insecure, findings } =
        insecure::examine(files.daemon_json.as_deref(), host, resolved);
    let own_folder =
        files.certs_roots.first().map_or_else(|| PathBuf::from(CERTS), PathBuf::clone).join(host);
    let facts = DockerTrust { insecure, own_folder, ..DockerTrust::default() };
    let mut examined = Examined { facts, findings };
    let mut found = false;
    for root in &files.certs_roots {
        found |= examine_root(root, host, now, &mut examined);
    }
    if !found && examined.facts.insecure.is_none() {
        for root in &files.certs_roots {
            examined.findings.extend(near_miss(root, host, resolved));
        }
    }
    let faults = examined.findings.iter().filter(|it| it.check == CHECK && it.level >= Level::Warning);
    examined.facts.mend = faults.filter_map(|fault| fault.fix.clone()).next();
    examined
}

/// Reads the files of the registry in one certs.d folder. Returns true if the registry has a folder there;
/// `_default` does not count. Reads nothing for an insecure registry.
fn examine_root(root: &Path, host: &str, now: Timestamp, trust: &mut Examined<DockerTrust>) -> bool {
    let own = root.join(host);
    let has_own = match std::fs::read_dir(&own) {
        Ok(_) => true,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => false,
        Err(error) => {
            trust.findings.push(reading(&own, &error));
            return true;
        }
    };
    if let Some(rule) = &trust.facts.insecure {
        if has_own {
            trust.findings.push(Finding::note(
                CHECK,
                format!("`{}` is not read by docker's own store", own.display()),
                format!("docker treats the registry as insecure ({rule}), and verifies no certificate"),
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
            format!(
                "docker's store of containerd reads `{path}`, docker's own store reads `{}`",
                own.display()
            )
        };
        let why = "the store of containerd is the default since Docker 29; `docker info` names this store as `io.containerd.snapshotter`";
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

/// Returns the folders that containerd's store looks for, in this order.
fn candidates(root: &Path, host: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    if let Some((name, port)) = host.rsplit_once(':').filter(|(name, _)| !name.is_empty()) {
        all.push(root.join(format!("{name}_{port}_")));
    }
    all.extend([root.join(host), root.join("_default")]);
    all
}

/// Finds a folder that was probably meant for this registry, and returns the finding about its wrong name. If
/// `root` cannot be read, returns the finding about that fault.
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
        "docker looks for a folder named exactly like the registry in the names of images, with the port if images name it: `{}`",
        to.display()
    );
    Some(Finding::warning(CHECK, format!("`{}` is not read for this registry", from.display()), why).fix(fix))
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
