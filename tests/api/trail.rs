//! `/changes`: the content of a record, the values that it never contains, and the search for records.

use super::audit::{assert_unbroken, trail};
use super::helpers::{ADMIN, App, PASSWORD};
use portreeve::domain::change::ChangeRecord;
use serde_json::{Value, json};

/// Creates a history of changes by three actors over twelve seconds.
async fn history() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/users/bob", json!({"admin": true, "password": PASSWORD})).await;
    let key = app.robot("root", Value::Null).await;
    app.must("PATCH", "/robots/root", json!({"admin": true})).await;
    let rule =
        |n: usize| json!({"subjects": ["user:alice"], "names": [format!("a{n}")], "actions": ["pull"]});
    for n in 0..12 {
        app.advance(1);
        let login = [ADMIN, ("bob", PASSWORD), ("root", key.as_str())][n % 3];
        let path = format!("/rules/r{}", n % 4);
        assert!(app.api_as(login, "PUT", &path, Some(rule(n))).await.status < 300);
        let path = format!("/groups/r{}", n % 2);
        let members = if n % 4 < 2 { json!(["user:alice"]) } else { json!([]) };
        assert!(app.api_as(login, "PUT", &path, Some(json!({"members": members}))).await.status < 300);
    }
    app
}

/// Reads all pages of `/changes?query`.
async fn pages(app: &App, query: &str) -> Vec<ChangeRecord> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.must("GET", &format!("/changes?{query}{after}"), Value::Null).await;
        let items: Vec<ChangeRecord> = serde_json::from_value(page["items"].clone()).unwrap();
        all.extend(items);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_alone_and_with_others_leaves_what_a_plain_filter_leaves() {
    let app = history().await;
    let all = trail(&app, "").await;
    assert_unbroken(&all);
    assert!(all.len() > 30, "{}", all.len());
    let (since, until) = (all[all.len() / 3].at, all[all.len() * 2 / 3].at);
    assert!(since < until);
    for kind in [None, Some("rule"), Some("database")] {
        for name in [None, Some("r1")] {
            for actor in [None, Some("user:bob"), Some("robot:root")] {
                for (since, until) in
                    [(None, None), (Some(since), None), (None, Some(until)), (Some(since), Some(until))]
                {
                    let mut query = String::new();
                    for (key, value) in [
                        ("kind", kind.map(str::to_owned)),
                        ("name", name.map(str::to_owned)),
                        ("actor", actor.map(str::to_owned)),
                        ("since", since.map(|at| at.to_string())),
                        ("until", until.map(|at| at.to_string())),
                    ] {
                        if let Some(value) = value {
                            query.push_str(&format!("{key}={value}&"));
                        }
                    }
                    let fits = |record: &&ChangeRecord| {
                        kind.is_none_or(|kind| record.kind.as_str() == kind)
                            && name.is_none_or(|name| record.name == name)
                            && actor.is_none_or(|actor| record.actor == actor)
                            && since.is_none_or(|since| record.at >= since)
                            && until.is_none_or(|until| record.at < until)
                    };
                    let mut wanted: Vec<ChangeRecord> = all.iter().filter(fits).cloned().collect();
                    assert_eq!(trail(&app, &query).await, wanted, "{query}");
                    assert_eq!(pages(&app, &format!("{query}limit=7")).await, wanted, "{query}");
                    wanted.reverse();
                    let query = format!("{query}order=desc&");
                    assert_eq!(trail(&app, &query).await, wanted, "{query}");
                    assert_eq!(pages(&app, &format!("{query}limit=5")).await, wanted, "{query}");
                    wanted.truncate(3);
                    assert_eq!(trail(&app, &format!("{query}limit=3")).await, wanted, "{query}");
                }
            }
        }
    }
    let after = |seq: i64, order: &str| format!("after={seq}&order={order}");
    let middle = all[all.len() / 2].seq;
    let newer: Vec<_> = all.iter().filter(|record| record.seq > middle).cloned().collect();
    let older: Vec<_> = all.iter().rev().filter(|record| record.seq < middle).cloned().collect();
    assert_eq!(trail(&app, &after(middle, "asc")).await, newer);
    assert_eq!(trail(&app, &after(middle, "desc")).await, older);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_does_not_fit_is_named() {
    let app = App::spawn().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("after=-1", "after"),
        ("after=x", "after"),
        ("order=newest", "order"),
        ("since=yesterday", "since"),
        ("until=5", "until"),
        ("kind=%00", "kind"),
        ("kind=rulez", "kind"),
        ("kind=", "kind"),
        ("actor=alice", "actor"),
        ("actor=group:web", "actor"),
        ("name=%00", "name"),
    ] {
        let reply = app.api("GET", &format!("/changes?{query}"), Value::Null).await;
        assert_eq!((reply.status, &reply.json()["errors"][0]["field"]), (422, &json!(field)), "{query}");
    }
    let refused = app.api("GET", "/changes?kind=rulez", Value::Null).await.json();
    assert_eq!(
        refused["errors"][0]["message"],
        "`rulez` is not a kind: write one of user, robot, group, service, rule, access-key, refresh-token, identity-provider, identity, \
         invitation, \
         signing-key, database"
    );
    assert_eq!(app.api("GET", "/changes?surprise=1", Value::Null).await.status, 422);
    assert_eq!(app.api("GET", "/changes?limit=1&limit=1", Value::Null).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_tells_who_from_where_in_which_request_and_what_was_before_and_after() {
    let app = App::spawn().await;
    let made = app.api("PUT", "/services/other", json!({"token_ttl": 60})).await;
    app.advance(5);
    let changed = app.api("PATCH", "/services/other", json!({"token_ttl": 90})).await;
    let deleted = app.api("DELETE", "/services/other", Value::Null).await;
    let records = trail(&app, "kind=service&name=other").await;
    let actions: Vec<&str> = records.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(actions, ["create", "update", "delete"]);
    for (record, reply) in records.iter().zip([&made, &changed, &deleted]) {
        assert_eq!(record.actor, "user:admin");
        assert!(matches!(record.address.as_deref(), Some("127.0.0.1" | "::1")), "{:?}", record.address);
        assert_eq!(Some(record.request_id.as_str()), reply.header("x-request-id"));
    }
    let ttl = |state: &Option<Value>| state.as_ref().map(|state| state["token_ttl"].clone());
    let ttls: Vec<_> = records.iter().map(|record| (ttl(&record.before), ttl(&record.after))).collect();
    let (sixty, ninety) = (Some(json!(60)), Some(json!(90)));
    assert_eq!(ttls, [(None, sixty.clone()), (sixty, ninety.clone()), (ninety, None)]);
    assert_eq!(records[1].at.as_micros() - records[0].at.as_micros(), 5_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_hash_is_in_any_record() {
    let app = App::spawn().await;
    let (first, second) = ("canary password number one", "canary password number two");
    let third = "canary password number three";
    let hash = bcrypt::hash(third, 5).unwrap();
    app.must("PUT", "/users/alice", json!({"password": first})).await;
    app.must("PATCH", "/users/alice", json!({"password": second})).await;
    app.must("PUT", "/users/bob", json!({"password_hash": hash})).await;
    let own = json!({"current_password": second, "new_password": first});
    assert_eq!(app.api_as(("alice", second), "PUT", "/me/password", Some(own)).await.status, 204);
    let key = app.robot("ci", Value::Null).await;
    let login = Some(("alice", first));
    let session = app.token(login, "service=registry&offline_token=true").await.refresh_token();
    app.must("DELETE", "/refresh-tokens?subject=user:alice", Value::Null).await;
    app.must("DELETE", "/users/alice", Value::Null).await;
    app.must("DELETE", "/robots/ci", Value::Null).await;
    let text = serde_json::to_string(&trail(&app, "").await).unwrap();
    assert!(
        text.contains("access-key") && text.contains("refresh-token") && text.contains("password_changed")
    );
    let digests = [&key, &session].map(|secret| {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    });
    let canaries = [first, second, third, hash.as_str(), key.as_str(), session.as_str(), ADMIN.1];
    for canary in canaries.iter().copied().chain(digests.iter().map(String::as_str)) {
        assert!(!text.contains(canary), "`{canary}` is in the trail");
    }
    for canary in ["canary", "$argon2", "$2b$", "ptr_"] {
        assert!(!text.contains(canary), "`{canary}` is in the trail");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deleted_user_passes_to_a_later_namesake() {
    let app = App::spawn().await;
    let ask = "service=registry&scope=repository:a:pull&scope=repository:b:pull";
    app.user("alice").await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice"]})).await;
    app.rule("own", json!({"subjects": ["user:alice"], "names": ["a"], "actions": ["pull"]})).await;
    app.rule("team", json!({"subjects": ["group:web"], "names": ["b"], "actions": ["pull"]})).await;
    let key = app.must("POST", "/users/alice/access-keys", json!({"name": "k"})).await;
    let secret = key["secret"].as_str().unwrap();
    let session =
        app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    assert_eq!(
        app.token(Some(("alice", secret)), ask).await.granted(),
        "repository:a:pull repository:b:pull"
    );
    app.must("DELETE", "/users/alice?cascade=true", Value::Null).await;
    let new = "the password of a namesake";
    app.must("PUT", "/users/alice", json!({"password": new})).await;
    assert_eq!(app.token(Some(("alice", secret)), ask).await.status, 401, "the old key has ended");
    assert_eq!(app.token(Some(("alice", PASSWORD)), ask).await.status, 401, "the old password has ended");
    let renew = [("grant_type", "refresh_token"), ("refresh_token", session.as_str())];
    assert_eq!(app.post_token(&renew).await.status, 401, "the old session has ended");
    assert_eq!(app.token(Some(("alice", new)), ask).await.granted(), "", "no old membership or rule applies");
    let user = app.must("GET", "/users/alice", Value::Null).await;
    assert_eq!(user["groups"], json!([]));
    for list in ["/users/alice/access-keys", "/refresh-tokens?subject=user:alice"] {
        assert_eq!(app.must("GET", list, Value::Null).await["items"], json!([]), "{list}");
    }
    assert_eq!(app.must("GET", "/rules/own", Value::Null).await["enabled"], json!(false));
}
