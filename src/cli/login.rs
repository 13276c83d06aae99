//! `portreeve login` and `logout`: the commands for the saved login. `portreeve whoami` says who the caller is, and
//! what the caller may do.

use super::client::{Body, Client, Credential, Request, Way, path, text_field};
use super::connection::{ClientFlags, parse_url, same_server};
use super::device_login;
use super::error::CliError;
use super::escape::clean;
use super::explain::about_me;
use super::login_file;
use super::secret_input;
use crate::clock::Clock;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Value, json};
use std::path::absolute;
use url::Url;

const DAY: i64 = 86_400;
/// The days for which a login with a password is valid, unless a flag gives another number.
const USUAL_DAYS: u16 = 30;

const LOGIN_EXAMPLE: &str = "\
Examples:
  portreeve login https://auth.example.org
  portreeve login https://auth.example.org --user alice
  portreeve login auth.example.org --user alice --ca our-ca.crt
  portreeve login http://localhost:5001 --user admin < keys/initial-admin-password";

/// The flags of `portreeve login`.
#[derive(Debug, Args)]
#[command(after_help = LOGIN_EXAMPLE)]
pub(super) struct Login {
    /// The server; the same as --url
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    /// Your user name on the server, to log in with a password instead of a browser
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The number of days for which a login with a password is valid [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: Option<u16>,
    #[command(flatten)]
    flags: ClientFlags,
}

const LOGOUT_EXAMPLE: &str = "\
Examples:
  portreeve logout
  portreeve logout --local";

/// The flags of `portreeve logout`.
#[derive(Debug, Args)]
#[command(after_help = LOGOUT_EXAMPLE)]
pub(super) struct Logout {
    /// Remove only the saved access key, and do not revoke it on the server
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    flags: ClientFlags,
}

const WHOAMI_EXAMPLE: &str = "\
Examples:
  portreeve whoami
  portreeve whoami --output json
  portreeve whoami --can repository:team/app:push
  portreeve whoami --can repository:team/app:push --quiet";

/// The flags of `portreeve whoami`.
#[derive(Debug, Args)]
#[command(after_help = WHOAMI_EXAMPLE)]
pub(super) struct Whoami {
    /// Answer whether you may do this, for example repository:team/app:push: exit code 0 if you may, 3 if not;
    /// repeatable
    #[arg(long, value_name = "SCOPE")]
    can: Vec<String>,
    /// The registry for --can; may be left out when there is only one
    #[arg(long, value_name = "NAME", requires = "can")]
    service: Option<String>,
    /// With --can, print nothing: only the exit code answers
    #[arg(short, long, requires = "can")]
    quiet: bool,
    #[command(flatten)]
    flags: ClientFlags,
}

impl Login {
    /// Returns the server from the argument, or else from --url or PORTREEVE_URL. Fails if the argument and --url
    /// name two different servers.
    fn url(&self) -> Result<Url, CliError> {
        let (place, flag) = (self.server.as_deref(), self.flags.url_flag());
        match (place.or(self.flags.url()), flag) {
            (None, _) => Err(CliError::Usage(
                "which server? name it, for example `portreeve login https://auth.example.org`".to_owned(),
            )),
            (Some(url), Some(flag)) if !same_server(flag, &parse_url(url)?) => {
                let (url, flag) = (clean(url), clean(flag));
                Err(CliError::Usage(format!("`{url}` and --url `{flag}` are two servers: name one of them")))
            }
            (Some(url), _) => parse_url(url),
        }
    }
}

pub(super) fn log_in(args: &Login) -> Result<(), CliError> {
    let url = args.url()?;
    let earlier = login_file::load().ok().flatten();
    let earlier = earlier.filter(|earlier| parse_url(&earlier.url).is_ok_and(|earlier| earlier == url));
    let mut way = args.flags.way(earlier.as_ref().map_or(&[], |earlier| &earlier.ca));
    // Commands in other folders use the saved login too, so the paths of authority files must be absolute.
    way.ca = way.ca.into_iter().map(|file| absolute(&file).unwrap_or(file)).collect();
    // This client only checks the address and the authority files, before the person logs in.
    let probe = Credential::Password(String::new(), String::new().into());
    drop(Client::new(url.clone(), probe, way.clone())?);
    let (client, login) = match &args.user {
        Some(user) => with_password(args, &url, user, &way)?,
        None => with_browser(args, &url, &way)?,
    };
    let saved = match login_file::save(&login) {
        Ok(saved) => saved,
        Err(error) => {
            // Nobody can use a key that could not be saved, so it is revoked.
            let _ = revoke(&client, &login.key_id);
            return Err(error);
        }
    };
    if let Some(earlier) = earlier {
        // Revokes the key of the previous login at this server. The key may have ended already, so a failure does
        // not matter.
        let key = Credential::Key(earlier.key.clone().into());
        let _ = Client::new(url, key, way).and_then(|client| revoke(&client, &earlier.key_id));
    }
    args.flags.output().done(&format!(
        "logged in to {} as `{}` until {}; the access key is in {}",
        login.url,
        login.subject.strip_prefix("user:").unwrap_or(&login.subject),
        login.expires_at,
        saved.display()
    ))
}

fn saved_url(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Makes an access key with a user's password. The returned client still uses the password.
fn with_password(
    args: &Login,
    url: &Url,
    user: &str,
    way: &Way,
) -> Result<(Client, login_file::Login), CliError> {
    if user.is_empty() {
        return Err(CliError::Usage(
            "a login without a browser needs your name: give it with --user".to_owned(),
        ));
    }
    let password = secret_input::password(&format!("Password of {user} at {url}"))?;
    let client = Client::new(url.clone(), Credential::Password(user.to_owned(), password), way.clone())?;
    let days = i64::from(args.days.unwrap_or(USUAL_DAYS));
    let expires_at = Clock::System.now().plus_seconds(days * DAY);
    let mut request = Request::new(Method::POST, path(&["me", "access-keys"])?);
    let name = format!("command line on {}", this_machine());
    request.body = Body::Json(json!({"name": name, "expires_at": expires_at}));
    let key = client.send(request)?.body;
    let login = login_file::Login {
        url: saved_url(url),
        subject: format!("user:{user}"),
        key_id: text_field(&key, "id").to_owned(),
        key: text_field(&key, "secret").to_owned(),
        expires_at: text_field(&key, "expires_at").to_owned(),
        ca: way.ca.clone(),
    };
    Ok((client, login))
}

/// Gets an access key that a person approves in a browser. The returned client uses that key.
fn with_browser(args: &Login, url: &Url, way: &Way) -> Result<(Client, login_file::Login), CliError> {
    if args.days.is_some() {
        return Err(CliError::Usage(
            "--days needs --user: a login by browser is valid for 90 days".to_owned(),
        ));
    }
    let approved = device_login::log_in(url, &this_machine(), way)?;
    let client =
        Client::new(url.clone(), Credential::Key(approved.access_token.clone().into()), way.clone())?;
    let login = login_file::Login {
        url: saved_url(url),
        subject: format!("user:{}", approved.username),
        key_id: approved.key_id,
        key: approved.access_token,
        expires_at: Clock::System.now().plus_seconds(approved.expires_in).to_string(),
        ca: way.ca.clone(),
    };
    Ok((client, login))
}

pub(super) fn log_out(args: &Logout) -> Result<(), CliError> {
    let Some(login) = login_file::load()? else {
        return args.flags.output().done("not logged in");
    };
    if let Some(url) = args.flags.url_flag()
        && !same_server(&login.url, &parse_url(url)?)
    {
        return Err(CliError::Usage(format!(
            "you are logged in to `{}`: leave --url out",
            clean(&login.url)
        )));
    }
    if !args.local {
        let key = Credential::Key(login.key.clone().into());
        let way = args.flags.way(&login.ca);
        let client = Client::new(parse_url(&login.url)?, key, way)?;
        match revoke(&client, &login.key_id) {
            // The key has expired or was revoked already.
            Err(error) if matches!(error.status(), Some(401 | 404)) => {}
            Err(CliError::Unreachable { source, advice }) => {
                let again =
                    "the access key was not revoked: try again, or forget the access key with --local";
                return Err(CliError::Unreachable { source, advice: format!("{advice}\n{again}") });
            }
            other => other?,
        }
    }
    login_file::remove()?;
    let how = if args.local { "forgotten, not revoked" } else { "revoked" };
    args.flags.output().done(&format!("logged out of {}; the access key is {how}", login.url))
}

pub(super) fn who_am_i(args: &Whoami) -> Result<u8, CliError> {
    if !args.can.is_empty() {
        if args.quiet && args.flags.format().is_some() {
            return Err(CliError::Usage("--quiet prints nothing: leave --output out".to_owned()));
        }
        return about_me(&args.flags, args.service.as_deref(), &args.can, args.quiet);
    }
    let mut me = args.flags.connect()?.get(path(&["me"])?)?.body;
    let output = args.flags.output();
    if let Some(scopes) = me.pointer_mut("/access_key/scopes").filter(|scopes| scopes.is_null())
        && output.is_table()
    {
        *scopes = Value::from("all that you may do");
    }
    output.object(&["subject", "admin", "groups", "labels"], &me).map(|()| 0)
}

fn revoke(client: &Client, id: &str) -> Result<(), CliError> {
    client.send(Request::new(Method::DELETE, path(&["me", "access-keys", id])?)).map(|_| ())
}

/// Returns the name of this machine for the list of access keys.
fn this_machine() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().chars().filter(|c| !c.is_control()).take(60).collect()
}
