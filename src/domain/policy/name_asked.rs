//! A name and who asks for it, as patterns need to know both: where the values of placeholders stand in the
//! name, found out once for all patterns.

use super::glob::{Placeholder, Token};
use super::positions::{Positions, join};
use crate::domain::resource::ResourceName;
use crate::domain::subject::{GroupName, Subject};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// At so few positions a value is looked for there only, and not in the whole name.
const FEW: u32 = 3;
/// A name and who asks for it, with what patterns need to know of both.
pub(super) struct NameAsked<'a> {
    pub(super) name: &'a str,
    pub(super) subject: &'a Subject,
    slashes: OnceCell<Positions>,
    values: RefCell<Vec<(Placeholder, Values<'a>)>>,
}

/// What a placeholder stands for.
pub(super) type Values<'a> = Rc<[Value<'a>]>;

/// One value of a placeholder.
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    /// Where it stands in the name, once that was asked.
    at: OnceCell<Positions>,
}

impl<'a> NameAsked<'a> {
    /// A name that `subject` asks for.
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

    /// What a placeholder stands for.
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

    /// The same as texts, without those that are longer than the name.
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

    /// Past any value of a placeholder, from each of `from`.
    pub(super) fn after_any(&self, placeholder: &Placeholder, from: &Positions) -> Positions {
        if from.count() <= FEW {
            let texts = self.texts(placeholder);
            return join(texts.map(|text| self.find(text, from).forward(text.len())));
        }
        let values = self.values(placeholder);
        join(values.iter().map(|value| self.after(&values, value, from)))
    }

    /// Where among `within` the name goes on with `text`, provided that each `/` in it ends a
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

    /// Whether each `/` of a text that stands at `position` ends a segment that is not empty.
    fn ends_segments(&self, text: &str, position: usize) -> bool {
        let ends_an_empty_one = |(offset, _): (usize, &str)| {
            let before = (position + offset).checked_sub(1);
            before.is_none_or(|before| self.name.as_bytes().get(before) == Some(&b'/'))
        };
        !text.match_indices('/').any(ends_an_empty_one)
    }

    /// Everywhere that a value stands.
    pub(super) fn places<'v>(&self, value: &'v Value<'_>) -> &'v Positions {
        value.at.get_or_init(|| self.find(value.text, &Positions::up_to(self.name.len())))
    }

    /// Past one of `values`, from those of `from` where it stands.
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

    /// Finds out where all values stand. They are sorted: of a text that begins as the one before it does, only
    /// the rest is compared. So for each position hardly more bytes are compared than the name has.
    fn place_all(&self, values: &[Value<'_>]) {
        let name = self.name.as_bytes();
        // How many bytes of the last text stand at each position.
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

    /// Where a wildcard leads to from each of `at`. Other tokens lead nowhere.
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

/// How many bytes two texts begin with in common.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
