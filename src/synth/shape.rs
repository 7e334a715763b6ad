//! Plane geometry: points, signed distances (negative inside) and profiles.

use std::ops::{Add, Mul, Sub};

/// Width of an anti-aliased edge, in widths of the picture.
pub(super) const EDGE: f32 = 0.0032;

/// A point; the picture spans [-0.5, 0.5] along its shorter side, as many times as much along the other one, y downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct V2 {
    pub x: f32,
    pub y: f32,
}

pub(super) const fn v2(x: f32, y: f32) -> V2 {
    V2 { x, y }
}

/// The unit vector of an angle.
pub(super) fn heading(angle: f32) -> V2 {
    v2(angle.cos(), angle.sin())
}

impl Add for V2 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        v2(self.x + o.x, self.y + o.y)
    }
}

impl Sub for V2 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        v2(self.x - o.x, self.y - o.y)
    }
}

impl Mul<f32> for V2 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        v2(self.x * k, self.y * k)
    }
}

impl V2 {
    pub fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y
    }

    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The vector turned by the angle whose unit vector is `by`.
    pub fn turned(self, by: Self) -> Self {
        v2(self.x * by.x - self.y * by.y, self.x * by.y + self.y * by.x)
    }

    /// The vector turned back by the angle whose unit vector is `by`.
    pub fn unturned(self, by: Self) -> Self {
        v2(self.x * by.x + self.y * by.y, self.y * by.x - self.x * by.y)
    }

    pub fn angle(self) -> f32 {
        self.y.atan2(self.x)
    }
}

pub(super) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Smooth step from 0 at `a` to 1 at `b` (`a` may be above `b`).
pub(super) fn smooth(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The part of a pixel that lies inside, for a signed distance.
pub(super) fn inside(d: f32, width: f32) -> f32 {
    (0.5 - d / width).clamp(0.0, 1.0)
}

/// Height of a rounded edge: 0 on the outline, 1 from `width` inwards.
pub(super) fn bevel(d: f32, width: f32) -> f32 {
    let t = 1.0 - (-d / width).clamp(0.0, 1.0);
    (1.0 - t * t).max(0.0).sqrt()
}

/// Cross-section of a thread: 1 at 0, 0 at +-1.
pub(super) fn dome(t: f32) -> f32 {
    (1.0 - t * t).max(0.0).sqrt()
}

/// The largest integer not above `x`; without a call into the mathematical library, for small numbers.
#[inline]
pub(super) fn floor(x: f32) -> i32 {
    let i = x as i32;
    i - i32::from(x < i as f32)
}

/// Position within a period, in [-0.5, 0.5), and the number of the period.
#[inline]
pub(super) fn cell(x: f32) -> (i32, f32) {
    let i = floor(x);
    (i, x - i as f32 - 0.5)
}

pub(super) fn rect(p: V2, half: V2, round: f32) -> f32 {
    let q = v2(p.x.abs() - half.x + round, p.y.abs() - half.y + round);
    v2(q.x.max(0.0), q.y.max(0.0)).length() + q.x.max(q.y).min(0.0) - round
}

/// Distance to a segment and the position along it in [0, 1].
pub(super) fn segment(p: V2, a: V2, b: V2) -> (f32, f32) {
    let (pa, ba) = (p - a, b - a);
    let t = (pa.dot(ba) / ba.dot(ba).max(1e-12)).clamp(0.0, 1.0);
    ((pa - ba * t).length(), t)
}

/// A regular polygon by its inner radius.
pub(super) fn polygon(p: V2, sides: i32, inner: f32) -> f32 {
    let sector = std::f32::consts::TAU / sides as f32;
    let a = p.angle();
    let a = a - sector * (a / sector).round();
    p.length() * a.cos() - inner
}

/// Smooth minimum of two distances.
pub(super) fn blend_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (0.5 + 0.5 * (b - a) / k).clamp(0.0, 1.0);
    lerp(b, a, h) - k * h * (1.0 - h)
}
