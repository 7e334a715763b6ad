//! The losses that a search minimises per sample: the lower, the worse the segmenter does.

use ndarray::ArrayView2;

use super::binary::sample_auroc;

use crate::types::{Interval, named};

/// Exponent of the focal loss.
const FOCAL_GAMMA: i32 = 2;
/// Constant that is added to both sides of the Dice fraction, so that an empty mask has a value.
const DICE_SMOOTH: f64 = 1.0;
/// Floor of the logarithms of probabilities, as in torch's binary cross-entropy.
const LOG_FLOOR: f64 = -100.0;

/// The objective of the per-sample search. Every loss is signed so that **lower is worse for the segmenter**;
/// the usual training losses (cross-entropy, focal, Dice) therefore appear negated.
///
/// Cross-entropy, focal and Dice read the map as probabilities: values are clamped to [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Mean of the map over anomalous pixels minus its mean over normal pixels (the authors' code). A mean over no
    /// pixels is left out: a normal sample has only the second term. In [-1, 1] for maps in [0, 1].
    #[default]
    Contrast,
    /// Negated mean binary cross-entropy, logarithms floored at -100 as in torch. In [-100, 0].
    Bce,
    /// Negated mean focal loss with gamma = 2 and no class weights (torchvision's `sigmoid_focal_loss` with `alpha = -1`,
    /// on probabilities). In [-100, 0].
    Focal,
    /// Negated soft Dice loss, that is (2 sum(p t) + 1) / (sum(p) + sum(t) + 1) - 1 for map p and mask t. In [-1, 0].
    Dice,
    /// Pixel AUROC of the sample. A sample with one class only (every normal sample) has none, nor has a map with values
    /// that are not finite: there it is the contrast. In [0, 1] where defined.
    Auroc,
}

named!(Loss, "a loss", {
    Contrast = "contrast",
    Bce = "bce",
    Focal = "focal",
    Dice = "dice",
    Auroc = "auroc",
});

impl Loss {
    /// All values that the loss can have; `is_bounded` says that maps lie in [0, 1].
    pub fn range(self, is_bounded: bool) -> Interval {
        match self {
            Self::Contrast | Self::Auroc if is_bounded => Interval::symmetric(1.0),
            Self::Contrast | Self::Auroc => Interval::symmetric(f64::INFINITY),
            Self::Bce | Self::Focal => Interval { low: LOG_FLOOR, high: 0.0 },
            Self::Dice => Interval { low: -1.0, high: 0.0 },
        }
    }

    /// Whether the loss reads the map as probabilities, in [0, 1].
    pub fn needs_probabilities(self) -> bool {
        matches!(self, Self::Bce | Self::Focal | Self::Dice)
    }
}

/// The loss of one sample over the pixels that `valid` says count (all without it). Lower is worse for the segmenter.
/// Sums run in double precision in a fixed order. 0 if no pixel counts; not finite if a counted value is not (but for
/// cross-entropy, focal and Dice, which clamp infinities).
///
/// # Panics
/// If the shapes differ.
pub fn loss(
    kind: Loss,
    map: ArrayView2<f32>,
    mask: ArrayView2<bool>,
    valid: Option<ArrayView2<bool>>,
) -> f64 {
    assert_eq!(map.dim(), mask.dim(), "map and mask differ in shape");
    if let Some(valid) = &valid {
        assert_eq!(map.dim(), valid.dim(), "map and valid-pixel mask differ in shape");
    }
    if kind == Loss::Auroc
        && let Some(auroc) = sample_auroc(map, mask, valid)
    {
        return auroc;
    }
    let (map, mask) = (map.as_standard_layout(), mask.as_standard_layout());
    let valid = valid.as_ref().map(|valid| valid.as_standard_layout());
    let map = map.as_slice().unwrap_or_default();
    let mask = mask.as_slice().unwrap_or_default();
    let valid = valid.as_ref().and_then(|valid| valid.as_slice());
    match kind {
        Loss::Contrast | Loss::Auroc => contrast(map, mask, valid),
        Loss::Bce => mean_over(map, mask, valid, log_of_truth),
        Loss::Focal => mean_over(map, mask, valid, |value, anomalous| {
            let truth = if anomalous { value } else { 1.0 - value };
            (1.0 - truth).powi(FOCAL_GAMMA) * log_of_truth(value, anomalous)
        }),
        Loss::Dice => dice(map, mask, valid),
    }
}

