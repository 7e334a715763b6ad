//! What must hold for every axis of a perturbation.

use askance::perturb::{Fill, Perturber, Resampling, Rotation, unwarp_map, warp_mask};
use askance::types::{Axis, Bounds, Image, Map, Mask, Perturbation};
use proptest::prelude::*;

const GEOMETRIC: [Axis; 6] =
    [Axis::Angle, Axis::Scale, Axis::TranslateX, Axis::TranslateY, Axis::TiltX, Axis::TiltY];
/// In the order in which they are applied; what comes between two lines is one step.
const ORDER: [&[Axis]; 8] = [
    &GEOMETRIC,
    &[Axis::Hue, Axis::Saturation],
    &[
        Axis::Temperature,
        Axis::Tint,
        Axis::LightX,
        Axis::LightY,
        Axis::Glare,
        Axis::Vignette,
        Axis::Defocus,
        Axis::MotionX,
        Axis::MotionY,
        Axis::Exposure,
        Axis::Noise,
    ],
    &[Axis::Blur],
    &[Axis::Brightness],
    &[Axis::Contrast],
    &[Axis::Gamma],
    &[Axis::Jpeg],
];

fn apply(resampling: Resampling, image: &Image, p: Perturbation) -> Image {
    let mut out = Image::from_elem(image.dim(), f32::NAN);
    Perturber::new(resampling, image.dim().1).apply(image.view(), p, out.view_mut());
    out
}

fn difference(a: &Image, b: &Image) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn image() -> impl Strategy<Value = Image> {
    (1..20_usize).prop_flat_map(|size| {
        let channel = prop_oneof![Just(0.0_f32), Just(1.0), Just(0.5), 0.0..=1.0_f32];
        prop::collection::vec(channel, 3 * size * size).prop_map(move |values| {
            Image::from_shape_vec((3, size, size), values).expect("one value per pixel")
        })
    })
}

/// Any perturbation that the default bounds allow, with about half of the axes at 0.
fn perturbation() -> impl Strategy<Value = Perturbation> {
    prop::collection::vec((any::<bool>(), 0.0..=1.0_f64), Axis::COUNT).prop_map(|draws| {
        Perturbation::of(Axis::ALL.into_iter().zip(draws).map(|(axis, (still, draw))| {
            let interval = Bounds::default().get(axis);
            (axis, if still { 0.0 } else { interval.low + draw * interval.width() })
        }))
    })
}

fn resampling() -> impl Strategy<Value = Resampling> {
    (prop::sample::select(&Rotation::ALL[..]), prop::sample::select(&Fill::ALL[..]))
        .prop_map(|(rotation, fill)| Resampling { rotation, fill })
}

