//! Runs the commands of `docs/api.md` in order, on a new server. Compares the real answers with the printed ones. Also
//! compares the log line in `docs/operations.md` with a real one.

use crate::documents::bodies;
use crate::server::{Server, client};
use crate::world::repository;
use regex::Regex;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The password that the document uses.
const PASSWORD: &str = "correct horse battery";
/// The id of the access key that the document creates.
const KEY: &str = "01a1fd33-e11c-7066-b46c-f2ac927f205e";
/// The names of fields with numbers that differ on each server.
const NUMBERS: [&str; 9] = ["seq", "bytes", "events", "age_seconds", "schema", "exp", "nbf", "iat", "counts"];
/// The headings of answers that no command of the document requests, with the reason.
const NOT_ASKED: [(&str, &str); 2] = [
    (
        "After `DELETE $at/groups/web?cascade=true`",
        "later examples need the group: the tests of groups delete one",
    ),
    ("The claims of the token:", "read from the token of the previous command"),
];

/// A part of the document: a block, and the line of text before it.
struct Part {
    above: String,
    kind: String,
    body: String,
}

fn parts() -> Vec<Part> {
    let text = std::fs::read_to_string(repository().join("docs/api.md")).unwrap();
    let mut parts = Vec::new();
    let mut above = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            parts.push(Part {
                above: std::mem::take(&mut above),
                kind: kind.to_owned(),
                body: body.join("\n"),
            });
        } else if !line.is_empty() {
            above = line.to_owned();
        }
    }
    parts
}

/// The forms of texts that differ on each server: a time, an id, key ids, a coordinate of a key, a hash.
const FORMS: [&str; 5] = [
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
    "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$",
    "^[A-Za-z0-9_-]{43}$",
    "^[0-9a-f]{64}$",
];

/// Returns true if a shown text and a real text have the same form. `…` may end the shown text early.
fn are_of_one_form(shown: &str, real: &str) -> bool {
    FORMS.iter().any(|form| {
        let form = Regex::new(form).unwrap();
        form.is_match(real) && (shown.ends_with('…') || form.is_match(shown))
    })
}

/// Lists the places where a real answer differs from the shown one. `…` stands for any text. Texts of one of the
/// [`FORMS`], numbers in [`NUMBERS`] and commits may differ.
fn differences(shown: &Value, real: &Value, at: &str) -> Vec<String> {
    let differs = || vec![format!("{at}: shown {shown}, really {real}")];
    match (shown, real) {
        (Value::Object(fields), Value::Object(others)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            if names(fields) != names(others) {
                return differs();
            }
            fields
                .iter()
                .flat_map(|(name, value)| differences(value, &others[name], &format!("{at}.{name}")))
                .collect()
        }
        (Value::Array(items), Value::Array(others)) => {
            let is_cut = items.last() == Some(&json!("…"));
            let items = if is_cut { &items[..items.len() - 1] } else { &items[..] };
            if items.len() != others.len() && !(is_cut && items.len() < others.len()) {
                return differs();
            }
            let pairs = items.iter().zip(others).enumerate();
            pairs
                .flat_map(|(number, (one, other))| differences(one, other, &format!("{at}[{number}]")))
                .collect()
        }
        (Value::String(text), Value::String(other)) if !at.ends_with(".commit") => {
            let is_cut_from = |(before, _): (&str, &str)| {
                let after = text.rsplit_once('…').map_or("", |(_, after)| after);
                other.starts_with(before)
                    && other.ends_with(after)
                    && other.len() >= before.len() + after.len()
            };
            let is_alike = text == other
                || text.split_once('…').is_some_and(is_cut_from)
                || are_of_one_form(text, other);
            if is_alike { Vec::new() } else { differs() }
        }
        (Value::Number(_), Value::Number(_))
            if NUMBERS.iter().any(|name| at.split('.').any(|part| part == *name)) =>
        {
            Vec::new()
        }
        // The commit depends on the build of the tested program.
        _ if shown == real || at.ends_with(".commit") => Vec::new(),
        _ => differs(),
    }
}

/// Starts a server whose administrator has the password of the document.
async fn server(folder: &Path) -> Server {
    let command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    let flags = ["--service", "registry", "--log-format", "json"];
    let port = crate::server::free_port();
    let mut server = Server::run_with(command, port, folder, "sqlite://portreeve.db", &flags, PASSWORD);
    server.ready().await;
    server
}

