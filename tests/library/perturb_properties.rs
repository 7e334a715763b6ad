//! What must hold for every picture and every perturbation.

use std::f64::consts::{PI, TAU};

use askance::perturb::{Fill, Perturber, Resampling, Rotation, restore, unwarp_map, upsample, warp_mask};
use askance::types::{self, Image, Map, Mask, Perturbation};
use ndarray::{Array4, Axis, array, s};
use proptest::prelude::*;

fn apply(resampling: Resampling, image: &Image, angle_deg: f64, hue_rad: f64, saturation: f64) -> Image {
    let mut out = Image::from_elem(image.dim(), f32::NAN);
    let p = Perturbation::of(types::Axis::PAPER.into_iter().zip([angle_deg, hue_rad, saturation]));
    Perturber::new(resampling, image.dim().1).apply(image.view(), p, out.view_mut());
    out
}

fn by_angle(angle_deg: f64) -> Perturbation {
    Perturbation::IDENTITY.with(types::Axis::Angle, angle_deg)
}

fn bilinear(image: &Image, angle_deg: f64, hue_rad: f64, saturation: f64) -> Image {
    apply(Resampling::default(), image, angle_deg, hue_rad, saturation)
}

fn difference(a: &Image, b: &Image) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn image() -> impl Strategy<Value = Image> {
    (1..14_usize).prop_flat_map(|size| {
        // Ends, ties and grey are as likely as values in between.
        let channel = prop_oneof![Just(0.0_f32), Just(1.0), Just(0.5), 0.0..=1.0_f32];
        prop::collection::vec(channel, 3 * size * size).prop_map(move |values| {
            Image::from_shape_vec((3, size, size), values).expect("one value per pixel")
        })
    })
}

fn resampling() -> impl Strategy<Value = Resampling> {
    (prop::sample::select(&Rotation::ALL[..]), prop::sample::select(&Fill::ALL[..]))
        .prop_map(|(rotation, fill)| Resampling { rotation, fill, ..Resampling::default() })
}

