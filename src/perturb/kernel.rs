//! Blurs that are no Gaussian: of motion during the exposure, and of a lens out of focus.
//!
//! The picture is taken as bilinear between the centres of its pixels, and the mean is that over a line or a disc of exactly the size
//! asked for. The weights of pixels are integrals of tents over it, continuous in the size from 0 on. Whole pixels would make a
//! staircase of the loss, and the parts of pixels that a box or a disc covers would leave the picture as it is up to the size of one pixel.
//! Borders are mirrored as those of the Gaussian.

use super::blur::mirrored;

/// Nodes and weights of Gauss-Legendre quadrature with eight points on [-1, 1] (Abramowitz and Stegun, table 25.4).
const NODES: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// A kernel of weights that sum to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kernel {
    /// Rows and columns to either side of the middle.
    reach: (usize, usize),
    /// Row and column, counted from the first of the kernel, and weight, where that is not 0.
    taps: Vec<(usize, usize, f32)>,
}

impl Kernel {
    /// The mean along a line of `x` and `y` pixels about each place; `None` if it has no length.
    pub fn motion(x: f64, y: f64) -> Option<Self> {
        if x == 0.0 && y == 0.0 {
            return None;
        }
        let mut weights = Weights::new((half(y), half(x)));
        // Between two crossings of pixel centres a weight is the product of two linear functions: Simpson's rule is exact.
        let mut crossings = vec![-0.5, 0.5];
        for length in [x.abs(), y.abs()] {
            let most = (length / 2.0).floor() as i32;
            crossings
                .extend((-most..=most).map(|pixel| f64::from(pixel) / length).filter(|at| at.is_finite()));
        }
        crossings.sort_unstable_by(f64::total_cmp);
        for pair in crossings.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let middle = f64::midpoint(from, to);
            let cell = ((middle * y).floor(), (middle * x).floor());
            for (at, share) in [(from, 1.0), (middle, 4.0), (to, 1.0)] {
                weights.tent((at * y, at * x), cell, share / 6.0 * (to - from));
            }
        }
        Some(weights.kernel())
    }

    /// The mean over a disc of so many pixels about each place; `None` if it has no size.
    ///
    /// # Panics
    /// If the radius is negative.
    pub fn defocus(radius: f64) -> Option<Self> {
        assert!(radius >= 0.0, "a defocus must not be negative, but it is {radius}");
        if radius == 0.0 {
            return None;
        }
        // Of a disc that is smaller still, nothing would be left of the differences below.
        let radius = radius.max(1e-6);
        let reach = radius.floor() as usize + 1;
        let mut weights = Weights::new((reach, reach));
        // Over chords at y = r sin(t), of half a length r cos(t): between the angles at which either is whole all is smooth.
        let mut angles = vec![0.0, std::f64::consts::FRAC_PI_2];
        for pixel in 1..=radius.floor() as i32 {
            let share = (f64::from(pixel) / radius).min(1.0);
            angles.extend([share.asin(), share.acos()]);
        }
        angles.sort_unstable_by(f64::total_cmp);
        for pair in angles.windows(2) {
            let (middle, half) = (f64::midpoint(pair[0], pair[1]), (pair[1] - pair[0]) / 2.0);
            for (node, weight) in NODES.iter().flat_map(|&(node, weight)| [(node, weight), (-node, weight)]) {
                let (sin, cos) = (middle + half * node).sin_cos();
                weights.chord(radius * sin, radius * cos, weight * half * radius * cos);
            }
        }
        Some(weights.kernel())
    }

    /// Replaces planes of `size` (height, width) by their means; `padded` is working memory.
    pub fn apply(&self, planes: &mut [f32], (height, width): (usize, usize), padded: &mut Vec<f32>) {
        let (down, across) = self.reach;
        let stride = width + 2 * across;
        padded.resize(stride * (height + 2 * down), 0.0);
        let source: Vec<usize> =
            (0..stride).map(|column| mirrored(column as isize - across as isize, width)).collect();
        for plane in planes.chunks_exact_mut(height * width) {
            for (row, padded) in padded.chunks_exact_mut(stride).enumerate() {
                let from = &plane[mirrored(row as isize - down as isize, height) * width..][..width];
                padded.iter_mut().zip(&source).for_each(|(value, &column)| *value = from[column]);
            }
            for (row, out) in plane.chunks_exact_mut(width).enumerate() {
                out.fill(0.0);
                for &(below, right, weight) in &self.taps {
                    let from = &padded[(row + below) * stride + right..][..width];
                    for (out, value) in out.iter_mut().zip(from) {
                        *out += weight * value;
                    }
                }
            }
        }
    }
}

