//! Decisions about the pixels of each picture.

use rayon::prelude::*;

use super::rates::Counts;
use super::regions::Region;
use crate::error::Result;
use crate::metric::components::label_runs;
use crate::metric::set::{Pixels, ScoredSet};

/// The decisions about the pixels that count of one picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureDecisions {
    /// Pixels.
    pub pixels: Counts,
    /// Regions of the ground truth of which something counts: 8-connected, found on the whole mask.
    pub regions: Vec<Region>,
}

/// Calls every pixel with a score above `threshold` anomalous; one entry per picture. Runs on the current rayon thread pool.
///
/// # Errors
/// Lists of different length, or shapes that do not fit.
pub fn decide_pixels(set: &ScoredSet, threshold: f64) -> Result<Vec<PictureDecisions>> {
    set.check()?;
    Ok((0..set.maps.len()).into_par_iter().map(|at| decide(&set.pixels(at), threshold)).collect())
}

fn decide(pixels: &Pixels, threshold: f64) -> PictureDecisions {
    let called = |at: usize| f64::from(pixels.map[at]) > threshold;
    let mut counts = Counts::default();
    for at in (0..pixels.map.len()).filter(|&at| pixels.counts(at)) {
        counts.count(pixels.mask[at], called(at));
    }
    let (runs, number) = label_runs(&pixels.mask, pixels.width);
    let mut areas = vec![(0u64, 0u64); number];
    for run in &runs {
        let (area, found) = &mut areas[run.region as usize];
        let start = run.row * pixels.width;
        for at in (start + run.start..start + run.end).filter(|&at| pixels.counts(at)) {
            *area += 1;
            *found += u64::from(called(at));
        }
    }
    let region = |(area, found): (u64, u64)| Region {
        size: area as f64 / pixels.map.len() as f64,
        called: found as f64 / area as f64,
    };
    let regions = areas.into_iter().filter(|(area, _)| *area > 0).map(region).collect();
    PictureDecisions { pixels: counts, regions }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn what_does_not_count_is_in_no_count() {
        let map = arr2(&[[0.9f32, 0.1, 0.5], [0.2, 0.8, 0.7]]);
        let mask = arr2(&[[true, true, false], [false, false, true]]);
        let valid = arr2(&[[true, true, true], [true, true, false]]);
        let set = ScoredSet {
            maps: &[map.view()],
            masks: &[mask.view()],
            valid: Some(&[valid.view()]),
            image_scores: &[0.0],
            image_labels: &[true],
        };
        let found = decide_pixels(&set, 0.5).unwrap();
        let pixels = Counts { hits: 1, false_alarms: 1, misses: 1, rejections: 2 };
        // The pixel at the lower right joins the region, but does not count.
        assert_eq!(
            found,
            [PictureDecisions { pixels, regions: vec![Region { size: 2.0 / 6.0, called: 0.5 }] }]
        );
        let all = decide_pixels(&ScoredSet { valid: None, ..set }, 0.5).unwrap();
        assert_eq!(all[0].regions, [Region { size: 0.5, called: 2.0 / 3.0 }]);
    }
}
