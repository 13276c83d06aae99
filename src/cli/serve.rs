//! `portreeve serve`: runs the server.

use super::error::CliError;
use super::local::{load_for_server, with_log};
use crate::app;
use crate::config::FlagSettings;
use clap::Args;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Examples:
  portreeve serve
  portreeve serve --listen 0.0.0.0:5001 --realm https://auth.example.org/token --trusted-proxy 10.0.0.0/8
  portreeve serve --listen 0.0.0.0:443 --realm https://auth.example.org/token --tls-cert auth.crt --tls-key auth.key

Every setting can also be given in the environment and in a TOML file. A flag wins over the
environment, and the environment wins over the file. PORTREEVE_ADMIN_PASSWORD sets the password of
the first administrator `admin` at the first start. Without that variable, the server writes a random
password to KEYS_DIR/initial-admin-password.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct ServeFlags {
    /// Settings file [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on [env: PORTREEVE_LISTEN] [default: 127.0.0.1:5001]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Database: sqlite://FILE or postgres://… [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Database of the events of registries: sqlite://FILE or postgres://… [env: PORTREEVE_EVENTS_DATABASE_URL] [default: a file beside that of --database-url, with -events before its ending; on PostgreSQL the same database]
    #[arg(long, value_name = "URL")]
    events_database_url: Option<String>,
    /// Period for which events of registries are kept, such as days=62; repeatable [env: PORTREEVE_EVENTS_KEEP, comma-separated]
    #[arg(long, value_name = "NAME=NUMBER")]
    events_keep: Vec<String>,
    /// Folder of the signing keys [env: PORTREEVE_KEYS_DIR] [default: keys]
    #[arg(long, value_name = "DIR")]
    keys_dir: Option<String>,
    /// Issuer, which registries compare with their configuration [env: PORTREEVE_ISSUER] [default: portreeve]
    #[arg(long, value_name = "STRING")]
    issuer: Option<String>,
    /// Make sure that this service exists; repeatable [env: PORTREEVE_SERVICES, comma-separated]
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// URL at which clients reach the token endpoint [env: PORTREEVE_REALM] [default:
    /// http(s)://localhost:PORT/token]
    #[arg(long, value_name = "URL")]
    realm: Option<String>,
    /// URL at which browsers reach this server for sign-in [env: PORTREEVE_PUBLIC_URL] [default: origin of
    /// the realm]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Believe X-Forwarded-For from this network; repeatable [env: PORTREEVE_TRUSTED_PROXIES, comma-separated]
    #[arg(long = "trusted-proxy", value_name = "CIDR")]
    trusted_proxies: Vec<String>,
    /// Never throttle sign-ins from this network; repeatable [env: PORTREEVE_THROTTLE_EXEMPT, comma-separated]
    #[arg(long = "throttle-exempt", value_name = "CIDR")]
    throttle_exempt: Vec<String>,
    /// Also issue tokens at this path; repeatable [env: PORTREEVE_TOKEN_PATHS, comma-separated]
    #[arg(long = "token-path", value_name = "PATH")]
    token_paths: Vec<String>,
    /// Let web pages of this origin ask for tokens; repeatable [env: PORTREEVE_CORS_ORIGINS, comma-separated]
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    /// Allow calls to this host for sign-in, HOST or HOST:PORT; repeatable [env: PORTREEVE_IDENTITY_HOSTS,
    /// comma-separated]
    #[arg(long = "identity-host", value_name = "HOST")]
    identity_hosts: Vec<String>,
    /// Allow crawls of registries at this host, HOST or HOST:PORT; repeatable [env: PORTREEVE_REGISTRY_HOSTS,
    /// comma-separated]
    #[arg(long = "registry-host", value_name = "HOST")]
    registry_hosts: Vec<String>,
    /// Longest token, 4096 to 65536 bytes [env: PORTREEVE_MAX_TOKEN_BYTES] [default: 7168]
    #[arg(long, value_name = "BYTES")]
    max_token_bytes: Option<String>,
    /// Most connections at once; one network gets at most half of those that other networks leave free [env:
    /// PORTREEVE_MAX_CONNECTIONS] [default: descriptors - 128, at most 10000]
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<String>,
    /// Serve /metrics, /docs/ and the OpenAPI document at this address only [env: PORTREEVE_INTERNAL_LISTEN]
    /// [default: the same address as everything else]
    #[arg(long, value_name = "ADDR")]
    internal_listen: Option<String>,
    /// Certificate for https, PEM, with the intermediate certificates [env: PORTREEVE_TLS_CERT]
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// Private key of the certificate, mode 600; the server reads both files again when they change [env:
    /// PORTREEVE_TLS_KEY]
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Ask clients for a certificate that one of these authorities signed [env: PORTREEVE_TLS_CLIENT_CA]
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<String>,
    /// Make the client certificate optional or required [env: PORTREEVE_TLS_CLIENT_AUTH]
    /// [default: optional]
    #[arg(long, value_name = "WHETHER")]
    tls_client_auth: Option<String>,
    /// Serve the console at /console/: on or off [env: PORTREEVE_CONSOLE] [default: on]
    #[arg(long, value_name = "WHETHER")]
    console: Option<String>,
    /// Seconds for which the server works without the database [env: PORTREEVE_MAX_STALENESS] [default: 300]
    #[arg(long, value_name = "SECONDS")]
    max_staleness: Option<String>,
    /// Allow the group of a secret file to read it, for keys and other secrets [env:
    /// PORTREEVE_SHARED_SECRETS]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    shared_secrets: Option<String>,
    /// What to log: error, warn, info, debug, trace, or directives by target [env: PORTREEVE_LOG] [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Form of the log: text or json [env: PORTREEVE_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl From<ServeFlags> for FlagSettings {
    fn from(flags: ServeFlags) -> Self {
        Self {
            config: flags.config,
            listen: flags.listen,
            database_url: flags.database_url,
            events_database_url: flags.events_database_url,
            events_keep: flags.events_keep,
            keys_dir: flags.keys_dir,
            issuer: flags.issuer,
            services: flags.services,
            realm: flags.realm,
            public_url: flags.public_url,
            trusted_proxies: flags.trusted_proxies,
            throttle_exempt: flags.throttle_exempt,
            token_paths: flags.token_paths,
            cors_origins: flags.cors_origins,
            identity_hosts: flags.identity_hosts,
            registry_hosts: flags.registry_hosts,
            max_token_bytes: flags.max_token_bytes,
            max_connections: flags.max_connections,
            internal_listen: flags.internal_listen,
            tls_cert: flags.tls_cert,
            tls_key: flags.tls_key,
            tls_client_ca: flags.tls_client_ca,
            tls_client_auth: flags.tls_client_auth,
            console: flags.console,
            max_staleness: flags.max_staleness,
            shared_secrets: flags.shared_secrets,
            log: flags.log,
            log_format: flags.log_format,
        }
    }
}

pub(super) fn run(flags: ServeFlags) -> Result<(), CliError> {
    let (config, warnings) = load_for_server(flags)?;
    let filter = config.log.clone();
    with_log(config, &filter, |config| {
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        app::serve(config).map_err(CliError::local)
    })
}
