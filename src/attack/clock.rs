use std::ops::Add;
use std::time::Duration;

/// Where the time went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Candidates evaluated in full.
    pub evaluations: usize,
    /// Candidates evaluated coarsely.
    pub coarse: usize,
    /// Pictures that the model has seen for both: more than candidates where a defence shows it each several times.
    pub pictures: usize,
    /// Model calls.
    pub calls: usize,
    /// Time inside the model; the other times may lie within it, where a device does its work.
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
