//! A registry that answers like distribution 3.x and zot, with short pages and absolute links, and that can misbehave.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The greatest number of entries on a page.
const PAGE: usize = 2;

/// The behaviour of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The registry answers correctly.
    Good,
    /// The links of the catalogue lead to another host.
    LeadsAway,
    /// The catalogue never ends.
    Endless,
    /// A page of the catalogue has 10 MB.
    Long,
    /// The catalogue is an HTML page.
    Html,
    /// The registry answers 401 to every request.
    Refuses,
    /// Every page of the catalogue after the first is a 500.
    FailsMidway,
}

pub struct State {
    pub mood: Mood,
    /// The repositories, each with its tags and their digests.
    pub repositories: BTreeMap<String, BTreeMap<String, String>>,
    /// Further names that the catalogue lists. They have no tags.
    pub odd: Vec<String>,
    /// Special answers. Each has the text with which the request begins (method and address), and the status, headers
    /// and body of the answer.
    pub answers: Vec<(String, u16, String, String)>,
    /// Requests whose method and address begin with this text get no answer for a minute.
    pub held: Option<String>,
    /// The requests since the last call of [`FakeRegistry::requests`]: method and address.
    pub requests: Vec<String>,
}

/// The running registry, on a port of its own.
#[derive(Clone)]
pub struct FakeRegistry {
    pub port: u16,
    pub state: Arc<Mutex<State>>,
}

/// A digest made of one letter.
pub fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

impl FakeRegistry {
    /// Starts a registry with these tags. Each entry has a repository, a tag and the letter of the digest.
    pub async fn open(tags: &[(&str, &str, char)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            mood: Mood::Good,
            repositories: BTreeMap::new(),
            odd: Vec::new(),
            answers: Vec::new(),
            held: None,
            requests: Vec::new(),
        };
        let registry = Self { port, state: Arc::new(Mutex::new(state)) };
        for (repository, tag, letter) in tags {
            registry.put(repository, tag, *letter);
        }
        let accepting = registry.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(client));
            }
        });
        registry
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn put(&self, repository: &str, tag: &str, letter: char) {
        let mut state = self.state.lock().unwrap();
        let tags = state.repositories.entry(repository.to_owned()).or_default();
        tags.insert(tag.to_owned(), digest(letter));
    }

    pub fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// Gives this answer to requests whose method and address begin with `begins`. All special answers that were set
    /// before are removed. An empty `begins` only removes them.
    pub fn answer_with(&self, begins: &str, status: u16, headers: &str, body: &str) {
        let answer = (begins.to_owned(), status, headers.to_owned(), body.to_owned());
        self.state.lock().unwrap().answers = if begins.is_empty() { Vec::new() } else { vec![answer] };
    }

    /// Delays the answers to requests whose method and address begin with this text, by a minute. `None` ends the delay
    /// for later requests.
    pub fn hold(&self, begins: Option<&str>) {
        self.state.lock().unwrap().held = begins.map(str::to_owned);
    }

    /// Returns the requests since the last call of this function.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    async fn serve(self, mut client: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match client.read(&mut byte).await {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split_whitespace();
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let has_token = head.to_ascii_lowercase().contains("authorization: bearer ey");
        let answer = self.answer(&method, &target, has_token);
        let held = self.state.lock().unwrap().held.clone();
        if held.is_some_and(|begins| format!("{method} {target}").starts_with(&begins)) {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        }
        let _ = client.write_all(answer.as_bytes()).await;
        let _ = client.shutdown().await;
    }

    fn answer(&self, method: &str, target: &str, has_token: bool) -> String {
        let mut state = self.state.lock().unwrap();
        state.requests.push(format!("{method} {target}"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let last = query
            .split('&')
            .find_map(|one| one.strip_prefix("last="))
            .unwrap_or_default()
            .replace("%2F", "/");
        let origin = format!("http://127.0.0.1:{}", self.port);
        if !has_token || state.mood == Mood::Refuses {
            return reply(401, "", "{}", false);
        }
        let special = state.answers.iter().find(|one| format!("{method} {target}").starts_with(&one.0));
        if let Some((_, status, headers, body)) = special {
            return reply(*status, headers, body, method == "HEAD");
        }
        if let Some(rest) = path.strip_prefix("/v2/").filter(|rest| *rest != "_catalog") {
            return of_repository(&state, &format!("{origin}{path}"), rest, &last);
        }
        match state.mood {
            Mood::Html => return reply(200, "", "<html>sign in</html>", false),
            Mood::Long => {
                return reply(
                    200,
                    "",
                    &format!("{{\"repositories\":[\"{}\"]}}", "x".repeat(10_000_000)),
                    false,
                );
            }
            Mood::Endless => {
                let number: u64 = last.parse().unwrap_or_default();
                let link = format!("Link: </v2/_catalog?last={}>; rel=\"next\"\r\n", number + 1);
                return reply(200, &link, "{\"repositories\":[\"a\"]}", false);
            }
            Mood::FailsMidway if !last.is_empty() => return reply(500, "", "{}", false),
            _ => {}
        }
        let mut names: Vec<String> = state.repositories.keys().cloned().collect();
        names.extend(state.odd.iter().cloned());
        names.sort();
        let (page, next) = page(names.iter(), &last);
        let to = if state.mood == Mood::LeadsAway { "http://127.0.0.2:1" } else { &origin };
        let link =
            next.map(|next| format!("Link: <{to}/v2/_catalog?last={next}&n={PAGE}>; rel=\"next\"\r\n"));
        reply(200, &link.unwrap_or_default(), &serde_json::json!({"repositories": page}).to_string(), false)
    }
}

/// Returns the answer to a request for a manifest, or for the tags of a repository after `last`.
fn of_repository(state: &State, address: &str, rest: &str, last: &str) -> String {
    if let Some((name, tag)) = rest.split_once("/manifests/") {
        let Some(digest) = state.repositories.get(name).and_then(|tags| tags.get(tag)) else {
            return reply(404, "", "", true);
        };
        let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json";
        return reply(200, &format!("Docker-Content-Digest: {digest}\r\n{kind}\r\n"), "", true);
    }
    let name = rest.strip_suffix("/tags/list").unwrap_or_default();
    let Some(tags) = state.repositories.get(name) else {
        return reply(404, "", "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}", false);
    };
    let (page, next) = page(tags.keys(), last);
    let link = next.map(|next| format!("Link: <{address}?last={next}&n={PAGE}>; rel=\"next\"\r\n"));
    let list = if tags.is_empty() { "null".to_owned() } else { format!("{page:?}") };
    reply(200, &link.unwrap_or_default(), &format!("{{\"name\":\"{name}\",\"tags\":{list}}}"), false)
}

/// Returns a page of the names after `last`. If the page is full, also returns its last name, for the link to the next
/// page. The next page may be empty.
fn page<'a>(names: impl Iterator<Item = &'a String>, last: &str) -> (Vec<String>, Option<String>) {
    let page: Vec<String> = names.filter(|name| name.as_str() > last).take(PAGE).cloned().collect();
    let next = (page.len() == PAGE).then(|| page[PAGE - 1].replace('/', "%2F"));
    (page, next)
}

fn reply(status: u16, headers: &str, body: &str, is_head: bool) -> String {
    let mut answer = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}");
    let length = if is_head { 528 } else { body.len() };
    write!(answer, "Content-Length: {length}\r\n\r\n{body}").unwrap();
    answer
}
