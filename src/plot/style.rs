//! Colours, sizes and fonts of all figures.

use std::sync::OnceLock;

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

/// Text, axes and means.
pub const INK: RGBColor = RGBColor(20, 20, 20);
/// Grid lines.
pub const GRID: RGBColor = RGBColor(222, 222, 222);
/// Pixels that no map covers.
pub const NOTHING: [f32; 3] = [0.88, 0.88, 0.88];

/// Width of every figure in pixels.
pub const WIDTH: u32 = 1600;
/// Height of a figure of one row of panels.
pub const HEIGHT: u32 = 1000;
/// Empty border of a figure.
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
/// Width of the other lines.
pub const THIN: u32 = 3;

/// Colour of an attack, the same in every figure.
pub fn attack_colour(attack: Attack) -> RGBColor {
    match attack {
        Attack::Clean => PALETTE[6],
        Attack::Angle => PALETTE[0],
        Attack::Hue => PALETTE[4],
        Attack::Saturation => PALETTE[2],
        Attack::Joint => PALETTE[1],
    }
}

/// Name of an attack for readers.
pub fn attack_name(attack: Attack) -> &'static str {
    match attack {
        Attack::Clean => "clean",
        Attack::Angle => "worst angle",
        Attack::Hue => "worst hue",
        Attack::Saturation => "worst saturation",
        Attack::Joint => "worst of all three",
    }
}

/// Name of an axis with its unit.
pub fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Angle => "angle (degrees, clockwise)",
        Axis::Hue => "hue shift (rad)",
        Axis::Saturation => "saturation shift",
    }
}

/// A value of an axis with its unit, for a tile.
pub fn axis_value(axis: Axis, value: f64) -> String {
    // No "-0".
    let value = if value == 0.0 { 0.0 } else { value };
    match axis {
        Axis::Angle => format!("{value:.0}\u{b0}"),
        Axis::Hue => format!("{value:.2} rad"),
        Axis::Saturation => format!("{value:.2}"),
    }
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
