//! What the camera makes of light: brightness, contrast, gamma. Each is clipped to [0, 1] before the next.
//!
//! | step | formula | as |
//! |---|---|---|
//! | brightness | `v + b` | `kornia.enhance.adjust_brightness` |
//! | contrast | `m + 2^c (v - m)`, `m` the mean luma of the picture | `kornia.enhance.adjust_contrast_with_mean_subtraction`, torchvision's `adjust_contrast` |
//! | gamma | `v^(2^g)` | `kornia.enhance.adjust_gamma` |

/// Luma weights of ITU-R BT.601, as kornia's `rgb_to_grayscale` has them.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Adds `brightness` to every value.
pub(super) fn brighten(planes: &mut [f32], brightness: f64) {
    let brightness = brightness as f32;
    for value in planes {
        *value = (*value + brightness).clamp(0.0, 1.0);
    }
}

/// Scales differences from the mean luma by `2^log2`; three planes of equal size.
pub(super) fn stretch(planes: &mut [f32], log2: f64) {
    let area = planes.len() / LUMA.len();
    let mean: f64 = planes
        .chunks_exact(area)
        .zip(LUMA)
        .map(|(plane, weight)| weight * plane.iter().copied().map(f64::from).sum::<f64>() / area as f64)
        .sum();
    let factor = log2.exp2();
    let (factor, offset) = (factor as f32, (mean * (1.0 - factor)) as f32);
    for value in planes {
        *value = (factor * *value + offset).clamp(0.0, 1.0);
    }
}

/// Raises every value to the power `2^log2`.
pub(super) fn bend(planes: &mut [f32], log2: f64) {
    let exponent = log2.exp2() as f32;
    for value in planes {
        *value = value.powf(exponent).min(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_values() {
        let picture = [0.0_f32, 0.25, 0.5, 1.0, 0.5, 0.5];
        let after = |change: fn(&mut [f32], f64), value| {
            let mut planes = picture;
            change(&mut planes, value);
            planes
        };
        assert_eq!(after(brighten, 0.25), [0.25, 0.5, 0.75, 1.0, 0.75, 0.75]);
        assert_eq!(after(brighten, -0.5), [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]);
        assert_eq!(after(bend, 1.0), [0.0, 0.0625, 0.25, 1.0, 0.25, 0.25]);
        // The mean luma is 0.299 x 0.125 + 0.587 x 0.75 + 0.114 x 0.5.
        let mean = 0.534_625_f32;
        for (got, value) in after(stretch, -1.0).into_iter().zip(picture) {
            assert!((got - (mean + 0.5 * (value - mean))).abs() < 1e-6);
        }
    }
}
