//! Points of the Sobol sequence, which fill the box more evenly than random ones.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};

/// Bits of a coordinate, and the binary logarithm of the length of the sequence.
const BITS: usize = 32;

/// Per axis from the second on: coefficients of the primitive polynomial (its degree is the number of initial numbers), and the
/// initial direction numbers. Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J.
/// Sci. Comput. 30 (2008), table `new-joe-kuo-6.21201`.
const DIRECTIONS: [(u32, &[u32]); Space::MOST_DIMENSIONS - 1] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
    (11, &[1, 1, 5, 1, 1]),
    (13, &[1, 1, 1, 3, 11]),
    (14, &[1, 3, 5, 5, 31]),
    (1, &[1, 3, 3, 9, 7, 49]),
    (13, &[1, 1, 1, 15, 21, 21]),
    (16, &[1, 3, 1, 13, 27, 49]),
    (19, &[1, 1, 1, 15, 7, 5]),
    (22, &[1, 3, 1, 15, 13, 25]),
    (25, &[1, 1, 5, 5, 19, 61]),
    (1, &[1, 3, 7, 11, 23, 15, 103]),
    (4, &[1, 3, 7, 13, 13, 15, 69]),
    (7, &[1, 1, 3, 13, 7, 35, 63]),
    (8, &[1, 3, 5, 9, 1, 25, 53]),
    (14, &[1, 3, 1, 13, 9, 35, 107]),
    (19, &[1, 3, 1, 5, 27, 61, 31]),
    (21, &[1, 1, 5, 11, 19, 41, 61]),
    (28, &[1, 3, 5, 3, 3, 13, 69]),
    (31, &[1, 1, 7, 13, 1, 19, 1]),
    (32, &[1, 3, 7, 5, 13, 19, 59]),
    (37, &[1, 1, 3, 9, 25, 29, 41]),
    (41, &[1, 3, 5, 13, 23, 1, 55]),
    (42, &[1, 3, 7, 3, 13, 59, 17]),
];

/// The Sobol sequence with a random digital shift: every coordinate's bits are exchanged where those of a random number of
/// the axis are set. That keeps how evenly the points lie (of 2^k points, each of the 2^k equal slices of any axis has one)
/// and lets the seed choose where.
///
/// The shift is drawn afresh after 2^32 points.
#[derive(Clone, Debug)]
pub struct Sobol {
    space: Space,
    left: usize,
    /// Direction numbers of each axis.
    directions: Vec<[u32; BITS]>,
    /// Bits of the next point, the shift included.
    state: Vec<u32>,
    index: u32,
    rng: ChaCha8Rng,
}

impl Sobol {
    /// A search of the first `budget` points of the sequence.
    pub fn new(space: &Space, budget: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            space: space.clone(),
            left: budget,
            directions: (0..space.len()).map(directions).collect(),
            state: (0..space.len()).map(|_| rng.random()).collect(),
            index: 0,
            rng,
        }
    }

    fn next_point(&mut self) -> Vec<f64> {
        let unit = self.state.iter().map(|&bits| f64::from(bits) / 2f64.powi(BITS as i32)).collect();
        // Neighbours in the order of the Gray code differ by one direction number (Antonov and Saleev 1979).
        let bit = self.index.trailing_ones() as usize;
        self.index = self.index.wrapping_add(1);
        for (state, directions) in self.state.iter_mut().zip(&self.directions) {
            match directions.get(bit) {
                Some(direction) => *state ^= direction,
                None => *state = self.rng.random(),
            }
        }
        self.space.point(unit)
    }
}

/// The direction numbers of an axis, counted from 0, as fractions of 2^32.
fn directions(axis: usize) -> [u32; BITS] {
    let mut directions = [0; BITS];
    let Some((polynomial, initial)) = axis.checked_sub(1).map(|row| DIRECTIONS[row]) else {
        // The first axis is the van der Corput sequence.
        return std::array::from_fn(|bit| 1 << (BITS - 1 - bit));
    };
    let degree = initial.len();
    for bit in 0..BITS {
        directions[bit] = if bit < degree {
            initial[bit] << (BITS - 1 - bit)
        } else {
            let oldest = directions[bit - degree];
            (1..degree)
                .filter(|back| polynomial >> (degree - 1 - back) & 1 == 1)
                .fold(oldest ^ (oldest >> degree), |value, back| value ^ directions[bit - back])
        };
    }
    directions
}

impl Strategy for Sobol {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let count = limit.min(self.left);
        self.left -= count;
        (0..count).map(|_| self.next_point()).collect()
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
    }

    fn remaining(&self) -> usize {
        self.left
    }

    fn name(&self) -> &'static str {
        Kind::Sobol.name()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::from_str;

    use super::*;
    use crate::search::Dimension;

    fn cube(axes: usize) -> Space {
        Space::new(vec![Dimension { low: 0.0, high: 1.0, circular: false }; axes]).unwrap()
    }

    #[test]
    fn without_the_shift_it_is_scipys() {
        // Points 0 to 7 and 1000 to 1007 of scipy.stats.qmc.Sobol(32, scramble=False), from export/golden/search.py.
        let expected: Vec<(usize, Vec<f64>)> =
            from_str(include_str!("../../tests/golden/search/sobol.json")).unwrap();
        assert_eq!(expected.len(), 16);
        let mut sobol = Sobol::new(&cube(32), 2000, 0);
        sobol.state.fill(0);
        let points = sobol.ask(2000);
        for (index, point) in expected {
            assert_eq!(points[index], point, "point {index}");
        }
    }

    #[test]
    fn shifted_points_still_fill_every_slice_and_square_once() {
        for seed in 0..20 {
            let points = Sobol::new(&cube(32), 64, seed).ask(64);
            for axis in 0..32 {
                let mut slices: Vec<usize> = points.iter().map(|p| (p[axis] * 64.0) as usize).collect();
                slices.sort_unstable();
                assert_eq!(slices, (0..64).collect::<Vec<_>>(), "axis {axis}, seed {seed}");
            }
            let mut squares: Vec<usize> =
                points.iter().map(|p| (p[0] * 8.0) as usize * 8 + (p[1] * 8.0) as usize).collect();
            squares.sort_unstable();
            assert_eq!(squares, (0..64).collect::<Vec<_>>(), "seed {seed}");
        }
    }
}
