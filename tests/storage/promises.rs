//! The promises of the store. The same tests run on both databases.

pub use crate::lists::*;
pub use crate::moved::*;
pub use crate::signin::*;
use portreeve::domain::change::{Change, Origin};
use portreeve::domain::crawl::Crawl;
use portreeve::domain::key_origin::KeyOrigin;
use portreeve::domain::kind::{ChangeAction, ObjectKind};
use portreeve::domain::policy::{Restriction, Rule, RuleFields};
use portreeve::domain::secret::Digest;
use portreeve::domain::service::{Service, ServiceName};
use portreeve::domain::subject::{GroupName, Labels, SubjectName, SubjectRef};
use portreeve::domain::time::Timestamp;
use portreeve::snapshot::Snapshots;
use portreeve::storage::{
    AccessKeyRow, GroupRow, NewAccessKey, NewRefreshToken, Page, RefreshTokenRow, RuleRow, ServiceRow, Store,
    StoreError, SubjectRow, Transaction,
};
use serde_json::json;
use std::time::Duration;

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub fn origin() -> Origin {
    Origin::system("test", NOW)
}

pub fn row(subject: &str) -> SubjectRow {
    SubjectRow {
        id: format!("id of {subject}"),
        subject: SubjectRef::parse(subject).unwrap(),
        description: "a text".to_owned(),
        admin: false,
        disabled: false,
        labels: Labels::parse([("team".to_owned(), vec!["w\u{fc}b/a".to_owned()])]).unwrap(),
        password_hash: Some("$hash".to_owned()),
        credential_version: 1,
        expires_at: Some(NOW.plus_seconds(1)),
        managed_by: Some("git".to_owned()),
        created_at: NOW,
        updated_at: NOW.plus_seconds(2),
    }
}

fn note(name: &str) -> Change {
    Change::new(ChangeAction::Create, ObjectKind::Service, name, None, Some(json!({"n": name})))
}

pub async fn insert(store: &Store, subject: &'static str) -> Result<(), StoreError> {
    store
        .change(origin(), move |tx: &mut Transaction| {
            Box::pin(async move {
                tx.note(note(subject));
                tx.insert_subject(&row(subject)).await
            })
        })
        .await
        .map(|_| ())
}

pub fn name(text: &str) -> SubjectName {
    SubjectName::parse(text).unwrap()
}

pub fn rule(rule_name: &str, names: &str) -> RuleRow {
    let fields: RuleFields = serde_json::from_value(json!({
        "name": rule_name, "effect": "deny", "subjects": ["user:a", "everyone"], "services": ["r*"],
        "type": "*", "names": [names], "actions": ["pull", "*"], "networks": ["10.0.0.0/8"],
        "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00.000001Z",
        "priority": -7, "enabled": true, "description": "\u{fc}ber alles"
    }))
    .unwrap();
    RuleRow {
        rule: Rule::try_from(fields).unwrap(),
        managed_by: None,
        created_at: NOW,
        updated_at: NOW.plus_seconds(2),
    }
}

pub async fn the_feed_is_followed_while_every_connection_is_taken(store: Store) {
    let snapshots = Snapshots::load(store.clone(), Duration::from_secs(300)).await.unwrap();
    let mut taken = Vec::new();
    while let Ok(session) = store.read().await {
        taken.push(session);
    }
    assert!(taken.len() >= 8, "{}", taken.len());
    snapshots.refresh().await.unwrap();
    assert!(!snapshots.is_failing());
    drop(taken);
    store.read().await.unwrap();
}

pub async fn every_statement_is_accepted(store: Store) {
    assert!(store.prepare_all().await.unwrap() > 40);
    store.read().await.unwrap().ping().await.unwrap();
}

