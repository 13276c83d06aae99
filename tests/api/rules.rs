//! `/rules`: rules apply at once, absent fields have defaults, bad fields are refused, and networks and times limit
//! rules.

use super::helpers::App;
use super::traps_requests::{ALICE, harbour};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_holds_for_the_next_token_when_its_write_is_answered() {
    let app = harbour().await;
    let ask = "scope=repository:new/app:pull,push";
    for round in 0..20 {
        app.rule(
            "new",
            json!({"subjects": ["user:alice"], "names": ["new/**"], "actions": ["pull", "push"]}),
        )
        .await;
        assert_eq!(app.token(ALICE, ask).await.granted(), "repository:new/app:pull,push", "round {round}");
        app.must("PATCH", "/rules/new", json!({"actions": ["pull"]})).await;
        assert_eq!(app.token(ALICE, ask).await.granted(), "repository:new/app:pull", "round {round}");
        app.must("DELETE", "/rules/new", Value::Null).await;
        assert_eq!(app.token(ALICE, ask).await.granted(), "", "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_fields_have_their_defaults_and_the_first_rule_is_visible() {
    let app = App::spawn().await;
    let admins = app.must("GET", "/rules/admins", Value::Null).await;
    assert_eq!(admins["subjects"], json!(["group:admins"]));
    assert_eq!(
        (admins["type"].clone(), admins["names"].clone(), admins["actions"].clone()),
        (json!("*"), json!(["**"]), json!(["*"]))
    );
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    let reply = app.api("PUT", "/rules/r", rule.clone()).await;
    assert_eq!(reply.status, 201);
    assert_eq!(
        reply.json(),
        json!({"name": "r", "effect": "allow", "subjects": ["everyone"], "services": ["*"],
            "type": "repository", "names": ["a"], "actions": ["pull"], "networks": [], "not_before": null,
            "not_after": null, "priority": 0, "enabled": true, "description": "", "managed_by": null,
            "warnings": []})
    );
    assert_eq!(app.api("PUT", "/rules/r", rule).await.status, 200);
    let patched = app.must("PATCH", "/rules/r", json!({"priority": 7, "managed_by": "git"})).await;
    assert_eq!((patched["priority"].clone(), patched["managed_by"].clone()), (json!(7), json!("git")));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rules_are_refused_with_every_field_and_nothing_changes() {
    let app = App::spawn().await;
    let bad = json!({"effect": "allow", "subjects": ["user:a b", "everyone"], "names": ["a/**b"], "actions": [],
        "networks": ["10.0.0.1/8"], "not_before": "soon"});
    let reply = app.api("PUT", "/rules/bad", bad).await;
    assert_eq!(reply.status, 422);
    let errors = reply.json()["errors"].clone();
    let fields: Vec<&str> = errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["actions", "subjects[0]", "names[0]", "networks[0]", "not_before"]);
    assert!(errors[2]["message"].as_str().unwrap().contains("byte 2"), "{}", errors[2]);
    assert!(errors[3]["message"].as_str().unwrap().contains("10.0.0.0/8"), "{}", errors[3]);
    let good = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    for (key, value) in [
        ("unknown", json!(1)),
        ("priority", json!("high")),
        ("priority", json!(3_000_000_000_i64)),
        ("subjects", json!("everyone")),
        ("effect", json!("permit")),
        ("name", json!("other")),
        ("enabled", json!("yes")),
        ("subjects", json!(vec!["everyone"; 1001])),
    ] {
        let mut rule = good.clone();
        rule[key] = value;
        let reply = app.api("PUT", "/rules/bad", rule).await;
        assert_eq!(reply.status, 422, "{key}: {}", reply.text);
        assert!(!reply.json()["errors"].as_array().unwrap().is_empty(), "{key}");
    }
    assert_eq!(app.api("PUT", "/rules/BAD", good).await.status, 422);
    assert_eq!(app.api("GET", "/rules/bad", Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_decide_by_the_client_address_that_can_be_trusted() {
    let flags = portreeve::config::FlagSettings {
        trusted_proxies: vec!["127.0.0.0/8".to_owned()],
        ..Default::default()
    };
    let app = App::spawn_with(super::helpers::Setup { flags, ..Default::default() }).await;
    let rule = json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "networks": ["198.51.100.0/24"]});
    app.rule("office", rule).await;
    let granted = async |forwarded: &str| {
        let request =
            app.request("GET", "/token?scope=repository:a:pull").header("x-forwarded-for", forwarded);
        let reply = App::send(request).await;
        assert_eq!(reply.status, 200, "{forwarded}");
        reply.granted()
    };
    assert_eq!(granted("198.51.100.7").await, "repository:a:pull");
    assert_eq!(granted("203.0.113.1, 198.51.100.7").await, "repository:a:pull");
    assert_eq!(granted("198.51.100.7, 203.0.113.1").await, "", "the right-most hop counts");
    assert_eq!(granted("garbage").await, "", "an unknown address is in no network");
    let plain = harbour().await;
    plain.rule("office", json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "networks": ["198.51.100.0/24"]})).await;
    let request =
        plain.request("GET", "/token?scope=repository:a:pull").header("x-forwarded-for", "198.51.100.7");
    assert_eq!(App::send(request).await.granted(), "", "not from a trusted proxy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_the_rule_it_stands_on() {
    let app = harbour().await;
    let at =
        |seconds| portreeve::domain::time::Timestamp::from_seconds(app.now_seconds() + seconds).to_string();
    let rule = json!({"subjects": ["user:alice"], "names": ["brief/**"], "actions": ["pull"],
        "not_before": at(-10), "not_after": at(120)});
    app.rule("brief", rule).await;
    let reply = app.token(ALICE, "scope=repository:brief/a:pull").await;
    assert_eq!(reply.json()["expires_in"], 60);
    assert_eq!(super::helpers::claims(&reply.token())["exp"], app.now_seconds() + 120);
    app.advance(121);
    assert_eq!(app.token(ALICE, "scope=repository:brief/a:pull").await.granted(), "");
}
