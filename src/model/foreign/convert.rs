//! Pixels to the graph's input, the graph's output to maps. Pure.

use ndarray::{Array4, ArrayD, ArrayView4, ArrayViewD, Axis, Ix2};

use crate::model::bundle::{Channels, InputSection, OutputSection, Polarity, TensorLayout};
use crate::types::Map;

/// How far a value may lie outside the range that a manifest gives, for rounding in the graph, as a share of the range.
const TOLERANCE: f32 = 1e-3;

/// Pictures (batch, 3, size, size), RGB in [0, 1], as the graph wants them.
pub(super) fn input_tensor(images: ArrayView4<f32>, section: &InputSection) -> Array4<f32> {
    let mut images = images;
    if section.channels == Channels::Bgr {
        images.invert_axis(Axis(1));
    }
    let mut input = images.to_owned();
    let [low, high] = section.range;
    for (channel, mut plane) in input.axis_iter_mut(Axis(1)).enumerate() {
        let (mean, std) = (section.mean[channel], section.std[channel]);
        plane.mapv_inplace(|value| (low + value * (high - low) - mean) / std);
    }
    match section.layout {
        TensorLayout::Nchw => input.as_standard_layout().into_owned(),
        TensorLayout::Nhwc => input.permuted_axes([0, 2, 3, 1]).as_standard_layout().into_owned(),
    }
}

/// The anomaly maps of a batch, or what is wrong with the output.
pub(super) fn maps(
    output: ArrayViewD<f32>,
    batch: usize,
    section: &OutputSection,
) -> Result<Vec<Map>, String> {
    let name = &section.map;
    let shape = output.shape().to_vec();
    if shape.first() != Some(&batch) {
        return Err(format!("returns {name:?} of shape {shape:?} for {batch} pictures"));
    }
    output
        .outer_iter()
        .map(|one| {
            let plane = match (one.ndim(), section.channel) {
                (2, None) => one,
                (3, None) if one.len_of(Axis(0)) == 1 => one.index_axis_move(Axis(0), 0),
                (3, Some(channel)) if channel < one.len_of(Axis(0)) => one.index_axis_move(Axis(0), channel),
                (3, None) => {
                    return Err(format!(
                        "returns {name:?} with several channels, {shape:?}; output.channel must say which"
                    ));
                }
                (3, Some(channel)) => {
                    return Err(format!(
                        "returns {name:?} of shape {shape:?}, which has no channel {channel}"
                    ));
                }
                _ => {
                    return Err(format!(
                        "returns {name:?} of shape {shape:?}, neither (batch, H, W) nor (batch, C, H, W)"
                    ));
                }
            };
            let map = plane.into_dimensionality::<Ix2>().map_err(|error| error.to_string())?;
            let mut map = map.to_owned();
            for value in &mut map {
                *value = bring(*value, section.range, section.polarity)
                    .map_err(|problem| format!("{problem} in {name:?} (output.range)"))?;
            }
            Ok(map)
        })
        .collect()
}

/// The image scores of a batch, or what is wrong with the output.
pub(super) fn scores(
    output: &ArrayD<f32>,
    batch: usize,
    name: &str,
    section: &OutputSection,
) -> Result<Vec<f32>, String> {
    if output.len() != batch {
        return Err(format!("returns {name:?} of shape {:?} for {batch} pictures", output.shape()));
    }
    output
        .iter()
        .map(|&value| {
            bring(value, section.score_range, section.polarity)
                .map_err(|problem| format!("{problem} in {name:?} (output.score_range)"))
        })
        .collect()
}

