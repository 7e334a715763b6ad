//! The geometry of a rotation, and the one place that states its sign.
//!
//! Askance's angle is the paper's: in degrees, positive turns the picture **clockwise** as seen on the screen (x to the
//! right, y down). kornia and torch_rotation count the other way round.
//!
//! Source positions are fixed-point numbers with 32 fractional bits. A walk along a row is then two integer additions
//! per pixel, the same on every machine, and after a thousand steps still right to 1e-6 of a pixel.

use std::ops::Range;

/// Number of fractional bits of a position.
pub(super) const FRACTION_BITS: u32 = 32;
/// One pixel.
pub(super) const ONE: i64 = 1 << FRACTION_BITS;

fn fixed(value: f64) -> i64 {
    (value * ONE as f64).round() as i64
}

/// Whether the angle is a whole number of full turns, which changes nothing.
pub(super) fn is_whole(angle_deg: f64) -> bool {
    angle_deg % 360.0 == 0.0
}

/// Sine and cosine of an angle in degrees, exact at multiples of 90.
fn sin_cos_deg(angle_deg: f64) -> (f64, f64) {
    let quarters = (angle_deg / 90.0).round();
    let (sin, cos) = (angle_deg - 90.0 * quarters).to_radians().sin_cos();
    match quarters.rem_euclid(4.0) as u8 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// A clockwise angle in degrees as the counter-clockwise one in (-180, 180] of torch_rotation.
pub(super) fn counter_clockwise_deg(angle_deg: f64) -> f64 {
    let turned = (-angle_deg).rem_euclid(360.0);
    if turned > 180.0 { turned - 360.0 } else { turned }
}

/// Tells for each pixel of a turned picture where in the untouched picture it comes from.
pub(super) struct Turn {
    sin: f64,
    cos: f64,
    centre: (f64, f64),
}

/// Source positions of one row of the turned picture: where column 0 comes from, and the step from column to column.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub x: i64,
    pub y: i64,
    pub dx: i64,
    pub dy: i64,
}

impl Turn {
    /// Turns a picture of (height, width) clockwise about ((W-1)/2, (H-1)/2).
    pub fn clockwise(angle_deg: f64, (height, width): (usize, usize)) -> Self {
        let (sin, cos) = sin_cos_deg(angle_deg);
        Self { sin, cos, centre: ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0) }
    }

    /// The source positions of one row of the turned picture.
    pub fn row(&self, row: usize) -> Walk {
        // With y down, a clockwise turn takes (x, y) to (cos x - sin y, sin x + cos y); this is its inverse.
        let (cx, cy) = self.centre;
        let (x, y) = (-cx, row as f64 - cy);
        Walk {
            x: fixed(cx + self.cos * x + self.sin * y),
            y: fixed(cy - self.sin * x + self.cos * y),
            dx: fixed(self.cos),
            dy: fixed(-self.sin),
        }
    }
}

impl Walk {
    /// The walk taken up at another column.
    pub fn at(self, column: usize) -> Self {
        let column = column as i64;
        Self { x: self.x + column * self.dx, y: self.y + column * self.dy, ..self }
    }

    /// The same walk moved by half a pixel down and right, so that whole parts are those of the nearest pixel.
    pub fn rounded(self) -> Self {
        Self { x: self.x + ONE / 2, y: self.y + ONE / 2, ..self }
    }

    /// The columns, of `count`, whose source position lies in 0 <= x < `x_end` and 0 <= y < `y_end`. A straight walk
    /// through a box: one range.
    pub fn inside(self, x_end: i64, y_end: i64, count: usize) -> Range<usize> {
        let by_x = columns_below(self.x, self.dx, x_end, count as i64);
        let by_y = columns_below(self.y, self.dy, y_end, count as i64);
        let (start, end) = (by_x.0.max(by_y.0), by_x.1.min(by_y.1));
        if start < end { start as usize..end as usize } else { 0..0 }
    }
}

/// First and one-past-last column in 0..count with 0 <= start + column * step < end.
fn columns_below(start: i64, step: i64, end: i64, count: i64) -> (i64, i64) {
    let (first, past) = match step {
        0 if (0..end).contains(&start) => (0, count),
        0 => (0, 0),
        1.. => (ceil_div(-start, step), ceil_div(end - start, step)),
        _ => ((start - end).div_euclid(-step) + 1, start.div_euclid(-step) + 1),
    };
    (first.clamp(0, count), past.clamp(0, count))
}

fn ceil_div(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarter_turns_are_exact() {
        for (angle, expected) in [
            (0.0, (0.0, 1.0)),
            (90.0, (1.0, 0.0)),
            (-90.0, (-1.0, 0.0)),
            (180.0, (0.0, -1.0)),
            (270.0, (-1.0, 0.0)),
        ] {
            assert_eq!(sin_cos_deg(angle), expected, "{angle}");
        }
        for angle in [-400.0, -137.0, -46.0, 30.0, 44.9, 45.1, 100.0, 250.0, 359.0_f64] {
            let (sin, cos) = angle.to_radians().sin_cos();
            let (s, c) = sin_cos_deg(angle);
            assert!((sin - s).abs() < 1e-14 && (cos - c).abs() < 1e-14, "{angle}");
        }
    }

    #[test]
    fn the_counter_clockwise_angle_is_reduced() {
        assert_eq!(counter_clockwise_deg(90.0), -90.0);
        assert_eq!(counter_clockwise_deg(-90.0), 90.0);
        assert_eq!(counter_clockwise_deg(200.0), 160.0);
        assert_eq!(counter_clockwise_deg(-180.0), 180.0);
        assert_eq!(counter_clockwise_deg(370.0), -10.0);
    }

    #[test]
    fn the_inside_range_is_what_counting_gives() {
        let values = [-7, -3, -1, 0, 1, 2, 5, 13];
        for start in values {
            for step in values {
                for end in [1, 4, 9] {
                    let (first, past) = columns_below(start, step, end, 10);
                    for column in 0..10 {
                        let inside = (0..end).contains(&(start + column * step));
                        assert_eq!((first..past).contains(&column), inside, "{start} {step} {end} {column}");
                    }
                }
            }
        }
    }
}
