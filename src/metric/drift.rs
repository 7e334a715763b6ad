//! The drift of a model's answer: how far it has moved, which can be measured without ground truth.

use ndarray::ArrayView2;

use crate::types::Interval;

/// All values that drift can have.
pub const DRIFT: Interval = Interval { low: f64::NEG_INFINITY, high: 0.0 };

/// The distance of an anomaly map and an image score from those of the unchanged picture, signed as every
/// loss is, so that **lower is worse**: -(mean over the valid pixels of |map - clean map| + |score - clean
/// score|).
///
/// Both maps are (height, width) at evaluation size and in the frame of the unchanged picture: the map of a turned picture is
/// brought back first, and `valid` is `false` where the turn left it without a value, so that corners do not count. In [-2, 0]
/// for maps and scores in [0, 1], 0 for the clean answer itself. The first term is 0 if no pixel counts. Sums run in double
/// precision in a fixed order; not finite if a counted value is not.
///
/// # Panics
/// If the shapes differ.
pub fn drift(
    map: ArrayView2<f32>,
    clean_map: ArrayView2<f32>,
    valid: ArrayView2<bool>,
    score: f32,
    clean_score: f32,
) -> f64 {
    assert_eq!(map.dim(), clean_map.dim(), "map and clean map differ in shape");
    assert_eq!(map.dim(), valid.dim(), "map and valid-pixel mask differ in shape");
    let (mut sum, mut count) = (0.0, 0_u64);
    for ((&value, &clean), &valid) in map.iter().zip(clean_map).zip(valid) {
        if valid {
            sum += (f64::from(value) - f64::from(clean)).abs();
            count += 1;
        }
    }
    let of_map = if count == 0 { 0.0 } else { sum / count as f64 };
    // Not `-0.0` where nothing moved.
    0.0 - (of_map + (f64::from(score) - f64::from(clean_score)).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    #[test]
    fn by_hand() {
        let (map, clean) = (arr2(&[[0.5, 0.25], [1.0, 0.0]]), arr2(&[[0.25, 0.5], [0.5, 0.0]]));
        let all = Array2::from_elem((2, 2), true);
        assert_eq!(drift(map.view(), clean.view(), all.view(), 0.75, 0.5), -0.5);
        let some = arr2(&[[false, true], [false, true]]);
        assert_eq!(drift(map.view(), clean.view(), some.view(), 0.5, 0.75), -0.375);
        let none = Array2::from_elem((2, 2), false);
        assert_eq!(drift(map.view(), clean.view(), none.view(), 0.5, 0.75), -0.25);
    }

    #[test]
    fn nothing_moved_is_zero_and_has_no_sign() {
        let map = arr2(&[[0.5, 0.25]]);
        let all = Array2::from_elem((1, 2), true);
        let zero = drift(map.view(), map.view(), all.view(), 0.5, 0.5);
        assert!(zero == 0.0 && zero.is_sign_positive());
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden_where_it_counts() {
        let (map, clean) = (arr2(&[[f32::NAN, 0.25]]), arr2(&[[0.5, 0.25]]));
        let valid = |first| arr2(&[[first, true]]);
        assert!(drift(map.view(), clean.view(), valid(true).view(), 0.5, 0.5).is_nan());
        assert_eq!(drift(map.view(), clean.view(), valid(false).view(), 0.5, 0.5), 0.0);
    }
}
