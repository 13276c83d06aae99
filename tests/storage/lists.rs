//! Lists, versions, the audit trail, rehearsals, and writes that wait. The same tests run on both databases.

use crate::promises::{NOW, insert, name, origin, row, rule};
use portreeve::domain::change::{Actor, Change, Origin};
use portreeve::domain::kind::{ChangeAction, ObjectKind};
use portreeve::domain::policy::RuleName;
use portreeve::domain::service::{Service, ServiceName};
use portreeve::domain::subject::{GroupName, SubjectKind, SubjectRef};
use portreeve::domain::time::Timestamp;
use portreeve::storage::{ChangeFilter, GroupRow, Page, Reader, ServiceRow, Store, StoreError, Transaction};

fn page(prefix: &str, after: &str, limit: i64) -> Page {
    Page::new(prefix.to_owned(), after.to_owned(), limit)
}

/// Names in the order of their bytes, which is not the order of any language.
const NAMES: [&str; 6] = ["A", "B-1", "Z", "a", "a-b", "ab"];

pub async fn lists_are_ordered_bytewise_and_go_on_after_a_name(store: Store) {
    for subject in ["user:ab", "user:Z", "user:a", "user:B-1", "user:a-b", "user:A1", "robot:a.robot"] {
        insert(&store, subject).await.unwrap();
    }
    store
        .write(|tx: &mut Transaction| {
            Box::pin(async move {
                for name in NAMES {
                    let service = Service::new(ServiceName::parse(&format!("{name} x/y")).unwrap());
                    tx.insert_service(&ServiceRow { service, created_at: NOW, updated_at: NOW }).await?;
                    let group = GroupRow {
                        id: format!("id {name}"),
                        name: GroupName::parse(name).unwrap(),
                        description: String::new(),
                        managed_by: None,
                        members: Vec::new(),
                        created_at: NOW,
                        updated_at: NOW,
                    };
                    tx.insert_group(&group).await?;
                }
                for name in ["z", "ac", "a", "a-c", "c-1"] {
                    tx.insert_rule(&rule(name, "x")).await?;
                }
                for member in ["user:ab", "robot:a.robot", "user:Z"] {
                    tx.insert_member("id a", &row(member).id).await?;
                }
                tx.insert_member("id ab", &row("user:ab").id).await
            })
        })
        .await
        .unwrap();
    let mut session = store.read().await.unwrap();
    let users = async |session: &mut Reader, page: Page| -> Vec<String> {
        let found = session.list_subjects(SubjectKind::User, &page).await.unwrap();
        found.iter().map(|found| found.row.subject.name.to_string()).collect()
    };
    // One entry more than the limit shows that more entries exist.
    assert_eq!(users(&mut session, page("", "", 100)).await, ["A1", "B-1", "Z", "a", "a-b", "ab"]);
    assert_eq!(users(&mut session, page("", "B-1", 2)).await, ["Z", "a", "a-b"]);
    assert_eq!(users(&mut session, page("a", "", 100)).await, ["a", "a-b", "ab"]);
    assert_eq!(users(&mut session, page("a", "a", 100)).await, ["a-b", "ab"]);
    assert_eq!(users(&mut session, page("b", "", 100)).await, [] as [&str; 0]);
    let found = session.list_subjects(SubjectKind::User, &page("ab", "", 100)).await.unwrap();
    let groups: Vec<&str> = found[0].groups.iter().map(GroupName::as_str).collect();
    assert_eq!((found.len(), groups), (1, vec!["a", "ab"]));
    assert_eq!(found[0].row, row("user:ab"), "every field is listed");

    let groups = session.list_groups(&page("", "", 100)).await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, NAMES);
    let members: Vec<String> = groups[3].members.iter().map(ToString::to_string).collect();
    assert_eq!(members, ["user:Z", "robot:a.robot", "user:ab"], "sorted by the bytes of names");
    assert_eq!(session.list_groups(&page("", "Z", 1)).await.unwrap().len(), 2);
    assert!(session.has_group(&GroupName::parse("ab").unwrap()).await.unwrap());
    assert!(!session.has_group(&GroupName::parse("AB").unwrap()).await.unwrap());
    let services = session.list_services_page(&page("a", "", 100)).await.unwrap();
    let names: Vec<&str> = services.iter().map(|row| row.service.name.as_str()).collect();
    assert_eq!(names, ["a x/y", "a-b x/y", "ab x/y"]);
    let rules = session.list_rules(&page("", "a", 100)).await.unwrap();
    let names: Vec<&str> = rules.iter().map(|row| row.rule.name.as_str()).collect();
    assert_eq!(names, ["a-c", "ac", "c-1", "z"]);
    let long = "n".repeat(128);
    let wanted = ["z", "a", "a-c", "none", &long].map(|name| RuleName::parse(name).unwrap());
    let rules = session.find_rules(&wanted.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(
        rules,
        ["a", "a-c", "z"].map(|name| rule(name, "x")),
        "each object is found by its whole name, with every field"
    );
    assert_eq!(session.find_rules(&[]).await.unwrap(), []);
    let many: Vec<RuleName> = (0..1001).map(|n| RuleName::parse(&format!("{n:0>128}")).unwrap()).collect();
    let many: Vec<&RuleName> = many.iter().chain(&wanted).collect();
    assert_eq!(session.find_rules(&many).await.unwrap().len(), 3);
}

