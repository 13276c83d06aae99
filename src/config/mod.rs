//! The settings: merges flags, environment and file, and checks everything before the server does anything
//! else.
//!
//! INVARIANT: there are no globals. The arguments contain everything that is read, and the result is one
//! [`Config`].

mod error;
mod file;
mod log_targets;
mod mistakes;
mod places;
mod sources;
mod tls;
mod values;
mod warnings;

pub use error::ConfigError;
pub use file::FileSettings;
pub use places::Places;
pub use tls::{ClientAuth, TlsSettings};
pub use values::{DatabaseUrl, LogFormat};

use crate::domain::events::Keep;
use crate::domain::identity::Host;
use crate::domain::secret::Password;
use crate::domain::service::{Issuer, ServiceName};
use ipnet::IpNet;
use sources::Sources;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// The settings from flags; `None` or an empty list for a flag that was not given.
#[derive(Debug, Clone, Default)]
pub struct FlagSettings {
    /// The value of `--config`.
    pub config: Option<PathBuf>,
    /// The value of `--listen`.
    pub listen: Option<String>,
    /// The value of `--database-url`.
    pub database_url: Option<String>,
    /// The value of `--events-database-url`.
    pub events_database_url: Option<String>,
    /// The values of `--events-keep`.
    pub events_keep: Vec<String>,
    /// The value of `--keys-dir`.
    pub keys_dir: Option<String>,
    /// The value of `--issuer`.
    pub issuer: Option<String>,
    /// The values of `--service`.
    pub services: Vec<String>,
    /// The value of `--realm`.
    pub realm: Option<String>,
    /// The value of `--public-url`.
    pub public_url: Option<String>,
    /// The values of `--trusted-proxy`.
    pub trusted_proxies: Vec<String>,
    /// The values of `--throttle-exempt`.
    pub throttle_exempt: Vec<String>,
    /// The values of `--token-path`.
    pub token_paths: Vec<String>,
    /// The values of `--cors-origin`.
    pub cors_origins: Vec<String>,
    /// The values of `--identity-host`.
    pub identity_hosts: Vec<String>,
    /// The values of `--registry-host`.
    pub registry_hosts: Vec<String>,
    /// The value of `--max-token-bytes`.
    pub max_token_bytes: Option<String>,
    /// The value of `--max-connections`.
    pub max_connections: Option<String>,
    /// The value of `--internal-listen`.
    pub internal_listen: Option<String>,
    /// The value of `--console`.
    pub console: Option<String>,
    /// The value of `--max-staleness`.
    pub max_staleness: Option<String>,
    /// The value of `--tls-cert`.
    pub tls_cert: Option<String>,
    /// The value of `--tls-key`.
    pub tls_key: Option<String>,
    /// The value of `--tls-client-ca`.
    pub tls_client_ca: Option<String>,
    /// The value of `--tls-client-auth`.
    pub tls_client_auth: Option<String>,
    /// The value of `--shared-secrets`.
    pub shared_secrets: Option<String>,
    /// The value of `--log`.
    pub log: Option<String>,
    /// The value of `--log-format`.
    pub log_format: Option<String>,
}

