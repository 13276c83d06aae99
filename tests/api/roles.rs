//! The roles of callers: every operation of the API with every kind of sign-in.

use super::helpers::{ADMIN, App, PASSWORD};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The sign-ins that an operation accepts.
#[derive(Clone, Copy, PartialEq, Debug)]
enum For {
    /// An administrator with the password or an access key that is not narrowed.
    Administrators,
    /// Every sign-in except a narrowed access key.
    Everybody,
    /// Every sign-in.
    Anyhow,
    /// Only the password itself.
    Password,
    /// Everybody, even without a sign-in.
    Public,
}
use For::{Administrators, Anyhow, Everybody, Password, Public};

/// Lists every operation: method, path, a real path, a body, the accepted sign-ins, and the expected status.
fn operations() -> Vec<(&'static str, &'static str, String, Value, For, u16)> {
    let no_id = "00000000-0000-4000-8000-000000000000";
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    let check = json!({"subject": "anonymous", "service": "registry", "scope": "repository:a:pull"});
    let own_check = json!({"scope": "repository:a:pull"});
    let password =
        json!({"current_password": "not it at all, no", "new_password": "another long enough one"});
    let mut all = vec![
        ("POST", "/check", "/check".to_owned(), check, Administrators, 200),
        ("POST", "/preview", "/preview".to_owned(), json!([]), Administrators, 200),
        ("GET", "/who-can", "/who-can?name=a&action=pull".to_owned(), Value::Null, Administrators, 200),
        ("POST", "/apply", "/apply".to_owned(), Value::Null, Administrators, 200),
        ("GET", "/changes", "/changes".to_owned(), Value::Null, Administrators, 200),
        (
            "GET",
            "/refresh-tokens",
            "/refresh-tokens?subject=user:admin".to_owned(),
            Value::Null,
            Administrators,
            200,
        ),
        (
            "DELETE",
            "/refresh-tokens",
            "/refresh-tokens?subject=user:x".to_owned(),
            Value::Null,
            Administrators,
            404,
        ),
        (
            "DELETE",
            "/refresh-tokens/{id}",
            format!("/refresh-tokens/{no_id}"),
            Value::Null,
            Administrators,
            404,
        ),
        ("DELETE", "/access-keys/{id}", format!("/access-keys/{no_id}"), Value::Null, Administrators, 404),
        ("GET", "/status", "/status".to_owned(), Value::Null, Administrators, 200),
        ("GET", "/me", "/me".to_owned(), Value::Null, Anyhow, 200),
        ("POST", "/me/check", "/me/check".to_owned(), own_check, Everybody, 200),
        ("GET", "/me/services", "/me/services".to_owned(), Value::Null, Everybody, 200),
        ("GET", "/me/browser-session", "/me/browser-session".to_owned(), Value::Null, Everybody, 404),
        ("DELETE", "/me/browser-session", "/me/browser-session".to_owned(), Value::Null, Everybody, 404),
        ("PUT", "/me/password", "/me/password".to_owned(), password, Password, 422),
        ("GET", "/me/access-keys", "/me/access-keys".to_owned(), Value::Null, Everybody, 200),
        ("POST", "/me/access-keys", "/me/access-keys".to_owned(), json!({"name": "k"}), Password, 201),
        ("DELETE", "/me/access-keys/{id}", format!("/me/access-keys/{no_id}"), Value::Null, Everybody, 404),
        ("GET", "/me/refresh-tokens", "/me/refresh-tokens".to_owned(), Value::Null, Everybody, 200),
        (
            "DELETE",
            "/me/refresh-tokens/{id}",
            format!("/me/refresh-tokens/{no_id}"),
            Value::Null,
            Everybody,
            404,
        ),
        ("GET", "/me/usage", "/me/usage".to_owned(), Value::Null, Everybody, 200),
        ("GET", "/repositories", "/repositories".to_owned(), Value::Null, Everybody, 200),
        (
            "GET",
            "/repositories/{service}/{repository}",
            "/repositories/registry/no/such".to_owned(),
            Value::Null,
            Everybody,
            404,
        ),
        ("GET", "/suggestions", "/suggestions".to_owned(), Value::Null, Administrators, 200),
        ("GET", "/usage", "/usage".to_owned(), Value::Null, Administrators, 200),
        ("GET", "/activity", "/activity".to_owned(), Value::Null, Administrators, 200),
        (
            "GET",
            "/pulls",
            format!("/pulls?digest=sha256:{}", "a".repeat(64)),
            Value::Null,
            Administrators,
            200,
        ),
        ("GET", "/openapi.json", "/openapi.json".to_owned(), Value::Null, Public, 200),
    ];
    for (list, one, body) in [
        ("/users", "/users/{name}", json!({})),
        ("/robots", "/robots/{name}", json!({})),
        ("/groups", "/groups/{name}", json!({})),
        ("/services", "/services/{name}", json!({})),
        ("/rules", "/rules/{name}", rule),
    ] {
        let at = one.replace("{name}", "some");
        all.push(("GET", list, list.to_owned(), Value::Null, Administrators, 200));
        all.push(("GET", one, at.clone(), Value::Null, Administrators, 404));
        all.push(("PATCH", one, at.clone(), json!({}), Administrators, 404));
        all.push(("DELETE", one, at.clone(), Value::Null, Administrators, 404));
        let fresh = at.replace("some", &format!("fresh{}", list.replace('/', "-")));
        all.push(("PUT", one, fresh, body, Administrators, 201));
    }
    let (list, one) = ("/identity-providers", "/identity-providers/{name}");
    let at = "/identity-providers/some".to_owned();
    let client = json!({"issuer": "https://id.example.org", "client_id": "portreeve"});
    all.push(("GET", list, list.to_owned(), Value::Null, Administrators, 200));
    all.push(("GET", one, at.clone(), Value::Null, Administrators, 404));
    // The server is not allowed to call the host of the issuer, so it answers 422.
    all.push(("PUT", one, at.clone(), client, Administrators, 422));
    all.push(("PATCH", one, at.clone(), json!({}), Administrators, 404));
    all.push(("DELETE", one, at.clone(), Value::Null, Administrators, 404));
    let (test, release) = ("/identity-providers/{name}/test", "/identity-providers/{name}/release");
    all.push(("POST", test, format!("{at}/test"), json!({}), Administrators, 404));
    all.push(("POST", release, format!("{at}/release"), Value::Null, Administrators, 404));
    let (identity, at) = ("/users/{name}/identity", "/users/some/identity".to_owned());
    let link = json!({"provider": "some", "external_id": "1"});
    all.push(("GET", identity, at.clone(), Value::Null, Administrators, 404));
    all.push(("PUT", identity, at.clone(), link, Administrators, 404));
    all.push(("DELETE", identity, at.clone(), Value::Null, Administrators, 404));
    all.push((
        "POST",
        "/users/{name}/identity/recheck",
        format!("{at}/recheck"),
        Value::Null,
        Administrators,
        404,
    ));
    let (path, at) = ("/services/{name}/registry-config", "/services/some/registry-config".to_owned());
    all.push(("GET", path, at, Value::Null, Administrators, 404));
    let (path, at) = ("/services/{name}/crawl", "/services/some/crawl".to_owned());
    all.push(("GET", path, at.clone(), Value::Null, Administrators, 404));
    all.push(("POST", path, at, json!({}), Administrators, 404));
    for of in ["users", "robots"] {
        let path = if of == "users" { "/users/{name}/access-keys" } else { "/robots/{name}/access-keys" };
        let at = format!("/{of}/some/access-keys");
        all.push(("GET", path, at.clone(), Value::Null, Administrators, 404));
        all.push(("POST", path, at, json!({"name": "k"}), Administrators, 404));
        let path = if of == "users" { "/users/{name}/last-sign-in" } else { "/robots/{name}/last-sign-in" };
        all.push(("GET", path, format!("/{of}/some/last-sign-in"), Value::Null, Administrators, 404));
    }
    let (path, at) = ("/users/{name}/invitation", "/users/some/invitation".to_owned());
    all.push(("POST", path, at.clone(), Value::Null, Administrators, 404));
    all.push(("DELETE", path, at, Value::Null, Administrators, 404));
    all.push(("GET", "/invitations", "/invitations".to_owned(), Value::Null, Administrators, 200));
    let (members, at) = ("/groups/{name}/members", "/groups/some/members".to_owned());
    all.push(("GET", members, at, Value::Null, Administrators, 404));
    let (member, at) = ("/groups/{name}/members/{member}", "/groups/some/members/user:x");
    all.push(("PUT", member, at.to_owned(), Value::Null, Administrators, 404));
    all.push(("DELETE", member, at.to_owned(), Value::Null, Administrators, 404));
    all
}

