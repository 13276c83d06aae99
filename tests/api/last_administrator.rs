//! At least one account can always administer the server: the last administrator who can sign in cannot be removed.

use super::audit::{assert_unbroken, trail};
use super::helpers::{ADMIN, App, PASSWORD};
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};

/// Lists requests that would remove the administrator `path`.
fn removals(path: &str) -> Vec<(&'static str, String, Value)> {
    vec![
        ("DELETE", path.to_owned(), Value::Null),
        ("DELETE", format!("{path}?cascade=true"), Value::Null),
        ("PATCH", path.to_owned(), json!({"admin": false})),
        ("PATCH", path.to_owned(), json!({"admin": null})),
        ("PATCH", path.to_owned(), json!({"disabled": true})),
        ("PUT", path.to_owned(), json!({})),
        ("PUT", path.to_owned(), json!({"admin": true, "disabled": true})),
    ]
}

async fn assert_stays(app: &App, path: &str) {
    for (method, path, body) in removals(path) {
        let reply = app.api(method, &path, body.clone()).await;
        assert_eq!(reply.status, 409, "{method} {path} {body}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_counts_as_another_administrator_who_cannot_sign_in() {
    let app = App::spawn().await;
    let in_a_minute = Timestamp::from_seconds(app.now_seconds() + 60).to_string();
    app.must("PUT", "/robots/expired", json!({"admin": true, "expires_at": in_a_minute})).await;
    app.must("POST", "/robots/expired/access-keys", json!({"name": "k"})).await;
    app.must("PUT", "/robots/keyless", json!({"admin": true})).await;
    app.must("PUT", "/robots/narrow", json!({"admin": true})).await;
    let narrow = json!({"name": "k", "scopes": ["repository:**:pull"]});
    app.must("POST", "/robots/narrow/access-keys", narrow).await;
    app.must("PUT", "/robots/late", json!({"admin": true})).await;
    app.must("POST", "/robots/late/access-keys", json!({"name": "k", "expires_at": in_a_minute})).await;
    app.must("PUT", "/users/off", json!({"admin": true, "disabled": true, "password": PASSWORD})).await;
    app.must("PUT", "/users/wordless", json!({"admin": true})).await;
    app.must("PUT", "/users/ordinary", json!({"password": PASSWORD})).await;
    app.advance(61);
    assert_stays(&app, "/users/admin").await;
    let reply = app.api("PATCH", "/users/admin", json!({"password": null})).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
    // If an access key remains, the password may be deleted. After that, the key cannot be deleted.
    let key = app.must("POST", "/users/admin/access-keys", json!({"name": "only"})).await;
    let login = ("admin", key["secret"].as_str().unwrap());
    app.must("PATCH", "/users/admin", json!({"password": null})).await;
    let last = format!("/access-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(app.api_as(login, "DELETE", &last, None).await.status, 409);
    let back = app.api_as(login, "PATCH", "/users/admin", Some(json!({"password": ADMIN.1}))).await;
    assert_eq!(back.status, 200, "{}", back.text);
    // Administrators who cannot sign in may be deleted.
    app.must("DELETE", "/robots/expired", Value::Null).await;
    app.must("DELETE", "/users/off", Value::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_can_be_the_last_administrator_and_then_it_and_its_key_stay() {
    let app = App::spawn().await;
    app.must("PUT", "/robots/root", json!({"admin": true})).await;
    let first = app.must("POST", "/robots/root/access-keys", json!({"name": "first"})).await;
    let second = app.must("POST", "/robots/root/access-keys", json!({"name": "second"})).await;
    app.must("DELETE", "/users/admin?cascade=true", Value::Null).await;
    let login = ("root", first["secret"].as_str().unwrap());
    for (method, path, body) in removals("/robots/root") {
        let body = if body.is_null() { None } else { Some(body) };
        let reply = app.api_as(login, method, &path, body).await;
        assert_eq!(reply.status, 409, "{method} {path}: {}", reply.text);
    }
    let soon = Timestamp::from_seconds(app.now_seconds() - 1).to_string();
    let reply = app.api_as(login, "PATCH", "/robots/root", Some(json!({"expires_at": soon}))).await;
    assert!(matches!(reply.status, 409 | 422), "{}", reply.text);
    let id = |key: &Value| format!("/access-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(app.api_as(login, "DELETE", &id(&second), None).await.status, 204);
    let reply = app.api_as(login, "DELETE", &id(&first), None).await;
    assert_eq!(reply.status, 409, "the last key of the last administrator: {}", reply.text);
    assert_eq!(app.api_as(login, "GET", "/users", None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_that_remove_the_last_two_administrators_one_succeeds() {
    let app = App::spawn().await;
    let ways = removals("/users/X").len();
    for round in 0..20 {
        for name in ["one", "two"] {
            app.must("PUT", &format!("/users/{name}"), json!({"admin": true, "password": PASSWORD})).await;
        }
        let by_one = ("one", PASSWORD);
        let demoted = app.api_as(by_one, "PATCH", "/users/admin", Some(json!({"admin": false}))).await;
        assert_eq!(demoted.status, 200, "round {round}: {}", demoted.text);
        let remove = |name: &'static str, way: usize| {
            let (method, path, body) = removals(&format!("/users/{name}")).swap_remove(way % ways);
            let body = if body.is_null() { None } else { Some(body) };
            let app = &app;
            // Each administrator removes their own account. So one request does not take the right of the other request
            // away.
            async move { app.api_as((name, PASSWORD), method, &path, body).await.status }
        };
        let (one, two) = tokio::join!(remove("one", round), remove("two", round / 2));
        let mut statuses = [one, two];
        statuses.sort_unstable();
        assert!(statuses[0] < 300 && statuses[1] == 409, "round {round}: {one} {two}");
        let stays = if one == 409 { "one" } else { "two" };
        let back = app.api_as((stays, PASSWORD), "PATCH", "/users/admin", Some(json!({"admin": true}))).await;
        assert_eq!(back.status, 200, "round {round}: {}", back.text);
        for name in ["one", "two"] {
            let gone = app.api_as(ADMIN, "DELETE", &format!("/users/{name}"), None).await.status;
            assert!(matches!(gone, 204 | 404), "round {round}: {gone}");
        }
    }
    assert_unbroken(&trail(&app, "").await);
}
