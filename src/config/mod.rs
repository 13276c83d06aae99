//! The settings: flags, environment and file, merged and checked before anything else happens.
//!
//! There are no globals: the arguments hold everything that is read, and the result is one [`Config`].

mod error;
mod file;
mod mistakes;
mod sources;
mod tls;
mod values;

pub use error::ConfigError;
pub use file::FileSettings;
pub use tls::{ClientAuth, TlsSettings};
pub use values::{DatabaseUrl, LogFormat};

use crate::domain::secret::Password;
use crate::domain::service::{Issuer, ServiceName};
use ipnet::IpNet;
use sources::Sources;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
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
    /// `--trusted-proxy`, repeated
    pub trusted_proxies: Vec<String>,
    /// `--token-path`, repeated
    pub token_paths: Vec<String>,
    /// `--cors-origin`, repeated
    pub cors_origins: Vec<String>,
    /// `--max-token-bytes`
    pub max_token_bytes: Option<String>,
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
    /// Further paths of the token endpoint, without a slash at the end.
    pub token_paths: Vec<String>,
    /// Origins whose web pages may ask for tokens.
    pub cors_origins: Vec<String>,
    /// The longest token that is handed out, bytes.
    pub max_token_bytes: usize,
    /// Where certificate and key are; `None` for plain http.
    pub tls: Option<TlsSettings>,
    /// Whether members of their group may read the files that hold secrets.
    pub shared_secrets: bool,
    /// The settings file, if it holds a password.
    pub password_file: Option<PathBuf>,
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
const VARIABLES: [&str; 20] = [
    "PORTREEVE_CONFIG",
    "PORTREEVE_LISTEN",
    "PORTREEVE_DATABASE_URL",
    "PORTREEVE_KEYS_DIR",
    "PORTREEVE_ISSUER",
    "PORTREEVE_SERVICES",
    "PORTREEVE_REALM",
    "PORTREEVE_TRUSTED_PROXIES",
    "PORTREEVE_TOKEN_PATHS",
    "PORTREEVE_CORS_ORIGINS",
    "PORTREEVE_MAX_TOKEN_BYTES",
    "PORTREEVE_MAX_STALENESS",
    "PORTREEVE_TLS_CERT",
    "PORTREEVE_TLS_KEY",
    "PORTREEVE_TLS_CLIENT_CA",
    "PORTREEVE_TLS_CLIENT_AUTH",
    "PORTREEVE_SHARED_SECRETS",
    "PORTREEVE_LOG",
    "PORTREEVE_LOG_FORMAT",
    "PORTREEVE_ADMIN_PASSWORD",
];

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
        let from = Sources { environment, file: FileSettings::read(named, read_file)? };
        let config = Self {
            listen: from
                .value("--listen", &flags.listen, "listen", values::listen)?
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 5001))),
            database_url: from
                .value("--database-url", &flags.database_url, "database_url", DatabaseUrl::parse)?
                .unwrap_or_default(),
            keys_dir: from
                .text("--keys-dir", &flags.keys_dir, "keys_dir")
                .map_or_else(|| PathBuf::from("keys"), |given| PathBuf::from(given.text)),
            issuer: match from.value("--issuer", &flags.issuer, "issuer", Issuer::parse)? {
                Some(issuer) => issuer,
                None => values::default_issuer()?,
            },
            services: from.values("--service", &flags.services, "services", ServiceName::parse)?,
            realm: from.value("--realm", &flags.realm, "realm", values::realm)?,
            trusted_proxies: from
                .values("--trusted-proxy", &flags.trusted_proxies, "trusted_proxies", values::network)?
                .unwrap_or_default(),
            token_paths: from
                .values("--token-path", &flags.token_paths, "token_paths", values::token_path)?
                .unwrap_or_default(),
            cors_origins: from
                .values("--cors-origin", &flags.cors_origins, "cors_origins", values::origin)?
                .unwrap_or_default(),
            max_token_bytes: from
                .value("--max-token-bytes", &flags.max_token_bytes, "max_token_bytes", values::token_bytes)?
                .unwrap_or(values::USUAL_TOKEN_BYTES),
            max_staleness: from
                .value("--max-staleness", &flags.max_staleness, "max_staleness", values::seconds)?
                .unwrap_or(Duration::from_secs(300)),
            tls: TlsSettings::of(
                from.text("--tls-cert", &flags.tls_cert, "tls_cert"),
                from.text("--tls-key", &flags.tls_key, "tls_key"),
                from.text("--tls-client-ca", &flags.tls_client_ca, "tls_client_ca"),
                from.text("--tls-client-auth", &flags.tls_client_auth, "tls_client_auth"),
            )?,
            shared_secrets: from
                .value("--shared-secrets", &flags.shared_secrets, "shared_secrets", values::truth)?
                .unwrap_or_default(),
            password_file: from.file.with_password(),
            log: from
                .value("--log", &flags.log, "log", values::log_filter)?
                .unwrap_or_else(|| values::USUAL_LOG.to_owned()),
            log_format: from
                .value("--log-format", &flags.log_format, "log_format", LogFormat::parse)?
                .unwrap_or_default(),
            admin_password: variable("PORTREEVE_ADMIN_PASSWORD").map(|text| Password::new(text.as_str())),
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

    /// Warns about a realm that clients cannot reach or will refuse.
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
        if realm.path().trim_matches('/').is_empty() {
            let mut whole = realm.clone();
            whole.set_path("/token");
            warnings.push(format!(
                "the realm `{realm}` has no path, and clients ask for tokens at exactly this address: write `{whole}`"
            ));
        }
        let host = realm.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        if literal.is_some_and(|address| address.is_unspecified()) {
            warnings.push(format!(
                "the realm `{realm}` names {host}, which is where a server listens and not an address to reach it at: write the name that clients reach"
            ));
        }
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

    /// Warns when passwords seem to cross a network in the clear: other machines reach this server over
    /// plain http, and no setting names a proxy that could speak TLS for it.
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

/// Warns about variables that look like settings and are not.
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
