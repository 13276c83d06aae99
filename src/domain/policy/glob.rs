//! Globs over resource names: their grammar, and their compilation to tokens. `matching.rs` matches the tokens.
//!
//! INVARIANT: the time to match a [`NameGlob`] is polynomial in the length of the glob, the length of the name and
//! the number of placeholder values, because at most two different placeholders occur more than once. The value of
//! a placeholder is always literal text. What must not go in: anything about rules or rights.

use crate::domain::subject::is_label_key;
use std::fmt;

/// The longest glob, bytes.
pub const MAX_GLOB_BYTES: usize = 512;
/// The greatest number of different placeholders that may occur more than once in one glob.
const MAX_REPEATED: usize = 2;

/// The reason why a glob was refused. Positions are bytes, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGlob {
    /// The text is empty.
    #[error("byte 0: the pattern is empty: write `*` or `**` to match everything")]
    Empty,
    /// The text is longer than [`MAX_GLOB_BYTES`].
    #[error("byte 512: the pattern has {0} bytes: at most 512")]
    TooLong(usize),
    /// The text contains a control character.
    #[error("byte {at}: a control character: remove it")]
    Control {
        /// The position of the control character.
        at: usize,
    },
    /// The text contains `//`, or begins or ends with `/`.
    #[error("byte {at}: an empty segment: write one `/` between segments and none at the ends")]
    EmptySegment {
        /// The position where a segment should begin.
        at: usize,
    },
    /// The text contains `**` together with other characters in one segment.
    #[error("byte {at}: `**` must be a whole segment: write `*`, or `/` around it")]
    GluedStars {
        /// The position of the two stars.
        at: usize,
    },
    /// The text contains a `${` that does not begin one of the three placeholders.
    #[error(
        "byte {at}: `{text}` is not a placeholder: write `${{subject}}`, `${{group}}` or `${{label:KEY}}`"
    )]
    UnknownPlaceholder {
        /// The position of `${`.
        at: usize,
        /// The text of the placeholder.
        text: String,
    },
    /// The text contains `${`, but placeholders are not allowed.
    #[error("byte {at}: placeholders are not allowed here: write the text itself, or `*`")]
    PlaceholderRefused {
        /// The position of the placeholder.
        at: usize,
    },
    /// A third placeholder occurs more than once.
    #[error(
        "byte {at}: a third placeholder occurs more than once: at most two placeholders of a pattern may occur more than once"
    )]
    TooManyRepeated {
        /// The position of the third placeholder's second occurrence.
        at: usize,
    },
}

/// A placeholder for text that depends on the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// The placeholder `${subject}`.
    Subject,
    /// The placeholder `${group}`.
    Group,
    /// The placeholder `${label:KEY}`.
    Label(Box<str>),
}

impl Placeholder {
    pub(super) fn parse(inner: &str) -> Option<Self> {
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

/// One step of a compiled glob. All numbers are at most [`MAX_GLOB_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The bytes `start..end` of the glob's text, matched literally.
    Literal {
        /// The position of the first byte.
        start: u16,
        /// The position after the last byte.
        end: u16,
    },
    /// The wildcard `?`.
    One,
    /// The wildcard `*`.
    Run,
    /// A `**` that another segment follows, and the `/` after it.
    Segments,
    /// A `**` as the last segment.
    Below,
    /// A placeholder that occurs once, by its index in [`Compiled::placeholders`].
    Once(u8),
    /// The first occurrence of a repeated placeholder, which stores the value in a slot.
    First {
        /// The index of the placeholder in [`Compiled::placeholders`].
        placeholder: u8,
        /// The slot that stores the value.
        slot: u8,
    },
    /// An occurrence of the placeholder in this slot, neither the first nor the last.
    Again(u8),
    /// The last occurrence of the placeholder in this slot, which frees the slot.
    Last(u8),
}

/// The tokens and the different placeholders of a glob that needs more than a comparison with literal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    pub(super) tokens: Box<[Token]>,
    pub(super) placeholders: Box<[Placeholder]>,
}

/// A pattern over resource names. Two patterns are equal if their texts are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGlob {
    text: Box<str>,
    /// The compiled glob. INVARIANT: `None` exactly if the glob is literal text, `**` alone, or literal text with
    /// `/**` at the end.
    compiled: Option<Box<Compiled>>,
}

impl NameGlob {
    /// Parses a pattern, such as `team/*/v?`, `${group}/**` or `release/**/latest`.
    ///
    /// ```text
    /// glob        := segment *( "/" segment )
    /// segment     := "**" | 1*( literal | "*" | "?" | placeholder )
    /// placeholder := "${subject}" | "${group}" | "${label:" key "}"
    /// ```
    /// `*` is any run of characters within a segment, `?` is one character other than `/`, and `**` is any number
    /// of whole segments. At the end of a pattern, `**` is at least one segment.
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

    /// Parses a pattern that must not contain placeholders.
    pub fn parse_plain(text: &str) -> Result<Self, InvalidGlob> {
        refuse_placeholders(text)?;
        Self::parse(text)
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns true if the names that match depend on the subject.
    #[must_use]
    pub fn has_placeholder(&self) -> bool {
        self.compiled.as_ref().is_some_and(|compiled| !compiled.placeholders.is_empty())
    }

    /// Returns the whole literal segments with which every matching name begins.
    pub(super) fn leading(&self) -> impl Iterator<Item = &str> {
        let is_literal = |segment: &&str| !segment.contains(['*', '?']) && !segment.contains("${");
        self.text.split('/').take_while(is_literal)
    }

    /// Returns the literal text with which every matching name begins.
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

/// A compiler that turns a pattern into tokens, segment by segment.
struct Compiler<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    placeholders: Vec<Placeholder>,
    /// The occurrences of placeholders: the position of the token and the number of the placeholder.
    occurrences: Vec<(usize, u8)>,
    /// The placeholders that occur more than once; each one has a slot.
    slots: Vec<u8>,
    /// The position where literal text without a token begins.
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

    /// Ends the pending literal text before byte `until`. The next literal text begins at `next`.
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

    /// Adds a token for the placeholder whose `${` is at byte `at`. Returns the length of the placeholder in bytes.
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
        // INVARIANT: 512 bytes contain fewer than 64 different placeholders, so the number fits.
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