/// A smooth map: slowest wave 4 cycles over the picture.
fn smooth(size: usize, phase: f64) -> Map {
    Map::from_shape_fn((size, size), |(y, x)| {
        let (x, y) = (x as f64 / size as f64 * TAU, y as f64 / size as f64 * TAU);
        ((2.0 * x + phase).sin() * (1.5 * y - phase).cos() * 0.5 + 0.5) as f32
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn identity_is_an_exact_copy(image in image(), resampling in resampling(), turns in -2..=2_i32) {
        let turns = f64::from(turns);
        prop_assert_eq!(&apply(resampling, &image, 0.0, 0.0, 0.0), &image);
        prop_assert_eq!(&apply(resampling, &image, 360.0 * turns, TAU * turns, 0.0), &image);
    }

    #[test]
    fn a_tiny_perturbation_changes_next_to_nothing(image in image(), fill in prop::sample::select(&Fill::ALL[..])) {
        let tolerance = 0.1 / 255.0;
        for rotation in Rotation::ALL {
            let resampling = Resampling { rotation, fill, ..Resampling::default() };
            let out = apply(resampling, &image, 1e-6, 0.0, 0.0);
            prop_assert!(difference(&out, &image) < tolerance, "{:?}", resampling);
        }
        prop_assert!(difference(&bilinear(&image, 0.0, 1e-5, 0.0), &image) < tolerance);
        prop_assert!(difference(&bilinear(&image, 0.0, 0.0, 1e-5), &image) < tolerance);
    }

    #[test]
    fn the_way_through_hue_and_back_loses_nothing(image in image(), hue in -PI..PI) {
        let there = bilinear(&image, 0.0, hue, 0.0);
        prop_assert!(difference(&bilinear(&there, 0.0, -hue, 0.0), &image) < 1e-5);
    }

    #[test]
    fn hue_is_a_circle(image in image(), angle in -90.0..90.0_f64, hue in -PI..PI, saturation in -0.5..0.5_f64) {
        let half = bilinear(&image, angle, PI, saturation);
        prop_assert!(difference(&half, &bilinear(&image, angle, -PI, saturation)) < 1e-5);
        let once = bilinear(&image, angle, hue, saturation);
        prop_assert!(difference(&once, &bilinear(&image, angle, hue + TAU, saturation)) < 1e-5);
    }

    #[test]
    fn values_stay_in_range(
        image in image(), resampling in resampling(),
        angle in -400.0..400.0_f64, hue in -4.0..4.0_f64, saturation in -1.0..1.0_f64,
    ) {
        let out = apply(resampling, &image, angle, hue, saturation);
        prop_assert!(out.iter().all(|value| (0.0..=1.0).contains(value)));
        let grey = apply(resampling, &image, angle, 0.0, 0.0);
        prop_assert!(grey.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn the_order_is_rotation_then_colour(
        image in image(), resampling in resampling(),
        angle in -180.0..180.0_f64, hue in -PI..PI, saturation in -0.5..0.5_f64,
    ) {
        let turned = apply(resampling, &image, angle, 0.0, 0.0);
        let expected = apply(resampling, &turned, 0.0, hue, saturation);
        prop_assert_eq!(apply(resampling, &image, angle, hue, saturation), expected);
    }

    #[test]
    fn quarter_turns_permute_pixels(image in image(), fill in prop::sample::select(&Fill::ALL[..]), quarters in -4..=4_i32) {
        let resampling = Resampling { rotation: Rotation::Bilinear, fill, ..Resampling::default() };
        let mut expected = image.clone();
        for _ in 0..quarters.rem_euclid(4) {
            let last = expected.dim().1 - 1;
            expected = Image::from_shape_fn(expected.dim(), |(channel, y, x)| expected[[channel, last - x, y]]);
        }
        let out = apply(resampling, &image, 90.0 * f64::from(quarters), 0.0, 0.0);
        prop_assert!(difference(&out, &expected) < 1e-6);
    }

    #[test]
    fn unwarping_undoes_the_rotation(angle in -180.0..180.0_f64, phase in 0.0..TAU, rotation in prop::sample::select(&Rotation::ALL[..])) {
        // 64 pixels; interior: at least 8 pixels inside the inscribed circle. Bilinear smooths twice, the three shears
        // turn about a point half a pixel off: 0.03 and 0.1 of the range.
        let (size, tolerance) = (64, if rotation == Rotation::Bilinear { 0.03 } else { 0.1 });
        let map = smooth(size, phase);
        let grey = Image::from_shape_fn((3, size, size), |(_, y, x)| map[[y, x]]);
        let resampling = Resampling { rotation, fill: Fill::Replicate, ..Resampling::default() };
        let turned = apply(resampling, &grey, angle, 0.0, 0.0).index_axis_move(Axis(0), 1);
        let (back, valid) = unwarp_map(turned.view(), &by_angle(angle));
        let centre = (size as f32 - 1.0) / 2.0;
        for ((y, x), value) in back.indexed_iter() {
            if (y as f32 - centre).hypot(x as f32 - centre) < size as f32 / 2.0 - 8.0 {
                prop_assert!(valid[[y, x]]);
                prop_assert!((value - map[[y, x]]).abs() < tolerance, "{} {} {} {}", y, x, value, map[[y, x]]);
            }
        }
    }

    #[test]
    fn masks_turn_with_pictures_and_against_maps(angle in -180.0..180.0_f64, height in 20..30_usize, width in 20..30_usize) {
        // A block off the centre. The mask turned by the angle is the map turned back by the opposite angle, where
        // that is not near one half.
        let mask = Mask::from_shape_fn((height, width), |(y, x)| (4..12).contains(&y) && (10..18).contains(&x));
        let soft = mask.mapv(|inside| if inside { 1.0_f32 } else { 0.0 });
        let (map, _) = unwarp_map(soft.view(), &by_angle(-angle));
        let turned = warp_mask(mask.view(), &by_angle(angle));
        for (at, &value) in map.indexed_iter() {
            if !(0.2..0.8).contains(&value) {
                prop_assert_eq!(turned[at], value > 0.5, "{:?}", at);
            }
        }
        // And back: pixels well within the block, and not turned out of the picture, are there again.
        let back = warp_mask(turned.view(), &by_angle(-angle));
        let reach = 0.45 * height.min(width) as f64;
        for (y, x) in [(6, 12), (9, 15), (6, 15), (9, 12)] {
            let (dy, dx) = (y as f64 - (height as f64 - 1.0) / 2.0, x as f64 - (width as f64 - 1.0) / 2.0);
            prop_assert!(back[[y, x]] || dy.hypot(dx) > reach);
        }
    }

    #[test]
    fn restore_is_enlargement_then_the_turn_back(
        (rows, columns) in (1..6_usize, 1..6_usize), height in 1..20_usize, width in 1..20_usize,
        angle in -180.0..180.0_f64, seed in 0.0..9.0_f32,
    ) {
        let patches = Map::from_shape_fn((rows, columns), |(y, x)| (seed + (y * 7 + x * 3) as f32).sin());
        let enlarged = upsample(patches.view(), (height, width));
        prop_assert_eq!(restore(patches.view(), (height, width), &by_angle(angle)), unwarp_map(enlarged.view(), &by_angle(angle)));
        let untouched = restore(patches.view(), (height, width), &Perturbation::IDENTITY);
        prop_assert_eq!(untouched, (enlarged, Mask::from_elem((height, width), true)));
    }

    #[test]
    fn validity_is_where_the_source_lies_inside(angle in -180.0..180.0_f64, height in 1..20_usize, width in 1..20_usize) {
        let (_, valid) = unwarp_map(Map::zeros((height, width)).view(), &by_angle(angle));
        let (sin, cos) = (-angle).to_radians().sin_cos();
        let (cx, cy) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
        for ((row, column), &valid) in valid.indexed_iter() {
            let (x, y) = (column as f64 - cx, row as f64 - cy);
            // Distance to the nearest border, positive inside.
            let depth = (cx - (cos * x + sin * y).abs()).min(cy - (cos * y - sin * x).abs());
            prop_assert!(depth.abs() < 1e-6 || valid == (depth > 0.0), "{} {} {}", row, column, depth);
        }
    }
}

#[test]
fn positive_angles_are_clockwise() {
    let plane = array![[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9_f32]];
    let clockwise = array![[0.7, 0.4, 0.1], [0.8, 0.5, 0.2], [0.9, 0.6, 0.3_f32]];
    let image = Image::from_shape_fn((3, 3, 3), |(_, y, x)| plane[[y, x]]);
    let out = bilinear(&image, 90.0, 0.0, 0.0);
    for channel in out.outer_iter() {
        assert_eq!(channel, clockwise);
    }
    assert_eq!(unwarp_map(clockwise.view(), &by_angle(90.0)).0, plane);
    let bright = plane.mapv(|value| value > 0.65);
    assert_eq!(warp_mask(bright.view(), &by_angle(90.0)), clockwise.mapv(|value| value > 0.65));
}

#[test]
fn the_three_pass_rotation_turns_the_same_way() {
    // A blob to the right of the centre goes below it.
    let size = 32;
    let blob = |cy: f32, cx: f32| {
        Image::from_shape_fn((3, size, size), |(_, y, x)| {
            (-((y as f32 - cy).powi(2) + (x as f32 - cx).powi(2)) / 8.0).exp()
        })
    };
    let resampling = Resampling { rotation: Rotation::ThreePass, fill: Fill::Zeros, ..Resampling::default() };
    for (angle, cy, cx) in [(90.0, 24.0, 16.0), (-90.0, 8.0, 16.0)] {
        let out = apply(resampling, &blob(16.0, 24.0), angle, 0.0, 0.0);
        assert!(difference(&out, &blob(cy, cx)) < 1e-3, "{angle}");
    }
}

#[test]
fn fills_show_what_lies_beyond_the_border() {
    // After an eighth turn the corners show what lies outside.
    let image = Image::from_elem((3, 16, 16), 0.75);
    for rotation in Rotation::ALL {
        for (fill, corner) in [(Fill::Replicate, 0.75), (Fill::Zeros, 0.0), (Fill::Reflect, 0.75)] {
            let out = apply(Resampling { rotation, fill, ..Resampling::default() }, &image, 45.0, 0.0, 0.0);
            assert!((out[[0, 0, 0]] - corner).abs() < 0.05, "{rotation} {fill} {}", out[[0, 0, 0]]);
            assert!((out[[0, 8, 8]] - 0.75).abs() < 0.01);
        }
    }
}

#[test]
fn the_memory_layout_does_not_matter() {
    let image =
        Image::from_shape_fn((3, 9, 9), |(channel, y, x)| ((channel * 31 + y * 7 + x * 3) % 10) as f32 / 9.0);
    let expected = bilinear(&image, 33.0, 1.0, 0.2);
    let perturber = Perturber::new(Resampling::default(), 9);
    let p = Perturbation::of(types::Axis::PAPER.into_iter().zip([33.0, 1.0, 0.2]));

    let mut batch = Array4::from_elem((2, 3, 9, 9), -1.0);
    perturber.apply(image.view(), p, batch.index_axis_mut(Axis(0), 1));
    assert_eq!(batch.index_axis(Axis(0), 1), expected);
    assert!(batch.index_axis(Axis(0), 0).iter().all(|&value| value == -1.0), "the other slot is untouched");

    // Channels last, both ways.
    let channels_last = image.view().permuted_axes([1, 2, 0]).as_standard_layout().into_owned();
    let mut out = ndarray::Array3::zeros((9, 9, 3));
    perturber.apply(
        channels_last.view().permuted_axes([2, 0, 1]),
        p,
        out.view_mut().permuted_axes([2, 0, 1]),
    );
    assert_eq!(out.view().permuted_axes([2, 0, 1]), expected);

    let map = smooth(12, 0.3);
    let strided = smooth(12, 0.3).reversed_axes();
    let (a, b) = (
        unwarp_map(strided.view(), &by_angle(20.0)),
        unwarp_map(strided.as_standard_layout().view(), &by_angle(20.0)),
    );
    assert_eq!(a, b);
    assert_eq!(upsample(map.slice(s![..;2, ..]), (24, 24)).dim(), (24, 24));
}

#[test]
fn threads_share_a_perturber() {
    let perturber = Perturber::new(Resampling { rotation: Rotation::ThreePass, ..Resampling::default() }, 16);
    let image =
        Image::from_shape_fn((3, 16, 16), |(channel, y, x)| ((channel * 5 + y * 3 + x) % 8) as f32 / 7.0);
    let turned = |angle_deg: f64| {
        let mut out = Image::zeros(image.dim());
        perturber.apply(image.view(), by_angle(angle_deg), out.view_mut());
        out
    };
    let alone: Vec<Image> = (0..8).map(|index| turned(f64::from(index) * 20.0 - 70.0)).collect();
    std::thread::scope(|scope| {
        for (index, expected) in (0..8).zip(&alone) {
            let turned = &turned;
            scope.spawn(move || assert_eq!(&turned(f64::from(index) * 20.0 - 70.0), expected));
        }
    });
}

#[test]
#[should_panic(expected = "must be finite")]
fn a_perturbation_that_is_not_a_number_is_refused() {
    bilinear(&Image::zeros((3, 4, 4)), f64::NAN, 0.0, 0.0);
}

#[test]
#[should_panic(expected = "shape of the slot")]
fn a_picture_of_another_size_is_refused() {
    let perturber = Perturber::new(Resampling::default(), 8);
    perturber.apply(
        Image::zeros((3, 4, 4)).view(),
        Perturbation::IDENTITY,
        Image::zeros((3, 8, 8)).view_mut(),
    );
}
