//! The colour temperature of the light.
//!
//! The chromaticity of a black body follows the cubic splines of Kim, Kang, Choi, Shin, Cho, Lee and Choi (US 7024034 B2,
//! 2006; 1667 to 25000 K), taken to linear sRGB (IEC 61966-2-1). The ratio to 6500 K, green being 1 as in the white balance
//! of a camera, is the gain of each channel, applied to light: sRGB values are decoded, multiplied, clipped and encoded
//! again. The tables of kornia's `RandomPlanckianJitter` are multiplied onto encoded values, have no neutral row, and come
//! in steps of 500 K; equal steps of temperature are very unequal steps of colour, equal steps of mired (a million over the
//! temperature) nearly equal ones.

use super::srgb::{decoded, encoded};

/// Temperature of neutral light, in kelvin.
const NEUTRAL: f64 = 6500.0;

/// A change of colour temperature other than none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Light {
    red: f32,
    blue: f32,
}

impl Light {
    /// The change by so many mired from 6500 K; `None` if nothing changes.
    pub fn new(mired: f64) -> Option<Self> {
        (mired != 0.0).then(|| {
            let [red, blue] = gains(mired);
            Self { red: red as f32, blue: blue as f32 }
        })
    }

    /// The gains of red, green and blue on linear light.
    pub fn gains(self) -> [f32; 3] {
        [self.red, 1.0, self.blue]
    }

    /// Multiplies the light of pixels in place.
    pub fn apply(self, [red, _, blue]: [&mut [f32]; 3]) {
        for (plane, gain) in [(red, self.red), (blue, self.blue)] {
            for value in plane {
                *value = encoded((decoded(*value) * gain).min(1.0));
            }
        }
    }
}

/// Gains of red and blue in linear light, that of green being 1.
fn gains(mired: f64) -> [f64; 2] {
    let neutral = 1e6 / NEUTRAL;
    let (there, here) = (black_body(1e6 / (neutral + mired)), black_body(NEUTRAL));
    [0, 2].map(|channel| there[channel] / there[1] / (here[channel] / here[1]))
}

/// Linear sRGB of a black body of luminance 1; below 0 where its colour is out of gamut.
fn black_body(kelvin: f64) -> [f64; 3] {
    let t = 1e3 / kelvin;
    let x = if kelvin <= 4000.0 {
        ((-0.266_123_9 * t - 0.234_358_9) * t + 0.877_695_6) * t + 0.179_910
    } else {
        ((-3.025_846_9 * t + 2.107_037_9) * t + 0.222_634_7) * t + 0.240_390
    };
    let y = if kelvin <= 2222.0 {
        ((-1.106_381_4 * x - 1.348_110_20) * x + 2.185_558_32) * x - 0.202_196_83
    } else if kelvin <= 4000.0 {
        ((-0.954_947_6 * x - 1.374_185_93) * x + 2.091_370_15) * x - 0.167_488_67
    } else {
        ((3.081_758_0 * x - 5.873_386_70) * x + 3.751_129_97) * x - 0.370_014_83
    };
    let xyz = [x / y, 1.0, (1.0 - x - y) / y];
    const FROM_XYZ: [[f64; 3]; 3] =
        [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]];
    FROM_XYZ.map(|row| row.iter().zip(xyz).map(|(factor, value)| factor * value).sum::<f64>().max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_light_is_red_and_cold_light_is_blue() {
        let [red, blue] = gains(50.0);
        assert!(red > 1.1 && blue < 0.8, "{red} {blue}");
        let [red, blue] = gains(-50.0);
        assert!(red < 0.95 && blue > 1.1, "{red} {blue}");
        let [red, blue] = gains(1e-6);
        assert!((red - 1.0).abs() < 1e-7 && (blue - 1.0).abs() < 1e-7);
    }

    #[test]
    fn the_locus_passes_where_it_is_known_to() {
        // Standard illuminant A is a black body of 2856 K with x = 0.4476, y = 0.4074.
        let [r, g, b] = black_body(2856.0);
        let (x, y) = (0.4476, 0.4074);
        let xyz = [x / y, 1.0, (1.0 - x - y) / y];
        let expected = [
            3.2406 * xyz[0] - 1.5372 - 0.4986 * xyz[2],
            -0.9689 * xyz[0] + 1.8758 + 0.0415 * xyz[2],
            0.0557 * xyz[0] - 0.2040 + 1.0570 * xyz[2],
        ];
        for (got, expected) in [r, g, b].into_iter().zip(expected) {
            assert!((got - expected).abs() < 1e-2, "{got} {expected}");
        }
    }

    #[test]
    fn the_pieces_of_the_locus_meet() {
        for joint in [2222.0, 4000.0] {
            let (below, above) = (black_body(joint), black_body(joint + 1e-6));
            for (a, b) in below.into_iter().zip(above) {
                assert!((a - b).abs() < 2e-3, "{joint}: {a} {b}");
            }
        }
    }
}
