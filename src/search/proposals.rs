//! Points that Bayesian optimisation chooses from.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sequence::halton;
use super::space::Space;

/// Points among which a round chooses.
const CANDIDATES: usize = 120;
/// Probability that a coordinate of a random point is moved to the nearest landmark: an end of its axis, or the coordinate of
/// the first point that was offered.
const SNAP: f64 = 0.25;
/// First and least standard deviation of steps from a good place, in units of an axis, and the share of it that a round leaves.
const STEPS: (f64, f64, f64) = (0.08, 0.02, 0.97);

/// Draws points, in unit coordinates: at random over the whole box, or near good places.
#[derive(Clone, Debug)]
pub(super) struct Proposals {
    space: Space,
    rng: ChaCha8Rng,
    /// Random shift of the Halton sequence.
    shift: Vec<f64>,
    /// Coordinates of each axis at which worst cases often lie.
    landmarks: Vec<Vec<f64>>,
    /// Standard deviation of steps from a good place.
    step: f64,
}

impl Proposals {
    pub(super) fn new(space: &Space, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = (0..space.len()).map(|_| rng.random()).collect();
        let ends = |circular: bool| if circular { Vec::new() } else { vec![0.0, 1.0] };
        let landmarks = space.dimensions().iter().map(|dimension| ends(dimension.circular)).collect();
        Self { space: space.clone(), rng, shift, landmarks, step: STEPS.0 }
    }

    /// Makes the coordinates of a point landmarks, but for those on a circle.
    pub(super) fn add_landmarks(&mut self, unit: &[f64]) {
        let axes = self.landmarks.iter_mut().zip(unit).zip(self.space.dimensions());
        for ((marks, &value), dimension) in axes {
            if !dimension.circular {
                marks.push(value);
            }
        }
    }

    /// Takes smaller steps from now on.
    pub(super) fn narrow(&mut self) {
        self.step = (self.step * STEPS.2).max(STEPS.1);
    }

    /// A point of the Halton sequence, some of its coordinates moved to landmarks.
    pub(super) fn halton(&mut self, index: u64) -> Vec<f64> {
        let mut unit = halton(index + 1, &self.shift);
        self.snap(&mut unit);
        unit
    }

    /// Moves some coordinates to their landmarks.
    fn snap(&mut self, unit: &mut [f64]) {
        for (value, landmarks) in unit.iter_mut().zip(&self.landmarks) {
            if self.rng.random::<f64>() < SNAP {
                let distance = |mark: &&f64| (**mark - *value).abs();
                if let Some(mark) = landmarks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
                    *value = *mark;
                }
            }
        }
    }

    /// A uniform point, some of its coordinates moved to landmarks.
    pub(super) fn random(&mut self) -> Vec<f64> {
        let mut unit: Vec<f64> = (0..self.space.len()).map(|_| self.rng.random()).collect();
        self.snap(&mut unit);
        unit
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos()
    }

    /// Random points, and points that differ from the good `places` in their rough axes or in the others.
    pub(super) fn candidates(&mut self, places: &[Vec<f64>]) -> Vec<Vec<f64>> {
        (0..CANDIDATES)
            .map(|index| {
                let place = &places[self.rng.random_range(0..places.len())];
                match index % 5 {
                    0 => self.random(),
                    1 | 2 => self.elsewhere(place.clone()),
                    _ => self.beside(place.clone()),
                }
            })
            .collect()
    }

    /// A good place with other values of its rough axes.
    fn elsewhere(&mut self, mut unit: Vec<f64>) -> Vec<f64> {
        let other = self.random();
        let moved = self.rng.random::<f64>() < 0.5;
        for axis in 0..unit.len() {
            if self.space.is_rough(axis) {
                unit[axis] = other[axis];
            } else if moved {
                unit[axis] += 0.04 * self.normal();
            }
        }
        self.fold(unit)
    }

    /// Another place with the same, or almost the same, values of the rough axes.
    fn beside(&mut self, mut unit: Vec<f64>) -> Vec<f64> {
        let step = self.step * (0.8 * self.normal()).exp();
        let moved = self.rng.random::<f64>() < 0.3;
        for (axis, value) in unit.iter_mut().enumerate() {
            let rough = self.space.is_rough(axis);
            if !rough {
                *value += step * self.normal();
            } else if moved {
                *value += 0.008 * self.normal();
            }
        }
        let mut unit = self.fold(unit);
        if self.rng.random::<f64>() < 0.2 {
            self.snap(&mut unit);
        }
        unit
    }

    /// Unit coordinates inside the box.
    fn fold(&self, unit: Vec<f64>) -> Vec<f64> {
        self.space.unit(&self.space.point(unit))
    }
}
