//! Compares the observations of the clients of several replicas with the audit trail. Finds acknowledged writes that
//! are lost, decisions that fit no state of the policy, and errors without an excuse.
//!
//! An observation of a decision lasts from the sending of the question to the arrival of the answer. The decision is
//! justified if its state was in force at some moment of this time, or of the second before. During an outage of the
//! database, the state may be as old as a second before the outage. A replica is never behind the writes that it
//! acknowledged itself. The exact moment at which a write came into force is unknown. It is after the sending of the
//! write, and before the first acknowledgement of this write or of a later write.

use std::collections::BTreeMap;
use std::time::Duration;

/// A time since the beginning of the test.
pub type At = Duration;

/// The greatest age of the state on which a decision may depend, except during an outage of the database.
pub const PROMISE: Duration = Duration::from_secs(1);

/// A write after which its subject (a rule, a user, a key) grants or does not grant.
#[derive(Debug, Clone)]
pub struct Write {
    pub subject: String,
    /// The mark of the write in the audit trail. It is unique for the subject.
    pub mark: String,
    pub grants: bool,
    pub replica: usize,
    pub sent: At,
    /// The time of the acknowledgement. `None` means that the result of the write is unknown.
    pub acknowledged: Option<At>,
}

/// The result of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saw {
    Granted,
    Denied,
    /// There was no answer, or an answer without a decision.
    Failed(String),
}

/// The answer to one question about a subject.
#[derive(Debug, Clone)]
pub struct Answer {
    pub subject: String,
    pub replica: usize,
    pub sent: At,
    pub received: At,
    pub saw: Saw,
    /// True if every replica has the caller in memory. Then nothing excuses an error.
    pub proven: bool,
}

/// All observations of the clients.
#[derive(Debug, Default)]
pub struct Ledger {
    pub writes: Vec<Write>,
    pub answers: Vec<Answer>,
    /// The outages of the database. Each ends at the time by which all replicas must have recovered.
    pub outages: Vec<(At, At)>,
    /// The writes that were answered too late, or refused with anything but a temporary error.
    pub faults: Vec<String>,
}

/// A committed write: the earliest and the latest time at which it came into force, and its place in the trail.
struct Step {
    grants: bool,
    earliest: At,
    latest: At,
    place: usize,
}

impl Ledger {
    /// Returns the acknowledged writes that are missing in the audit trail. `trail` contains subjects and marks in
    /// order.
    pub fn lost(&self, trail: &[(String, String)]) -> Vec<String> {
        let places = places(trail);
        let is_lost = |write: &&Write| {
            write.acknowledged.is_some() && !places.contains_key(&(&*write.subject, &*write.mark))
        };
        self.writes.iter().filter(is_lost).map(|write| format!("{write:?}")).collect()
    }

    /// Returns the grants and denials that no state within the promise justifies.
    pub fn unjustified(&self, trail: &[(String, String)]) -> Vec<String> {
        let histories = self.histories(trail);
        let own = self.own_writes(trail);
        let empty = Vec::new();
        let mut found = Vec::new();
        for answer in self.answers.iter().filter(|answer| !matches!(answer.saw, Saw::Failed(_))) {
            let steps = histories.get(&*answer.subject).unwrap_or(&empty);
            let from = self.since(answer);
            // A write that the replica itself acknowledged before the question is in force there.
            let seen = own.get(&answer.replica).map_or(0, |writes| {
                let before = writes.partition_point(|(at, _)| *at <= answer.sent);
                before.checked_sub(1).map_or(0, |last| writes[last].1)
            });
            let grants = answer.saw == Saw::Granted;
            // Before its first write a subject grants nothing.
            let none = (false, At::ZERO);
            let states = std::iter::once(none).chain(steps.iter().map(|step| (step.grants, step.earliest)));
            let justified = states.enumerate().any(|(index, (state, begin))| {
                let next = steps.get(index);
                let end = next.map_or(At::MAX, |next| next.latest);
                let is_past = next.is_some_and(|next| next.place < seen);
                state == grants && begin <= answer.received && from <= end && !is_past
            });
            if !justified {
                found.push(format!("{answer:?}"));
            }
        }
        found
    }

