//! Pictures for segmenters, and how far their answers are apart.

use askance::model::{Segmentation, Segmenter, WinClipOptions};
use ndarray::{Array4, Axis, s};

/// The default options with the first two templates only: encoding all prompts is most of a small test's time.
pub fn few_prompts() -> WinClipOptions {
    let mut options = WinClipOptions::default();
    options.prompts.name = "few".into();
    options.prompts.templates.truncate(2);
    options
}

/// Different smooth pictures with texture, shape (count, 3, size, size), the same every time.
pub fn pictures(count: usize, size: usize) -> Array4<f32> {
    Array4::from_shape_fn((count, 3, size, size), |(n, c, y, x)| {
        let (n, c, y, x) = (n as f32, c as f32, y as f32, x as f32);
        let wave = ((x * (0.11 + 0.02 * n) + c).sin() + (y * (0.07 + 0.03 * c) + n).cos()) / 4.0 + 0.5;
        let grain = ((x * 12.9898 + y * 78.233 + n * 37.719 + c * 4.581).sin() * 43_758.547).fract().abs();
        (0.8 * wave + 0.2 * grain).clamp(0.0, 1.0)
    })
}

/// A single picture of a batch, as a batch.
fn only(pictures: &Array4<f32>, index: usize) -> Array4<f32> {
    pictures.slice(s![index..=index, .., .., ..]).to_owned()
}

/// The largest difference between two answers, of map or score.
pub fn difference(one: &Segmentation, other: &Segmentation) -> f32 {
    let of_map = (&one.map - &other.map).iter().fold(0.0_f32, |most, d| most.max(d.abs()));
    of_map.max((one.image_score - other.image_score).abs())
}

/// The largest difference that company makes to a picture: each alone, against each among others and at another place among
/// them. The company has a black picture and one of full contrast, so that a scale over the whole batch would show.
pub fn company_makes(model: &mut dyn Segmenter) -> f32 {
    let mut batch = pictures(6, model.input_size());
    batch.index_axis_mut(Axis(0), 0).fill(0.0);
    batch.index_axis_mut(Axis(0), 3).mapv_inplace(|v| if v > 0.5 { 1.0 } else { 0.0 });
    let categories = ["bottle", "cable", "bottle", "screw", "cable", "tile"];
    let reversed =
        (batch.slice(s![..;-1, .., .., ..]).to_owned(), categories.iter().rev().copied().collect::<Vec<_>>());
    let together = model.segment(batch.view(), &categories).unwrap();
    let elsewhere = model.segment(reversed.0.view(), &reversed.1).unwrap();
    let mut most = 0.0_f32;
    for (index, category) in categories.iter().enumerate() {
        let alone = model.segment(only(&batch, index).view(), &[category]).unwrap().remove(0);
        most = most.max(difference(&alone, &together[index]));
        most = most.max(difference(&alone, &elsewhere[categories.len() - 1 - index]));
    }
    most
}
