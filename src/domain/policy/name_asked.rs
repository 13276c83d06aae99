//! A name and its subject, prepared for many patterns. The positions of a placeholder's values in the name are
//! found once for all patterns. If a value can begin at only a few positions, it is compared there instead.

use super::glob::{Placeholder, Token};
use super::positions::{Positions, join};
use crate::domain::resource::ResourceName;
use crate::domain::subject::{GroupName, Subject};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// The greatest number of positions at which a value is compared directly. For more positions, all values are
/// searched once.
const FEW: u32 = 3;
/// A name and its subject, prepared for many patterns.
pub(super) struct NameAsked<'a> {
    pub(super) name: &'a str,
    pub(super) subject: &'a Subject,
    slashes: OnceCell<Positions>,
    values: RefCell<Vec<(Placeholder, Values<'a>)>>,
}

/// The values of one placeholder.
pub(super) type Values<'a> = Rc<[Value<'a>]>;

/// One value of a placeholder.
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    /// The positions of the value in the name, once they are computed.
    at: OnceCell<Positions>,
}

impl<'a> NameAsked<'a> {
    /// Prepares a name that `subject` requests.
    pub(super) fn new(name: &'a ResourceName, subject: &'a Subject) -> Self {
        Self { name: name.as_str(), subject, slashes: OnceCell::new(), values: RefCell::default() }
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

    /// Returns the values of a placeholder, computed at the first use.
    pub(super) fn values(&self, placeholder: &Placeholder) -> Values<'a> {
        let mut all = self.values.borrow_mut();
        if let Some((_, values)) = all.iter().find(|(one, _)| one == placeholder) {
            return values.clone();
        }
        let values: Values<'a> =
            self.texts(placeholder).map(|text| Value { text, at: OnceCell::new() }).collect();
        all.push((placeholder.clone(), values.clone()));
        values
    }

    /// Returns the values of a placeholder as texts. Leaves out values that are longer than the name.
    fn texts(&self, placeholder: &Placeholder) -> impl Iterator<Item = &'a str> + use<'a> {
        let longest = self.name.len();
        let (mut own, mut groups, mut label) = (None, None, None);
        match placeholder {
            Placeholder::Subject => own = self.subject.identity.as_ref().map(|id| id.name.as_str()),
            Placeholder::Group => groups = Some(&self.subject.groups),
            Placeholder::Label(key) => label = self.subject.labels.values(key),
        }
        own.into_iter()
            .chain(groups.into_iter().flatten().map(GroupName::as_str))
            .chain(label.into_iter().flatten().map(String::as_str))
            .filter(move |text| text.len() <= longest)
    }

    /// Returns the positions after any value of a placeholder that begins at a position in `from`.
    pub(super) fn after_any(&self, placeholder: &Placeholder, from: &Positions) -> Positions {
        if from.count() <= FEW {
            let texts = self.texts(placeholder);
            return join(texts.map(|text| self.find(text, from).forward(text.len())));
        }
        let values = self.values(placeholder);
        join(values.iter().map(|value| self.after(&values, value, from)))
    }

    /// Returns the positions in `within` where the name continues with `text`. Each `/` of `text` must end a
    /// segment that is not empty.
    pub(super) fn find(&self, text: &str, within: &Positions) -> Positions {
        let mut at = Positions::default();
        let (name, has_slash) = (self.name.as_bytes(), text.contains('/'));
        for position in within.iter() {
            let stands = name.get(position..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
            if stands && (!has_slash || self.ends_segments(text, position)) {
                at.insert(position);
            }
        }
        at
    }

    /// Returns true if each `/` of a text at `position` ends a segment that is not empty.
    fn ends_segments(&self, text: &str, position: usize) -> bool {
        let ends_an_empty_one = |(offset, _): (usize, &str)| {
            let before = (position + offset).checked_sub(1);
            before.is_none_or(|before| self.name.as_bytes().get(before) == Some(&b'/'))
        };
        !text.match_indices('/').any(ends_an_empty_one)
    }

    /// Returns all positions of a value in the name.
    pub(super) fn places<'v>(&self, value: &'v Value<'_>) -> &'v Positions {
        value.at.get_or_init(|| self.find(value.text, &Positions::up_to(self.name.len())))
    }

    /// Returns the positions after `value` where it begins at a position in `from`. `value` is one of `values`.
    pub(super) fn after(&self, values: &[Value<'_>], value: &Value<'_>, from: &Positions) -> Positions {
        let at = match value.at.get() {
            Some(at) => from.and(at),
            None if from.count() <= FEW => self.find(value.text, from),
            None => {
                self.place_all(values);
                from.and(self.places(value))
            }
        };
        at.forward(value.text.len())
    }

    /// Finds the positions of all values in the name. The values are sorted. A text is compared only after the
    /// beginning that it shares with the previous text. So at each position, each byte of the name is matched at
    /// most once, and each value costs at most one more comparison.
    fn place_all(&self, values: &[Value<'_>]) {
        let name = self.name.as_bytes();
        // The number of bytes of the last text that match at each position.
        let mut standing = vec![0; name.len()];
        let mut last: &[u8] = b"";
        for value in values {
            let text = value.text.as_bytes();
            let (shared, has_slash) = (common(last, text), value.text.contains('/'));
            last = text;
            let mut at = Positions::default();
            for (position, length) in standing.iter_mut().enumerate() {
                if *length >= shared {
                    let name = name.get(position + shared..).unwrap_or_default();
                    *length = shared + common(name, text.get(shared..).unwrap_or_default());
                    let stands = *length == text.len();
                    if stands && (!has_slash || self.ends_segments(value.text, position)) {
                        at.insert(position);
                    }
                }
            }
            let _ = value.at.set(at);
        }
    }

    /// Returns the positions that a wildcard reaches from `at`; an empty set for other tokens.
    pub(super) fn wild(&self, token: Token, at: &Positions) -> Positions {
        let end = self.name.len();
        match token {
            Token::One => at.without(self.slashes()).forward(1).and(&Positions::up_to(end)),
            Token::Run => at.flow(&Positions::up_to(end).without(self.slashes())),
            Token::Segments => match at.first() {
                Some(first) => {
                    let passed = self.slashes().without(&Positions::before(first));
                    at.or(&passed.forward(1))
                }
                None => Positions::default(),
            },
            Token::Below if !at.is_empty() => Positions::start().forward(end),
            _ => Positions::default(),
        }
    }
}

/// Returns the length of the beginning that two texts share, in bytes.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
