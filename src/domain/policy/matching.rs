//! How globs are matched: all positions at once, left to right.
//!
//! A set of positions in the name (at most 255 bytes, hence 256 positions) is carried through the
//! tokens of the pattern. Only a placeholder that occurs again later forks the set by value, and
//! the forks join after its last occurrence: this is memoisation over (token, position, bindings
//! still needed), and no combination of values is looked at beyond those that fit the name. How many
//! these can be is bounded where rules are written (`cost.rs`).
//!
//! Where the values of a placeholder stand in the name is found out once for all patterns (`name_asked.rs`).
//!
//! INVARIANT: an empty segment of a name is swallowed by `**` only; no other segment of a pattern
//! matches it, whatever a label value brings along.

use super::glob::{Compiled, NameGlob, Token};
use super::name_asked::{NameAsked, Value, Values};
use super::positions::{Positions, join};
use crate::domain::resource::ResourceName;
use crate::domain::subject::Subject;

/// How many placeholders of a pattern may occur again.
const SLOTS: usize = 2;

/// Where a match has come to, and which value each placeholder has that occurs again: its number.
#[derive(Clone, Copy)]
struct State {
    bound: [Option<usize>; SLOTS],
    at: Positions,
}

impl NameGlob {
    /// Whether `name` fits, asked by `subject`. A pattern with a placeholder fits nothing that
    /// anonymous asks.
    #[must_use]
    pub fn matches(&self, name: &ResourceName, subject: &Subject) -> bool {
        self.matches_asked(&NameAsked::new(name, subject))
    }

    /// The same for one of many patterns.
    pub(super) fn matches_asked(&self, asked: &NameAsked<'_>) -> bool {
        let name = asked.name;
        let Some(compiled) = self.compiled() else {
            return match self.as_str().strip_suffix("**") {
                Some(before) => name.starts_with(before),
                None => name == self.as_str(),
            };
        };
        if !compiled.placeholders.is_empty() && asked.subject.identity.is_none() {
            return false;
        }
        let run = Match { glob: self, compiled, asked };
        let tokens = &compiled.tokens;
        let forks = tokens.iter().any(|t| matches!(t, Token::First { .. }));
        let reached = if forks { run.forking() } else { run.straight() };
        let swallowed = matches!(tokens.last(), Some(Token::Below));
        reached.contains(name.len()) && (swallowed || !name.ends_with('/'))
    }
}

/// One match in progress: what stays the same for all tokens.
struct Match<'m, 'a> {
    glob: &'m NameGlob,
    compiled: &'m Compiled,
    asked: &'m NameAsked<'a>,
}

