//! The geometry of a tilted, turned, zoomed and shifted picture: where its pixels come from. The one place that
//! states the signs.
//!
//! Askance's angle is the paper's: in degrees, positive turns the picture **clockwise** as seen on the screen (x to the
//! right, y down). kornia's `rotate` and torch_rotation count the other way round. A picture is tilted, turned and zoomed about its
//! centre, then shifted: a pixel at `x` goes to `centre + shift + 2^scale R T(x - centre)`, where T is the tilt of `projection.rs`.
//!
//! Source positions are fixed-point numbers with 32 fractional bits. A walk along a row is then two integer additions
//! per pixel, the same on every machine, and after a thousand steps still right to 1e-6 of a pixel. Where the picture is tilted, each
//! position is computed by itself.

use std::ops::Range;

use super::projection::{self, Matrix};
use crate::types::{Axis, Perturbation};

/// Number of fractional bits of a position.
pub(super) const FRACTION_BITS: u32 = 32;
/// A distance of one pixel.
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

/// A tilt, rotation, zoom and shift of which at least one moves the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometry {
    angle_deg: f64,
    /// Factor of the zoom, not its logarithm.
    zoom: f64,
    /// Shift in widths and heights of the picture.
    shift: (f64, f64),
    /// Tilt about x and y, in degrees.
    tilt_deg: (f64, f64),
}

impl Geometry {
    /// The geometric part of a perturbation; `None` if it moves nothing.
    pub fn of(p: &Perturbation) -> Option<Self> {
        let (angle_deg, scale) = (p.get(Axis::Angle), p.get(Axis::Scale));
        let shift = (p.get(Axis::TranslateX), p.get(Axis::TranslateY));
        let tilt_deg = (p.get(Axis::TiltX), p.get(Axis::TiltY));
        let still = (0.0, 0.0);
        let moves = !is_whole(angle_deg) || scale != 0.0 || shift != still || tilt_deg != still;
        moves.then(|| Self { angle_deg, zoom: scale.exp2(), shift, tilt_deg })
    }

    /// What is left to do once the picture has been turned; `None` if that is nothing. A tilt comes before the turn: after it, its
    /// direction has turned with the picture.
    pub fn after_turn(&self) -> Option<Self> {
        let (sin, cos) = sin_cos_deg(self.angle_deg);
        let (x, y) = self.tilt_deg;
        let tilt_deg = (sin * y + cos * x, cos * y - sin * x);
        let moves = self.zoom != 1.0 || self.shift != (0.0, 0.0) || tilt_deg != (0.0, 0.0);
        moves.then_some(Self { angle_deg: 0.0, tilt_deg, ..*self })
    }

    /// The resampling of the picture itself.
    pub fn forward(&self, size: (usize, usize)) -> Warp {
        if self.is_tilted() {
            return Warp::Tilted(projection::inverse(&self.matrix(size)));
        }
        let (centre, moved) = self.centres(size);
        let (sin, cos) = sin_cos_deg(self.angle_deg);
        Warp::Flat(Flat { sin: sin / self.zoom, cos: cos / self.zoom, from: centre, to: moved })
    }

    /// The inverse resampling: of the map of a moved picture into the frame of the untouched one.
    pub fn back(&self, size: (usize, usize)) -> Warp {
        if self.is_tilted() { Warp::Tilted(self.matrix(size)) } else { Warp::Flat(self.flat_back(size)) }
    }

    fn flat_back(&self, size: (usize, usize)) -> Flat {
        let (centre, moved) = self.centres(size);
        let (sin, cos) = sin_cos_deg(-self.angle_deg);
        Flat { sin: sin * self.zoom, cos: cos * self.zoom, from: moved, to: centre }
    }

    /// The inverse resampling where the picture was turned first, and tilted, zoomed and shifted then. The turn back takes the index
    /// `pivot.0` in x and y to `pivot.1`.
    pub fn back_about(&self, pivot: (usize, usize), size: (usize, usize)) -> Warp {
        let (centre, moved) = self.centres(size);
        let (from, to) = (pivot.0 as f64, pivot.1 as f64);
        if let Some(rest) = self.after_turn().filter(Self::is_tilted) {
            let about = projection::then(
                &projection::shift((-to, -to)),
                &projection::turn(sin_cos_deg(self.angle_deg), 1.0),
            );
            let about = projection::then(&about, &projection::shift((from, from)));
            return Warp::Tilted(projection::then(&about, &rest.matrix(size)));
        }
        let from = (moved.0 + self.zoom * (from - centre.0), moved.1 + self.zoom * (from - centre.1));
        Warp::Flat(Flat { from, to: (to, to), ..self.flat_back(size) })
    }

    fn is_tilted(&self) -> bool {
        self.tilt_deg != (0.0, 0.0)
    }

    /// Where the pixels of the untouched picture go.
    fn matrix(&self, size: (usize, usize)) -> Matrix {
        let (centre, moved) = self.centres(size);
        let tilted = projection::then(
            &projection::shift((-centre.0, -centre.1)),
            &projection::tilt(self.tilt_deg, size.0.max(size.1)),
        );
        let turned = projection::then(&tilted, &projection::turn(sin_cos_deg(self.angle_deg), self.zoom));
        projection::then(&turned, &projection::shift(moved))
    }

