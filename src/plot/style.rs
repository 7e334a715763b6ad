//! Colours, sizes and fonts of all figures.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef};
use plotters::style::{FontStyle, RGBColor, register_font};

use crate::types::{Attack, Axis};

/// The palette of Okabe and Ito, told apart by colour-blind readers too; its yellow is left out, being too pale for lines.
pub const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(110, 110, 110),
];

/// Colour of text, axes and means.
pub const INK: RGBColor = RGBColor(20, 20, 20);
/// Colour of grid lines.
pub const GRID: RGBColor = RGBColor(222, 222, 222);
/// Colour of pixels that no map covers.
pub const NOTHING: [f32; 3] = [0.88, 0.88, 0.88];

/// Width of a usual figure in lengths of its layout, the pixels of its PNG.
pub const WIDTH: u32 = 1600;
/// Height of a usual figure of one row of panels.
pub const HEIGHT: u32 = 1000;
/// Width of the empty border of a figure.
pub const MARGIN: i32 = 24;

/// Size of a figure's title.
pub const TITLE: u32 = 44;
/// Size of headings.
pub const LABEL: u32 = 32;
/// Size of axis titles.
pub const AXIS: u32 = 30;
/// Size of ticks and small labels.
pub const TICK: u32 = 26;

/// Width of a line that must stand out.
pub const BOLD: u32 = 6;
/// Width of ordinary lines.
pub const THIN: u32 = 3;

/// Colour of an attack, the same in every figure.
pub fn attack_colour(attack: Attack) -> RGBColor {
    match attack {
        Attack::Clean => PALETTE[6],
        Attack::Single(axis) => axis_colour(axis),
        Attack::Pair(pair) => axis_colour(pair.axes()[0]),
        Attack::Joint => PALETTE[1],
    }
}

/// Colour of an axis: of Okabe and Ito for the paper's three, of Paul Tol's muted scheme for the next nine, and others that differ
/// from them for the rest.
pub fn axis_colour(axis: Axis) -> RGBColor {
    match axis {
        Axis::Angle => PALETTE[0],
        Axis::Hue => PALETTE[4],
        Axis::Saturation => PALETTE[2],
        Axis::Scale => RGBColor(51, 34, 136),
        Axis::TranslateX => RGBColor(136, 204, 238),
        Axis::TranslateY => RGBColor(68, 170, 153),
        Axis::Temperature => RGBColor(204, 102, 119),
        Axis::Blur => RGBColor(136, 34, 85),
        Axis::Brightness => RGBColor(221, 204, 119),
        Axis::Contrast => RGBColor(153, 153, 51),
        Axis::Gamma => RGBColor(17, 119, 51),
        Axis::Jpeg => RGBColor(170, 68, 153),
        Axis::TiltX => RGBColor(102, 153, 204),
        Axis::TiltY => RGBColor(0, 119, 119),
        Axis::Tint => RGBColor(94, 76, 162),
        Axis::LightX => RGBColor(68, 119, 170),
        Axis::LightY => RGBColor(187, 119, 51),
        Axis::Glare => RGBColor(204, 187, 68),
        Axis::Vignette => RGBColor(196, 148, 206),
        Axis::Defocus => RGBColor(34, 136, 51),
        Axis::MotionX => RGBColor(102, 34, 0),
        Axis::MotionY => RGBColor(238, 153, 170),
        Axis::Exposure => RGBColor(250, 180, 110),
        Axis::Noise => RGBColor(0, 68, 136),
        Axis::Shadow => RGBColor(110, 110, 140),
        Axis::Mirror => RGBColor(150, 90, 60),
    }
}

/// Name of an attack for readers.
pub fn attack_name(attack: Attack) -> String {
    match attack {
        Attack::Clean => "clean".to_owned(),
        Attack::Single(axis) => format!("worst {axis}"),
        Attack::Pair(pair) => {
            format!("worst {pair} ({} together)", pair.axes().map(Axis::name).join(" and "))
        }
        Attack::Joint => "worst joint (all parameters together)".to_owned(),
    }
}

