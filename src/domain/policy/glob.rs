//! Globs over resource names: what may be written, and what it means.
//!
//! INVARIANT: a [`NameGlob`] that parsed can be matched in time polynomial in its length, the
//! length of the name and the number of values of its placeholders, because at most two different
//! placeholders occur in it more than once. What a placeholder stands for is always literal text.
//! No thought about rules or rights in here.

use crate::domain::subject::is_label_key;
use std::fmt;

/// How long a glob may be, in bytes.
pub const MAX_GLOB_BYTES: usize = 512;
/// How many different placeholders may occur more than once in one glob.
const MAX_REPEATED: usize = 2;

/// Why a glob was refused. Positions are bytes, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// No text at all.
    #[error("byte 0: the pattern is empty: write `*` or `**` to match everything")]
    Empty,
    /// More than [`MAX_GLOB_BYTES`].
    #[error("byte 512: the pattern has {0} bytes: at most 512")]
    TooLong(usize),
    /// A line break or the like.
    #[error("byte {at}: a control character: remove it")]
    Control {
        /// Where it stands.
        at: usize,
    },
    /// `//`, or `/` at either end.
    #[error("byte {at}: an empty segment: write one `/` between segments and none at the ends")]
    EmptySegment {
        /// Where the segment would begin.
        at: usize,
    },
    /// `**` with something else in the same segment.
    #[error("byte {at}: `**` must be a whole segment: write `*`, or `/` around it")]
    GluedStars {
        /// Where the two stars stand.
        at: usize,
    },
    /// `${` and then none of the three placeholders.
    #[error(
        "byte {at}: `{text}` is not a placeholder: write `${{subject}}`, `${{group}}` or `${{label:KEY}}`"
    )]
    UnknownPlaceholder {
        /// Where `${` stands.
        at: usize,
        /// What was written.
        text: String,
    },
    /// A placeholder where only plain patterns make sense.
    #[error("byte {at}: placeholders are not allowed here: write the text itself, or `*`")]
    PlaceholderRefused {
        /// Where `${` stands.
        at: usize,
    },
    /// A third placeholder that occurs twice.
    #[error("byte {at}: a third placeholder occurs more than once: at most two may in one pattern")]
    TooManyRepeated {
        /// Where its second occurrence stands.
        at: usize,
    },
}

/// What stands for text that depends on who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// `${subject}`
    Subject,
    /// `${group}`
    Group,
    /// `${label:KEY}`
    Label(Box<str>),
}

impl Placeholder {
    fn parse(inner: &str) -> Option<Self> {
        match inner {
            "subject" => Some(Self::Subject),
            "group" => Some(Self::Group),
            _ => inner
                .strip_prefix("label:")
                .filter(|key| is_label_key(key))
                .map(|key| Self::Label(key.into())),
        }
    }
}

/// One step of a compiled glob. Numbers stay below [`MAX_GLOB_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The bytes `start..end` of the pattern's text.
    Literal {
        /// First byte.
        start: u16,
        /// Past the last byte.
        end: u16,
    },
    /// `?`
    One,
    /// `*`
    Run,
    /// `**` and the `/` after it, before another segment.
    Segments,
    /// `**` as the last segment.
    Below,
    /// A placeholder that occurs once.
    Once(u8),
    /// The first occurrence of a placeholder that comes again: binds a slot.
    First {
        /// Which placeholder.
        placeholder: u8,
        /// Which binding.
        slot: u8,
    },
    /// A further occurrence.
    Again(u8),
    /// The last occurrence: the slot is free afterwards.
    Last(u8),
}

/// The steps of a pattern that is more than a beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    pub(super) tokens: Box<[Token]>,
    pub(super) placeholders: Box<[Placeholder]>,
}

/// A pattern over resource names. Compared and written as the text it was parsed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGlob {
    text: Box<str>,
    /// INVARIANT: `None` exactly when everything before a last segment `**` is literal.
    compiled: Option<Box<Compiled>>,
}

impl NameGlob {
    /// Parses a pattern, placeholders included.
    pub fn parse(text: &str) -> Result<Self, InvalidGlob> {
        check_text(text)?;
        let mut compiler = Compiler::new(text);
        let mut start = 0;
        for segment in text.split('/') {
            compiler.segment(start, segment)?;
            start += segment.len() + 1;
        }
        compiler.finish()
    }

    /// Parses a pattern that may not hold placeholders.
    pub fn parse_plain(text: &str) -> Result<Self, InvalidGlob> {
        refuse_placeholders(text)?;
        Self::parse(text)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether what it fits depends on who asks.
    #[must_use]
    pub fn has_placeholder(&self) -> bool {
        self.compiled.as_ref().is_some_and(|compiled| !compiled.placeholders.is_empty())
    }

    /// The literal whole segments that every name it fits begins with.
    pub(super) fn leading(&self) -> impl Iterator<Item = &str> {
        let is_literal = |segment: &&str| !segment.contains(['*', '?']) && !segment.contains("${");
        self.text.split('/').take_while(is_literal)
    }

    /// The literal text that every name it fits begins with.
    pub(super) fn beginning(&self) -> &str {
        let end = [self.text.find(['*', '?']), self.text.find("${")].into_iter().flatten().min();
        end.and_then(|end| self.text.get(..end)).unwrap_or(&self.text)
    }

    pub(super) fn compiled(&self) -> Option<&Compiled> {
        self.compiled.as_deref()
    }

    pub(super) fn literal(&self, start: u16, end: u16) -> &str {
        self.text.get(usize::from(start)..usize::from(end)).unwrap_or_default()
    }

    pub(super) fn placeholder(&self, number: u8) -> Option<&Placeholder> {
        self.compiled.as_ref()?.placeholders.get(usize::from(number))
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) fn check_text(text: &str) -> Result<(), InvalidGlob> {
    if text.is_empty() {
        return Err(InvalidGlob::Empty);
    }
    if text.len() > MAX_GLOB_BYTES {
        return Err(InvalidGlob::TooLong(text.len()));
    }
    match text.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, _)) => Err(InvalidGlob::Control { at }),
        None => Ok(()),
    }
}

