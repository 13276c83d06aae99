//! A page may end among names that the client may not see. Its cursor must not reveal such a name.

use crate::agreement::{NAMES, clients, granted, rule};
use crate::helpers::{App, PASSWORD};
use crate::stock::{ask, basic, stocked_where};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A list that a client reads page by page.
#[derive(Debug, Clone, Copy)]
enum List {
    Catalogue,
    Api,
}

/// The content of a cursor: the name of an entry, or a sealed text.
#[derive(Debug, PartialEq, Eq)]
enum Cursor {
    Entry(String),
    Sealed(usize),
}

impl List {
    fn first(self, number: usize) -> String {
        match self {
            Self::Catalogue => format!("/v2/_catalog?n={number}"),
            Self::Api => format!("/api/v1/repositories?limit={number}"),
        }
    }

    /// Reads a page. Returns its names, the path of the next page, and the content of its cursor.
    async fn page(
        self,
        app: &App,
        authorization: &str,
        path: &str,
    ) -> (Vec<String>, Option<(String, Cursor)>) {
        let reply = ask(app, Some(authorization), path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        let body = reply.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match self {
            Self::Catalogue => {
                let names = body["repositories"].as_array().unwrap().iter().map(text).collect();
                let next = reply.header("link").map(|link| {
                    let path = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
                    let last = path.split_once("last=").unwrap().1.split_once('&').unwrap().0;
                    let last =
                        last.replace("%2F", "/").replace("%2D", "-").replace("%5F", "_").replace("%7E", "~");
                    (path.to_owned(), read(&last, &last))
                });
                (names, next)
            }
            Self::Api => {
                let names =
                    body["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect();
                let next = body["next"].as_str().map(|next| {
                    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(next).unwrap()).unwrap();
                    let name = place.split('\n').next().unwrap().to_owned();
                    let base = path.split("&after=").next().unwrap();
                    (format!("{base}&after={next}"), read(&place, &name))
                });
                (names, next)
            }
        }
    }
}

fn read(place: &str, name: &str) -> Cursor {
    match place.strip_prefix('~') {
        Some(sealed) => {
            let bytes = URL_SAFE_NO_PAD.decode(sealed).unwrap();
            for name in NAMES.into_iter().filter(|name| name.len() > 3) {
                assert!(!bytes.windows(name.len()).any(|part| part == name.as_bytes()), "{name}");
            }
            Cursor::Sealed(sealed.len())
        }
        None => Cursor::Entry(name.to_owned()),
    }
}

/// Reads all pages of a list. Checks that each cursor is the last shown name or a sealed text. Returns the names, and
/// the lengths of the sealed texts.
async fn walk(app: &App, list: List, authorization: &str) -> (BTreeSet<String>, Vec<usize>) {
    let (mut path, mut names, mut sealed) = (list.first(2), BTreeSet::new(), Vec::new());
    for _ in 0..=NAMES.len() {
        let (page, next) = list.page(app, authorization, &path).await;
        let last = page.last().cloned();
        for name in page {
            assert!(names.insert(name.clone()), "{name} comes twice");
        }
        let Some((next, cursor)) = next else { return (names, sealed) };
        match cursor {
            Cursor::Entry(name) => assert_eq!(Some(name), last, "{list:?}: {next}"),
            Cursor::Sealed(length) => sealed.push(length),
        }
        path = next;
    }
    panic!("{list:?} does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cursor_names_what_check_refuses_and_the_pages_are_whole() {
    let app = stocked_where(&NAMES, Some(3)).await;
    let clients = clients(&app).await;
    let mut runner = TestRunner::deterministic();
    let mut lengths = BTreeSet::new();
    for case in 0..12 {
        let rules = proptest::collection::vec(rule(), 0..5).new_tree(&mut runner).unwrap().current();
        for (number, rule) in rules.iter().enumerate() {
            app.rule(&format!("r{number}"), rule.clone()).await;
        }
        for client in &clients {
            let Some(authorization) = client.authorization() else { continue };
            let expected = granted(&app, client.subject, client.key.as_deref()).await;
            let about = format!("case {case}, {}: {}", client.what, json!(rules));
            // The API refuses narrowed keys.
            let lists = if client.what.ends_with("narrowed key") {
                &[List::Catalogue][..]
            } else {
                &[List::Catalogue, List::Api]
            };
            for list in lists {
                let (names, sealed) = walk(&app, *list, &authorization).await;
                assert_eq!(names, expected, "{list:?}, {about}");
                lengths.extend(sealed);
            }
        }
        for number in 0..rules.len() {
            app.must("DELETE", &format!("/rules/r{number}"), Value::Null).await;
        }
    }
    assert_eq!(
        lengths.len(),
        1,
        "some pages end among hidden names, and all sealed texts have the same length: {lengths:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_nothing_reads_no_name_wherever_they_begin() {
    let app = stocked_where(&NAMES, Some(3)).await;
    app.user("alice").await;
    let alice = basic("alice", PASSWORD);
    // The pattern has no literal beginning, so the server looks at all names.
    app.rule("end", json!({"subjects": ["user:alice"], "names": ["**/nothing"], "actions": ["pull"]})).await;
    let mut sealed = 0;
    for begin in ["", "a", "a/", "b/zzz", "ops/v", "web/", "zzz"] {
        let after = URL_SAFE_NO_PAD.encode(format!("{begin}\nregistry"));
        for (list, path) in [
            (List::Catalogue, format!("/v2/_catalog?n=1&last={begin}")),
            (List::Api, format!("/api/v1/repositories?limit=1&after={after}")),
        ] {
            let (names, next) = list.page(&app, &alice, &path).await;
            assert!(names.is_empty());
            match next {
                None => {}
                Some((_, Cursor::Sealed(_))) => sealed += 1,
                Some((_, cursor)) => panic!("{path}: {cursor:?}"),
            }
        }
    }
    assert!(sealed > 8, "{sealed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_place_holds_for_its_list_alone() {
    let app = stocked_where(&NAMES, Some(3)).await;
    app.user("alice").await;
    let alice = basic("alice", PASSWORD);
    app.rule("last", json!({"subjects": ["user:alice"], "names": ["**/y"], "actions": ["pull"]})).await;
    let (_, next) = List::Catalogue.page(&app, &alice, "/v2/_catalog").await;
    let path = next.unwrap().0;
    let last = path.split_once("last=").unwrap().1.split_once('&').unwrap().0.to_owned();
    let cut = last.split_at(last.len() - 1).0;
    for (bad, status) in [("%7E", 400), ("%7Eaaaa", 400), (cut, 400), (&last, 200)] {
        let reply = ask(&app, Some(&alice), &format!("/v2/_catalog?last={bad}")).await;
        assert_eq!(reply.status, status, "{bad}: {}", reply.text);
    }
    let foreign = URL_SAFE_NO_PAD.encode(last.replace("%7E", "~").replace("%2D", "-").replace("%5F", "_"));
    let reply = ask(&app, Some(&alice), &format!("/api/v1/repositories?after={foreign}")).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["field"]), (422, &json!("after")), "{}", reply.text);
    app.must("PUT", "/services/other", json!({"search": true})).await;
    let other = ask(&app, Some(&alice), &format!("/services/other/v2/_catalog?last={last}")).await;
    assert_eq!(other.status, 400, "the cursor belongs to the list of another service");
    let again = ask(&app, Some(&alice), &format!("/services/registry{path}")).await;
    assert_eq!(again.status, 200, "{}", again.text);
}
