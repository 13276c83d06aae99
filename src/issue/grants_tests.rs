//! Tests of the counts of granted and refused actions.

use super::*;
use crate::domain::access::AccessEntry;
use crate::domain::scope::ResourceScope;

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

fn noted(grants: &Grants) -> Vec<(String, String, i64, i64)> {
    let mut all = Vec::new();
    for part in &grants.parts {
        let part = part.lock().unwrap();
        all.extend(part.sums.values().map(|one| {
            let key = &one.key;
            (
                format!("{}:{}", key.repository, key.action),
                key.subject.clone(),
                one.sum.granted,
                one.sum.refused,
            )
        }));
    }
    all.sort();
    all
}

fn access(text: &str) -> Access {
    let entries = text.split(' ').filter_map(ResourceScope::parse);
    Access::new(entries.map(|scope| AccessEntry {
        resource_type: scope.resource_type,
        name: scope.name,
        actions: scope.actions,
    }))
}

#[test]
fn what_is_granted_and_refused_is_summed_up_by_subject_and_action() {
    let grants = Grants::new(&Keep::default());
    let asked = ScopeList::parse(["repository:a:pull,push repository:b:* registry:catalog:*"]).unwrap();
    let granted = access("repository:a:pull repository:b:pull registry:catalog:*");
    for subject in ["alice", "alice", ""] {
        grants.note("registry", subject, &asked, &granted, NOW);
    }
    let told =
        |text: &str, subject: &str, granted, refused| (text.to_owned(), subject.to_owned(), granted, refused);
    assert_eq!(
        noted(&grants),
        [
            told("a:pull", "", 1, 0),
            told("a:pull", "alice", 2, 0),
            told("a:push", "alice", 0, 2),
            told("b:pull", "", 1, 0),
            told("b:pull", "alice", 2, 0),
        ]
    );
}

#[test]
fn another_day_is_another_sum_and_too_many_are_counted_as_lost() {
    let grants = Grants::new(&Keep::default());
    let asked = ScopeList::parse(["repository:a:pull"]).unwrap();
    let granted = access("repository:a:pull");
    for day in 0..3 {
        grants.note("registry", "alice", &asked, &granted, NOW.plus_seconds(day * 86_400));
    }
    assert_eq!(noted(&grants).len(), 3);
    for number in 0..PARTS * MOST * 2 {
        grants.note("registry", &format!("user{number}"), &asked, &granted, NOW);
    }
    let kept = noted(&grants).len();
    assert!(kept <= PARTS * MOST);
    assert_eq!(grants.take_lost(), (PARTS * MOST * 2 + 3 - kept) as u64);
    assert_eq!(grants.take_lost(), 0);
    assert_eq!(grants.lost_grant_at.load(Ordering::Relaxed), 0, "alarms need not know of a lost pull");
}

#[test]
fn a_flood_of_refusals_and_anonymous_pulls_displaces_no_grant() {
    let grants = Grants::new(&Keep::default());
    for number in 0..PARTS * MOST_LIGHT * 2 {
        let scope = format!("repository:made-up{number}:pull,push");
        let asked = ScopeList::parse([scope.as_str()]).unwrap();
        grants.note("registry", "", &asked, &Access::default(), NOW);
        grants.note("registry", "", &asked, &access(&format!("repository:made-up{number}:pull")), NOW);
        grants.note("registry", "mallory", &asked, &Access::default(), NOW);
    }
    let flood = noted(&grants);
    assert!(flood.len() <= PARTS * MOST_LIGHT, "{}", flood.len());
    assert!(flood.iter().all(|(_, subject, _, refused)| !subject.is_empty() || *refused == 0));
    assert!(grants.take_lost() > 0);
    for number in 0..PARTS * 100 {
        let scope = format!("repository:app{number}:push");
        let asked = ScopeList::parse([scope.as_str()]).unwrap();
        grants.note("registry", "alice", &asked, &access(&scope), NOW);
    }
    assert_eq!(grants.take_lost(), 0);
    let kept = noted(&grants).iter().filter(|(_, subject, ..)| subject == "alice").count();
    assert_eq!(kept, PARTS * 100);
}

#[test]
fn a_refusal_that_is_granted_later_gives_its_room_back() {
    let grants = Grants::new(&Keep::default());
    let asked = ScopeList::parse(["repository:a:push,made-up"]).unwrap();
    grants.note("registry", "alice", &asked, &Access::default(), NOW);
    let light = || grants.parts.iter().map(|part| part.lock().unwrap().light).sum::<usize>();
    assert_eq!(light(), 1);
    grants.note("registry", "alice", &asked, &access("repository:a:push"), NOW);
    assert_eq!(light(), 0);
    assert_eq!(
        noted(&grants),
        [("a:push".to_owned(), "alice".to_owned(), 1, 1)],
        "the invented action is not counted"
    );
}

#[test]
fn what_was_not_written_waits_again_with_what_came_meanwhile() {
    let grants = Grants::new(&Keep::default());
    let asked = ScopeList::parse(["repository:a:push repository:b:push"]).unwrap();
    let granted = access("repository:a:push");
    grants.note("registry", "alice", &asked, &granted, NOW);
    let before = noted(&grants);
    let drained = grants.drain();
    assert_eq!(noted(&grants), []);
    drop(drained);
    assert_eq!(noted(&grants), before);
    let drained = grants.drain();
    grants.note("registry", "alice", &asked, &granted, NOW);
    drop(drained);
    let told = |text: &str, granted, refused| (text.to_owned(), "alice".to_owned(), granted, refused);
    assert_eq!(noted(&grants), [told("a:push", 2, 0), told("b:push", 0, 2)]);
    assert_eq!(grants.take_lost(), 0);
}

#[test]
fn nothing_is_noted_where_nothing_is_kept() {
    let keep = Keep::with(&[Keep::parse_one("grants=0").unwrap()]);
    let grants = Grants::new(&keep);
    let asked = ScopeList::parse(["repository:a:pull"]).unwrap();
    grants.note("registry", "alice", &asked, &access("repository:a:pull"), NOW);
    assert_eq!(noted(&grants), []);
}
