//! A change of a picture.

use super::Axis;

/// A change of a picture: one value for each [`Axis`], 0 where nothing is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perturbation([f64; Axis::COUNT]);

impl Perturbation {
    /// The perturbation that changes nothing.
    pub const IDENTITY: Self = Self([0.0; Axis::COUNT]);

    /// The perturbation with these values, and 0 on all other axes.
    ///
    /// ```
    /// use askance::types::{Axis, Perturbation};
    ///
    /// let p = Perturbation::of([(Axis::Angle, 30.0), (Axis::Gamma, -0.5)]);
    /// assert_eq!(p, Perturbation::IDENTITY.with(Axis::Angle, 30.0).with(Axis::Gamma, -0.5));
    /// ```
    pub fn of(values: impl IntoIterator<Item = (Axis, f64)>) -> Self {
        values.into_iter().fold(Self::IDENTITY, |p, (axis, value)| p.with(axis, value))
    }

    /// The value on one axis.
    pub const fn get(&self, axis: Axis) -> f64 {
        self.0[axis as usize]
    }

    /// This perturbation with `value` on one axis in place of what was there.
    #[must_use]
    pub const fn with(mut self, axis: Axis, value: f64) -> Self {
        self.0[axis as usize] = value;
        self
    }

    /// Whether every value is a finite number.
    pub fn is_finite(&self) -> bool {
        self.0.iter().all(|value| value.is_finite())
    }
}

impl Default for Perturbation {
    fn default() -> Self {
        Self::IDENTITY
    }
}