/// Rows or columns to either side that a line of so many reaches, and one for its tents.
fn half(length: f64) -> usize {
    (length.abs() / 2.0).floor() as usize + 1
}

/// Integral of the tent about 0 of half a width of 1 from far left to `x`.
fn tent_up_to(x: f64) -> f64 {
    let x = x.clamp(-1.0, 1.0);
    if x < 0.0 { (1.0 + x).powi(2) / 2.0 } else { 1.0 - (1.0 - x).powi(2) / 2.0 }
}

/// The weights of a kernel while they are summed up.
struct Weights {
    reach: (usize, usize),
    sums: Vec<f64>,
}

impl Weights {
    fn new(reach: (usize, usize)) -> Self {
        Self { reach, sums: vec![0.0; (2 * reach.0 + 1) * (2 * reach.1 + 1)] }
    }

    fn add(&mut self, row: isize, column: isize, weight: f64) {
        let (row, column) = (row + self.reach.0 as isize, column + self.reach.1 as isize);
        self.sums[row as usize * (2 * self.reach.1 + 1) + column as usize] += weight;
    }

    /// A point at (y, x), shared by the four pixels about the cell that it lies in, or on the border of.
    fn tent(&mut self, (y, x): (f64, f64), (top, left): (f64, f64), weight: f64) {
        for (row, by_row) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
            for (column, by_column) in [(left, 1.0 - (x - left)), (left + 1.0, x - left)] {
                self.add(row as isize, column as isize, weight * by_row * by_column);
            }
        }
    }

    /// The two chords at `y` and `-y` from `-half` to `half`, of this weight for each pixel of length.
    fn chord(&mut self, y: f64, half: f64, weight: f64) {
        let (top, reach) = (y.floor(), self.reach.1 as isize);
        for column in -reach..=reach {
            let at = column as f64;
            let across = tent_up_to(half - at) - tent_up_to(-half - at);
            for (row, share) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
                for row in [row as isize, -(row as isize)] {
                    self.add(row, column, weight * across * share);
                }
            }
        }
    }

    fn kernel(self) -> Kernel {
        let columns = 2 * self.reach.1 + 1;
        let sum: f64 = self.sums.iter().sum();
        let taps = self.sums.iter().enumerate().map(|(index, weight)| (index, (weight / sum) as f32));
        let taps = taps.filter(|&(_, weight)| weight != 0.0);
        let taps = taps.map(|(index, weight)| (index / columns, index % columns, weight));
        Kernel { reach: self.reach, taps: taps.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a dot becomes: the kernel, mirrored, with the middle at (8, 10).
    fn dot(kernel: &Kernel) -> impl Fn(isize, isize) -> f32 + use<> {
        let size = (17, 21);
        let mut plane = vec![0.0; size.0 * size.1];
        plane[8 * size.1 + 10] = 1.0;
        kernel.apply(&mut plane, size, &mut Vec::new());
        move |y, x| plane[(8 + y) as usize * 21 + (10 + x) as usize]
    }

    fn near(got: f32, expected: f64) {
        assert!((f64::from(got) - expected).abs() < 1e-6, "{got} {expected}");
    }

    #[test]
    fn a_motion_weighs_pixels_by_the_length_of_the_line_near_them() {
        let at = dot(&Kernel::motion(1.0, 0.0).unwrap());
        [at(0, -1), at(0, 0), at(0, 1), at(1, 0), at(0, 2)]
            .into_iter()
            .zip([0.125, 0.75, 0.125, 0.0, 0.0])
            .for_each(|(got, expected)| near(got, expected));
        let at = dot(&Kernel::motion(0.0, 4.0).unwrap());
        [at(-2, 0), at(-1, 0), at(0, 0), at(1, 0), at(2, 0)]
            .into_iter()
            .zip([0.125, 0.25, 0.25, 0.25, 0.125])
            .for_each(|(got, expected)| near(got, expected));
        // Along a diagonal of one cell to either side: the integral of (1 - t)^2, t (1 - t) and t^2.
        let at = dot(&Kernel::motion(2.0, 2.0).unwrap());
        near(at(0, 0), 1.0 / 3.0);
        near(at(1, 1), 1.0 / 6.0);
        near(at(0, 1), 1.0 / 12.0);
        near(at(1, -1), 0.0);
        let other = dot(&Kernel::motion(-2.0, 2.0).unwrap());
        near(other(1, -1), 1.0 / 6.0);
        near(other(1, 1), 0.0);
    }

    #[test]
    fn kernels_are_centred_have_weight_one_and_the_spread_of_their_shape() {
        for (kernel, length) in [(Kernel::motion(7.3, 0.0), 7.3), (Kernel::motion(11.0, 6.4), 11.0)] {
            let (sum, mean, variance) = moments(&kernel.unwrap());
            assert!((sum - 1.0).abs() < 1e-6 && mean.abs() < 1e-5, "{sum} {mean}");
            // The tents add a sixth of a pixel squared at most.
            assert!((-1e-4..1.0 / 6.0 + 0.1).contains(&(variance - length * length / 12.0)), "{variance}");
        }
        for radius in [0.3, 1.0, 2.7, 6.0] {
            let (sum, mean, variance) = moments(&Kernel::defocus(radius).unwrap());
            assert!((sum - 1.0).abs() < 1e-6 && mean.abs() < 1e-5, "{radius}: {sum} {mean}");
            let excess = variance - radius * radius / 4.0;
            assert!((0.0..0.2).contains(&excess), "{radius}: {excess}");
        }
    }

    /// Sum, and mean and variance of the columns.
    fn moments(kernel: &Kernel) -> (f64, f64, f64) {
        let sum_of = |value: &dyn Fn(f64) -> f64| -> f64 {
            let middle = kernel.reach.1 as f64;
            kernel.taps.iter().map(|&(_, x, weight)| f64::from(weight) * value(x as f64 - middle)).sum()
        };
        (sum_of(&|_| 1.0), sum_of(&|x| x), sum_of(&|x| x * x))
    }

    #[test]
    fn weights_are_continuous_in_the_size() {
        let step = 1e-4;
        for start in [0.0, 0.5, 1.0 - step, 2.0 - step, 3.3, 4.0 - step] {
            type Make = fn(f64) -> Option<Kernel>;
            let makes: [Make; 3] =
                [|size| Kernel::motion(size, 0.0), |size| Kernel::motion(size, 0.7 * size), Kernel::defocus];
            for make in makes {
                let here = make(start).map(|kernel| dot(&kernel));
                let there = dot(&make(start + step).unwrap());
                for (y, x) in (-5..=5).flat_map(|y| (-5..=5).map(move |x| (y, x))) {
                    let before =
                        here.as_ref().map_or(f32::from(u8::from((y, x) == (0, 0))), |here| here(y, x));
                    let change = (there(y, x) - before).abs();
                    assert!(change < 3.0 * step as f32, "{start} {y} {x} {change}");
                }
            }
        }
    }

    #[test]
    fn a_disc_is_round_and_a_flat_picture_stays_flat() {
        let kernel = Kernel::defocus(4.5).unwrap();
        let at = dot(&kernel);
        for (y, x) in (0..6).flat_map(|y| (0..6).map(move |x| (y, x))) {
            near(at(y, x), f64::from(at(x, y)));
            near(at(-y, x), f64::from(at(x, -y)));
        }
        near(at(0, 0), 1.0 / (std::f64::consts::PI * 4.5 * 4.5));
        let mut flat = vec![0.5; 3 * 4];
        kernel.apply(&mut flat, (3, 4), &mut Vec::new());
        flat.iter().for_each(|&value| near(value, 0.5));
    }
}
