//! The settings: flags, environment and file, merged and checked before anything else happens.
//!
//! No globals: what is read comes in as arguments and goes out as one [`Config`].

mod file;
mod tls;
mod values;

pub use file::FileSettings;
pub use tls::{ClientAuth, TlsSettings};
pub use values::{DatabaseUrl, LogFormat};

use crate::domain::secret::Password;
use crate::domain::service::{Issuer, ServiceName};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
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
    /// `--trusted-proxy`, repeated
    pub trusted_proxies: Vec<String>,
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
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// A setting that cannot be used. Its text names where it stands and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A bad value.
    #[error("{place}: {message}")]
    Value {
        /// Flag, environment variable, or key with file and line.
        place: String,
        /// What was expected.
        message: String,
    },
    /// The file is not TOML, or has an unknown key.
    #[error("{0}")]
    File(String),
    /// The file that was named cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// Every setting of the server, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
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
    /// Networks whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where certificate and key are; `None` for plain http.
    pub tls: Option<TlsSettings>,
    /// How long the policy in memory may be used while the database does not answer.
    pub max_staleness: Duration,
    /// Password of the first administrator; read at the first start only.
    pub admin_password: Option<Password>,
    /// Which events are logged.
    pub log: String,
    /// In which form.
    pub log_format: LogFormat,
}

/// Names of all environment variables that are settings.
const VARIABLES: [&str; 16] = [
    "PORTREEVE_CONFIG",
    "PORTREEVE_LISTEN",
    "PORTREEVE_DATABASE_URL",
    "PORTREEVE_KEYS_DIR",
    "PORTREEVE_ISSUER",
    "PORTREEVE_SERVICES",
    "PORTREEVE_REALM",
    "PORTREEVE_TRUSTED_PROXIES",
    "PORTREEVE_MAX_STALENESS",
    "PORTREEVE_TLS_CERT",
    "PORTREEVE_TLS_KEY",
    "PORTREEVE_TLS_CLIENT_CA",
    "PORTREEVE_TLS_CLIENT_AUTH",
    "PORTREEVE_LOG",
    "PORTREEVE_LOG_FORMAT",
    "PORTREEVE_ADMIN_PASSWORD",
];

/// Environment variables that are for the command line, not for the server.
const CLIENT_VARIABLES: [&str; 3] = ["PORTREEVE_URL", "PORTREEVE_TOKEN", "PORTREEVE_LOGIN_FILE"];

/// One text and where it came from.
struct Given {
    text: String,
    place: String,
}

impl Given {
    fn parse<T, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(&self.text)
            .map_err(|error| ConfigError::Value { place: self.place.clone(), message: error.to_string() })
    }
}

struct Sources<'a> {
    environment: &'a BTreeMap<String, String>,
    file: FileSettings,
}

impl Sources<'_> {
    /// The text of a setting: flag, else environment, else file.
    fn text(&self, flag: &'static str, given: Option<&String>, key: &str) -> Option<Given> {
        let list = given.cloned().into_iter().collect::<Vec<_>>();
        self.list(flag, &list, key, &format!("PORTREEVE_{}", key.to_uppercase()))
            .and_then(|mut all| all.pop())
    }

    /// The texts of a list: flags, else the comma-separated environment variable, else file.
    fn list(&self, flag: &'static str, given: &[String], key: &str, variable: &str) -> Option<Vec<Given>> {
        if !given.is_empty() {
            return Some(
                given.iter().map(|text| Given { text: text.clone(), place: flag.to_owned() }).collect(),
            );
        }
        let value = self.environment.get(variable).filter(|value| !value.is_empty());
        if let Some(value) = value {
            let is_list = matches!(key, "services" | "trusted_proxies");
            let parts: Vec<&str> =
                if is_list { value.split(',').map(str::trim).collect() } else { vec![value] };
            return Some(
                parts
                    .into_iter()
                    .map(|text| Given { text: text.to_owned(), place: variable.to_owned() })
                    .collect(),
            );
        }
        let found = self.file.find(key)?;
        Some(found.into_iter().map(|(text, place)| Given { text, place }).collect())
    }
}

