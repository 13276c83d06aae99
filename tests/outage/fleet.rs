//! Several replicas that clients use in turn. As behind a load balancer, a question goes to the next replica if a
//! connection is refused or breaks. A write is sent once. The ledger notes the answers to questions and the writes.

use crate::ledger::{Answer, At, Ledger, Saw, Write};
use crate::server::{ADMIN_PASSWORD, client};
use base64::Engine;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The greatest number of attempts for one question. Each attempt uses the next replica.
const TRIES: usize = 6;
/// The time within which a refusal must arrive.
pub const REFUSAL: Duration = Duration::from_secs(3);
/// The time limit for every request.
const PATIENCE: Duration = Duration::from_secs(20);

/// A caller that asks for a token.
#[derive(Debug, Clone)]
pub enum Caller {
    Anonymous,
    Password(&'static str, &'static str),
    /// A login with an access key, as registry clients send it.
    Key(String),
    /// A refresh token.
    Session(String),
}

/// The replicas, and the ledger of their answers.
pub struct Fleet {
    pub ports: Vec<u16>,
    began: Instant,
    next: AtomicUsize,
    client: reqwest::Client,
    ledger: Mutex<Ledger>,
}

impl Fleet {
    pub fn new(ports: Vec<u16>) -> Self {
        let (next, ledger) = (AtomicUsize::new(0), Mutex::default());
        Self { ports, began: Instant::now(), next, client: client(), ledger }
    }