/// Sum and number of the values of each class, normal first.
struct ClassSums {
    sums: [f64; 2],
    counts: [usize; 2],
}

/// The sums of both classes, each in four running sums whatever the machine, so that the loop can use vector
/// registers and still adds in the same order everywhere.
fn class_sums(map: &[f32], mask: &[bool], valid: Option<&[bool]>) -> ClassSums {
    const LANES: usize = 4;
    let mut sums = [[0.0f64; LANES]; 2];
    let mut add = |lane: usize, value: f32, normal: bool, anomalous: bool| {
        sums[0][lane] += kept(value, normal);
        sums[1][lane] += kept(value, anomalous);
    };
    let (blocks, rest) = map.as_chunks::<LANES>();
    let (mask_blocks, mask_rest) = mask.as_chunks::<LANES>();
    let anomalous;
    let counted;
    match valid {
        None => {
            for (values, mask) in blocks.iter().zip(mask_blocks) {
                for (lane, (&value, &mask)) in values.iter().zip(mask).enumerate() {
                    add(lane, value, !mask, mask);
                }
            }
            for (lane, (&value, &mask)) in rest.iter().zip(mask_rest).enumerate() {
                add(lane, value, !mask, mask);
            }
            counted = map.len();
            anomalous = mask.iter().filter(|&&anomalous| anomalous).count();
        }
        Some(valid) => {
            let (valid_blocks, valid_rest) = valid.as_chunks::<LANES>();
            for ((values, mask), valid) in blocks.iter().zip(mask_blocks).zip(valid_blocks) {
                for (lane, ((&value, &mask), &valid)) in values.iter().zip(mask).zip(valid).enumerate() {
                    add(lane, value, valid & !mask, valid & mask);
                }
            }
            for (lane, ((&value, &mask), &valid)) in rest.iter().zip(mask_rest).zip(valid_rest).enumerate() {
                add(lane, value, valid & !mask, valid & mask);
            }
            counted = valid.iter().filter(|&&counts| counts).count();
            anomalous = mask.iter().zip(valid).filter(|&(&anomalous, &counts)| anomalous & counts).count();
        }
    }
    ClassSums { sums: sums.map(|lanes| lanes.iter().sum()), counts: [counted - anomalous, anomalous] }
}

/// `value` where `keep` holds, else 0, even for NaN: without a branch or a multiplication.
#[inline(always)]
fn kept(value: f32, keep: bool) -> f64 {
    f64::from(f32::from_bits(value.to_bits() & u32::from(keep).wrapping_neg()))
}

fn contrast(map: &[f32], mask: &[bool], valid: Option<&[bool]>) -> f64 {
    let ClassSums { sums, counts } = class_sums(map, mask, valid);
    let mean = |class: usize| if counts[class] == 0 { 0.0 } else { sums[class] / counts[class] as f64 };
    mean(1) - mean(0)
}

/// Logarithm of the probability that the map gives to the truth.
fn log_of_truth(value: f64, anomalous: bool) -> f64 {
    let log = if anomalous { value.ln() } else { (-value).ln_1p() };
    log.max(LOG_FLOOR)
}

fn probabilities<'a>(
    map: &'a [f32],
    mask: &'a [bool],
    valid: Option<&'a [bool]>,
) -> impl Iterator<Item = (f64, bool)> {
    let counted = move |at: usize| valid.is_none_or(|valid| valid[at]);
    let pixels = map.iter().zip(mask).enumerate().filter(move |&(at, _)| counted(at));
    pixels.map(|(_, (&value, &anomalous))| (f64::from(value).clamp(0.0, 1.0), anomalous))
}