fn only(p: &Perturbation, axes: &[Axis]) -> Perturbation {
    Perturbation::of(axes.iter().map(|&axis| (axis, p.get(axis))))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn values_stay_in_range(image in image(), resampling in resampling(), p in perturbation()) {
        let out = apply(resampling, &image, p);
        prop_assert!(out.iter().all(|value| (0.0..=1.0).contains(value)), "{:?}", p);
    }

    #[test]
    fn steps_come_one_after_the_other(image in image(), resampling in resampling(), p in perturbation()) {
        let expected = ORDER.iter().fold(image.clone(), |image, axes| apply(resampling, &image, only(&p, axes)));
        prop_assert_eq!(apply(resampling, &image, p), expected);
    }

    #[test]
    fn every_axis_is_continuous_at_zero(image in image(), resampling in resampling(), index in 0..Axis::COUNT) {
        let axis = Axis::ALL[index];
        // The finest JPEG rounds to 8 bits, twice, and colours may leave the gamut in between.
        let tolerance = if axis == Axis::Jpeg { 8.0 / 255.0 } else { 1e-3 };
        prop_assert_eq!(&apply(resampling, &image, Perturbation::IDENTITY.with(axis, 0.0)), &image);
        let out = apply(resampling, &image, Perturbation::IDENTITY.with(axis, 1e-6));
        prop_assert!(difference(&out, &image) < tolerance, "{} {}", axis, difference(&out, &image));
    }

    #[test]
    fn a_map_comes_back_from_where_the_picture_went(
        angle in -180.0..180.0_f64, scale in -0.4..0.4_f64, x in -0.15..0.15_f64, y in -0.15..0.15_f64,
        tilt_x in -20.0..20.0_f64, tilt_y in -20.0..20.0_f64,
    ) {
        let p = Perturbation::of(GEOMETRIC.into_iter().zip([angle, scale, x, y, tilt_x, tilt_y]));
        let size = 64;
        let wave = |row: usize, column: usize| {
            ((column as f32 * 0.15).sin() * (row as f32 * 0.11).cos() * 0.5) + 0.5
        };
        let image = Image::from_shape_fn((3, size, size), |(_, row, column)| wave(row, column));
        let moved = apply(Resampling::default(), &image, p);
        let (back, valid) = unwarp_map(moved.index_axis(ndarray::Axis(0), 0), &p);
        let mut compared = 0;
        for ((row, column), &value) in back.indexed_iter() {
            // Pixels whose way out and back stays inside.
            let inner = (4..size - 4).contains(&row) && (4..size - 4).contains(&column);
            if valid[[row, column]] && inner {
                prop_assert!((value - wave(row, column)).abs() < 0.04, "{} {} {}", row, column, value);
                compared += 1;
            }
        }
        prop_assert!(compared > 400, "{}", compared);
    }

    #[test]
    fn masks_go_with_pictures_and_against_maps(
        angle in -180.0..180.0_f64, scale in -0.4..0.4_f64, x in -0.2..0.2_f64, y in -0.2..0.2_f64,
        tilt_x in -20.0..20.0_f64, tilt_y in -20.0..20.0_f64,
    ) {
        let p = Perturbation::of(GEOMETRIC.into_iter().zip([angle, scale, x, y, tilt_x, tilt_y]));
        let mask = Mask::from_shape_fn((32, 32), |(y, x)| (12..20).contains(&y) && (10..22).contains(&x));
        let soft = Image::from_shape_fn((3, 32, 32), |(_, y, x)| f32::from(u8::from(mask[[y, x]])));
        let zeros = Resampling { fill: Fill::Zeros, ..Resampling::default() };
        let picture = apply(zeros, &soft, p);
        let moved = warp_mask(mask.view(), &p);
        for ((row, column), &inside) in moved.indexed_iter() {
            let value = picture[[0, row, column]];
            if !(0.2..0.8).contains(&value) {
                prop_assert_eq!(inside, value > 0.5, "{} {}", row, column);
            }
        }
        // Where the moved mask is, the map of it comes back to the mask.
        let map: Map = moved.mapv(|inside| if inside { 1.0 } else { 0.0 });
        let (back, valid) = unwarp_map(map.view(), &p);
        for (y, x) in [(14, 13), (17, 18), (15, 15)] {
            prop_assert!(!valid[[y, x]] || back[[y, x]] > 0.5, "{} {}", y, x);
        }
        for (y, x) in [(8, 16), (24, 16), (15, 5), (15, 27)] {
            prop_assert!(back[[y, x]] < 0.5, "{} {}", y, x);
        }
    }
}

#[test]
fn positive_values_go_where_they_are_said_to() {
    // A bright dot on grey, off the centre by (8, 4) pixels.
    let size = 33;
    let dot = |cy: f32, cx: f32, width: f32| {
        Image::from_shape_fn((3, size, size), |(_, y, x)| {
            0.4 + 0.5 * (-((y as f32 - cy).powi(2) + (x as f32 - cx).powi(2)) / width).exp()
        })
    };
    let image = dot(20.0, 24.0, 9.0);
    let under = |axis, value| apply(Resampling::default(), &image, Perturbation::IDENTITY.with(axis, value));
    let step = 3.0 / size as f64;
    assert!(difference(&under(Axis::TranslateX, step), &dot(20.0, 27.0, 9.0)) < 1e-5);
    assert!(difference(&under(Axis::TranslateY, step), &dot(23.0, 24.0, 9.0)) < 1e-5);
    // The dot's tail at the border of the picture is continued beyond it.
    assert!(difference(&under(Axis::Scale, -1.0), &dot(18.0, 20.0, 9.0 / 4.0)) < 1e-3);
    let mean = |picture: &Image, channel| picture.index_axis(ndarray::Axis(0), channel).mean().unwrap_or(0.0);
    let warm = under(Axis::Temperature, 40.0);
    assert!(mean(&warm, 0) > mean(&image, 0) + 0.02 && mean(&warm, 2) < mean(&image, 2) - 0.02);
    assert_eq!(mean(&warm, 1), mean(&image, 1));
    assert!(mean(&under(Axis::Brightness, 0.1), 0) > mean(&image, 0));
    assert!(mean(&under(Axis::Gamma, 0.5), 0) < mean(&image, 0));
    let spread = |picture: &Image| picture.std(0.0);
    assert!(spread(&under(Axis::Contrast, 0.5)) > 1.3 * spread(&image));
    assert!(spread(&under(Axis::Blur, 2.0)) < 0.9 * spread(&image));
}

#[test]
#[should_panic(expected = "the loss of a JPEG")]
fn a_jpeg_of_no_quality_is_refused() {
    apply(Resampling::default(), &Image::zeros((3, 4, 4)), Perturbation::IDENTITY.with(Axis::Jpeg, 100.0));
}
