//! The console: its files, and the permissions of its page.

use super::helpers::{ADMIN, App, Reply, Setup};
use portreeve::config::FlagSettings;

async fn get(app: &App, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = app.request("GET", path);
    App::send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

const PAGE: &[(&str, &str)] = &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];

#[tokio::test]
async fn the_files_are_served_under_a_strict_policy_and_every_other_path_shows_the_page() {
    let app = App::spawn().await;
    let page = get(&app, "/console/", &[]).await;
    assert!(page.text.contains("<script") && page.text.contains("/console/app.js"), "{}", page.text);
    for path in ["/console/rules/web-team", "/console/users/a%20b", "/console/nothing.js", "/console/a/b/c"] {
        assert_eq!(get(&app, path, &[]).await.text, page.text, "{path}");
    }
    for (file, kind) in [
        ("index.html", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ] {
        let path = format!("/console/{file}");
        let plain = get(&app, &path, &[]).await;
        assert_eq!((plain.status, plain.header("content-type")), (200, Some(kind)), "{file}");
        let policy = plain.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types svelte-trusted-html",
        ] {
            assert!(policy.contains(part), "{file}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{policy}");
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("vary", "Accept-Encoding"),
        ] {
            assert_eq!(plain.header(name), Some(value), "{file}: {name}");
        }
        // The compressed and the plain form have their own ETags. A client that has a form gets 304 for it.
        let small = get(&app, &path, &[("accept-encoding", "br, gzip")]).await;
        let is_small = small.header("content-encoding") == Some("gzip");
        assert!(is_small || small.text == plain.text, "{file}");
        for (form, encoding) in [(&plain, "identity"), (&small, "gzip")] {
            let etag = form.header("etag").unwrap();
            let again = get(&app, &path, &[("if-none-match", etag), ("accept-encoding", encoding)]).await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{file} {encoding}");
            assert_eq!(again.header("etag"), Some(etag));
        }
        assert_eq!(is_small, plain.header("etag") != small.header("etag"), "{file}");
        let other = get(&app, &path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, 200);
        assert_eq!(App::send(app.request("HEAD", &path)).await.status, 200);
        assert_ne!(App::send(app.request("POST", &path)).await.status, 200);
    }
}

#[tokio::test]
async fn browsers_are_led_to_the_console_and_clients_are_not() {
    let app = App::spawn().await;
    let led = get(&app, "/", PAGE).await;
    assert_eq!((led.status, led.header("location")), (303, Some("/console/")));
    assert_eq!(get(&app, "/", &[]).await.status, 404);
    assert_eq!(get(&app, "/", &[("accept", "*/*")]).await.status, 404);
    let moved = get(&app, "/console", PAGE).await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("/console/")));
    // A path for tokens may be the root path of the server.
    let flags = FlagSettings { token_paths: vec!["/".to_owned()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    get(&app, "/?service=registry&scope=repository:a:pull", PAGE).await.token();
    assert_eq!(get(&app, "/console/", PAGE).await.status, 200);
}

#[tokio::test]
async fn without_the_console_there_is_none_of_it() {
    let off = || FlagSettings { console: Some("off".to_owned()), ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags: off(), ..Setup::default() }).await;
    for path in ["/", "/console", "/console/", "/console/app.js", "/console/rules"] {
        assert_eq!(get(&app, path, PAGE).await.status, 404, "{path}");
    }
    assert_eq!(get(&app, "/signin", PAGE).await.status, 200, "the sign-in pages still exist");
    let browser = super::pages::Browser::new(&app.url(""));
    browser.sign_in(ADMIN.0, ADMIN.1).await.leads_to("/signin/keys");
    let page = browser.open("/api/v1/me").await;
    assert_eq!(page.status, 401, "no browser session signs in to the API");
    assert!(page.header("www-authenticate").starts_with("Basic"));
}

#[tokio::test]
async fn the_console_is_not_at_the_internal_address() {
    let internal_listen = Some("127.0.0.1:0".to_owned());
    let flags = FlagSettings { internal_listen, ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let url = format!("http://{}/console/", app.internal_address());
    assert_eq!(reqwest::get(url).await.unwrap().status().as_u16(), 404);
    assert_eq!(get(&app, "/console/", PAGE).await.status, 200);
}
