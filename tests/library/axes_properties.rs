//! What must hold for every axis of a perturbation.

use askance::perturb::{Fill, Perturber, Resampling, Rotation, unwarp_map, warp_mask};
use askance::types::{Axis, Bounds, Glare, Image, Map, Mask, Perturbation};
use proptest::prelude::*;

const GEOMETRIC: [Axis; 6] =
    [Axis::Angle, Axis::Scale, Axis::TranslateX, Axis::TranslateY, Axis::TiltX, Axis::TiltY];
/// In the order in which they are applied; what comes between two lines is one step.
const ORDER: [&[Axis]; 9] = [
    &[Axis::Mirror],
    &GEOMETRIC,
    &[Axis::Hue, Axis::Saturation],
    &[
        Axis::Temperature,
        Axis::Tint,
        Axis::LightX,
        Axis::LightY,
        Axis::Shadow,
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
            let value = interval.low + draw * interval.width();
            (
                axis,
                if still {
                    0.0
                } else if axis.is_list() {
                    value.round()
                } else {
                    value
                },
            )
        }))
    })
}

fn resampling() -> impl Strategy<Value = Resampling> {
    (prop::sample::select(&Rotation::ALL[..]), prop::sample::select(&Fill::ALL[..]), glare())
        .prop_map(|(rotation, fill, glare)| Resampling { rotation, fill, glare })
}

