//! Matches name globs by following all positions at once, from left to right. A glob without wildcards and
//! placeholders, except for `**` at its end, is compared as text. `service_fits` matches service globs.
//!
//! A set of positions in the name (at most 255 bytes, hence 256 positions) is carried through the tokens of the
//! pattern. Only a placeholder that occurs again later splits the set by value. The split sets join again after the
//! last occurrence of the placeholder. The method is memoisation over (token, position, bindings still needed):
//! only combinations of values that match the name are followed. `cost.rs` bounds the number of combinations when a
//! rule is written.
//!
//! `name_asked.rs` finds the positions of placeholder values in the name, and keeps them for other patterns.
//!
//! INVARIANT: only `**` matches an empty segment of a name. No other segment of a pattern does, even if a label has
//! a value with slashes.

use super::glob::{Compiled, NameGlob, Token};
use super::name_asked::{NameAsked, Value, Values};
use super::positions::{Positions, join};
use crate::domain::resource::ResourceName;
use crate::domain::subject::Subject;

/// The greatest number of different placeholders of a pattern that may occur again.
const SLOTS: usize = 2;

/// A set of positions in the name, and the value of each placeholder that occurs again.
#[derive(Clone, Copy)]
struct State {
    bound: [Option<usize>; SLOTS],
    at: Positions,
}

impl NameGlob {
    /// Returns true if the pattern matches `name` for `subject`. For anonymous, a pattern with a placeholder
    /// matches nothing.
    #[must_use]
    pub fn matches(&self, name: &ResourceName, subject: &Subject) -> bool {
        self.matches_asked(&NameAsked::new(name, subject))
    }

    /// Returns true if the pattern matches the prepared name `asked`.
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

/// One match in progress: the parts that stay the same for all tokens.
struct Match<'m, 'a> {
    glob: &'m NameGlob,
    compiled: &'m Compiled,
    asked: &'m NameAsked<'a>,
}

impl<'a> Match<'_, 'a> {
    /// Follows all tokens of a pattern without a repeated placeholder. Returns the positions after the last token.
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

    /// Follows all tokens of a pattern with repeated placeholders. Returns the positions after the last token.
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

    /// Splits every state by the values of `slot`. Drops a split state if the name is too short for the rest of the
    /// pattern, or contains the value too seldom. `anywhere` contains every position of the states.
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

/// The rest of a pattern after a token: its least length in bytes without repeated placeholders, and the number of
/// occurrences of each slot's placeholder.
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

/// Removes the value of `slot` from all states, because no later token needs it. Merges states that are then equal.
fn without(slot: usize, states: &[State]) -> Vec<State> {
    let mut joined: Vec<State> = Vec::new();
    // The index in `joined` of the state for each value of the other slot: at 0 for no value, at `n + 1` for value
    // `n`.
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

/// Returns true if `service` matches `pattern`. `*` matches any text, `?` one byte. The time is at most the product
/// of both lengths.
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
            // The latest star takes one more byte; earlier stars never need to be reconsidered.
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
