//! Requests of real clients that break some servers. The numbers in the names of the tests are those of the notes in
//! `docs/interoperability.md`.

use super::helpers::{ADMIN, App, PASSWORD};
use serde_json::{Value, json};

/// Starts a server on which `alice` may pull and push below `team`, and everybody may pull below `public`.
pub async fn harbour() -> App {
    furnish(App::spawn().await).await
}

/// Adds the users and rules of [`harbour`] to a running server.
pub async fn furnish(app: App) -> App {
    app.user("alice").await;
    app.rule("team", json!({"subjects": ["user:alice"], "names": ["team/**"], "actions": ["pull", "push"]}))
        .await;
    app.rule("public", json!({"subjects": ["everyone"], "names": ["public/**"], "actions": ["pull"]})).await;
    app
}

pub const ALICE: Option<(&str, &str)> = Some(("alice", PASSWORD));

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_refresh_tokens_are_taken_by_post_on_the_same_path_as_get_trap_01() {
    let app = harbour().await;
    let password = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
    let reply = app
        .post_token(&[&password[..], &[("service", "registry"), ("access_type", "offline")]].concat())
        .await;
    let refresh = reply.refresh_token();
    let reply = app
        .post_token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("service", "registry"),
            ("client_id", "docker"),
            ("scope", "repository:team/app:pull"),
        ])
        .await;
    assert_eq!(reply.granted(), "repository:team/app:pull");
    assert_eq!(reply.json()["scope"], "repository:team/app:pull");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_repeated_by_post_and_get_locks_nobody_out_trap_02() {
    let app = harbour().await;
    for _ in 0..6 {
        let form = [("grant_type", "password"), ("username", "alice"), ("password", "a wrong password!")];
        assert_eq!(app.post_token(&form).await.status, 401);
        assert_eq!(app.token(Some(("alice", "a wrong password!")), "").await.status, 401);
    }
    assert_eq!(app.token(ALICE, "service=registry").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_user_with_a_refresh_token_is_its_owner_and_never_anonymous_trap_03() {
    let app = harbour().await;
    let refresh = app.token(ALICE, "service=registry&offline_token=true").await.refresh_token();
    let query = "service=registry&scope=repository:team/app:pull";
    for user in ["", "<token>", "00000000-0000-0000-0000-000000000000", "alice"] {
        let reply = app.token(Some((user, &refresh)), query).await;
        assert_eq!(reply.granted(), "repository:team/app:pull", "{user}");
    }
    for (user, password) in [("bob", refresh.as_str()), ("", "some password"), ("<token>", "some password")] {
        assert_eq!(app.token(Some((user, password)), query).await.status, 401, "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn post_works_on_every_path_and_is_never_404_or_405_trap_04_05() {
    let app = harbour().await;
    let refresh = app.token(ALICE, "service=registry&offline_token=true").await.refresh_token();
    for path in ["/token", "/token/", "/auth", "/auth/token", "/auth/token/"] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let reply = App::send(app.request("POST", path).form(&form)).await;
        assert_eq!(reply.status, 200, "{path}");
        let reply = App::send(app.request("POST", path).form(&[("grant_type", "unheard_of")])).await;
        assert_eq!(reply.status, 400, "{path}");
        assert_eq!(reply.json()["error"], "unsupported_grant_type");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_stays_the_same_however_often_it_is_used_trap_06() {
    let app = harbour().await;
    let refresh = app.token(ALICE, "service=registry&offline_token=true").await.refresh_token();
    for client in ["docker", "containerd-client", "containers/image", "go-containerregistry"] {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", client)];
        assert_eq!(app.post_token(&form).await.refresh_token(), refresh, "{client}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_people_with_a_password_get_refresh_tokens_trap_07() {
    let app = harbour().await;
    let query = "service=registry&offline_token=true";
    let robot = app.robot("ci", Value::Null).await;
    assert!(app.token(Some(("ci", &robot)), query).await.json().get("refresh_token").is_none());
    let key = app.must("POST", "/users/alice/access-keys", json!({"name": "laptop"})).await;
    let reply = app.token(Some(("alice", key["secret"].as_str().unwrap())), query).await;
    assert!(reply.json().get("refresh_token").is_none());
    assert!(app.token(None, query).await.json().get("refresh_token").is_none());
    assert!(app.token(ALICE, "service=registry").await.json().get("refresh_token").is_none());
    app.token(ALICE, query).await.refresh_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_can_refuse_refresh_tokens_trap_07() {
    let app = harbour().await;
    let query = "service=registry&offline_token=true";
    app.token(ALICE, query).await.refresh_token();
    app.must("PATCH", "/services/registry", json!({"offline_tokens": false})).await;
    assert!(app.token(ALICE, query).await.json().get("refresh_token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_write_several_scopes_is_understood_on_both_methods_trap_08() {
    let app = harbour().await;
    let expected = "repository:public/base:pull repository:team/app:pull,push";
    for query in [
        "scope=repository:team/app:pull,push&scope=repository:public/base:pull",
        "scope=repository:team/app:pull,push%20repository:public/base:pull",
        "scope=repository:team/app:pull+repository:team/app:push,pull&scope=repository:public/base:pull+repository:public/base:pull",
        "scope=&scope=repository:public/base:pull&scope=repository:team/app:push&scope=repository:team/app:pull",
    ] {
        assert_eq!(app.token(ALICE, query).await.granted(), expected, "{query}");
        let form = format!("grant_type=password&username=alice&password=a+perfectly+long+password&{query}");
        let request =
            app.request("POST", "/token").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(App::send(request.body(form)).await.granted(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_form_without_content_length_is_read_trap_09() {
    let app = harbour().await;
    let body = "grant_type=password&username=alice&password=a+perfectly+long+password&service=registry&scope=repository:team/app:pull&scope=repository:public/x:pull";
    let (one, two) = body.split_at(20);
    for content_type in [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded;charset=UTF-8",
    ] {
        let request = format!(
            "POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
            one.len(),
            two.len()
        );
        let answer = app.raw(request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("repository:public/x:pull repository:team/app:pull"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_scope_does_not_spoil_the_others_trap_10() {
    let app = harbour().await;
    for bad in [
        "repository::pull",
        "*",
        "repository",
        "Repository:team/app:push",
        "repository:UPPER/case:pull",
        "repository:team/../etc:pull",
        "repository:team/app:PULL!",
        "%00%ff%fe",
        "repository:a%0ab:pull",
    ] {
        let reply = app.token(ALICE, &format!("scope={bad}&scope=repository:team/app:pull")).await;
        assert_eq!(reply.granted(), "repository:team/app:pull", "{bad}");
    }
    let reply = app.token(ALICE, "scope=repository(plugin):team/app:pull").await;
    assert_eq!(reply.granted(), "repository:team/app:pull");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_actions_does_not_matter_and_one_resource_is_one_entry_trap_12() {
    let app = harbour().await;
    for actions in ["pull,push", "push,pull", "push,pull,push"] {
        let reply = app.token(ALICE, &format!("scope=repository:team/app:{actions}")).await;
        assert_eq!(reply.granted(), "repository:team/app:pull,push");
    }
    let reply = app.token(ALICE, "scope=repository:team/app:pull&scope=repository:team/app:pull,push").await;
    assert_eq!(reply.granted(), "repository:team/app:pull,push");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_paths_answer_directly_without_redirects_trap_27() {
    let app = harbour().await;
    for path in ["/token", "/token/", "/auth", "/auth/token", "/auth/token/"] {
        let request =
            app.request("GET", &format!("{path}?service=registry")).basic_auth("alice", Some(PASSWORD));
        assert_eq!(App::send(request).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_parameter_is_not_believed_trap_34() {
    let app = harbour().await;
    let query = "account=alice&service=registry&scope=repository:team/app:pull";
    assert_eq!(app.token(None, query).await.granted(), "");
    app.user("bob").await;
    let reply = app.token(Some(("bob", PASSWORD)), query).await;
    assert_eq!(super::helpers::claims(&reply.token())["sub"], "bob");
    assert_eq!(reply.granted(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_refused_even_for_public_repositories_trap_35() {
    let app = harbour().await;
    let query = "service=registry&scope=repository:public/base:pull";
    assert_eq!(app.token(None, query).await.granted(), "repository:public/base:pull");
    assert_eq!(app.token(Some(("", "")), query).await.granted(), "repository:public/base:pull");
    assert_eq!(app.token(Some(("alice", "an old password")), query).await.status, 401);
    assert_eq!(app.token(Some(("alice", "")), query).await.status, 401);
    for header in ["Basic", "Basic !!!", "Basic bm8gY29sb24=", "Bearer abc", "Digest x", "Basic /w=="] {
        let request = app.request("GET", &format!("/token?{query}")).header("authorization", header);
        assert_eq!(App::send(request).await.status, 401, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_valid_account_gets_a_token_without_scopes_trap_36() {
    let app = harbour().await;
    app.user("nobody").await;
    let reply =
        app.token(Some(("nobody", PASSWORD)), "account=nobody&client_id=docker&service=registry").await;
    assert_eq!(reply.granted(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_token_without_scopes_where_something_is_public() {
    let app = harbour().await;
    assert_eq!(app.token(None, "service=registry").await.status, 200);
    app.must("DELETE", "/rules/public", Value::Null).await;
    assert_eq!(app.token(None, "service=registry").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_need_not_be_named_while_it_is_the_only_one_trap_37() {
    let app = harbour().await;
    for query in ["", "service=", "service=registry"] {
        let reply = app.token(ALICE, query).await;
        assert_eq!(super::helpers::claims(&reply.token())["aud"], "registry", "{query}");
    }
    app.must("PUT", "/services/second", json!({})).await;
    let reply = app.token(ALICE, "").await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_request")));
    assert_eq!(app.token(ALICE, "service=second").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_signed_for_known_services_only_trap_37() {
    let app = harbour().await;
    for query in ["service=other", "service=registry,other", "service=REGISTRY", "service=%ff"] {
        assert_eq!(app.token(ALICE, query).await.status, 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_clients_use_otherwise_cannot_exist_trap_39() {
    let app = harbour().await;
    for name in ["a%3Ab", "%3Ctoken%3E", "00000000-0000-0000-0000-000000000000", "anonymous", "system"] {
        let reply = app.api("PUT", &format!("/users/{name}"), json!({"password": PASSWORD})).await;
        assert_eq!(reply.status, 422, "{name}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_may_hold_anything_trap_39() {
    let app = harbour().await;
    let password = "p:a+s%20s w\u{f6}rd \u{1f511} %2B&=";
    app.must("PUT", "/users/carol", json!({"password": password})).await;
    assert_eq!(app.token(Some(("carol", password)), "").await.status, 200);
    let form = [("grant_type", "password"), ("username", "carol"), ("password", password)];
    assert_eq!(app.post_token(&form).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_requests_with_one_password_costs_one_hash_trap_40() {
    let app = std::sync::Arc::new(harbour().await);
    // The requests have the same password. Without the cache of verified credentials, each request would wait for a
    // hash of its own.
    let burst: Vec<_> = (0..200)
        .map(|i| {
            let app = app.clone();
            tokio::spawn(
                async move { app.token(ALICE, &format!("scope=repository:team/r{i}:pull")).await.status },
            )
        })
        .collect();
    // The first requests wait for a hash. Later requests are answered from the cache.
    for task in burst {
        let status = task.await.unwrap();
        assert!(status == 200 || status == 503, "{status}");
    }
    let started = std::time::Instant::now();
    for _ in 0..200 {
        assert_eq!(app.token(ALICE, "").await.status, 200);
    }
    // Without the cache, the 200 requests would take about 200 times as long as one hash.
    let hash_time = {
        let started = std::time::Instant::now();
        app.must("PUT", "/users/timing", json!({"password": PASSWORD})).await;
        started.elapsed()
    };
    assert!(started.elapsed() < hash_time * 100, "{:?} for 200, {hash_time:?} for one", started.elapsed());
    assert_eq!(app.token(Some(ADMIN), "").await.status, 200);
}
