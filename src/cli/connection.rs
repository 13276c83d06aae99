//! Finds the server that a command talks to, and the credential for that server.
//!
//! A saved login is used only for its own server. A credential is never sent over a network without TLS,
//! unless a flag allows it.

use super::client::{Client, Credential, Way};
use super::error::CliError;
use super::escape::clean;
use super::login_file::{self, Login};
use super::output::{Format, Output};
use crate::domain::shell;
use crate::outbound::is_loopback;
use clap::Args;
use std::ffi::OsStr;
use std::path::PathBuf;
use url::Url;

/// The path of the administration API. Some people give the server's address with this path.
const API: &str = "/api/v1";

/// The flags of every command that talks to the API.
#[derive(Debug, Clone, Args)]
pub(super) struct ClientFlags {
    /// The server, for example https://auth.example.org [default: where you are logged in]
    #[arg(long, value_name = "URL", global = true, env = "PORTREEVE_URL", hide_env_values = true)]
    url: Option<String>,
    /// Form of the output [default: table]
    #[arg(short, long, value_enum, value_name = "FORMAT", global = true)]
    output: Option<Format>,
    /// Send the credential without TLS to a server that is not on this machine
    #[arg(long, global = true)]
    insecure_http: bool,
    /// Trust the certificates of this file too; repeatable [default: the files given to `login`]
    #[arg(long, value_name = "FILE", global = true, env = "PORTREEVE_CA", hide_env_values = true)]
    ca: Vec<PathBuf>,
}

impl ClientFlags {
    /// Returns the form of the output, with the default if no flag names one.
    pub(super) fn output(&self) -> Output {
        Output::new(self.output.unwrap_or_default())
    }

    /// Returns the form of the output that `--output` names, or `None` without that flag.
    pub(super) fn format(&self) -> Option<Format> {
        self.output
    }

    /// Returns the settings for reaching the server. Without `--ca` and PORTREEVE_CA the client trusts `saved`, the
    /// authority files from the login at this server.
    pub(super) fn way(&self, saved: &[PathBuf]) -> Way {
        let ca = if self.ca.is_empty() { saved } else { &self.ca };
        Way { insecure_http: self.insecure_http, ca: ca.to_vec() }
    }

    /// Returns the server that the flag `--url` names. Returns `None` without the flag, and if PORTREEVE_URL has the
    /// same value: a printed command then needs no flag.
    pub(super) fn url_flag(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !is_variable("PORTREEVE_URL", OsStr::new(url)))
    }

    /// Returns the server from the flag or the environment variable.
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Returns the flags that select the same server, each with a space in front, for a printed command.
    pub(super) fn repeated(&self) -> String {
        let url = self.url_flag().map(|url| shell::flag("--url", &clean(url)));
        url.unwrap_or_default() + &self.repeated_way()
    }

    /// Returns the flags about authorities and plain HTTP, each with a space in front. Leaves out a file that
    /// PORTREEVE_CA names.
    fn repeated_way(&self) -> String {
        let said = self.ca.iter().filter(|file| !is_variable("PORTREEVE_CA", file.as_os_str()));
        let ca: String = said.map(|file| shell::flag("--ca", &clean(&file.display().to_string()))).collect();
        ca + if self.insecure_http { " --insecure-http" } else { "" }
    }

    /// Returns a client with the caller's credential: `PORTREEVE_TOKEN`, or else the saved login.
    pub(super) fn connect(&self) -> Result<Client, CliError> {
        let token = std::env::var("PORTREEVE_TOKEN").ok().filter(|token| !token.is_empty());
        // With `--url` and a token the login is not needed, so a broken login file does not matter.
        let login = match (&self.url, &token) {
            (Some(_), Some(_)) => None,
            _ => login_file::load()?,
        };
        let url = self.server(login.as_ref())?;
        let saved = login.as_ref().filter(|login| same_server(&login.url, &url));
        let way = self.way(saved.map_or(&[], |login| &login.ca));
        let key = match (token, login) {
            (Some(token), _) if token.starts_with("ptr_") => token,
            (Some(_), _) => {
                return Err(CliError::Usage(
                    "PORTREEVE_TOKEN is not an access key: access keys begin with `ptr_`".to_owned(),
                ));
            }
            (None, Some(login)) if same_server(&login.url, &url) => login.key.clone(),
            (None, Some(login)) => {
                return Err(CliError::Failed(format!(
                    "the saved login is for `{}`: run `portreeve login {}{}`, or set PORTREEVE_TOKEN",
                    login.url,
                    shell::word(url.as_str()),
                    self.repeated_way()
                )));
            }
            (None, None) => {
                return Err(CliError::Failed(format!(
                    "not logged in: run `portreeve login {}{}`, or set PORTREEVE_TOKEN to an access key",
                    shell::word(url.as_str()),
                    self.repeated_way()
                )));
            }
        };
        Client::new(url, Credential::Key(key.into()), way)
    }

    fn server(&self, login: Option<&Login>) -> Result<Url, CliError> {
        match (&self.url, login) {
            (Some(url), _) => parse_url(url),
            (None, Some(login)) => parse_url(&login.url),
            (None, None) => Err(CliError::Usage(
                "which server? run `portreeve login URL`, or name it with --url or PORTREEVE_URL".to_owned(),
            )),
        }
    }
}

