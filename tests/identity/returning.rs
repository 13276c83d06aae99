//! The way to the provider and back. The server accepts only the browser that began the sign-in, only once, and only
//! with an answer of the provider.

use super::browser::{Browser, Page};
use super::world::{Database, World, on_both_databases};
use serde_json::json;

on_both_databases!(only_who_left_comes_back, the_address_that_the_browser_is_sent_to_is_complete);

const FLOW: &str = "__Host-ptr_flow";

async fn only_who_left_comes_back(database: Database) {
    let world = World::with_provider(database, json!({"groups_claim": null, "automatic": false})).await;
    world.provider.people(json!({"1": {"claims": {"preferred_username": "dave"}}})).await;
    let start = world.start_path();
    let refused = |page: Page, status: u16, words: &str| {
        assert!(page.status == status && page.text.contains(words), "{words}: {} {}", page.status, page.text);
        assert!(page.text.contains("href=\"/signin\""), "the page links to the sign-in");
    };
    let (mut browser, mut other) = (Browser::new(), Browser::new());
    let callback = browser.until_callback(&start, "1").await.unwrap();
    // Another browser returns: without a cookie, with the cookie of its own flow, and with a guessed cookie.
    refused(other.open(callback.as_str()).await, 403, "did not start the sign-in");
    let others = other.until_callback(&start, "1").await.unwrap();
    refused(other.open(callback.as_str()).await, 403, "does not belong to the sign-in");
    other.set_cookie(&start, FLOW, "ptr_f_guess");
    refused(other.open(others.as_str()).await, 403, "did not start the sign-in");
    // The answer has an empty state, or two states.
    let with = |name: &str, value: &str| {
        let mut url = callback.clone();
        let pairs: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
        url.to_string()
    };
    refused(browser.open(&with("state", "")).await, 403, "does not belong to the sign-in");
    refused(browser.open(&format!("{callback}&state=x")).await, 400, "cannot be understood");
    // An answer from another provider ends the flow.
    world.must("PUT", "/identity-providers/second", world.settings(json!({}))).await;
    let elsewhere = callback.as_str().replace("/with/corp/", "/with/second/");
    refused(browser.open(&elsewhere).await, 403, "another provider");
    refused(browser.open(callback.as_str()).await, 403, "completed before");
    // The issuer is wrong, the code is unknown or empty, or the provider reports an error. Further below, the issuer is
    // missing.
    for (name, value, status, words) in [
        ("iss", "https://evil.example", 403, "does not come from the provider"),
        ("code", "guess", 403, "does not accept the code"),
        ("code", "", 400, "cannot be understood"),
        ("error", "server_error", 403, "`server_error`"),
    ] {
        let callback = browser.until_callback(&start, "1").await.unwrap();
        let mut url = callback.clone();
        let pairs: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
        url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
        refused(browser.open(url.as_str()).await, status, words);
    }
    let callback = browser.until_callback(&start, "1").await.unwrap();
    let without = callback.query_pairs().into_owned().filter(|(key, _)| key != "iss");
    let mut url = callback.clone();
    url.query_pairs_mut().clear().extend_pairs(without.collect::<Vec<_>>());
    refused(browser.open(url.as_str()).await, 403, "does not come from the provider");
    refused(browser.sign_in(&start, "nobody").await, 403, "did not let you in");
    // None of these answers created a user. After them a right answer works once.
    assert_eq!(world.api("GET", "/users/dave", json!(null)).await.status, 404);
    let callback = browser.until_callback(&start, "1").await.unwrap();
    let cookie = browser.cookie(&start, FLOW).unwrap();
    assert_eq!(browser.open(callback.as_str()).await.status, 303);
    browser.set_cookie(&start, FLOW, &cookie);
    refused(browser.open(callback.as_str()).await, 403, "completed before");
    for path in ["/signin/with/nobody", "/signin/with/..%2f", "/signin/with/CORP/callback"] {
        let page = Browser::new().open(&world.url(path)).await;
        assert!(matches!(page.status, 403 | 404), "{path}: {page:?}");
    }
}

async fn the_address_that_the_browser_is_sent_to_is_complete(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    let mut browser = Browser::new();
    let page = browser.open(&world.url("/signin/with/corp?to=device&code=BCDF-GHJK")).await;
    assert_eq!(page.status, 303);
    let to = page.to.unwrap();
    let parameter =
        |name: &str| to.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("response_type").as_deref(), Some("code"));
    assert_eq!(parameter("response_mode").as_deref(), Some("query"));
    assert_eq!(parameter("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter("redirect_uri"), Some(world.url("/signin/with/corp/callback")));
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(parameter(name).unwrap().len(), 43, "{name}");
    }
    assert_ne!(parameter("state"), parameter("nonce"));
    // The sign-in page has a link to the provider.
    let page = browser.open(&world.url("/signin")).await;
    assert!(page.text.contains("/signin/with/corp"), "{}", page.text);
}