/// Runs a script in the shell of the document. Returns its output.
async fn printed(folder: &Path, server: &Server, script: &str) -> String {
    let script = script.replace("http://localhost:5001", &server.url(""));
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder).stdin(std::process::Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{script}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the claims of the token in an answer.
fn claims(answer: &Value) -> Value {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    let part = answer["token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Reports the repository of the document: two tags were pushed, and one of them was pulled.
async fn report(server: &Server) {
    let now = time::OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339).unwrap();
    let event = |number: usize, action: &str, tag: &str| {
        json!({
            "id": format!("event-{number}"), "timestamp": now, "action": action,
            "target": {
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 512, "repository": "web/site",
                "tag": tag, "digest": format!("sha256:{}", "1".repeat(64)),
            },
            "request": {"id": format!("request-{number}"), "addr": "10.0.0.7:1", "method": if action == "push" { "PUT" } else { "GET" }},
            "actor": {"name": "ci"}, "source": {"addr": "node:5000", "instanceID": "one"},
        })
    };
    let events = json!({"events": [event(1, "push", "1"), event(2, "push", "2"), event(3, "pull", "1")]});
    let sent =
        client().post(server.url("/events/registry")).basic_auth("admin", Some(PASSWORD)).json(&events);
    assert_eq!(sent.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_of_the_api_runs_from_its_first_command_to_its_last_and_answers_as_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    // A command in the document lists the refresh token of this login.
    let login = client().get(server.url("/token?service=registry&offline_token=true&client_id=docker"));
    assert_eq!(login.basic_auth("admin", Some(PASSWORD)).send().await.unwrap().status(), 200);
    report(&server).await;
    let (mut definitions, mut answer, mut key, mut code) =
        (String::new(), Value::Null, KEY.to_owned(), String::new());
    let (mut faults, mut compared, mut not_asked) = (Vec::new(), 0, 0);
    let mut asked = false;
    for Part { above, kind, body } in parts() {
        if kind == "sh" && body.starts_with("at=") {
            definitions = format!("{body}\n");
        } else if kind == "sh" || kind == "text" {
            let script = body.replace(KEY, &key).replace("ptr_d_…", &code);
            let said = printed(folder.path(), &server, &format!("{definitions}{script}")).await;
            // The answer is the last printed text. Headers may come before it.
            let last = said.lines().last().unwrap_or_default();
            let whole = serde_json::from_str(&said).or_else(|_| serde_json::from_str(last));
            answer = whole.unwrap_or(Value::String(said));
            asked = true;
            if let Some(id) = answer["id"].as_str() {
                key = id.to_owned();
            }
            if let Some(device) = answer["device_code"].as_str() {
                code = device.to_owned();
            }
            if kind == "text" {
                assert_eq!(answer["error"], "authorization_pending", "{body}: {answer}");
            }
        } else {
            assert_eq!(kind, "json", "{body}");
            let shown: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            let real = match NOT_ASKED.iter().position(|(beginning, _)| above.starts_with(beginning)) {
                Some(0) => {
                    not_asked += 1;
                    continue;
                }
                Some(_) => {
                    not_asked += 1;
                    claims(&answer)
                }
                None => {
                    assert!(asked, "no command asks for this: {body}");
                    answer.clone()
                }
            };
            asked = false;
            compared += 1;
            faults.extend(differences(&shown, &real, &above));
        }
    }
    assert!(faults.is_empty(), "docs/api.md shows other answers:\n{}", faults.join("\n"));
    assert!(compared > 20, "only {compared} answers were compared");
    assert_eq!(not_asked, NOT_ASKED.len(), "an entry of NOT_ASKED is not in the document");
}

/// Waits for the log line about the token, which the server writes in the background.
async fn logged(server: &Server) -> String {
    for _ in 0..100 {
        if let Some(line) = server.log_lines("token_issued").pop() {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the decision is not logged: {}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_the_log_in_the_document_is_as_it_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let call = async |method: &str, path: &str, body: Value| -> Value {
        let request = client().request(method.parse().unwrap(), server.url(&format!("/api/v1{path}")));
        let answer = request.basic_auth("admin", Some(PASSWORD)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    };
    call("PUT", "/robots/ci-web", json!({})).await;
    call("PUT", "/groups/web", json!({"members": ["robot:ci-web"]})).await;
    let rule = json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]});
    call("PUT", "/rules/web-team", rule).await;
    let key = call("POST", "/robots/ci-web/access-keys", json!({"name": "build server"})).await;
    let token = client().get(server.url("/token?service=registry&scope=repository:shop/api:pull,push"));
    let answer = token.basic_auth("ci-web", key["secret"].as_str()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let line = logged(&server).await;
    let real: Value = serde_json::from_str(&line).unwrap();
    let [shown] = &bodies("docs/operations.md", "json")[..] else { panic!("there must be one line") };
    let mut shown: Value = serde_json::from_str(shown).unwrap();
    // The id of the key is a part of this text.
    assert!(shown["proof"].as_str().unwrap().starts_with("access_key "));
    shown["proof"] = json!(format!("access_key {}", key["id"].as_str().unwrap()));
    let faults = differences(&shown, &real, "the log");
    assert!(faults.is_empty(), "docs/operations.md shows another line:\n{}\n{line}", faults.join("\n"));
}
