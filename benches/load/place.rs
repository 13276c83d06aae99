//! A prepared database with its keys and credentials. A server can be started on it again and again.

use crate::Outcome;
use crate::process::{ADMIN_PASSWORD, Server, client};
use crate::state::{SUBJECTS, State, robot, user};
use reqwest::Method;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The password of every measured user.
pub const PASSWORD: &str = "a perfectly long password";
/// The number of lines that are sent at a time.
const LINES: usize = 1000;

/// The credentials of the measured subjects.
pub struct Credentials {
    /// The access keys, one for each robot.
    pub access_keys: Vec<String>,
    /// The refresh tokens, one for each user.
    pub refresh_tokens: Vec<String>,
    /// The administrator's access key.
    pub admin: String,
}

/// The folder and the database of a server.
pub struct Place {
    /// The content of the database.
    pub state: State,
    /// The credentials for requests.
    pub credentials: Credentials,
    folder: PathBuf,
    database: Option<String>,
}

/// Calls the administration API. The call must succeed.
pub async fn call(
    server: &Server,
    admin: Option<&str>,
    method: Method,
    path: &str,
    body: Value,
) -> Outcome<Value> {
    let mut request = client()?.request(method, server.url(&format!("/api/v1{path}")));
    request = match admin {
        Some(key) => request.bearer_auth(key),
        None => request.basic_auth("admin", Some(ADMIN_PASSWORD)),
    };
    if !body.is_null() {
        request = request.json(&body);
    }
    answer(path, request).await
}

async fn answer(what: &str, request: reqwest::RequestBuilder) -> Outcome<Value> {
    let response = request.send().await?;
    let (status, text) = (response.status(), response.text().await?);
    if !status.is_success() {
        return Err(format!("{what}: {status} {text}").into());
    }
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

async fn apply(server: &Server, state: State) -> Outcome {
    let mut objects = state.objects().map(|object| object.to_string()).peekable();
    let parts = std::iter::from_fn(move || {
        objects.peek()?;
        let mut part = objects.by_ref().take(LINES).collect::<Vec<_>>().join("\n");
        part.push('\n');
        Some(Ok::<_, Infallible>(part))
    });
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(parts));
    let request = client()?.post(server.url("/api/v1/apply")).basic_auth("admin", Some(ADMIN_PASSWORD));
    let plan = answer("/apply", request.header("content-type", "application/x-ndjson").body(body)).await?;
    let (created, expected) = (&plan["summary"]["created"], state.objects().count());
    if *created != expected {
        return Err(format!("/apply created {created} objects instead of {expected}").into());
    }
    Ok(())
}

async fn new_key(server: &Server, owner: &str) -> Outcome<String> {
    let keys = format!("{owner}/access-keys");
    let old = call(server, None, Method::GET, &keys, Value::Null).await?;
    for key in old["items"].as_array().into_iter().flatten() {
        let path = format!("/access-keys/{}", key["id"].as_str().unwrap_or_default());
        call(server, None, Method::DELETE, &path, Value::Null).await?;
    }
    let key = call(server, None, Method::POST, &keys, json!({"name": "load"})).await?;
    Ok(key["secret"].as_str().ok_or("no secret")?.to_owned())
}

async fn credentials(server: &Server) -> Outcome<Credentials> {
    let (mut access_keys, mut refresh_tokens) = (Vec::new(), Vec::new());
    for number in 0..SUBJECTS {
        let name = user(number);
        let path = format!("/users/{name}");
        call(server, None, Method::PUT, &path, json!({"password": PASSWORD})).await?;
        let url = server.url("/token?service=registry&offline_token=true&client_id=bench");
        let token = answer("/token", client()?.get(url).basic_auth(name, Some(PASSWORD))).await?;
        refresh_tokens.push(token["refresh_token"].as_str().ok_or("no refresh token")?.to_owned());
        access_keys.push(new_key(server, &format!("/robots/{}", robot(number))).await?);
    }
    Ok(Credentials { access_keys, refresh_tokens, admin: new_key(server, "/users/admin").await? })
}

impl Place {
    /// Fills the database of this folder, unless it already has the content `state`. Fails if it has other
    /// content.
    pub async fn prepare(folder: &Path, state: State, database: Option<String>) -> Outcome<Self> {
        let began = Instant::now();
        std::fs::create_dir_all(folder)?;
        let mark = folder.join("prepared.json");
        let there = std::fs::read_to_string(&mark).ok();
        let there = there.map(|text| serde_json::from_str::<State>(&text)).transpose()?;
        if there.is_some_and(|there| there != state)
            || (there.is_none() && folder.read_dir()?.next().is_some())
        {
            let folder = folder.display();
            return Err(format!(
                "{folder} is not empty, and was not prepared for this state: delete it, or use another folder"
            )
            .into());
        }
        let server = Server::portreeve(folder, database.as_deref()).await?;
        if there.is_none() {
            apply(&server, state).await?;
            std::fs::write(&mark, serde_json::to_string(&state)?)?;
        }
        let credentials = credentials(&server).await?;
        server.stop().await?;
        let place = Self { state, credentials, folder: folder.to_owned(), database };
        eprintln!("prepared {} in {:.0} s", place.title(), began.elapsed().as_secs_f64());
        Ok(place)
    }

    /// Starts a server on this place.
    pub async fn start(&self) -> Outcome<Server> {
        Server::portreeve(&self.folder, self.database.as_deref()).await
    }

    /// Returns the name of the place in tables.
    pub fn title(&self) -> String {
        use crate::stats::thousands;
        let database = if self.database.is_some() { ", PostgreSQL" } else { "" };
        let rules = thousands(self.state.all_rules().into());
        match self.state.users {
            0 => format!("{rules} rules{database}"),
            users => format!("{rules} rules, {} users{database}", thousands(users.into())),
        }
    }
}