fn mean_over(map: &[f32], mask: &[bool], valid: Option<&[bool]>, term: impl Fn(f64, bool) -> f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0u64);
    for (value, anomalous) in probabilities(map, mask, valid) {
        // A value that is not a number stays one: `max` in the logarithm would hide it.
        sum += if value.is_nan() { value } else { term(value, anomalous) };
        count += 1;
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

fn dice(map: &[f32], mask: &[bool], valid: Option<&[bool]>) -> f64 {
    let (mut both, mut predicted, mut truth) = (0.0, 0.0, 0.0);
    for (value, anomalous) in probabilities(map, mask, valid) {
        let target = f64::from(u8::from(anomalous));
        both += value * target;
        predicted += value;
        truth += target;
    }
    (2.0 * both + DICE_SMOOTH) / (predicted + truth + DICE_SMOOTH) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    #[test]
    fn names_read_back_and_match_serde() {
        for kind in Loss::ALL {
            assert_eq!(kind.name().parse::<Loss>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!("BCE".parse::<Loss>().is_err());
        assert_eq!(Loss::default(), Loss::Contrast);
    }

    #[test]
    fn lower_is_worse_for_the_segmenter() {
        let mask = arr2(&[[true, false, false], [true, false, false]]);
        let good = arr2(&[[0.9, 0.1, 0.2], [0.8, 0.1, 0.1]]);
        let bad = good.mapv(|value| 1.0 - value);
        for kind in Loss::ALL {
            let (good, bad) =
                (loss(kind, good.view(), mask.view(), None), loss(kind, bad.view(), mask.view(), None));
            assert!(bad < good, "{kind}: {bad} is not below {good}");
        }
        // On a normal sample the segmenter fails by raising the map.
        let mask = Array2::from_elem((2, 3), false);
        let (low, high) = (Array2::from_elem((2, 3), 0.1), Array2::from_elem((2, 3), 0.7));
        for kind in Loss::ALL {
            let (low, high) =
                (loss(kind, low.view(), mask.view(), None), loss(kind, high.view(), mask.view(), None));
            assert!(high < low, "{kind}: {high} is not below {low}");
        }
    }

    #[test]
    fn contrast_by_hand() {
        let map = arr2(&[[0.5, 0.25], [1.0, 0.0]]);
        let mask = arr2(&[[true, false], [true, false]]);
        assert_eq!(loss(Loss::Contrast, map.view(), mask.view(), None), 0.75 - 0.125);
        let none = Array2::from_elem((2, 2), false);
        assert_eq!(loss(Loss::Contrast, map.view(), none.view(), None), -0.4375);
        assert_eq!(loss(Loss::Auroc, map.view(), none.view(), None), -0.4375);
        let all = Array2::from_elem((2, 2), true);
        assert_eq!(loss(Loss::Contrast, map.view(), all.view(), None), 0.4375);
        let valid = arr2(&[[false, true], [true, false]]);
        assert_eq!(loss(Loss::Contrast, map.view(), mask.view(), Some(valid.view())), 0.75);
    }

    #[test]
    fn no_counted_pixel_gives_nothing() {
        let (map, mask) = (Array2::from_elem((3, 3), 0.5), Array2::from_elem((3, 3), true));
        let valid = Array2::from_elem((3, 3), false);
        for kind in Loss::ALL {
            assert_eq!(loss(kind, map.view(), mask.view(), Some(valid.view())), 0.0, "{kind}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_hidden() {
        let map = arr2(&[[0.5, f32::NAN], [0.1, 0.2]]);
        let mask = arr2(&[[true, false], [true, false]]);
        for kind in Loss::ALL {
            assert!(loss(kind, map.view(), mask.view(), None).is_nan(), "{kind}");
        }
        let valid = arr2(&[[true, false], [true, true]]);
        for kind in Loss::ALL {
            assert!(loss(kind, map.view(), mask.view(), Some(valid.view())).is_finite(), "{kind}");
        }
    }

    #[test]
    fn valid_pixels_of_any_layout() {
        let map = Array2::from_shape_fn((5, 7), |(y, x)| (y * 7 + x) as f32 / 35.0);
        let mask = Array2::from_shape_fn((5, 7), |(y, x)| (y + x) % 3 == 0);
        let valid = Array2::from_shape_fn((5, 7), |(y, x)| (2 * y + x) % 4 != 0);
        for kind in Loss::ALL {
            let kept: Vec<(f32, bool)> =
                map.iter().zip(&mask).zip(&valid).filter(|&(_, &v)| v).map(|((&m, &t), _)| (m, t)).collect();
            let row = Array2::from_shape_fn((1, kept.len()), |(_, x)| kept[x].0);
            let row_mask = Array2::from_shape_fn((1, kept.len()), |(_, x)| kept[x].1);
            let expected = loss(kind, row.view(), row_mask.view(), None);
            let found = loss(kind, map.view(), mask.view(), Some(valid.view()));
            assert!((found - expected).abs() < 1e-14, "{kind}: {found} {expected}");
            let turned = loss(kind, map.t(), mask.t(), Some(valid.t()));
            assert!((turned - expected).abs() < 1e-14, "{kind}");
        }
    }
}