impl<'a> Match<'_, 'a> {
    /// All tokens, for a pattern in which no placeholder comes again.
    fn straight(&self) -> Positions {
        let mut at = Positions::start();
        for token in &self.compiled.tokens {
            at = match *token {
                Token::Literal { start, end } => {
                    let text = self.glob.literal(start, end);
                    self.asked.find(text, &at).forward(text.len())
                }
                Token::Once(number) => match self.glob.placeholder(number) {
                    Some(placeholder) => self.asked.after_any(placeholder, &at),
                    None => Positions::default(),
                },
                other => self.asked.wild(other, &at),
            };
            if at.is_empty() {
                break;
            }
        }
        at
    }

    /// All tokens, for a pattern in which placeholders come again.
    fn forking(&self) -> Positions {
        let mut states = vec![State { bound: [None; SLOTS], at: Positions::start() }];
        let mut bound: [Values<'a>; SLOTS] = Default::default();
        for (index, token) in self.compiled.tokens.iter().enumerate() {
            let anywhere = join(states.iter().map(|state| state.at));
            match *token {
                Token::Literal { start, end } => {
                    let text = self.glob.literal(start, end);
                    let found = self.asked.find(text, &anywhere);
                    states.iter_mut().for_each(|state| state.at = state.at.and(&found).forward(text.len()));
                }
                Token::Once(placeholder) => {
                    let values = self.values(placeholder);
                    let after = |value: &Value<'_>, at: Positions| self.asked.after(&values, value, &at);
                    let fits = |value: &&Value<'_>| !after(value, anywhere).is_empty();
                    let fitting: Vec<&Value<'_>> = values.iter().filter(fits).collect();
                    for state in &mut states {
                        let at = state.at;
                        state.at = join(fitting.iter().map(|value| after(value, at)));
                    }
                }
                Token::First { placeholder, slot } => {
                    let slot = usize::from(slot);
                    if let Some(bound) = bound.get_mut(slot) {
                        *bound = self.values(placeholder);
                    }
                    let rest = Rest::of(self.compiled.tokens.get(index + 1..).unwrap_or_default());
                    states = self.fork(&states, &anywhere, slot, &bound, &rest);
                }
                Token::Again(slot) | Token::Last(slot) => {
                    let values = bound.get(usize::from(slot)).map(|values| &**values).unwrap_or_default();
                    for state in &mut states {
                        let value = value_of(state, usize::from(slot), &bound);
                        let after = |value| self.asked.after(values, value, &state.at);
                        state.at = value.map_or_else(Positions::default, after);
                    }
                }
                other => states.iter_mut().for_each(|state| state.at = self.asked.wild(other, &state.at)),
            }
            states.retain(|state| !state.at.is_empty());
            if let Token::Last(slot) = *token {
                states = without(usize::from(slot), &states);
            }
        }
        join(states.iter().map(|state| state.at))
    }

    fn values(&self, number: u8) -> Values<'a> {
        self.glob.placeholder(number).map(|placeholder| self.asked.values(placeholder)).unwrap_or_default()
    }

    /// Every state with every value of `slot`, without those that cannot come to an end. `anywhere` is
    /// where any of the states is.
    fn fork(
        &self,
        states: &[State],
        anywhere: &Positions,
        slot: usize,
        bound: &[Values<'a>; SLOTS],
        rest: &Rest,
    ) -> Vec<State> {
        let (asked, end) = (self.asked, self.asked.name.len());
        let again = rest.again.get(slot).copied().unwrap_or_default();
        let values = bound.get(slot).map(|values| &**values).unwrap_or_default();
        let fits = |(_, value): &(usize, &Value<'_>)| {
            let first = asked.after(values, value, anywhere).first();
            first.is_some_and(|first| first + rest.least + again * value.text.len() <= end)
                && usize::try_from(asked.places(value).count()).is_ok_and(|places| places > again)
        };
        let fitting: Vec<(usize, &Value<'_>)> = values.iter().enumerate().filter(fits).collect();
        let mut forked = Vec::new();
        for state in states {
            let others = (0..SLOTS).filter(|other| *other != slot).map(|other| {
                let length = value_of(state, other, bound).map_or(1, |value| value.text.len());
                rest.again.get(other).copied().unwrap_or_default() * length
            });
            let least = rest.least + others.sum::<usize>();
            for (number, value) in &fitting {
                let at = asked.after(values, value, &state.at);
                if at.first().is_some_and(|first| first + least + again * value.text.len() <= end) {
                    let mut state = State { at, ..*state };
                    if let Some(bound) = state.bound.get_mut(slot) {
                        *bound = Some(*number);
                    }
                    forked.push(state);
                }
            }
        }
        forked
    }
}

/// What comes after a token: how many bytes at least, and how often each placeholder with a slot.
struct Rest {
    least: usize,
    again: [usize; SLOTS],
}

impl Rest {
    fn of(tokens: &[Token]) -> Self {
        let mut rest = Self { least: 0, again: [0; SLOTS] };
        for token in tokens {
            match *token {
                Token::Literal { start, end } => rest.least += usize::from(end.saturating_sub(start)),
                Token::One | Token::Once(_) => rest.least += 1,
                Token::First { slot, .. } | Token::Again(slot) | Token::Last(slot) => {
                    if let Some(again) = rest.again.get_mut(usize::from(slot)) {
                        *again += 1;
                    }
                }
                Token::Run | Token::Segments | Token::Below => {}
            }
        }
        rest
    }
}

fn value_of<'v, 'a>(state: &State, slot: usize, bound: &'v [Values<'a>; SLOTS]) -> Option<&'v Value<'a>> {
    let number = state.bound.get(slot).copied().flatten()?;
    bound.get(slot)?.get(number)
}

/// The states as they are when the value of `slot` does not matter any more: those that differ in nothing
/// else become one.
fn without(slot: usize, states: &[State]) -> Vec<State> {
    let mut joined: Vec<State> = Vec::new();
    // Where the state with each value of the other slot is among them.
    let mut known: Vec<Option<usize>> = Vec::new();
    for state in states {
        let mut bound = state.bound;
        if let Some(bound) = bound.get_mut(slot) {
            *bound = None;
        }
        let place = bound.iter().flatten().next().map_or(0, |number| number + 1);
        if known.len() <= place {
            known.resize(place + 1, None);
        }
        match known.get(place).copied().flatten().and_then(|known| joined.get_mut(known)) {
            Some(same) => same.at = same.at.or(&state.at),
            None => {
                if let Some(known) = known.get_mut(place) {
                    *known = Some(joined.len());
                }
                joined.push(State { bound, at: state.at });
            }
        }
    }
    joined
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
