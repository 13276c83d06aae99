//! The pages on which people sign in, and their browser sessions.

use super::helpers::{ADMIN, App, PASSWORD, Setup};
use super::pages::Browser;
use portreeve::config::FlagSettings;
use serde_json::{Value, json};

const SESSION: &str = "__Host-ptr_session";

async fn world() -> (App, Browser) {
    let app = App::spawn().await;
    app.user("alice").await;
    let browser = Browser::new(&app.url(""));
    (app, browser)
}

#[tokio::test]
async fn a_password_begins_a_session_that_ends_at_sign_out() {
    let (_app, browser) = world().await;
    browser.open("/signin/keys").await.leads_to("/signin");
    browser.open("/signin").await.says(200, "Password");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let first = browser.cookie(SESSION).unwrap();
    assert!(first.starts_with("ptr_s_") && browser.cookie("__Host-ptr_form").is_none());
    browser.open("/signin").await.leads_to("/signin/keys");
    browser.open("/signin/keys").await.says(200, "alice Sign out").says(200, "You have no keys yet");
    let page = browser.fill("/signin/keys", "/signin/out", &[]).await;
    page.leads_to("/signin");
    assert!(browser.cookie(SESSION).is_none());
    // The cookie of the ended session is not accepted any more.
    browser.cookies.lock().unwrap().insert(SESSION.to_owned(), first.clone());
    browser.open("/signin/keys").await.leads_to("/signin");
    browser.open("/signin").await.says(200, "Your sign-in has ended");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    assert_ne!(browser.cookie(SESSION).unwrap(), first, "a new session at each sign-in");
}

#[tokio::test]
async fn a_refused_password_is_told_on_the_page_alike_whatever_is_wrong() {
    let (app, browser) = world().await;
    app.must("PUT", "/users/gone", json!({"password": PASSWORD, "disabled": true})).await;
    let key = app.robot("ci", Value::Null).await;
    let text = "The user name or the password is wrong";
    for (user, password) in [
        ("alice", "not the password"),
        ("nobody", "not the password"),
        ("gone", PASSWORD),
        ("ci", key.as_str()),
        ("", ""),
    ] {
        let page = browser.sign_in(user, password).await;
        page.says(403, text);
        assert!(page.header("www-authenticate").is_empty(), "a browser would ask for a password");
        assert!(!page.text.contains(password) || password.is_empty(), "{}", page.text);
    }
    assert!(browser.cookie(SESSION).is_none());
    // An access key of the person does not begin a session.
    let body = json!({"name": "k"});
    let own = app.must("POST", "/users/alice/access-keys", body).await["secret"].as_str().unwrap().to_owned();
    browser.sign_in("alice", &own).await.says(403, "An access key is not a password here");
    for n in 0..12 {
        let last = browser.sign_in("alice", &format!("not the password either: {n}")).await;
        if last.status == 429 {
            last.says(429, "Too many wrong passwords");
            assert!(last.header("retry-after").parse::<u32>().unwrap() >= 1);
            return;
        }
        last.says(403, text);
    }
    panic!("the page has not throttled the wrong passwords");
}

