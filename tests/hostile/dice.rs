//! The random choices of one request, the same for the same seed.

use std::ops::RangeInclusive;

/// A seeded generator.
pub struct Dice(fastrand::Rng);

impl Dice {
    /// The generator of the request `number` of a round. Each request has its own, so that one can be sent alone.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut rounds = fastrand::Rng::with_seed(seed);
        let salt = rounds.u64(..);
        Self(fastrand::Rng::with_seed(salt.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// A number of the range.
    pub fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        self.0.usize(range)
    }

    /// Whether one of `count` equally likely cases is there.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of `choices`, which is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// A place in a slice that is not empty.
    pub fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Any Unicode character.
    pub fn character(&mut self) -> char {
        self.0.char(..)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }
}