pub async fn subjects_keep_every_field_and_take_their_credentials_along(store: Store) {
    insert(&store, "robot:ci").await.unwrap();
    let found = store.read().await.unwrap().find_subject(&name("ci")).await.unwrap().unwrap();
    assert!(found.row == row("robot:ci") && found.seq == 1 && found.groups.is_empty());
    let key = AccessKeyRow {
        id: "k1".to_owned(),
        name: "key".to_owned(),
        restriction: Some(Restriction::parse(&["repository:a/**:pull".to_owned()]).unwrap().into()),
        created_at: NOW,
        expires_at: Some(NOW),
        last_used_at: None,
        origin: KeyOrigin::Device,
        last_address: None,
    };
    let (digest, stored) = (Digest::from_bytes(&[7; 32]), key.clone());
    store
        .write(move |tx: &mut Transaction| {
            Box::pin(async move {
                let new = NewAccessKey { subject_id: "id of robot:ci", key: &stored, digest: &digest };
                tx.insert_key(&new).await?;
                tx.touch_key("k1", NOW, Some("192.0.2.1")).await?;
                tx.touch_key("k1", NOW.plus_seconds(-5), None).await
            })
        })
        .await
        .unwrap();
    let mut session = store.read().await.unwrap();
    let (owner, found) = session.find_key_owner(&Digest::from_bytes(&[7; 32])).await.unwrap().unwrap();
    assert!(owner.row == row("robot:ci"));
    assert_eq!(
        found,
        AccessKeyRow { last_used_at: Some(NOW), last_address: Some("192.0.2.1".to_owned()), ..key }
    );
    assert_eq!(session.count_keys("id of robot:ci").await.unwrap(), 1);
    drop(session);
    store
        .write(|tx: &mut Transaction| Box::pin(async move { tx.delete_subject("id of robot:ci").await }))
        .await
        .unwrap();
    let mut session = store.read().await.unwrap();
    assert!(session.find_key("k1").await.unwrap().is_none());
    assert!(!session.has_subjects().await.unwrap());
}

pub async fn names_compare_bytewise_and_are_unique_without_regard_to_case(store: Store) {
    insert(&store, "user:bob").await.unwrap();
    assert!(matches!(insert(&store, "user:Bob").await, Err(StoreError::Conflict)));
    let mut session = store.read().await.unwrap();
    assert!(session.find_subject(&name("Bob")).await.unwrap().is_none());
    assert_eq!(session.find_look_alike(&name("BOB")).await.unwrap().as_deref(), Some("bob"));
    drop(session);
    for rule_name in ["a_b", "a.b", "a-b", "ab"] {
        let row = rule(rule_name, "**");
        store
            .write(move |tx: &mut Transaction| Box::pin(async move { tx.insert_rule(&row).await }))
            .await
            .unwrap();
    }
    let rules =
        store.read().await.unwrap().list_rules(&Page::new(String::new(), String::new(), 1000)).await.unwrap();
    let order: Vec<&str> = rules.iter().map(|row| row.rule.name.as_str()).collect();
    assert_eq!(order, ["a-b", "a.b", "a_b", "ab"]);
}

pub async fn groups_services_and_rules_keep_every_field(store: Store) {
    for subject in ["user:zoe", "robot:ci"] {
        insert(&store, subject).await.unwrap();
    }
    let group = GroupRow {
        id: "g".to_owned(),
        name: GroupName::parse("web").unwrap(),
        description: "d".to_owned(),
        managed_by: None,
        members: vec![SubjectRef::parse("robot:ci").unwrap(), SubjectRef::parse("user:zoe").unwrap()],
        created_at: NOW,
        updated_at: NOW.plus_seconds(2),
    };
    let service = ServiceRow {
        service: Service {
            password_grant: false,
            events: false,
            search: true,
            crawl: Some(Crawl {
                registry: "http://127.0.0.1:5000".to_owned(),
                robot: SubjectName::parse("ci").unwrap(),
                ca_file: None,
            }),
            ..Service::new(ServiceName::parse("my registry").unwrap())
        },
        created_at: NOW,
        updated_at: NOW.plus_seconds(2),
    };
    let (stored_group, stored_service, stored_rule) = (group.clone(), service.clone(), rule("r", "a/**"));
    store
        .write(move |tx: &mut Transaction| {
            Box::pin(async move {
                tx.insert_group(&stored_group).await?;
                for subject in ["user:zoe", "robot:ci"] {
                    tx.insert_member("g", &format!("id of {subject}")).await?;
                }
                tx.insert_service(&stored_service).await?;
                tx.insert_rule(&rule("r", "other")).await?;
                tx.update_rule(&stored_rule).await
            })
        })
        .await
        .unwrap();
    let mut session = store.read().await.unwrap();
    assert_eq!(session.find_group(&group.name).await.unwrap(), Some(group.clone()));
    assert_eq!(session.find_service(&service.service.name).await.unwrap(), Some(service));
    let found = session.find_rule(&rule("r", "a").rule.name).await.unwrap();
    assert_eq!(found, Some(rule("r", "a/**")));
    let zoe = session.find_subject(&name("zoe")).await.unwrap().unwrap();
    assert!(zoe.groups.contains(&group.name));
}

