//! The requests of each case. `try_out` sends each request twice before the measurement. wrk sends the requests during
//! the measurement.

use crate::Outcome;
use crate::options::Part;
use crate::place::{Credentials, PASSWORD};
use crate::process::{Server, client};
use crate::state::{REPOSITORIES, SUBJECTS, public_repository, repository, robot, user};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The cases that are measured on the bare HTTP server and on every server under test.
pub const CASES: [Part; 4] = [Part::Anonymous, Part::Password, Part::AccessKey, Part::Refresh];

/// Returns the name of a case in tables.
pub fn title(case: Part) -> &'static str {
    match case {
        Part::Anonymous => "anonymous",
        Part::Password => "user with password, warm",
        Part::AccessKey => "robot with access key",
        Part::Refresh => "POST refresh_token",
        Part::Guesses => "access keys while others guess",
        Part::Change => "change of a rule",
        Part::Start => "start",
    }
}

/// A request for a token, and the access that its token must grant.
pub struct Request {
    path: String,
    login: Option<(String, String)>,
    form: Option<String>,
    access: Value,
}

fn get(name: &str, actions: &[&str], login: Option<(String, String)>) -> Request {
    let scope = format!("repository:{name}:{}", actions.join(","));
    Request {
        path: format!("/token?service=registry&scope={scope}"),
        login,
        form: None,
        access: json!([{"type": "repository", "name": name, "actions": actions}]),
    }
}

/// Returns the requests of a case, for all measured subjects and repositories.
pub fn requests(case: Part, credentials: &Credentials) -> Vec<Request> {
    let both = ["pull", "push"];
    let pairs = (0..SUBJECTS * REPOSITORIES).map(|number| (number % SUBJECTS, number / SUBJECTS));
    let request = |(subject, number): (usize, usize)| {
        let name = repository(subject, number);
        match case {
            Part::Anonymous => get(&public_repository(number * SUBJECTS + subject), &["pull"], None),
            Part::Password => get(&name, &both, Some((user(subject), PASSWORD.to_owned()))),
            Part::Refresh => {
                let Request { path, access, .. } = get(&name, &both, None);
                let query = path.trim_start_matches("/token?");
                let token = &credentials.refresh_tokens[subject];
                let form = format!("grant_type=refresh_token&refresh_token={token}&client_id=bench&{query}");
                Request { path: "/token".to_owned(), login: None, form: Some(form), access }
            }
            _ => get(&name, &both, Some((robot(subject), credentials.access_keys[subject].clone()))),
        }
    };
    pairs.map(request).collect()
}

impl Request {
    /// Returns the text of the HTTP request.
    pub fn text(&self, port: u16) -> String {
        let method = if self.form.is_some() { "POST" } else { "GET" };
        let mut text = format!("{method} {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n", self.path);
        if let Some((name, secret)) = &self.login {
            let login = STANDARD.encode(format!("{name}:{secret}"));
            text.push_str(&format!("Authorization: Basic {login}\r\n"));
        }
        if let Some(form) = &self.form {
            let length = form.len();
            text.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            text.push_str(&format!("Content-Length: {length}\r\n\r\n{form}"));
        } else {
            text.push_str("\r\n");
        }
        text
    }

    /// Sends the request once. Returns the claims of the token.
    async fn ask(&self, client: &reqwest::Client, server: &Server) -> Outcome<Value> {
        let url = server.url(&self.path);
        let mut request = match &self.form {
            Some(form) => client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.clone()),
            None => client.get(url),
        };
        if let Some((name, secret)) = &self.login {
            request = request.basic_auth(name, Some(secret));
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if status != 200 {
            return Err(format!("{}: {status} {text}", self.path).into());
        }
        let answer: Value = serde_json::from_str(&text)?;
        let token = answer["token"].as_str().ok_or("no token")?;
        let claims = token.split('.').nth(1).ok_or("the token is not a JWT")?;
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
    }

    /// Sends the request once. Returns true if the token grants exactly the expected access.
    pub async fn is_granted(&self, client: &reqwest::Client, server: &Server) -> Outcome<bool> {
        Ok(self.ask(client, server).await?["access"] == self.access)
    }
}

/// Sends each request twice. Checks that each token grants exactly the expected access, and that no two
/// tokens are equal. Afterwards the server
/// has the passwords in its cache.
pub async fn try_out(server: &Server, requests: &[Request]) -> Outcome {
    let client = client()?;
    let mut ids = BTreeSet::new();
    for request in requests.iter().chain(requests) {
        let claims = request.ask(&client, server).await?;
        if claims["access"] != request.access {
            return Err(format!("{} granted {} only", request.path, claims["access"]).into());
        }
        if !ids.insert(claims["jti"].to_string()) {
            return Err(format!("{}: two tokens have the same `jti`", request.path).into());
        }
    }
    Ok(())
}

/// Builds a request of a measured robot to pull from and push to the repository `name`. The token must grant
/// exactly the actions `granted`.
pub fn probe(name: &str, granted: &[&str], credentials: &Credentials) -> Request {
    let login = (robot(0), credentials.access_keys[0].clone());
    let mut request = get(name, &["pull", "push"], Some(login));
    request.access = json!([{"type": "repository", "name": name, "actions": granted}]);
    request
}
