//! Browser sessions of the console: the permissions of its requests, and attacks that must fail.

use super::helpers::{ADMIN, App, PASSWORD, Setup};
use super::pages::{Browser, Page};
use portreeve::config::FlagSettings;
use serde_json::{Value, json};

const SESSION: &str = "__Host-ptr_session";
const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin"), ("x-portreeve-console", "1")];

/// Sends a request of the API with the cookies of a browser.
async fn call(
    browser: &Browser,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> Page {
    let request = browser.request(method, &format!("/api/v1{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    browser.send(if let Some(body) = body { request.json(&body) } else { request }).await
}

/// Sends a request as the console sends it.
async fn own(browser: &Browser, method: &str, path: &str, body: Value) -> Page {
    call(browser, method, path, OWN, if body.is_null() { None } else { Some(body) }).await
}

fn problem(page: &Page) -> Value {
    serde_json::from_str(&page.text).unwrap_or_else(|error| panic!("{error}: {} {}", page.status, page.text))
}

/// Checks the refusal of a request without a sign-in. The refusal must not make the browser ask for a password.
fn signed_out(page: &Page) {
    assert_eq!((page.status, problem(page)["code"].as_str()), (401, Some("signed-out")), "{}", page.text);
    assert_eq!(page.header("www-authenticate"), "Cookie realm=\"portreeve\"");
}

async fn signed_in(app: &App) -> Browser {
    let browser = Browser::new(&app.url(""));
    browser.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    browser
}

fn rule() -> Value {
    json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]})
}

#[tokio::test]
async fn a_session_signs_in_to_the_api_and_ends_there() {
    let app = App::spawn().await;
    let browser = Browser::new(&app.url(""));
    signed_out(&call(&browser, "GET", "/me", OWN, None).await);
    let bare = call(&browser, "GET", "/me", &[], None).await;
    assert!(bare.status == 401 && bare.header("www-authenticate").starts_with("Basic"));
    // After the sign-in, the browser returns to the page that asked for it.
    let form = [("user", ADMIN.0), ("password", ADMIN.1), ("to", "console"), ("code", "rules/web%20team")];
    browser.open("/signin?to=console&code=rules%2Fweb%2520team").await.says(200, "Password");
    browser.fill("/signin", "/signin/password", &form).await.leads_to("/console/rules/web%20team");
    let me = problem(&call(&browser, "GET", "/me", &[], None).await);
    assert_eq!((me["subject"].as_str(), &me["access_key"]), (Some("user:admin"), &Value::Null));
    let session = problem(&own(&browser, "GET", "/me/browser-session", Value::Null).await);
    assert_eq!(session["subject"], "user:admin");
    assert_eq!(session["idle_seconds"], 1800);
    assert!(session["fresh_until"].as_str() > session["signed_in_at"].as_str());
    assert!(session["expires_at"].as_str() > session["fresh_until"].as_str());
    assert_eq!(own(&browser, "PUT", "/rules/r", rule()).await.status, 201);
    let change = app.must("GET", "/changes?kind=rule&name=r", Value::Null).await;
    assert_eq!(change["items"][0]["actor"], "user:admin");
    let first = browser.cookie(SESSION).unwrap();
    let page = own(&browser, "DELETE", "/me/browser-session", Value::Null).await;
    assert_eq!(page.status, 204);
    assert!(browser.cookie(SESSION).is_none(), "the cookie is deleted");
    browser.cookies.lock().unwrap().insert(SESSION.to_owned(), first);
    signed_out(&call(&browser, "GET", "/me", &[], None).await);
    // A person who signed in without a browser has no browser session.
    for method in ["GET", "DELETE"] {
        assert_eq!(app.api(method, "/me/browser-session", Value::Null).await.status, 404);
    }
}

