//! The clients that are throttled after wrong passwords, at every endpoint that takes a password, and the clients that
//! are not.

use super::hang_up::measured;
use super::helpers::{ADMIN, App, PASSWORD, Reply, Setup};
use futures_util::future::join_all;
use portreeve::config::FlagSettings;
use serde_json::{Value, json};

const WRONG: &str = "not the password, surely";

/// Starts a server behind a proxy, so that clients can come from any network.
async fn behind_a_proxy(exempt: &[&str]) -> App {
    let flags = FlagSettings {
        trusted_proxies: vec!["127.0.0.0/8".to_owned()],
        throttle_exempt: exempt.iter().map(|&text| text.to_owned()).collect(),
        ..FlagSettings::default()
    };
    App::spawn_with(Setup { flags, ..Setup::default() }).await
}

/// An endpoint that takes a user name and a password.
#[derive(Clone, Copy, Debug)]
enum Road {
    Get,
    Post,
    Api,
}

impl Road {
    async fn ask(self, app: &App, from: &str, user: &str, password: &str) -> Reply {
        let request = match self {
            Self::Get => app.request("GET", "/token?service=registry").basic_auth(user, Some(password)),
            Self::Post => app.request("POST", "/token").form(&[
                ("grant_type", "password"),
                ("service", "registry"),
                ("username", user),
                ("password", password),
            ]),
            Self::Api => app.request("GET", "/api/v1/me").basic_auth(user, Some(password)),
        };
        App::send(request.header("x-forwarded-for", from)).await
    }

    /// Sends different wrong passwords at once. Each must be refused as wrong.
    async fn guess(self, app: &App, from: &str, user: &str, guesses: std::ops::Range<u32>) {
        let all = guesses.map(|number| async move {
            let guess = format!("{WRONG}, {number}");
            assert_eq!(self.ask(app, from, user, &guess).await.status, 401, "{self:?} {user} {number}");
        });
        join_all(all).await;
    }

    /// Checks that an attempt is refused as throttled.
    fn is_throttled(self, reply: &Reply, seconds: u32, what: &str) {
        assert_eq!(reply.status, 429, "{self:?} {what}: {}", reply.text);
        assert_eq!(reply.header("retry-after"), Some(seconds.to_string().as_str()), "{self:?} {what}");
        let body = reply.json();
        let told = if let Self::Api = self { &body["detail"] } else { &body["details"] };
        let message = told.as_str().unwrap();
        assert!(
            message.starts_with("too many wrong passwords ")
                && message.ends_with(&format!(": try again in {seconds} s")),
            "{message}"
        );
        if let Self::Api = self {
            assert_eq!(reply.header("content-type"), Some("application/problem+json"));
            assert_eq!((&body["status"], &body["detail"]), (&json!(429), &json!(message)));
        } else {
            assert_eq!(body["errors"], json!([{"code": "TOOMANYREQUESTS", "message": message}]));
            assert_eq!((&body["details"], &body["error_description"]), (&json!(message), &json!(message)));
            assert_eq!(body["error"], "temporarily_unavailable");
            assert!(reply.header("www-authenticate").is_none());
        }
    }
}

#[tokio::test]
async fn from_elsewhere_a_remembered_password_waits_like_a_guess() {
    let (app, home, elsewhere) = (behind_a_proxy(&[]).await, "198.51.100.7", "203.0.113.9");
    app.user("known").await;
    let road = Road::Get;
    assert_eq!(road.ask(&app, home, "known", PASSWORD).await.status, 200);
    assert_eq!(road.ask(&app, elsewhere, "known", PASSWORD).await.status, 200, "nobody has guessed yet");
    road.guess(&app, elsewhere, "known", 0..10).await;
    let reply = road.ask(&app, elsewhere, "known", PASSWORD).await;
    road.is_throttled(&reply, 1, "it would tell that the guess is right");
    assert_eq!(
        road.ask(&app, home, "known", PASSWORD).await.status,
        200,
        "in the network where the right password was used before"
    );
}

