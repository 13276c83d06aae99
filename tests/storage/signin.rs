//! Browser sessions, and sign-in secrets that work once. The same tests run on both databases.

use crate::promises::{NOW, insert, row};
use futures_util::future::join_all;
use portreeve::domain::secret::Digest;
use portreeve::storage::{
    FlowKind, FlowOutcome, FlowRow, FlowSubject, NewBrowserSession, NewFlow, Polled, Store, Transaction,
};
use serde_json::json;

fn digest(byte: u8) -> Digest {
    Digest::from_bytes(&[byte; 32])
}

/// Runs one write.
macro_rules! write {
    ($store:expr, $tx:ident => $call:expr) => {
        $store.write(move |$tx: &mut Transaction| Box::pin(async move { $call.await })).await.unwrap()
    };
}

async fn begin(store: &Store, byte: u8, version: i64) -> bool {
    let new = NewBrowserSession {
        digest: digest(byte),
        subject_id: "id of user:zoe".to_owned(),
        credential_version: version,
        provider_sid: Some("sid".to_owned()),
        signed_in_at: NOW,
        expires_at: NOW.plus_seconds(100),
        address: Some("192.0.2.1".to_owned()),
        agent: Some("Lynx".to_owned()),
    };
    write!(store, tx => tx.insert_browser_session(&new))
}

pub async fn a_browser_session_holds_for_the_credential_that_it_began_with(store: Store) {
    assert!(!store.read().await.unwrap().has_local_passwords().await.unwrap());
    insert(&store, "user:zoe").await.unwrap();
    assert!(store.read().await.unwrap().has_local_passwords().await.unwrap());
    assert!(!begin(&store, 9, 2).await, "the credentials have another version");
    for byte in 1..=4 {
        assert!(begin(&store, byte, 1).await);
    }
    let find = async |byte| store.read().await.unwrap().find_browser_session(&digest(byte)).await.unwrap();
    let (owner, session) = find(1).await.unwrap();
    assert!(owner.row == row("user:zoe"));
    assert_eq!((session.signed_in_at, session.last_used_at, session.wrong_codes), (NOW, NOW, 0));
    assert!(find(9).await.is_none());
    write!(store, tx => tx.touch_browser_session(&digest(1), NOW.plus_seconds(60)));
    write!(store, tx => tx.touch_browser_session(&digest(1), NOW.plus_seconds(30)));
    assert_eq!(find(1).await.unwrap().1.last_used_at, NOW.plus_seconds(60));
    for counted in [Some(1), Some(2), None] {
        assert_eq!(write!(store, tx => tx.count_typed_code(&digest(1), 2)), counted);
    }
    write!(store, tx => tx.uncount_typed_code(&digest(1)));
    assert_eq!(write!(store, tx => tx.count_typed_code(&digest(1), 2)), Some(2));
    assert_eq!(find(1).await.unwrap().1.wrong_codes, 2);
    write!(store, tx => tx.delete_browser_session(&digest(2)));
    assert!(find(2).await.is_none());
    let purge = async |now, idle| write!(store, tx => tx.purge_browser_sessions(now, idle, 500));
    assert_eq!(purge(NOW.plus_seconds(99), NOW.plus_seconds(-1)).await, 0);
    assert_eq!(purge(NOW.plus_seconds(99), NOW.plus_seconds(59)).await, 2, "the session was unused");
    assert_eq!(purge(NOW.plus_seconds(100), NOW.plus_seconds(-1)).await, 1, "the session has expired");
    assert!(begin(&store, 5, 1).await);
    let mut changed = row("user:zoe");
    changed.credential_version = 2;
    write!(store, tx => tx.update_subject(&changed));
    assert!(find(5).await.is_none(), "the owner has other credentials");
    assert!(begin(&store, 6, 2).await);
    write!(store, tx => tx.delete_subject("id of user:zoe"));
    assert!(find(6).await.is_none());
    assert_eq!(
        write!(store, tx => tx.delete_browser_sessions()),
        0,
        "the sessions were deleted with their owner"
    );
}

fn flow(kind: FlowKind, byte: u8) -> NewFlow {
    let row = FlowRow {
        kind,
        details: json!({"n": "\u{fc}"}),
        address: Some("192.0.2.1".to_owned()),
        subject: None,
        outcome: None,
        created_at: NOW,
        expires_at: NOW.plus_seconds(600),
    };
    let network = Some("192.0.2.1".to_owned());
    let user_code = (kind == FlowKind::Device).then(|| digest(byte + 100));
    NewFlow { digest: digest(byte), user_code, network, row }
}

