//! Conversion of pixels to a foreign graph's input and of its output to maps, as pure functions.

use ndarray::{Array4, ArrayD, ArrayView4, ArrayViewD, Axis};

use crate::model::bundle::{Channels, InputSection, OutputSection, Polarity, Resize, TensorLayout};
use crate::types::{Map, counted};

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
    pub fix: &'static str,
    pub picture: Option<usize>,
}

const OTHER_SHAPE: &str = "correct the output section of its manifest, or write one (docs/foreign-models.md)";
const NOT_FINITE: &str = "look at that picture: where it is rightly so (all of one value, say), leave it out, or export the graph with a \
                          guard against dividing by zero";
const OUT_OF_RANGE: &str = "correct the range in the output section of its manifest (or write one, docs/foreign-models.md): values that \
                            are not normalised have no range";

impl Wrong {
    fn shape(problem: String) -> Self {
        Self { problem, fix: OTHER_SHAPE, picture: None }
    }
}

/// Where the map of a picture lies in what a graph returns for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is all of it, (H, W).
    All,
    /// It is a channel of (C, H, W).
    First(usize),
    /// It is a channel of (H, W, C).
    Last(usize),
}

/// What the pictures that a graph takes say about its maps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pictures {
    layout: TensorLayout,
    /// Whether maps may be oblong although pictures are square: the graph brings these to a shape of its own.
    oblong: bool,
}

impl From<TensorLayout> for Pictures {
    fn from(layout: TensorLayout) -> Self {
        Self { layout, oblong: false }
    }
}

impl From<&InputSection> for Pictures {
    fn from(section: &InputSection) -> Self {
        Self { layout: section.layout, oblong: section.resize == Resize::Graph }
    }
}

/// Whether the maps of pictures, of this shape, have their channels last: pictures and with them maps are square. Where the shape
/// leaves it open, maps lie as the pictures do that the graph takes.
fn channels_last([a, b, c]: [usize; 3], layout: TensorLayout) -> bool {
    match (a == b, b == c) {
        (true, true) => layout == TensorLayout::Nhwc,
        (false, false) if (a == 1) != (c == 1) => c == 1,
        (false, false) => layout == TensorLayout::Nhwc,
        (one, _) => one,
    }
}

/// Finds the map in what is returned for `batch` pictures, and its height and width, or tells what is wrong with the shape.
fn find(
    shape: &[usize],
    batch: usize,
    section: &OutputSection,
    pictures: impl Into<Pictures>,
) -> Result<(Place, [usize; 2]), Wrong> {
    let Pictures { layout, oblong } = pictures.into();
    let name = &section.map;
    let wrong = |words: &str| Wrong::shape(format!("returns {name:?} of shape {shape:?}{words}"));
    if shape.first() != Some(&batch) {
        return Err(wrong(&format!(" for {}", counted(batch, "picture", "pictures"))));
    }
    let (channels, last, side) = match shape[1..] {
        [h, w] => (None, false, [h, w]),
        [a, b, c] if channels_last([a, b, c], layout) => (Some(c), true, [a, b]),
        [a, b, c] => (Some(a), false, [b, c]),
        _ => return Err(wrong(", neither (batch, H, W) nor (batch, C, H, W) nor (batch, H, W, C)")),
    };
    if side[0] != side[1] && !oblong {
        return Err(wrong(", in which no map is square, as the pictures are"));
    }
    if side[0] != side[1] && side.contains(&1) {
        return Err(wrong(", in which the maps are lines"));
    }
    let place = match (channels, section.channel) {
        (None, None) => return Ok((Place::All, side)),
        (Some(1), None) => 0,
        (Some(_), None) => {
            return Err(wrong(", with several channels; output.channel must say which"));
        }
        (channels, Some(channel)) if channel < channels.unwrap_or(0) => channel,
        (_, Some(channel)) => return Err(wrong(&format!(", which has no channel {channel}"))),
    };
    Ok((if last { Place::Last(place) } else { Place::First(place) }, side))
}

/// The height and width of the maps that lie in an output of this shape, or what is wrong with it.
pub(super) fn grid(
    shape: &[usize],
    batch: usize,
    section: &OutputSection,
    pictures: impl Into<Pictures>,
) -> Result<(usize, usize), Wrong> {
    find(shape, batch, section, pictures).map(|(_, [height, width])| (height, width))
}