/// A value as an anomaly score: into [0, 1] where there is a range, and the right way up.
fn bring(value: f32, range: Option<[f32; 2]>, polarity: Polarity) -> Result<f32, String> {
    if !value.is_finite() {
        return Err("returns values that are not finite".to_owned());
    }
    let value = match range {
        None => return Ok(if polarity == Polarity::Anomalous { value } else { -value }),
        Some([low, high]) => {
            let share = (value - low) / (high - low);
            if !(-TOLERANCE..=1.0 + TOLERANCE).contains(&share) {
                return Err(format!("returns {value}, outside {low} to {high},"));
            }
            share
        }
    };
    Ok(if polarity == Polarity::Anomalous { value } else { 1.0 - value })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, Array3, array};

    use super::*;
    use crate::model::bundle::Resize;

    fn input() -> InputSection {
        InputSection {
            name: "x".into(),
            size: 2,
            layout: TensorLayout::Nchw,
            channels: Channels::Rgb,
            range: [0.0, 1.0],
            mean: [0.0; 3],
            std: [1.0; 3],
            resize: Resize::Askance,
        }
    }

    fn output() -> OutputSection {
        OutputSection {
            map: "m".into(),
            channel: None,
            score: None,
            polarity: Polarity::Anomalous,
            range: None,
            score_range: None,
        }
    }

    #[test]
    fn pixels_get_the_range_the_order_and_the_normalisation() {
        let picture = Array4::from_shape_fn((1, 3, 2, 2), |(_, c, y, x)| 0.1 * (4 * c + 2 * y + x) as f32);
        assert_eq!(input_tensor(picture.view(), &input()), picture);
        let bytes = InputSection { range: [0.0, 255.0], channels: Channels::Bgr, ..input() };
        let given = input_tensor(picture.view(), &bytes);
        assert!((given[[0, 0, 1, 0]] - 255.0 * picture[[0, 2, 1, 0]]).abs() < 1e-4);
        let normalised = InputSection {
            mean: [0.1, 0.2, 0.3],
            std: [0.5, 1.0, 2.0],
            layout: TensorLayout::Nhwc,
            ..input()
        };
        let given = input_tensor(picture.view(), &normalised);
        assert_eq!(given.dim(), (1, 2, 2, 3));
        assert!((given[[0, 1, 0, 2]] - (picture[[0, 2, 1, 0]] - 0.3) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn maps_come_out_of_any_usual_shape_and_others_are_refused() {
        let three: ArrayD<f32> =
            Array::from_shape_fn((2, 2, 3), |(b, y, x)| (6 * b + 3 * y + x) as f32).into_dyn();
        let four = three.clone().insert_axis(Axis(1));
        let plain = maps(three.view(), 2, &output()).unwrap();
        assert_eq!(plain[1], array![[6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]);
        assert_eq!(maps(four.view(), 2, &output()).unwrap(), plain);
        let two = ndarray::concatenate![Axis(1), four.mapv(|v| -v), four];
        assert!(maps(two.view(), 2, &output()).unwrap_err().contains("output.channel"));
        let second = OutputSection { channel: Some(1), ..output() };
        assert_eq!(maps(two.view(), 2, &second).unwrap(), plain);
        let none = OutputSection { channel: Some(2), ..output() };
        assert!(maps(two.view(), 2, &none).is_err());
        assert!(maps(three.view(), 3, &output()).unwrap_err().contains("3 pictures"));
        assert!(
            maps(Array3::<f32>::zeros((0, 1, 1)).into_dyn().index_axis(Axis(1), 0), 0, &output()).is_ok()
        );
    }

    #[test]
    fn ranges_and_polarity_bring_scores_the_right_way_up() {
        let high = Polarity::Anomalous;
        assert_eq!(bring(3.0, None, high), Ok(3.0));
        assert_eq!(bring(3.0, None, Polarity::Normal), Ok(-3.0));
        assert_eq!(bring(3.0, Some([1.0, 5.0]), high), Ok(0.5));
        assert_eq!(bring(2.0, Some([1.0, 5.0]), Polarity::Normal), Ok(0.75));
        assert!(bring(6.0, Some([1.0, 5.0]), high).unwrap_err().contains("outside 1 to 5"));
        assert!(bring(f32::NAN, None, high).is_err());
    }
}
