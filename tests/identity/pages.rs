//! Pages about a provider say what to do. They do not reveal how this server reaches the provider. A sign-in whose
//! provider gets another issuer meanwhile is refused.

use super::browser::Browser;
use super::world::{Database, World, on_both_databases};
use serde_json::json;
use std::time::Duration;

on_both_databases!(
    anonymous_visitors_see_no_internal_reason,
    somebody_signed_in_does_not_look_signed_out_while_the_provider_is_silent,
    a_sign_in_ends_with_the_issuer_that_it_began_with,
);

async fn anonymous_visitors_see_no_internal_reason(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    let mut browser = Browser::new();
    world.provider.person("id-1", "erin", &[]).await;
    let callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
    world.provider.mode("invalid_client").await;
    let page = browser.open(callback.as_str()).await;
    assert!(page.status == 503 && page.text.contains("gives no usable answer"), "{page:?}");
    for part in ["invalid_client", "client_id", "client_secret", "127.0.0.1"] {
        assert!(!page.text.contains(part), "{part}: {}", page.text);
    }
    // The file with the secret cannot be read. The page for visitors does not name the file.
    let secret = world.folder.path().join("secret");
    std::fs::write(&secret, "a secret").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    world.must("PATCH", "/identity-providers/corp", json!({"client_secret": {"file": secret}})).await;
    std::fs::remove_file(&secret).unwrap();
    let page = Browser::new().open(&world.start_path()).await;
    assert!(page.status == 403 && page.text.contains("is not set up"), "{page:?}");
    assert!(!page.text.contains(secret.to_str().unwrap()), "{}", page.text);
    let shown = world.must("GET", "/identity-providers/corp", json!(null)).await;
    assert_eq!(shown["warnings"][0]["code"], "secret-file", "{shown}");
}

async fn somebody_signed_in_does_not_look_signed_out_while_the_provider_is_silent(database: Database) {
    let world = World::with_provider(database, json!({"recheck": 3600, "hold": 2})).await;
    world.provider.person("id-1", "erin", &[]).await;
    let mut browser = world.sign_in("id-1").await;
    assert_eq!(browser.open(&world.url("/signin/keys")).await.status, 200);
    world.provider.mode("failing").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let page = browser.open(&world.url("/signin/keys")).await;
    assert!(page.status == 503 && page.text.contains("You are not signed out"), "{page:?}");
    let page = browser.open(&world.url("/signin")).await;
    assert!(page.status == 200 && page.text.contains("gives no answer at the moment"), "{page:?}");
    assert!(browser.cookie(&world.url("/"), "__Host-ptr_session").is_some());
    world.provider.mode("normal").await;
    let patience = Duration::from_secs(20);
    let keys = world.url("/signin/keys");
    let browser = tokio::sync::Mutex::new(browser);
    world
        .until("the session goes on", patience, async || browser.lock().await.open(&keys).await.status == 200)
        .await;
}

async fn a_sign_in_ends_with_the_issuer_that_it_began_with(database: Database) {
    let world = World::with_provider(database, json!({})).await;
    world.provider.person("id-1", "erin", &[]).await;
    let mut browser = Browser::new();
    let callback = browser.until_callback(&world.start_path(), "id-1").await.unwrap();
    let moved = json!({"issuer": format!("{}/", world.provider.issuer())});
    // Another issuer must not get the secret of this issuer.
    let refused = world.api("PATCH", "/identity-providers/corp", moved.clone()).await;
    assert!(refused.status == 422 && refused.text.contains("must not get the secret"), "{refused:?}");
    world.set_up(moved).await;
    let page = browser.open(callback.as_str()).await;
    assert!(page.status == 403 && page.text.contains("was changed meanwhile"), "{page:?}");
    assert_eq!(world.provider.counts().await, (0, 0), "the code was not sent");
    world.set_up(json!({})).await;
    world.sign_in("id-1").await;
}
