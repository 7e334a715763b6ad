//! Names of the files of a CLIP bundle, and how large the numbers of a manifest may be.

use std::ops::RangeInclusive;

/// Most tokens, patches or numbers of an embedding that a manifest may ask for: far more than any model has, and few enough for memory.
pub(super) const LONGEST: usize = 1 << 16;

/// What pixels and logits may be divided by, as a temperature or a standard deviation: beyond this, 32 bits hold nothing of a picture.
pub(crate) const SCALES: RangeInclusive<f32> = 1e-6..=1e6;

/// Names numbers that are no scales.
pub(super) fn no_scales(field: &str, numbers: &[f32]) -> Option<String> {
    let fit = numbers.iter().all(|number| SCALES.contains(number));
    let ends = || format!("not between {:e} and {:e}", SCALES.start(), SCALES.end());
    (!fit).then(|| format!("{field} is {}, {}", list(numbers), ends()))
}

/// Names numbers that are no values of pixels, or too far from them to be subtracted.
pub(super) fn no_offsets(field: &str, numbers: &[f32]) -> Option<String> {
    let most = *SCALES.end();
    let fit = numbers.iter().all(|number| number.abs() <= most);
    (!fit).then(|| format!("{field} is {}, not between {:e} and {most:e}", list(numbers), -most))
}

/// Names a smallest and a largest value between which lies nothing, or more than 32 bits hold.
pub(super) fn no_range(field: &str, range: [f32; 2]) -> Option<String> {
    let [low, high] = range;
    let fit = low < high && (high - low).is_normal();
    (!fit).then(|| format!("{field} is {}, which does not ascend, or not within 32 bits", list(&range)))
}

fn list(numbers: &[f32]) -> String {
    match numbers {
        [one] => format!("{one:?}"),
        several => format!("{several:?}"),
    }
}

/// File name of the image graph of a CLIP bundle.
pub(crate) const IMAGE_GRAPH: &str = "image.onnx";
/// File name of the text graph of a CLIP bundle.
pub(crate) const TEXT_GRAPH: &str = "text.onnx";
