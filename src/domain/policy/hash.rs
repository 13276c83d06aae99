//! Hashes by which the index finds rules: of selectors, and of the literal beginnings of names.
//!
//! A text has the same hash in every process. Collisions are harmless: a decision compares every rule that is found
//! with the question.

use super::glob::NameGlob;
use crate::domain::selector::Selector;
use crate::domain::subject::SubjectKind;

/// The greatest number of leading segments of a name that a lookup uses. Names seldom have more segments. Looking
/// up a beginning that no rule has costs next to nothing.
pub(super) const MOST_SEGMENTS: usize = 16;

/// A hasher with the algorithm FNV-1a. The bits are mixed at the end, so that the high bits are as random as the
/// low bits.
#[derive(Clone, Copy)]
struct Hasher(u64);

impl Hasher {
    const fn new(kind: u8) -> Self {
        Self(0xcbf2_9ce4_8422_2325).with(kind)
    }

    const fn with(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    /// Starts the hash of a beginning of a name.
    const fn of_names() -> Self {
        Self::new(b'n')
    }

    fn with_segment(self, segment: &str) -> Self {
        self.with_text(segment).with(b'/')
    }

    fn with_text(self, text: &str) -> Self {
        text.bytes().fold(self, Self::with)
    }

    const fn finish(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }
}

/// Returns the hash of a user or robot.
pub(super) fn subject(kind: SubjectKind, name: &str) -> u64 {
    let kind = match kind {
        SubjectKind::User => b'u',
        SubjectKind::Robot => b'r',
    };
    Hasher::new(kind).with_text(name).finish()
}

/// Returns the hash of a group.
pub(super) fn group(name: &str) -> u64 {
    Hasher::new(b'g').with_text(name).finish()
}

/// Returns the hash of a selector that names one user, robot or group; `None` for other selectors.
pub(super) fn selector(selector: &Selector) -> Option<u64> {
    match selector {
        Selector::User(name) => Some(subject(SubjectKind::User, name.as_str())),
        Selector::Robot(name) => Some(subject(SubjectKind::Robot, name.as_str())),
        Selector::Group(name) => Some(group(name.as_str())),
        Selector::Authenticated | Selector::Anonymous | Selector::Everyone => None,
    }
}

/// Returns the number of literal segments at the beginning of a pattern, at most [`MOST_SEGMENTS`], and their hash.
pub(super) fn leading(glob: &NameGlob) -> (usize, u64) {
    let (mut depth, mut hasher) = (0, Hasher::of_names());
    for segment in glob.leading().take(MOST_SEGMENTS) {
        hasher = hasher.with_segment(segment);
        depth += 1;
    }
    (depth, hasher.finish())
}

/// The hashes of the beginnings of a name: with no segment, with one segment, and so on, up to [`MOST_SEGMENTS`].
pub(super) struct Beginnings {
    hashes: [u64; MOST_SEGMENTS + 1],
    count: usize,
}

impl Beginnings {
    pub(super) fn of(name: &str) -> Self {
        let mut hasher = Hasher::of_names();
        let mut own = Self { hashes: [hasher.finish(); MOST_SEGMENTS + 1], count: 1 };
        for (hash, segment) in own.hashes.iter_mut().skip(1).zip(name.split('/')) {
            hasher = hasher.with_segment(segment);
            *hash = hasher.finish();
            own.count += 1;
        }
        own
    }

    /// Returns the hash of each beginning, with its number of segments.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        self.hashes.iter().copied().take(self.count).enumerate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_pattern_is_filed_under_a_beginning_of_each_name_it_fits() {
        for (glob, depth, name) in [
            ("**", 0, "a/b"),
            ("*/b", 0, "a/b"),
            ("a?/b", 0, "ab/b"),
            ("${group}/b", 0, "a/b"),
            ("a", 1, "a"),
            ("$a/**", 1, "$a/b"),
            ("a/**", 1, "a//b"),
            ("a/x${subject}", 1, "a/xb"),
            ("a/**/b", 1, "a/b"),
            ("a/b", 2, "a/b"),
            ("a/b/c/d/e/f", 6, "a/b/c/d/e/f"),
            ("1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h", 16, "1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h"),
        ] {
            let found = leading(&NameGlob::parse(glob).unwrap());
            assert_eq!(found.0, depth, "{glob}");
            assert!(Beginnings::of(name).iter().any(|one| one == found), "{glob} {name}");
        }
        assert_eq!(Beginnings::of("a/b").iter().count(), 3);
        let (one, other) = (Beginnings::of("a/b"), Beginnings::of("ab"));
        let shared = one.iter().filter(|hash| other.iter().any(|own| own == *hash)).count();
        assert_eq!(shared, 1, "both names share only the hash of no segment");
    }

    #[test]
    fn hashes_differ_in_their_first_bits() {
        let first = |n: u32| group(&format!("g{n}")) >> 48;
        let found: BTreeSet<u64> = (0..1000).map(first).collect();
        assert!(found.len() > 980, "{}", found.len());
        let kinds = [group("a"), subject(SubjectKind::User, "a"), subject(SubjectKind::Robot, "a")];
        assert_eq!(BTreeSet::from(kinds).len(), 3);
    }
}
