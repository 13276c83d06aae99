//! The log line about a token that grants less than the client requested.

use crate::server::{ADMIN_PASSWORD, Server, client};
use std::time::{Duration, Instant};

#[tokio::test]
async fn everything_dropped_is_in_the_log_of_its_token_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://portreeve.db", &[]);
    server.ready().await;
    for (scope, reason) in [
        (
            "repository:team/app:pull,Push",
            "`repository:team/app:Push` is ignored: actions are lower case: write `push`",
        ),
        ("repository:team/app:", "`repository:team/app:` is ignored: an empty action"),
        (
            "repository:Team/app:pull",
            "`repository:Team/app:pull` is ignored: repository names are lower case",
        ),
        ("repository:team/app:pull,%20push", "`push` is ignored: a space after a comma ends the scope"),
    ] {
        let url = server.url(&format!("/token?service=registry&scope={scope}"));
        let answer = client().get(url).basic_auth("admin", Some(ADMIN_PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "a malformed scope is not an error: {scope}");
        // The server writes its log in the background.
        let patience = Instant::now() + Duration::from_secs(20);
        while server.log_lines(reason).is_empty() {
            assert!(Instant::now() < patience, "{scope}: {}", server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert_eq!(server.log_lines("could not be parsed"), [""; 0]);
}