async fn store_flow(store: &Store, new: NewFlow) {
    write!(store, tx => tx.insert_flow(&new));
}

pub async fn a_flow_is_taken_once_and_before_its_end(store: Store) {
    insert(&store, "user:zoe").await.unwrap();
    for byte in 1..=3 {
        store_flow(&store, flow(FlowKind::Browser, byte)).await;
    }
    let take = async |kind, byte, at| write!(store, tx => tx.take_flow(kind, &digest(byte), at));
    assert!(take(FlowKind::Invitation, 1, NOW).await.is_none(), "the flow has another kind");
    assert!(take(FlowKind::Browser, 7, NOW).await.is_none(), "a guessed secret");
    assert!(take(FlowKind::Browser, 1, NOW.plus_seconds(600)).await.is_none(), "the flow has ended");
    let taken = join_all((0..20).map(|_| take(FlowKind::Browser, 1, NOW))).await;
    let taken: Vec<FlowRow> = taken.into_iter().flatten().collect();
    assert_eq!(taken, [flow(FlowKind::Browser, 1).row], "one of twenty requests gets the flow");
    let who = FlowSubject { id: "id of user:zoe".to_owned(), credential_version: 1 };
    let mut invitation = flow(FlowKind::Invitation, 4);
    invitation.row.subject = Some(who.clone());
    store_flow(&store, invitation).await;
    let mut reader = store.read().await.unwrap();
    let found = reader.find_flow(FlowKind::Invitation, &digest(4), NOW).await.unwrap().unwrap();
    assert_eq!(found.subject, Some(who));
    assert_eq!(reader.count_flows(FlowKind::Browser, Some("192.0.2.1"), NOW).await.unwrap(), (2, 2));
    assert_eq!(reader.count_flows(FlowKind::Browser, Some("192.0.2.2"), NOW).await.unwrap(), (2, 0));
    drop(reader);
    assert_eq!(write!(store, tx => tx.delete_invitations("id of user:zoe")), 1);
    assert_eq!(write!(store, tx => tx.purge_flows(NOW.plus_seconds(1199), 500)), 0);
    assert_eq!(write!(store, tx => tx.purge_flows(NOW.plus_seconds(1200), 1)), 1);
    assert_eq!(write!(store, tx => tx.delete_flows()), 1);
}

pub async fn a_device_is_decided_once_and_asks_in_good_time(store: Store) {
    insert(&store, "user:zoe").await.unwrap();
    store_flow(&store, flow(FlowKind::Device, 1)).await;
    let poll = async |byte, second| {
        let (now, before) = (NOW.plus_seconds(second), NOW.plus_seconds(second - 5));
        write!(store, tx => tx.poll_device(&digest(byte), now, before))
    };
    assert_eq!(poll(2, 0).await, Polled::Unknown);
    assert_eq!(poll(1, 0).await, Polled::Flow(flow(FlowKind::Device, 1).row));
    assert_eq!(poll(1, 4).await, Polled::TooSoon);
    assert!(matches!(poll(1, 5).await, Polled::Flow(_)));
    let find = async |byte| store.read().await.unwrap().find_device(&digest(byte), NOW).await.unwrap();
    assert!(find(101).await.is_some());
    assert!(find(102).await.is_none());
    let who = FlowSubject { id: "id of user:zoe".to_owned(), credential_version: 1 };
    let decide = async |byte, outcome, second| {
        let (who, now) = (who.clone(), NOW.plus_seconds(second));
        write!(store, tx => tx.decide_device(&digest(byte), outcome, &who, now))
    };
    assert!(!decide(102, FlowOutcome::Approved, 0).await);
    assert!(!decide(101, FlowOutcome::Approved, 600).await, "the flow has ended");
    assert!(decide(101, FlowOutcome::Denied, 599).await);
    assert!(!decide(101, FlowOutcome::Approved, 599).await, "the device was decided before");
    assert!(find(101).await.is_none());
    let Polled::Flow(decided) = poll(1, 20).await else { panic!() };
    assert_eq!((decided.outcome, decided.subject), (Some(FlowOutcome::Denied), Some(who)));
}
