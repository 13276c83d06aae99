//! How globs are matched: all positions at once, left to right.
//!
//! A set of positions in the name (at most 255 bytes, hence 256 positions) is carried through the
//! tokens of the pattern. Only a placeholder that occurs again later forks the set by value, and
//! the forks join after its last occurrence: this is memoisation over (token, position, bindings
//! still needed), and no combination of values is looked at beyond those that fit the name.
//!
//! INVARIANT: an empty segment of a name is swallowed by `**` only; no other segment of a pattern
//! matches it, whatever a label value brings along.

use super::glob::{NameGlob, Placeholder, Token};
use super::positions::Positions;
use crate::domain::resource::ResourceName;
use crate::domain::subject::{GroupName, Subject};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A text, and where in the name it may be taken.
struct Found {
    at: Positions,
    length: usize,
}

impl Found {
    /// Past the text, from those of `from` where it stands.
    fn after(&self, from: &Positions) -> Positions {
        from.and(&self.at).forward(self.length)
    }
}

/// Which value each of the two slots of a pattern is bound to, by number.
type Bindings = [Option<usize>; 2];

/// One match in progress: what stays the same for all tokens.
struct Match<'a> {
    glob: &'a NameGlob,
    name: &'a str,
    subject: &'a Subject,
    slashes: OnceCell<Positions>,
}

impl NameGlob {
    /// Whether `name` fits, asked by `subject`. A pattern with a placeholder fits nothing that
    /// anonymous asks.
    #[must_use]
    pub fn matches(&self, name: &ResourceName, subject: &Subject) -> bool {
        let name = name.as_str();
        let Some(compiled) = self.compiled() else {
            return match self.as_str().strip_suffix("**") {
                Some(before) => name.starts_with(before),
                None => name == self.as_str(),
            };
        };
        if !compiled.placeholders.is_empty() && subject.identity.is_none() {
            return false;
        }
        let run = Match { glob: self, name, subject, slashes: OnceCell::new() };
        let tokens = &compiled.tokens;
        let forks = tokens.iter().any(|t| matches!(t, Token::First { .. }));
        let reached = if forks { run.forking(tokens) } else { run.straight(tokens) };
        let swallowed = matches!(tokens.last(), Some(Token::Below));
        reached.contains(name.len()) && (swallowed || !name.ends_with('/'))
    }
}

impl<'a> Match<'a> {
    /// All tokens, for a pattern in which no placeholder comes again.
    fn straight(&self, tokens: &[Token]) -> Positions {
        let mut at = Positions::start();
        for token in tokens {
            at = match *token {
                Token::Literal { start, end } => self.find(self.glob.literal(start, end), &at).after(&at),
                Token::Once(placeholder) => self
                    .values(placeholder)
                    .map(|value| self.find(value, &at).after(&at))
                    .fold(Positions::default(), |all, one| all.or(&one)),
                other => self.wild(other, &at),
            };
            if at.is_empty() {
                break;
            }
        }
        at
    }

    /// All tokens, for a pattern in which placeholders come again.
    fn forking(&self, tokens: &[Token]) -> Positions {
        let mut states = vec![(Bindings::default(), Positions::start())];
        let mut bound: [Vec<Found>; 2] = Default::default();
        for (index, token) in tokens.iter().enumerate() {
            let anywhere = join(states.iter().map(|(_, at)| at));
            let found: Vec<Found> = match *token {
                Token::Literal { start, end } => {
                    vec![self.find(self.glob.literal(start, end), &anywhere)]
                }
                Token::Once(placeholder) => self
                    .values(placeholder)
                    .map(|value| self.find(value, &anywhere))
                    .filter(|found| !found.at.is_empty())
                    .collect(),
                Token::First { placeholder, slot } => {
                    let everywhere = Positions::up_to(self.name.len());
                    if let Some(bound) = bound.get_mut(usize::from(slot)) {
                        *bound = self
                            .values(placeholder)
                            .map(|value| self.find(value, &everywhere))
                            .filter(|found| !found.at.is_empty())
                            .collect();
                    }
                    let after = tokens.get(index + 1..).unwrap_or_default();
                    states = self.fork(&states, slot, &bound, after);
                    continue;
                }
                _ => Vec::new(),
            };
            for (bindings, at) in &mut states {
                *at = match *token {
                    Token::Again(slot) | Token::Last(slot) => value_of(bindings, slot, &bound)
                        .map_or_else(Positions::default, |value| value.after(at)),
                    Token::Literal { .. } | Token::Once(_) => {
                        found.iter().fold(Positions::default(), |all, one| all.or(&one.after(at)))
                    }
                    other => self.wild(other, at),
                };
            }
            states.retain(|(_, at)| !at.is_empty());
            if let Token::Last(slot) = *token {
                let mut joined: BTreeMap<Bindings, Positions> = BTreeMap::new();
                for (bindings, at) in &states {
                    let all = joined.entry(with(bindings, slot, None)).or_default();
                    *all = all.or(at);
                }
                states = joined.into_iter().collect();
            }
        }
        join(states.iter().map(|(_, at)| at))
    }

