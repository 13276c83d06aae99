//! Invitations: links with which people set their first password.

use super::helpers::{App, PASSWORD};
use super::pages::Browser;
use serde_json::{Value, json};

async fn invite(app: &App, name: &str) -> String {
    let invitation = app.must("POST", &format!("/users/{name}/invitation"), Value::Null).await;
    assert!(invitation["expires_at"].is_string());
    let url = invitation["url"].as_str().unwrap();
    url.strip_prefix(&app.url("")).unwrap_or_else(|| panic!("{url}")).to_owned()
}

async fn world() -> (App, Browser) {
    let app = App::spawn().await;
    app.must("PUT", "/users/bob", json!({})).await;
    let browser = Browser::new(&app.url(""));
    (app, browser)
}

async fn set(browser: &Browser, link: &str, first: &str, second: &str) -> super::pages::Page {
    browser.fill(link, link, &[("password", first), ("repeated", second)]).await
}

#[tokio::test]
async fn whoever_is_invited_sets_the_first_password_once() {
    let (app, browser) = world().await;
    let link = invite(&app, "bob").await;
    // A program that only opens the link does not use up the invitation.
    for _ in 0..3 {
        Browser::new(&app.url("")).open(&link).await.says(200, "You were invited as bob");
    }
    set(&browser, &link, PASSWORD, "something else entirely").await.says(422, "The two passwords differ");
    set(&browser, &link, "short", "short").await.says(422, "at least 15 characters");
    set(&browser, &link, PASSWORD, PASSWORD).await.leads_to("/signin/keys");
    browser.open("/signin/keys").await.says(200, "bob Sign out");
    assert_eq!(app.api_as(("bob", PASSWORD), "GET", "/me", None).await.status, 200);
    let other = Browser::new(&app.url(""));
    other.open(&link).await.says(410, "This invitation has ended");
    other
        .fill("/signin", &link, &[("password", PASSWORD), ("repeated", PASSWORD)])
        .await
        .says(410, "has ended");
    let trail = app.must("GET", "/changes?kind=invitation", Value::Null).await;
    let told: Vec<(&str, &str)> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["actor"].as_str().unwrap(), one["action"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("user:admin", "create"), ("user:bob", "delete")]);
}

#[tokio::test]
async fn an_invitation_ends_with_time_a_newer_one_and_every_change_of_its_user() {
    let (app, browser) = world().await;
    let over = async |link: &str| Browser::new(&app.url("")).open(link).await.status == 410;
    let late = invite(&app, "bob").await;
    app.advance(86_399);
    assert!(!over(&late).await);
    app.advance(1);
    assert!(over(&late).await, "the invitation has ended after a day");
    let (first, second) = (invite(&app, "bob").await, invite(&app, "bob").await);
    assert!(over(&first).await && !over(&second).await, "only the newer invitation is valid");
    app.must("PATCH", "/users/bob", json!({"disabled": true})).await;
    assert!(over(&second).await);
    assert_eq!(app.api("POST", "/users/bob/invitation", Value::Null).await.status, 409);
    app.must("PATCH", "/users/bob", json!({"disabled": false})).await;
    assert!(over(&second).await, "the old invitation stays invalid");
    let third = invite(&app, "bob").await;
    app.must("PATCH", "/users/bob", json!({"password": PASSWORD})).await;
    assert!(over(&third).await);
    let refused = app.api("POST", "/users/bob/invitation", Value::Null).await;
    assert!(refused.status == 409 && refused.text.contains("has a password already"), "{}", refused.text);
    app.must("PATCH", "/users/bob", json!({"password": null})).await;
    let fourth = invite(&app, "bob").await;
    app.must("DELETE", "/users/bob", Value::Null).await;
    app.must("PUT", "/users/bob", json!({})).await;
    assert!(over(&fourth).await, "another user with the same name was not invited");
    assert_eq!(app.api("POST", "/users/nobody/invitation", Value::Null).await.status, 404);
    app.robot("ci", Value::Null).await;
    assert_eq!(app.api("POST", "/users/ci/invitation", Value::Null).await.status, 404);
    for guess in ["ptr_i_guess", "x", &fourth.replace("/signin/invite/ptr_i_", "ptr_f_")] {
        browser.open(&format!("/signin/invite/{guess}")).await.says(410, "This invitation has ended");
    }
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_sets_the_password() {
    let (app, _) = world().await;
    let link = invite(&app, "bob").await;
    // All browsers open the page before the first one sends the form.
    let mut opened = Vec::new();
    for number in 0..6 {
        let browser = Browser::new(&app.url(""));
        let token = browser.open(&link).await.token();
        opened.push((browser, token, format!("{PASSWORD} number {number}")));
    }
    let tries = opened.iter().map(async |(browser, token, password)| {
        let form = [("token", token.as_str()), ("password", password), ("repeated", password)];
        browser.post(&link, &form).await.status
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 5, "{statuses:?}");
}

#[tokio::test]
async fn administrators_see_and_withdraw_invitations() {
    let (app, browser) = world().await;
    let listed = async |path: &str| {
        let list = app.must("GET", path, Value::Null).await;
        let names =
            list["items"].as_array().unwrap().iter().map(|one| one["user"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), list["next"].clone())
    };
    // The user is created together with the invitation, or not at all.
    let made = app.must("POST", "/users/dave/invitation?create=true", Value::Null).await;
    assert!(made["url"].is_string());
    assert_eq!(app.must("GET", "/users/dave", Value::Null).await["has_password"], false);
    app.robot("ci", Value::Null).await;
    let refused = app.api("POST", "/users/ci/invitation?create=true", Value::Null).await;
    assert!(refused.status == 409 && refused.text.contains("is the name of a robot"), "{}", refused.text);
    assert_eq!(app.api("POST", "/users/a%20b/invitation?create=true", Value::Null).await.status, 422);
    let link = invite(&app, "bob").await;
    assert_eq!(listed("/invitations").await, (vec!["bob".to_owned(), "dave".to_owned()], Value::Null));
    assert_eq!(listed("/invitations?limit=1").await.0, ["bob"]);
    assert_eq!(listed("/invitations?q=d").await.0, ["dave"]);
    let text = app.api("GET", "/invitations", Value::Null).await.text;
    assert!(!text.contains("ptr_i_"), "{text}");
    app.must("DELETE", "/users/bob/invitation", Value::Null).await;
    browser.open(&link).await.says(410, "This invitation has ended");
    assert_eq!(app.api("DELETE", "/users/bob/invitation", Value::Null).await.status, 404);
    // The list does not contain ended invitations. They ended when the user got a new password, or by time.
    app.must("PATCH", "/users/dave", json!({"password": PASSWORD})).await;
    assert_eq!(listed("/invitations").await.0, Vec::<String>::new());
    invite(&app, "bob").await;
    app.advance(86_400);
    assert_eq!(listed("/invitations").await.0, Vec::<String>::new());
    let trail = app.must("GET", "/changes?kind=invitation&name=bob", Value::Null).await.to_string();
    assert!(trail.contains("\"delete\""), "{trail}");
}
