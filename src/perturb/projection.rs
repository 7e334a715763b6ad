//! Maps of the plane that are not affine: where a tilt takes part. They are 3 x 3 matrices on homogeneous coordinates.

/// A matrix, row by row.
pub(super) type Matrix = [[f64; 3]; 3];

/// Distance of a pinhole camera from the part, in lengths of the longer side of the picture: a field of view of 45 degrees across it.
const DISTANCE: f64 = 1.2;
/// The smallest depth that is divided by. What lies at the horizon or beyond is far away.
const LEAST_DEPTH: f64 = 1e-6;
/// Farther than any pixel.
const FAR: f64 = 1e6;

/// The matrix that shifts by (x, y).
pub(super) fn shift((x, y): (f64, f64)) -> Matrix {
    [[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]]
}

/// The matrix that turns clockwise (y down) by the angle of this sine and cosine, and zooms.
pub(super) fn turn((sin, cos): (f64, f64), zoom: f64) -> Matrix {
    [[zoom * cos, -zoom * sin, 0.0], [zoom * sin, zoom * cos, 0.0], [0.0, 0.0, 1.0]]
}

/// The matrix of a tilt about the origin, seen by a pinhole camera above it; the longer side of the picture has `side` pixels.
///
/// The two angles in degrees are the components of one rotation about an axis in the plane of the part, so that their order does not
/// matter: positive x takes the lower edge away from the camera, positive y the right one. Along the direction d of steepest descent a point
/// at p moves to `p + (cos t - 1) (p d) d` at the depth `(p d) sin t` below the plane.
pub(super) fn tilt((x_deg, y_deg): (f64, f64), side: usize) -> Matrix {
    let angle_deg = x_deg.hypot(y_deg);
    let (right, down) = (y_deg / angle_deg, x_deg / angle_deg);
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    let (shorter, deeper) = (cos - 1.0, sin / (DISTANCE * side as f64));
    [
        [1.0 + shorter * right * right, shorter * right * down, 0.0],
        [shorter * right * down, 1.0 + shorter * down * down, 0.0],
        [deeper * right, deeper * down, 1.0],
    ]
}

/// The matrix that does what `first` does and then what `then` does.
pub(super) fn then(first: &Matrix, then: &Matrix) -> Matrix {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).map(|at| then[row][at] * first[at][column]).sum())
    })
}

/// The inverse of a matrix.
pub(super) fn inverse(m: &Matrix) -> Matrix {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * minor(0, column)).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row) / determinant))
}

/// Where a matrix takes a point.
pub(super) fn taken(m: &Matrix, (x, y): (f64, f64)) -> (f64, f64) {
    let [x, y, depth] = m.map(|row| row[0] * x + row[1] * y + row[2]);
    let depth = depth.max(LEAST_DEPTH);
    ((x / depth).clamp(-FAR, FAR), (y / depth).clamp(-FAR, FAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near((x, y): (f64, f64), expected: (f64, f64)) {
        assert!((x - expected.0).abs() < 1e-9 && (y - expected.1).abs() < 1e-9, "{x} {y} {expected:?}");
    }

    #[test]
    fn a_tilted_part_is_narrow_where_it_is_far() {
        // By 30 degrees about the horizontal: 100 pixels down lie 50 deeper and 86.6 down; the camera is 480 away.
        let m = tilt((30.0, 0.0), 400);
        near(taken(&m, (0.0, 0.0)), (0.0, 0.0));
        let (far, near_by) = (480.0 / 530.0, 480.0 / 430.0);
        near(taken(&m, (100.0, 100.0)), (100.0 * far, 100.0 * 0.75_f64.sqrt() * far));
        near(taken(&m, (100.0, -100.0)), (100.0 * near_by, -100.0 * 0.75_f64.sqrt() * near_by));
        let right = tilt((0.0, 30.0), 400);
        near(taken(&right, (100.0, 100.0)), (100.0 * 0.75_f64.sqrt() * far, 100.0 * far));
    }

    #[test]
    fn the_direction_of_a_tilt_turns_with_the_part() {
        let (sin, cos) = 0.6_f64.sin_cos();
        let round = turn((sin, cos), 1.0);
        let tilted = then(&tilt((20.0, -7.0), 100), &round);
        let turned = tilt((sin * -7.0 + cos * 20.0, cos * -7.0 - sin * 20.0), 100);
        near(taken(&tilted, (30.0, -12.0)), taken(&then(&round, &turned), (30.0, -12.0)));
    }

    #[test]
    fn the_inverse_undoes() {
        let m = then(&then(&shift((-20.0, -30.0)), &tilt((25.0, 40.0), 60)), &shift((21.0, 33.0)));
        for point in [(0.0, 0.0), (39.0, 59.0), (-5.5, 70.25)] {
            near(taken(&inverse(&m), taken(&m, point)), point);
        }
    }

    #[test]
    fn beyond_the_horizon_is_far_away_and_finite() {
        let back = inverse(&tilt((0.0, 40.0), 100));
        let (x, y) = taken(&back, (1000.0, 3.0));
        assert!(x == FAR && y.is_finite(), "{x} {y}");
        let (x, _) = taken(&back, (-1000.0, 0.0));
        assert!((-1000.0..0.0).contains(&x), "the other side is near, {x}");
    }
}
