//! An account keeps labels and the administrator flag of its provider only while it is linked and the settings of the
//! provider give them. Exported files contain the link to the provider.

use super::world::{ADMIN, Database, World, on_both_databases};
use crate::reply::send;
use serde_json::{Value, json};
use std::process::{Command, Output};

on_both_databases!(
    labels_and_the_administrator_flag_go_with_the_identity,
    what_the_settings_do_not_give_any_more_goes_at_once,
    files_bring_back_what_a_provider_keeps,
);

async fn labels_and_the_administrator_flag_go_with_the_identity(database: Database) {
    let world = World::with_provider(database, json!({"admin_groups": ["ops"]})).await;
    world.provider.person("id-1", "erin", &["ops"]).await;
    world.provider.person("id-2", "frank", &["ops"]).await;
    for id in ["id-1", "id-2"] {
        world.sign_in(id).await;
    }
    let by_hand = json!({"labels": {"team": ["web/api"], "desk": ["7"]}});
    world.must("PATCH", "/users/erin", by_hand).await;
    let shown = async |user: &str| {
        let user = world.must("GET", &format!("/users/{user}"), json!(null)).await;
        (user["admin"].clone(), user["labels"].clone(), user["identity"].clone())
    };
    let identity = json!({"provider": "corp", "external_id": "id-1"});
    assert_eq!(
        shown("erin").await,
        (json!(true), json!({"desk": ["7"], "team": ["web/api"]}), identity),
        "the provider made erin an administrator"
    );
    world.must("DELETE", "/users/erin/identity", json!(null)).await;
    assert_eq!(shown("erin").await, (json!(false), json!({"desk": ["7"]}), Value::Null), "erin is unlinked");
    world.must("DELETE", "/identity-providers/corp?cascade=true", json!(null)).await;
    assert_eq!(shown("frank").await, (json!(false), json!({}), Value::Null), "the provider was deleted");
}

async fn what_the_settings_do_not_give_any_more_goes_at_once(database: Database) {
    let world = World::with_provider(database, json!({"admin_groups": ["ops"]})).await;
    world.provider.person("id-1", "erin", &["ops"]).await;
    world.sign_in("id-1").await;
    let key = world.key("erin").await;
    let of_erin = async |path: &str| {
        let client = reqwest::Client::new();
        send(client.get(world.url(path)).bearer_auth(&key)).await.status
    };
    assert_eq!(of_erin("/api/v1/users").await, 200);
    world
        .must("PATCH", "/identity-providers/corp", json!({"admin_groups": [], "labels": {"team": null}}))
        .await;
    let erin = world.must("GET", "/users/erin", json!(null)).await;
    assert_eq!((&erin["admin"], &erin["labels"]), (&json!(false), &json!({})));
    assert_eq!(of_erin("/api/v1/users").await, 403);
    // An administrator set the flag and the label, and the settings of the provider do not decide about them. So both
    // stay after the next sign-in and after the end of the link.
    world.must("PATCH", "/users/erin", json!({"admin": true, "labels": {"team": ["x"]}})).await;
    world.sign_in("id-1").await;
    world.must("DELETE", "/users/erin/identity", json!(null)).await;
    let erin = world.must("GET", "/users/erin", json!(null)).await;
    assert_eq!((&erin["admin"], &erin["labels"]), (&json!(true), &json!({"team": ["x"]})));
}

