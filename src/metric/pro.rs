//! Area under the per-region overlap curve.
//!
//! The overlap averaged over regions is the average of each region's own ROC curve against the pooled normal pixels, so
//! the area is the average of their areas; and a region's area is a sum over its pixels, each of which lifts the curve
//! from its own false-positive count onwards. No curve is ever built.

use super::key;
use super::radix;
use super::tally::Tally;

/// Exact AUPRO: `sorted` are the anomalous pixels, ascending by key, each with its region; `areas` the pixels per region.
/// `None` without a region or a normal pixel.
pub(super) fn exact(sorted: &[u64], tally: &Tally, areas: &[u32], fpr_limit: f64) -> Option<f64> {
    if areas.is_empty() || tally.normals() == 0 {
        return None;
    }
    let limit = fpr_limit * tally.normals() as f64;
    let mut sums = vec![0.0f64; areas.len()];
    let mut end = sorted.len();
    for step in tally.steps() {
        let area = area_of_pixel(step.above as f64, step.equal as f64, limit);
        if area == 0.0 {
            break;
        }
        let start = end - step.positives as usize;
        for &pixel in &sorted[start..end] {
            sums[pixel as u32 as usize] += area;
        }
        end = start;
    }
    let mut overlaps: Vec<f64> = sums.iter().zip(areas).map(|(sum, &area)| sum / f64::from(area)).collect();
    // Added in order of size, so that the order of the images leaves no trace in the rounding.
    overlaps.sort_unstable_by(f64::total_cmp);
    Some(overlaps.iter().sum::<f64>() / overlaps.len() as f64 / limit)
}

/// Area below a curve that rises linearly from 0 to 1 while the threshold passes the `width` normal pixels that tie with
/// this one (at once if there are none) after those `above` it, between 0 and `limit` normal pixels.
#[inline(always)]
pub(super) fn area_of_pixel(above: f64, width: f64, limit: f64) -> f64 {
    let room = limit - above;
    if room <= 0.0 {
        0.0
    } else if room >= width {
        room - width / 2.0
    } else {
        room * room / (2.0 * width)
    }
}

/// The thresholds of the 200-threshold form, ascending: from `low` by equal steps up to but without `high`, computed as
/// `numpy.arange` computes them in double precision. Empty if all scores are equal.
pub(super) fn thresholds_200(low: f32, high: f32) -> Vec<f64> {
    let (low, high) = (f64::from(low), f64::from(high));
    let step = (high - low) / 200.0;
    if step <= 0.0 {
        return Vec::new();
    }
    let count = ((high - low) / step).ceil() as usize;
    let step = (low + step) - low;
    (0..count).map(|at| low + at as f64 * step).collect()
}

/// Number of the ascending thresholds that lie strictly below a score.
#[inline]
pub(super) fn thresholds_below(score: f32, thresholds: &[f64]) -> usize {
    let score = f64::from(score);
    let (Some(low), Some(second)) = (thresholds.first(), thresholds.get(1)) else {
        return usize::from(thresholds.first().is_some_and(|&only| only < score));
    };
    // Equidistant but for rounding: a guess, put right.
    let mut below = (((score - low) / (second - low)) as usize).min(thresholds.len());
    while below > 0 && thresholds[below - 1] >= score {
        below -= 1;
    }
    while below < thresholds.len() && thresholds[below] < score {
        below += 1;
    }
    below
}

/// AUPRO in the 200-threshold form. `normals_below[k]` counts the normal pixels that lie above exactly `k` of
/// the thresholds. `None` without a region or a normal pixel, or if the FPR does not vary below the limit
/// (the stretched axis is undefined).
pub(super) fn by_thresholds(
    sorted: &[u64],
    areas: &[u32],
    thresholds: &[f64],
    normals_below: &[u64],
    fpr_limit: f64,
) -> Option<f64> {
    let normals: u64 = normals_below.iter().sum();
    if areas.is_empty() || normals == 0 {
        return None;
    }
    let mut overlap_at = vec![0.0f64; thresholds.len() + 1];
    for &pixel in sorted {
        let below = thresholds_below(key::to_score(radix::key(pixel)), thresholds);
        overlap_at[below] += 1.0 / f64::from(areas[pixel as u32 as usize]);
    }
    // From the highest threshold down: (FPR, PRO), both rising.
    let (mut false_alarms, mut overlap) = (0, 0.0);
    let mut curve = Vec::with_capacity(thresholds.len());
    for at in (0..thresholds.len()).rev() {
        false_alarms += normals_below[at + 1];
        overlap += overlap_at[at + 1];
        let fpr = false_alarms as f64 / normals as f64;
        if fpr >= fpr_limit {
            break;
        }
        curve.push((fpr, overlap / areas.len() as f64));
    }
    let (first, last) = (curve.first()?.0, curve.last()?.0);
    let area: f64 =
        curve.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1) / 2.0).sum();
    (last > first).then(|| area / (last - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_lifts_the_curve_from_its_place_on() {
        assert_eq!(area_of_pixel(0.0, 0.0, 30.0), 30.0);
        assert_eq!(area_of_pixel(10.0, 0.0, 30.0), 20.0);
        assert_eq!(area_of_pixel(10.0, 10.0, 30.0), 15.0);
        // Ramp cut at half its height.
        assert_eq!(area_of_pixel(20.0, 20.0, 30.0), 10.0 * 0.5 / 2.0);
        assert_eq!(area_of_pixel(30.0, 5.0, 30.0), 0.0);
        assert_eq!(area_of_pixel(0.0, 100.0, 100.0), 50.0);
    }

    #[test]
    fn thresholds_are_placed_and_found() {
        let thresholds = thresholds_200(0.0, 1.0);
        assert_eq!(thresholds.len(), 200);
        for score in [0.0f32, 1e-9, 0.005, 0.0050001, 0.25, 0.5, 0.994, 0.995, 0.9999, 1.0] {
            let expected = thresholds.iter().filter(|&&threshold| threshold < f64::from(score)).count();
            assert_eq!(thresholds_below(score, &thresholds), expected, "{score}");
        }
        assert!(thresholds_200(0.5, 0.5).is_empty());
        assert_eq!(thresholds_below(0.5, &[]), 0);
    }
}
