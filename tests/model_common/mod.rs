//! What the tests of the model room share.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use askance::model::{Bundle, Segmentation, Segmenter, SessionOptions, WinClip, WinClipOptions};
use askance::runtime::{self, Runtime};
use ndarray::{Array4, Axis, s};

/// ONNX Runtime, found or installed as the program does it.
pub fn runtime() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Runtime::acquire(&runtime::Options::from_env(), &|event| eprintln!("{event}"))
                .unwrap_or_else(|e| panic!("{e}"))
        })
        .clone()
}

/// The embedded model on one CPU thread, with few prompts.
pub fn pocket() -> WinClip {
    load(&Bundle::embedded("pocket").unwrap(), few_prompts())
}

/// The default options with the first two templates only: encoding all prompts is most of a small test's time.
pub fn few_prompts() -> WinClipOptions {
    let mut options = WinClipOptions::default();
    options.prompts.name = "few".into();
    options.prompts.templates.truncate(2);
    options
}

/// A bundle on one CPU thread.
pub fn load(bundle: &Bundle, options: WinClipOptions) -> WinClip {
    let session = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    WinClip::load(bundle, &runtime(), session, options).unwrap_or_else(|e| panic!("{e}"))
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
pub fn only(pictures: &Array4<f32>, index: usize) -> Array4<f32> {
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

/// A copy of the pocket bundle in `folder`, for damaging.
pub fn pocket_folder(folder: &Path) -> PathBuf {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket"));
    for file in ["bundle.toml", "image.onnx", "text.onnx"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    folder.to_path_buf()
}

/// Replaces a text in a bundle's manifest, which must contain it.
pub fn edit_manifest(folder: &Path, from: &str, to: &str) {
    let path = folder.join("bundle.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from:?} is not in the manifest");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}
