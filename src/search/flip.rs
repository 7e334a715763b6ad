//! Where a decision first flips on the way from 0 to a limit.

/// A scan for the first flip of a decision: it walks outward from 0 in even steps until the decision flips, then halves the
/// last step. At most `budget` values are asked, one after the other; of them a quarter, but no more than
/// [`FlipScan::MOST_HALVINGS`], are kept for the halving.
///
/// The scan finds the first flip that is at least one step wide; a narrower one may lie between two values and be missed.
///
/// ```
/// use askance::search::FlipScan;
/// let mut scan = FlipScan::new(-90.0, 49);
/// while let Some(angle) = scan.ask() {
///     scan.tell(angle < -31.4);
/// }
/// let found = scan.found().unwrap();
/// assert!(found <= -31.4 && -31.4 - found <= scan.resolution());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FlipScan {
    limit: f64,
    steps: usize,
    halvings: usize,
    taken: usize,
    held: f64,
    flipped: Option<f64>,
    asked: usize,
}

impl FlipScan {
    /// The most evaluations that go into halving: the flip is then found to a 64th of a step.
    pub const MOST_HALVINGS: usize = 6;

    /// A scan from 0 to `limit`, which may be negative. A limit of 0 and a budget of 0 ask for nothing.
    ///
    /// # Panics
    /// If the limit is not finite.
    pub fn new(limit: f64, budget: usize) -> Self {
        assert!(limit.is_finite(), "a limit must be finite, but it is {limit}");
        let budget = if limit == 0.0 { 0 } else { budget };
        let halvings = (budget / 4).min(Self::MOST_HALVINGS);
        Self { limit, steps: budget - halvings, halvings, taken: 0, held: 0.0, flipped: None, asked: 0 }
    }

    /// The next value to evaluate, or `None` when all is known; asking again without telling gives the same value.
    pub fn ask(&self) -> Option<f64> {
        match self.flipped {
            None if self.taken < self.steps => {
                Some(self.limit * ((self.taken + 1) as f64 / self.steps as f64))
            }
            Some(flipped) if self.taken < self.halvings => Some(f64::midpoint(self.held, flipped)),
            _ => None,
        }
    }

    /// Takes whether the decision is flipped at the value asked for.
    ///
    /// # Panics
    /// If nothing was asked for.
    pub fn tell(&mut self, flipped: bool) {
        let value = self.ask().expect("a value was asked for");
        self.asked += 1;
        self.taken += 1;
        if flipped {
            // The walk is over, the halving begins.
            if self.flipped.is_none() {
                self.taken = 0;
            }
            self.flipped = Some(value);
        } else {
            self.held = value;
        }
    }

    /// The value nearest to 0 at which the decision was seen flipped; the true one lies less than [`Self::resolution`] nearer.
    pub fn found(&self) -> Option<f64> {
        self.flipped
    }

    /// Number of values asked for so far.
    pub fn asked(&self) -> usize {
        self.asked
    }

    /// Distance between the values of the walk; 0 where there is none.
    pub fn step(&self) -> f64 {
        if self.steps == 0 { 0.0 } else { self.limit.abs() / self.steps as f64 }
    }

    /// How closely a flip is found when the scan has ended.
    pub fn resolution(&self) -> f64 {
        self.step() / 2.0_f64.powi(self.halvings as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(limit: f64, budget: usize, flips: impl Fn(f64) -> bool) -> FlipScan {
        let mut scan = FlipScan::new(limit, budget);
        while let Some(value) = scan.ask() {
            assert_eq!(scan.ask(), Some(value));
            scan.tell(flips(value));
        }
        assert!(scan.asked() <= budget, "{} of {budget}", scan.asked());
        scan
    }

    #[test]
    fn a_flip_is_found_within_the_resolution_on_both_sides() {
        for budget in [1, 2, 5, 8, 24, 49] {
            for flip in [0.003, 0.7, 31.4, 89.9] {
                for side in [1.0, -1.0] {
                    let scan = run(90.0 * side, budget, |value| value.abs() >= flip);
                    let found = scan.found().unwrap();
                    assert_eq!(found.signum(), side);
                    let beyond = found.abs() - flip;
                    assert!((0.0..scan.resolution()).contains(&beyond), "{budget} {flip}: {found}");
                }
            }
        }
    }

    #[test]
    fn what_never_flips_is_walked_to_the_limit() {
        let scan = run(0.5, 20, |_| false);
        assert_eq!((scan.found(), scan.asked()), (None, 15));
        let scan = run(0.5, 20, |value| value == 0.5);
        assert!(0.5 - scan.found().unwrap() < scan.resolution());
    }

    #[test]
    fn of_several_flips_the_first_counts() {
        let scan = run(10.0, 60, |value| (2.0..3.0).contains(&value) || value > 7.0);
        assert!((scan.found().unwrap() - 2.0).abs() < scan.resolution());
    }

    #[test]
    fn nothing_to_evaluate() {
        assert_eq!(run(0.0, 10, |_| true).asked(), 0);
        assert_eq!(run(1.0, 0, |_| true).asked(), 0);
        assert_eq!(FlipScan::new(0.0, 10).step(), 0.0);
    }
}
