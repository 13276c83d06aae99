//! Which server a command talks to, and as whom.
//!
//! A credential goes to the server it was made for, and never in the clear over a network.

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

/// Where the administration API begins, which some give as the address.
const API: &str = "/api/v1";

/// The flags that every command for administration has.
#[derive(Debug, Clone, Args)]
pub(super) struct ClientFlags {
    /// The server, for example https://auth.example.org [default: where you are logged in]
    #[arg(long, value_name = "URL", global = true, env = "PORTREEVE_URL", hide_env_values = true)]
    url: Option<String>,
    /// Form of the output [default: table]
    #[arg(short, long, value_enum, value_name = "FORMAT", global = true)]
    output: Option<Format>,
    /// Send the credential in the clear to a server that is not on this machine
    #[arg(long, global = true)]
    insecure_http: bool,
    /// Trust the certificates of this file too; repeatable [default: what `login` was given]
    #[arg(long, value_name = "FILE", global = true, env = "PORTREEVE_CA", hide_env_values = true)]
    ca: Vec<PathBuf>,
}

impl ClientFlags {
    /// How to print.
    pub(super) fn output(&self) -> Output {
        Output::new(self.output.unwrap_or_default())
    }

    /// The form of the output that was asked for, if one was.
    pub(super) fn format(&self) -> Option<Format> {
        self.output
    }

    /// How the server is reached; `saved` are the files of authorities of a login there.
    pub(super) fn way(&self, saved: &[PathBuf]) -> Way {
        let ca = if self.ca.is_empty() { saved } else { &self.ca };
        Way { insecure_http: self.insecure_http, ca: ca.to_vec() }
    }

    /// The server that a flag names; the variable alone is not a flag.
    pub(super) fn url_flag(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !is_variable("PORTREEVE_URL", OsStr::new(url)))
    }

    /// The server that the flag or the variable names.
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The flags that lead to the same server, with a space in front of each, for a command that is printed.
    pub(super) fn repeated(&self) -> String {
        let url = self.url_flag().map(|url| shell::flag("--url", &clean(url)));
        url.unwrap_or_default() + &self.repeated_way()
    }

    /// The flags that say how a server is reached, with a space in front of each.
    fn repeated_way(&self) -> String {
        let said = self.ca.iter().filter(|file| !is_variable("PORTREEVE_CA", file.as_os_str()));
        let ca: String = said.map(|file| shell::flag("--ca", &clean(&file.display().to_string()))).collect();
        ca + if self.insecure_http { " --insecure-http" } else { "" }
    }

    /// A client with the caller's credential: `PORTREEVE_TOKEN`, else the saved login.
    pub(super) fn connect(&self) -> Result<Client, CliError> {
        let token = std::env::var("PORTREEVE_TOKEN").ok().filter(|token| !token.is_empty());
        // A token alone needs no login, so a broken login file is not in its way.
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
                    "PORTREEVE_TOKEN is not an access key: they begin with `ptr_`".to_owned(),
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

/// Whether the environment says this, so that a printed command needs no flag for it.
fn is_variable(name: &str, value: &OsStr) -> bool {
    std::env::var_os(name).is_some_and(|said| said == value)
}

/// The address of a server, without a slash at the end and without `/api/v1`.
///
/// Without a scheme it is https, or http on this machine.
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
