use std::ops::Add;
use std::time::Duration;

/// Counts and times of the work of an attack: where the time went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Number of candidates evaluated in full.
    pub evaluations: usize,
    /// Number of candidates evaluated coarsely.
    pub coarse: usize,
    /// Number of pictures that the model has seen: more than there were candidates where a defence shows it each several times.
    pub pictures: usize,
    /// Number of model calls.
    pub calls: usize,
    /// Time inside the model; where a device does its work, the other times may lie within it.
    pub model: Duration,
    /// Time in perturbation, back-rotation and loss.
    pub pixels: Duration,
    /// Time in the search strategies.
    pub search: Duration,
}

impl Add for Clock {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            evaluations: self.evaluations + other.evaluations,
            coarse: self.coarse + other.coarse,
            pictures: self.pictures + other.pictures,
            calls: self.calls + other.calls,
            model: self.model + other.model,
            pixels: self.pixels + other.pixels,
            search: self.search + other.search,
        }
    }
}
