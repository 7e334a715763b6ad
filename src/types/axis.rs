//! The parameters of a perturbation.

use super::{Interval, by_name};

/// One parameter of a [`Perturbation`](super::Perturbation). 0 is the unchanged picture on every axis.
///
/// `docs/perturbations.md` has the formulas, their sources and the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Axis {
    /// Rotation about the centre, degrees; positive is clockwise as seen on the screen.
    Angle,
    /// Shift of the hue of every pixel, in radians on a circle of 2 pi.
    Hue,
    /// Shift of the HSV saturation of every pixel, which is then clipped to [0, 1].
    Saturation,
    /// Zoom about the centre, log2 of the factor; positive shows things larger.
    Scale,
    /// Shift to the right, in widths of the picture.
    TranslateX,
    /// Shift downwards, in heights of the picture.
    TranslateY,
    /// Colour temperature of the light, in mired from 6500 K; positive is warmer.
    Temperature,
    /// Standard deviation of a Gaussian blur, in pixels of the model's input.
    Blur,
    /// Shift of the brightness: a part of full scale added to every channel.
    Brightness,
    /// Contrast about the mean luma, log2 of the factor.
    Contrast,
    /// Gamma: log2 of the exponent of a tone curve; positive darkens the middle tones.
    Gamma,
    /// JPEG compression: 100 less the quality; 0 is no JPEG at all.
    Jpeg,
    /// Tilt about the horizontal through the centre, degrees; positive takes the lower edge away from the camera.
    TiltX,
    /// Tilt about the vertical through the centre, degrees; positive takes the right edge away from the camera.
    TiltY,
    /// Colour of the light between green and magenta, in stops of red and blue against green; positive is magenta.
    Tint,
    /// Uneven light across the picture, in stops from its centre to its right edge.
    LightX,
    /// Uneven light down the picture, in stops from its centre to its lower edge.
    LightY,
    /// A glare in the middle of the picture: light added at its peak, in parts of white.
    Glare,
    /// Vignetting: stops lost in the corners of the picture; negative is a brighter rim.
    Vignette,
    /// Radius of the blur of a lens out of focus, in pixels of the model's input.
    Defocus,
    /// How far the part moves to the right during the exposure, in pixels of the model's input.
    MotionX,
    /// How far the part moves downwards during the exposure, in pixels of the model's input.
    MotionY,
    /// Exposure, in stops; positive is brighter.
    Exposure,
    /// Noise of the sensor: standard deviation at mid grey (sRGB 0.5), in levels of 255.
    Noise,
    /// The border of a shade across the picture: stops that the lower right of it loses.
    Shadow,
    /// Mirror images of the part: 0 as it is, 1 left and right exchanged, 2 upside down, 3 both.
    Mirror,
}

/// The constants of an axis.
struct Facts {
    name: &'static str,
    column: &'static str,
    unit: &'static str,
    bounds: Interval,
    limits: Interval,
}

impl Axis {
    /// Number of axes.
    pub const COUNT: usize = 26;

