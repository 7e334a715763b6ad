//! Pixels of a model's input in pixels of the camera.

use std::collections::BTreeMap;

use crate::record::{ModelInfo, RunInfo};
use crate::types::{Axis, Fitting, Interval};

/// How many pixels of the camera a pixel of a model's input stands for, by model and category.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CameraScales(BTreeMap<(String, String), Scale>);

/// Pixels of the camera in one of the model's input: down and across.
type Scale = (f64, f64);

impl CameraScales {
    /// The scales of a run, as far as its record tells the sizes of pictures and of the models' inputs.
    pub fn of_run(info: &RunInfo) -> Self {
        let Ok(fit) = info.fit() else { return Self::default() };
        Self::of(&info.models, &info.dataset.pictures, fit)
    }

    /// The scales of models on pictures of these heights and widths, by category.
    fn of(models: &[ModelInfo], pictures: &BTreeMap<String, [usize; 2]>, fit: Fitting) -> Self {
        let of = |model: &ModelInfo, category: &String, &[height, width]: &[usize; 2]| {
            let scale = camera_scale((height, width), fit.canvas((height, width), model.input_size?)?)?;
            Some(((model.name.clone(), category.clone()), scale))
        };
        let all = models
            .iter()
            .flat_map(|model| pictures.iter().filter_map(move |(category, size)| of(model, category, size)));
        Self(all.collect())
    }

    /// The scales of several runs, of which no two have a model of one name.
    pub(super) fn of_runs<'r>(infos: impl IntoIterator<Item = &'r RunInfo>) -> Self {
        Self(infos.into_iter().flat_map(|info| Self::of_run(info).0).collect())
    }

    /// A span of an axis in pixels, or of its noise, at the camera, rounded towards no change, with both ends where it is on both sides of 0;
    /// `None` for another axis, or where nothing is known or the categories differ.
    pub(super) fn told(
        &self,
        model: &str,
        categories: &[&str],
        axis: Axis,
        (span, two_sided): (Interval, bool),
    ) -> Option<String> {
        let scale = |category: &&str| self.0.get(&(model.to_owned(), (*category).to_owned())).copied();
        let (down, across) = scale(categories.first()?)?;
        if categories.iter().any(|category| scale(category) != Some((down, across))) {
            return None;
        }
        let less = |value: f64| ((10.0 * value * (1.0 + 1e-12)).trunc() / 10.0).abs();
        let along = |scale: f64| {
            let [low, high] = [span.low, span.high].map(|end| less(end * scale));
            if two_sided { format!("-{low:.1} to {high:.1}") } else { format!("up to {high:.1}") }
        };
        Some(match axis {
            Axis::MotionX => format!("{} pixels of the camera", along(across)),
            Axis::MotionY => format!("{} pixels of the camera", along(down)),
            Axis::Blur | Axis::Defocus => {
                let [wide, high] = [across, down].map(|scale| less(span.high * scale));
                format!("up to {wide:.1} x {high:.1} pixels of the camera, width x height")
            }
            Axis::Noise => {
                let levels = noise(span.high, (down, across)).floor();
                format!("up to {levels:.0} levels at each pixel of the camera")
            }
            _ => return None,
        })
    }
}

/// Pixels of the camera, down and across, in a pixel of a canvas, given height and width of both; `None` where pictures are not made smaller.
pub fn camera_scale(picture: (usize, usize), canvas: (usize, usize)) -> Option<Scale> {
    let scale @ (down, across) = (picture.0 as f64 / canvas.0 as f64, picture.1 as f64 / canvas.1 as f64);
    (down.max(across) > 1.0).then_some(scale)
}

/// A value in pixels, or levels, of the model's input and what that is at the camera; `None` for another axis.
pub fn at_the_camera(axis: Axis, value: f64, (down, across): Scale) -> Option<String> {
    Some(match axis {
        Axis::MotionX => format!("{axis} {value} is {:.1}", value * across),
        Axis::MotionY => format!("{axis} {value} is {:.1}", value * down),
        Axis::Noise => {
            format!("{axis} {value} is that of {:.0} levels at each of them", noise(value, (down, across)))
        }
        Axis::Blur | Axis::Defocus => {
            format!("{axis} {value} is {:.1} x {:.1}", value * across, value * down)
        }
        _ => return None,
    })
}

/// The noise of a pixel of the camera, independent from pixel to pixel, that leaves so much in the model's: the mean over so many pixels has a
/// part of their deviation.
fn noise(value: f64, (down, across): Scale) -> f64 {
    value * (down * across).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Fit;

    #[test]
    fn pixels_of_the_model_are_told_as_those_of_the_camera() {
        let told = |axis, value| at_the_camera(axis, value, (4.0, 9.0)).unwrap();
        assert_eq!(told(Axis::MotionX, 8.0), "motion-x 8 is 72.0");
        assert_eq!(told(Axis::MotionY, 8.0), "motion-y 8 is 32.0");
        assert_eq!(told(Axis::Defocus, 6.0), "defocus 6 is 54.0 x 24.0");
        assert_eq!(told(Axis::Noise, 10.0), "noise 10 is that of 60 levels at each of them");
        assert_eq!(at_the_camera(Axis::Angle, 10.0, (4.0, 9.0)), None);
    }

    #[test]
    fn spans_are_those_of_the_model_and_the_category_and_never_say_more_than_was_seen() {
        let model =
            |name: &str, side| ModelInfo { name: name.into(), input_size: side, ..ModelInfo::default() };
        let pictures =
            [("nut", [400, 900]), ("tiny", [50, 50])].map(|(name, size)| (name.to_owned(), size)).into();
        let models = [model("m", Some(100)), model("old", None)];
        let scales = CameraScales::of(&models, &pictures, Fitting::of(Fit::Squeeze));
        let told = |axis, low, high| scales.told("m", &["nut"], axis, (Interval { low, high }, low < 0.0));
        assert_eq!(told(Axis::MotionX, -3.019, 1.299).unwrap(), "-27.1 to 11.6 pixels of the camera");
        assert_eq!(told(Axis::MotionY, 0.0, 1.5).unwrap(), "up to 6.0 pixels of the camera");
        let blurred = "up to 11.1 x 4.9 pixels of the camera, width x height";
        assert_eq!(told(Axis::Blur, 0.0, 1.239).unwrap(), blurred);
        assert_eq!(told(Axis::Noise, 0.0, 1.99).unwrap(), "up to 11 levels at each pixel of the camera");
        assert_eq!(told(Axis::Exposure, -1.0, 1.0), None);
        let blurred = |scales: &CameraScales, model, categories: &[&str]| {
            scales.told(model, categories, Axis::Blur, (Interval { low: 0.0, high: 1.0 }, false))
        };
        for (model, category) in [("old", "nut"), ("m", "tiny"), ("m", "bolt")] {
            assert_eq!(blurred(&scales, model, &[category]), None, "{model} {category}");
        }
        assert_eq!(blurred(&scales, "m", &["nut", "tiny"]), None, "their scales differ");
        let padded = CameraScales::of(&models, &pictures, Fitting::of(Fit::Pad));
        let wide = "up to 9.0 x 9.0 pixels of the camera, width x height";
        assert_eq!(blurred(&padded, "m", &["nut"]).unwrap(), wide);
    }
}
