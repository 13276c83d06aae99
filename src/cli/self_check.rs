//! `portreeve self-check`: checks that a server works, for health checks of containers and packages.

use super::client::{Way, http};
use super::connection::{parse_url, same_server};
use super::error::CliError;
use super::escape::clean;
use super::local::load;
use super::login_file;
use super::output::write;
use crate::clock::Clock;
use crate::config::FlagSettings;
use crate::doctor::read_date;
use crate::domain::service::ServiceName;
use crate::outbound::{Answer, Body, Client, Credential, Method, Request, is_loopback};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// The time limit for all checks together. The health check in `packaging/compose/` has a time limit of five
/// seconds.
const WITHIN: Duration = Duration::from_secs(4);
/// The greatest allowed difference between the server's clock and this machine's clock, seconds. A token is valid
/// from 30 s before the server makes it.
const APART: i64 = 30;
/// The longest answer that is read, bytes.
const LONGEST: usize = 1 << 20;

/// Check that a server is ready, publishes keys and has the right time, for health checks
///
/// With an access key (PORTREEVE_TOKEN, else a saved login at this server) the server must also issue a
/// token. Exit code 0: the server works. Exit code 1: the server does not work, and a message says why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve self-check\n  portreeve self-check https://auth.example.org")]
pub(super) struct SelfCheck {
    /// The server [default: the server that the settings on this machine start]
    #[arg(value_name = "URL")]
    server: Option<String>,
    /// Settings file of the server [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    config: Option<PathBuf>,
    /// Address and port that the server listens on [env: PORTREEVE_LISTEN] [default: 127.0.0.1:5001]
    #[arg(long, value_name = "ADDR", conflicts_with = "server")]
    listen: Option<String>,
    /// The service that the token is for [default: the only service]
    #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
    service: Option<ServiceName>,
    /// Send the credential without TLS to a server that is not on this machine
    #[arg(long)]
    insecure_http: bool,
    /// Trust the certificates of this file too; repeatable [default: the files given to `login`]
    #[arg(long, value_name = "FILE", env = "PORTREEVE_CA", hide_env_values = true)]
    ca: Vec<PathBuf>,
}

pub(super) fn run(args: SelfCheck) -> Result<(), CliError> {
    let url = match &args.server {
        Some(server) => server.clone(),
        None => {
            let flags = FlagSettings { config: args.config, listen: args.listen, ..FlagSettings::default() };
            load(flags)?.0.own_url()
        }
    };
    let url = parse_url(&url)?;
    let (key, saved) = credential(&url)?;
    if key.is_some() && url.scheme() == "http" && !is_loopback(&url) && !args.insecure_http {
        return Err(CliError::Failed(format!(
            "`{url}` is plain http, which would show the credential to the network: use https, or --insecure-http if you accept that"
        )));
    }
    let ca = if args.ca.is_empty() { saved } else { args.ca };
    let way = Way { insecure_http: args.insecure_http, ca };
    let server = Server { http: http(is_loopback(&url), None, &way)?, url };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Failed(format!("cannot start the async runtime: {error}")))?;
    let checked = runtime.block_on(async {
        tokio::time::timeout(WITHIN, server.check(key.as_deref().map(String::as_str), args.service)).await
    });
    let late = || server.fault(&format!("did not answer within {} s", WITHIN.as_secs()));
    let what = checked.unwrap_or_else(|_| Err(late()))?;
    write(&format!("{} {what}\n", clean(server.name())))
}

/// Returns the access key for the check, if there is one, and the authority files of the saved login at this
/// server.
fn credential(url: &Url) -> Result<(Option<Zeroizing<String>>, Vec<PathBuf>), CliError> {
    let token = std::env::var("PORTREEVE_TOKEN").ok().filter(|token| !token.is_empty());
    // An account without a home folder has no saved login.
    let login = if login_file::path().is_ok() { login_file::load()? } else { None };
    let login = login.filter(|login| same_server(&login.url, url));
    let ca = login.as_ref().map(|login| login.ca.clone()).unwrap_or_default();
    let key = token.or_else(|| login.map(|login| login.key.clone()));
    Ok((key.map(Zeroizing::new), ca))
}

/// The server that is checked.
struct Server {
    http: Client,
    url: Url,
}

impl Server {
    fn name(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    fn fault(&self, what: &str) -> CliError {
        CliError::Failed(format!("`{}` {what}", self.name()))
    }

    /// Makes all checks, that of a token only with `key`. Returns a message if all succeed, or the first fault.
    async fn check(&self, key: Option<&str>, service: Option<ServiceName>) -> Result<&'static str, CliError> {
        let ready = self.get("/health/ready", None).await?;
        let date = ready.header("date").map(str::to_owned);
        let status = ready.status.as_u16();
        let told = self.json(ready).await;
        if status != 200 {
            let reason = told.get("reason").and_then(Value::as_str).map(|reason| format!(": {reason}"));
            let reason = reason.unwrap_or_else(|| format!(": it answers `{status}`"));
            return Err(self.fault(&format!("is not ready{reason}")));
        }
        let keys = self.get("/.well-known/jwks.json", None).await?;
        if keys.status.as_u16() == 404 {
            return Err(self.fault(
                "is ready but has no key set at this address: if it is the address of `--internal-listen`, use the address of `--listen`",
            ));
        }
        let keys = self.json(keys).await;
        if keys.get("keys").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            return Err(self.fault("publishes no key: see `portreeve keys list` on its machine"));
        }
        let Some(date) = date.as_deref().and_then(read_date) else {
            return Err(self.fault("does not tell the time: is it a portreeve server?"));
        };
        let apart = date - Clock::System.now().as_seconds();
        if apart.abs() > APART {
            let way = if apart > 0 { "ahead of" } else { "behind" };
            let apart = apart.abs();
            return Err(self.fault(&format!(
                "has a clock {apart} s {way} this machine's: set both right, with `timedatectl set-ntp true`"
            )));
        }
        let Some(key) = key else {
            return Ok("is ready, publishes its keys, and has the right time");
        };
        let query = service.map(|service| format!("service={service}"));
        let mut path = "/token".to_owned();
        path.extend(query.iter().flat_map(|query| ["?", query]));
        let token = self.get(&path, Some(key)).await?;
        let status = token.status.as_u16();
        let told = self.json(token).await;
        if told.get("token").and_then(Value::as_str).is_none_or(str::is_empty) {
            let text = |at: &str| told.pointer(at).and_then(Value::as_str);
            let why = text("/error_description").or_else(|| text("/errors/0/message"));
            let why = why.map_or_else(|| format!("`{status}`"), str::to_owned);
            return Err(self.fault(&format!("issues no token for the access key: {why}")));
        }
        Ok("is ready, publishes its keys, has the right time, and issues tokens")
    }

    async fn get(&self, path: &str, key: Option<&str>) -> Result<Answer, CliError> {
        let base = self.url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).map_err(|_| self.fault("is not a server address"))?;
        let credential = key.map_or(Credential::None, Credential::Token);
        let request = Request { method: Method::GET, url, credential, headers: Vec::new(), body: Body::None };
        let sent = self.http.send(request).await;
        sent.map_err(|error| self.fault(&format!("cannot be reached: {}", error.reason())))
    }

    /// Reads the answer as JSON. Returns null if the answer is not JSON.
    async fn json(&self, answer: Answer) -> Value {
        let body = answer.body(LONGEST).await.unwrap_or_default();
        serde_json::from_slice(&body).unwrap_or_default()
    }
}