    /// The centre of a picture, ((W-1)/2, (H-1)/2), and where it goes.
    fn centres(&self, (height, width): (usize, usize)) -> ((f64, f64), (f64, f64)) {
        let (x, y) = ((width as f64 - 1.0) / 2.0, (height as f64 - 1.0) / 2.0);
        ((x, y), (x + self.shift.0 * width as f64, y + self.shift.1 * height as f64))
    }
}

/// A resampling: tells for each pixel of the result where in the source it comes from.
pub(super) enum Warp {
    /// Of a picture that stays in its plane.
    Flat(Flat),
    /// Of a tilted picture: takes places of the result to those of the source.
    Tilted(Matrix),
}

/// A resampling by a turn, a zoom and a shift.
pub(super) struct Flat {
    sin: f64,
    cos: f64,
    /// A point of the source.
    from: (f64, f64),
    /// The place of the point `from` in the resampled picture.
    to: (f64, f64),
}

/// Source positions of one row of the resampled picture: where column 0 comes from, and the step from column to column.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub x: i64,
    pub y: i64,
    pub dx: i64,
    pub dy: i64,
}

/// The source position of a pixel of a tilted picture.
pub(super) fn tilted(matrix: &Matrix, row: usize, column: usize) -> (i64, i64) {
    let (x, y) = projection::taken(matrix, (column as f64, row as f64));
    (fixed(x), fixed(y))
}

impl Flat {
    /// The source positions of one row of the resampled picture.
    pub fn row(&self, row: usize) -> Walk {
        // With y down, a clockwise turn takes (x, y) to (cos x - sin y, sin x + cos y); this is its inverse.
        let (x, y) = (-self.to.0, row as f64 - self.to.1);
        Walk {
            x: fixed(self.from.0 + self.cos * x + self.sin * y),
            y: fixed(self.from.1 - self.sin * x + self.cos * y),
            dx: fixed(self.cos),
            dy: fixed(-self.sin),
        }
    }
}

impl Walk {
    /// This walk from another column on.
    pub fn at(self, column: usize) -> Self {
        let column = column as i64;
        Self { x: self.x + column * self.dx, y: self.y + column * self.dy, ..self }
    }

    /// This walk moved by half a pixel down and right, so that whole parts are those of the nearest pixel.
    pub fn rounded(self) -> Self {
        Self { x: self.x + ONE / 2, y: self.y + ONE / 2, ..self }
    }

    /// The columns, of `count`, whose source position lies in 0 <= x < `x_end` and 0 <= y < `y_end`. They are
    /// one range, since the walk is straight.
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
    fn there_and_back_is_where_it_began() {
        let p = Perturbation::of([
            (Axis::Angle, 33.0),
            (Axis::Scale, -0.7),
            (Axis::TranslateX, 0.25),
            (Axis::TranslateY, -0.1),
        ]);
        let geometry = Geometry::of(&p).unwrap();
        let size = (40, 60);
        for row in [0, 17, 39] {
            // The moved place of a pixel of the untouched picture, and the source of that place.
            let there = geometry.flat_back(size).row(row).at(7);
            let (x, y) = (there.x as f64 / ONE as f64, there.y as f64 / ONE as f64);
            let Warp::Flat(Flat { sin, cos, from, to }) = geometry.forward(size) else { panic!("no tilt") };
            let (dx, dy) = (x - to.0, y - to.1);
            assert!((from.0 + cos * dx + sin * dy - 7.0).abs() < 1e-7);
            assert!((from.1 - sin * dx + cos * dy - row as f64).abs() < 1e-7);
        }
    }

    #[test]
    fn a_tilt_comes_before_the_turn_and_goes_with_it() {
        let tilts = [(Axis::TiltX, 12.0), (Axis::TiltY, -30.0)];
        let rest = [(Axis::Scale, 0.3), (Axis::TranslateX, 0.1)];
        let all = Geometry::of(&Perturbation::of(tilts.into_iter().chain(rest).chain([(Axis::Angle, 50.0)])));
        let (all, size) = (all.unwrap(), (48, 64));
        let turn = Geometry { zoom: 1.0, shift: (0.0, 0.0), tilt_deg: (0.0, 0.0), ..all };
        let one_by_one = projection::then(
            &projection::then(
                &projection::then(
                    &projection::shift((-31.5, -23.5)),
                    &projection::turn(sin_cos_deg(50.0), 1.0),
                ),
                &projection::shift((31.5, 23.5)),
            ),
            &all.after_turn().unwrap().matrix(size),
        );
        for place in [(0.0, 0.0), (63.0, 47.0), (10.0, 40.0)] {
            let (x, y) = projection::taken(&all.matrix(size), place);
            let (u, v) = projection::taken(&one_by_one, place);
            assert!((x - u).abs() < 1e-9 && (y - v).abs() < 1e-9);
        }
        assert!(turn.after_turn().is_none());
    }

    #[test]
    fn what_moves_nothing_is_none() {
        let still = Perturbation::of([(Axis::Angle, -720.0), (Axis::Hue, 1.0), (Axis::Jpeg, 30.0)]);
        assert_eq!(Geometry::of(&still), None);
        for axis in [Axis::Angle, Axis::Scale, Axis::TranslateX, Axis::TranslateY, Axis::TiltX, Axis::TiltY] {
            assert!(Geometry::of(&Perturbation::of([(axis, 1e-6)])).is_some(), "{axis}");
        }
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