/// Converts an output to the anomaly maps of a batch, or tells what is wrong with it. `pictures` are those that the graph takes.
pub(super) fn maps(
    output: ArrayViewD<f32>,
    batch: usize,
    section: &OutputSection,
    pictures: impl Into<Pictures>,
) -> Result<Vec<Map>, Wrong> {
    let (place, side) = find(output.shape(), batch, section, pictures)?;
    let planes = match place {
        Place::All => output,
        Place::First(channel) => output.index_axis_move(Axis(1), channel),
        Place::Last(channel) => output.index_axis_move(Axis(3), channel),
    };
    let bring_all = |(picture, plane): (usize, ArrayViewD<f32>)| {
        let values = plane.iter().map(|&value| bring(value, section.range, section.polarity));
        let values: Result<Vec<f32>, _> = values.collect();
        let values = values.map_err(|bad| bad.of(&section.map, "output.range", picture))?;
        Map::from_shape_vec(side, values).map_err(|error| Wrong::shape(error.to_string()))
    };
    planes.outer_iter().enumerate().map(bring_all).collect()
}

/// Whether scores of this shape are one for each picture of the batch, else what is wrong with them.
pub(super) fn are_scores(shape: &[usize], batch: usize, name: &str) -> Result<(), Wrong> {
    if shape.iter().product::<usize>() == batch {
        return Ok(());
    }
    Err(Wrong::shape(format!(
        "returns {name:?} of shape {shape:?} for {}",
        counted(batch, "picture", "pictures")
    )))
}

/// Converts an output to the image scores of a batch, or tells what is wrong with it.
pub(super) fn scores(
    output: &ArrayD<f32>,
    batch: usize,
    name: &str,
    section: &OutputSection,
) -> Result<Vec<f32>, Wrong> {
    are_scores(output.shape(), batch, name)?;
    let bring = |(picture, &value)| {
        let brought = bring(value, section.score_range, section.polarity);
        brought.map_err(|bad: Bad| bad.of(name, "output.score_range", picture))
    };
    output.iter().enumerate().map(bring).collect()
}

/// A value that is no score.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    NotFinite,
    OutOfRange(f32, [f32; 2]),
}

impl Bad {
    fn of(self, name: &str, setting: &str, picture: usize) -> Wrong {
        let (problem, fix) = match self {
            Self::NotFinite => (format!("returns values that are not finite in {name:?}"), NOT_FINITE),
            Self::OutOfRange(value, [low, high]) => {
                let problem =
                    format!("returns {value:?}, outside {low:?} to {high:?}, in {name:?} ({setting})");
                (problem, OUT_OF_RANGE)
            }
        };
        Wrong { problem, fix, picture: Some(picture) }
    }
}

/// Converts a value to an anomaly score: into [0, 1] where there is a range, and the right way up.
fn bring(value: f32, range: Option<[f32; 2]>, polarity: Polarity) -> Result<f32, Bad> {
    if !value.is_finite() {
        return Err(Bad::NotFinite);
    }
    let value = match range {
        None => return Ok(if polarity == Polarity::Anomalous { value } else { -value }),
        Some([low, high]) => {
            let share = (value - low) / (high - low);
            if !(-TOLERANCE..=1.0 + TOLERANCE).contains(&share) {
                return Err(Bad::OutOfRange(value, [low, high]));
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
        let flat = three.into_shape_with_order(vec![2, 9]).unwrap();
        assert!(maps(flat.view(), 2, &output(), NCHW).unwrap_err().problem.contains("neither"));
        let column = flat.insert_axis(Axis(2));
        assert!(
            maps(column.view(), 2, &output(), NCHW).unwrap_err().problem.contains("square"),
            "a flat map"
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
        assert!(channels_last([3, 3, 3], Nhwc) && !channels_last([3, 3, 3], Nchw));
        assert!(!channels_last([2, 1, 1], Nchw), "two channels of one cell");
        assert!(channels_last([1, 1, 2], Nchw), "the same the other way round");
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
        let outside = bring(6.0, Some([1.0, 5.0]), high).unwrap_err().of("m", "output.range", 2);
        assert!(
            outside.problem.contains("6.0, outside 1.0 to 5.0") && outside.fix.contains("range"),
            "{outside:?}"
        );
        let none = bring(f32::NAN, None, high).unwrap_err().of("m", "output.range", 2);
        assert!(none.fix.contains("picture") && !none.fix.contains("range"), "{none:?}");
    }
}