    /// Every state with every value of `slot`, without those that cannot come to an end.
    fn fork(
        &self,
        states: &[(Bindings, Positions)],
        slot: u8,
        bound: &[Vec<Found>; 2],
        after: &[Token],
    ) -> Vec<(Bindings, Positions)> {
        let mut forked = Vec::new();
        let values = bound.get(usize::from(slot)).into_iter().flatten();
        for (number, value) in values.enumerate() {
            for (bindings, at) in states {
                let reached = value.after(at);
                let Some(first) = reached.first() else {
                    continue;
                };
                let bindings = with(bindings, slot, Some(number));
                let needed: usize = after
                    .iter()
                    .map(|token| match *token {
                        Token::Literal { start, end } => usize::from(end.saturating_sub(start)),
                        Token::One | Token::Once(_) | Token::First { .. } => 1,
                        Token::Again(slot) | Token::Last(slot) => {
                            value_of(&bindings, slot, bound).map_or(1, |value| value.length)
                        }
                        Token::Run | Token::Segments | Token::Below => 0,
                    })
                    .sum();
                if first + needed <= self.name.len() {
                    forked.push((bindings, reached));
                }
            }
        }
        forked
    }

    /// Where a wildcard leads to from each of `at`. Other tokens lead nowhere.
    fn wild(&self, token: Token, at: &Positions) -> Positions {
        match token {
            Token::One => at.without(self.slashes()).forward(1).and(&Positions::up_to(self.name.len())),
            Token::Run => at.flow(&Positions::up_to(self.name.len()).without(self.slashes())),
            Token::Segments => match at.first() {
                Some(first) => {
                    let passed = self.slashes().without(&Positions::before(first));
                    at.or(&passed.forward(1))
                }
                None => Positions::default(),
            },
            Token::Below if !at.is_empty() => Positions::start().forward(self.name.len()),
            _ => Positions::default(),
        }
    }

    fn slashes(&self) -> &Positions {
        self.slashes.get_or_init(|| {
            let mut slashes = Positions::default();
            for (position, _) in self.name.match_indices('/') {
                slashes.insert(position);
            }
            slashes
        })
    }

    /// Where among `within` the name goes on with `text`, provided that each `/` in it ends a
    /// segment that is not empty.
    fn find(&self, text: &str, within: &Positions) -> Found {
        let mut at = Positions::default();
        let name = self.name.as_bytes();
        for position in within.iter() {
            let stands = name.get(position..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
            let ends_an_empty_segment = |(offset, _): (usize, &str)| {
                let before = (position + offset).checked_sub(1);
                before.is_none_or(|before| name.get(before) == Some(&b'/'))
            };
            if stands && !text.match_indices('/').any(ends_an_empty_segment) {
                at.insert(position);
            }
        }
        Found { at, length: text.len() }
    }

    /// What a placeholder stands for, one value after the other.
    fn values(&self, number: u8) -> impl Iterator<Item = &'a str> {
        let (mut own, mut groups, mut label) = (None, None, None);
        match self.glob.placeholder(number) {
            Some(Placeholder::Subject) => {
                own = self.subject.identity.as_ref().map(|id| id.name.as_str());
            }
            Some(Placeholder::Group) => groups = Some(&self.subject.groups),
            Some(Placeholder::Label(key)) => label = self.subject.labels.values(key),
            None => {}
        }
        own.into_iter()
            .chain(groups.into_iter().flatten().map(GroupName::as_str))
            .chain(label.into_iter().flatten().map(String::as_str))
    }
}

fn join<'p>(sets: impl Iterator<Item = &'p Positions>) -> Positions {
    sets.fold(Positions::default(), |all, one| all.or(one))
}

fn value_of<'f>(bindings: &Bindings, slot: u8, bound: &'f [Vec<Found>; 2]) -> Option<&'f Found> {
    let slot = usize::from(slot);
    let number = bindings.get(slot).copied().flatten()?;
    bound.get(slot)?.get(number)
}

fn with(bindings: &Bindings, slot: u8, value: Option<usize>) -> Bindings {
    let mut changed = *bindings;
    if let Some(bound) = changed.get_mut(usize::from(slot)) {
        *bound = value;
    }
    changed
}

/// Whether `service` fits `pattern`: `*` any run, `?` one byte. Time at most their product.
pub(super) fn service_fits(pattern: &str, service: &str) -> bool {
    let (pattern, service) = (pattern.as_bytes(), service.as_bytes());
    let (mut p, mut s) = (0, 0);
    let mut resume = None;
    while let Some(byte) = service.get(s) {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                resume = Some((p, s));
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                p += 1;
                s += 1;
            }
            // The latest star takes one byte more; earlier stars need never be reconsidered.
            _ => match resume {
                Some((after_star, taken)) => {
                    resume = Some((after_star, taken + 1));
                    p = after_star;
                    s = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}
