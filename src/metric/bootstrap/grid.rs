//! The thresholds along which the scores of single samples are counted.

use crate::metric::ladder::Ladder;
use crate::metric::pool::Pooled;
use crate::metric::radix;

/// Number of bins that scores are cut into where there are more distinct ones: on average, at most twice as many.
const BINS: usize = 4096;

/// Bins of scores from the highest to the lowest. Each distinct score of an anomalous pixel, and each gap between two of
/// them, is a bin of its own while they are few; otherwise neighbours are put together until a bin holds a certain share of
/// the normal pixels, the anomalous ones and the overlap. A score with a larger share stays alone, so that its ties are
/// exact; and so does a gap, in which no order is lost.
pub(super) struct Grid {
    /// Lowest keys of all bins but the lowest.
    ladder: Ladder,
    bins: usize,
}

impl Grid {
    pub(super) fn new(pooled: &Pooled) -> Self {
        let steps: Vec<_> = pooled.tally.steps().collect();
        let share = if 2 * steps.len() < BINS { 0.0 } else { 3.0 / BINS as f64 };
        let normals = (pooled.tally.normals() as f64).max(1.0);
        let positives = pooled.positives.len() as f64;
        let regions = pooled.areas.len() as f64;

        let mut cuts = Cuts { share, held: 0.0, lowest: None, thresholds: Vec::new() };
        let (mut end, mut above) = (pooled.positives.len(), 0);
        for step in steps {
            let start = end - step.positives as usize;
            let pixels = &pooled.positives[start..end];
            let overlap: f64 =
                pixels.iter().map(|&pixel| 1.0 / f64::from(pooled.areas[pixel as u32 as usize])).sum();
            let key = radix::key(pixels[0]);
            cuts.add((step.above - above) as f64 / normals, key + 1);
            let ties = step.equal as f64 / normals;
            cuts.add(ties + step.positives as f64 / positives + overlap / regions, key);
            (end, above) = (start, step.above + step.equal);
        }
        if pooled.tally.normals() > above {
            cuts.add((pooled.tally.normals() - above) as f64 / normals, 0);
        }
        let Cuts { mut thresholds, .. } = cuts;
        thresholds.reverse();
        let bins = thresholds.len() + 1;
        Self { ladder: Ladder::new(thresholds), bins }
    }

    /// Number of bins.
    pub(super) fn bins(&self) -> usize {
        self.bins
    }

    /// The bin of the key of a finite score, 0 for the highest.
    #[inline(always)]
    pub(super) fn bin(&self, key: u32) -> usize {
        self.bins - 1 - self.ladder.place(key).div_ceil(2)
    }
}

/// Puts places, from the highest down, together into bins.
struct Cuts {
    share: f64,
    /// What the open bin holds.
    held: f64,
    /// Lowest key of the open bin.
    lowest: Option<u32>,
    thresholds: Vec<u32>,
}

impl Cuts {
    /// Adds a place down to `lowest` that holds `share`.
    fn add(&mut self, share: f64, lowest: u32) {
        if share == 0.0 {
            return;
        }
        if let Some(end) = self.lowest
            && self.held + share > self.share
        {
            self.thresholds.push(end);
            self.held = 0.0;
        }
        self.held += share;
        self.lowest = Some(lowest);
    }
}