    /// Returns the errors without an excuse. A proven caller must never get an error. Others may get errors only during
    /// the noted outages.
    pub fn errors(&self) -> Vec<String> {
        let excused = |answer: &Answer| {
            !answer.proven
                && self.outages.iter().any(|(begin, end)| answer.received >= *begin && answer.sent <= *end)
        };
        let failed = self.answers.iter().filter(|answer| matches!(answer.saw, Saw::Failed(_)));
        failed.filter(|answer| !excused(answer)).map(|answer| format!("{answer:?}")).collect()
    }

    /// Returns true if this subject grants after the last change in the trail.
    pub fn finally(&self, subject: &str, trail: &[(String, String)]) -> bool {
        let histories = self.histories(trail);
        histories.get(subject).and_then(|steps| steps.last()).is_some_and(|step| step.grants)
    }

    /// Returns the earliest time whose state may have decided this answer.
    fn since(&self, answer: &Answer) -> At {
        let outages =
            self.outages.iter().filter(|(begin, end)| *begin <= answer.received && answer.sent <= *end);
        let begins = outages.map(|(begin, _)| *begin);
        begins.chain([answer.sent]).min().unwrap_or_default().saturating_sub(PROMISE)
    }

    /// Returns the committed writes of each subject.
    fn histories<'a>(&'a self, trail: &'a [(String, String)]) -> BTreeMap<&'a str, Vec<Step>> {
        let mut known: Vec<Option<&Write>> = vec![None; trail.len()];
        let places = places(trail);
        for write in &self.writes {
            if let Some(place) = places.get(&(&*write.subject, &*write.mark)) {
                known[*place] = Some(write);
            }
        }
        // A later write is acknowledged only after this write is in force.
        let mut latest = vec![At::MAX; trail.len()];
        let mut bound = At::MAX;
        for (place, write) in known.iter().enumerate().rev() {
            bound = bound.min(write.and_then(|write| write.acknowledged).unwrap_or(At::MAX));
            latest[place] = bound;
        }
        let mut earliest = At::ZERO;
        let mut histories: BTreeMap<&str, Vec<Step>> = BTreeMap::new();
        for (place, write) in known.iter().enumerate() {
            let Some(write) = write else { continue };
            earliest = earliest.max(write.sent);
            let step = Step { grants: write.grants, earliest, latest: latest[place], place };
            histories.entry(&write.subject).or_default().push(step);
        }
        histories
    }

    /// Returns, for each replica, the times at which it acknowledged writes. Each time has a place in the trail: all
    /// records before the place are in force at the replica from then on.
    fn own_writes(&self, trail: &[(String, String)]) -> BTreeMap<usize, Vec<(At, usize)>> {
        let places = places(trail);
        let mut own: BTreeMap<usize, Vec<(At, usize)>> = BTreeMap::new();
        for write in &self.writes {
            let place = places.get(&(&*write.subject, &*write.mark));
            if let (Some(at), Some(place)) = (write.acknowledged, place) {
                own.entry(write.replica).or_default().push((at, place + 1));
            }
        }
        for writes in own.values_mut() {
            writes.sort_unstable();
            let mut highest = 0;
            for (_, place) in writes {
                highest = highest.max(*place);
                *place = highest;
            }
        }
        own
    }
}

