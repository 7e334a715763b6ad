//! A Gaussian process over unit coordinates, for losses of which some axes are rough and some observations coarse. Rasmussen and
//! Williams, "Gaussian Processes for Machine Learning", 2006: chapter 2 for the posterior, section 4.2 for covariances.

use super::space::Space;
use crate::types::Detail;

/// Variance of the part that all axes share, smoothly.
const SHARED: f64 = 1.0;
/// Variance of the part that only the rough axes decide.
const ROUGH: f64 = 1.3;
/// Variance of the part in which rough axes and the others act together.
const TOGETHER: f64 = 0.43;
/// Variance of what separates a full evaluation from a coarse one.
const DETAIL: f64 = 0.12;
/// Losses beyond are taken for this.
const LARGEST: f64 = 1e30;
/// Added to the diagonal.
const JITTER: f64 = 1e-4;

/// Covariance of two points: a sum of rational quadratics (equation 4.19, alpha 2). The smooth one forgets slowly along rough axes;
/// the one of the rough axes alone and the mixed one forget within about a hundredth of them. Together they say: every value of
/// a rough axis shifts the loss in its own way, and leaves the pattern along the other axes mostly as it is.
///
/// Variances and lengths are near those of the largest likelihood on dense grids of the joint attack on generated parts.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    axes: Vec<Coordinate>,
    has_rough: bool,
}

/// One coordinate of an embedded point; a circle has two of them, so that distances are chords and the covariance is one.
#[derive(Clone, Copy, Debug)]
struct Coordinate {
    axis: usize,
    embedding: Embedding,
    rough: bool,
    /// Reciprocals of the squared correlation lengths, in units of the axis.
    shared: f64,
    together: f64,
    detail: f64,
}

#[derive(Clone, Copy, Debug)]
enum Embedding {
    Line,
    Cosine,
    Sine,
}

impl Kernel {
    pub(super) fn new(space: &Space) -> Self {
        let mut axes = Vec::new();
        for (axis, dimension) in space.dimensions().iter().enumerate() {
            let rough = space.is_rough(axis);
            let [shared, together, detail] = match (rough, dimension.circular) {
                (true, _) => [2.0, 0.01, 0.02],
                (false, true) => [0.09, 0.15, 0.15],
                (false, false) => [0.25, 0.2, 0.3],
            }
            .map(|length: f64| length.powi(-2));
            let embeddings: &[Embedding] =
                if dimension.circular { &[Embedding::Cosine, Embedding::Sine] } else { &[Embedding::Line] };
            axes.extend(embeddings.iter().map(|&embedding| Coordinate {
                axis,
                embedding,
                rough,
                shared,
                together,
                detail,
            }));
        }
        Self { has_rough: axes.iter().any(|axis| axis.rough), axes }
    }

    /// Coordinates of a point given in unit coordinates.
    fn embed<'a>(&'a self, unit: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        use std::f64::consts::TAU;
        self.axes.iter().map(|axis| {
            let value = unit[axis.axis];
            match axis.embedding {
                Embedding::Line => value,
                Embedding::Cosine => (TAU * value).cos() / TAU,
                Embedding::Sine => (TAU * value).sin() / TAU,
            }
        })
    }

    /// Variance of a point before anything is known.
    fn variance(&self, detail: Detail) -> f64 {
        let rough = if self.has_rough { ROUGH + TOGETHER } else { 0.0 };
        SHARED + rough + if detail == Detail::Full { DETAIL } else { 0.0 }
    }
}

/// Posterior at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belief {
    pub mean: f64,
    pub deviation: f64,
}

/// The process, given what was observed.
#[derive(Clone, Debug)]
pub(super) struct GaussianProcess {
    kernel: Kernel,
    points: Vec<Vec<f64>>,
    /// The points embedded, coordinate by coordinate.
    embedded: Vec<Vec<f64>>,
    details: Vec<Detail>,
    /// 1 for a full evaluation, 0 for a coarse one.
    full: Vec<f64>,
    /// Both losses of each point.
    losses: [Vec<f64>; 2],
    /// The loss that the posterior is of.
    fitted: usize,
    /// Lower triangle of the Cholesky factor of the covariance, row by row.
    factor: Vec<Vec<f64>>,
    /// Covariance^-1 (losses - mean), in units of `scale`.
    weights: Vec<f64>,
    mean: f64,
    /// Standard deviation that the kernel's 1 stands for.
    scale: f64,
}