pub async fn a_session_is_stored_only_for_the_credential_that_was_proven(store: Store) {
    insert(&store, "user:zoe").await.unwrap();
    let token = |n: u8, version| NewRefreshToken {
        subject_id: "id of user:zoe".to_owned(),
        credential_version: version,
        digest: Digest::from_bytes(&[n; 32]),
        row: RefreshTokenRow {
            id: format!("t{n:03}"),
            service: ServiceName::parse("registry").unwrap(),
            client_id: "docker".to_owned(),
            created_at: NOW.plus_seconds(n.into()),
            last_used_at: NOW.plus_seconds(n.into()),
            expires_at: NOW.plus_seconds(90 * 86_400),
            last_address: Some("::1".to_owned()),
        },
    };
    let add = async |new: NewRefreshToken| {
        store
            .write(move |tx: &mut Transaction| Box::pin(async move { tx.insert_refresh_token(&new).await }))
            .await
            .unwrap()
    };
    assert!(add(token(1, 2)).await.is_none(), "the sign-in used another password");
    for n in 1..=50 {
        assert_eq!(add(token(n, 1)).await, Some(vec![]));
    }
    let dropped = add(token(51, 1)).await.unwrap();
    assert_eq!(dropped, [Digest::from_bytes(&[1; 32])]);
    assert_eq!(dropped[0].to_bytes(), Some([1; 32]));
    let mut session = store.read().await.unwrap();
    assert_eq!(session.list_refresh_tokens("id of user:zoe").await.unwrap().len(), 50);
    assert!(session.find_refresh_owner(&Digest::from_bytes(&[1; 32])).await.unwrap().is_none());
    let (_, found) = session.find_refresh_owner(&Digest::from_bytes(&[2; 32])).await.unwrap().unwrap();
    assert_eq!(found, token(2, 1).row);
}

pub async fn the_feed_has_no_gaps_under_concurrent_writers(store: Store) {
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..10 {
                    let name = format!("{writer}-{round}");
                    let written = store
                        .change::<_, StoreError, _>(origin(), move |tx: &mut Transaction| {
                            Box::pin(async move {
                                let seen = tx.base_seq();
                                tx.note(note(&name));
                                tx.note(note(&format!("{name}-more")));
                                Ok(seen)
                            })
                        })
                        .await
                        .unwrap();
                    assert_eq!(written.seq, written.value + 2);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut session = store.read().await.unwrap();
    let rows = session.changes_from(1, 1000).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), (1..=320).collect::<Vec<_>>());
    assert!(rows.chunks(2).all(|pair| pair[0].tx == pair[1].tx));
    let sha256 = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        Digest::from_bytes(digest.as_ref()).as_str().to_owned()
    };
    for pair in rows.windows(2) {
        pair[1].verify(Some(&pair[0]), sha256).unwrap();
    }
}

