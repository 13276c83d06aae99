//! Which server a command talks to, and as whom.
//!
//! A credential goes to the server it was made for, and never in the clear over a network.

use super::client::{Client, Credential};
use super::error::CliError;
use super::login_file::{self, Login};
use super::output::{Format, Output};
use clap::Args;
use url::Url;

/// The flags that every command for administration has.
#[derive(Debug, Clone, Args)]
pub(super) struct ClientFlags {
    /// The server, for example https://auth.example.org [default: where you are logged in]
    #[arg(long, value_name = "URL", global = true, env = "PORTREEVE_URL", hide_env_values = true)]
    url: Option<String>,
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table", global = true)]
    output: Format,
    /// Send the credential in the clear to a server that is not on this machine
    #[arg(long, global = true)]
    insecure_http: bool,
}

impl ClientFlags {
    /// How to print.
    pub(super) fn output(&self) -> Output {
        Output::new(self.output)
    }

    /// Whether a credential may cross the network in the clear.
    pub(super) fn insecure_http(&self) -> bool {
        self.insecure_http
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
        let key = match (token, login) {
            (Some(token), _) if token.starts_with("ptr_") => token,
            (Some(_), _) => {
                return Err(CliError::Usage(
                    "PORTREEVE_TOKEN is no access key: they begin with `ptr_`".to_owned(),
                ));
            }
            (None, Some(login)) if same_server(&login.url, &url) => login.key.clone(),
            (None, Some(login)) => {
                return Err(CliError::Failed(format!(
                    "the saved login is for `{}`: run `portreeve login {url}`, or set PORTREEVE_TOKEN",
                    login.url
                )));
            }
            (None, None) => {
                return Err(CliError::Failed(format!(
                    "not logged in: run `portreeve login {url}`, or set PORTREEVE_TOKEN to an access key"
                )));
            }
        };
        Client::new(url, Credential::Key(key.into()), self.insecure_http)
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

/// The address of a server, without a slash at the end.
pub(super) fn parse_url(text: &str) -> Result<Url, CliError> {
    let bad = |why: &str| CliError::Usage(format!("`{text}` is no address of a server: {why}"));
    let mut url = Url::parse(text).map_err(|_| bad("write it like https://auth.example.org"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(bad("write it like https://auth.example.org"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(CliError::Usage("leave user and password out of the address".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("leave out `?` and `#`"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn same_server(saved: &str, url: &Url) -> bool {
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
            ("auth.example.org", false),
            ("ftp://auth.example.org", false),
            ("https://admin:secret@auth.example.org", false),
            ("https://auth.example.org/?x", false),
        ] {
            assert_eq!(parse_url(text).is_ok(), fits, "{text}");
        }
        assert!(same_server("https://example.org/", &parse_url("https://example.org:443").unwrap()));
        assert!(!same_server("https://example.org/", &parse_url("http://example.org").unwrap()));
    }
}