impl Config {
    /// Merges and checks all settings. Returns them with warnings for the log.
    ///
    /// `read_file` reads the settings file; it is asked for the named file, or for
    /// `portreeve.toml`, which need not exist.
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that cannot be used.
    pub fn load(
        flags: &FlagSettings,
        environment: &BTreeMap<String, String>,
        read_file: impl FnOnce(&std::path::Path) -> std::io::Result<String>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let named = flags.config.clone().or_else(|| {
            environment.get("PORTREEVE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
        });
        let sources = Sources { environment, file: FileSettings::read(named, read_file)? };
        let one = |flag, given: &Option<String>, key| sources.text(flag, given.as_ref(), key);
        let parse_all = |list: Vec<Given>, parse: fn(&str) -> Result<IpNet, String>| {
            list.iter().map(|given| given.parse(parse)).collect::<Result<Vec<_>, _>>()
        };

        let listen = match one("--listen", &flags.listen, "listen") {
            Some(given) => given.parse(values::listen)?,
            None => SocketAddr::from(([127, 0, 0, 1], 5001)),
        };
        let database_url = match one("--database-url", &flags.database_url, "database_url") {
            Some(given) => given.parse(DatabaseUrl::parse)?,
            None => DatabaseUrl::default(),
        };
        let keys_dir = one("--keys-dir", &flags.keys_dir, "keys_dir")
            .map_or_else(|| PathBuf::from("keys"), |given| PathBuf::from(given.text));
        let issuer = match one("--issuer", &flags.issuer, "issuer") {
            Some(given) => given.parse(Issuer::parse)?,
            None => values::default_issuer()?,
        };
        let services = sources
            .list("--service", &flags.services, "services", "PORTREEVE_SERVICES")
            .map(|list| list.iter().map(|given| given.parse(ServiceName::parse)).collect::<Result<_, _>>())
            .transpose()?;
        let realm =
            one("--realm", &flags.realm, "realm").map(|given| given.parse(values::realm)).transpose()?;
        let proxies = sources.list(
            "--trusted-proxy",
            &flags.trusted_proxies,
            "trusted_proxies",
            "PORTREEVE_TRUSTED_PROXIES",
        );
        let trusted_proxies = parse_all(proxies.unwrap_or_default(), values::network)?;
        let max_staleness = match one("--max-staleness", &flags.max_staleness, "max_staleness") {
            Some(given) => given.parse(values::seconds)?,
            None => Duration::from_secs(300),
        };
        let tls = TlsSettings::of(
            one("--tls-cert", &flags.tls_cert, "tls_cert"),
            one("--tls-key", &flags.tls_key, "tls_key"),
            one("--tls-client-ca", &flags.tls_client_ca, "tls_client_ca"),
            one("--tls-client-auth", &flags.tls_client_auth, "tls_client_auth"),
        )?;
        let log = one("--log", &flags.log, "log").map_or_else(|| "info".to_owned(), |given| given.text);
        let log_format = match one("--log-format", &flags.log_format, "log_format") {
            Some(given) => given.parse(LogFormat::parse)?,
            None => LogFormat::Text,
        };
        let admin_password = environment
            .get("PORTREEVE_ADMIN_PASSWORD")
            .filter(|text| !text.is_empty())
            .map(|text| Password::new(text.as_str()));
        let config = Self {
            listen,
            database_url,
            keys_dir,
            issuer,
            services,
            realm,
            trusted_proxies,
            tls,
            max_staleness,
            admin_password,
            log,
            log_format,
        };
        Ok((config, unknown_variables(environment)))
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

    /// What will trouble clients about the realm.
    #[must_use]
    pub fn realm_warnings(&self, bound: SocketAddr) -> Vec<String> {
        let mut warnings = Vec::new();
        let Some(realm) = &self.realm else {
            if !bound.ip().is_loopback() {
                warnings.push(format!(
                    "no realm is set, so registries are told `{}`, which only this machine can reach: set --realm to the URL that clients reach",
                    self.realm(bound)
                ));
            }
            return warnings;
        };
        let host = realm.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        if literal.is_some_and(is_private) {
            // INTEROP: go-containerregistry since 0.21.4 (crane, ko) and regclient.
            warnings.push(format!(
                "the realm `{realm}` names a private address: crane, ko and regclient refuse such realms; give it a DNS name"
            ));
        }
        if realm.scheme() == "http" && host != "localhost" {
            warnings.push(format!(
                "the realm `{realm}` is plain http: passwords cross the network in the clear, and clients refuse it behind an https registry; {}",
                if self.tls.is_some() { "write https" } else { "set --tls-cert and --tls-key, or put TLS in front" }
            ));
        }
        warnings
    }

    /// Whether passwords cross a network in the clear, as far as this server can know: it speaks
    /// plain http where others reach it, and no proxy is named that could speak TLS for it.
    #[must_use]
    pub fn plain_http_warning(&self, bound: SocketAddr) -> Option<String> {
        let is_open = self.tls.is_none() && self.trusted_proxies.is_empty() && !bound.ip().is_loopback();
        is_open.then(|| {
            format!(
                "PLAIN HTTP on {bound}: passwords and tokens cross the network in the clear: set --tls-cert and --tls-key, or put a proxy with TLS in front and name its network with --trusted-proxy"
            )
        })
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Warns about variables that look like settings but are none.
fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    environment
        .keys()
        .filter(|name| name.starts_with("PORTREEVE_") && !VARIABLES.contains(&name.as_str()))
        .filter(|name| !CLIENT_VARIABLES.contains(&name.as_str()))
        // INTEROP: Kubernetes injects these for a service called `portreeve`.
        .filter(|name| !name.starts_with("PORTREEVE_PORT") && !name.starts_with("PORTREEVE_SERVICE_"))
        .map(|name| format!("the environment variable {name} is no setting and is ignored"))
        .collect()
}
