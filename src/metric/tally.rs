//! Counts of both classes along the distinct scores of the anomalous class, and the metrics that need no more.

use super::ladder::Ladder;
use super::radix;

/// A step of the threshold down to one distinct score of the anomalous class.
pub(super) struct Step {
    /// Anomalous entries with exactly the score of the step.
    pub(super) positives: u64,
    /// Normal entries above the score of the step.
    pub(super) above: u64,
    /// Normal entries with exactly the score of the step.
    pub(super) equal: u64,
}

/// The best F1, and how many entries of the anomalous class its threshold finds.
pub(super) struct BestF1 {
    pub(super) f1: f64,
    pub(super) found: u64,
}

/// Counts of both classes along the distinct scores of the anomalous class.
pub(super) struct Tally {
    /// Anomalous entries per distinct score, ascending.
    positives_at: Vec<u32>,
    /// Normal entries per place of the ladder over those scores.
    normals_at: Vec<u32>,
    positives: u64,
    normals: u64,
}

impl Tally {
    /// A tally of the anomalous entries, sorted by key, and a function that counts the normal entries per
    /// place of a ladder.
    pub(super) fn new(sorted: &[u64], count_normals: impl FnOnce(&Ladder) -> Vec<u32>) -> Self {
        let mut rungs = Vec::new();
        let mut positives_at = Vec::new();
        for group in sorted.chunk_by(|a, b| radix::key(*a) == radix::key(*b)) {
            rungs.push(radix::key(group[0]));
            positives_at.push(group.len() as u32);
        }
        let normals_at = count_normals(&Ladder::new(rungs));
        let normals = normals_at.iter().map(|&count| u64::from(count)).sum();
        Self { positives_at, normals_at, positives: sorted.len() as u64, normals }
    }

    /// Number of normal entries.
    pub(super) fn normals(&self) -> u64 {
        self.normals
    }

    /// The steps from the highest score to the lowest.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step> {
        let mut above = 0;
        (0..self.positives_at.len()).rev().map(move |rung| {
            above += u64::from(self.normals_at[2 * rung + 2]);
            let equal = u64::from(self.normals_at[2 * rung + 1]);
            let step = Step { positives: u64::from(self.positives_at[rung]), above, equal };
            above += equal;
            step
        })
    }

    fn one_class(&self) -> bool {
        self.positives == 0 || self.normals == 0
    }

    /// Area under the ROC curve.
    pub(super) fn auroc(&self) -> Option<f64> {
        if self.one_class() {
            return None;
        }
        // Twice the number of pairs in the right order, a tie being half a pair: an integer, so that nothing is rounded.
        let twice: u128 = self
            .steps()
            .map(|step| u128::from(step.positives) * u128::from(2 * (self.normals - step.above) - step.equal))
            .sum();
        Some(twice as f64 / (2 * u128::from(self.positives) * u128::from(self.normals)) as f64)
    }

    /// Average precision: the precision at each threshold weighted with the recall gained there.
    pub(super) fn average_precision(&self) -> Option<f64> {
        if self.one_class() {
            return None;
        }
        // Thresholds that find no further anomalous entry gain no recall.
        let (mut found, mut sum) = (0, 0.0);
        for step in self.steps() {
            found += step.positives;
            let flagged = found + step.above + step.equal;
            sum += step.positives as f64 * (found as f64 / flagged as f64);
        }
        Some(sum / self.positives as f64)
    }

    /// Best F1 over all thresholds.
    pub(super) fn f1_max(&self) -> Option<f64> {
        self.best_f1().map(|best| best.f1)
    }

    /// The best F1 over all thresholds, and the highest one that reaches it.
    pub(super) fn best_f1(&self) -> Option<BestF1> {
        if self.one_class() {
            return None;
        }
        // Between two steps only false alarms are added, which lowers F1: the best threshold is at a step.
        let mut found = 0;
        let f1s = self.steps().map(|step| {
            found += step.positives;
            let called = found + step.above + step.equal;
            BestF1 { f1: 2.0 * found as f64 / (called + self.positives) as f64, found }
        });
        f1s.reduce(|best, other| if other.f1 > best.f1 { other } else { best })
    }
}
