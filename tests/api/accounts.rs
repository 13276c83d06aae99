//! `/users`, `/robots`, their access keys, and `/me`.

use super::apply::{YAML, apply};
use super::helpers::{ADMIN, App, PASSWORD, Reply};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

/// Creates `alice`, an administrator with a label and a password.
async fn make_alice(app: &App) -> Reply {
    let labels = json!({"team": ["web", "api"]});
    app.api("PUT", "/users/alice", json!({"password": PASSWORD, "labels": labels, "admin": true})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_created_and_its_password_is_not_shown() {
    let app = App::spawn().await;
    let created = make_alice(&app).await;
    assert_eq!(created.status, 201);
    let user = created.json();
    assert_eq!(user["labels"], json!({"team": ["api", "web"]}));
    assert_eq!((&user["admin"], &user["has_password"]), (&json!(true), &json!(true)));
    assert!(user.get("password").is_none() && user.get("password_hash").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_returns_absent_fields_to_their_defaults_and_keeps_an_absent_password() {
    let app = App::spawn().await;
    make_alice(&app).await;
    let replaced = app.api("PUT", "/users/alice", json!({})).await;
    assert_eq!(replaced.status, 200);
    let user = replaced.json();
    assert_eq!((&user["admin"], &user["labels"]), (&json!(false), &json!({})));
    assert_eq!(user["has_password"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_changes_what_it_names_and_null_takes_away() {
    let app = App::spawn().await;
    make_alice(&app).await;
    let body = json!({"labels": {"team": ["ops"]}, "managed_by": "git"});
    let user = app.must("PATCH", "/users/alice", body).await;
    assert_eq!((&user["labels"], &user["managed_by"]), (&json!({"team": ["ops"]}), &json!("git")));
    let user = app.must("PATCH", "/users/alice", json!({"labels": {"team": null}})).await;
    assert_eq!((&user["labels"], &user["managed_by"]), (&json!({}), &json!("git")));
    assert_eq!(app.must("GET", "/users/alice", Value::Null).await, user);
    assert_eq!(app.api("PATCH", "/users/nobody", json!({})).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_password_is_taken_away_cannot_sign_in_with_it() {
    let app = App::spawn().await;
    make_alice(&app).await;
    assert_eq!(app.token(ALICE, "").await.status, 200);
    let user = app.must("PATCH", "/users/alice", json!({"password": null})).await;
    assert_eq!(user["has_password"], json!(false));
    assert_eq!(app.token(ALICE, "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_gone() {
    let app = App::spawn().await;
    make_alice(&app).await;
    assert_eq!(app.api("DELETE", "/users/alice", Value::Null).await.status, 204);
    for method in ["GET", "DELETE"] {
        assert_eq!(app.api(method, "/users/alice", Value::Null).await.status, 404, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_without_regard_to_case_and_across_users_and_robots() {
    let app = harbour().await;
    for (method, path) in [("PUT", "/users/Alice"), ("PUT", "/robots/alice"), ("PUT", "/robots/ALICE")] {
        let reply = app.api(method, path, json!({})).await;
        assert_eq!(reply.status, 409, "{path}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_an_object_is_told_at_once() {
    let app = App::spawn().await;
    let body = json!({"password": "fourteen chars", "managed_by": "", "labels": {"BAD": ["x"]}});
    let reply = app.api("PUT", "/users/bob", body).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let problem = reply.json();
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["password", "managed_by", "labels"]);
    assert_eq!(problem["status"], 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_neither_a_key_nor_easily_guessed() {
    let app = App::spawn().await;
    let key = app.robot("ci", Value::Null).await;
    for password in [key.as_str(), "aaaaaaaaaaaaaaaaaaaa", "robinson.crusoe.the.third"] {
        let reply = app.api("PUT", "/users/Robinson.Crusoe.the.Third", json!({"password": password})).await;
        assert_eq!(reply.status, 422, "{password}");
    }
}

/// Creates a robot that may do everything below `team`. Returns an access key of the robot. The key is narrowed to pull
/// and push of one repository.
async fn narrowed_key(app: &App) -> Value {
    app.rule("robots", json!({"subjects": ["robot:ci"], "names": ["team/**"], "actions": ["*"]})).await;
    app.must("PUT", "/robots/ci", json!({"description": "builds"})).await;
    let body = json!({"name": "github", "scopes": ["repository:team/app:pull,push"]});
    app.must("POST", "/robots/ci/access-keys", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_is_shown_once() {
    let app = harbour().await;
    let key = narrowed_key(&app).await;
    let secret = key["secret"].as_str().unwrap();
    assert!(secret.starts_with("ptr_") && secret.len() == 53);
    let list = app.must("GET", "/robots/ci/access-keys", Value::Null).await;
    assert_eq!(list["items"][0]["id"], key["id"]);
    assert!(list["items"][0].get("secret").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_narrows_what_rules_grant_and_adds_nothing() {
    let app = harbour().await;
    let key = narrowed_key(&app).await;
    let login = Some(("ci", key["secret"].as_str().unwrap()));
    let ask = "scope=repository:team/app:pull,push,delete&scope=repository:team/other:pull&scope=repository:team/app:*";
    assert_eq!(app.token(login, ask).await.granted(), "repository:team/app:pull,push");
    app.rule("robots", json!({"subjects": ["robot:ci"], "names": ["team/**"], "actions": ["pull"]})).await;
    assert_eq!(app.token(login, ask).await.granted(), "repository:team/app:pull");
    app.must("DELETE", "/rules/robots", Value::Null).await;
    assert_eq!(app.token(login, ask).await.granted(), "");
    let empty = json!({"name": "x", "scopes": []});
    assert_eq!(app.api("POST", "/robots/ci/access-keys", empty).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_signs_in_by_every_way_of_clients_and_for_nobody_else() {
    let app = harbour().await;
    let key = narrowed_key(&app).await;
    let secret = key["secret"].as_str().unwrap();
    for user in ["ci", "<token>", "", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(app.token(Some((user, secret)), "").await.status, 200, "{user}");
    }
    assert_eq!(app.token(Some(("alice", secret)), "").await.status, 401, "the key of another user");
    let form = [("grant_type", "refresh_token"), ("refresh_token", secret), ("service", "registry")];
    assert_eq!(app.post_token(&form).await.status, 200, "an access key works as an identity token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_access_key_ends_at_once() {
    let app = harbour().await;
    let key = narrowed_key(&app).await;
    let login = Some(("ci", key["secret"].as_str().unwrap()));
    assert_eq!(app.token(login, "").await.status, 200);
    let path = format!("/access-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(app.api("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(app.token(login, "").await.status, 401);
    assert_eq!(app.api("DELETE", &path, Value::Null).await.status, 404);
}

/// Returns the time that is this number of seconds after now, as the API writes it.
fn in_seconds(app: &App, seconds: i64) -> String {
    portreeve::domain::time::Timestamp::from_seconds(app.now_seconds() + seconds).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_not_outlive_the_key_that_it_was_made_for() {
    let app = harbour().await;
    app.must("PUT", "/robots/ci", json!({})).await;
    let body = json!({"name": "short", "expires_at": in_seconds(&app, 200)});
    let key = app.must("POST", "/robots/ci/access-keys", body).await;
    let reply = app.token(Some(("ci", key["secret"].as_str().unwrap())), "scope=repository:a:pull").await;
    assert_eq!(reply.json()["expires_in"], 140);
    assert_eq!(super::helpers::claims(&reply.token())["exp"], app.now_seconds() + 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_at_its_time() {
    let app = harbour().await;
    app.must("PUT", "/robots/ci", json!({})).await;
    let body = json!({"name": "short", "expires_at": in_seconds(&app, 200)});
    let key = app.must("POST", "/robots/ci/access-keys", body).await;
    let login = Some(("ci", key["secret"].as_str().unwrap()));
    assert_eq!(app.token(login, "").await.status, 200);
    app.advance(200);
    assert_eq!(app.token(login, "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_acts_until_its_end_and_not_at_its_end() {
    let app = harbour().await;
    // The clock of the tests does not start with a whole second.
    let (end, text) = (app.now_seconds() + 100, in_seconds(&app, 100));
    let secret = app.robot("short", Value::Null).await;
    app.must("PUT", "/robots/short", json!({"expires_at": text})).await;
    let login = Some(("short", secret.as_str()));
    app.set_micros(end * 1_000_000 - 1);
    assert_eq!(app.token(login, "").await.status, 200);
    app.set_micros(end * 1_000_000);
    assert_eq!(app.token(login, "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_would_be_of_no_use_is_refused_with_the_reason() {
    let app = harbour().await;
    let end =
        |seconds| portreeve::domain::time::Timestamp::from_seconds(app.now_seconds() + seconds).to_string();
    app.must("PUT", "/robots/ci", json!({"expires_at": end(3600)})).await;
    let ask = async |path: &str, body: Value| app.api("POST", path, body).await;
    let keys = "/robots/ci/access-keys";
    for (seconds, why) in [
        (-1, format!("{} is before now, ", end(-1))),
        (
            3601,
            format!(
                "{} is after `robot:ci` ends, at {}: give an earlier time, or none",
                end(3601),
                end(3600)
            ),
        ),
    ] {
        let reply = ask(keys, json!({"name": "k", "expires_at": end(seconds)})).await;
        assert_eq!((reply.status, reply.json()["errors"][0]["field"].clone()), (422, json!("expires_at")));
        let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&why), "{message}");
    }
    for body in [json!({"name": "k"}), json!({"name": "k", "expires_at": end(3600)})] {
        assert_eq!(ask(keys, body).await.status, 201);
    }
    app.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    for (path, who) in [(keys, "robot:ci"), ("/users/alice/access-keys", "user:alice")] {
        let reply = ask(path, json!({"name": "k"})).await;
        let detail = format!("`{who}` is disabled: enable it first");
        assert_eq!((reply.status, reply.json()["detail"].clone()), (409, json!(detail)));
    }
    app.must("PATCH", "/robots/ci", json!({"disabled": false})).await;
    assert_eq!(ask(keys, json!({"name": "k"})).await.status, 201);
    app.advance(3600);
    let reply = ask(keys, json!({"name": "k"})).await;
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(reply.status == 409 && detail.contains("give it a later `expires_at` first"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_past_is_refused_unless_it_is_the_one_that_the_robot_has() {
    let app = harbour().await;
    let end =
        |seconds| portreeve::domain::time::Timestamp::from_seconds(app.now_seconds() + seconds).to_string();
    let past = json!({"expires_at": end(-1)});
    app.must("PUT", "/robots/there", json!({})).await;
    for (method, path) in [("PUT", "/robots/new"), ("PUT", "/robots/there"), ("PATCH", "/robots/there")] {
        let reply = app.api(method, path, past.clone()).await;
        assert_eq!((reply.status, reply.json()["errors"][0]["field"].clone()), (422, json!("expires_at")));
        assert!(reply.text.contains("is before now, "), "{method} {path}: {}", reply.text);
    }
    let file = format!("kind: robot\nname: new\nexpires_at: {}\n", end(-1));
    let reply = apply(&app, "", YAML, &file).await;
    assert!(reply.status == 422 && reply.text.contains("is before now, "), "{}", reply.text);
    assert_eq!(app.api("GET", "/robots/new", Value::Null).await.status, 404);

    let soon = json!({"expires_at": end(60)});
    app.must("PUT", "/robots/there", soon.clone()).await;
    app.advance(61);
    app.must("PUT", "/robots/there", soon.clone()).await;
    app.must("PATCH", "/robots/there", json!({"description": "has ended"})).await;
    let earlier = app.api("PATCH", "/robots/there", json!({"expires_at": end(-62)})).await;
    assert_eq!(earlier.status, 422, "{}", earlier.text);
    app.must("PATCH", "/robots/there", json!({"expires_at": end(60)})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_may_administer_and_narrowed_keys_may_not() {
    let app = harbour().await;
    let alice = ("alice", PASSWORD);
    for (method, path) in [
        ("GET", "/users/alice"),
        ("PUT", "/users/alice"),
        ("PATCH", "/users/alice"),
        ("DELETE", "/users/alice"),
        ("PUT", "/robots/x"),
        ("POST", "/users/alice/access-keys"),
        ("PUT", "/groups/x"),
        ("PUT", "/groups/admins/members/user:alice"),
        ("PUT", "/services/x"),
        ("PUT", "/rules/x"),
        ("GET", "/rules/admins"),
        ("GET", "/refresh-tokens?subject=user:admin"),
        ("DELETE", "/refresh-tokens/x"),
        ("DELETE", "/access-keys/x"),
        ("POST", "/check"),
    ] {
        let reply = app.api_as(alice, method, path, Some(json!({}))).await;
        assert_eq!(reply.status, 403, "{method} {path}");
        let bare = app.request(method, &format!("/api/v1{path}")).json(&json!({}));
        let reply = App::send(bare).await;
        assert_eq!(reply.status, 401, "{method} {path}");
        assert!(reply.header("www-authenticate").is_some());
    }
    let key = |scopes: Value| {
        let body = json!({"name": "k", "scopes": scopes});
        app.must("POST", "/users/admin/access-keys", body)
    };
    let narrow = key(json!(["repository:**:pull"])).await["secret"].as_str().unwrap().to_owned();
    assert_eq!(app.api_as(("admin", &narrow), "GET", "/users/alice", None).await.status, 403);
    assert_eq!(app.api_as(("admin", &narrow), "GET", "/me", None).await.status, 200);
    assert_eq!(app.api_as(("admin", &narrow), "GET", "/me/access-keys", None).await.status, 403);
    let wide = key(Value::Null).await["secret"].as_str().unwrap().to_owned();
    let bearer = app.request("GET", "/api/v1/users/alice").bearer_auth(&wide);
    assert_eq!(App::send(bearer).await.status, 200);
    // A token for a registry is not a credential of the API.
    let jwt = app.token(Some(ADMIN), "scope=registry:catalog:*").await.token();
    let bearer = app.request("GET", "/api/v1/me").bearer_auth(&jwt);
    assert_eq!(App::send(bearer).await.status, 401);
    let refresh = app.token(Some(ADMIN), "offline_token=true").await.refresh_token();
    let bearer = app.request("GET", "/api/v1/me").bearer_auth(&refresh);
    assert_eq!(App::send(bearer).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_looks_after_their_own_account() {
    let app = harbour().await;
    let alice = ("alice", PASSWORD);
    let me = app.api_as(alice, "GET", "/me", None).await.json();
    assert_eq!((me["subject"].clone(), me["access_key"].clone()), (json!("user:alice"), Value::Null));
    let key = app.api_as(alice, "POST", "/me/access-keys", Some(json!({"name": "laptop"}))).await;
    assert_eq!(key.status, 201);
    let key = key.json();
    let by_key = ("alice", key["secret"].as_str().unwrap());
    let me = app.api_as(by_key, "GET", "/me", None).await.json();
    assert_eq!(me["access_key"]["id"], key["id"]);
    // To create keys and set passwords, people must sign in with the password itself.
    assert_eq!(app.api_as(by_key, "POST", "/me/access-keys", Some(json!({"name": "x"}))).await.status, 403);
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let new = "another perfectly long password";
    assert_eq!(app.api_as(by_key, "PUT", "/me/password", Some(change(PASSWORD, new))).await.status, 403);
    assert_eq!(app.api_as(alice, "PUT", "/me/password", Some(change("wrong", new))).await.status, 422);
    assert_eq!(app.api_as(alice, "PUT", "/me/password", Some(change(PASSWORD, "short"))).await.status, 422);
    assert_eq!(app.api_as(alice, "PUT", "/me/password", Some(change(PASSWORD, new))).await.status, 204);
    assert_eq!(app.api_as(alice, "GET", "/me", None).await.status, 401);
    let alice = ("alice", new);
    let path = format!("/me/access-keys/{}", key["id"].as_str().unwrap());
    let foreign = app.must("POST", "/users/admin/access-keys", json!({"name": "k"})).await;
    let foreign = format!("/me/access-keys/{}", foreign["id"].as_str().unwrap());
    assert_eq!(
        app.api_as(alice, "DELETE", &foreign, None).await.status,
        404,
        "the key belongs to another subject"
    );
    assert_eq!(app.api_as(alice, "DELETE", &path, None).await.status, 204);
    assert_eq!(app.api_as(by_key, "GET", "/me", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let app = harbour().await;
    for (method, body) in [
        ("DELETE", Value::Null),
        ("PATCH", json!({"admin": false})),
        ("PATCH", json!({"disabled": true})),
        ("PUT", json!({})),
    ] {
        let reply = app.api(method, "/users/admin", body).await;
        assert_eq!(reply.status, 409, "{method}: {}", reply.text);
    }
    app.must("PATCH", "/users/alice", json!({"admin": true})).await;
    app.must("PATCH", "/users/admin", json!({"admin": false})).await;
    assert_eq!(app.api("GET", "/users/alice", Value::Null).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_put_with_the_same_password_changes_nothing_and_ends_nothing() {
    let app = App::spawn().await;
    let body = json!({"password": PASSWORD, "labels": {"team": ["web"]}});
    let made = app.api("PUT", "/users/repeat", body.clone()).await;
    assert_eq!(made.status, 201);
    let login = Some(("repeat", PASSWORD));
    let session = app.token(login, "offline_token=true").await.refresh_token();
    let again = app.api("PUT", "/users/repeat", body).await;
    assert_eq!((again.status, again.header("etag")), (200, made.header("etag")));
    let renew = [("grant_type", "refresh_token"), ("refresh_token", session.as_str())];
    assert_eq!(app.post_token(&renew).await.status, 200);
    let other = app.api("PATCH", "/users/repeat", json!({"password": "another long enough one"})).await;
    assert_ne!(other.header("etag"), made.header("etag"));
    assert_eq!(app.post_token(&renew).await.status, 401, "a new password ends all sessions");
    assert_eq!(app.token(login, "").await.status, 401);
}