#[tokio::test]
async fn only_a_page_of_ours_writes_with_a_session() {
    let app = App::spawn().await;
    let browser = signed_in(&app).await;
    let origin = app.url("");
    let console = ("x-portreeve-console", "1");
    for headers in [
        &[][..],
        &[console],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("x-portreeve-console", "0")],
        &[("sec-fetch-site", "cross-site"), console],
        &[("sec-fetch-site", "same-site"), console],
        &[("sec-fetch-site", "none"), console],
        &[("sec-fetch-site", "cross-site"), ("origin", origin.as_str()), console],
        &[("origin", "https://evil.example"), console],
        &[("origin", "null"), console],
        &[("origin", "http://localhost.evil.example"), console],
    ] {
        for (method, path) in [
            ("PUT", "/rules/r"),
            ("PATCH", "/rules/admins"),
            ("POST", "/check"),
            ("POST", "/me/access-keys"),
            ("DELETE", "/users/admin"),
            ("DELETE", "/me/browser-session"),
        ] {
            let body = (method != "DELETE").then(rule);
            let page = call(&browser, method, path, headers, body).await;
            assert_eq!(page.status, 403, "{method} {path} {headers:?}: {}", page.text);
            assert!(problem(&page)["detail"].as_str().unwrap().contains("browser session"), "{}", page.text);
        }
    }
    // Every request that an HTML form can send is refused.
    let post = |kind: &'static str, body: &'static str| {
        let request = browser.request("POST", "/api/v1/check").header("content-type", kind).body(body);
        browser.send(OWN.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    };
    let question = r#"{"subject":"anonymous","service":"registry","scope":"repository:a:pull"}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", ""] {
        assert_eq!(post(kind, question).await.status, 403, "{kind}");
    }
    assert_eq!(post("application/yaml", "kind: rule").await.status, 403);
    assert_eq!(post("application/json", question).await.status, 200);
    let bare = browser.request("POST", "/api/v1/check").body(question);
    let bare = OWN.iter().fold(bare, |request, (name, value)| request.header(*name, *value));
    assert_eq!(browser.send(bare).await.status, 403, "a body without a content type");
    // An old browser sends the header `Origin`, but not `Sec-Fetch-Site`.
    let old = [("origin", origin.as_str()), console];
    assert_eq!(call(&browser, "PUT", "/rules/r", &old, Some(rule())).await.status, 201);
    // Reading needs none of these headers. The refused requests above created no access key.
    assert_eq!(call(&browser, "GET", "/rules/r", &[("sec-fetch-site", "none")], None).await.status, 200);
    assert_eq!(app.must("GET", "/users/admin/access-keys", Value::Null).await["items"], json!([]));
    // Pages of other origins may not read answers or send the console's header.
    let asks = [("origin", "https://evil.example"), ("access-control-request-method", "PUT")];
    let preflight = call(&browser, "OPTIONS", "/rules/r", &asks, None).await;
    assert!(preflight.headers.keys().all(|name| !name.as_str().starts_with("access-control-allow")));
}

#[tokio::test]
async fn a_header_beats_the_cookie_and_tokens_know_no_cookies() {
    let app = App::spawn().await;
    app.user("alice").await;
    let browser = signed_in(&app).await;
    let me = |request: reqwest::RequestBuilder| browser.send(request);
    let page = me(browser.request("GET", "/api/v1/me").basic_auth("alice", Some(PASSWORD))).await;
    assert_eq!(problem(&page)["subject"], "user:alice");
    let page = me(browser.request("GET", "/api/v1/me").basic_auth("alice", Some("wrong, quite wrong"))).await;
    assert!(page.status == 401 && page.header("www-authenticate").starts_with("Basic"), "{}", page.text);
    for value in ["Basic Og==", "Bearer x", "Nonsense", "Basic !!!"] {
        let page = me(browser.request("GET", "/api/v1/me").header("authorization", value)).await;
        assert_eq!(page.status, 401, "{value}: the server does not read the cookie");
    }
    app.must(
        "PUT",
        "/rules/anyone-in",
        json!({
            "subjects": ["user:admin"], "names": ["private/**"], "actions": ["pull"],
        }),
    )
    .await;
    let page = browser.open("/token?service=registry&scope=repository:private/x:pull").await;
    let token = problem(&page)["token"].as_str().unwrap().to_owned();
    let claims = super::helpers::claims(&token);
    assert_eq!((claims["sub"].as_str(), &claims["access"]), (Some(""), &json!([])), "no subject: {claims}");
    let cookie = browser.cookie(SESSION).unwrap();
    let form = [("grant_type", "password"), ("username", "admin"), ("password", cookie.as_str())];
    let page = browser.send(browser.request("POST", "/token").form(&form)).await;
    assert_eq!(page.status, 401, "the value of a cookie is not a password");
    let form = [("grant_type", "refresh_token"), ("refresh_token", cookie.as_str()), ("service", "registry")];
    assert_eq!(browser.send(browser.request("POST", "/token").form(&form)).await.status, 401);
    let page = me(browser.request("GET", "/api/v1/me").bearer_auth(&cookie)).await;
    assert_eq!(page.status, 401);
    for path in ["/oauth2/revoke", "/oauth2/token"] {
        let page = browser.send(browser.request("POST", path).form(&[("a", "b")])).await;
        assert!(page.status >= 400, "{path}");
    }
}

