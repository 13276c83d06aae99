//! The page at `/docs/`: all of its parts come from the server, under a strict content security policy. The description
//! that it shows is served to everybody.

use super::helpers::App;
use std::time::Duration;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn the_page_and_all_it_names_are_served_here_under_a_strict_policy() {
    let app = App::spawn().await;
    let get = |path: &str| App::send(app.request("GET", path));
    let page = get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let named = regex::Regex::new(r#"(?:src|href)="([^"]+)""#).unwrap();
    let named: Vec<&str> = named.captures_iter(&page.text).map(|found| found.extract::<1>().1[0]).collect();
    assert!(named.len() == 5, "{named:?}");
    assert!(!page.text.contains("<script>") && !page.text.contains("<style"), "{}", page.text);
    for name in named.into_iter().chain(["", "index.html"]) {
        let name = name.trim_start_matches("./");
        let part = get(&format!("/docs/{name}")).await;
        let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("png") => "image/png",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!((part.status, part.header("content-type")), (200, Some(kind)), "{name}");
        assert_eq!(part.header("content-security-policy"), Some(POLICY), "{name}");
        assert_eq!(part.header("x-content-type-options"), Some("nosniff"), "{name}");
    }
    let settings = get("/docs/start.js").await.text;
    assert!(settings.contains("/api/v1/openapi.json") && !settings.contains("http"), "{settings}");
    assert_eq!(get("/docs").await.header("location"), Some("/docs/"));
    assert_eq!(get("/docs/../docs/nothing.js").await.status, 404);
}

/// The browser reports everything that the content security policy forbids.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_the_operations_and_the_policy_forbids_nothing_that_the_page_does() {
    let app = App::spawn().await;
    let browser = std::env::var("PORTREEVE_TEST_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let mut command = tokio::process::Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", app.folder.path().join("browser").display()))
        .args(["--dump-dom", &app.url("/docs/")])
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(120), command.output()).await;
    let output = output.expect("the browser took too long").expect("chromium is missing: run tests/run");
    let (page, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(page.contains("Creates or replaces a user."), "{page}\n{log}");
    assert!(!log.contains("Content Security Policy") && !log.contains("CONSOLE"), "{log}");
}

#[tokio::test]
async fn the_description_is_served_to_everybody() {
    let app = App::spawn().await;
    let document = App::send(app.request("GET", "/api/v1/openapi.json")).await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"]["/api/v1/users/{name}"]["put"]["operationId"], "putUser");
}
