//! The settings: flags, environment and file, merged and checked before anything else happens.
//!
//! There are no globals: the arguments hold everything that is read, and the result is one [`Config`].

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

/// Settings given as flags; `None` where there is none.
#[derive(Debug, Clone, Default)]
pub struct FlagSettings {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--database-url`
    pub database_url: Option<String>,
    /// `--keys-dir`
    pub keys_dir: Option<String>,
    /// `--issuer`
    pub issuer: Option<String>,
    /// `--service`, repeated
    pub services: Vec<String>,
    /// `--realm`
    pub realm: Option<String>,
    /// `--public-url`
    pub public_url: Option<String>,
    /// `--trusted-proxy`, repeated
    pub trusted_proxies: Vec<String>,
    /// `--throttle-exempt`, repeated
    pub throttle_exempt: Vec<String>,
    /// `--token-path`, repeated
    pub token_paths: Vec<String>,
    /// `--cors-origin`, repeated
    pub cors_origins: Vec<String>,
    /// `--identity-host`, repeated
    pub identity_hosts: Vec<String>,
    /// `--max-token-bytes`
    pub max_token_bytes: Option<String>,
    /// `--max-connections`
    pub max_connections: Option<String>,
    /// `--internal-listen`
    pub internal_listen: Option<String>,
    /// `--console`
    pub console: Option<String>,
    /// `--max-staleness`
    pub max_staleness: Option<String>,
    /// `--tls-cert`
    pub tls_cert: Option<String>,
    /// `--tls-key`
    pub tls_key: Option<String>,
    /// `--tls-client-ca`
    pub tls_client_ca: Option<String>,
    /// `--tls-client-auth`
    pub tls_client_auth: Option<String>,
    /// `--shared-secrets`
    pub shared_secrets: Option<String>,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// Every setting of the server, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where else to listen, for what is for internal use alone; `None` when that is at `listen`.
    pub internal_listen: Option<SocketAddr>,
    /// How many connections there may be; `None` for as many as there are descriptors for.
    pub max_connections: Option<usize>,
    /// Where the data is.
    pub database_url: DatabaseUrl,
    /// Where the keys are.
    pub keys_dir: PathBuf,
    /// The `iss` claim.
    pub issuer: Issuer,
    /// Services that must exist; `None` when unset.
    pub services: Option<Vec<ServiceName>>,
    /// The URL that clients reach the token endpoint at; `None` when unset.
    pub realm: Option<Url>,
    /// The origin that browsers reach the pages at; `None` when unset.
    pub public_url: Option<String>,
    /// Networks whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks from which wrong passwords are neither counted nor throttled.
    pub throttle_exempt: Vec<IpNet>,
    /// Further paths of the token endpoint, without a slash at the end.
    pub token_paths: Vec<String>,
    /// Origins whose web pages may ask for tokens.
    pub cors_origins: Vec<String>,
    /// The only hosts that are called for sign-in.
    pub identity_hosts: Vec<Host>,
    /// The longest token that is handed out, bytes.
    pub max_token_bytes: usize,
    /// Where certificate and key are; `None` for plain http.
    pub tls: Option<TlsSettings>,
    /// Whether members of their group may read the files that hold secrets.
    pub shared_secrets: bool,
    /// The settings file, if it holds a password.
    pub password_file: Option<PathBuf>,
    /// Whether the console is served.
    pub console: bool,
    /// How long the policy in memory may be used while the database does not answer.
    pub max_staleness: Duration,
    /// Password of the first administrator; read at the first start only.
    pub admin_password: Option<Password>,
    /// Which events are logged.
    pub log: String,
    /// In which form.
    pub log_format: LogFormat,
    /// How messages call the settings.
    pub places: Places,
}

/// Names of the environment variables of the server that are not keys of the file.
const OTHER_VARIABLES: [&str; 2] = ["PORTREEVE_CONFIG", "PORTREEVE_ADMIN_PASSWORD"];

/// Environment variables that are for the command line, not for the server.
const CLIENT_VARIABLES: [&str; 4] =
    ["PORTREEVE_URL", "PORTREEVE_TOKEN", "PORTREEVE_LOGIN_FILE", "PORTREEVE_CA"];

impl Config {
    /// Merges and checks all settings. Returns them with warnings for the log.
    ///
    /// `read_file` reads the settings file that is named, or else `portreeve.toml`, which need not exist.
    /// The error is about the first setting that cannot be used.
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

    /// The settings that have a flag.
    fn merge(flags: &FlagSettings, from: &Sources<'_>) -> Result<Self, ConfigError> {
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
            database_url: from
                .value("--database-url", &flags.database_url, "database_url", DatabaseUrl::parse)?
                .unwrap_or_default(),
            keys_dir: from
                .text("--keys-dir", &flags.keys_dir, "keys_dir")
                .map_or_else(|| PathBuf::from("keys"), |given| PathBuf::from(given.text)),
            issuer: issuer(flags, from)?,
            services: from.values("--service", &flags.services, "services", ServiceName::parse)?,
            realm: from.value("--realm", &flags.realm, "realm", values::realm)?,
            public_url: from.value("--public-url", &flags.public_url, "public_url", values::public_url)?,
            trusted_proxies: from
                .values("--trusted-proxy", &flags.trusted_proxies, "trusted_proxies", values::network)?
                .unwrap_or_default(),
            throttle_exempt: from
                .values("--throttle-exempt", &flags.throttle_exempt, "throttle_exempt", values::network)?
                .unwrap_or_default(),
            token_paths: from
                .values("--token-path", &flags.token_paths, "token_paths", values::token_path)?
                .unwrap_or_default(),
            cors_origins: from
                .values("--cors-origin", &flags.cors_origins, "cors_origins", values::origin)?
                .unwrap_or_default(),
            identity_hosts: identity_hosts(flags, from)?,
            max_token_bytes: from
                .value("--max-token-bytes", &flags.max_token_bytes, "max_token_bytes", values::token_bytes)?
                .unwrap_or(values::USUAL_TOKEN_BYTES),
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

    /// The realm: as set, or on this machine with the port that was bound.
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

    /// The origin that browsers reach the pages at: as set, or that of the realm.
    #[must_use]
    pub fn public_url(&self, bound: SocketAddr) -> String {
        let of_realm = || Url::parse(&self.realm(bound)).map(|realm| realm.origin().ascii_serialization());
        self.public_url.clone().or_else(|| of_realm().ok()).unwrap_or_default()
    }

    /// The URL that this machine reaches the server at. With TLS it is that of the realm, whose name the certificate has.
    #[must_use]
    pub fn own_url(&self) -> String {
        match (&self.tls, &self.realm) {
            (Some(_), Some(realm)) => realm.origin().ascii_serialization(),
            (Some(_), None) => format!("https://localhost:{}", self.listen.port()),
            (None, _) => format!("http://{}", reachable(self.listen)),
        }
    }
}

/// Where this machine reaches a server that listens at an address: an address for all interfaces is that of loopback.
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

fn issuer(flags: &FlagSettings, from: &Sources<'_>) -> Result<Issuer, ConfigError> {
    match from.value("--issuer", &flags.issuer, "issuer", Issuer::parse)? {
        Some(issuer) => Ok(issuer),
        None => values::default_issuer(),
    }
}

fn identity_hosts(flags: &FlagSettings, from: &Sources<'_>) -> Result<Vec<Host>, ConfigError> {
    let hosts = from.values("--identity-host", &flags.identity_hosts, "identity_hosts", Host::parse)?;
    Ok(hosts.unwrap_or_default())
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

/// Warns about variables that look like settings and are not.
fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    environment
        .keys()
        .filter(|name| name.starts_with("PORTREEVE_") && !sources::is_variable_of_key(name))
        .filter(|name| !OTHER_VARIABLES.contains(&name.as_str()))
        .filter(|name| !CLIENT_VARIABLES.contains(&name.as_str()))
        // INTEROP: Kubernetes injects these for a service called `portreeve`.
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
