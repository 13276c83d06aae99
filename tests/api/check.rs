//! `/check`: the rights that a token would have, and the reasons.

use super::helpers::{ADMIN, App, PASSWORD};
use super::traps_requests::harbour;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_a_token_would_and_why() {
    let app = harbour().await;
    app.rule(
        "freeze",
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["team/frozen"], "actions": ["push"]}),
    )
    .await;
    let ask = |subject: &str, scope: &str| json!({"subject": subject, "service": "registry", "scope": scope});
    let answer = app.must("POST", "/check", ask("user:alice", "repository:team/frozen:pull,push")).await;
    assert_eq!(
        answer["granted"],
        json!([{"type": "repository", "name": "team/frozen", "actions": ["pull"]}])
    );
    let why = &answer["why"];
    assert_eq!((why[0]["action"].clone(), why[0]["allowed_by"].clone()), (json!("pull"), json!(["team"])));
    assert_eq!((why[1]["granted"].clone(), why[1]["denied_by"].clone()), (json!(false), json!("freeze")));
    let answer = app.must("POST", "/check", ask("anonymous", "repository:team/app:pull repository::x")).await;
    assert_eq!(answer["granted"], json!([]));
    assert_eq!(
        answer["why"][0]["near_misses"],
        json!([{"rule": "public", "failed": "name"}, {"rule": "team", "failed": "subject"}, {"rule": "admins", "failed": "subject"}])
    );
    assert_eq!(
        answer["ignored"],
        json!([{"text": "repository::x", "reason": "the repository name is empty"}])
    );
    let answer = app.must("POST", "/check", ask("user:alice", "registry:catalog:*")).await;
    assert_eq!(answer["why"][0]["nothing_matches"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_knows_disabled_subjects_keys_addresses_and_times() {
    let app = harbour().await;
    app.rule(
        "office",
        json!({"subjects": ["user:alice"], "names": ["office"], "actions": ["pull"],
        "networks": ["198.51.100.0/24"], "not_before": "2030-01-01T00:00:00Z"}),
    )
    .await;
    let base = json!({"subject": "user:alice", "service": "registry", "scope": "repository:office:pull"});
    let with = |extra: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let granted = async |body: Value| app.must("POST", "/check", body).await["granted"] != json!([]);
    assert!(granted(with(json!({"address": "198.51.100.1", "at": "2031-01-01T00:00:00Z"}))).await);
    assert!(!granted(with(json!({"address": "203.0.113.1", "at": "2031-01-01T00:00:00Z"}))).await);
    assert!(!granted(with(json!({"address": "198.51.100.1"}))).await);
    let key = app
        .must("POST", "/users/alice/access-keys", json!({"name": "k", "scopes": ["repository:team/**:pull"]}))
        .await;
    let mut narrowed = with(json!({"access_key": key["id"]}));
    narrowed["scope"] = json!("repository:team/a:pull,push");
    let answer = app.must("POST", "/check", narrowed).await;
    assert_eq!(answer["granted"][0]["actions"], json!(["pull"]));
    assert_eq!(answer["why"][1]["restricted"], json!(true));
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    let mut body = base.clone();
    body["scope"] = json!("repository:team/a:pull");
    let answer = app.must("POST", "/check", body).await;
    assert_eq!(
        (answer["granted"].clone(), answer["inactive"].clone()),
        (json!([]), json!("the subject is disabled"))
    );
    for (field, value, status) in [
        ("subject", json!("user:ghost"), 404),
        ("service", json!("ghost"), 404),
        ("access_key", json!("ghost"), 404),
        ("subject", json!("ghost"), 422),
        ("address", json!("here"), 422),
        ("unknown", json!(1), 422),
    ] {
        assert_eq!(app.api("POST", "/check", with(json!({field: value}))).await.status, status, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_dropped_is_listed_with_its_reason() {
    let app = harbour().await;
    let ask = |scope: &str| json!({"subject": "user:alice", "service": "registry", "scope": scope});
    for (scope, text, reason) in [
        ("repository:team/app:Pull", "repository:team/app:Pull", "actions are lower case: write `pull`"),
        ("repository:team/app:pull,PUSH", "repository:team/app:PUSH", "actions are lower case: write `push`"),
        (
            "repository:team/app:",
            "repository:team/app:",
            "an empty action: name one after the last `:`, such as `pull`",
        ),
        (
            "repository:Team/app:pull",
            "repository:Team/app:pull",
            "repository names are lower case: write `team/app`",
        ),
        ("repository:team/app:v1:pull", "repository:team/app:v1:pull", "a tag in the name: write `team/app`"),
    ] {
        let answer = app.must("POST", "/check", ask(scope)).await;
        assert_eq!(answer["ignored"], json!([{"text": text, "reason": reason}]), "{scope}");
        let granted = answer["granted"] != json!([]);
        assert_eq!(
            granted,
            scope.contains("pull,"),
            "the well-formed scopes count although others are malformed: {scope}"
        );
    }
    let answer = app.must("POST", "/check", ask("repository:team/app:pull, push")).await;
    let told = |text: &str| {
        let all = answer["ignored"].as_array().unwrap();
        all.iter().find(|one| one["text"] == text).unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert!(told("push").contains("a space after a comma"), "{answer}");
    assert!(told("repository:team/app:").contains("an empty action at a comma"), "{answer}");
    let answer = app.must("POST", "/check", ask("repository:team/app:pull,push")).await;
    assert_eq!(answer["ignored"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_probably_meant_is_told_to_administrators_alone() {
    let app = harbour().await;
    app.must("PUT", "/robots/ci", json!({})).await;
    for (subject, detail) in [
        ("user:ci", "there is no user `ci`, but there is `robot:ci`"),
        ("robot:alice", "there is no robot `alice`, but there is `user:alice`"),
        ("user:Alice", "there is no user `Alice`, but there is `user:alice`"),
        ("user:nobody", "there is no user `nobody`"),
    ] {
        let body = json!({"subject": subject, "service": "registry", "scope": "repository:team/app:pull"});
        let reply = app.api("POST", "/check", body).await;
        assert_eq!((reply.status, reply.json()["detail"].clone()), (404, json!(detail)));
    }
    for (path, meant) in [("/users/ci", "robot:ci"), ("/users/CI/access-keys", "robot:ci")] {
        let reply = app.api("GET", path, Value::Null).await;
        assert!(reply.status == 404 && reply.text.contains(meant), "{path}: {}", reply.text);
    }
    let reply = app.api("PUT", "/groups/g", json!({"members": ["user:ci"]})).await;
    assert!(reply.status == 422 && reply.text.contains("there is `robot:ci`: write that"), "{}", reply.text);
    let told = app.token(Some(("Alice", "a wrong password")), "").await;
    let unknown = app.token(Some(("nobody", "a wrong password")), "").await;
    assert_eq!((told.status, &told.text), (401, &unknown.text));
}

/// Asks a question about the user's own account. Returns the answer.
async fn own(app: &App, user: &str, body: Value) -> Value {
    let reply = app.api_as((user, PASSWORD), "POST", "/me/check", Some(body)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_learn_what_they_may_and_nothing_of_rules_about_others() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    app.must("PUT", "/groups/team", json!({"members": ["user:alice"]})).await;
    for (name, subject, names, action) in [
        ("team-pulls", "group:team", "team/**", "pull"),
        ("team-tools", "group:team", "tools/**", "push"),
        ("of-bob", "user:bob", "team/**", "push"),
        ("for-all", "authenticated", "free/**", "pull"),
    ] {
        app.rule(name, json!({"subjects": [subject], "names": [names], "actions": [action]})).await;
    }
    let ask = json!({"service": "registry", "scope": "repository:team/app:pull,push"});
    let answer = own(&app, "alice", ask.clone()).await;
    assert_eq!(answer["subject"], "user:alice");
    assert_eq!(answer["granted"], json!([{"type": "repository", "name": "team/app", "actions": ["pull"]}]));
    assert_eq!(answer["why"][0]["allowed_by"], json!(["team-pulls"]));
    let misses = answer["why"][1]["near_misses"].as_array().unwrap();
    let named: Vec<&str> = misses.iter().map(|miss| miss["rule"].as_str().unwrap()).collect();
    assert_eq!(named, ["team-pulls", "team-tools"]);
    let answer = own(&app, "bob", json!({"scope": "repository:tools/a:push"})).await;
    assert_eq!(answer["service"], "registry", "the only service is the default");
    assert!(!answer.to_string().contains("team-"), "{answer}");
    let told = app
        .must(
            "POST",
            "/check",
            json!({"subject": "user:bob", "service": "registry", "scope": "repository:tools/a:push"}),
        )
        .await;
    assert!(told.to_string().contains("team-tools"), "an administrator sees all rules: {told}");

    let key = json!({"name": "k", "scopes": ["repository:**:pull"]});
    let key = app.must("POST", "/users/alice/access-keys", key).await;
    let narrow = ("alice", key["secret"].as_str().unwrap());
    assert_eq!(app.api_as(narrow, "POST", "/me/check", Some(ask.clone())).await.status, 403);
    app.must("PUT", "/services/second", json!({})).await;
    for (body, status) in [
        (json!({"scope": "repository:a:pull"}), 422),
        (json!({"service": "ghost", "scope": "repository:a:pull"}), 404),
        (json!({"service": "a,b", "scope": "repository:a:pull"}), 422),
        (json!({"service": "registry", "scope": "repository:a:pull", "subject": "user:bob"}), 422),
        (json!({"service": "registry"}), 422),
    ] {
        let reply = app.api_as(("bob", PASSWORD), "POST", "/me/check", Some(body.clone())).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_are_told_of_themselves_holds_from_where_they_are() {
    let app = App::spawn().await;
    app.user("alice").await;
    for (name, network) in [("here", "127.0.0.0/8"), ("there", "198.51.100.0/24")] {
        let rule =
            json!({"subjects": ["user:alice"], "names": [name], "actions": ["pull"], "networks": [network]});
        app.rule(name, rule).await;
    }
    let answer = own(&app, "alice", json!({"scope": "repository:here:pull repository:there:pull"})).await;
    assert_eq!((&answer["why"][0]["granted"], &answer["why"][1]["granted"]), (&json!(true), &json!(false)));
    let misses = answer["why"][1]["near_misses"].as_array().unwrap();
    assert!(misses.contains(&json!({"rule": "there", "failed": "network"})), "{answer}");
    let mine = app.api_as(ADMIN, "POST", "/me/check", Some(json!({"scope": "repository:any:push"}))).await;
    assert_eq!(mine.json()["why"][0]["allowed_by"], json!(["admins"]));
}