/// Runs the command line with an administrator's key.
fn portreeve(url: &str, key: &str, args: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_portreeve"))
        .env_clear()
        .env("PORTREEVE_URL", url)
        .env("PORTREEVE_TOKEN", key)
        .args(args)
        .output();
    command.unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn files_bring_back_what_a_provider_keeps(database: Database) {
    let world = World::with_provider(database, json!({"admin_groups": ["ops"]})).await;
    world.provider.person("id-1", "erin", &["web", "ops"]).await;
    world.provider.person("id-2", "bob", &["web"]).await;
    world.must("PUT", "/users/bob", json!({"labels": {"desk": ["7"]}})).await;
    world.must("PUT", "/users/bob/identity", json!({"provider": "corp", "external_id": "id-2"})).await;
    for id in ["id-1", "id-2"] {
        world.sign_in(id).await;
    }
    world.must("PUT", "/groups/both", json!({"members": ["user:admin", "user:erin"]})).await;
    let rule =
        json!({"subjects": ["group:corp.web", "group:both"], "names": ["web/**"], "actions": ["pull"]});
    world.must("PUT", "/rules/web", rule).await;
    let key = world.key(ADMIN.0).await;
    let (url, folder) = (world.url(""), world.folder.path());
    let run = async |url: &str, key: &str, args: &[&str]| {
        let (url, key) = (url.to_owned(), key.to_owned());
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let run = move || portreeve(&url, &key, &args.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    let (all, plain) = (folder.join("all.yaml"), folder.join("plain.yaml"));
    let (all, plain) = (all.to_str().unwrap(), plain.to_str().unwrap());
    text(&run(&url, &key, &["export", "--all", all]).await);
    let told = run(&url, &key, &["export", plain]).await;
    text(&told);
    assert!(String::from_utf8_lossy(&told.stderr).contains("the group `both` has members"), "{told:?}");
    let whole = std::fs::read_to_string(all).unwrap();
    for part in ["id-1", "id-2", "corp.web", "oidc:corp"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    // Neither file changes anything on the server that wrote it.
    for file in [all, plain] {
        let plan = text(&run(&url, &key, &["apply", file, "--output", "json"]).await);
        let plan: Value = serde_json::from_str(&plan).unwrap();
        assert_eq!(plan["changes"], json!([]), "{file}");
    }
    let both = world.must("GET", "/groups/both", json!(null)).await;
    assert_eq!(both["members"], json!(["user:admin", "user:erin"]));
    // A preview accepts a user with the existing link. It refuses a new link, and a password beside a link.
    let previewed = async |more: Value| {
        let mut user = json!({"kind": "user", "name": "erin", "admin": true});
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.api("POST", "/preview", json!([user])).await
    };
    let link = |id: &str| json!({"provider": "corp", "external_id": id});
    let plan = previewed(json!({"identity": link("id-1")})).await;
    assert!(plan.status == 200 && !plan.json()["changes"].as_array().unwrap().is_empty(), "{plan:?}");
    let refused = previewed(json!({"identity": link("id-9")})).await;
    assert!(refused.status == 422 && refused.text.contains("use a dry run of `apply`"), "{refused:?}");
    let hash = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC";
    let refused = previewed(json!({"identity": link("id-1"), "password_hash": hash})).await;
    assert!(
        refused.status == 422 && refused.text.contains("does not belong beside `identity`"),
        "{refused:?}"
    );
    // On an empty server, the file of `export --all` creates everything, and the other file is refused. An export from
    // that server gives the file of `export --all` again.
    let (other, _running, _folder) = world.another().await;
    let made = reqwest::Client::new().post(format!("{other}/api/v1/users/admin/access-keys"));
    let made = send(made.basic_auth(ADMIN.0, Some(ADMIN.1)).json(&json!({"name": "test"}))).await;
    let other_key = made.json()["secret"].as_str().unwrap().to_owned();
    let refused = run(&other, &other_key, &["apply", plain]).await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("user:erin"), "{refused:?}");
    text(&run(&other, &other_key, &["apply", all]).await);
    assert_eq!(text(&run(&other, &other_key, &["export", "--all"]).await), whole);
    let plan = text(&run(&other, &other_key, &["apply", all, "--output", "json"]).await);
    assert_eq!(serde_json::from_str::<Value>(&plan).unwrap()["changes"], json!([]));
    // A file cannot make a group of a provider, and cannot add a user for whom the provider does not vouch to such a
    // group.
    let forged = "kind: group\nname: corp.ops2\nmembers: [\"user:admin\"]\nmanaged_by: \"oidc:corp\"\n";
    let kept = "kind: group\nname: corp.web\nmembers: [\"user:admin\"]\nmanaged_by: \"oidc:corp\"\n";
    for (file, why) in [(forged, "reserved for identity providers"), (kept, "alone says who is in it")] {
        std::fs::write(folder.join("forged.yaml"), file).unwrap();
        let refused = run(&other, &other_key, &["apply", folder.join("forged.yaml").to_str().unwrap()]).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(why), "{said}");
    }
}
