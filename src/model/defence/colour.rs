//! Colour corrections of one picture, (3, height, width), RGB in [0, 1].

use ndarray::{ArrayViewMut3, Axis};

/// Weights of red, green and blue in ITU-R BT.601 luma, as Pillow's mode `L` has them.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// White balance by the grey-world assumption (Buchsbaum 1980, von Kries gains): each channel is multiplied by the mean of all
/// channels over its own mean, then clipped to [0, 1]. It works on the encoded values, as is usual, not on linear light. A
/// channel that is zero everywhere stays so.
pub fn grey_world(image: &mut ArrayViewMut3<f32>) {
    let means: Vec<f64> = image
        .axis_iter(Axis(0))
        .map(|channel| channel.iter().map(|&value| f64::from(value)).sum::<f64>() / channel.len() as f64)
        .collect();
    let grey = means.iter().sum::<f64>() / means.len() as f64;
    for (mut channel, mean) in image.axis_iter_mut(Axis(0)).zip(means) {
        let gain = if mean > 0.0 { grey / mean } else { 1.0 };
        channel.mapv_inplace(|value| (f64::from(value) * gain).clamp(0.0, 1.0) as f32);
    }
}

/// Gives all channels the luma of ITU-R BT.601.
pub fn desaturate(image: &mut ArrayViewMut3<f32>) {
    for mut pixel in image.lanes_mut(Axis(0)) {
        let luma: f32 = pixel.iter().zip(LUMA).map(|(value, weight)| value * weight).sum();
        pixel.fill(luma.clamp(0.0, 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, arr3, s};

    #[test]
    fn grey_world_by_the_formula() {
        let mut image = arr3(&[[[0.2_f32, 0.4]], [[0.1, 0.2]], [[0.6, 0.9]]]);
        grey_world(&mut image.view_mut());
        // Means 0.3, 0.15 and 0.75, grey 0.4; the last gain is 0.4 / 0.75.
        let expected = [[0.2 * 4.0 / 3.0, 0.4 * 4.0 / 3.0], [0.1 * 8.0 / 3.0, 0.2 * 8.0 / 3.0], [0.32, 0.48]];
        for (channel, expected) in expected.iter().enumerate() {
            for (x, expected) in expected.iter().enumerate() {
                assert!((image[[channel, 0, x]] - expected).abs() < 1e-6, "{image}");
            }
        }
        let means: Vec<f32> = image.axis_iter(Axis(0)).map(|channel| channel.mean().unwrap()).collect();
        assert!(means.iter().all(|mean| (mean - 0.4).abs() < 1e-6), "{means:?}");
    }

    #[test]
    fn grey_world_clips_and_leaves_an_empty_channel_and_a_grey_picture_alone() {
        let mut image = arr3(&[[[1.0_f32, 0.0]], [[0.0, 0.0]], [[1.0, 0.9]]]);
        grey_world(&mut image.view_mut());
        assert!(image.iter().all(|value| (0.0..=1.0).contains(value)));
        assert_eq!(image.slice(s![1, .., ..]), arr3(&[[[0.0_f32, 0.0]]]).slice(s![0, .., ..]));
        let mut grey = Array3::from_shape_fn((3, 4, 4), |(_, y, x)| (y * 4 + x) as f32 / 16.0);
        let before = grey.clone();
        grey_world(&mut grey.view_mut());
        assert_eq!(grey, before);
    }

    #[test]
    fn desaturated_pixels_have_their_luma_everywhere() {
        let mut image = arr3(&[[[1.0_f32, 0.0, 0.5]], [[0.0, 1.0, 0.5]], [[0.0, 0.0, 0.5]]]);
        desaturate(&mut image.view_mut());
        for channel in 0..3 {
            assert!((image[[channel, 0, 0]] - 0.299).abs() < 1e-7);
            assert!((image[[channel, 0, 1]] - 0.587).abs() < 1e-7);
            assert!((image[[channel, 0, 2]] - 0.5).abs() < 1e-6);
        }
    }
}
