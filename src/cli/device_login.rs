//! Login without a password (RFC 8628): this command shows a code, and a person approves the code in a
//! browser.

use super::client::{Way, http};
use super::error::CliError;
use super::escape::clean;
use super::unreachable;
use crate::outbound::{self, Body, Credential, Method, OutboundError, is_loopback};
use serde::Deserialize;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use url::Url;
use url::form_urlencoded::Serializer;

/// The longest answer of the server that is read, bytes.
const LONGEST: usize = 64 * 1024;
/// The additional wait between two polls after the server answered `slow_down`.
// SPEC: RFC 8628 section 3.5.
const SLOWER: Duration = Duration::from_secs(5);
/// The longest wait between two polls, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest time that a login waits for its approval, whatever the server says, seconds.
const LONGEST_LOGIN: u64 = 3_600;

/// The result of an approved login: the user's name and a new access key.
#[derive(Deserialize)]
pub(super) struct Approved {
    /// The user's name.
    pub(super) username: String,
    /// The access key.
    pub(super) access_token: String,
    /// The time for which the key is valid, seconds.
    pub(super) expires_in: i64,
    /// The key's public id.
    pub(super) key_id: String,
}

/// The server's answer to the start of a login (RFC 8628 section 3.2).
#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: String,
    expires_in: u64,
    #[serde(default = "usual_interval")]
    interval: u64,
}

fn usual_interval() -> u64 {
    5
}

/// The server's error answer.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The outcome of one request to the server.
enum Answer {
    Good(Vec<u8>),
    Refused(u16, Refusal),
}

/// A connection to the server for one login.
struct Server {
    http: outbound::Client,
    runtime: tokio::runtime::Runtime,
    url: Url,
}

impl Server {
    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, OutboundError> {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = Body::Whole("application/x-www-form-urlencoded", form.into_bytes());
        let headers = vec![("accept", "application/json")];
        let request =
            outbound::Request { method: Method::POST, url, credential: Credential::None, headers, body };
        self.runtime.block_on(async {
            let answer = self.http.send(request).await?;
            let status = answer.status;
            let text = answer.body(LONGEST).await?;
            Ok(match status.is_success() {
                true => Answer::Good(text),
                false => Answer::Refused(status.as_u16(), serde_json::from_slice(&text).unwrap_or_default()),
            })
        })
    }

    fn unreachable(&self, source: OutboundError) -> CliError {
        CliError::Unreachable { advice: unreachable::advice(&self.url, &source), source }
    }

    fn begin(&self, device: &str) -> Result<Begun, CliError> {
        let fields = [("client_id", "portreeve"), ("device_name", device)];
        match self.post("/oauth2/device_authorization", &fields).map_err(|error| self.unreachable(error))? {
            Answer::Good(text) => serde_json::from_slice(&text).map_err(|_| stranger()),
            Answer::Refused(404 | 405, _) => Err(stranger()),
            Answer::Refused(status, refusal) => Err(refused(status, &refusal)),
        }
    }

    /// Polls the server until a person approves or denies the login, the code ends, or the server refuses for another
    /// reason.
    fn wait(&self, begun: &Begun) -> Result<Approved, CliError> {
        let end = Instant::now() + Duration::from_secs(begun.expires_in);
        let mut pause = Duration::from_secs(begun.interval.max(1)).min(LONGEST_WAIT);
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", begun.device_code.as_str()),
            ("client_id", "portreeve"),
        ];
        while Instant::now() < end {
            std::thread::sleep(pause);
            match self.post("/oauth2/token", &fields) {
                Ok(Answer::Good(text)) => return serde_json::from_slice(&text).map_err(|_| stranger()),
                Ok(Answer::Refused(status, refusal)) => match refusal.error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => pause = (pause + SLOWER).min(LONGEST_WAIT),
                    "expired_token" => break,
                    "access_denied" => {
                        let why = clean(&refusal.error_description);
                        return Err(CliError::Failed(format!("not logged in: {why}")));
                    }
                    // A 5xx answer can mean that the server restarts, so polling continues.
                    _ if status >= 500 => {}
                    _ => return Err(refused(status, &refusal)),
                },
                // A network failure can pass, so polling continues with a longer pause.
                Err(_) => pause = (pause * 2).min(LONGEST_WAIT),
            }
        }
        Err(CliError::Failed("not logged in: nobody approved the login in time; try again".to_owned()))
    }
}

fn stranger() -> CliError {
    CliError::Failed(
        "the server offers no sign-in by browser, or is not a portreeve server: log in with --user NAME and a password".to_owned(),
    )
}

fn refused(status: u16, refusal: &Refusal) -> CliError {
    match refusal.error_description.as_str() {
        "" => CliError::Failed(format!("the server answers {status}: is it a portreeve server?")),
        why => CliError::Failed(clean(why)),
    }
}

/// Logs in to the server at `url`. Prints the code and the page for its approval on standard error, and waits.
/// Tries to open the page in a browser of this machine if the page is on the host of `url`. `device` is the name of
/// this machine in the list of keys.
pub(super) fn log_in(url: &Url, device: &str, way: &Way) -> Result<Approved, CliError> {
    let http = http(is_loopback(url), Some(Duration::from_secs(60)), way)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| CliError::Failed(format!("cannot start the async runtime: {error}")))?;
    let server = Server { http, runtime, url: url.clone() };
    let mut begun = server.begin(device)?;
    begun.expires_in = begun.expires_in.min(LONGEST_LOGIN);
    let (page, code) = (clean(&begun.verification_uri), clean(&begun.user_code));
    aside!("Open this page in a browser, on any device, and type the code {code}:\n  {page}");
    if Url::parse(&begun.verification_uri).is_ok_and(|page| page.host() != url.host()) {
        aside!("The page is on another host than {url}: approve the code only if you know that host.");
    } else if open_browser(&begun.verification_uri_complete) {
        aside!("A browser is being opened here.");
    }
    aside!("Waiting for your approval, at most {} minutes ...", begun.expires_in / 60);
    server.wait(&begun)
}

/// Opens a page in the browser of this machine. Returns true if the program that opens pages was started. Does
/// nothing if `page` is not a web address, if there is no display, or if the person works over SSH.
fn open_browser(page: &str) -> bool {
    let is_page = Url::parse(page).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let has_screen = cfg!(target_os = "macos") || has("DISPLAY") || has("WAYLAND_DISPLAY");
    if !is_page || !has_screen || has("SSH_CONNECTION") {
        return false;
    }
    let mut command = Command::new(opener);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