/// A way to sign in.
enum Login {
    None,
    Basic(&'static str, String),
    Bearer(String),
}

impl Login {
    fn put_on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Basic(user, password) => request.basic_auth(user, Some(password)),
            Self::Bearer(key) => request.bearer_auth(key),
        }
    }
}

async fn call(app: &App, login: &Login, method: &str, path: &str, body: &Value) -> (u16, String) {
    let mut request = login.put_on(app.request(method, &format!("/api/v1{path}")));
    if path == "/apply" {
        request = request.header("content-type", "application/yaml").body("");
    } else if !body.is_null() {
        request = request.json(body);
    }
    let reply = App::send(request).await;
    (reply.status, reply.text)
}

/// Starts a server. Returns every kind of login, and its name.
async fn world() -> (App, Vec<(&'static str, Login)>) {
    let app = App::spawn().await;
    app.user("ordinary").await;
    let robot = app.robot("worker", Value::Null).await;
    let own_key = async |narrowed: Value| {
        let body = json!({"name": "test", "scopes": narrowed});
        app.must("POST", "/users/admin/access-keys", body).await["secret"].as_str().unwrap().to_owned()
    };
    let (whole, narrow) = (own_key(Value::Null).await, own_key(json!(["repository:**:pull"])).await);
    let jwt = app.token(Some(ADMIN), "scope=repository:a:pull").await.token();
    let refresh = app.token(Some(ADMIN), "offline_token=true").await.refresh_token();
    let logins = vec![
        ("nobody", Login::None),
        ("a wrong password", Login::Basic("admin", "not the password, surely".to_owned())),
        ("a registry's token", Login::Bearer(jwt)),
        ("a refresh token", Login::Bearer(refresh)),
        ("an ordinary user", Login::Basic("ordinary", PASSWORD.to_owned())),
        ("a robot", Login::Bearer(robot)),
        ("a narrowed key of an administrator", Login::Bearer(narrow)),
        ("a key of an administrator", Login::Bearer(whole)),
        ("an administrator", Login::Basic(ADMIN.0, ADMIN.1.to_owned())),
    ];
    (app, logins)
}

/// Returns two flags for a login of [`world`]: true if the login is accepted, and true if its account may call an
/// operation for `whom`.
fn rights(who: &str, whom: For) -> (bool, bool) {
    let signed_in = !matches!(who, "nobody" | "a wrong password" | "a registry's token" | "a refresh token");
    let narrowed = who.starts_with("a narrowed");
    let may = match whom {
        Public => true,
        Anyhow => signed_in,
        Everybody => signed_in && !narrowed,
        Password => matches!(who, "an ordinary user" | "an administrator"),
        Administrators => who.ends_with("administrator") && !narrowed,
    };
    (signed_in, may)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_for_whom_it_is_meant_and_for_nobody_else() {
    let (app, logins) = world().await;
    for (method, _, path, body, whom, status) in operations() {
        for (who, login) in &logins {
            let (signed_in, may) = rights(who, whom);
            // The first administrator who calls the operation creates the object.
            let expected: &[u16] = match (may, signed_in) {
                (true, _) if status == 201 => &[200, 201],
                (true, _) => &[status],
                (false, true) => &[403],
                (false, false) => &[401],
            };
            let (got, text) = call(&app, login, method, &path, &body).await;
            assert!(expected.contains(&got), "{method} {path} by {who}: {got} {text}, not {expected:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_do_it_is_told_so_whatever_else_is_wrong_with_the_request() {
    let (app, logins) = world().await;
    let mut asked = 0;
    for (method, _, path, _, whom, _) in operations() {
        // The parameters, the conditions and the body are malformed. Missing rights must be reported before these faults.
        let path = format!("{}?nonsense=%ff", path.split('?').next().unwrap());
        for (who, login) in &logins {
            let (signed_in, may) = rights(who, whom);
            if may {
                continue;
            }
            let request = login.put_on(app.request(method, &format!("/api/v1{path}")));
            let request = request.header("if-match", "7").header("if-none-match", "7");
            let reply = App::send(request.header("content-type", "application/json").body("{")).await;
            let expected = if signed_in { 403 } else { 401 };
            assert_eq!(reply.status, expected, "{method} {path} by {who}: {}", reply.text);
            asked += 1;
        }
    }
    assert!(asked > 250, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_operations_is_whole() {
    let app = App::spawn().await;
    let document = App::send(app.request("GET", "/api/v1/openapi.json")).await.json();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if let Some(path) = path.strip_prefix("/api/v1") {
            for method in item.as_object().unwrap().keys() {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let listed: BTreeSet<String> =
        operations().iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    assert_eq!(listed, described);
}