#[tokio::test]
async fn what_gives_somebody_a_credential_or_all_rights_asks_for_a_fresh_sign_in() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.must("PUT", "/robots/ci", json!({})).await;
    app.must(
        "PUT",
        "/rules/of-alice",
        json!({"subjects": ["user:alice"], "names": ["a"], "actions": ["pull"]}),
    )
    .await;
    let key = app.must("POST", "/users/alice/access-keys", json!({"name": "k"})).await;
    let revoked = format!("/access-keys/{}", key["id"].as_str().unwrap());
    let browser = signed_in(&app).await;
    app.advance(14 * 60);
    assert_eq!(own(&browser, "POST", "/me/access-keys", json!({"name": "in time"})).await.status, 201);
    app.advance(2 * 60);
    let password = json!({"current_password": ADMIN.1, "new_password": "another long enough password"});
    let link = json!({"provider": "some", "external_id": "1"});
    let provider = json!({"issuer": "https://id.example.org", "client_id": "portreeve"});
    let asking = [
        ("POST", "/me/access-keys", json!({"name": "late"})),
        ("PUT", "/me/password", password),
        ("POST", "/users/alice/access-keys", json!({"name": "late"})),
        ("POST", "/robots/ci/access-keys", json!({"name": "late"})),
        ("DELETE", revoked.as_str(), Value::Null),
        ("PATCH", "/users/alice", json!({"password": "another long enough password"})),
        ("PATCH", "/users/alice", json!({"password": null})),
        ("PATCH", "/users/alice", json!({"admin": true})),
        ("PUT", "/users/new", json!({"admin": true})),
        ("PATCH", "/robots/ci", json!({"admin": true})),
        ("POST", "/users/alice/invitation", Value::Null),
        ("DELETE", "/users/alice?cascade=true", Value::Null),
        ("PUT", "/identity-providers/some", provider),
        ("PUT", "/users/alice/identity", link),
    ];
    for (method, path, body) in &asking {
        let page = own(&browser, method, path, body.clone()).await;
        let told = problem(&page);
        assert_eq!(
            (page.status, told["code"].as_str()),
            (403, Some("sign-in-again")),
            "{method} {path} {told}"
        );
    }
    let apply = |path: &'static str| {
        let request = browser.request("POST", path).header("content-type", "application/x-ndjson").body("");
        browser.send(OWN.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    };
    assert_eq!(apply("/api/v1/apply?prune=true&owner=git").await.status, 403);
    assert_eq!(apply("/api/v1/apply").await.status, 403);
    assert_eq!(apply("/api/v1/apply?dry_run=true").await.status, 200);
    // Requests that need no recent sign-in still work.
    assert_eq!(own(&browser, "PATCH", "/users/alice", json!({"labels": {"a": ["b"]}})).await.status, 200);
    assert_eq!(own(&browser, "PATCH", "/users/alice", json!({"disabled": true})).await.status, 200);
    assert_eq!(own(&browser, "PUT", "/rules/r", rule()).await.status, 201);
    // A new sign-in begins a new session, which permits the refused requests.
    let old = browser.cookie(SESSION).unwrap();
    browser.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    assert_ne!(browser.cookie(SESSION).unwrap(), old);
    assert_eq!(own(&browser, "PATCH", "/users/alice", json!({"admin": true})).await.status, 200);
    let stale = Browser::new(&app.url(""));
    stale.cookies.lock().unwrap().insert(SESSION.to_owned(), old);
    signed_out(&call(&stale, "GET", "/me", &[], None).await);
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_what_it_began_with() {
    let app = App::spawn().await;
    app.user("alice").await;
    let is_in = async |browser: &Browser| {
        let page = call(browser, "GET", "/me", OWN, None).await;
        if page.status != 200 {
            signed_out(&page);
        }
        page.status == 200
    };
    for change in [
        json!({"password": "another long enough password"}),
        json!({"disabled": true}),
        json!({"admin": false}),
        Value::Null,
    ] {
        app.must("PUT", "/users/alice", json!({"password": PASSWORD, "admin": true})).await;
        let browser = Browser::new(&app.url(""));
        browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
        assert!(is_in(&browser).await);
        assert_eq!(own(&browser, "GET", "/users", Value::Null).await.status, 200);
        let method = if change.is_null() { "DELETE" } else { "PATCH" };
        app.must(method, "/users/alice", change.clone()).await;
        assert!(!is_in(&browser).await, "{change}");
        signed_out(&own(&browser, "PUT", "/rules/r", rule()).await);
    }
    // An administrator ends all browser sessions of a person, even if there is only one.
    app.user("alice").await;
    let browser = Browser::new(&app.url(""));
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    app.must("DELETE", "/refresh-tokens?subject=user:alice", Value::Null).await;
    assert!(!is_in(&browser).await);
    let browser = signed_in(&app).await;
    app.advance(29 * 60);
    assert!(is_in(&browser).await);
    app.advance(31 * 60);
    assert!(!is_in(&browser).await, "the session was unused for half an hour");
}

