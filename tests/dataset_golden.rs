//! Resizing and unusual files against Pillow's own results, written by `export/golden/dataset.py`.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use askance::dataset::{self, Sample, Selection};
use askance::types::{Label, SampleId};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    size: usize,
}

fn golden(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/dataset")).join(name)
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&std::fs::read_to_string(golden("cases.json")).unwrap()).unwrap()
}

fn sample(image: PathBuf, mask: Option<PathBuf>) -> Sample {
    Sample {
        id: SampleId { category: "golden".into(), defect: "any".into(), stem: "picture".into() },
        label: if mask.is_some() { Label::Anomalous } else { Label::Normal },
        image,
        masks: mask.into_iter().collect(),
    }
}

/// Largest difference in steps of 1/255, and the share of values that differ at all.
fn difference(image: &ndarray::Array3<f32>, expected: &image::RgbImage) -> (f32, f64) {
    let mut largest = 0.0_f32;
    let mut differing = 0_usize;
    for (x, y, pixel) in expected.enumerate_pixels() {
        for (channel, &value) in pixel.0.iter().enumerate() {
            let step = (image[[channel, y as usize, x as usize]] * 255.0 - f32::from(value)).abs();
            largest = largest.max(step);
            differing += usize::from(step > 0.5);
        }
    }
    (largest, differing as f64 / image.len() as f64)
}

#[test]
fn pictures_are_resized_as_pillow_does() {
    for Case { name, size } in cases() {
        let loaded = dataset::load(&sample(golden(&format!("picture_{name}.png")), None), size).unwrap();
        let expected = image::open(golden(&format!("resized_{name}_{size}.png"))).unwrap().into_rgb8();
        let (largest, differing) = difference(&loaded.image, &expected);
        assert!(
            largest < 1e-3,
            "{name} {size}: off by {largest} steps of 1/255 in {differing} of the values"
        );
    }
}

#[test]
fn masks_are_resized_as_pillow_and_torch_nearest_exact_do() {
    for Case { name, size } in cases() {
        let sample =
            sample(golden(&format!("picture_{name}.png")), Some(golden(&format!("mask_{name}.png"))));
        let loaded = dataset::load(&sample, size).unwrap();
        let expected = image::open(golden(&format!("nearest_{name}_{size}.png"))).unwrap().into_luma8();
        for (x, y, pixel) in expected.enumerate_pixels() {
            assert_eq!(loaded.mask[[y as usize, x as usize]], pixel.0[0] > 0, "{name} {size} at {x}, {y}");
        }
        assert_eq!(dataset::load_mask(&sample, size).unwrap(), loaded.mask);
    }
}

#[test]
fn a_picture_of_the_right_size_is_not_resampled() {
    let loaded = dataset::load(&sample(golden("picture_square.png"), None), 161).unwrap();
    let expected = image::open(golden("picture_square.png")).unwrap().into_rgb8();
    assert_eq!(difference(&loaded.image, &expected), (0.0, 0.0));
    assert_eq!(loaded.original, (161, 161));
}

#[test]
fn palettes_and_single_bits_are_read_as_pillow_does() {
    for name in ["palette", "grey1"] {
        let read = dataset::load(&sample(golden(&format!("{name}.png")), None), 50).unwrap();
        let expected = dataset::load(&sample(golden(&format!("read_{name}.png")), None), 50).unwrap();
        assert_eq!(read.image, expected.image, "{name}");
    }
}

#[test]
fn every_colour_of_a_palette_but_black_is_anomalous() {
    let folder = tempfile::tempdir().unwrap();
    image::RgbImage::new(30, 20).save(folder.path().join("picture.png")).unwrap();
    let sample = sample(folder.path().join("picture.png"), Some(golden("palette_mask.png")));
    // The loaded mask is 60 x 60: each input pixel becomes 2 x 3.
    let mask = dataset::load(&sample, 60).unwrap().mask;
    assert_eq!(mask.iter().filter(|&&anomalous| anomalous).count(), (5 * 5 + 3 * 9) * 6);
}

#[test]
fn a_mask_of_single_bits_is_read_as_pillow_does() {
    let mask = dataset::load(&sample(golden("grey1.png"), Some(golden("grey1.png"))), 50).unwrap().mask;
    let bits = image::open(golden("read_grey1.png")).unwrap().into_luma8();
    assert!(mask.iter().any(|&anomalous| anomalous) && !mask.iter().all(|&anomalous| anomalous));
    let whole = dataset::load_mask(&sample(golden("read_grey1.png"), Some(golden("read_grey1.png"))), 50);
    assert_eq!(mask, whole.unwrap(), "{} x {}", bits.width(), bits.height());
}

/// Photographs that are not part of the repository; they lie beside a checkout on some machines.
#[test]
fn real_photographs_load() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/hazelnut_toy");
    if !root.is_dir() {
        eprintln!("skipped: no photographs at {}", root.display());
        return;
    }
    let data = dataset::open(&root, &Selection { limit: Some(3), ..Selection::default() }).unwrap();
    let samples = &data.categories[0].samples;
    assert_eq!(samples.iter().filter(|sample| sample.label == Label::Normal).count(), 3);
    assert_eq!(samples.len(), 6);
    for sample in samples {
        dataset::inspect(sample).unwrap();
        let loaded = dataset::load(sample, 192).unwrap();
        let mean = loaded.image.mean().unwrap();
        assert!((0.05..0.95).contains(&mean), "{}: mean {mean}", sample.id);
        assert_eq!(
            loaded.mask.iter().any(|&anomalous| anomalous),
            sample.label == Label::Anomalous,
            "{}",
            sample.id
        );
    }
}