    /// All axes in the order of files: the paper's three, then nine and twelve more, each in the order in which they are applied, and
    /// what came later.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Angle,
        Self::Hue,
        Self::Saturation,
        Self::Scale,
        Self::TranslateX,
        Self::TranslateY,
        Self::Temperature,
        Self::Blur,
        Self::Brightness,
        Self::Contrast,
        Self::Gamma,
        Self::Jpeg,
        Self::TiltX,
        Self::TiltY,
        Self::Tint,
        Self::LightX,
        Self::LightY,
        Self::Glare,
        Self::Vignette,
        Self::Defocus,
        Self::MotionX,
        Self::MotionY,
        Self::Exposure,
        Self::Noise,
        Self::Shadow,
        Self::Mirror,
    ];

    /// The three semantic parameters of arXiv 2405.07969.
    pub const PAPER: [Self; 3] = [Self::Angle, Self::Hue, Self::Saturation];

    /// Columns of all axes in files, in order (see [`Self::column`]).
    pub const COLUMNS: [&'static str; Self::COUNT] = {
        let mut columns = [""; Self::COUNT];
        let mut axis = 0;
        while axis < Self::COUNT {
            columns[axis] = Self::ALL[axis].column();
            axis += 1;
        }
        columns
    };

    /// Columns of all axes for what was chosen by AUPRO, in order.
    pub const AUPRO_COLUMNS: [&'static str; Self::COUNT] = [
        "aupro_angle_deg",
        "aupro_hue_rad",
        "aupro_saturation",
        "aupro_scale_log2",
        "aupro_translate_x",
        "aupro_translate_y",
        "aupro_temperature_mired",
        "aupro_blur_px",
        "aupro_brightness",
        "aupro_contrast_log2",
        "aupro_gamma_log2",
        "aupro_jpeg_loss",
        "aupro_tilt_x_deg",
        "aupro_tilt_y_deg",
        "aupro_tint_stops",
        "aupro_light_x_stops",
        "aupro_light_y_stops",
        "aupro_glare",
        "aupro_vignette_stops",
        "aupro_defocus_px",
        "aupro_motion_x_px",
        "aupro_motion_y_px",
        "aupro_exposure_stops",
        "aupro_noise_levels",
        "aupro_shadow_stops",
        "aupro_mirror",
    ];

    const fn facts(self) -> Facts {
        const fn facts(
            name: &'static str,
            column: &'static str,
            unit: &'static str,
            (low, high): (f64, f64),
            limits: (f64, f64),
        ) -> Facts {
            Facts {
                name,
                column,
                unit,
                bounds: Interval { low, high },
                limits: Interval { low: limits.0, high: limits.1 },
            }
        }
        use std::f64::consts::{PI, TAU};
        match self {
            Self::Angle => facts("angle", "angle_deg", "degrees", (-90.0, 90.0), (-360.0, 360.0)),
            Self::Hue => facts("hue", "hue_rad", "radians", (-PI, PI), (-TAU, TAU)),
            Self::Saturation => facts("saturation", "saturation", "", (-0.5, 0.5), (-1.0, 1.0)),
            Self::Scale => facts("scale", "scale_log2", "log2 of the factor", (-0.2, 0.2), (-2.0, 2.0)),
            Self::TranslateX => facts("translate-x", "translate_x", "widths", (-0.1, 0.1), (-1.0, 1.0)),
            Self::TranslateY => facts("translate-y", "translate_y", "heights", (-0.1, 0.1), (-1.0, 1.0)),
            Self::Temperature => {
                facts("temperature", "temperature_mired", "mired", (-50.0, 50.0), (-110.0, 440.0))
            }
            Self::Blur => facts("blur", "blur_px", "pixels", (0.0, 2.0), (0.0, 20.0)),
            Self::Brightness => facts("brightness", "brightness", "", (-0.2, 0.2), (-1.0, 1.0)),
            Self::Contrast => {
                facts("contrast", "contrast_log2", "log2 of the factor", (-0.5, 0.5), (-4.0, 4.0))
            }
            Self::Gamma => facts("gamma", "gamma_log2", "log2 of the exponent", (-0.5, 0.5), (-4.0, 4.0)),
            Self::Jpeg => facts("jpeg", "jpeg_loss", "100 - quality", (0.0, 50.0), (0.0, 99.0)),
            Self::TiltX => facts("tilt-x", "tilt_x_deg", "degrees", (-5.0, 5.0), (-40.0, 40.0)),
            Self::TiltY => facts("tilt-y", "tilt_y_deg", "degrees", (-5.0, 5.0), (-40.0, 40.0)),
            Self::Tint => facts("tint", "tint_stops", "stops", (-0.2, 0.2), (-2.0, 2.0)),
            Self::LightX => facts("light-x", "light_x_stops", "stops", (-0.5, 0.5), (-3.0, 3.0)),
            Self::LightY => facts("light-y", "light_y_stops", "stops", (-0.5, 0.5), (-3.0, 3.0)),
            Self::Glare => facts("glare", "glare", "", (0.0, 1.0), (0.0, 4.0)),
            Self::Vignette => facts("vignette", "vignette_stops", "stops", (-0.5, 1.0), (-4.0, 4.0)),
            Self::Defocus => facts("defocus", "defocus_px", "pixels", (0.0, 6.0), (0.0, 20.0)),
            Self::MotionX => facts("motion-x", "motion_x_px", "pixels", (0.0, 8.0), (-40.0, 40.0)),
            Self::MotionY => facts("motion-y", "motion_y_px", "pixels", (0.0, 8.0), (0.0, 40.0)),
            Self::Exposure => facts("exposure", "exposure_stops", "stops", (-1.0, 1.0), (-4.0, 4.0)),
            Self::Noise => facts("noise", "noise_levels", "levels of 255", (0.0, 10.0), (0.0, 64.0)),
            Self::Shadow => facts("shadow", "shadow_stops", "stops", (0.0, 2.0), (0.0, 6.0)),
            Self::Mirror => facts("mirror", "mirror", "", (0.0, 3.0), (0.0, 3.0)),
        }
    }

    /// Name of the axis in files and settings.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Name of the axis's column in files: its name, with the unit where there is one.
    pub const fn column(self) -> &'static str {
        self.facts().column
    }

    /// Unit of the axis for readers; empty for a number without one.
    pub const fn unit(self) -> &'static str {
        self.facts().unit
    }

    /// Default bounds of the axis: the paper's, or for the other axes what an inspection line may see without
    /// a fault of its own (`docs/perturbations.md`).
    pub const fn default_bounds(self) -> Interval {
        self.facts().bounds
    }

    /// The widest bounds that the axis allows.
    pub const fn limits(self) -> Interval {
        self.facts().limits
    }

    /// Whether the axis moves pixels rather than changes their colours. A loss is rough along a geometric
    /// axis: every step shifts the picture against the model's patches.
    pub const fn is_geometric(self) -> bool {
        matches!(
            self,
            Self::Angle
                | Self::Scale
                | Self::TranslateX
                | Self::TranslateY
                | Self::TiltX
                | Self::TiltY
                | Self::Mirror
        )
    }

    /// Whether the values of the axis are a list, numbered from 0, rather than an interval.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Mirror)
    }

    /// The name of a value of a list; none of what is no list, or no value of it.
    pub fn value_name(self, value: f64) -> Option<&'static str> {
        const MIRROR: [&str; 4] = ["as it is", "left-right", "upside down", "half turn"];
        let place = (self.is_list() && value.fract() == 0.0 && value >= 0.0).then_some(value as usize)?;
        MIRROR.get(place).copied()
    }

    /// Length of a full turn, for an axis that is a circle.
    pub const fn full_turn(self) -> Option<f64> {
        match self {
            Self::Angle => Some(360.0),
            Self::Hue => Some(std::f64::consts::TAU),
            _ => None,
        }
    }
}

by_name!(Axis, "an axis");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_agree_with_serde() {
        for (index, axis) in Axis::ALL.into_iter().enumerate() {
            assert_eq!(axis as usize, index);
            assert_eq!(axis.name().parse::<Axis>().unwrap(), axis);
            assert_eq!(serde_json::to_value(axis).unwrap(), axis.name());
        }
        let error = "zoom".parse::<Axis>().unwrap_err();
        assert!(error.fix.contains("translate-x"), "{error}");
    }

    #[test]
    fn every_axis_has_zero_within_its_bounds_within_its_limits() {
        for axis in Axis::ALL {
            let (bounds, limits) = (axis.default_bounds(), axis.limits());
            assert!(limits.low <= bounds.low && bounds.low <= 0.0, "{axis}");
            assert!(0.0 < bounds.high && bounds.high <= limits.high, "{axis}");
        }
    }
}
