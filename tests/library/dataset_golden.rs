//! Resizing and unusual files against Pillow's own results, written by `export/golden/dataset.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use askance::dataset::{self, Circumstances, Sample, Selection};
use askance::types::{Label, SampleId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::needs;

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
        masked: true,
        circumstances: Circumstances::default(),
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
            assert_eq!(
                loaded.mask.as_ref().unwrap()[[y as usize, x as usize]],
                pixel.0[0] > 0,
                "{name} {size} at {x}, {y}"
            );
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
    let mask = dataset::load(&sample, 60).unwrap().mask.unwrap();
    assert_eq!(mask.iter().filter(|&&anomalous| anomalous).count(), (5 * 5 + 3 * 9) * 6);
}

#[test]
fn a_mask_of_single_bits_is_read_as_pillow_does() {
    let mask =
        dataset::load(&sample(golden("grey1.png"), Some(golden("grey1.png"))), 50).unwrap().mask.unwrap();
    let bits = image::open(golden("read_grey1.png")).unwrap().into_luma8();
    assert!(mask.iter().any(|&anomalous| anomalous) && !mask.iter().all(|&anomalous| anomalous));
    let whole = dataset::load_mask(&sample(golden("read_grey1.png"), Some(golden("read_grey1.png"))), 50);
    assert_eq!(mask, whole.unwrap().unwrap(), "{} x {}", bits.width(), bits.height());
}

#[derive(Deserialize)]
struct Formula {
    width: u32,
    height: u32,
    sha256: BTreeMap<usize, String>,
}

/// The pictures of `formula` in export/golden/resize.py.
fn formula(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        let (wide, x, y) = (u64::from(width), u64::from(x), u64::from(y));
        let planes = [
            (x * x * 7 + y * y * 13 + x * y * 3) / 5 % 256,
            (x / 9 + y / 7) % 2 * 255,
            (x * 255 / wide + y * 3) % 256,
        ];
        image::Rgb(planes.map(|value| u8::try_from(value).unwrap()))
    })
}

#[test]
fn large_small_and_narrow_pictures_are_resized_to_the_bit() {
    let rows: Vec<Formula> =
        serde_json::from_str(&std::fs::read_to_string(golden("formula.json")).unwrap()).unwrap();
    assert!(rows.len() >= 8);
    let folder = tempfile::tempdir().unwrap();
    for Formula { width, height, sha256 } in rows {
        let path = folder.path().join(format!("{width}x{height}.png"));
        formula(width, height).save(&path).unwrap();
        for (size, expected) in sha256 {
            let image = dataset::load(&sample(path.clone(), None), size).unwrap().image;
            let bytes: Vec<u8> =
                image.permuted_axes([1, 2, 0]).iter().map(|value| (value * 255.0).round() as u8).collect();
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, expected, "{width} x {height} to {size}");
        }
    }
}

#[derive(Deserialize)]
struct Photograph {
    file: String,
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

fn photographs() -> PathBuf {
    needs::folder("ASKANCE_PHOTOGRAPHS", "a folder that holds hazelnut_toy").join("hazelnut_toy")
}

/// Against Pillow on photographs that are not part of the repository (only coarse samples of the results are).
#[test]
#[ignore = "needs photographs: ASKANCE_PHOTOGRAPHS, a folder that holds hazelnut_toy (CONTRIBUTING.md)"]
fn photographs_are_resized_as_pillow_does() {
    let root = photographs();
    let rows: Vec<Photograph> =
        serde_json::from_str(&std::fs::read_to_string(golden("photographs.json")).unwrap()).unwrap();
    assert!(rows.len() >= 8);
    for Photograph { file, width, height, samples } in rows {
        let loaded = dataset::load(&sample(root.join(&file), None), 240).unwrap();
        assert_eq!(loaded.original, (height, width), "{file}");
        let mut largest = 0.0_f32;
        for (index, expected) in samples.iter().enumerate() {
            let (cell, channel) = (index / 3, index % 3);
            let value = loaded.image[[channel, 8 + 16 * (cell / 15), 8 + 16 * (cell % 15)]];
            largest = largest.max((value * 255.0 - f32::from(*expected)).abs());
        }
        assert!(largest <= 1.001, "{file}: off by {largest} steps of 1/255");
    }
}

/// Photographs that are not part of the repository.
#[test]
#[ignore = "needs photographs: ASKANCE_PHOTOGRAPHS, a folder that holds hazelnut_toy (CONTRIBUTING.md)"]
fn real_photographs_load() {
    let root = photographs();
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
            loaded.mask.as_ref().unwrap().iter().any(|&anomalous| anomalous),
            sample.label == Label::Anomalous,
            "{}",
            sample.id
        );
    }
}
