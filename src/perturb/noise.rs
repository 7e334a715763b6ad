//! Noise of a sensor: of the number of photons, and of reading them out.
//!
//! On linear light, `L + n sqrt(L / F + (R / F)^2)`: the signal-dependent part of a sensor with F electrons at white, whose number
//! has the variance of a Poisson distribution, and a read noise of R electrons (the model of EMVA 1288 without dark current and
//! quantisation). The strength is the standard deviation that comes of it at mid grey, in levels of 255, and F follows from it; R stays, as
//! with a sensor whose exposure is cut and whose gain is raised.
//!
//! n is one field of standard normal numbers for all pictures, the hash of a place and a channel (the finaliser of SplitMix64:
//! Steele, Lea and Flood 2014) taken to a normal by Box and Muller (1958). So the picture is a continuous function of the strength, the same
//! whatever the batch, the order or the number of threads. Numbers drawn anew each time would make a search follow its luck.

use std::f64::consts::TAU;

use super::srgb::decoded;

/// Read noise in electrons, of a global-shutter sensor for industrial cameras.
const READ_NOISE: f64 = 2.5;
/// The value at which the strength is told.
const MID_GREY: f32 = 0.5;
/// Seed of the field, without meaning.
const SEED: u64 = 0x5eed_0f11_9a7e_d007;

/// A noise above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Noise {
    /// Variance for each unit of light, 1 / F.
    of_light: f32,
    /// Variance without light, (R / F)^2.
    of_reading: f32,
}

impl Noise {
    /// The noise of so many levels of 255 at mid grey; `None` if nothing changes.
    ///
    /// # Panics
    /// If the levels are negative.
    pub fn new(levels: f64) -> Option<Self> {
        assert!(levels >= 0.0, "a noise must not be negative, but it is {levels}");
        if levels == 0.0 {
            return None;
        }
        let light = f64::from(decoded(MID_GREY));
        // The slope of the curve of sRGB, by which a small difference of light becomes one of values.
        let slope = 1.055 / 2.4 * light.powf(1.0 / 2.4 - 1.0);
        let variance = (levels / 255.0 / slope).powi(2);
        // The positive root of (R q)^2 + light q = variance, q being 1 / F, in the form that loses no digits near 0.
        let of_light =
            2.0 * variance / (light + (light * light + 4.0 * READ_NOISE.powi(2) * variance).sqrt());
        Some(Self { of_light: of_light as f32, of_reading: (READ_NOISE * of_light).powi(2) as f32 })
    }

    /// Adds the noise to linear light; `field` has a normal number for each value.
    pub fn apply(self, planes: &mut [f32], field: &[f32]) {
        for (light, normal) in planes.iter_mut().zip(field) {
            *light += normal * (self.of_light * *light + self.of_reading).sqrt();
        }
    }
}

/// The field for three planes of `size` (height, width). The number at a place is the same in pictures of any size.
pub(super) fn field((height, width): (usize, usize)) -> Vec<f32> {
    let places = (0..3_u64).flat_map(|channel| (0..height as u64).map(move |y| (channel, y)));
    places
        .flat_map(|(channel, y)| (0..width as u64).map(move |x| normal(channel << 48 | y << 24 | x)))
        .collect()
}

/// The standard normal number of a counter.
fn normal(counter: u64) -> f32 {
    let mut bits = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(SEED);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let high = ((bits >> 32) + 1) as f64 / 2.0_f64.powi(32);
    let low = (bits & 0xffff_ffff) as f64 / 2.0_f64.powi(32);
    ((-2.0 * high.ln()).sqrt() * (TAU * low).cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::srgb::encoded;
    use crate::stats;

    #[test]
    fn the_field_is_normal_and_no_neighbours_or_channels_are_alike() {
        let (height, width) = (200, 300);
        let numbers: Vec<f64> = field((height, width)).into_iter().map(f64::from).collect();
        let mean = |values: Vec<f64>| stats::mean(&values).unwrap();
        let moment = |power: i32| mean(numbers.iter().map(|number| number.powi(power)).collect());
        let bound = 5.0 / (numbers.len() as f64).sqrt();
        assert!(moment(1).abs() < bound && (moment(2) - 1.0).abs() < 1.5 * bound);
        assert!(moment(3).abs() < 4.0 * bound && (moment(4) - 3.0).abs() < 10.0 * bound);
        for lag in [1, width, width + 1, height * width] {
            let products = numbers.iter().zip(&numbers[lag..]).map(|(a, b)| a * b).collect();
            assert!(mean(products).abs() < 1.5 * bound, "{lag}");
        }
    }

    #[test]
    fn a_place_has_its_number_in_pictures_of_any_size() {
        let (small, large) = (field((4, 5)), field((9, 7)));
        assert_eq!(small[4 * 5 + 2 * 5 + 3], large[9 * 7 + 2 * 7 + 3]);
        assert_ne!(small[0], small[4 * 5], "channels differ");
    }

    #[test]
    fn the_strength_is_the_deviation_at_mid_grey() {
        let size = (150, 200);
        let field = field(size);
        for (levels, tolerance) in [(0.5, 0.01), (3.0, 0.05), (10.0, 0.4)] {
            let noise = Noise::new(levels).unwrap();
            let mut planes = vec![decoded(MID_GREY); field.len()];
            noise.apply(&mut planes, &field);
            let values: Vec<f64> =
                planes.iter().map(|&light| 255.0 * f64::from(encoded(light.clamp(0.0, 1.0)))).collect();
            let mean = stats::mean(&values).unwrap();
            let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
            let deviation = stats::mean(&squares).unwrap().sqrt();
            assert!((deviation - levels).abs() < tolerance, "{levels}: {deviation}");
        }
        assert_eq!(Noise::new(0.0), None);
    }
}
