//! The paths for registry clients: the found names, their order and number, and the refusals.

use crate::database;
use crate::helpers::{ADMIN, App, PASSWORD, Setup};
use crate::rows;
use crate::stock::{ask, basic, found, listed, report, stocked};
use portreeve::config::FlagSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const IMAGES: [&str; 6] = ["api:1", "api:2", "my-api", "team/api", "team/api-2", "team/happier"];

fn admin() -> String {
    basic(ADMIN.0, ADMIN.1)
}

async fn allow_all(app: &App) {
    app.rule("all", json!({"subjects": ["user:admin"], "names": ["**"], "actions": ["pull"]})).await;
}

#[tokio::test]
async fn the_nearest_names_come_first_and_no_more_than_wanted() {
    let app = stocked(&IMAGES).await;
    allow_all(&app).await;
    assert_eq!(found(&app, Some(&admin()), "api").await, ["api", "team/api", "team/api-2", "my-api"]);
    assert_eq!(found(&app, Some(&admin()), "API").await.len(), 4, "names are in lower case");
    assert_eq!(found(&app, Some(&admin()), "").await.len(), 5);
    assert!(found(&app, Some(&admin()), "none").await.is_empty());
    for (number, expected) in [("2", 2), ("0", 1), ("1000", 5), ("x", 5), ("", 5)] {
        let reply = ask(&app, Some(&admin()), &format!("/v1/search?q=&n={number}")).await.json();
        assert_eq!(reply["num_results"], expected, "n={number}");
    }
    let body = ask(&app, Some(&admin()), "/v1/search?q=team%2Fapi&n=1").await.json();
    let one = json!({
        "name": "team/api", "description": "", "star_count": 0, "is_official": false, "is_automated": false
    });
    assert_eq!(body, json!({"query": "team/api", "num_results": 1, "results": [one]}));
}

#[tokio::test]
async fn a_service_that_does_not_serve_its_names_answers_as_one_that_does_not_exist() {
    let app = App::spawn().await;
    report(&app, "registry", &IMAGES).await;
    allow_all(&app).await;
    let nothing = ask(&app, None, "/services/none/v2/_catalog").await.text;
    assert!(nothing.contains("`search: true`") && !nothing.contains("/token"), "{nothing}");
    let paths =
        ["/v1/search?q=api", "/v1/_ping", "/v1/users/", "/v1/other", "/v2/_catalog", "/v2/api/tags/list"];
    for path in paths {
        for base in ["", "/services/registry", "/services/none"] {
            for login in [None, Some(admin())] {
                let reply = ask(&app, login.as_deref(), &format!("{base}{path}")).await;
                assert_eq!((reply.status, reply.text), (404, nothing.clone()), "{base}{path}");
            }
        }
    }
    app.must("PATCH", "/services/registry", json!({"search": true})).await;
    for path in paths {
        for base in ["", "/services/registry"] {
            let reply = ask(&app, Some(&admin()), &format!("{base}{path}")).await;
            let expected = if path == "/v1/other" { 404 } else { 200 };
            assert_eq!(reply.status, expected, "{base}{path}: {}", reply.text);
        }
    }
    app.must("PUT", "/services/other", json!({"search": true})).await;
    assert_eq!(
        ask(&app, Some(&admin()), "/v1/_ping").await.status,
        404,
        "with two services, the path must name one"
    );
    assert_eq!(ask(&app, Some(&admin()), "/services/other/v1/_ping").await.status, 200);
    let other = ask(&app, Some(&admin()), "/services/other/v1/search?q=").await.json();
    assert_eq!(other["num_results"], 0, "each service has its own names");
    app.must("PATCH", "/services/registry", json!({"search": false})).await;
    assert_eq!(ask(&app, Some(&admin()), "/services/registry/v2/_catalog").await.status, 404);
}