impl GaussianProcess {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self {
            embedded: vec![Vec::new(); kernel.axes.len()],
            kernel,
            points: Vec::new(),
            details: Vec::new(),
            full: Vec::new(),
            losses: [Vec::new(), Vec::new()],
            fitted: 0,
            factor: Vec::new(),
            weights: Vec::new(),
            mean: 0.0,
            scale: 1.0,
        }
    }

    pub(super) fn points(&self) -> &[Vec<f64>] {
        &self.points
    }

    pub(super) fn details(&self) -> &[Detail] {
        &self.details
    }

    /// The losses that the posterior is of.
    pub(super) fn fitted(&self) -> &[f64] {
        &self.losses[self.fitted]
    }

    pub(super) fn losses(&self, which: usize) -> &[f64] {
        &self.losses[which]
    }

    /// Adds an observation; [`GaussianProcess::fit`] makes it count.
    pub(super) fn observe(&mut self, point: Vec<f64>, detail: Detail, losses: [f64; 2]) {
        let mut row = self.covariances(&point, detail);
        self.solve(&mut row);
        let rest = self.kernel.variance(detail) + JITTER - row.iter().map(|l| l * l).sum::<f64>();
        row.push(rest.max(JITTER * JITTER).sqrt());
        self.factor.push(row);
        for (coordinates, value) in self.embedded.iter_mut().zip(self.kernel.embed(&point)) {
            coordinates.push(value);
        }
        self.full.push(if detail == Detail::Full { 1.0 } else { 0.0 });
        self.points.push(point);
        self.details.push(detail);
        self.losses.iter_mut().zip(losses).for_each(|(all, loss)| all.push(loss));
    }

    /// Makes the posterior that of one loss at all observations. Losses far above the median are cut off there: how good a good place is does
    /// not matter, and a process that need not follow it follows the bad ones more closely.
    pub(super) fn fit(&mut self, which: usize) {
        self.fitted = which;
        let count = self.points.len();
        let mut sorted = self.losses[which].clone();
        sorted.sort_by(f64::total_cmp);
        let Some(&median) = sorted.get(count / 2) else { return };
        let finite: Vec<f64> = sorted.iter().copied().filter(|loss| loss.abs() < LARGEST).collect();
        let middle = finite.iter().sum::<f64>() / finite.len().max(1) as f64;
        let variance =
            finite.iter().map(|loss| (loss - middle).powi(2)).sum::<f64>() / finite.len().max(1) as f64;
        let unit = variance.sqrt().max(f64::MIN_POSITIVE);
        let most = median.min(LARGEST) + unit;
        let cut: Vec<f64> = self.losses[which].iter().map(|&loss| loss.min(most).max(-LARGEST)).collect();
        self.mean = cut.iter().sum::<f64>() / count as f64;
        let mut weights: Vec<f64> = cut.iter().map(|loss| loss - self.mean).collect();
        self.solve(&mut weights);
        let fit = weights.iter().map(|w| w * w).sum::<f64>() / count as f64;
        self.scale = fit.sqrt();
        // Back substitution with the transposed factor.
        for row in (0..count).rev() {
            weights[row] /= self.factor[row][row];
            let (head, tail) = weights.split_at_mut(row);
            for (weight, l) in head.iter_mut().zip(&self.factor[row]) {
                *weight -= l * tail[0];
            }
        }
        self.weights = weights;
    }

    /// Posterior mean, and an upper bound of the deviation: what the closest single observation leaves of it.
    pub(super) fn glance(&self, point: &[f64], detail: Detail) -> Belief {
        let prior = self.kernel.variance(detail);
        let (mut mean, mut largest) = (self.mean, 0.0_f64);
        let covariances = self.covariances(point, detail);
        for (covariance, weight) in covariances.iter().zip(&self.weights) {
            mean += covariance * weight;
            largest = largest.max(*covariance);
        }
        let explained = largest * largest / (prior + JITTER);
        Belief { mean, deviation: self.scale * (prior - explained).max(0.0).sqrt() }
    }

    /// Posterior standard deviation.
    pub(super) fn deviation(&self, point: &[f64], detail: Detail) -> f64 {
        let mut row = self.covariances(point, detail);
        self.solve(&mut row);
        let rest = self.kernel.variance(detail) - row.iter().map(|l| l * l).sum::<f64>();
        self.scale * rest.max(0.0).sqrt()
    }

    /// Covariance with each observation.
    fn covariances(&self, point: &[f64], detail: Detail) -> Vec<f64> {
        let count = self.points.len();
        // Squared distances, each by its own lengths; a quarter of them is what the rational quadratic wants.
        let mut shared = vec![1.0; count];
        let mut rough = vec![1.0; count];
        let mut together = vec![1.0; count];
        let mut own = vec![1.0; count];
        for ((axis, value), others) in
            self.kernel.axes.iter().zip(self.kernel.embed(point)).zip(&self.embedded)
        {
            let [a, b, c] = [axis.shared, axis.together, axis.detail].map(|weight| weight / 4.0);
            let r = if axis.rough { b } else { 0.0 };
            for ((((other, shared), rough), together), own) in
                others.iter().zip(&mut shared).zip(&mut rough).zip(&mut together).zip(&mut own)
            {
                let squared = (other - value) * (other - value);
                *shared += a * squared;
                *rough += r * squared;
                *together += b * squared;
                *own += c * squared;
            }
        }
        let (of_rough, of_together) = if self.kernel.has_rough { (ROUGH, TOGETHER) } else { (0.0, 0.0) };
        let of_own = if detail == Detail::Full { DETAIL } else { 0.0 };
        for ((((shared, rough), together), own), full) in
            shared.iter_mut().zip(&rough).zip(&together).zip(&own).zip(&self.full)
        {
            // One division instead of four.
            let (ab, cd) = (*shared * rough, together * own);
            let reciprocal = 1.0 / (ab * cd);
            let [a, b, c, d] = [rough * cd, *shared * cd, ab * own, ab * together]
                .map(|rest| (rest * reciprocal) * (rest * reciprocal));
            *shared = SHARED * a + of_rough * b + of_together * c + of_own * full * d;
        }
        shared
    }

    /// Forward substitution with the factor.
    fn solve(&self, values: &mut [f64]) {
        for (index, row) in self.factor.iter().enumerate().take(values.len()) {
            let (before, rest) = values.split_at_mut(index);
            let known: f64 = row.iter().zip(&*before).map(|(l, v)| l * v).sum();
            rest[0] = (rest[0] - known) / row[index];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Dimension;

    fn process() -> GaussianProcess {
        let line = Dimension { low: -1.0, high: 1.0, circular: false };
        let space = Space::new(vec![line, Dimension { circular: true, ..line }, line]).unwrap();
        GaussianProcess::new(Kernel::new(&space.with_rough(vec![true, false, false])))
    }

    fn covariance(a: &[f64], b: &[f64], details: (Detail, Detail)) -> f64 {
        let mut process = process();
        process.observe(a.to_vec(), details.0, [0.0; 2]);
        process.covariances(b, details.1)[0]
    }

    #[test]
    fn the_covariance_written_out() {
        use Detail::{Coarse, Full};
        let chord = (std::f64::consts::PI * 0.1).sin() / std::f64::consts::PI;
        let part = |variance: f64, squared: f64| variance * (1.0 + squared / 4.0).powi(-2);
        let squares = |lengths: [f64; 3]| {
            (0.02 / lengths[0]).powi(2) + (chord / lengths[1]).powi(2) + (0.3 / lengths[2]).powi(2)
        };
        let common = part(1.0, squares([2.0, 0.09, 0.25]))
            + part(1.3, (0.02 / 0.01_f64).powi(2))
            + part(0.43, squares([0.01, 0.15, 0.2]));
        let detail = part(0.12, squares([0.02, 0.15, 0.3]));
        let (a, b) = ([0.5, 0.95, 0.2], [0.52, 0.05, 0.5]);
        for (details, expected) in [
            ((Coarse, Coarse), common),
            ((Full, Coarse), common),
            ((Coarse, Full), common),
            ((Full, Full), common + detail),
        ] {
            assert!((covariance(&a, &b, details) - expected).abs() < 1e-12, "{details:?}");
        }
    }

    #[test]
    fn the_posterior_goes_through_what_was_seen_and_is_unsure_elsewhere() {
        let mut process = process();
        let points = [[0.1, 0.2, 0.3], [0.5, 0.9, 0.4], [0.8, 0.5, 0.9], [0.5, 0.1, 0.6]];
        for (index, point) in points.iter().enumerate() {
            process.observe(point.to_vec(), Detail::Full, [0.1 * index as f64; 2]);
        }
        process.fit(0);
        for (index, point) in points.iter().enumerate() {
            let belief = process.glance(point, Detail::Full);
            assert!((belief.mean - 0.1 * index as f64).abs() < 1e-3, "{index}: {}", belief.mean);
            assert!(process.deviation(point, Detail::Full) < 0.02 * process.scale);
        }
        let elsewhere = [0.3, 0.7, 0.1];
        let exact = process.deviation(&elsewhere, Detail::Full);
        assert!(exact > 0.5 * process.scale, "{exact}");
        assert!(exact <= process.glance(&elsewhere, Detail::Full).deviation + 1e-12);
    }

    #[test]
    fn a_coarse_evaluation_tells_most_of_a_full_one() {
        let mut process = process();
        process.observe(vec![0.5; 3], Detail::Coarse, [1.0; 2]);
        process.observe(vec![0.1; 3], Detail::Coarse, [0.0; 2]);
        process.fit(0);
        let (coarse, full) =
            (process.deviation(&[0.5; 3], Detail::Coarse), process.deviation(&[0.5; 3], Detail::Full));
        assert!(coarse < 0.02 * process.scale && full > 0.3 * process.scale && full < 0.4 * process.scale);
    }
}
