//! Uniform random points.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};

/// Random search: independent uniform points of the box.
#[derive(Clone, Debug)]
pub struct Random {
    space: Space,
    left: usize,
    rng: ChaCha8Rng,
}

impl Random {
    /// A search of `budget` points.
    pub fn new(space: &Space, budget: usize, seed: u64) -> Self {
        Self { space: space.clone(), left: budget, rng: ChaCha8Rng::seed_from_u64(seed) }
    }
}

impl Strategy for Random {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let count = limit.min(self.left);
        self.left -= count;
        (0..count)
            .map(|_| {
                let unit: Vec<f64> = (0..self.space.len()).map(|_| self.rng.random()).collect();
                self.space.point(unit)
            })
            .collect()
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        Kind::Random.name()
    }
}