    pub fn now(&self) -> At {
        self.began.elapsed()
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn next(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.ports.len()
    }

    pub fn url(&self, replica: usize, path: &str) -> String {
        format!("http://localhost:{}{path}", self.ports[replica])
    }

    pub async fn get(&self, replica: usize, path: &str) -> reqwest::Result<Response> {
        self.client.get(self.url(replica, path)).timeout(PATIENCE).send().await
    }

    /// Builds the request of a caller for a token that may pull from this repository.
    pub fn question(&self, replica: usize, caller: &Caller, name: &str) -> RequestBuilder {
        let scope = format!("repository:{name}:pull");
        let url = self.url(replica, "/token");
        let post = |form: &[(&str, &str)]| self.client.post(&url).form(form);
        let request = match caller {
            Caller::Anonymous => self.client.get(&url).query(&[("scope", &scope)]),
            Caller::Key(secret) => {
                self.client.get(&url).query(&[("scope", &scope)]).basic_auth("<token>", Some(secret))
            }
            Caller::Password(user, password) => post(&[
                ("grant_type", "password"),
                ("username", user),
                ("password", password),
                ("service", "registry"),
                ("client_id", "test"),
                ("scope", &scope),
            ]),
            Caller::Session(token) => {
                post(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", &scope)])
            }
        };
        request.timeout(PATIENCE)
    }

    /// Asks a replica without noting the answer. Returns the status, and true if anything is granted. Checks that each
    /// 503, and no other answer, says when to try again.
    pub async fn says(&self, replica: usize, caller: &Caller, name: &str) -> (u16, bool) {
        let answer = self.question(replica, caller, name).send().await.unwrap();
        let (status, retry_after) = (answer.status().as_u16(), has_retry_after(&answer));
        assert_eq!(status == 503, retry_after, "{caller:?}: {status}");
        (status, status == 200 && grants(&answer.text().await.unwrap()))
    }

    /// Asks one replica about a subject, and notes the answer. Returns `None` if the connection is refused or breaks.
    pub async fn ask_at(&self, replica: usize, caller: &Caller, about: &About<'_>) -> Option<Answer> {
        let sent = self.now();
        let saw = match decided(self.question(replica, caller, about.name)).await {
            Ok((200, text)) => match grants(&text) {
                true => Saw::Granted,
                // If the subject is the caller and not a rule, a good answer always grants something.
                false if about.by_identity => Saw::Failed("200 without a grant".to_owned()),
                false => Saw::Denied,
            },
            Ok((401, _)) if about.by_identity => Saw::Denied,
            Ok((status, text)) => Saw::Failed(format!("{caller:?}: {status} {text}")),
            Err(error) if error.is_timeout() => Saw::Failed(format!("{caller:?}: {error:?}")),
            Err(_) => return None,
        };
        let (subject, received) = (about.subject.to_owned(), self.now());
        let answer = Answer { subject, replica, sent, received, saw, proven: about.proven };
        self.ledger().answers.push(answer.clone());
        Some(answer)
    }

    /// Asks the next replica, and further replicas if there is no connection.
    pub async fn ask(&self, caller: &Caller, about: &About<'_>) {
        let first = self.next();
        for next in first..first + TRIES {
            if self.ask_at(next % self.ports.len(), caller, about).await.is_some() {
                return;
            }
        }
        let (subject, sent) = (about.subject.to_owned(), self.now());
        let saw = Saw::Failed("no replica answers".to_owned());
        let proven = about.proven;
        self.ledger().answers.push(Answer { subject, replica: 0, sent, received: sent, saw, proven });
    }

    /// Sends a write to the next replica.
    pub async fn write(&self, what: &Change<'_>) -> Outcome {
        self.write_at(self.next(), what).await
    }

    /// Sends a write to this replica once, and notes it.
    pub async fn write_at(&self, replica: usize, what: &Change<'_>) -> Outcome {
        let sent = self.now();
        let url = self.url(replica, &format!("/api/v1{}", what.path));
        let request = self.client.request(what.method.parse().unwrap(), url).timeout(PATIENCE);
        let request = request.basic_auth("admin", Some(ADMIN_PASSWORD));
        let request = if what.body.is_null() { request } else { request.json(&what.body) };
        let (status, body, retry_after) = match request.send().await {
            Ok(response) => {
                let (status, retry_after) = (response.status().as_u16(), has_retry_after(&response));
                let text = response.text().await.unwrap_or_default();
                (status, serde_json::from_str(&text).unwrap_or(Value::String(text)), retry_after)
            }
            Err(error) => (0, Value::String(format!("{error:?}")), false),
        };
        let received = self.now();
        let is_done = (200..300).contains(&status);
        // During a fault a write may succeed, may be refused in time with a temporary error, or may fail because its
        // replica is gone.
        let is_fit = is_done || status == 0 || (status == 503 && retry_after);
        let took = received - sent;
        if !is_fit || took > REFUSAL {
            let path = &what.path;
            self.ledger().faults.push(format!("{path} at {replica}: {status} after {took:?}: {body}"));
        }
        let write = Write {
            subject: what.subject.map_or_else(|| format!("key {}", text(&body["id"])), str::to_owned),
            mark: what.mark.to_owned(),
            grants: what.grants,
            replica,
            sent,
            acknowledged: is_done.then_some(received),
        };
        // If the creation of a key was not acknowledged, its id is unknown. So no client can use that key.
        if is_done || what.subject.is_some() {
            self.ledger().writes.push(write);
        }
        Outcome { status, body, retry_after, received }
    }
}

/// The subject of a question.
pub struct About<'a> {
    pub subject: &'a str,
    /// The name of the repository.
    pub name: &'a str,
    /// True if the subject is the caller, who may be disabled, and not a rule.
    pub by_identity: bool,
    pub proven: bool,
}

/// A write to send.
pub struct Change<'a> {
    /// The subject of the write. It is `None` for a new access key, because the answer contains its id.
    pub subject: Option<&'a str>,
    pub mark: &'a str,
    pub grants: bool,
    pub method: &'a str,
    pub path: String,
    pub body: Value,
}

/// The result of a write. The status is 0 if no answer came.
#[derive(Debug)]
pub struct Outcome {
    pub status: u16,
    pub body: Value,
    pub retry_after: bool,
    pub received: At,
}

impl Outcome {
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn has_retry_after(response: &Response) -> bool {
    response.headers().contains_key("retry-after")
}

async fn decided(request: RequestBuilder) -> reqwest::Result<(u16, String)> {
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

/// Returns true if the token in this answer grants anything.
fn grants(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let claims = text(&answer["token"]).split('.').nth(1).expect("the token is not a JWT").to_owned();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["access"].as_array().is_some_and(|access| !access.is_empty())
}
