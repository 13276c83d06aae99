//! Devices that get an access key after a person has approved them (RFC 8628).

use super::helpers::{ADMIN, App, PASSWORD, Reply};
use super::pages::Browser;
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Begins the flow of a device.
pub async fn begin(app: &App, name: &str) -> Value {
    let form = [("client_id", "whoever"), ("device_name", name)];
    let begun = App::send(app.request("POST", "/oauth2/device_authorization").form(&form)).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    begun.json()
}

async fn ask(app: &App, code: &str) -> Reply {
    let form = [("grant_type", GRANT), ("device_code", code)];
    App::send(app.request("POST", "/oauth2/token").form(&form)).await
}

/// Lets a device ask five seconds after its last request. Returns the error of the answer.
async fn error(app: &App, code: &str) -> String {
    app.advance(5);
    let answer = ask(app, code).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["error"].as_str().unwrap().to_owned()
}

async fn world() -> (App, Browser) {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("all", json!({"subjects": ["user:alice"], "names": ["**"], "actions": ["pull"]})).await;
    let browser = Browser::new(&app.url(""));
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    (app, browser)
}

#[tokio::test]
async fn a_device_gets_a_key_of_whoever_approved_it_and_only_once() {
    let (app, browser) = world().await;
    let begun = begin(&app, "lap\u{7}top <b>").await;
    let (device, user) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(600), &json!(5)));
    assert_eq!(begun["verification_uri"], app.url("/signin/device"));
    assert_eq!(begun["verification_uri_complete"], app.url(&format!("/signin/device?code={user}")));
    assert!(
        regex::Regex::new("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$").unwrap().is_match(user)
    );
    assert_eq!(error(&app, device).await, "authorization_pending");
    let again = ask(&app, device).await;
    assert_eq!(again.json()["error"], "slow_down", "{}", again.text);

    // The link to the page fills in the code without looking it up. The next page names the device.
    let page = browser.open(&format!("/signin/device?code={user}")).await;
    page.says(200, "Type it here");
    assert_eq!(page.find("id=\"code\" name=\"code\" value=\"([^\"]*)\""), user);
    let typed = user.replace('-', " ").to_lowercase();
    let confirm = browser.fill("/signin/device", "/signin/device", &[("code", &typed)]).await;
    confirm.says(200, "Did you start this yourself").says(200, "laptop &#60;b&#62;").says(200, "127.0.0.1");
    assert_eq!(
        error(&app, device).await,
        "authorization_pending",
        "opening the page does not approve the device"
    );
    browser.answer_device(user, "perhaps").await.says(400, "could not be read");
    browser.answer_device(user, "approve").await.leads_to("/signin/device/connected");
    browser.open("/signin/device/connected").await.says(200, "within a few seconds it is signed in");
    browser.answer_device(user, "refuse").await.says(422, "No device is waiting");

    app.advance(5);
    let granted = ask(&app, device).await;
    assert_eq!(granted.status, 200, "{}", granted.text);
    let granted = granted.json();
    assert_eq!((&granted["token_type"], &granted["username"]), (&json!("Bearer"), &json!("alice")));
    assert_eq!(granted["expires_in"], 90 * 86_400);
    let key = granted["access_token"].as_str().unwrap();
    assert_eq!(
        app.token(Some(("alice", key)), "scope=repository:a:pull").await.granted(),
        "repository:a:pull"
    );
    let listed = app.must("GET", "/users/alice/access-keys", Value::Null).await;
    let listed = &listed["items"][0];
    assert_eq!(
        (&listed["name"], &listed["origin"]),
        (&json!("command line on laptop <b>"), &json!("device"))
    );
    assert_eq!(error(&app, device).await, "invalid_grant", "a device code works once");
    let trail = app.must("GET", "/changes?kind=access-key", Value::Null).await;
    let record = &trail["items"][0];
    assert_eq!((&record["actor"], &record["action"]), (&json!("user:alice"), &json!("create")));
    assert_eq!(record["after"]["name"], "command line on laptop <b>");
}

#[tokio::test]
async fn of_replies_at_once_one_device_gets_the_key() {
    let (app, browser) = world().await;
    let begun = begin(&app, "").await;
    let device = begun["device_code"].as_str().unwrap();
    browser
        .answer_device(begun["user_code"].as_str().unwrap(), "approve")
        .await
        .leads_to("/signin/device/connected");
    let answers = futures_util::future::join_all((0..10).map(|_| ask(&app, device))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let keys = app.must("GET", "/users/alice/access-keys", Value::Null).await;
    let names: Vec<&Value> = keys["items"].as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["command line on 127.0.0.1"], "without a name, the device is named by its address");
}