#[tokio::test]
async fn a_session_ends_with_time_and_with_what_it_began_with() {
    let (app, browser) = world().await;
    let is_in = async |browser: &Browser| browser.open("/signin/keys").await.status == 200;
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    app.advance(29 * 60);
    assert!(is_in(&browser).await);
    app.advance(29 * 60);
    assert!(is_in(&browser).await, "the session was used");
    app.advance(31 * 60);
    assert!(!is_in(&browser).await, "the session was unused for half an hour");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    for _ in 0..25 {
        app.advance(28 * 60);
        assert!(is_in(&browser).await);
    }
    app.advance(28 * 60);
    assert!(!is_in(&browser).await, "the session has ended after twelve hours");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    app.advance(-86_400);
    assert!(!is_in(&browser).await, "the session began while the clock was ahead");
    app.advance(86_400);

    // The person is signed out in all browsers at once.
    let other = Browser::new(&app.url(""));
    other.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    assert!(is_in(&browser).await, "the clock is right again");
    browser.fill("/signin/keys", "/signin/out", &[("everywhere", "yes")]).await.leads_to("/signin");
    assert!(!is_in(&browser).await && !is_in(&other).await);

    for (before, change) in [
        (json!({}), json!({"password": "another long enough password"})),
        (json!({}), json!({"password": null})),
        (json!({}), json!({"disabled": true})),
        (json!({}), json!({"admin": true})),
        (json!({"admin": true}), json!({"admin": false})),
    ] {
        app.must("PATCH", "/users/alice", json!({"password": PASSWORD, "disabled": false, "admin": false}))
            .await;
        app.must("PATCH", "/users/alice", before).await;
        let browser = Browser::new(&app.url(""));
        browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
        app.must("PATCH", "/users/alice", json!({"labels": {"a": ["b"]}})).await;
        assert!(is_in(&browser).await, "a change of labels ends no session");
        app.must("PATCH", "/users/alice", change.clone()).await;
        assert!(!is_in(&browser).await, "{change}");
        app.must("PATCH", "/users/alice", json!({"disabled": false})).await;
        assert!(!is_in(&browser).await, "the session stays ended after {change}");
    }
    app.must("PATCH", "/users/alice", json!({"password": PASSWORD})).await;
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    app.must("DELETE", "/users/alice", Value::Null).await;
    assert!(!is_in(&browser).await);
}

