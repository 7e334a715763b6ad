//! The thresholds along which the scores of single samples are counted.

use crate::metric::ladder::Ladder;
use crate::metric::pool::Pooled;
use crate::metric::radix;

/// Most bins that scores are cut into.
const MOST_BINS: usize = 8192;
/// Smallest product of the shares of both classes that a bin of several scores may hold, unless none need be put together.
const LEAST_PRODUCT: f64 = 1e-9;

/// Bins of scores from the highest to the lowest.
///
/// What is lost within a bin is the order of its normal and its anomalous pixels: a curve is off by at most the product of
/// the shares that the bin holds of both. Neighbouring scores are therefore put together while that product is small, and it
/// is as small as the number of bins allows: 0 where few scores of both classes lie among each other, so that nothing is
/// lost. Scores that many pixels share stay alone, and their ties are exact.
pub(super) struct Grid {
    /// Lowest keys of all bins but the lowest.
    ladder: Ladder,
    bins: usize,
}

impl Grid {
    pub(super) fn new(pooled: &Pooled) -> Self {
        let places = places(pooled);
        let mut product = 0.0;
        let thresholds = loop {
            let thresholds = cut(&places, product);
            if thresholds.len() < MOST_BINS {
                break thresholds;
            }
            product = LEAST_PRODUCT.max(2.0 * product);
        };
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

/// Neighbouring scores of one kind: a score of anomalous pixels, or all between two of them.
struct Place {
    /// Lowest key.
    lowest: u32,
    /// Share of the normal pixels.
    normal: f64,
    /// Share of the anomalous pixels and of the overlap of regions, added.
    anomalous: f64,
}

/// The places of all pixels from the highest down.
fn places(pooled: &Pooled) -> Vec<Place> {
    let normals = (pooled.tally.normals() as f64).max(1.0);
    let positives = pooled.positives.len() as f64;
    let regions = pooled.areas.len() as f64;
    let mut places = Vec::new();
    let gap = |lowest, pixels: u64| {
        (pixels > 0).then(|| Place { lowest, normal: pixels as f64 / normals, anomalous: 0.0 })
    };
    let (mut end, mut above) = (pooled.positives.len(), 0);
    for step in pooled.tally.steps() {
        let start = end - step.positives as usize;
        let pixels = &pooled.positives[start..end];
        let lowest = radix::key(pixels[0]);
        let overlap: f64 =
            pixels.iter().map(|&pixel| 1.0 / f64::from(pooled.areas[pixel as u32 as usize])).sum();
        places.extend(gap(lowest + 1, step.above - above));
        places.push(Place {
            lowest,
            normal: step.equal as f64 / normals,
            anomalous: step.positives as f64 / positives + overlap / regions,
        });
        (end, above) = (start, step.above + step.equal);
    }
    places.extend(gap(0, pooled.tally.normals() - above));
    places
}

/// The lowest keys, ascending, of all bins but the lowest, where a bin of several places holds at most this product of shares.
fn cut(places: &[Place], product: f64) -> Vec<u32> {
    let mut thresholds = Vec::new();
    let (mut normal, mut anomalous) = (0.0, 0.0);
    for pair in places.windows(2) {
        normal += pair[0].normal;
        anomalous += pair[0].anomalous;
        if (normal + pair[1].normal) * (anomalous + pair[1].anomalous) > product {
            thresholds.push(pair[0].lowest);
            (normal, anomalous) = (0.0, 0.0);
        }
    }
    thresholds.reverse();
    thresholds
}
