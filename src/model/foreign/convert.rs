//! Conversion of pixels to a foreign graph's input and of its output to maps, as pure functions.

use ndarray::{Array4, ArrayD, ArrayView4, ArrayViewD, Axis, Ix2};

use crate::model::bundle::{Channels, InputSection, OutputSection, Polarity, TensorLayout};
use crate::types::Map;

/// How far a value may lie outside the range that a manifest gives, for rounding in the graph, as a share of the range.
const TOLERANCE: f32 = 1e-3;

/// Converts pictures (batch, 3, size, size), RGB in [0, 1], to the input of a graph.
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

/// What is wrong with an output, and with that for which picture of the batch, where it is not the same for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub problem: String,
    pub picture: Option<usize>,
}

impl From<String> for Wrong {
    fn from(problem: String) -> Self {
        Self { problem, picture: None }
    }
}

/// Whether the maps of pictures, of this shape, have their channels last: pictures and with them maps are square. Where the shape
/// leaves it open, maps lie as the pictures do that the graph takes.
fn channels_last(one: &[usize], layout: TensorLayout) -> bool {
    match *one {
        [a, b, c] if a == b && b == c => layout == TensorLayout::Nhwc,
        [1, _, _] => false,
        [_, b, 1] if b > 1 => true,
        [a, b, c] => a == b && b != c,
        _ => false,
    }
}

/// Converts an output to the anomaly maps of a batch, or tells what is wrong with it. `layout` is that of the graph's pictures.
pub(super) fn maps(
    output: ArrayViewD<f32>,
    batch: usize,
    section: &OutputSection,
    layout: TensorLayout,
) -> Result<Vec<Map>, Wrong> {
    let name = &section.map;
    let shape = output.shape().to_vec();
    if shape.first() != Some(&batch) {
        return Err(format!("returns {name:?} of shape {shape:?} for {batch} pictures").into());
    }
    output
        .outer_iter()
        .enumerate()
        .map(|(index, mut one)| {
            if channels_last(&shape[1..], layout) {
                one = one.permuted_axes(vec![2, 0, 1]);
            }
            let plane = match (one.ndim(), section.channel) {
                (2, None) => one,
                (3, None) if one.len_of(Axis(0)) == 1 => one.index_axis_move(Axis(0), 0),
                (3, Some(channel)) if channel < one.len_of(Axis(0)) => one.index_axis_move(Axis(0), channel),
                (3, None) => {
                    return Err(format!(
                        "returns {name:?} with several channels, {shape:?}; output.channel must say which"
                    )
                    .into());
                }
                (3, Some(channel)) => {
                    return Err(format!(
                        "returns {name:?} of shape {shape:?}, which has no channel {channel}"
                    )
                    .into());
                }
                _ => {
                    return Err(format!(
                        "returns {name:?} of shape {shape:?}, neither (batch, H, W) nor (batch, C, H, W) nor (batch, H, W, C)"
                    )
                    .into());
                }
            };
            let map = plane.into_dimensionality::<Ix2>().map_err(|error| Wrong::from(error.to_string()))?;
            let mut map = map.to_owned();
            for value in &mut map {
                *value = bring(*value, section.range, section.polarity).map_err(|problem| Wrong {
                    problem: format!("{problem} in {name:?} (output.range)"),
                    picture: Some(index),
                })?;
            }
            Ok(map)
        })
        .collect()
}

/// Converts an output to the image scores of a batch, or tells what is wrong with it.
pub(super) fn scores(
    output: &ArrayD<f32>,
    batch: usize,
    name: &str,
    section: &OutputSection,
) -> Result<Vec<f32>, Wrong> {
    if output.len() != batch {
        return Err(format!("returns {name:?} of shape {:?} for {batch} pictures", output.shape()).into());
    }
    output
        .iter()
        .enumerate()
        .map(|(index, &value)| {
            bring(value, section.score_range, section.polarity).map_err(|problem| Wrong {
                problem: format!("{problem} in {name:?} (output.score_range)"),
                picture: Some(index),
            })
        })
        .collect()
}

/// Converts a value to an anomaly score: into [0, 1] where there is a range, and the right way up.
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

    const NCHW: TensorLayout = TensorLayout::Nchw;

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
            Array::from_shape_fn((2, 3, 3), |(b, y, x)| (9 * b + 3 * y + x) as f32).into_dyn();
        let four = three.clone().insert_axis(Axis(1));
        let plain = maps(three.view(), 2, &output(), NCHW).unwrap();
        assert_eq!(plain[1], array![[9.0, 10.0, 11.0], [12.0, 13.0, 14.0], [15.0, 16.0, 17.0]]);
        assert_eq!(maps(four.view(), 2, &output(), NCHW).unwrap(), plain);
        let two = ndarray::concatenate![Axis(1), four.mapv(|v| -v), four];
        assert!(maps(two.view(), 2, &output(), NCHW).unwrap_err().problem.contains("output.channel"));
        let second = OutputSection { channel: Some(1), ..output() };
        assert_eq!(maps(two.view(), 2, &second, NCHW).unwrap(), plain);
        let none = OutputSection { channel: Some(2), ..output() };
        assert!(maps(two.view(), 2, &none, NCHW).is_err());
        assert!(maps(three.view(), 3, &output(), NCHW).unwrap_err().problem.contains("3 pictures"));
        assert!(
            maps(Array3::<f32>::zeros((0, 1, 1)).into_dyn().index_axis(Axis(1), 0), 0, &output(), NCHW)
                .is_ok()
        );
    }

    #[test]
    fn channels_are_found_at_either_end_of_a_shape() {
        use TensorLayout::{Nchw, Nhwc};
        let planes =
            Array::from_shape_fn((2, 4, 4, 1), |(b, y, x, _)| (16 * b + 4 * y + x) as f32).into_dyn();
        let plain = planes.clone().index_axis_move(Axis(3), 0);
        let wanted = maps(plain.view(), 2, &output(), Nchw).unwrap();
        let (first, second) =
            (OutputSection { channel: Some(0), ..output() }, OutputSection { channel: Some(1), ..output() });
        let two = ndarray::concatenate![Axis(3), planes.mapv(|v| -v), planes];
        for layout in [Nchw, Nhwc] {
            assert_eq!(maps(planes.view(), 2, &output(), layout).unwrap(), wanted);
            assert_eq!(maps(planes.view(), 2, &first, layout).unwrap(), wanted);
            assert_eq!(maps(two.view(), 2, &second, layout).unwrap(), wanted);
            assert!(maps(two.view(), 2, &output(), layout).unwrap_err().problem.contains("output.channel"));
        }
        assert!(channels_last(&[3, 3, 3], Nhwc) && !channels_last(&[3, 3, 3], Nchw));
        assert!(!channels_last(&[2, 1, 1], Nchw), "two channels of one cell");
    }

    #[test]
    fn a_value_that_is_wrong_names_its_picture() {
        let mut three = Array3::<f32>::zeros((3, 2, 2)).into_dyn();
        three[[1, 0, 1]] = f32::NAN;
        assert_eq!(maps(three.view(), 3, &output(), NCHW).unwrap_err().picture, Some(1));
        let scores_of = Array::from_vec(vec![0.0, 1.0, f32::INFINITY]).into_dyn();
        assert_eq!(scores(&scores_of, 3, "s", &output()).unwrap_err().picture, Some(2));
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
