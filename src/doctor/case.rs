//! The inputs of an examination: the given files, docker's files, and an HTTP client that trusts the authorities
//! that docker trusts and those of `--ca`.

use super::docker::client::{Client, Trusted};
use super::docker::files::{self, DockerTrust};
use super::error::Unusable;
use super::options::Options;
use super::registry::configuration::Configuration;
use super::registry::file::RegistryFile;
use super::registry::listen::Listen;
use super::registry::log::Log;
use super::registry::reach::resolve;
use super::report::finding::Examined;
use super::server::keys::Keys;
use std::path::Path;

/// The inputs of an examination.
pub(super) struct Case<'a> {
    pub(super) options: &'a Options,
    /// The receiver of messages about the progress of the examination.
    pub(super) say: &'a dyn Fn(&str),
    pub(super) client: Client,
    pub(super) docker: DockerTrust,
    pub(super) keys: Option<Keys>,
    pub(super) log: Option<Log>,
    /// The address on which the registry listens according to its configuration.
    pub(super) listen: Option<Listen>,
    /// True if the registry's name resolves to an address.
    pub(super) is_resolved: bool,
}

impl<'a> Case<'a> {
    /// Reads the files that the options name and docker's files, resolves the registry's name, and makes the HTTP
    /// client.
    pub(super) async fn open(
        options: &'a Options,
        say: &'a dyn Fn(&str),
    ) -> Result<Examined<(Self, Configuration)>, Unusable> {
        let mut findings = Vec::new();
        let (file, listen) = match &options.config {
            Some(path) => read_configuration(path)?.report_to(&mut findings),
            None => (None, None),
        };
        let log = options.log.as_ref();
        let log = log.map(|path| Log::open(path).map_err(|error| unreadable(path, &error))).transpose()?;
        let now = options.clock.now();
        let keys = options.keys.as_ref();
        let keys = keys.and_then(|folder| Keys::open(folder, now).report_to(&mut findings));
        say("the registry");
        let resolved = resolve(&options.registry).await.report_to(&mut findings);
        let is_resolved = resolved.is_some();
        let (name, addresses) = (&options.registry.name, resolved.unwrap_or_default());
        let docker = files::examine(&options.docker, name, &addresses, now).report_to(&mut findings);
        let roots = options.authorities.iter().chain(&docker.extra_roots).cloned().collect();
        let (pair, local) = (docker.client_pair.clone(), options.registry.is_local());
        let client = Client::new(&Trusted { roots, pair, local }, options.clock.clone()).map_err(Unusable)?;
        let case = Self { options, say, client, docker, keys, log, listen, is_resolved };
        Ok(Examined { facts: (case, Configuration { file, stale: None }), findings })
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Unusable {
    Unusable(format!("cannot read `{}`: {error}", path.display()))
}

/// The content of the given file, if it is a configuration of a registry, and the address on which the registry
/// listens according to the file.
type Given = (Option<RegistryFile>, Option<Listen>);

fn read_configuration(path: &Path) -> Result<Examined<Given>, Unusable> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let listen = Listen::of(&text);
    Ok(match RegistryFile::parse(path, text) {
        Ok(file) => Examined { facts: (Some(file), listen), findings: Vec::new() },
        Err(finding) => Examined { facts: (None, listen), findings: vec![finding] },
    })
}