#[tokio::test]
async fn the_catalogue_has_the_limits_of_registries() {
    let app = stocked(&IMAGES).await;
    allow_all(&app).await;
    for (query, names, link) in [
        ("", "api my-api team/api team/api-2 team/happier", None),
        ("?n=2", "api my-api", Some("</v2/_catalog?last=my%2Dapi&n=2>; rel=\"next\"")),
        (
            "?n=2&last=my-api",
            "team/api team/api-2",
            Some("</v2/_catalog?last=team%2Fapi%2D2&n=2>; rel=\"next\""),
        ),
        ("?n=2&last=team/api-2", "team/happier", None),
        ("?n=0", "", None),
        ("?n=1000&last=zzz", "", None),
    ] {
        let reply = ask(&app, Some(&admin()), &format!("/v2/_catalog{query}")).await;
        let body = reply.json();
        let listed: Vec<&str> =
            body["repositories"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!((listed.join(" ").as_str(), reply.header("link")), (names, link), "{query}");
        assert_eq!(reply.header("docker-distribution-api-version"), Some("registry/2.0"));
    }
    for number in ["1001", "-1", "x", "1.5"] {
        for path in ["/v2/_catalog", "/v2/api/tags/list"] {
            let reply = ask(&app, Some(&admin()), &format!("{path}?n={number}")).await;
            assert_eq!(reply.status, 400, "{path} {number}");
            let error = &reply.json()["errors"][0];
            assert_eq!(
                (&error["code"], &error["detail"]["n"]),
                (&json!("PAGINATION_NUMBER_INVALID"), &json!(number))
            );
        }
    }
    assert_eq!(listed(&app, &admin(), 1).await.len(), 5);
}

#[tokio::test]
async fn whether_a_repository_is_there_is_told_to_those_alone_who_may_pull() {
    let app = stocked(&IMAGES).await;
    app.user("alice").await;
    app.rule("alice", json!({"subjects": ["user:alice"], "names": ["api", "gone/**"], "actions": ["pull"]}))
        .await;
    let alice = basic("alice", PASSWORD);
    let tags = |query: &str| format!("/v2/api/tags/list{query}");
    let reply = ask(&app, Some(&alice), &tags("")).await;
    assert_eq!(reply.json(), json!({"name": "api", "tags": ["1", "2"]}));
    let reply = ask(&app, Some(&alice), &tags("?n=1")).await;
    assert_eq!(reply.json()["tags"], json!(["1"]));
    assert_eq!(reply.header("link"), Some("</v2/api/tags/list?last=1&n=1>; rel=\"next\""));
    assert_eq!(ask(&app, Some(&alice), &tags("?n=1&last=1")).await.json()["tags"], json!(["2"]));
    let gone = ask(&app, Some(&alice), "/v2/gone/app/tags/list").await;
    assert_eq!((gone.status, &gone.json()["errors"][0]["code"]), (404, &json!("NAME_UNKNOWN")));
    let mut answers = Vec::new();
    for name in ["team/api", "team/none"] {
        let reply = ask(&app, Some(&alice), &format!("/v2/{name}/tags/list")).await;
        let challenge = reply.header("www-authenticate").unwrap().replace(name, "NAME");
        answers.push((reply.status, challenge, reply.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, 401);
    assert!(
        answers[0].1.contains("scope=\"repository:NAME:pull\",error=\"insufficient_scope\""),
        "{answers:?}"
    );
}

#[tokio::test]
async fn clients_are_told_how_to_be_let_in_and_what_is_no_more() {
    let app = stocked(&IMAGES).await;
    let realm = format!("http://localhost:{}/token", app.address.port());
    for (path, scope) in
        [("/v2/_catalog", "registry:catalog:*"), ("/v2/team/api/tags/list", "repository:team/api:pull")]
    {
        let reply = ask(&app, None, path).await;
        let challenge = format!("Bearer realm=\"{realm}\",service=\"registry\",scope=\"{scope}\"");
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some(challenge.as_str())));
        let reply = ask(&app, Some(&basic("admin", "wrong password")), path).await;
        let challenge = format!("{challenge},error=\"invalid_token\"");
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some(challenge.as_str())));
    }
    let wrong = ask(&app, Some(&basic("admin", "wrong password")), "/v1/search?q=api").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic "));
    // podman sends its login after a 404.
    let podman =
        app.request("GET", "/v1/search?q=api").header("Docker-Distribution-Api-Version", "registry/2.0");
    assert_eq!(App::send(podman).await.status, 404);
    assert!(found(&app, None, "api").await.is_empty(), "docker without a login");
    assert!(found(&app, Some("Basic Og=="), "api").await.is_empty(), "docker without a login over https");

    let ping = ask(&app, None, "/v1/_ping").await;
    assert_eq!((ping.status, ping.json()), (200, json!({"standalone": true})));
    assert_eq!(ask(&app, None, "/v1/users/").await.status, 401);
    assert_eq!(ask(&app, Some(&basic("admin", "x")), "/v1/users/").await.status, 401);
    let login = ask(&app, Some(&admin()), "/v1/users/").await;
    assert_eq!((login.status, login.text.as_str()), (200, "\"OK\""));
    let made = App::send(app.request("POST", "/v1/users/").json(&json!({"username": "x"}))).await;
    assert_eq!(made.status, 400, "{}", made.text);
    for (method, path) in [
        ("GET", "/v1/repositories/team/api/images"),
        ("PUT", "/v1/search"),
        ("GET", "/v1/"),
        ("DELETE", "/v1/users"),
    ] {
        let reply = App::send(app.request(method, path)).await;
        let expected = json!({"error": "this registry speaks only v2: use a newer client"});
        assert_eq!((reply.status, reply.json()), (404, expected), "{method} {path}");
    }
    assert_eq!(App::send(app.request("DELETE", "/v2/_catalog")).await.status, 405);
    let metrics = App::send(app.request("GET", "/metrics")).await.text;
    assert!(metrics.contains("endpoint=\"catalogue\""), "wrong passwords are counted");
}