#[tokio::test]
async fn nobody_can_choose_the_session_of_somebody_else() {
    let app = App::spawn().await;
    let attacker = signed_in(&app).await;
    let chosen = attacker.cookie(SESSION).unwrap();
    app.user("alice").await;
    let victim = Browser::new(&app.url(""));
    victim.cookies.lock().unwrap().insert(SESSION.to_owned(), chosen.clone());
    // Shortly after a sign-in, the sign-in page does not ask for the password. So the test first sets the clock ahead.
    app.advance(16 * 60);
    victim.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    assert_ne!(victim.cookie(SESSION).unwrap(), chosen, "the sign-in sets a new value");
    signed_out(&call(&attacker, "GET", "/me", &[], None).await);
    // A value that the server did not create, and two values at once, prove no identity.
    for value in ["", "guess", "ptr_s_guess", chosen.split_at(chosen.len() - 1).0] {
        attacker.cookies.lock().unwrap().insert(SESSION.to_owned(), value.to_owned());
        signed_out(&call(&attacker, "GET", "/me", &[], None).await);
    }
    let own = victim.cookie(SESSION).unwrap();
    let two = format!("{SESSION}={own}; {SESSION}={own}");
    let request = App::send(app.request("GET", "/api/v1/me").header("cookie", two)).await;
    assert_eq!((request.status, request.json()["code"].as_str()), (401, Some("signed-out")));
}

#[tokio::test]
async fn over_plain_http_by_name_there_is_no_session() {
    let app = App::spawn().await;
    let browser = signed_in(&app).await;
    let cookie = format!("{SESSION}={}", browser.cookie(SESSION).unwrap());
    let ask = |host: &str| app.request("GET", "/api/v1/me").header("host", host).header("cookie", &cookie);
    assert_eq!(App::send(ask("127.0.0.1:5001")).await.status, 200);
    let reply = App::send(ask("auth.example.org")).await;
    assert!(reply.status == 403 && reply.text.contains("the console needs https"), "{}", reply.text);
    // A server with a domain name that uses http has no browser sessions.
    let public_url = Some("http://auth.example.org".to_owned());
    let flags = FlagSettings { public_url, ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let request = app.request("GET", "/api/v1/me").header("cookie", &cookie);
    assert_eq!(App::send(request).await.status, 403);
}
