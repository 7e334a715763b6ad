//! The axes beyond the paper's three, and all together, against kornia, torchvision and Pillow (values written by
//! `export/golden/axes.py`).

use std::path::PathBuf;

use askance::perturb::{Fill, Perturber, Resampling, Rotation, unwarp_map, upsample, warp_mask};
use askance::types::{Axis, Glare, Image, Perturbation};
use ndarray::{Array2, Array3, Array4, Axis as Dimension};
use ndarray_npy::{ReadableElement, read_npy};
use serde::Deserialize;

/// Largest difference of a channel, of which the 16-bit files take 8e-6. Everywhere: no pixel is left out.
const TOLERANCE: f32 = 2e-5;
/// The same for maps, which are stored unrounded.
const MAP_TOLERANCE: f32 = 1e-5;
/// JPEG against libjpeg: largest and mean difference, in 8-bit levels. A coefficient near one half of a step may fall the other
/// way in libjpeg's integer transform, which then is a step in one block.
const JPEG_TOLERANCE: (f32, f32) = (20.0, 0.5);
/// Of the 16-bit pictures.
const LEVELS: f32 = 65535.0;

#[derive(Deserialize)]
struct Golden {
    pictures: Vec<Case>,
    moves: Vec<Vec<(Axis, f64)>>,
}

#[derive(Deserialize, Debug)]
struct Case {
    picture: String,
    index: usize,
    rotation: Rotation,
    fill: Fill,
    values: Vec<(Axis, f64)>,
    /// Left out where it is the usual.
    #[serde(default)]
    glare: Glare,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/axes")).join(name)
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(path("cases.json")).expect("cases.json is committed");
    serde_json::from_str(&text).expect("cases.json is what the script writes")
}

fn read<T: ReadableElement, D: ndarray::Dimension>(name: &str) -> ndarray::Array<T, D> {
    read_npy(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Largest and mean difference from the peers.
fn difference(case: &Case) -> (f32, f32) {
    let picture: Array3<u16> = read(&format!("picture_{}.npy", case.picture));
    let picture: Image = picture.mapv(|level| f32::from(level) / LEVELS);
    let expected: Array4<u16> = read(&format!("output_{}.npy", case.picture));
    let expected = expected.index_axis(Dimension(0), case.index).mapv(|level| f32::from(level) / LEVELS);
    let resampling = Resampling { rotation: case.rotation, fill: case.fill, glare: case.glare };
    let mut out = Image::zeros(picture.dim());
    let p = Perturbation::of(case.values.iter().copied());
    Perturber::new(resampling, picture.dim().1).apply(picture.view(), p, out.view_mut());
    let differences = (out - expected).mapv(f32::abs);
    (differences.iter().copied().fold(0.0, f32::max), differences.mean().unwrap_or(0.0))
}

fn has_jpeg(case: &Case) -> bool {
    case.values.iter().any(|(axis, _)| *axis == Axis::Jpeg)
}

#[test]
fn pictures_agree_with_kornia_and_torchvision() {
    let cases: Vec<Case> = golden().pictures.into_iter().filter(|case| !has_jpeg(case)).collect();
    for axis in Axis::ALL.into_iter().filter(|axis| *axis != Axis::Jpeg) {
        assert!(cases.iter().any(|case| case.values.iter().any(|(other, _)| *other == axis)), "{axis}");
    }
    assert!(cases.iter().any(|case| !case.glare.is_usual()), "a glare in another place");
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (difference(case).0, case))
        .filter(|(largest, _)| *largest > TOLERANCE)
        .map(|(largest, case)| format!("{largest:.2e} {case:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn compression_agrees_with_pillow() {
    let cases: Vec<Case> = golden().pictures.into_iter().filter(has_jpeg).collect();
    assert!(cases.len() > 4);
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (difference(case), case))
        .map(|((largest, mean), case)| (255.0 * largest, 255.0 * mean, case))
        .filter(|(largest, mean, _)| *largest > JPEG_TOLERANCE.0 || *mean > JPEG_TOLERANCE.1)
        .map(|(largest, mean, case)| format!("{largest:.1} {mean:.2} {case:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn maps_come_back_as_by_kornia() {
    let patches: Array2<f32> = read("patches.npy");
    let expected: Array3<f32> = read("maps.npy");
    let map = upsample(patches.view(), (24, 24));
    for (values, expected) in golden().moves.into_iter().zip(expected.outer_iter()) {
        let (back, _) = unwarp_map(map.view(), &Perturbation::of(values.clone()));
        let largest = (back - expected).iter().map(|difference| difference.abs()).fold(0.0, f32::max);
        assert!(largest < MAP_TOLERANCE, "{largest:.2e} {values:?}");
    }
}

#[test]
fn masks_go_as_by_kornia() {
    let mask: Array2<bool> = read("mask.npy");
    let expected: Array3<bool> = read("masks.npy");
    for (values, expected) in golden().moves.into_iter().zip(expected.outer_iter()) {
        let moved = warp_mask(mask.view(), &Perturbation::of(values.clone()));
        let wrong = moved.iter().zip(expected).filter(|(got, expected)| got != expected).count();
        assert_eq!(wrong, 0, "{values:?}");
    }
}
