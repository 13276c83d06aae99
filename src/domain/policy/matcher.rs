//! Matching a compiled glob: a walk over (token, position, kept values), each state once.
//!
//! INVARIANT: the work is bounded by the number of states. Placeholders that stand in a glob once
//! need no place in the state; of those that stand in it several times there are at most two, and
//! their value leaves the state after its last use.

use super::glob::{Placeholder, Token};
use crate::domain::subject::Subject;
use std::collections::HashSet;

/// The values that placeholders take for one subject.
pub(super) struct Names<'s> {
    subject: &'s Subject,
}

impl<'s> Names<'s> {
    pub(super) fn of(subject: &'s Subject) -> Self {
        Self { subject }
    }

    fn each(&self, what: &Placeholder, mut visit: impl FnMut(usize, &'s str)) {
        match what {
            Placeholder::Subject => {
                if let Some(identity) = &self.subject.identity {
                    visit(0, identity.name.as_str());
                }
            }
            Placeholder::Group => {
                for (i, group) in self.subject.groups.iter().enumerate() {
                    visit(i, group.as_str());
                }
            }
            Placeholder::Label(key) => {
                for (i, value) in self.subject.labels.values(key).into_iter().flatten().enumerate() {
                    visit(i, value);
                }
            }
        }
    }
}

/// Where the walk stands: the next token, the next byte of the name, and the number of the value
/// kept in each slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    token: usize,
    position: usize,
    kept: [Option<usize>; 2],
}

pub(super) fn matches(tokens: &[Token], name: &str, names: &Names<'_>) -> bool {
    let start = State { token: 0, position: 0, kept: [None; 2] };
    let mut open = vec![start];
    let mut seen = HashSet::from([start]);
    while let Some(state) = open.pop() {
        let Some(token) = tokens.get(state.token) else {
            if state.position == name.len() {
                return true;
            }
            continue;
        };
        let rest = name.get(state.position..).unwrap_or_default();
        let mut visit = |next: State| {
            if seen.insert(next) {
                open.push(next);
            }
        };
        let after =
            |length: usize| State { token: state.token + 1, position: state.position + length, ..state };
        match token {
            Token::Literal(text) => {
                if rest.starts_with(text.as_str()) {
                    visit(after(text.len()));
                }
            }
            Token::AnyCharacter => {
                if let Some(c) = rest.chars().next().filter(|c| *c != '/') {
                    visit(after(c.len_utf8()));
                }
            }
            Token::AnyRun => {
                visit(after(0));
                if let Some(c) = rest.chars().next().filter(|c| *c != '/') {
                    visit(State { position: state.position + c.len_utf8(), ..state });
                }
            }
            Token::AnySegments => {
                visit(after(0));
                if let Some(slash) = rest.find('/') {
                    visit(State { position: state.position + slash + 1, ..state });
                }
            }
            Token::Rest => {
                if !rest.is_empty() {
                    visit(after(rest.len()));
                }
            }
            Token::Value { what, slot, last } => {
                let kept = slot.and_then(|slot| state.kept.get(slot).copied().flatten());
                names.each(what, |number, value| {
                    if kept.is_some_and(|kept| kept != number) || !rest.starts_with(value) {
                        return;
                    }
                    let mut next = after(value.len());
                    if let Some(place) = slot.and_then(|slot| next.kept.get_mut(slot)) {
                        *place = (!last).then_some(number);
                    }
                    visit(next);
                });
            }
        }
    }
    false
}
