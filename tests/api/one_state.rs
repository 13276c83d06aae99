//! A decision uses one state of the database, and a snapshot is one such state.

use super::cut_off::Replica;
use super::helpers::{App, PASSWORD};
use crate::database;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Alice leaves the group before the group gets a rule. So no state of the database grants her anything. But her
/// account from before, with the rules from afterwards, would grant her access.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_one_state_is_never_decided_by_the_rules_of_another() {
    let app = Arc::new(App::spawn_unthrottled().await);
    for round in 0..3 {
        let (user, group) = (format!("alice{round}"), format!("web{round}"));
        app.user(&user).await;
        let membership = format!("/groups/{group}/members/user:{user}");
        app.must("PUT", &format!("/groups/{group}"), json!({})).await;
        app.must("PUT", &membership, Value::Null).await;
        let ask = |user: String, password: &'static str| {
            let app = app.clone();
            tokio::spawn(
                async move { app.token(Some((&user, password)), "scope=repository:web/site:pull").await },
            )
        };
        // Other requests keep the hashing busy. So the server has read her account, while her password still waits to
        // be hashed.
        let others: Vec<_> =
            (0..12).map(|other| ask(format!("other{round}-{other}"), "a wrong password")).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let hers = ask(user, PASSWORD);
        tokio::time::sleep(Duration::from_millis(20)).await;
        app.must("DELETE", &membership, Value::Null).await;
        let subject = format!("group:{group}");
        app.rule(&group, json!({"subjects": [subject], "names": ["web/**"], "actions": ["pull"]})).await;
        assert_eq!(hers.await.unwrap().granted(), "", "round {round}");
        for other in others {
            assert_ne!(other.await.unwrap().status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_does_not_go_on_makes_the_snapshot_load_anew() {
    let app = App::spawn().await;
    let rule = json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"]});
    app.rule("lost", rule.clone()).await;
    let Replica { store: _store, snapshots, .. } = Replica::of(&app, Duration::from_secs(300)).await;
    let names = || -> Vec<String> {
        let policy = &snapshots.current().policy;
        policy.rules().map(|rule| rule.name.as_str().to_owned()).collect()
    };
    assert!(names().contains(&"lost".to_owned()) && snapshots.breaks() == 0);
    // This database looks like one that became the primary after a failover, without the last change.
    let url = app.folder.database_url();
    for statement in [
        "DELETE FROM rules WHERE name = 'lost'",
        "UPDATE changes SET hash = 'another' WHERE seq = (SELECT MAX(seq) FROM changes)",
        "UPDATE change_counter SET head_hash = 'another'",
    ] {
        database::run(&url, statement).await;
    }
    app.rule("new", rule).await;
    snapshots.refresh().await.unwrap();
    assert!(names().contains(&"new".to_owned()) && !names().contains(&"lost".to_owned()), "{:?}", names());
    assert_eq!(snapshots.breaks(), 1);
}