/// Returns true if the environment variable has this value. A printed command then needs no flag for it.
fn is_variable(name: &str, value: &OsStr) -> bool {
    std::env::var_os(name).is_some_and(|said| said == value)
}

/// Parses the address of a server. Removes a slash at the end and `/api/v1`.
///
/// An address without a scheme gets https, or http if the host is this machine. Fails if the scheme is
/// another one, or if the address contains a user, a password, `?` or `#`.
pub(super) fn parse_url(text: &str) -> Result<Url, CliError> {
    let bad = |why: &str| CliError::Usage(format!("`{text}` is not a server address: {why}"));
    let like = "write it like https://auth.example.org";
    let mut url = with_scheme(text).ok_or_else(|| bad(like))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad(like));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CliError::Usage("leave user and password out of the address".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("leave out `?` and `#`"));
    }
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(API).unwrap_or(path).trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn with_scheme(text: &str) -> Option<Url> {
    if text.contains("://") || text.starts_with("http:") || text.starts_with("https:") {
        return Url::parse(text).ok();
    }
    let url = Url::parse(&format!("https://{text}")).ok()?;
    if is_loopback(&url) { Url::parse(&format!("http://{text}")).ok() } else { Some(url) }
}

pub(super) fn same_server(saved: &str, url: &Url) -> bool {
    parse_url(saved).is_ok_and(|saved| saved == *url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_before_anything_is_sent() {
        for (text, fits) in [
            ("https://auth.example.org", true),
            ("https://example.org/auth/", true),
            ("http://[::1]:5001", true),
            ("auth.example.org/", true),
            ("", false),
            ("auth example", false),
            ("admin@auth.example.org", false),
            ("ftp://auth.example.org", false),
            ("https://admin:secret@auth.example.org", false),
            ("https://auth.example.org/?x", false),
        ] {
            assert_eq!(parse_url(text).is_ok(), fits, "{text}");
        }
        for (text, expected) in [
            ("auth.example.org", "https://auth.example.org/"),
            ("auth.example.org:5001/prefix/", "https://auth.example.org:5001/prefix"),
            ("localhost:5001", "http://localhost:5001/"),
            ("127.0.0.1:5001/api/v1/", "http://127.0.0.1:5001/"),
            ("https://auth.example.org/api/v1", "https://auth.example.org/"),
        ] {
            assert_eq!(parse_url(text).unwrap().as_str(), expected, "{text}");
        }
        assert!(same_server("https://example.org/", &parse_url("https://example.org:443").unwrap()));
        assert!(!same_server("https://example.org/", &parse_url("http://example.org").unwrap()));
    }
}
