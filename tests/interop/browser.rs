//! A real browser on the sign-in pages, and the use of the keys that people create there. `browser.mjs` contains the
//! steps. Pictures of every page are in `target/browser-pictures`.

use super::port::{ADMIN, PASSWORD, Port, run_within};
use std::path::Path;

/// The time limit of the steps, in seconds. Without other tests they take half a minute.
const SECONDS: u32 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_makes_a_key_pushes_with_it_and_is_refused_once_it_is_revoked() {
    let port = Port::open();
    port.people().await;
    port.content("an image");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.join("target");
    let chromium =
        std::env::var("PORTREEVE_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let environment = [
        ("SERVER", format!("http://{}", port.server)),
        ("REGISTRY", port.registry.clone()),
        ("TOOLS", text(&target.join("browser-tools"))),
        ("SHOTS", text(&target.join("browser-pictures"))),
        ("KUBECTL", text(&target.join("packaging-tools/bin"))),
        ("FOLDER", text(port.path())),
        ("PROGRAM", env!("CARGO_BIN_EXE_portreeve").to_owned()),
        ("CHROMIUM", chromium),
        ("ADMIN", ADMIN.to_owned()),
        ("USER", "writer".to_owned()),
        ("PASSWORD", PASSWORD.to_owned()),
    ];
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let story = text(&here.join("tests/interop/browser.mjs"));
    let said = run_within(SECONDS, "node", &[story.as_str()], port.path(), &environment, "");
    assert!(said.succeeded() && said.text().contains("0 troubles"), "{}", said.text());
    // The log contains no secret that the server issued, and no typed password.
    let log = port.server_log();
    assert!(log.contains("event=\"signed_in\"") && log.contains("event=\"device_key_issued\""), "{log}");
    assert!(!log.contains("ptr_") && !log.contains(PASSWORD), "{log}");
}
