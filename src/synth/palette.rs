//! Natural colours of parts: warm browns, beiges, greys, steel, off-white, brick red. Display (gamma) values.

use super::dice::Dice;
use super::shape::lerp;

/// A colour in display values, each in [0, 1].
pub(super) type Rgb = [f32; 3];

/// A named colour.
pub(super) type Tone = (&'static str, [u8; 3]);

pub(super) const STEEL: &[Tone] = &[
    ("steel", [150, 154, 160]),
    ("grey steel", [128, 132, 138]),
    ("bright steel", [182, 184, 186]),
    ("dark steel", [88, 92, 98]),
    ("blue-grey", [112, 122, 134]),
];
pub(super) const BRASS: &[Tone] =
    &[("brass", [176, 142, 84]), ("bronze", [136, 102, 66]), ("copper", [168, 104, 74])];
pub(super) const BROWN: &[Tone] = &[
    ("brown", [122, 84, 54]),
    ("light brown", [164, 122, 82]),
    ("dark brown", [80, 54, 38]),
    ("tan", [186, 146, 102]),
    ("reddish brown", [128, 70, 48]),
];
pub(super) const WOOD: &[Tone] = &[
    ("pale", [206, 172, 126]),
    ("honey", [188, 138, 82]),
    ("brown", [142, 98, 62]),
    ("dark", [98, 66, 44]),
    ("reddish", [152, 90, 58]),
];
pub(super) const BEIGE: &[Tone] = &[
    ("beige", [206, 188, 160]),
    ("cream", [226, 214, 190]),
    ("sand-coloured", [194, 168, 132]),
    ("off-white", [230, 226, 216]),
    ("ochre", [184, 148, 96]),
];
pub(super) const GREY: &[Tone] = &[
    ("grey", [138, 136, 134]),
    ("light grey", [182, 180, 176]),
    ("dark grey", [78, 78, 80]),
    ("anthracite", [56, 58, 62]),
    ("warm grey", [150, 142, 132]),
];
pub(super) const RED: &[Tone] =
    &[("brick red", [158, 82, 62]), ("dark red", [120, 54, 46]), ("terracotta", [184, 108, 78])];
pub(super) const BLUE: &[Tone] =
    &[("blue-grey", [98, 114, 136]), ("dark blue", [52, 66, 96]), ("slate blue", [82, 96, 122])];
pub(super) const WHITE: &[Tone] = &[
    ("white", [236, 234, 230]),
    ("off-white", [228, 222, 210]),
    ("ivory", [232, 222, 196]),
    ("pale grey", [206, 206, 204]),
];
pub(super) const BLACK: &[Tone] =
    &[("black", [44, 44, 46]), ("dark grey", [66, 66, 68]), ("charcoal", [54, 52, 52])];

/// A random tone of one of several families, slightly varied: its name and value.
pub(super) fn tone(dice: &mut Dice, families: &[&[Tone]]) -> (&'static str, Rgb) {
    let family = *dice.pick(families);
    let &(name, [r, g, b]) = dice.pick(family);
    (name, vary(dice, [r, g, b].map(|v| f32::from(v) / 255.0), 0.12, 0.02))
}

/// The colour with its brightness scaled by up to `brightness` and each channel moved by up to `cast`.
pub(super) fn vary(dice: &mut Dice, colour: Rgb, brightness: f32, cast: f32) -> Rgb {
    let k = 1.0 + dice.range(-brightness, brightness);
    // relative to the colour's brightness, or dark greys would become coloured
    let cast = cast * (0.25 + luma(colour));
    colour.map(|v| (v * k + dice.range(-cast, cast)).clamp(0.03, 0.96))
}

pub(super) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [lerp(a[0], b[0], t), lerp(a[1], b[1], t), lerp(a[2], b[2], t)]
}

pub(super) fn scale(colour: Rgb, k: f32) -> Rgb {
    colour.map(|v| v * k)
}

pub(super) fn multiply(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// Perceived brightness of a colour, in [0, 1].
pub(super) fn luma(colour: Rgb) -> f32 {
    0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
}
