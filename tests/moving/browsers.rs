//! Browser sessions, waiting devices and invitations end with a restore, and with the end of all sessions. A secret
//! that was used once must not become valid again.

use crate::pages::Browser;
use crate::program::run;
use crate::server::{ADMIN_PASSWORD, Server, client};
use serde_json::{Value, json};
use std::path::Path;

const SQLITE: &str = "sqlite://portreeve.db";

/// A person who is signed in, a waiting device, and an invitation.
struct UnderWay {
    browser: Browser,
    device: String,
    link: String,
}

impl UnderWay {
    async fn begin(server: &Server) -> Self {
        let browser = Browser::new(&server.url(""));
        browser.sign_in("admin", ADMIN_PASSWORD).await.leads_to("/signin/keys");
        let begin = client().post(server.url("/oauth2/device_authorization")).form(&[("client_id", "x")]);
        let begun: Value = begin.send().await.unwrap().json().await.unwrap();
        server.must("PUT", "/users/newcomer", json!({})).await;
        let invitation = server.must("POST", "/users/newcomer/invitation", Value::Null).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { browser, device: text(&begun["device_code"]), link: text(&invitation["url"]) }
    }

    /// Tries the session, the device and the invitation at a server. Returns true for each one that still works.
    async fn goes_on(&self, server: &Server) -> [bool; 3] {
        let cookies = self.browser.cookies.lock().unwrap().clone();
        let browser = Browser::new(&server.url(""));
        *browser.cookies.lock().unwrap() = cookies;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.device.as_str()),
        ];
        let asked = client().post(server.url("/oauth2/token")).form(&form).send().await.unwrap();
        let error = asked.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned();
        let code = self.link.rsplit('/').next().unwrap();
        let invited = browser.open(&format!("/signin/invite/{code}")).await.status;
        [browser.open("/signin/keys").await.status == 200, error == "authorization_pending", invited == 200]
    }
}

async fn started(folder: &Path) -> Server {
    let mut server = Server::spawn(folder, SQLITE, &[]);
    server.ready().await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_ends_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = started(folder.path()).await;
    let under_way = UnderWay::begin(&server).await;
    assert_eq!(under_way.goes_on(&server).await, [true; 3]);
    run(folder.path(), &["backup", "backup.db"]).await.ok();
    for keep in [&["restore", "backup.db"][..], &["restore", "backup.db", "--keep-sessions"]] {
        assert!(server.terminate().success());
        run(folder.path(), keep).await.ok();
        server = started(folder.path()).await;
        assert_eq!(under_way.goes_on(&server).await, [false; 3], "{keep:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_all_sessions_ends_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = started(folder.path()).await;
    let under_way = UnderWay::begin(&server).await;
    run(folder.path(), &["admin", "end-sessions"]).await.ok();
    assert_eq!(under_way.goes_on(&server).await, [false; 3]);
}