/// All settings of the server, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The separate address of metrics and documentation; `None` if the server serves them at `listen`.
    pub internal_listen: Option<SocketAddr>,
    /// The greatest number of connections; `None` if the settings name no number. Too few file descriptors
    /// reduce the number.
    pub max_connections: Option<usize>,
    /// The URL of the main database.
    pub database_url: DatabaseUrl,
    /// The URL of the database for the events of registries.
    pub events_database_url: DatabaseUrl,
    /// The periods for which the server keeps the reports of registries and the counts of granted access.
    pub events_keep: Keep,
    /// The path of the keys folder.
    pub keys_dir: PathBuf,
    /// The issuer of tokens, which is their `iss` claim.
    pub issuer: Issuer,
    /// Services that must exist; `None` when unset.
    pub services: Option<Vec<ServiceName>>,
    /// The URL at which clients reach the token endpoint; `None` when unset.
    pub realm: Option<Url>,
    /// The origin at which browsers reach the pages; `None` when unset.
    pub public_url: Option<String>,
    /// The networks of proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks from which wrong passwords are neither counted nor throttled.
    pub throttle_exempt: Vec<IpNet>,
    /// The paths of `--token-path`, at which the server also issues tokens, without a slash at the end.
    pub token_paths: Vec<String>,
    /// The origins whose web pages may request tokens.
    pub cors_origins: Vec<String>,
    /// The only hosts that the server may call for sign-in.
    pub identity_hosts: Vec<Host>,
    /// The only hosts that are called to crawl registries.
    pub registry_hosts: Vec<Host>,
    /// The length of the longest token that is issued, bytes.
    pub max_token_bytes: usize,
    /// The greatest number of repository names that one request examines. No flag sets this number, because
    /// the time of a request is limited instead.
    pub looked_at: usize,
    /// The files for TLS; `None` for plain http.
    pub tls: Option<TlsSettings>,
    /// True if the group of a file with secrets may read the file.
    pub shared_secrets: bool,
    /// The path of the settings file, if the file contains a password.
    pub password_file: Option<PathBuf>,
    /// True if the server serves the console.
    pub console: bool,
    /// The time for which the server uses the policy in memory while the database does not answer.
    pub max_staleness: Duration,
    /// The password for the first administrator, which only the first start uses.
    pub admin_password: Option<Password>,
    /// The filter of logged events.
    pub log: String,
    /// The output form of the log.
    pub log_format: LogFormat,
    /// The names of the settings, for messages.
    pub places: Places,
}

/// The server's environment variables that have no key in the settings file.
const OTHER_VARIABLES: [&str; 2] = ["PORTREEVE_CONFIG", "PORTREEVE_ADMIN_PASSWORD"];

/// The environment variables of the command line, which the server ignores.
const CLIENT_VARIABLES: [&str; 4] =
    ["PORTREEVE_URL", "PORTREEVE_TOKEN", "PORTREEVE_LOGIN_FILE", "PORTREEVE_CA"];

impl Config {
    /// Merges and checks all settings. Returns them with warnings for the log.
    ///
    /// `read_file` reads the named settings file, or else `portreeve.toml`, which may be missing. The error
    /// is about the first setting that cannot be used.
    pub fn load(
        flags: &FlagSettings,
        environment: &BTreeMap<String, String>,
        read_file: impl FnOnce(&Path) -> std::io::Result<String>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let variable = |name: &str| environment.get(name).filter(|text| !text.is_empty());
        let named = flags.config.clone().or_else(|| variable("PORTREEVE_CONFIG").map(PathBuf::from));
        let from = Sources::new(environment, FileSettings::read(named, read_file)?);
        let mut config = Self::merge(flags, &from)?;
        config.admin_password = variable("PORTREEVE_ADMIN_PASSWORD").map(|text| Password::new(text.as_str()));
        config.places = from.places();
        let of_log = log_targets::warnings(&config.log, &config.places.name("log"));
        Ok((config, unknown_variables(environment).into_iter().chain(of_log).collect()))
    }

