//! Refresh tokens: to whom they are bound, and how time, the owner, the administrator and changes end them.

use super::helpers::{App, PASSWORD};
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn session(app: &App) -> String {
    app.token(ALICE, "service=registry&offline_token=true&client_id=docker").await.refresh_token()
}

async fn status(app: &App, token: &str) -> u16 {
    app.post_token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_bound_to_its_service() {
    let app = harbour().await;
    app.must("PUT", "/services/second", json!({})).await;
    let token = session(&app).await;
    let post = async |service: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("service", service)];
        app.post_token(&form).await.status
    };
    assert_eq!(post("registry").await, 200);
    assert_eq!(post("second").await, 401);
    assert_eq!(status(&app, &token).await, 200, "without `service`, the token's own service counts");
    let login = Some(("", token.as_str()));
    assert_eq!(app.token(login, "service=second").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_idle_after_30_days_and_in_any_case_after_90() {
    let app = harbour().await;
    let (idle, used) = (session(&app).await, session(&app).await);
    for _ in 0..3 {
        app.advance(25 * DAY);
        assert_eq!(status(&app, &used).await, 200);
        // The server writes the time of the last use in the background.
        let written = async || {
            let list = app.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
            let now = portreeve::domain::time::Timestamp::from_seconds(app.now_seconds());
            list["items"].as_array().unwrap().iter().any(|item| {
                let at = portreeve::domain::time::Timestamp::parse(item["last_used_at"].as_str().unwrap());
                at.unwrap() >= now
            })
        };
        for _ in 0..100 {
            if written().await {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert!(written().await);
    }
    let reply = app.post_token(&[("grant_type", "refresh_token"), ("refresh_token", &idle)]).await;
    assert_eq!(reply.status, 401);
    assert!(reply.text.contains("session expired: log in again"), "{}", reply.text);
    app.advance(16 * DAY);
    assert_eq!(status(&app, &used).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_or_disabling_ends_sessions_for_good() {
    let app = harbour().await;
    let token = session(&app).await;
    app.must("PATCH", "/users/alice", json!({"labels": {"a": ["b"]}})).await;
    assert_eq!(status(&app, &token).await, 200, "other changes end no session");
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    assert_eq!(status(&app, &token).await, 401);
    assert_eq!(app.token(ALICE, "").await.status, 401);
    app.must("PATCH", "/users/alice", json!({"disabled": false})).await;
    assert_eq!(app.token(ALICE, "").await.status, 200);
    assert_eq!(status(&app, &token).await, 401, "the session stays ended");
    let token = session(&app).await;
    let new = "a different long password";
    app.must("PATCH", "/users/alice", json!({"password": new})).await;
    assert_eq!(status(&app, &token).await, 401);
    assert_eq!(app.token(ALICE, "").await.status, 401, "the old password is forgotten at once");
    assert_eq!(app.token(Some(("alice", new)), "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_revoked_by_their_owner_the_administrator_and_the_holder() {
    let app = harbour().await;
    let tokens = [session(&app).await, session(&app).await, session(&app).await];
    let list = app.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(
        (items[0]["client_id"].clone(), items[0]["service"].clone()),
        (json!("docker"), json!("registry"))
    );
    assert!(!list.to_string().contains("ptr_"));
    let id = |i: usize| items[i]["id"].as_str().unwrap().to_owned();
    let alice = ("alice", PASSWORD);
    app.must("DELETE", &format!("/refresh-tokens/{}", id(0)), Value::Null).await;
    let path = format!("/me/refresh-tokens/{}", id(1));
    assert_eq!(app.api_as(alice, "DELETE", &path, None).await.status, 204);
    let revoke = async |token: &str| {
        App::send(app.request("POST", "/oauth2/revoke").form(&[("token", token)])).await.status
    };
    assert_eq!(revoke(&tokens[2]).await, 200);
    for token in &tokens {
        assert_eq!(status(&app, token).await, 401);
        assert_eq!(revoke(token).await, 200, "an unknown token is not an error");
    }
    let key = app.robot("ci", Value::Null).await;
    assert_eq!(revoke(&key).await, 400);
    let mine = app.api_as(alice, "GET", "/me/refresh-tokens", None).await.json();
    assert_eq!(mine["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_fifty_sessions_of_one_person_and_service_live() {
    let app = harbour().await;
    let first = session(&app).await;
    assert_eq!(status(&app, &first).await, 200, "the password is in the cache now");
    for _ in 0..50 {
        app.advance(1);
        session(&app).await;
    }
    let list = app.must("GET", "/refresh-tokens?subject=user:alice", Value::Null).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 50);
    assert_eq!(status(&app, &first).await, 401, "the least recently used session is deleted");
}