#[tokio::test]
async fn a_form_that_does_not_come_from_our_pages_changes_nothing() {
    let (app, browser) = world().await;
    let token = browser.open("/signin").await.token();
    let form = [("token", token.as_str()), ("user", "alice"), ("password", PASSWORD)];
    let post = |name: &'static str, value: &'static str| {
        browser.send(browser.request("POST", "/signin/password").header(name, value).form(&form))
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("accept", "text/html"),
    ] {
        post(name, value).await.says(403, "not sent by a page of this server");
        assert!(browser.cookie(SESSION).is_none(), "{name}: {value}");
    }
    // The form is sent with the valid token of another browser, without a token, and with a wrong token.
    let other = Browser::new(&app.url(""));
    other.open("/signin").await;
    let login = [("user", "alice"), ("password", PASSWORD)];
    other.post("/signin/password", &form).await.says(403, "belongs to another sign-in or another browser");
    browser.post("/signin/password", &login).await.says(403, "another browser");
    browser
        .post("/signin/password", &[("token", "guess"), login[0], login[1]])
        .await
        .says(403, "another browser");
    assert!(browser.cookie(SESSION).is_none());
    // The request has no cookies.
    let bare = Browser::new(&app.url(""));
    bare.post("/signin/password", &form).await.says(403, "must accept cookies");
    // The same form comes from this server's page, with the header `Origin` that browsers send.
    let own = app.url("");
    let request = browser.request("POST", "/signin/password").header("origin", &own).form(&form);
    browser.send(request).await.leads_to("/signin/keys");
    // A form token from before the sign-in is not valid after the sign-in.
    browser
        .post("/signin/keys", &[("token", token.as_str()), ("name", "k"), ("days", "30")])
        .await
        .says(403, "");
    assert!(
        app.must("GET", "/users/alice/access-keys", Value::Null).await["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    // GET changes nothing on paths that need POST.
    for path in ["/signin/out", "/signin/password", "/signin/keys/revoke", "/signin/device/answer"] {
        let page = browser.open(path).await;
        page.says(405, "only receives the forms of another page");
        assert_eq!(page.header("allow"), "POST");
    }
    browser.open("/signin/keys").await.says(200, "Sign out");
}

#[tokio::test]
async fn what_is_no_form_of_ours_is_refused_by_a_page() {
    let (_app, browser) = world().await;
    browser.open("/signin/nothing").await.says(404, "There is nothing at this address");
    browser.open("/signin/keys/more/../x").await.says(404, "nothing at this address");
    let ours = || browser.request("POST", "/signin/password").header("sec-fetch-site", "same-origin");
    browser.send(ours().json(&json!({}))).await.says(415, "not a form");
    let long = "x".repeat(17 * 1024);
    browser.send(ours().form(&[("user", long.as_str())])).await.says(413, "longer than 16 KiB");
    browser.open(&format!("/signin?to={long}")).await.says(414, "longer than 16 KiB");
    browser.send(ours().form(&[("token", "a"), ("token", "b")])).await.says(400, "could not be read");
    // A name is shown as text, not as HTML.
    let page = browser.sign_in("<b>\"'&", "not the password").await;
    page.says(403, "wrong");
    assert!(page.text.contains("value=\"&#60;b&#62;&#34;&#39;&#38;\""), "{}", page.text);
    // A link leads only to pages of this server.
    for to in ["https://evil.example", "//evil.example", "keys", "device%0d%0aX: y"] {
        let page = browser.open(&format!("/signin?to={to}")).await;
        assert!(!page.text.contains("evil") && page.find("name=\"to\" value=\"([a-z]+)\"") == "keys", "{to}");
    }
}

#[tokio::test]
async fn pages_need_https_or_this_machine() {
    let (app, _) = world().await;
    let client = reqwest::Client::new();
    for (host, status) in [
        ("localhost", 200),
        ("127.0.0.1:5001", 200),
        ("[::1]", 200),
        ("auth.example.org", 403),
        ("10.0.0.7:5001", 403),
    ] {
        let page = client.get(app.url("/signin")).header("host", host).send().await.unwrap();
        assert_eq!(page.status(), status, "{host}");
        let cookies = page.headers().contains_key("set-cookie");
        assert_eq!(cookies, status == 200, "{host}");
        let text = page.text().await.unwrap();
        assert_eq!(
            text.contains("This page needs https") && text.contains("--public-url"),
            status == 403,
            "{host}"
        );
    }
    let flags =
        FlagSettings { realm: Some("http://auth.example.org/token".to_owned()), ..FlagSettings::default() };
    let plain = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let page = Browser::new(&plain.url("")).open("/signin").await;
    page.says(403, "This page needs https");
    let begun = plain.request("POST", "/oauth2/device_authorization").form(&[("client_id", "x")]);
    let begun = App::send(begun).await;
    assert_eq!((begun.status, begun.json()["error"].as_str().unwrap()), (400, "invalid_request"));
    assert!(begun.text.contains("need https") && begun.text.contains("--public-url"), "{}", begun.text);
    plain.must("PUT", "/users/newcomer", json!({})).await;
    let refused = plain.api("POST", "/users/newcomer/invitation", Value::Null).await;
    assert!(refused.status == 409 && refused.text.contains("pages need https"), "{}", refused.text);
    assert_eq!(plain.api("POST", "/users/dave/invitation?create=true", Value::Null).await.status, 409);
    assert_eq!(
        plain.api("GET", "/users/dave", Value::Null).await.status,
        404,
        "neither the user nor an invitation was created"
    );
    let flags = FlagSettings {
        realm: Some("http://auth.example.org/token".to_owned()),
        public_url: Some("https://auth.example.org".to_owned()),
        ..FlagSettings::default()
    };
    let behind_a_proxy = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    Browser::new(&behind_a_proxy.url("")).open("/signin").await.says(200, "Password");
}

#[tokio::test]
async fn people_make_see_and_revoke_their_own_keys() {
    let (app, browser) = world().await;
    app.rule("all", json!({"subjects": ["user:alice"], "names": ["**"], "actions": ["pull"]})).await;
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let form = [("name", "lap <top>"), ("days", "90"), ("registry", "localhost:5000")];
    let page = browser.fill("/signin/keys", "/signin/keys", &form).await;
    page.says(200, "It is shown only now").says(200, "docker login localhost:5000 --username alice");
    let secret = page.find("<pre class=\"secret\"[^>]*>(ptr_[0-9A-Za-z]+)</pre>");
    assert!(page.text.contains("lap &#60;top&#62;"), "{}", page.text);
    // The key works at once as the password of the user.
    assert_eq!(
        app.token(Some(("alice", &secret)), "scope=repository:a:pull").await.granted(),
        "repository:a:pull"
    );
    let keys = app.must("GET", "/users/alice/access-keys", Value::Null).await;
    let key = &keys["items"][0];
    assert_eq!((&key["origin"], &key["name"]), (&json!("browser"), &json!("lap <top>")));
    let listed = browser.open("/signin/keys").await;
    listed.says(200, "lap &#60;top&#62;").says(200, "on this page");
    assert!(!listed.text.contains(&secret), "the secret is never shown again");
    let id = listed.find("name=\"id\" value=\"([0-9a-f-]+)\"");
    // Another user cannot revoke the key.
    let other = Browser::new(&app.url(""));
    other.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    other.fill("/signin/keys", "/signin/keys/revoke", &[("id", &id)]).await.says(404, "refused it");
    browser.fill("/signin/keys", "/signin/keys/revoke", &[("id", &id)]).await.leads_to("/signin/keys");
    browser.open("/signin/keys").await.says(200, "You have no keys yet");
    assert_eq!(app.token(Some(("alice", &secret)), "scope=repository:a:pull").await.status, 401);
    browser.fill("/signin/keys", "/signin/keys/revoke", &[("id", &id)]).await.says(404, "refused it");
    let trail = app.must("GET", "/changes?kind=access-key&actor=user:alice", Value::Null).await;
    let actions: Vec<&Value> = trail["items"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["create", "revoke"]);
}

#[tokio::test]
async fn a_key_needs_a_sign_in_of_the_last_quarter_of_an_hour() {
    let (app, browser) = world().await;
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let token = browser.open("/signin/keys").await.token();
    app.advance(14 * 60);
    let form = [("token", token.as_str()), ("name", "one"), ("days", "30")];
    browser.post("/signin/keys", &form).await.says(200, "Your new key");
    app.advance(2 * 60);
    browser.post("/signin/keys", &form).await.says(403, "within the last 15 minutes");
    browser.open("/signin/keys").await.says(200, "To make a key, sign in again");
    browser.open("/signin").await.says(200, "You signed in more than 15 minutes ago");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    browser
        .fill("/signin/keys", "/signin/keys", &[("name", "two"), ("days", "30")])
        .await
        .says(200, "Your new key");
    for (form, why) in [
        ([("name", ""), ("days", "30"), ("registry", "")], "1 to 255 bytes"),
        ([("name", "x"), ("days", "30"), ("registry", "$(id)")], "The registry must be a host"),
    ] {
        browser.fill("/signin/keys", "/signin/keys", &form).await.says(422, why);
    }
    let keys = app.must("GET", "/users/alice/access-keys", Value::Null).await;
    assert_eq!(keys["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn cookies_get_no_tokens() {
    let (app, browser) = world().await;
    browser.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    let token = browser.open("/token?scope=repository:a:pull").await;
    assert!(
        token.status == 200
            && super::helpers::claims(&token.find("\"token\":\"([^\"]+)\""))["sub"] != "admin"
    );
    // The value of the cookie does not work as a password.
    let cookie = browser.cookie(SESSION).unwrap();
    assert_eq!(app.api_as(("admin", &cookie), "GET", "/me", None).await.status, 401);
    assert_eq!(app.token(Some(("admin", &cookie)), "scope=repository:a:pull").await.status, 401);
}

#[tokio::test]
async fn nothing_secret_of_a_sign_in_is_kept_or_told() {
    let (app, browser) = world().await;
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let page = browser.fill("/signin/keys", "/signin/keys", &[("name", "one"), ("days", "30")]).await;
    let secret = page.find("<pre class=\"secret\"[^>]*>(ptr_[0-9A-Za-z]+)</pre>");
    let device = super::devices::begin(&app, "laptop").await;
    let text = |name: &str| device[name].as_str().unwrap().to_owned();
    let invited = async || {
        app.must("PUT", "/users/newcomer", json!({})).await;
        app.must("POST", "/users/newcomer/invitation", Value::Null).await["url"].as_str().unwrap().to_owned()
    };
    let link = invited().await;
    let code = link.rsplit('/').next().unwrap().to_owned();
    let mut canaries =
        vec![secret, text("device_code"), text("user_code"), text("user_code").replace('-', ""), code];
    canaries.extend(browser.cookies.lock().unwrap().values().cloned());
    canaries.push(page.token());
    canaries.push(PASSWORD.to_owned());
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    assert!(metrics.contains("portreeve_signins_total{how=\"password\"} 1"), "{metrics}");
    let trail = app.must("GET", "/changes?limit=1000", Value::Null).await.to_string();
    let mut database = app.folder.database_bytes();
    // A database file may contain its pages in any order. So the test searches the whole file.
    database.extend_from_slice(trail.as_bytes());
    database.extend_from_slice(metrics.as_bytes());
    for canary in canaries {
        let found = database.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{canary}");
    }
}