    /// Merges the settings from flags, environment and file.
    fn merge(flags: &FlagSettings, from: &Sources<'_>) -> Result<Self, ConfigError> {
        let (database_url, events_database_url) = databases(flags, from)?;
        Ok(Self {
            listen: from
                .value("--listen", &flags.listen, "listen", values::listen)?
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 5001))),
            internal_listen: from.value(
                "--internal-listen",
                &flags.internal_listen,
                "internal_listen",
                values::listen,
            )?,
            max_connections: from.value(
                "--max-connections",
                &flags.max_connections,
                "max_connections",
                values::connections,
            )?,
            database_url,
            events_database_url,
            events_keep: events_keep(flags, from)?,
            keys_dir: from
                .text("--keys-dir", &flags.keys_dir, "keys_dir")
                .map_or_else(|| PathBuf::from("keys"), |given| PathBuf::from(given.text)),
            issuer: issuer(flags, from)?,
            services: from.values("--service", &flags.services, "services", ServiceName::parse)?,
            realm: from.value("--realm", &flags.realm, "realm", values::realm)?,
            public_url: from.value("--public-url", &flags.public_url, "public_url", values::public_url)?,
            trusted_proxies: networks(from, "--trusted-proxy", &flags.trusted_proxies, "trusted_proxies")?,
            throttle_exempt: networks(from, "--throttle-exempt", &flags.throttle_exempt, "throttle_exempt")?,
            token_paths: from
                .values("--token-path", &flags.token_paths, "token_paths", values::token_path)?
                .unwrap_or_default(),
            cors_origins: from
                .values("--cors-origin", &flags.cors_origins, "cors_origins", values::origin)?
                .unwrap_or_default(),
            identity_hosts: hosts("--identity-host", &flags.identity_hosts, "identity_hosts", from)?,
            registry_hosts: hosts("--registry-host", &flags.registry_hosts, "registry_hosts", from)?,
            max_token_bytes: from
                .value("--max-token-bytes", &flags.max_token_bytes, "max_token_bytes", values::token_bytes)?
                .unwrap_or(values::USUAL_TOKEN_BYTES),
            looked_at: usize::MAX,
            console: from.value("--console", &flags.console, "console", values::switch)?.unwrap_or(true),
            max_staleness: from
                .value("--max-staleness", &flags.max_staleness, "max_staleness", values::seconds)?
                .unwrap_or(Duration::from_secs(300)),
            tls: tls(flags, from)?,
            shared_secrets: from
                .value("--shared-secrets", &flags.shared_secrets, "shared_secrets", values::truth)?
                .unwrap_or_default(),
            password_file: from.file_with_password(),
            log: from
                .value("--log", &flags.log, "log", values::log_filter)?
                .unwrap_or_else(|| values::USUAL_LOG.to_owned()),
            log_format: from
                .value("--log-format", &flags.log_format, "log_format", LogFormat::parse)?
                .unwrap_or_default(),
            admin_password: None,
            places: Places::default(),
        })
    }

    /// Returns the realm from the settings. Without that setting, the realm is `/token` at `localhost` and
    /// the port of `bound`.
    #[must_use]
    pub fn realm(&self, bound: SocketAddr) -> String {
        match &self.realm {
            Some(realm) => realm.to_string(),
            None => {
                let scheme = if self.tls.is_some() { "https" } else { "http" };
                format!("{scheme}://localhost:{}/token", bound.port())
            }
        }
    }

    /// Returns the origin of the pages for browsers from the settings. Without that setting it is the origin
    /// of the realm.
    #[must_use]
    pub fn public_url(&self, bound: SocketAddr) -> String {
        let of_realm = || Url::parse(&self.realm(bound)).map(|realm| realm.origin().ascii_serialization());
        self.public_url.clone().or_else(|| of_realm().ok()).unwrap_or_default()
    }

    /// Returns the URL at which this machine reaches the server. With TLS it is the origin of the realm, because the
    /// certificate has that name. With TLS and without a realm in the settings, the host is `localhost`.
    #[must_use]
    pub fn own_url(&self) -> String {
        match (&self.tls, &self.realm) {
            (Some(_), Some(realm)) => realm.origin().ascii_serialization(),
            (Some(_), None) => format!("https://localhost:{}", self.listen.port()),
            (None, _) => format!("http://{}", reachable(self.listen)),
        }
    }
}

/// Returns the address at which this machine reaches a server that listens at `address`. The addresses
/// 0.0.0.0 and [::] become the loopback address.
#[must_use]
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

fn events_keep(flags: &FlagSettings, from: &Sources<'_>) -> Result<Keep, ConfigError> {
    let given = from.values("--events-keep", &flags.events_keep, "events_keep", Keep::parse_one)?;
    Ok(Keep::with(&given.unwrap_or_default()))
}