/// Noun for what an axis changes, for titles.
pub fn axis_noun(axis: Axis) -> &'static str {
    match axis {
        Axis::Angle => "angle",
        Axis::Hue => "hue shift",
        Axis::Saturation => "saturation shift",
        Axis::Scale => "zoom",
        Axis::TranslateX => "shift to the right",
        Axis::TranslateY => "shift downwards",
        Axis::Temperature => "colour temperature",
        Axis::Blur => "blur",
        Axis::Brightness => "brightness shift",
        Axis::Contrast => "contrast",
        Axis::Gamma => "gamma",
        Axis::Jpeg => "JPEG loss",
        Axis::TiltX => "tilt about the horizontal",
        Axis::TiltY => "tilt about the vertical",
        Axis::Tint => "tint of the light",
        Axis::LightX => "uneven light across",
        Axis::LightY => "uneven light down",
        Axis::Glare => "glare",
        Axis::Vignette => "vignetting",
        Axis::Defocus => "defocus",
        Axis::MotionX => "motion to the right",
        Axis::MotionY => "motion downwards",
        Axis::Exposure => "exposure",
        Axis::Noise => "noise",
        Axis::Shadow => "shade",
        Axis::Mirror => "mirror image",
    }
}

/// Noun for what an axis changes ([`axis_noun`]), with the unit.
pub fn axis_name(axis: Axis) -> String {
    let unit = match axis {
        Axis::Angle => "degrees, clockwise",
        Axis::Hue => "rad",
        Axis::Blur => "sigma in pixels",
        Axis::Scale | Axis::Contrast | Axis::Gamma => "factor",
        Axis::Mirror => "1 left-right, 2 upside down, 3 both",
        other => other.unit(),
    };
    // The sign must be plain.
    let noun = if axis == Axis::Temperature { "warmth of the light" } else { axis_noun(axis) };
    if unit.is_empty() { noun.to_owned() } else { format!("{noun} ({unit})") }
}

/// A value of an axis with its unit, for a tile.
pub fn axis_value(axis: Axis, value: f64) -> String {
    // No "-0".
    let value = if value == 0.0 { 0.0 } else { value };
    match axis {
        Axis::Angle => format!("{value:.0}\u{b0}"),
        Axis::TiltX | Axis::TiltY => format!("{value:.1}\u{b0}"),
        Axis::Hue => format!("{value:.2} rad"),
        Axis::Saturation | Axis::Brightness | Axis::Glare => format!("{value:.2}"),
        Axis::Scale | Axis::Contrast => format!("x {:.2}", value.exp2()),
        Axis::TranslateX | Axis::TranslateY => format!("{:.1} %", 100.0 * value),
        Axis::Temperature => format!("{value:.0} mired"),
        Axis::Blur | Axis::Defocus | Axis::MotionX | Axis::MotionY => format!("{value:.2} px"),
        Axis::Tint | Axis::LightX | Axis::LightY | Axis::Vignette | Axis::Exposure | Axis::Shadow => {
            format!("{value:+.2} stops")
        }
        Axis::Noise => format!("{value:.1} levels"),
        Axis::Gamma => format!("{:.2}", value.exp2()),
        Axis::Jpeg if value == 0.0 => "none".to_owned(),
        Axis::Jpeg => format!("quality {:.0}", 100.0 - value),
        Axis::Mirror => axis.value_name(value).unwrap_or_default().to_owned(),
    }
}

/// A number of samples in words, from the fewest to the most where there are several.
pub fn counted(numbers: impl IntoIterator<Item = usize>) -> String {
    let numbers: BTreeSet<usize> = numbers.into_iter().collect();
    match (numbers.first(), numbers.last()) {
        (Some(1), Some(1)) => "1 sample".to_owned(),
        (Some(fewest), Some(most)) if fewest < most => format!("{fewest} to {most} samples"),
        (_, most) => format!("{} samples", most.copied().unwrap_or(0)),
    }
}

/// Size of the compiled-in font as documents have it, the side of its em square, for a height as plotters has it.
pub fn em(height: f64) -> f64 {
    static SHARE: OnceLock<f64> = OnceLock::new();
    let share = || {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok()?;
        Some(f64::from(font.units_per_em()? / font.height_unscaled()))
    };
    height * SHARE.get_or_init(|| share().unwrap_or(1.0))
}

/// Name of the compiled-in font; registers it on first use.
pub fn font() -> &'static str {
    static FONT: OnceLock<&'static str> = OnceLock::new();
    FONT.get_or_init(|| {
        // An unreadable font would show in every test of this room; there is no other one to fall back to.
        for style in [FontStyle::Normal, FontStyle::Bold] {
            let _ = register_font("askance", style, epaint_default_fonts::UBUNTU_LIGHT);
        }
        "askance"
    })
}
