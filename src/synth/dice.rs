//! Random numbers, from the only source of chance: one ChaCha stream per named purpose.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::stats::derive_seed;

/// A random stream that belongs to one seed and one name.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64, name: &str) -> Self {
        Self(ChaCha8Rng::seed_from_u64(derive_seed(seed, name)))
    }

    /// A number, uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        self.0.random::<f32>()
    }

    /// A number, uniform in [low, high).
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A number in [low, high), uniform in the logarithm, for sizes.
    pub fn log_range(&mut self, low: f32, high: f32) -> f32 {
        self.range(low.ln(), high.ln()).exp()
    }

    /// An integer from `low` to `high`, both included.
    pub fn int(&mut self, low: i32, high: i32) -> i32 {
        let span = (high - low + 1).max(1);
        low + ((self.unit() * span as f32) as i32).min(span - 1)
    }

    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// A sign, -1 or 1.
    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// An angle in [0, 2 pi).
    pub fn turn(&mut self) -> f32 {
        self.range(0.0, std::f32::consts::TAU)
    }

    /// One item of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.int(0, list.len() as i32 - 1) as usize]
    }

    /// A seed for the hash noise.
    pub fn salt(&mut self) -> u32 {
        self.0.random::<u32>()
    }
}
