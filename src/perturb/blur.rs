//! Gaussian blur, as `kornia.filters.gaussian_blur2d` and torchvision's `gaussian_blur` with a kernel of
//! `2 ceil(3 sigma) + 1` pixels: weights normalised to 1, and the picture mirrored at the centres of its border pixels.

/// A Gaussian blur of a deviation above 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Blur {
    /// Weights of the kernel: the middle one, then those to one side.
    half: Vec<f32>,
}

impl Blur {
    /// A blur of the given standard deviation in pixels; `None` if nothing changes.
    ///
    /// # Panics
    /// If sigma is negative.
    pub fn new(sigma: f64) -> Option<Self> {
        assert!(sigma >= 0.0, "a blur must not be negative, but it is {sigma}");
        if sigma == 0.0 {
            return None;
        }
        let radius = (3.0 * sigma).ceil() as usize;
        let weights: Vec<f64> = (0..=radius).map(|at| (-0.5 * (at as f64 / sigma).powi(2)).exp()).collect();
        let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
        Some(Self { half: weights.iter().map(|weight| (weight / sum) as f32).collect() })
    }

    /// Blurs planes of (height, width) in place; `scratch` is working memory.
    pub fn apply(&self, planes: &mut [f32], (height, width): (usize, usize), scratch: &mut Vec<f32>) {
        scratch.resize(height * width, 0.0);
        let mut line = vec![0.0; width + 2 * (self.half.len() - 1)];
        for plane in planes.chunks_exact_mut(height * width) {
            for (row, out) in plane.chunks_exact(width).zip(scratch.chunks_exact_mut(width)) {
                self.row(row, &mut line, out);
            }
            self.columns(scratch, plane, (height, width));
            // Weights are rounded: their sum may exceed 1 in the last digit.
            plane.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        }
    }

    fn row(&self, row: &[f32], line: &mut [f32], out: &mut [f32]) {
        let radius = self.half.len() - 1;
        for (at, value) in line.iter_mut().enumerate() {
            *value = row[mirrored(at as isize - radius as isize, row.len())];
        }
        for (at, out) in out.iter_mut().enumerate() {
            let around = &line[at..][..2 * radius + 1];
            *out = self.half[0] * around[radius];
            for (distance, weight) in self.half.iter().enumerate().skip(1) {
                *out += weight * (around[radius - distance] + around[radius + distance]);
            }
        }
    }

    fn columns(&self, source: &[f32], out: &mut [f32], (height, width): (usize, usize)) {
        let row_of = |row: isize| &source[mirrored(row, height) * width..][..width];
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            let row = row as isize;
            for (out, value) in out.iter_mut().zip(row_of(row)) {
                *out = self.half[0] * value;
            }
            for (distance, weight) in (0..).zip(&self.half).skip(1) {
                let (above, below) = (row_of(row - distance), row_of(row + distance));
                for ((out, above), below) in out.iter_mut().zip(above).zip(below) {
                    *out += weight * (above + below);
                }
            }
        }
    }
}

/// An index mirrored into 0..length as often as needed, without repeating the border.
pub(super) fn mirrored(index: isize, length: usize) -> usize {
    if length == 1 {
        return 0;
    }
    let period = 2 * (length as isize - 1);
    let folded = index.rem_euclid(period);
    folded.min(period - folded) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_mirrored_without_repeating_the_border() {
        let folded: Vec<usize> = (-4..9).map(|index| mirrored(index, 4)).collect();
        assert_eq!(folded, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(mirrored(-3, 1), 0);
    }

    #[test]
    fn weights_sum_to_one_and_grow_with_sigma() {
        for sigma in [1e-9, 0.05, 0.4, 1.0, 7.3] {
            let half = Blur::new(sigma).unwrap().half;
            assert_eq!(half.len(), (3.0 * sigma).ceil() as usize + 1);
            let sum = half[0] + 2.0 * half[1..].iter().sum::<f32>();
            assert!((sum - 1.0).abs() < 1e-6, "{sigma}");
        }
        assert_eq!(Blur::new(0.0), None);
    }

    #[test]
    fn a_dot_becomes_the_kernel() {
        let size = 9;
        let mut planes = vec![0.0; 3 * size * size];
        planes[4 * size + 4] = 1.0;
        let blur = Blur::new(1.0).unwrap();
        blur.apply(&mut planes, (size, size), &mut Vec::new());
        for distance in 0..4 {
            assert!((planes[4 * size + 4 + distance] - blur.half[0] * blur.half[distance]).abs() < 1e-7);
            assert!((planes[(4 - distance) * size + 4] - blur.half[0] * blur.half[distance]).abs() < 1e-7);
        }
        assert!(planes[size * size..].iter().all(|&value| value == 0.0));
    }
}