#[tokio::test]
async fn a_device_that_was_refused_or_came_too_late_gets_nothing() {
    let (app, browser) = world().await;
    let begun = begin(&app, "tv").await;
    browser
        .answer_device(begun["user_code"].as_str().unwrap(), "refuse")
        .await
        .leads_to("/signin/device/refused");
    assert_eq!(error(&app, begun["device_code"].as_str().unwrap()).await, "access_denied");

    let late = begin(&app, "tv").await;
    let approved = begin(&app, "tv").await;
    browser
        .answer_device(approved["user_code"].as_str().unwrap(), "approve")
        .await
        .leads_to("/signin/device/connected");
    app.advance(601);
    // The start of a new device removes flows that ended some time ago, but not these two.
    begin(&app, "tv").await;
    for begun in [&late, &approved] {
        assert_eq!(error(&app, begun["device_code"].as_str().unwrap()).await, "expired_token");
    }
    let code = late["user_code"].as_str().unwrap().to_owned();
    let form = [("code", code.as_str())];
    browser.fill("/signin/device", "/signin/device", &form).await.says(422, "No device is waiting");

    // The person who approved the device gets a new password before the device asks.
    let begun = begin(&app, "tv").await;
    browser
        .answer_device(begun["user_code"].as_str().unwrap(), "approve")
        .await
        .leads_to("/signin/device/connected");
    app.must("PATCH", "/users/alice", json!({"password": "another long enough password"})).await;
    assert_eq!(error(&app, begun["device_code"].as_str().unwrap()).await, "access_denied");
    assert!(
        app.must("GET", "/users/alice/access-keys", Value::Null).await["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let (app, browser) = world().await;
    let begun = begin(&app, "tv").await;
    let right = begun["user_code"].as_str().unwrap().to_owned();
    for left in ["4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"] {
        let form = [("code", "BBBB-BBBB")];
        browser.fill("/signin/device", "/signin/device", &form).await.says(422, left);
    }
    browser.answer_device("not a code", "approve").await.says(429, "Five codes were wrong");
    browser
        .fill("/signin/device", "/signin/device", &[("code", &right)])
        .await
        .says(429, "Too many wrong codes");
    browser.answer_device(&right, "approve").await.says(429, "Too many wrong codes");
    // A new sign-in gets new tries.
    browser.fill("/signin/keys", "/signin/out", &[]).await.leads_to("/signin");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    browser.answer_device(&right, "approve").await.leads_to("/signin/device/connected");
    // Codes that are sent at once do not add tries.
    browser.fill("/signin/keys", "/signin/out", &[]).await.leads_to("/signin");
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    let token = browser.open("/signin/device").await.token();
    let form = [("token", token.as_str()), ("code", "BBBB-BBBB")];
    let tries = (0..20).map(|_| browser.post("/signin/device", &form));
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 422).count(),
        4,
        "the fifth wrong code is the last one"
    );
    // The guesses are an empty text, an unknown code, an invalid text and the secret of a session.
    for guess in ["", "ptr_d_guess", "ptr_x", &browser.cookie("__Host-ptr_session").unwrap()] {
        let form = [("grant_type", GRANT), ("device_code", guess)];
        let answer = App::send(app.request("POST", "/oauth2/token").form(&form)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{guess}");
    }
}

#[tokio::test]
async fn an_approval_needs_a_sign_in_of_the_last_quarter_of_an_hour() {
    let (app, browser) = world().await;
    let begun = begin(&app, "tv").await;
    let user = begun["user_code"].as_str().unwrap().to_owned();
    let token = browser.open("/signin/device").await.token();
    app.advance(16 * 60);
    let begun = begin(&app, "tv").await;
    let late = begun["user_code"].as_str().unwrap().to_owned();
    browser
        .open(&format!("/signin/device?code={user}"))
        .await
        .leads_to(&format!("/signin?to=device&code={user}"));
    let form = [("token", token.as_str()), ("code", late.as_str()), ("answer", "approve")];
    browser.post("/signin/device/answer", &form).await.says(403, "within the last 15 minutes");
    // After the sign-in, the browser returns to the page of the device.
    let login = [("user", "alice"), ("password", PASSWORD), ("to", "device"), ("code", &late)];
    let page = browser.fill(&format!("/signin?to=device&code={late}"), "/signin/password", &login).await;
    page.leads_to(&format!("/signin/device?code={late}"));
    browser.answer_device(&late, "approve").await.leads_to("/signin/device/connected");
    // Without a sign-in, nobody can approve a device.
    let stranger = Browser::new(&app.url(""));
    stranger.open("/signin/device").await.leads_to("/signin?to=device");
    let token = stranger.open("/signin?to=device").await.token();
    let form = [("token", token.as_str()), ("code", late.as_str()), ("answer", "approve")];
    stranger.post("/signin/device/answer", &form).await.says(403, "You are signed out");
}

#[tokio::test]
async fn requests_of_devices_that_do_not_fit_are_refused_in_the_words_of_oauth() {
    let (app, _) = world().await;
    let post = async |path: &str, form: &[(&str, &str)]| {
        let answer = App::send(app.request("POST", path).form(form)).await;
        (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
    };
    let (token, begin) = ("/oauth2/token", "/oauth2/device_authorization");
    let bad = |error: &str| (400, error.to_owned());
    assert_eq!(post(token, &[]).await, bad("invalid_request"));
    assert_eq!(post(token, &[("grant_type", GRANT)]).await, bad("invalid_request"));
    for other in ["password", "refresh_token", "authorization_code", "x"] {
        let form =
            [("grant_type", other), ("device_code", "x"), ("username", ADMIN.0), ("password", ADMIN.1)];
        assert_eq!(post(token, &form).await, bad("unsupported_grant_type"), "{other}");
    }
    assert_eq!(post(begin, &[("device_name", "a"), ("device_name", "b")]).await, bad("invalid_request"));
    let json = App::send(app.request("POST", token).json(&json!({"grant_type": GRANT}))).await;
    assert_eq!(json.status, 415);
    for path in [token, begin] {
        let answer = App::send(app.request("GET", path)).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{path}");
    }
    // One hundred devices wait from one address. One more is refused.
    for _ in 0..100 {
        assert_eq!(App::send(app.request("POST", begin).form(&[("client_id", "x")])).await.status, 200);
    }
    let answer = App::send(app.request("POST", begin).form(&[("client_id", "x")])).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")), "{}", answer.text);
    app.advance(600);
    assert_eq!(App::send(app.request("POST", begin).form(&[("client_id", "x")])).await.status, 200);
}