async fn record(store: &Store, actor: &str, at: i64, changes: Vec<(ObjectKind, &'static str)>) {
    let origin = Origin::new(
        Actor::Subject(SubjectRef::parse(actor).unwrap()),
        None,
        "r".to_owned(),
        Timestamp::from_seconds(at),
    );
    store
        .change::<(), StoreError, _>(origin, move |tx: &mut Transaction| {
            Box::pin(async move {
                for (kind, name) in changes {
                    tx.note(Change::new(ChangeAction::Update, kind, name, None, None));
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

pub async fn the_trail_is_filtered_from_both_ends(store: Store) {
    record(&store, "user:alice", 10, vec![(ObjectKind::Rule, "a"), (ObjectKind::User, "a")]).await;
    record(&store, "user:bob", 20, vec![(ObjectKind::Rule, "A")]).await;
    record(&store, "user:alice", 30, vec![(ObjectKind::Rule, "a"), (ObjectKind::Group, "g")]).await;
    let mut session = store.read().await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let seconds = |at| Some(Timestamp::from_seconds(at));
    let all = ChangeFilter::default();
    for (filter, seqs) in [
        (all.clone(), vec![1, 2, 3, 4, 5]),
        (ChangeFilter { kind: text("rule"), ..all.clone() }, vec![1, 3, 4]),
        (ChangeFilter { name: text("a"), ..all.clone() }, vec![1, 2, 4]),
        (ChangeFilter { kind: text("rule"), name: text("a"), ..all.clone() }, vec![1, 4]),
        (ChangeFilter { actor: text("user:bob"), ..all.clone() }, vec![3]),
        (ChangeFilter { actor: text("user:alice"), kind: text("rule"), ..all.clone() }, vec![1, 4]),
        (ChangeFilter { since: seconds(20), ..all.clone() }, vec![3, 4, 5]),
        (ChangeFilter { until: seconds(20), ..all.clone() }, vec![1, 2]),
        (ChangeFilter { kind: text("rule"), name: text("a"), until: seconds(30), ..all.clone() }, vec![1]),
        (ChangeFilter { kind: text("castle"), ..all.clone() }, vec![]),
    ] {
        let found = session.trail(None, 100, &filter).await.unwrap();
        assert_eq!(found.iter().map(|one| one.seq).collect::<Vec<_>>(), seqs, "{filter:?}");
        let back = ChangeFilter { newest_first: true, ..filter.clone() };
        let found = session.trail(None, 100, &back).await.unwrap();
        let mut reversed = seqs.clone();
        reversed.reverse();
        assert_eq!(found.iter().map(|one| one.seq).collect::<Vec<_>>(), reversed, "{back:?}");
        if let [first, rest @ ..] = seqs.as_slice() {
            let found = session.trail(Some(*first), 1, &filter).await.unwrap();
            assert_eq!(
                found.first().map(|one| one.seq),
                rest.first().copied(),
                "{filter:?} continues on the next page"
            );
        }
    }
    assert_eq!(session.version(ObjectKind::Rule, "a").await.unwrap(), 4);
    assert_eq!(session.version(ObjectKind::Rule, "A").await.unwrap(), 3);
    assert_eq!(session.version(ObjectKind::Rule, "b").await.unwrap(), 0);
    assert!(session.find_subject(&name("a")).await.unwrap().is_none());
}

pub async fn a_rehearsal_sees_its_own_writes_and_leaves_nothing(store: Store) {
    let seen = store
        .rehearse::<_, StoreError, _>(origin(), |tx: &mut Transaction| {
            Box::pin(async move {
                tx.insert_subject(&row("user:ghost")).await?;
                tx.note(Change::new(ChangeAction::Create, ObjectKind::User, "ghost", None, None));
                tx.record_noted().await?;
                Ok((
                    tx.find_subject(&name("ghost")).await?.is_some(),
                    tx.version(ObjectKind::User, "ghost").await?,
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(seen, (true, 1));
    let mut session = store.read().await.unwrap();
    assert!(session.find_subject(&name("ghost")).await.unwrap().is_none());
    assert_eq!(session.counter().await.unwrap().seq, 0);
    drop(session);
    insert(&store, "user:real").await.unwrap();
    assert_eq!(store.read().await.unwrap().counter().await.unwrap().seq, 1);
}

pub async fn a_write_does_not_wait_for_ever_behind_a_long_one(store: Store) {
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let long = {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .change::<(), StoreError, _>(origin(), |tx: &mut Transaction| {
                    Box::pin(async move {
                        tx.insert_subject(&row("user:long")).await?;
                        begun.send(()).unwrap();
                        tokio::time::sleep(std::time::Duration::from_secs(8)).await;
                        Ok(())
                    })
                })
                .await
        })
    };
    has_begun.await.unwrap();
    let started = std::time::Instant::now();
    let refused = insert(&store, "user:short").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(started.elapsed().as_secs() < 7, "{:?}", started.elapsed());
    assert!(
        store.read().await.unwrap().find_subject(&name("long")).await.unwrap().is_none(),
        "readers continue"
    );
    long.await.unwrap().unwrap();
    insert(&store, "user:short").await.unwrap();
}