fn networks(
    from: &Sources<'_>,
    flag: &'static str,
    given: &[String],
    key: &'static str,
) -> Result<Vec<IpNet>, ConfigError> {
    Ok(from.values(flag, given, key, values::network)?.unwrap_or_default())
}

/// Returns the URLs of the main database and of the events database. Fails if both are the same SQLite file.
fn databases(flags: &FlagSettings, from: &Sources<'_>) -> Result<(DatabaseUrl, DatabaseUrl), ConfigError> {
    let main = from
        .value("--database-url", &flags.database_url, "database_url", DatabaseUrl::parse)?
        .unwrap_or_default();
    let (flag, key) = ("--events-database-url", "events_database_url");
    let Some(given) = from.text(flag, &flags.events_database_url, key) else {
        let events = main.of_events();
        return Ok((main, events));
    };
    let events = given.parse(|text| match DatabaseUrl::parse(text)? {
        url if url.is_same_file(&main) => {
            Err("the events need a file of their own: name another file".to_owned())
        }
        url => Ok(url),
    })?;
    Ok((main, events))
}

fn issuer(flags: &FlagSettings, from: &Sources<'_>) -> Result<Issuer, ConfigError> {
    match from.value("--issuer", &flags.issuer, "issuer", Issuer::parse)? {
        Some(issuer) => Ok(issuer),
        None => values::default_issuer(),
    }
}

fn hosts(
    flag: &'static str,
    given: &[String],
    key: &'static str,
    from: &Sources<'_>,
) -> Result<Vec<Host>, ConfigError> {
    Ok(from.values(flag, given, key, Host::parse)?.unwrap_or_default())
}

fn tls(flags: &FlagSettings, from: &Sources<'_>) -> Result<Option<TlsSettings>, ConfigError> {
    TlsSettings::of(
        from.text("--tls-cert", &flags.tls_cert, "tls_cert"),
        from.text("--tls-key", &flags.tls_key, "tls_key"),
        from.text("--tls-client-ca", &flags.tls_client_ca, "tls_client_ca"),
        from.text("--tls-client-auth", &flags.tls_client_auth, "tls_client_auth"),
        &from.places(),
    )
}

/// Returns warnings about environment variables that look like settings and are not.
fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    environment
        .keys()
        .filter(|name| name.starts_with("PORTREEVE_") && !sources::is_variable_of_key(name))
        .filter(|name| !OTHER_VARIABLES.contains(&name.as_str()))
        .filter(|name| !CLIENT_VARIABLES.contains(&name.as_str()))
        // INTEROP: Kubernetes sets these variables for a service called `portreeve`.
        .filter(|name| !name.starts_with("PORTREEVE_PORT") && !name.starts_with("PORTREEVE_SERVICE_"))
        .map(|name| format!("the environment variable {name} is not a setting and is ignored"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_reaches_a_server_by_loopback_or_by_the_name_in_its_certificate() {
        for (settings, expected) in [
            ("", "http://127.0.0.1:5001"),
            ("listen = \"0.0.0.0:81\"\nrealm = \"https://auth.example.org/token\"", "http://127.0.0.1:81"),
            ("listen = \"[::]:81\"", "http://[::1]:81"),
            ("listen = \"192.0.2.1:81\"", "http://192.0.2.1:81"),
            ("tls_cert = \"a\"\ntls_key = \"b\"", "https://localhost:5001"),
            (
                "tls_cert = \"a\"\ntls_key = \"b\"\nrealm = \"https://auth.example.org:444/token\"",
                "https://auth.example.org:444",
            ),
        ] {
            let read = |_: &Path| Ok(settings.to_owned());
            let (config, _) = Config::load(&FlagSettings::default(), &BTreeMap::new(), read).unwrap();
            assert_eq!(config.own_url(), expected, "{settings}");
        }
    }
}
