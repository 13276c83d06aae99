//! Sets of positions in a name, as 256 bits with whole-word operations.
//!
//! INVARIANT: positions above 255 are dropped. A resource name has at most 255 bytes, so the position after its end
//! is at most 255.

/// A set of positions 0 to 255.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Positions([u64; 4]);

impl Positions {
    /// Returns the set that contains only position 0.
    pub(super) fn start() -> Self {
        Self([1, 0, 0, 0])
    }

    /// Returns the positions from 0 to `last`.
    pub(super) fn up_to(last: usize) -> Self {
        Self::before(last.saturating_add(1))
    }

    /// Returns the positions from 0 to `end - 1`.
    pub(super) fn before(end: usize) -> Self {
        let mut set = Self::default();
        for (index, word) in set.0.iter_mut().enumerate() {
            *word = match end.saturating_sub(index * 64) {
                0 => 0,
                bits @ 1..=63 => (1 << bits) - 1,
                _ => u64::MAX,
            };
        }
        set
    }

    pub(super) fn insert(&mut self, position: usize) {
        if let Some(word) = self.0.get_mut(position / 64) {
            *word |= 1 << (position % 64);
        }
    }

    pub(super) fn contains(&self, position: usize) -> bool {
        self.0.get(position / 64).is_some_and(|word| word & (1 << (position % 64)) != 0)
    }

    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Returns the smallest position in the set.
    pub(super) fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let some = |word: u64| (word != 0).then_some(word);
        (0..).zip(self.0).flat_map(move |(index, word)| {
            std::iter::successors(some(word), move |word| some(word & (word - 1)))
                .map(move |word| index * 64 + word.trailing_zeros() as usize)
        })
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        self.each(other, |a, b| a | b)
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        self.each(other, |a, b| a & b)
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        self.each(other, |a, b| a & !b)
    }

    /// Moves every position forward by `by`.
    pub(super) fn forward(&self, by: usize) -> Self {
        let [a, b, c, d] = self.0;
        let words = match by / 64 {
            0 => [a, b, c, d],
            1 => [0, a, b, c],
            2 => [0, 0, a, b],
            3 => [0, 0, 0, a],
            _ => [0; 4],
        };
        match by % 64 {
            0 => Self(words),
            bits => {
                let [a, b, c, d] = words;
                let carry = |low: u64| low >> (64 - bits);
                Self([a << bits, (b << bits) | carry(a), (c << bits) | carry(b), (d << bits) | carry(c)])
            }
        }
    }

    /// Returns every position that steps of one can reach from the set. Each step starts at a position in
    /// `through`.
    ///
    /// Steps of 1, 2, 4, … 128 cover any distance, so the time does not depend on the distance.
    pub(super) fn flow(&self, through: &Self) -> Self {
        let mut reached = *self;
        let mut passable = through.forward(1);
        for doubling in 0..8 {
            let by = 1 << doubling;
            reached = reached.or(&reached.forward(by).and(&passable));
            passable = passable.and(&passable.forward(by));
        }
        reached
    }

    fn each(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut result = *self;
        for (mine, theirs) in result.0.iter_mut().zip(other.0) {
            *mine = combine(*mine, theirs);
        }
        result
    }
}

/// Returns the union of several sets.
pub(super) fn join(sets: impl Iterator<Item = Positions>) -> Positions {
    sets.fold(Positions::default(), |all, one| all.or(&one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(positions: &[usize]) -> Positions {
        let mut set = Positions::default();
        for position in positions {
            set.insert(*position);
        }
        set
    }

    #[test]
    fn positions_move_across_words_and_fall_off_the_end() {
        for by in 0..300 {
            let moved: Vec<usize> = set(&[0, 1, 63, 64, 200, 255]).forward(by).iter().collect();
            let expected: Vec<usize> =
                [0, 1, 63, 64, 200, 255].iter().map(|p| p + by).filter(|p| *p < 256).collect();
            assert_eq!(moved, expected, "{by}");
        }
    }

    #[test]
    fn a_flow_stops_where_it_may_not_step() {
        for from in [0, 5, 63, 64, 100, 254] {
            for wall in [0, 6, 64, 65, 200, 255] {
                let through = Positions::up_to(254).without(&set(&[wall]));
                let reached: Vec<usize> = set(&[from]).flow(&through).iter().collect();
                let end = if wall >= from { wall } else { 255 };
                assert_eq!(reached, (from..=end).collect::<Vec<_>>(), "{from} {wall}");
            }
        }
    }

    #[test]
    fn a_prefix_has_its_length() {
        for end in 0..300 {
            assert_eq!(Positions::before(end).iter().count(), end.min(256));
        }
    }
}
