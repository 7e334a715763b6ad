//! The transforms against kornia, torch_rotation and torch (values written by `export/golden/perturb.py`).

use std::path::PathBuf;

use askance::perturb::{Fill, Perturber, Resampling, Restorer, Rotation, restore, upsample, warp_mask};
use askance::types::{self, Image, Perturbation};
use ndarray::{Array2, Array3, Array4, Axis};
use ndarray_npy::{ReadableElement, read_npy};
use serde::Deserialize;

/// Largest difference of a channel, of which the 16-bit files take 8e-6. Everywhere: no margin at the border, no pixel
/// left out.
const TOLERANCE: f32 = 2e-5;
/// The same for maps, which are stored unrounded.
const MAP_TOLERANCE: f32 = 1e-5;
/// Of the 16-bit pictures.
const LEVELS: f32 = 65535.0;

#[derive(Deserialize)]
struct Golden {
    pictures: Vec<PictureCase>,
    maps: Vec<MapCase>,
    maps_by_three_passes: Vec<SquareCase>,
    mask_angles_deg: Vec<f64>,
}

#[derive(Deserialize, Debug)]
struct PictureCase {
    picture: String,
    index: usize,
    rotation: Rotation,
    fill: Fill,
    angle_deg: f64,
    hue_rad: f64,
    saturation: f64,
}

impl PictureCase {
    fn perturbation(&self) -> Perturbation {
        let values = [self.angle_deg, self.hue_rad, self.saturation];
        Perturbation::of(types::Axis::PAPER.into_iter().zip(values))
    }
}

fn turned(angle_deg: f64) -> Perturbation {
    Perturbation::IDENTITY.with(types::Axis::Angle, angle_deg)
}

#[derive(Deserialize, Debug)]
struct MapCase {
    patches: String,
    index: usize,
    size: (usize, usize),
    angle_deg: f64,
}

#[derive(Deserialize, Debug)]
struct SquareCase {
    patches: String,
    index: usize,
    size: usize,
    angle_deg: f64,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/perturb")).join(name)
}

fn golden() -> Golden {
    let text = std::fs::read_to_string(path("cases.json")).expect("cases.json is committed");
    serde_json::from_str(&text).expect("cases.json is what the script writes")
}

fn read<T: ReadableElement, D: ndarray::Dimension>(name: &str) -> ndarray::Array<T, D> {
    read_npy(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn largest_difference<'a>(a: impl IntoIterator<Item = &'a f32>, b: impl IntoIterator<Item = &'a f32>) -> f32 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn pictures_agree_with_kornia_and_torch_rotation() {
    let cases = golden().pictures;
    assert!(cases.len() > 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let picture: Array3<u16> = read(&format!("picture_{}.npy", case.picture));
        let picture: Image = picture.mapv(|level| f32::from(level) / LEVELS);
        let expected: Array4<u16> = read(&format!("output_{}.npy", case.picture));
        let expected = expected.index_axis(Axis(0), case.index).mapv(|level| f32::from(level) / LEVELS);
        let resampling = Resampling { rotation: case.rotation, fill: case.fill, ..Resampling::default() };
        let mut out = Image::zeros(picture.dim());
        Perturber::new(resampling, picture.dim().1).apply(
            picture.view(),
            case.perturbation(),
            out.view_mut(),
        );
        let difference = largest_difference(&out, &expected);
        if difference > TOLERANCE {
            wrong.push(format!("{difference:.2e} {case:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn maps_agree_with_torch_and_kornia() {
    for case in golden().maps {
        let patches: Array2<f32> = read(&format!("patches_{}.npy", case.patches));
        let expected: Array3<f32> = read(&format!("maps_{}.npy", case.patches));
        let expected = expected.index_axis(Axis(0), case.index);
        let (map, _) = restore(patches.view(), case.size, &turned(case.angle_deg));
        assert_eq!(map.dim(), expected.dim());
        let difference = largest_difference(&map, expected);
        assert!(difference < MAP_TOLERANCE, "{difference:.2e} {case:?}");
        if case.angle_deg == 0.0 {
            assert_eq!(map, upsample(patches.view(), case.size));
        }
    }
}

#[test]
fn maps_turned_back_by_three_passes_agree_with_torch_rotation() {
    let cases = golden().maps_by_three_passes;
    assert_eq!(cases.len(), 12);
    for case in cases {
        let patches: Array2<f32> = read(&format!("patches_{}.npy", case.patches));
        let expected: Array3<f32> = read(&format!("three_pass_{}.npy", case.patches));
        let restorer = Restorer::new(Rotation::ThreePass, case.size);
        let (map, _) = restorer.restore(patches.view(), &turned(case.angle_deg));
        let difference = largest_difference(&map, expected.index_axis(Axis(0), case.index));
        assert!(difference < MAP_TOLERANCE, "{difference:.2e} {case:?}");
    }
}

#[test]
fn masks_agree_with_kornia() {
    let mask: Array2<bool> = read("mask.npy");
    let expected: Array3<bool> = read("masks.npy");
    let (height, width) = mask.dim();
    let mut compared = 0;
    for (angle, expected) in golden().mask_angles_deg.into_iter().zip(expected.outer_iter()) {
        let turned = warp_mask(mask.view(), &turned(angle));
        let (sin, cos) = angle.to_radians().sin_cos();
        for ((row, column), &expected) in expected.indexed_iter() {
            let (cx, cy) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
            let (x, y) = (column as f64 - cx, row as f64 - cy);
            // Which neighbour is nearest is a matter of rounding errors where both are equally near.
            let tie = [cx + cos * x + sin * y, cy - sin * x + cos * y]
                .iter()
                .any(|position| (position - position.floor() - 0.5).abs() < 1e-6);
            if !tie {
                assert_eq!(turned[[row, column]], expected, "angle {angle}, row {row}, column {column}");
                compared += 1;
            }
        }
    }
    assert!(compared > 6 * height * width - 100, "{compared}");
}
