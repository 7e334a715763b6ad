//! The soft border of a shade.
//!
//! Something with a straight edge stands between a lamp and the lower right of the picture. Where a round lamp is hidden in part, the light
//! falls off by the share of its disc beyond the edge, `1/2 + (t sqrt(1 - t^2) + asin t) / pi` at a distance t from the middle of the
//! border, of which half a width is 1. The border is as wide as the lamp times the ratio of the distances from edge to part and from lamp to
//! edge. In the shade, light that comes from elsewhere is left. Places are those of the centres of pixels, in widths of the picture, so that
//! a picture of any resolution gets the same shade.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Width of the border, in widths of the picture.
const BORDER: f64 = 0.1;

/// A factor for each pixel of a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shade {
    factors: Vec<f32>,
}

impl Shade {
    /// A shade of so many stops of a picture of `size` (height, width), whose border runs through the centre from the lower left to the
    /// upper right; `None` if there is none.
    ///
    /// # Panics
    /// If it is negative.
    pub fn new(stops: f64, (height, width): (usize, usize)) -> Option<Self> {
        assert!(stops >= 0.0, "a shade must not be negative, but it is {stops}");
        if stops == 0.0 {
            return None;
        }
        let lost = 1.0 - (-stops).exp2();
        let place = |index: usize, length: usize| (index as f64 + 0.5 - length as f64 / 2.0) / width as f64;
        let across: Vec<f64> = (0..width).map(|column| place(column, width)).collect();
        let factor = |down: f64, across: f64| {
            (1.0 - lost * hidden((across + down) * FRAC_1_SQRT_2 / (BORDER / 2.0))) as f32
        };
        let factors = (0..height).map(|row| place(row, height));
        let factors = factors.flat_map(|down| across.iter().map(move |&across| factor(down, across)));
        Some(Self { factors: factors.collect() })
    }

    /// Multiplies each channel of a pixel by its factor.
    pub fn apply(&self, planes: &mut [f32]) {
        for plane in planes.chunks_exact_mut(self.factors.len()) {
            plane.iter_mut().zip(&self.factors).for_each(|(light, factor)| *light *= factor);
        }
    }
}

/// The share of a disc of radius 1 on the near side of a line at `t` from its centre.
fn hidden(t: f64) -> f64 {
    if t <= -1.0 {
        0.0
    } else if t >= 1.0 {
        1.0
    } else {
        0.5 + (t * (1.0 - t * t).sqrt() + t.asin()) / PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_whole_before_the_border_and_lost_by_the_stop_behind_it() {
        let (height, width) = (60, 100);
        let shade = Shade::new(1.0, (height, width)).unwrap();
        let mut planes = vec![0.5; 3 * height * width];
        shade.apply(&mut planes);
        let at = |row: usize, column: usize| planes[2 * height * width + row * width + column];
        assert_eq!((at(0, 0), at(height - 1, width - 1)), (0.5, 0.25));
        // Along a row a border of a tenth of the width at 45 degrees takes 14.1 % of it: in the row below the centre the pixels 42 to 56.
        let row: Vec<f32> = (0..width).map(|column| at(height / 2, column)).collect();
        assert!(row.is_sorted_by(|a, b| a >= b), "{row:?}");
        let soft = row.iter().filter(|&&light| light > 0.25 && light < 0.5).count();
        assert_eq!(soft, 15);
        assert!(Shade::new(0.0, (3, 4)).is_none());
    }

    #[test]
    fn half_a_lamp_is_hidden_in_the_middle_of_the_border() {
        assert_eq!([-1.0, 0.0, 1.0].map(hidden), [0.0, 0.5, 1.0]);
        // A third of the circle's angle: a segment of pi/3 - sqrt(3)/4.
        assert!((hidden(-0.5) - (1.0 / 3.0 - 3_f64.sqrt() / 4.0 / PI)).abs() < 1e-15);
    }

    #[test]
    fn a_shade_is_the_same_at_every_resolution() {
        let (small, large) = (Shade::new(2.0, (30, 50)).unwrap(), Shade::new(2.0, (90, 150)).unwrap());
        for (row, column) in (0..30).flat_map(|row| (0..50).map(move |column| (row, column))) {
            let (here, there) =
                (small.factors[row * 50 + column], large.factors[(3 * row + 1) * 150 + 3 * column + 1]);
            assert!((here - there).abs() < 1e-6, "{row} {column}: {here} {there}");
        }
    }
}