/// Checks one endpoint below the limit of wrong passwords, at the limit, and above it.
async fn walk(road: Road) {
    let (app, from) = (behind_a_proxy(&[]).await, "198.51.100.7");
    for user in ["known", "newcomer"] {
        app.user(user).await;
    }
    let key = app.must("POST", "/users/known/access-keys", json!({"name": "test"})).await;
    let key = key["secret"].as_str().unwrap();
    assert_eq!(road.ask(&app, from, "known", PASSWORD).await.status, 200);
    for user in ["known", "newcomer", "nobody"] {
        road.guess(&app, from, user, 0..9).await;
    }
    let untouched = async |what: &str| {
        assert_eq!(road.ask(&app, from, "known", PASSWORD).await.status, 200, "{what}: a known password");
        assert_eq!(road.ask(&app, from, "known", key).await.status, 200, "{what}: a key");
        let bearer = app.request("GET", "/token?service=registry").bearer_auth(key);
        let reply = App::send(bearer.header("x-forwarded-for", from)).await;
        assert_eq!(reply.status, 200, "{what}: a key by Bearer");
        let repeated = road.ask(&app, from, "known", &format!("{WRONG}, 0")).await;
        assert_eq!(repeated.status, 401, "{what}: the same wrong password does not count again");
    };
    untouched("below").await;
    assert_eq!(
        road.ask(&app, from, "newcomer", PASSWORD).await.status,
        200,
        "below the limit, the right password works"
    );
    // The right password reset the count of the newcomer. So from here on another user is the newcomer.
    app.user("late").await;
    road.guess(&app, from, "late", 0..9).await;
    for user in ["known", "late", "nobody"] {
        road.guess(&app, from, user, 9..10).await;
    }
    for (wait, what) in [(1, "at"), (2, "above")] {
        untouched(what).await;
        for (user, password) in [("known", WRONG), ("nobody", WRONG), ("late", WRONG), ("late", PASSWORD)] {
            let reply = road.ask(&app, from, user, password).await;
            road.is_throttled(&reply, wait, &format!("{what} {user}"));
        }
        road.guess(&app, "203.0.113.1", "known", 30 + wait..31 + wait).await;
        app.advance(i64::from(wait));
        if what == "at" {
            for user in ["known", "late", "nobody"] {
                road.guess(&app, from, user, 10..11).await;
            }
        }
    }
    assert_eq!(road.ask(&app, from, "late", PASSWORD).await.status, 200, "the wait is over");
    road.guess(&app, from, "late", 20..30).await;
    let counted = measured(&app, "portreeve_throttled_total{by=\"name_and_network\"}").await;
    assert_eq!(counted, 8.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_basic_login_is_throttled_after_ten_wrong_passwords() {
    walk(Road::Get).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_grant_is_throttled_after_ten_wrong_passwords() {
    walk(Road::Post).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administration_api_is_throttled_after_ten_wrong_passwords() {
    walk(Road::Api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_password_is_throttled_like_a_sign_in() {
    let app = App::spawn().await;
    app.user("alice").await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        app.api_as(("alice", PASSWORD), "PUT", "/me/password", Some(body)).await
    };
    for number in 0..10 {
        assert_eq!(change(&format!("{WRONG}, {number}"), "another long password").await.status, 422);
    }
    let reply = change(WRONG, "another long password").await;
    Road::Api.is_throttled(&reply, 1, "the current password");
    assert_eq!(app.token(Some(("alice", WRONG)), "").await.status, 429, "all endpoints share one counter");
    assert_eq!(
        change(PASSWORD, "another long password").await.status,
        204,
        "a password in the cache is not refused"
    );
    assert_eq!(
        app.api_as(ADMIN, "GET", "/me", None).await.status,
        200,
        "other users of the network are not refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_many_names_shut_out_their_network_and_nobody_who_was_there_before() {
    let app = behind_a_proxy(&[]).await;
    for user in ["alice", "bob"] {
        app.user(user).await;
    }
    let from = "2001:db8::7";
    assert_eq!(Road::Get.ask(&app, "2001:db8::1", "alice", PASSWORD).await.status, 200);
    // A day later, the password is changed and changed back. So the password is in no cache of the server.
    app.advance(86_400);
    app.must("PATCH", "/users/alice", json!({"password": "something else for a moment"})).await;
    app.user("alice").await;
    for tens in 0..10 {
        let names: Vec<String> = (0..10).map(|number| format!("nobody-{tens}-{number}")).collect();
        join_all(names.iter().map(|name| Road::Get.guess(&app, from, name, 0..1))).await;
    }
    let reply = Road::Post.ask(&app, from, "bob", PASSWORD).await;
    Road::Post.is_throttled(&reply, 1, "a name that is not known there");
    assert_eq!(measured(&app, "portreeve_throttled_total{by=\"network\"}").await, 1.0);
    assert_eq!(Road::Get.ask(&app, "2001:db8:0:1::7", "bob", PASSWORD).await.status, 200, "another network");
    assert_eq!(Road::Get.ask(&app, from, "alice", PASSWORD).await.status, 200, "alice signed in yesterday");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_many_networks_shut_out_newcomers_of_that_name_only() {
    let app = behind_a_proxy(&["192.0.2.0/24"]).await;
    app.user("alice").await;
    app.user("bob").await;
    for tens in 0..10_u32 {
        let networks: Vec<String> = (0..10).map(|number| format!("10.0.{tens}.{number}")).collect();
        join_all(networks.iter().map(|from| Road::Get.guess(&app, from, "alice", tens..tens + 1))).await;
    }
    // The same guess from ten networks counts as one guess.
    assert_eq!(Road::Get.ask(&app, "198.51.100.1", "alice", &format!("{WRONG}, 0")).await.status, 401);
    for tens in 0..10 {
        Road::Get.guess(&app, &format!("10.1.{tens}.1"), "alice", 100 + tens * 9..109 + tens * 9).await;
    }
    // Now there were a hundred different guesses.
    let reply = Road::Get.ask(&app, "198.51.100.2", "alice", PASSWORD).await;
    assert_eq!(reply.status, 429, "{}", reply.text);
    assert_eq!(
        Road::Get.ask(&app, "192.0.2.1", "alice", PASSWORD).await.status,
        200,
        "from an exempt network"
    );
    assert_eq!(Road::Get.ask(&app, "198.51.100.2", "bob", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exempt_network_guesses_freely_and_unknown_addresses_are_one_network() {
    let app = behind_a_proxy(&["192.0.2.0/24"]).await;
    app.user("alice").await;
    Road::Get.guess(&app, "192.0.2.9", "alice", 0..20).await;
    Road::Get.guess(&app, "nonsense", "alice", 20..25).await;
    Road::Get.guess(&app, "198.51.100.1, gibberish", "alice", 25..30).await;
    assert_eq!(Road::Get.ask(&app, "unknown", "alice", WRONG).await.status, 429);
    assert_eq!(Road::Get.ask(&app, "198.51.100.1", "alice", PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_the_same_moment_do_not_exceed_the_bound() {
    let app = App::spawn().await;
    app.user("alice").await;
    let answers = join_all((0..120).map(|number| {
        let app = &app;
        async move {
            let guess = format!("{WRONG}, {number}");
            app.token(Some(("alice", &guess)), "service=registry").await.status
        }
    }))
    .await;
    let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(401), count(429)), (10, 110), "{answers:?}");
    assert_eq!(app.api("GET", "/me", Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_refuse_passwords_by_the_password_grant() {
    let app = App::spawn().await;
    app.user("alice").await;
    let key = app.robot("ci", Value::Null).await;
    let post = async |user: &str, password: &str| Road::Post.ask(&app, "", user, password).await;
    assert_eq!(post("alice", PASSWORD).await.status, 200);
    let shown = app.must("PATCH", "/services/registry", json!({"password_grant": false})).await;
    assert_eq!(shown["password_grant"], false);
    for (user, password) in [("alice", PASSWORD), ("alice", WRONG), ("nobody", WRONG), ("ci", "ptr_mistyped")]
    {
        let reply = post(user, password).await;
        let body = reply.json();
        assert_eq!((reply.status, &body["error"]), (400, &json!("unauthorized_client")), "{user} {body}");
        assert!(body["error_description"].as_str().unwrap().contains("use an access key"), "{body}");
    }
    assert_eq!(post("ci", &key).await.status, 200, "an access key instead of the password");
    assert_eq!(Road::Get.ask(&app, "", "alice", PASSWORD).await.status, 200, "Basic still works");
    let refresh = app.token(Some(("alice", PASSWORD)), "offline_token=true").await.refresh_token();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(app.post_token(&form).await.status, 200);
    app.must("PUT", "/services/other", json!({})).await;
    let other =
        [("grant_type", "password"), ("service", "other"), ("username", "alice"), ("password", PASSWORD)];
    assert_eq!(app.post_token(&other).await.status, 200, "the setting belongs to one service");
    assert_eq!(app.api("PUT", "/services/x", json!({"password_grant": "no"})).await.status, 422);
    assert_eq!(app.must("PUT", "/services/registry", json!({})).await["password_grant"], true);
    assert_eq!(post("alice", PASSWORD).await.status, 200);
}
