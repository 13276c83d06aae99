//! Reads the audit trail of a database without a server.

use portreeve::domain::change::ChangeRecord;
use portreeve::storage::Store;

/// Returns the whole trail of a database. Checks that it has no gap, that its chain is unbroken, and that the counter
/// matches its end.
pub async fn assert_whole(url: &str) -> Vec<ChangeRecord> {
    let store = Store::join(url).await.unwrap();
    let mut session = store.read().await.unwrap();
    let mut trail: Vec<ChangeRecord> = Vec::new();
    loop {
        let next = trail.last().map_or(1, |last| last.seq + 1);
        let more = session.changes_from(next, 1000).await.unwrap();
        if more.is_empty() {
            break;
        }
        trail.extend(more);
    }
    let last = session.verify_trail().await.unwrap();
    assert_eq!(last.as_ref(), trail.last(), "the last record differs: the trail was not read to its end");
    assert!(last.is_some());
    drop(session);
    store.close().await;
    trail
}

/// Returns the subjects and marks of the writes in the trail, in order.
pub fn marks(trail: &[ChangeRecord]) -> Vec<(String, String)> {
    let mark = |record: &ChangeRecord| {
        let after = record.after.as_ref();
        let text = |path| after.and_then(|after| after.pointer(path)).and_then(|value| value.as_str());
        let mark = match record.kind.as_str() {
            "rule" => text("/description"),
            "user" => text("/labels/mark/0"),
            "access-key" => return (format!("key {}", record.name), key_mark(record).to_owned()),
            _ => None,
        };
        (format!("{} {}", record.kind, record.name), mark.unwrap_or_default().to_owned())
    };
    trail.iter().map(mark).collect()
}

fn key_mark(record: &ChangeRecord) -> &'static str {
    if record.after.is_some() { "create" } else { "revoke" }
}