fn places(trail: &[(String, String)]) -> BTreeMap<(&str, &str), usize> {
    trail.iter().enumerate().map(|(place, (subject, mark))| ((&**subject, &**mark), place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(value: f64) -> At {
        Duration::from_secs_f64(value)
    }

    fn write(mark: &str, grants: bool, sent: f64, acknowledged: Option<f64>) -> Write {
        let (subject, mark) = ("rule a".to_owned(), mark.to_owned());
        let acknowledged = acknowledged.map(seconds);
        Write { subject, mark, grants, replica: 0, sent: seconds(sent), acknowledged }
    }

    fn answer(saw: Saw, replica: usize, sent: f64) -> Answer {
        let (sent, received) = (seconds(sent), seconds(sent + 0.01));
        Answer { subject: "rule a".to_owned(), replica, sent, received, saw, proven: true }
    }

    fn trail(marks: &[&str]) -> Vec<(String, String)> {
        marks.iter().map(|mark| ("rule a".to_owned(), (*mark).to_owned())).collect()
    }

    /// Builds a ledger with two writes by replica 0: the subject grants from second 1 on, and not from second 5 on.
    fn ledger(answers: Vec<Answer>) -> Ledger {
        let writes = vec![write("on", true, 1.0, Some(1.1)), write("off", false, 5.0, Some(5.1))];
        Ledger { writes, answers, ..Ledger::default() }
    }

    fn bad(saw: Saw, replica: usize, sent: f64) -> usize {
        ledger(vec![answer(saw, replica, sent)]).unjustified(&trail(&["on", "off"])).len()
    }

    #[test]
    fn a_lost_write_is_noticed_and_one_without_acknowledgement_may_be_gone() {
        let mut ledger = ledger(Vec::new());
        ledger.writes.push(write("maybe", true, 6.0, None));
        assert_eq!(ledger.lost(&trail(&["on", "off"])), Vec::<String>::new());
        assert_eq!(ledger.lost(&trail(&["on", "maybe"])).len(), 1);
        assert!(ledger.finally("rule a", &trail(&["on", "off", "maybe"])));
        assert!(!ledger.finally("rule a", &trail(&["on", "off"])));
    }

    #[test]
    fn a_decision_needs_a_state_of_the_last_second() {
        assert_eq!(bad(Saw::Granted, 1, 0.5), 1, "before the first write");
        assert_eq!(bad(Saw::Denied, 1, 0.5), 0);
        assert_eq!(bad(Saw::Denied, 1, 2.0), 0, "another replica may be a second late");
        assert_eq!(bad(Saw::Denied, 1, 2.2), 1, "another replica may not be more than a second late");
        assert_eq!(bad(Saw::Granted, 1, 6.0), 0);
        assert_eq!(bad(Saw::Granted, 1, 6.2), 1, "revoked for more than a second");
        assert_eq!(bad(Saw::Denied, 1, 6.2), 0);
    }

    #[test]
    fn the_replica_that_acknowledged_is_not_late_at_all() {
        assert_eq!(bad(Saw::Granted, 0, 5.05), 0, "not acknowledged yet");
        assert_eq!(bad(Saw::Granted, 0, 5.2), 1);
        assert_eq!(bad(Saw::Denied, 0, 1.2), 1);
    }

    #[test]
    fn a_write_that_may_have_happened_counts_if_the_trail_has_it() {
        let asked = vec![answer(Saw::Granted, 1, 8.0)];
        let mut ledger = ledger(asked);
        ledger.writes.push(write("maybe", true, 6.0, None));
        assert_eq!(ledger.unjustified(&trail(&["on", "off"])).len(), 1);
        assert_eq!(ledger.unjustified(&trail(&["on", "off", "maybe"])).len(), 0);
        // The write may come into force as late as the next acknowledged write.
        ledger.answers = vec![answer(Saw::Denied, 1, 8.0), answer(Saw::Denied, 1, 30.0)];
        ledger.writes.push(write("again", true, 20.0, Some(20.1)));
        let found = ledger.unjustified(&trail(&["on", "off", "maybe", "again"]));
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn an_outage_excuses_age_and_the_unproven_but_no_error_of_the_proven() {
        let mut ledger = ledger(vec![answer(Saw::Granted, 1, 8.0)]);
        ledger.outages.push((seconds(5.5), seconds(10.0)));
        assert_eq!(ledger.unjustified(&trail(&["on", "off"])).len(), 0);
        ledger.answers = vec![answer(Saw::Granted, 1, 10.5)];
        assert_eq!(ledger.unjustified(&trail(&["on", "off"])).len(), 1, "after the next write");
        let failed = Saw::Failed("503".to_owned());
        let unproven = Answer { proven: false, ..answer(failed.clone(), 1, 8.0) };
        ledger.answers = vec![unproven.clone()];
        assert_eq!(ledger.errors().len(), 0);
        ledger.answers =
            vec![answer(failed, 1, 8.0), Answer { sent: seconds(11.0), received: seconds(11.1), ..unproven }];
        assert_eq!(ledger.errors().len(), 2, "errors of a proven caller, and of any caller after the outage");
    }
}
