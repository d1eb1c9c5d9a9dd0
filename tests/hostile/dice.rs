//! Random choices for a request, reproducible by seed.

use std::ops::RangeInclusive;

/// A seeded generator.
pub struct Dice(fastrand::Rng);

impl Dice {
    /// Returns the generator of the request `number`. Each request has its own, so that it can be sent alone.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut rounds = fastrand::Rng::with_seed(seed);
        let salt = rounds.u64(..);
        Self(fastrand::Rng::with_seed(salt.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }

    /// Returns a number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// Returns a number in the range.
    pub fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        self.0.usize(range)
    }

    /// Returns true with a probability of 1 in `count`.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Returns one of `choices`, which is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// Returns an element of a slice that is not empty.
    pub fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Returns any Unicode character.
    pub fn character(&mut self) -> char {
        self.0.char(..)
    }

    /// Returns any byte.
    pub fn byte(&mut self) -> u8 {
        self.0.u8(..)
    }
}