/// A glare anywhere in the picture, and in half of the cases the usual one.
fn glare() -> impl Strategy<Value = Glare> {
    let size = prop_oneof![Just(1e-300), Just(Glare::MOST_SIZE), 0.01..=Glare::MOST_SIZE];
    let any = (0.0..=1.0_f64, 0.0..=1.0_f64, size).prop_map(|(x, y, size)| Glare { x, y, size });
    prop_oneof![Just(Glare::default()), any]
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
    fn a_glare_is_brightest_at_its_place_and_the_larger_the_further_it_reaches(
        x in 0.0..=1.0_f64, y in 0.0..=1.0_f64, size in 0.05..=1.0_f64, height in 8..40_usize, width in 8..40_usize,
    ) {
        let dark = Image::from_elem((3, height, width), 0.1);
        let under = |size, value| {
            let resampling = Resampling { glare: Glare { x, y, size }, ..Resampling::default() };
            apply(resampling, &dark, Perturbation::IDENTITY.with(Axis::Glare, value))
        };
        prop_assert_eq!(&under(size, 0.0), &dark);
        let lit = under(size, 0.5);
        prop_assert_eq!(&lit.index_axis(ndarray::Axis(0), 0), &lit.index_axis(ndarray::Axis(0), 2));
        let pixel = |share: f64, length: usize| ((share * length as f64) as usize).min(length - 1);
        let peak = lit[[0, pixel(y, height), pixel(x, width)]];
        prop_assert!(lit.iter().all(|&value| value <= peak + 1e-6), "{} {}", peak, lit);
        let larger = under(1.5 * size, 0.5);
        prop_assert!(larger.iter().zip(&lit).all(|(larger, lit)| larger >= lit));
    }

    #[test]
    fn a_map_comes_back_from_where_the_picture_went(
        angle in -180.0..180.0_f64, scale in -0.4..0.4_f64, x in -0.15..0.15_f64, y in -0.15..0.15_f64,
        tilt_x in -20.0..20.0_f64, tilt_y in -20.0..20.0_f64, mirror in 0..4_u8,
    ) {
        let p = Perturbation::of(GEOMETRIC.into_iter().zip([angle, scale, x, y, tilt_x, tilt_y]))
            .with(Axis::Mirror, f64::from(mirror));
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
        tilt_x in -20.0..20.0_f64, tilt_y in -20.0..20.0_f64, mirror in 0..4_u8,
    ) {
        let p = Perturbation::of(GEOMETRIC.into_iter().zip([angle, scale, x, y, tilt_x, tilt_y]))
            .with(Axis::Mirror, f64::from(mirror));
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
    for (mirror, y, x) in [(1.0, 20.0, 8.0), (2.0, 12.0, 24.0), (3.0, 12.0, 8.0)] {
        assert_eq!(under(Axis::Mirror, mirror), dot(y, x, 9.0));
    }
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

#[test]
#[should_panic(expected = "a glare must lie in the picture")]
fn a_glare_beyond_the_picture_is_refused() {
    let glare = Glare { x: 1.5, ..Glare::default() };
    Perturber::new(Resampling { glare, ..Resampling::default() }, 4);
}

/// Linear light of a value of sRGB.
fn light_of(value: f32) -> f64 {
    let value = f64::from(value);
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[test]
fn a_stop_doubles_the_light_and_stops_add_up() {
    let size = 40;
    let grey = Image::from_elem((3, size, size), 0.3);
    let under = |values: &[(Axis, f64)]| {
        apply(Resampling::default(), &grey, Perturbation::of(values.iter().copied()))
    };
    let before = light_of(0.3);
    let stops = |picture: &Image, y: usize, x: usize| (light_of(picture[[1, y, x]]) / before).log2();
    let near = |got: f64, expected: f64| assert!((got - expected).abs() < 2e-5, "{got} {expected}");
    near(stops(&under(&[(Axis::Exposure, 1.0)]), 3, 4), 1.0);
    near(stops(&under(&[(Axis::Exposure, -2.0)]), 3, 4), -2.0);
    // The right edge is half a pixel beyond the last centre.
    let edge = 1.0 - 1.0 / size as f64;
    let uneven = under(&[(Axis::LightX, 0.5), (Axis::LightY, -0.25)]);
    near(stops(&uneven, 0, size - 1), 0.75 * edge);
    near(stops(&uneven, size - 1, size - 1), 0.25 * edge);
    near(stops(&under(&[(Axis::Vignette, 1.0)]), 0, 0), -edge * edge);
    let all = under(&[(Axis::Exposure, -0.5), (Axis::LightX, 0.5), (Axis::Vignette, 1.0)]);
    near(stops(&all, 0, size - 1), -0.5 + 0.5 * edge - edge * edge);
    // Nothing is lost above white before the sensor.
    let back = under(&[(Axis::Glare, 4.0), (Axis::Exposure, -3.0)]);
    let middle = light_of(back[[0, size / 2, size / 2]]);
    assert!((0.5..0.53).contains(&middle), "{middle}");
}

#[test]
fn light_and_blur_grow_with_their_strength_and_blurs_keep_the_light() {
    let size = 48;
    let image = Image::from_shape_fn((3, size, size), |(_, y, x)| {
        if (16..32).contains(&y) && (20..24).contains(&x) { 0.9 } else { 0.2 }
    });
    let under = |axis, value| apply(Resampling::default(), &image, Perturbation::IDENTITY.with(axis, value));
    let total = |picture: &Image| picture.iter().map(|&value| light_of(value)).sum::<f64>();
    for axis in [Axis::Exposure, Axis::Glare] {
        let lights = [0.0, 0.2, 0.5, 1.0].map(|value| total(&under(axis, value)));
        assert!(lights.is_sorted_by(|a, b| a < b), "{axis}: {lights:?}");
    }
    let lights = [-0.5, 0.0, 0.5, 1.0].map(|value| total(&under(Axis::Vignette, value)));
    assert!(lights.is_sorted_by(|a, b| a > b), "{lights:?}");
    for axis in [Axis::Defocus, Axis::MotionX, Axis::MotionY] {
        let spreads = [0.0, 0.5, 2.0, 3.5, 6.0].map(|value| under(axis, value).std(0.0));
        assert!(spreads.is_sorted_by(|a, b| a > b), "{axis}: {spreads:?}");
        for value in [0.5, 3.5, 6.0] {
            let ratio = total(&under(axis, value)) / total(&image);
            assert!((ratio - 1.0).abs() < 1e-4, "{axis} {value}: {ratio}");
        }
    }
    let differences = [0.5, 2.0, 8.0, 20.0].map(|value| difference(&under(Axis::Noise, value), &image));
    assert!(differences.is_sorted_by(|a, b| a < b), "{differences:?}");
}

#[test]
fn noise_is_one_field_for_all_pictures_and_calls() {
    let size = 24;
    let noisy = Perturbation::IDENTITY.with(Axis::Noise, 6.0);
    let grey = Image::from_elem((3, size, size), 0.5);
    let perturber = Perturber::new(Resampling::default(), size);
    let mut outs = [Image::zeros(grey.dim()), Image::zeros(grey.dim())];
    std::thread::scope(|scope| {
        for out in &mut outs {
            scope.spawn(|| perturber.apply(grey.view(), noisy, out.view_mut()));
        }
    });
    assert_eq!(outs[0], outs[1]);
    assert_eq!(outs[0], apply(Resampling::default(), &grey, noisy));
    // On another picture the field has the same signs.
    let dark = Image::from_elem((3, size, size), 0.25);
    let noisy_dark = apply(Resampling::default(), &dark, noisy);
    let signs = |picture: &Image, level: f32| picture.mapv(|value| value > level);
    assert_eq!(signs(&outs[0], 0.5), signs(&noisy_dark, 0.25));
    assert!(outs[0].iter().zip(outs[0].iter().skip(1)).filter(|(a, b)| a == b).count() < 3);
}

#[test]
fn every_axis_gives_a_picture_at_the_ends_of_its_limits_and_next_to_nothing() {
    let image = Image::from_shape_fn((3, 16, 16), |(c, y, x)| ((7 * c + 5 * y + 3 * x) % 17) as f32 / 16.0);
    for axis in Axis::ALL {
        let limits = axis.limits();
        for value in [limits.low, limits.high, 1e-300] {
            let out = apply(Resampling::default(), &image, Perturbation::IDENTITY.with(axis, value));
            assert!(out.iter().all(|value| (0.0..=1.0).contains(value)), "{axis} {value}");
        }
    }
}

/// What a search assumes of a loss: that a small step makes a small change, everywhere.
#[test]
fn axes_of_light_and_lens_have_no_steps() {
    let image = Image::from_shape_fn((3, 20, 20), |(c, y, x)| ((7 * c + 5 * y + 3 * x) % 17) as f32 / 16.0);
    for axis in Axis::ALL.into_iter().skip(12) {
        let bounds = axis.default_bounds();
        let step = bounds.width() / 2000.0;
        for at in 0..50 {
            let value = bounds.low + bounds.width() * f64::from(at) / 50.0;
            let under =
                |value| apply(Resampling::default(), &image, Perturbation::IDENTITY.with(axis, value));
            let change = difference(&under(value), &under(value + step));
            assert!(change < 0.02, "{axis} {value}: {change}");
        }
    }
}