#[tokio::test]
async fn what_was_pushed_is_found_within_seconds() {
    let app = stocked(&["old"]).await;
    allow_all(&app).await;
    assert_eq!(found(&app, Some(&admin()), "").await, ["old"]);
    report(&app, "registry", &["new:1"]).await;
    let patience = Instant::now() + Duration::from_secs(30);
    while found(&app, Some(&admin()), "").await != ["new", "old"] {
        assert!(Instant::now() < patience, "the pushed image is not found");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn paths_and_names_are_taken_as_the_proxy_sends_them() {
    let flags = FlagSettings { services: vec!["Docker registry/5%".to_owned()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let path = "Docker%20registry%2F5%25";
    report(&app, path, &["team/api"]).await;
    allow_all(&app).await;
    app.must("PATCH", &format!("/services/{path}"), json!({"search": true})).await;
    let services = app.must("GET", "/services", Value::Null).await;
    assert_eq!(services["items"].as_array().unwrap().len(), 1, "{services}");
    assert_eq!(found(&app, Some(&admin()), "api").await, ["team/api"]);
    let reply = ask(&app, Some(&admin()), &format!("/services/{path}/v2/team%2Fapi/tags/list")).await;
    assert_eq!(reply.json(), json!({"name": "team/api", "tags": ["latest"]}));
    let reply = ask(&app, None, &format!("/services/{path}/v2/_catalog")).await;
    assert!(reply.header("www-authenticate").unwrap().contains("service=\"Docker registry/5%\""));
}

#[tokio::test]
async fn a_path_that_names_no_repository_is_refused_without_a_scope() {
    let app = stocked(&IMAGES).await;
    allow_all(&app).await;
    for name in ["a%0Ab", "a%0D%0Ax-a:%20b", "Upper", "a//b", "%00", "%C3%A4", "a%22,b=%22", "%FF"] {
        for login in [None, Some(admin())] {
            let reply = ask(&app, login.as_deref(), &format!("/v2/{name}/tags/list")).await;
            assert_eq!(reply.status, 401, "{name}: {}", reply.text);
            let challenge = reply.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer ") && !challenge.contains("scope="), "{name}: {challenge}");
        }
    }
}

#[tokio::test]
async fn a_list_of_very_many_tags_comes_in_pages() {
    let app = stocked(&["api:0"]).await;
    allow_all(&app).await;
    let url = match app.folder.database_file() {
        Some(_) => rows::beside(app.folder.path(), "portreeve"),
        None => app.folder.database_url(),
    };
    let tags = "INSERT INTO tags (service, repository, name, digest, seen_at, changed_by) \
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10004) \
        SELECT 'registry', 'api', CAST(i AS TEXT), '', 1, '' FROM n";
    database::run(&url, tags).await;
    let (mut path, mut pages, mut seen) = ("/v2/api/tags/list".to_owned(), Vec::new(), BTreeSet::new());
    loop {
        let reply = ask(&app, Some(&admin()), &path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let body = reply.json();
        let tags = body["tags"].as_array().unwrap();
        pages.push(tags.len());
        seen.extend(tags.iter().map(|tag| tag.as_str().unwrap().to_owned()));
        let Some(link) = reply.header("link") else { break };
        assert!(!link.contains("n="), "a number of 10,000 would be refused: {link}");
        path = link.strip_prefix('<').unwrap().split_once('>').unwrap().0.to_owned();
    }
    assert_eq!((pages, seen.len()), (vec![10_000, 5], 10_005));
}
