//! Properties of the sign-in pages: no other page may frame them, the browser keeps nothing of them after sign-out, and
//! a sign-in returns to the page that asked for it. The page of a device warns administrators.

use super::devices::begin;
use super::helpers::{ADMIN, App, PASSWORD};
use super::pages::Browser;

async fn world() -> (App, Browser) {
    let app = App::spawn().await;
    app.user("alice").await;
    let browser = Browser::new(&app.url(""));
    browser.sign_in("alice", PASSWORD).await.leads_to("/signin/keys");
    (app, browser)
}

#[tokio::test]
async fn no_page_can_be_framed_or_is_kept() {
    let (app, browser) = world().await;
    let pages = ["/signin", "/signin/keys", "/signin/device", "/signin/device/connected", "/signin/nowhere"];
    let kept = async |path: &str| {
        let page = browser.open(path).await;
        let is_page = page.status != 303;
        let policy = page.header("content-security-policy");
        assert!(!is_page || policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        page.words()
    };
    for path in pages {
        kept(path).await;
    }
    // After sign-out, going back in the browser asks the server again, and shows nothing of alice.
    let form = [("name", "laptop"), ("registry", ""), ("days", "30")];
    browser.fill("/signin/keys", "/signin/keys", &form).await.says(200, "It is shown only now");
    assert!(kept("/signin/keys").await.contains("laptop"));
    browser.fill("/signin/keys", "/signin/out", &[]).await.leads_to("/signin");
    for path in pages {
        let words = kept(path).await;
        assert!(!words.contains("alice") && !words.contains("laptop"), "{path}: {words}");
    }
    drop(app);
}

#[tokio::test]
async fn signing_in_again_leads_back_to_the_device() {
    let (app, browser) = world().await;
    let code = begin(&app, "laptop").await["user_code"].as_str().unwrap().to_owned();
    let token = browser.open("/signin/device").await.token();
    let back = format!("/signin?to=device&code={code}");
    let form = [("token", token.as_str()), ("code", &code), ("answer", "approve")];
    app.advance(901);
    let page = browser.post("/signin/device/answer", &form).await;
    page.says(403, "within the last 15 minutes");
    assert_eq!(page.find("class=\"button\" href=\"([^\"]*)\"").replace("&#38;", "&"), back);
    // The session has ended.
    let code = begin(&app, "laptop").await["user_code"].as_str().unwrap().to_owned();
    app.advance(1801);
    let form = [("token", token.as_str()), ("code", &code)];
    let page = browser.post("/signin/device", &form).await;
    page.says(403, "You are signed out");
    assert!(page.find("class=\"button\" href=\"([^\"]*)\"").contains(&code), "{}", page.text);
    browser.open(&format!("/signin?to=device&code={code}")).await.says(200, "Sign in");
}

#[tokio::test]
async fn an_administrator_is_warned_of_what_a_device_may_do() {
    let (app, alice) = world().await;
    let code = begin(&app, "laptop").await["user_code"].as_str().unwrap().to_owned();
    let page = alice.fill("/signin/device", "/signin/device", &[("code", &code)]).await;
    page.says(200, "Did you start this yourself");
    assert!(!page.words().contains("You are an administrator"));
    let admin = Browser::new(&app.url(""));
    admin.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    let page = admin.fill("/signin/device", "/signin/device", &[("code", &code)]).await;
    page.says(200, "You are an administrator. With this key the device may do nearly everything");
}
