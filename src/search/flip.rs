//! The first flip of a decision on the way from 0 to a limit.

/// A scan for the first flip of a decision: it walks outward from 0 in even steps until the decision flips, then halves the
/// last step [`FlipScan::HALVINGS`] times.
///
/// The scan finds the first flip that is at least one step wide; a narrower one may lie between two values and be missed.
///
/// ```
/// use askance::search::FlipScan;
/// let mut scan = FlipScan::new(-90.0, 30);
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
    taken: usize,
    held: f64,
    flipped: Option<f64>,
    asked: usize,
}

impl FlipScan {
    /// How often the step with the flip is halved: the flip is then found to a 64th of a step.
    pub const HALVINGS: usize = 6;

    /// A scan from 0 to `limit`, which may be negative, in so many steps. A limit of 0 asks for nothing, nor do no steps.
    ///
    /// # Panics
    /// If the limit is not finite.
    pub fn new(limit: f64, steps: usize) -> Self {
        assert!(limit.is_finite(), "a limit must be finite, but it is {limit}");
        let steps = if limit == 0.0 { 0 } else { steps };
        Self { limit, steps, taken: 0, held: 0.0, flipped: None, asked: 0 }
    }

    /// The next value to evaluate, or `None` when all is known; asking again without telling gives the same value.
    pub fn ask(&self) -> Option<f64> {
        match self.flipped {
            None if self.taken < self.steps => {
                Some(self.limit * ((self.taken + 1) as f64 / self.steps as f64))
            }
            Some(flipped) if self.taken < Self::HALVINGS => Some(f64::midpoint(self.held, flipped)),
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

    /// The value farthest from 0, before any flip, at which the decision was seen to hold: 0 itself, the unchanged picture, where
    /// it held nowhere else; none where nothing is scanned.
    pub fn held(&self) -> Option<f64> {
        (self.steps > 0).then_some(self.held)
    }

    /// The most values that may be asked for.
    pub fn most(&self) -> usize {
        if self.steps == 0 { 0 } else { self.steps + Self::HALVINGS }
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
        self.step() / 2.0_f64.powi(Self::HALVINGS as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(limit: f64, steps: usize, flips: impl Fn(f64) -> bool) -> FlipScan {
        let mut scan = FlipScan::new(limit, steps);
        while let Some(value) = scan.ask() {
            assert_eq!(scan.ask(), Some(value));
            scan.tell(flips(value));
        }
        assert!(scan.asked() <= scan.most(), "{} of {}", scan.asked(), scan.most());
        scan
    }

    #[test]
    fn a_flip_is_found_within_the_resolution_on_both_sides() {
        for steps in [1, 2, 5, 8, 24, 49] {
            for flip in [0.003, 0.7, 31.4, 89.9] {
                for side in [1.0, -1.0] {
                    let scan = run(90.0 * side, steps, |value| value.abs() >= flip);
                    let found = scan.found().unwrap();
                    assert_eq!(found.signum(), side);
                    let beyond = found.abs() - flip;
                    assert!((0.0..scan.resolution()).contains(&beyond), "{steps} {flip}: {found}");
                    let held = scan.held().unwrap();
                    assert!(held.abs() < flip, "{steps} {flip}: {held}");
                    assert!(((found - held).abs() - scan.resolution()).abs() < 1e-9, "{held} {found}");
                }
            }
        }
    }

    #[test]
    fn what_never_flips_is_walked_to_the_limit() {
        let scan = run(0.5, 20, |_| false);
        assert_eq!((scan.found(), scan.held(), scan.asked()), (None, Some(0.5), 20));
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
        assert_eq!(FlipScan::new(0.0, 10).held(), None, "nothing was scanned, so nothing held");
    }
}