pub async fn a_failed_or_empty_write_leaves_no_trace(store: Store) {
    let failed = store
        .change::<(), StoreError, _>(origin(), |tx: &mut Transaction| {
            Box::pin(async move {
                tx.insert_subject(&row("user:gone")).await?;
                tx.note(note("gone"));
                Err(StoreError::Conflict)
            })
        })
        .await;
    assert!(failed.is_err());
    let empty = store
        .change::<(), StoreError, _>(origin(), |tx: &mut Transaction| {
            Box::pin(async move { tx.insert_subject(&row("user:gone")).await })
        })
        .await
        .unwrap();
    assert_eq!(empty.seq, 0, "the state before the transaction");
    let mut session = store.read().await.unwrap();
    assert!(session.find_subject(&name("gone")).await.unwrap().is_none());
    assert_eq!(session.counter().await.unwrap().seq, 0);
}

pub async fn a_write_survives_the_client_that_hangs_up(store: Store) {
    for round in 0..40 {
        let hung_up = tokio::time::timeout(
            Duration::from_micros(round * 50),
            store.change::<(), StoreError, _>(origin(), move |tx: &mut Transaction| {
                Box::pin(async move {
                    tx.note(note(&round.to_string()));
                    Ok(())
                })
            }),
        );
        let _ = hung_up.await;
    }
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let seq = store.read().await.unwrap().counter().await.unwrap().seq;
        // One write may be missing: a call that is dropped before it is polled has not begun.
        if seq >= 39 {
            break;
        }
        assert!(tokio::time::Instant::now() < patience, "only {seq} of 40 arrived");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn a_lease_has_one_holder_until_it_runs_out(store: Store) {
    let take = async |holder: &str, at: i64| {
        let now = NOW.plus_seconds(at);
        store.take_lease("keys", holder.to_owned(), now, now.plus_seconds(60)).await.unwrap()
    };
    assert!(take("one", 0).await);
    assert!(!take("two", 10).await);
    assert!(take("one", 30).await, "the holder prolongs its lease");
    assert!(!take("two", 89).await);
    assert!(take("two", 90).await, "the lease of `one` has ended");
    store.release_lease("keys", "one".to_owned()).await.unwrap();
    assert!(!take("three", 100).await, "only the holder can release the lease");
    store.release_lease("keys", "two".to_owned()).await.unwrap();
    assert!(take("three", 100).await);
}

pub async fn the_snapshot_follows_the_feed(store: Store) {
    let mine = Snapshots::load(store.clone(), Duration::from_secs(300)).await.unwrap();
    let write = async |names: &'static str, action: &'static str| {
        let written = store
            .change::<_, StoreError, _>(origin(), move |tx: &mut Transaction| {
                Box::pin(async move {
                    let row = rule("r", names);
                    match action {
                        "create" => tx.insert_rule(&row).await?,
                        "delete" => tx.delete_rule(&row.rule.name).await?,
                        _ => tx.update_rule(&row).await?,
                    }
                    let after = (action != "delete").then(|| {
                        let mut value = serde_json::to_value(RuleFields::from(&row.rule)).unwrap();
                        value["managed_by"] = json!(null);
                        value
                    });
                    tx.note(Change::new(ChangeAction::Update, ObjectKind::Rule, "r", None, after));
                    Ok(())
                })
            })
            .await
            .unwrap();
        written.seq
    };
    for (names, action, left) in [("a/**", "create", 1), ("b/**", "update", 1), ("b/**", "delete", 0)] {
        let seq = write(names, action).await;
        let snapshot = mine.at_least(seq).await.unwrap();
        assert_eq!((snapshot.seq(), snapshot.policy.len()), (seq, left));
        let fresh = Snapshots::load(store.clone(), Duration::from_secs(300)).await.unwrap();
        let stored: Vec<_> = fresh.current().policy.rules().cloned().collect();
        let followed: Vec<_> = snapshot.policy.rules().cloned().collect();
        assert_eq!(followed, stored, "the followed rules differ from the stored rules");
    }
    assert!(mine.fresh().is_ok());
}
