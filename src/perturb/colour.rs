//! Hue and saturation shifts in the hexcone HSV model (the conventions of kornia's `rgb_to_hsv` and `hsv_to_rgb`).
//!
//! RGB -> HSV, H + dh on the circle, S + ds clipped to [0, 1], HSV -> RGB, without an HSV picture in between: the value
//! V is the largest channel and stays; the chroma V S becomes `clip(V S + V ds, 0, V)`; and each channel is V less the
//! chroma times a trapezoid of the hue. Grey pixels have hue 0, so that they turn red when saturation is added.
//! kornia divides by V + 1e-8 for the saturation; leaving that out changes a channel by at most 1e-8.

use std::f64::consts::TAU;

/// A hue and saturation shift other than none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shift {
    /// Hue shift in sextants of the hue circle, within [0, 6].
    hue: f32,
    saturation: f32,
}

impl Shift {
    /// A shift by a hue in radians and a saturation difference; `None` if nothing changes.
    pub fn new(hue_rad: f64, saturation: f64) -> Option<Self> {
        let hue = (hue_rad.rem_euclid(TAU) / TAU * 6.0) as f32;
        let hue = if hue >= 6.0 { 0.0 } else { hue };
        (hue != 0.0 || saturation != 0.0).then_some(Self { hue, saturation: saturation as f32 })
    }

    /// Shifts pixels in place; the three planes have equal lengths.
    pub fn apply(self, [red, green, blue]: [&mut [f32]; 3]) {
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            [*r, *g, *b] = self.pixel([*r, *g, *b]);
        }
    }

    // Written with selects instead of branches, and with `larger` and `smaller` instead of `f32::max` and `f32::min`
    // (which look after NaN), so that the loop above vectorises on baseline x86-64.
    #[inline(always)]
    fn pixel(self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        let value = larger(larger(r, g), b);
        let chroma = value - smaller(smaller(r, g), b);
        let scale = 1.0 / if chroma > 0.0 { chroma } else { 1.0 };

        let (difference, sextant) = if g >= b { (b - r, 2.0) } else { (r - g, 4.0) };
        let (difference, sextant) = if (r >= g) & (r >= b) { (g - b, 0.0) } else { (difference, sextant) };
        let hue = difference * scale + (sextant + self.hue);
        let hue = if hue < 0.0 { hue + 6.0 } else { hue };
        let hue = if hue >= 6.0 { hue - 6.0 } else { hue };

        let chroma = smaller(larger(chroma + value * self.saturation, 0.0), value);
        [
            value - chroma * unit(2.0 - (hue - 3.0).abs()),
            value - chroma * unit((hue - 2.0).abs() - 1.0),
            value - chroma * unit((hue - 4.0).abs() - 1.0),
        ]
    }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn unit(value: f32) -> f32 {
    smaller(larger(value, 0.0), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plain way through HSV, in double precision.
    fn through_hsv(rgb: [f32; 3], hue_rad: f64, saturation: f64) -> [f64; 3] {
        let [r, g, b] = rgb.map(f64::from);
        let value = r.max(g).max(b);
        let chroma = value - r.min(g).min(b);
        let hue = if chroma == 0.0 {
            0.0
        } else if r >= g && r >= b {
            ((g - b) / chroma).rem_euclid(6.0)
        } else if g >= b {
            (b - r) / chroma + 2.0
        } else {
            (r - g) / chroma + 4.0
        };
        let hue = (hue / 6.0 * TAU + hue_rad).rem_euclid(TAU) / TAU * 6.0;
        let saturation = (if value > 0.0 { chroma / value } else { 0.0 } + saturation).clamp(0.0, 1.0);
        let sector = hue.floor();
        let rest = hue - sector;
        let (p, q, t) = (
            value * (1.0 - saturation),
            value * (1.0 - rest * saturation),
            value * (1.0 - (1.0 - rest) * saturation),
        );
        match sector as u8 % 6 {
            0 => [value, t, p],
            1 => [q, value, p],
            2 => [p, value, t],
            3 => [p, q, value],
            4 => [t, p, value],
            _ => [value, p, q],
        }
    }

    #[test]
    fn equals_the_way_through_hsv() {
        // A lattice holds every tie between channels, grey, black, and full saturation.
        let levels: Vec<f32> = (0_u8..=16).map(|level| f32::from(level) / 16.0).collect();
        let mut worst = 0.0_f64;
        for hue in [0.0, 1.0, -2.5, std::f64::consts::PI, 0.01, TAU - 1e-9, TAU / 6.0] {
            for saturation in [-1.0, -0.5, -0.03, 0.0, 0.2, 0.5] {
                let Some(shift) = Shift::new(hue, saturation) else { continue };
                for &r in &levels {
                    for &g in &levels {
                        for &b in &levels {
                            let expected = through_hsv([r, g, b], hue, saturation);
                            for (got, expected) in shift.pixel([r, g, b]).into_iter().zip(expected) {
                                assert!((0.0..=1.0).contains(&got));
                                worst = worst.max((f64::from(got) - expected).abs());
                            }
                        }
                    }
                }
            }
        }
        assert!(worst < 1e-6, "{worst}");
    }

    #[test]
    fn literal_colours() {
        let third = Shift::new(TAU / 3.0, 0.0).unwrap();
        assert_eq!(third.pixel([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]);
        let half = Shift::new(TAU / 2.0, 0.0).unwrap();
        assert_eq!(half.pixel([1.0, 0.5, 0.0]), [0.0, 0.5, 1.0]);
        let grey_to_red = Shift::new(0.0, 0.5).unwrap();
        assert_eq!(grey_to_red.pixel([0.5, 0.5, 0.5]), [0.5, 0.25, 0.25]);
        let bleached = Shift::new(0.0, -1.0).unwrap();
        assert_eq!(bleached.pixel([0.25, 0.5, 0.75]), [0.75, 0.75, 0.75]);
    }

    #[test]
    fn no_shift_is_none() {
        assert_eq!(Shift::new(0.0, 0.0), None);
        assert_eq!(Shift::new(TAU, 0.0), None);
        assert_eq!(Shift::new(-1e-30, 0.0), None);
        assert!(Shift::new(1e-3, 0.0).is_some() && Shift::new(0.0, -1e-3).is_some());
    }
}
