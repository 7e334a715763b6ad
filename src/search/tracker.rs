//! The best point so far.

use super::strategy::check_lengths;

/// The best point found, and its loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The point.
    pub point: Vec<f64>,
    /// The loss of the point.
    pub loss: f64,
}

/// Keeps the best of the points that it observes. Only a strictly smaller loss replaces the best, so of equals the first stays;
/// NaN counts as infinity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tracker {
    best: Option<Best>,
    observed: usize,
}

impl Tracker {
    /// Takes points with their losses into account, in order.
    ///
    /// # Panics
    /// If there are not as many losses as points.
    pub fn observe(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            let loss = finite_or_infinity(loss);
            if self.best.as_ref().is_none_or(|best| loss < best.loss) {
                self.best = Some(Best { point: point.clone(), loss });
            }
        }
        self.observed += points.len();
    }

    /// The best point observed, if any.
    pub fn best(&self) -> Option<&Best> {
        self.best.as_ref()
    }

    /// Number of points observed.
    pub fn observed(&self) -> usize {
        self.observed
    }
}

/// The loss, or infinity for NaN.
pub(super) fn finite_or_infinity(loss: f64) -> f64 {
    if loss.is_nan() { f64::INFINITY } else { loss }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_stays_and_nan_never_wins() {
        let mut tracker = Tracker::default();
        assert_eq!(tracker.best(), None);
        tracker.observe(&[vec![0.0]], &[f64::NAN]);
        assert_eq!(tracker.best().unwrap().loss, f64::INFINITY);
        tracker.observe(&[vec![1.0], vec![2.0], vec![3.0], vec![4.0]], &[5.0, 4.0, 4.0, f64::NAN]);
        assert_eq!(tracker.best(), Some(&Best { point: vec![2.0], loss: 4.0 }));
        assert_eq!(tracker.observed(), 5);
    }
}
