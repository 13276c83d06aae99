//! Settings of the HTTP interface: additional token paths, web pages of other origins, and the longest token.

use crate::helpers::{ADMIN, App, PASSWORD, Reply, Setup};
use portreeve::config::FlagSettings;
use serde_json::json;

const ORIGIN: &str = "https://ui.example.org";
const KEY_SET: &str = "/.well-known/jwks.json";

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

async fn with(flags: FlagSettings) -> App {
    App::spawn_with(Setup { flags, ..Setup::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_at_the_paths_that_are_set_and_at_the_usual_ones() {
    let token_paths = texts(&["/v2/token", "/service/token/", "/jwt/auth", "/auth", "/"]);
    let app = with(FlagSettings { token_paths, ..FlagSettings::default() }).await;
    let set =
        ["/v2/token", "/v2/token/", "/service/token", "/service/token/", "/jwt/auth", "/jwt/auth/", "/"];
    let usual = ["/token", "/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];
    for path in set.into_iter().chain(usual) {
        let get = app.request("GET", &format!("{path}?service=registry")).basic_auth(ADMIN.0, Some(ADMIN.1));
        App::send(get).await.token();
        let form = [("grant_type", "password"), ("username", ADMIN.0), ("password", ADMIN.1)];
        App::send(app.request("POST", path).form(&form)).await.token();
        let other = App::send(app.request("PUT", path)).await;
        assert_eq!(other.status, 405, "{path}");
    }
    for path in ["/v2", "/v2/tokens", "/service", "/v2/token/x"] {
        assert_eq!(App::send(app.request("GET", path)).await.status, 404, "{path}");
    }
    let document = App::send(app.request("GET", "/api/v1/openapi.json")).await.json();
    assert!(document["paths"].get("/token").is_some() && document["paths"].get("/v2/token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_set_holds_no_tokens() {
    let app = App::spawn().await;
    for path in ["/", "/v2/token", "/service/token", "/jwt/auth"] {
        assert_eq!(App::send(app.request("GET", path)).await.status, 404, "{path}");
    }
}

/// Sends the preflight of a browser for a page of this origin.
async fn preflight(app: &App, path: &str, origin: &str) -> Reply {
    let request = app.request("OPTIONS", path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    App::send(request.header("access-control-request-headers", "authorization")).await
}

fn allowed(reply: &Reply) -> Option<&str> {
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    reply.header("access-control-allow-origin")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_listed_origins_may_ask_for_tokens() {
    let flags = FlagSettings {
        cors_origins: texts(&[ORIGIN, "http://localhost:8080"]),
        token_paths: texts(&["/v2/token"]),
        ..FlagSettings::default()
    };
    let app = with(flags).await;
    app.user("alice").await;
    for path in ["/token", "/auth/token/", "/v2/token"] {
        for origin in [ORIGIN, "http://localhost:8080"] {
            let ahead = preflight(&app, path, origin).await;
            assert_eq!((ahead.status, allowed(&ahead)), (204, Some(origin)), "{path}");
            assert_eq!(ahead.header("access-control-allow-methods"), Some("GET, POST"));
            assert_eq!(ahead.header("access-control-allow-headers"), Some("Authorization, Content-Type"));
            assert_eq!((ahead.header("vary"), ahead.text.as_str()), (Some("Origin"), ""));
            let get = app.request("GET", &format!("{path}?service=registry")).header("origin", origin);
            let reply = App::send(get.basic_auth("alice", Some(PASSWORD))).await;
            assert_eq!((reply.status, allowed(&reply)), (200, Some(origin)));
            assert_eq!(reply.header("vary"), Some("Origin"));
            reply.token();
        }
    }
    // A page can read the reason why it gets no token.
    let wrong = app.request("GET", "/token").header("origin", ORIGIN).basic_auth("alice", Some("wrong"));
    let wrong = App::send(wrong).await;
    assert_eq!((wrong.status, allowed(&wrong)), (401, Some(ORIGIN)));
    let shown = wrong.header("access-control-expose-headers");
    assert_eq!(shown, Some("Retry-After, WWW-Authenticate, X-Request-Id"), "this is the text of docs/api.md");
    let long = app.request("GET", &format!("/token?x={}", "x".repeat(17_000))).header("origin", ORIGIN);
    let long = App::send(long).await;
    assert_eq!((long.status, allowed(&long)), (414, Some(ORIGIN)));
    let form = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
    let post = App::send(app.request("POST", "/token").header("origin", ORIGIN).form(&form)).await;
    assert_eq!((post.status, allowed(&post)), (200, Some(ORIGIN)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_and_other_paths_may_not() {
    let app = with(FlagSettings { cors_origins: texts(&[ORIGIN]), ..FlagSettings::default() }).await;
    for origin in [
        "https://ui.example.org.evil.example",
        "https://evil.example",
        "http://ui.example.org",
        "https://ui.example.org:8443",
        "https://UI.example.org",
        "null",
        "*",
    ] {
        let ahead = preflight(&app, "/token", origin).await;
        assert_eq!((ahead.status, allowed(&ahead)), (405, None), "{origin}");
        let reply = App::send(app.request("GET", "/token").header("origin", origin)).await;
        assert_eq!((reply.status, allowed(&reply)), (401, None), "{origin}");
        assert_eq!(reply.header("vary"), Some("Origin"), "caches keep the answers for each origin apart");
    }
    for path in ["/api/v1/me", "/api/v1/users", "/api/v1/openapi.json", "/oauth2/revoke", "/metrics", "/"] {
        let ahead = preflight(&app, path, ORIGIN).await;
        assert!([404, 405].contains(&ahead.status), "{path}: {}", ahead.status);
        assert_eq!(allowed(&ahead), None, "{path}");
        let reply = App::send(app.request("GET", path).header("origin", ORIGIN)).await;
        assert_eq!(allowed(&reply), None, "{path}");
        assert_ne!(reply.header("vary"), Some("Origin"), "{path}");
    }
    // An OPTIONS request that is not a preflight is refused. An answer to a request without an origin names no origin.
    let options = App::send(app.request("OPTIONS", "/token").header("origin", ORIGIN)).await;
    assert_eq!((options.status, allowed(&options)), (405, Some(ORIGIN)));
    assert_eq!(allowed(&App::send(app.request("GET", "/token")).await), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_may_read_the_key_set_and_ask_whether_it_changed() {
    for listed in [&[ORIGIN][..], &[]] {
        let app = with(FlagSettings { cors_origins: texts(listed), ..FlagSettings::default() }).await;
        for origin in [ORIGIN, "https://evil.example", "null"] {
            let ahead = preflight(&app, KEY_SET, origin).await;
            assert_eq!((ahead.status, allowed(&ahead)), (204, Some("*")), "{listed:?} {origin}");
            assert_eq!(ahead.header("access-control-allow-methods"), Some("GET"));
            assert_eq!(ahead.header("access-control-allow-headers"), Some("If-None-Match"));
            let reply = App::send(app.request("GET", KEY_SET).header("origin", origin)).await;
            assert_eq!((reply.status, allowed(&reply)), (200, Some("*")), "{listed:?} {origin}");
            assert_eq!(reply.header("access-control-expose-headers"), Some("ETag"), "{origin}");
            assert_eq!(reply.header("vary"), None, "one answer for all origins");
            let known = app.request("GET", KEY_SET).header("origin", origin);
            let known = known.header("if-none-match", reply.header("etag").unwrap());
            let known = App::send(known).await;
            assert_eq!((known.status, allowed(&known)), (304, Some("*")), "{listed:?} {origin}");
        }
        // A request that does not name a method is not a preflight.
        assert_eq!(App::send(app.request("OPTIONS", KEY_SET)).await.status, 405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_listed_origins_no_page_may_ask() {
    let app = App::spawn().await;
    let ahead = preflight(&app, "/token", ORIGIN).await;
    assert_eq!((ahead.status, allowed(&ahead)), (405, None));
    let reply = App::send(app.request("GET", "/token").header("origin", ORIGIN)).await;
    assert_eq!((allowed(&reply), reply.header("vary")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_token_is_handed_out_where_the_setting_allows_it() {
    let names: Vec<String> = (0..64).map(|i| format!("scope=repository:team/{i:0>120}:pull")).collect();
    let query = names.join("&");
    for (setting, longest) in [(None, 7168), (Some("4096"), 4096), (Some("20000"), 20_000)] {
        let max_token_bytes = setting.map(str::to_owned);
        let app = with(FlagSettings { max_token_bytes, ..FlagSettings::default() }).await;
        app.rule("team", json!({"subjects": ["everyone"], "names": ["team/**"], "actions": ["pull"]})).await;
        let reply = app.token(None, &query).await;
        if longest < 20_000 {
            assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_request")));
            let details = reply.json()["details"].as_str().unwrap().to_owned();
            assert!(details.contains(&longest.to_string()) && details.contains("--max-token-bytes"));
        } else {
            let length = reply.token().len();
            assert!((7169..=longest).contains(&length), "{length}");
            assert_eq!(reply.granted().split(' ').count(), 64);
        }
        assert_eq!(app.token(None, names[0].as_str()).await.status, 200);
    }
}