pub(super) fn refuse_placeholders(text: &str) -> Result<(), InvalidGlob> {
    match text.find("${") {
        Some(at) => Err(InvalidGlob::PlaceholderRefused { at }),
        None => Ok(()),
    }
}

/// Turns a pattern into tokens, segment by segment.
struct Compiler<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    placeholders: Vec<Placeholder>,
    /// Every occurrence: where its token is, and the number of its placeholder.
    occurrences: Vec<(usize, u8)>,
    /// Slots given to placeholders that occur again.
    slots: Vec<u8>,
    /// Where the literal begins that is not yet a token.
    pending: usize,
}

impl<'a> Compiler<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            tokens: Vec::new(),
            placeholders: Vec::new(),
            occurrences: Vec::new(),
            slots: Vec::new(),
            pending: 0,
        }
    }

    /// Ends the pending literal before byte `until`; the next one begins at `next`.
    fn flush(&mut self, until: usize, next: usize) {
        if let (Ok(start), Ok(end)) = (u16::try_from(self.pending), u16::try_from(until))
            && start < end
        {
            self.tokens.push(Token::Literal { start, end });
        }
        self.pending = next;
    }

    fn segment(&mut self, start: usize, segment: &str) -> Result<(), InvalidGlob> {
        if segment.is_empty() {
            return Err(InvalidGlob::EmptySegment { at: start });
        }
        let end = start + segment.len();
        if segment == "**" {
            self.flush(start, end + 1);
            let is_last = end == self.text.len();
            self.tokens.push(if is_last { Token::Below } else { Token::Segments });
            return Ok(());
        }
        if let Some(at) = segment.find("**") {
            return Err(InvalidGlob::GluedStars { at: start + at });
        }
        let mut rest = segment;
        while let Some(found) = rest.find(['*', '?', '$']) {
            let at = end - rest.len() + found;
            let tail = rest.get(found..).unwrap_or_default();
            let used = if tail.starts_with('*') {
                self.flush(at, at + 1);
                self.tokens.push(Token::Run);
                1
            } else if tail.starts_with('?') {
                self.flush(at, at + 1);
                self.tokens.push(Token::One);
                1
            } else if let Some(inner) = tail.strip_prefix("${") {
                self.placeholder(at, inner)?
            } else {
                1
            };
            rest = tail.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// Notes the placeholder whose `${` stands at `at`; returns its length in bytes.
    fn placeholder(&mut self, at: usize, inner: &str) -> Result<usize, InvalidGlob> {
        let unknown =
            |text: &str| InvalidGlob::UnknownPlaceholder { at, text: text.chars().take(80).collect() };
        let Some((inner, _)) = inner.split_once('}') else {
            return Err(unknown(&format!("${{{inner}")));
        };
        let Some(placeholder) = Placeholder::parse(inner) else {
            return Err(unknown(&format!("${{{inner}}}")));
        };
        let used = inner.len() + "${}".len();
        self.flush(at, at + used);
        let known = self.placeholders.iter().position(|p| *p == placeholder);
        let number = known.unwrap_or(self.placeholders.len());
        if known.is_none() {
            self.placeholders.push(placeholder);
        }
        // INVARIANT: 512 bytes hold fewer than 64 placeholders, so that the number fits.
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        if known.is_some() && !self.slots.contains(&number) {
            if self.slots.len() == MAX_REPEATED {
                return Err(InvalidGlob::TooManyRepeated { at });
            }
            self.slots.push(number);
        }
        self.occurrences.push((self.tokens.len(), number));
        self.tokens.push(Token::Once(number));
        Ok(used)
    }

    fn finish(mut self) -> Result<NameGlob, InvalidGlob> {
        self.flush(self.text.len(), self.text.len());
        for (slot, number) in (0u8..).zip(&self.slots) {
            let mut places = self.occurrences.iter().filter(|(_, n)| n == number);
            let first = places.next().map(|(place, _)| *place);
            let last = places.next_back().map(|(place, _)| *place);
            for (place, _) in self.occurrences.iter().filter(|(_, n)| n == number) {
                if let Some(token) = self.tokens.get_mut(*place) {
                    *token = if first == Some(*place) {
                        Token::First { placeholder: *number, slot }
                    } else if last == Some(*place) {
                        Token::Last(slot)
                    } else {
                        Token::Again(slot)
                    };
                }
            }
        }
        let is_plain = matches!(
            *self.tokens,
            [Token::Literal { .. }] | [Token::Literal { .. }, Token::Below] | [Token::Below]
        );
        let compiled = (!is_plain).then(|| {
            Box::new(Compiled { tokens: self.tokens.into(), placeholders: self.placeholders.into() })
        });
        Ok(NameGlob { text: self.text.into(), compiled })
    }
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
