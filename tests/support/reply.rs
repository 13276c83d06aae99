//! A request and its whole answer.
#![allow(dead_code, reason = "each test uses a part of it")]

use serde_json::Value;
use std::time::Duration;

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["token"].as_str().unwrap().to_owned()
    }

    pub fn refresh_token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["refresh_token"].as_str().expect("the answer has no refresh token").to_owned()
    }

    /// Returns the grants of the token, as scopes that are separated by spaces.
    pub fn granted(&self) -> String {
        let claims = claims(&self.token());
        let entries = claims["access"].as_array().expect("access is an array").iter();
        let texts: Vec<String> = entries
            .map(|entry| {
                let actions: Vec<&str> =
                    entry["actions"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
                format!(
                    "{}:{}:{}",
                    entry["type"].as_str().unwrap(),
                    entry["name"].as_str().unwrap(),
                    actions.join(",")
                )
            })
            .collect();
        texts.join(" ")
    }
}

/// Sends a request. Sends the request again, at most ten times, if the server closed the connection before the whole
/// body was sent. The server may answer a request before it has read the whole body, and then close the connection.
/// Some clients then cannot read the answer.
pub async fn send(request: reqwest::RequestBuilder) -> Reply {
    let (mut request, mut tries) = (request.timeout(Duration::from_secs(30)), 10);
    let response = loop {
        let again = request.try_clone().filter(|_| tries > 0);
        tries -= 1;
        match (request.send().await, again) {
            (Err(error), Some(again)) if format!("{error:?}").contains("BodyWrite") => request = again,
            (sent, _) => break sent.unwrap(),
        }
    };
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

/// Returns a part of a JWT without verifying it.
pub fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let part = token.split('.').nth(index).expect("the JWT has too few parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}
