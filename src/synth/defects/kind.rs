//! The kinds of defects of each world, and where on a part one goes.

use super::super::dice::Dice;
use super::super::palette::Rgb;
use super::super::scene::Raster;
use super::super::shape::{V2, heading, v2};
use super::defect::{Defect, Site};
use super::{blob, marks, removal, stroke, surface};

/// One kind of defect.
pub(in super::super) struct Kind {
    pub name: &'static str,
    /// Smallest and largest size in widths of the picture.
    size: (f32, f32),
    /// Share of places chosen on the outline, for objects.
    outline: f32,
    make: fn(&mut Dice, &Site) -> Defect,
    /// Whether the kind fits textures, and whether it fits objects.
    fits: (bool, bool),
}

const fn kind(
    name: &'static str,
    size: (f32, f32),
    outline: f32,
    fits: (bool, bool),
    make: fn(&mut Dice, &Site) -> Defect,
) -> Kind {
    Kind { name, size, outline, make, fits }
}

const BOTH: (bool, bool) = (true, true);

/// Kinds of defects of the training world.
pub(in super::super) const TRAIN: &[Kind] = &[
    kind("scratch", (0.14, 0.45), 0.1, BOTH, stroke::scratch),
    kind("crack", (0.16, 0.42), 0.3, BOTH, stroke::crack),
    kind("stain", (0.10, 0.34), 0.0, BOTH, blob::stain),
    kind("chip", (0.09, 0.20), 0.7, BOTH, removal::chip),
    kind("pit", (0.08, 0.24), 0.0, BOTH, surface::pit),
    kind("bump", (0.11, 0.26), 0.0, BOTH, surface::bump),
    kind("thread", (0.16, 0.42), 0.1, BOTH, stroke::thread),
    kind("smear", (0.2, 0.44), 0.0, BOTH, blob::smear),
    kind("discoloration", (0.16, 0.38), 0.0, BOTH, blob::discoloration),
    kind("speck", (0.08, 0.24), 0.0, BOTH, marks::speck),
];

/// Kinds of defects of the test world.
pub(in super::super) const TEST: &[Kind] = &[
    kind("hole", (0.09, 0.20), 0.0, BOTH, removal::hole),
    kind("cut", (0.16, 0.40), 0.0, BOTH, removal::cut),
    kind("burn", (0.13, 0.32), 0.1, BOTH, blob::burn),
    kind("dent", (0.17, 0.34), 0.15, BOTH, surface::dent),
    kind("missing_part", (0.14, 0.30), 1.0, (false, true), removal::missing_part),
    kind("foreign_body", (0.10, 0.26), 0.1, BOTH, marks::foreign_body),
    kind("paint", (0.11, 0.30), 0.0, BOTH, blob::paint),
    kind("contamination", (0.15, 0.34), 0.0, BOTH, marks::contamination),
    kind("deformation", (0.25, 0.42), 0.0, (true, false), surface::deformation),
];

impl Kind {
    pub fn fits(&self, texture: bool) -> bool {
        if texture { self.fits.0 } else { self.fits.1 }
    }

    /// A defect of this kind on the part, or `None` where no place was found.
    pub fn place(
        &self,
        dice: &mut Dice,
        part: &Raster,
        lamp: V2,
        texture: bool,
        boost: f32,
    ) -> Option<Defect> {
        let subtle = dice.chance(0.18);
        let strength = if subtle { dice.range(0.32, 0.5) } else { dice.range(0.7, 1.0) } * boost;
        let size = dice.log_range(self.size.0, self.size.1);
        let on_outline = !texture && dice.chance(self.outline);
        let (at, outward) = spot(dice, part, on_outline)?;
        let site = Site { at, size, strength: strength.min(1.2), ground: ground(part, at), lamp, outward };
        Some((self.make)(dice, &site))
    }
}

fn cover(part: &Raster, p: V2) -> f32 {
    part.get(p).map_or(0.0, |s| s.cover)
}

/// A place on the part, or on its outline together with the outward direction.
fn spot(dice: &mut Dice, part: &Raster, outline: bool) -> Option<(V2, Option<V2>)> {
    let (high, wide) = part.format.extent();
    for _ in 0..400 {
        let p = v2(dice.range(-0.45 * wide, 0.45 * wide), dice.range(-0.45 * high, 0.45 * high));
        if cover(part, p) < 0.5 {
            continue;
        }
        if !outline {
            return Some((p, None));
        }
        let towards = heading(dice.turn());
        let step = 0.5 / part.format.unit() as f32;
        let mut q = p;
        while cover(part, q) >= 0.5 {
            q = q + towards * step;
        }
        if q.x.abs() > 0.47 * wide || q.y.abs() > 0.47 * high {
            continue;
        }
        // outward: away from where the part is
        let mut out = v2(0.0, 0.0);
        for k in 0..16 {
            let d = heading(std::f32::consts::TAU * k as f32 / 16.0);
            out = out - d * cover(part, q + d * 0.02);
        }
        let length = out.length();
        return Some((q, Some(if length > 1e-3 { out * (1.0 / length) } else { towards })));
    }
    None
}

fn ground(part: &Raster, at: V2) -> Rgb {
    let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
    for j in -4..=4 {
        for i in -4..=4 {
            if let Some(s) = part.get(at + v2(i as f32, j as f32) * 0.012) {
                count += s.cover;
                (0..3).for_each(|c| sum[c] += s.albedo[c] * s.cover);
            }
        }
    }
    sum.map(|v| v / count.max(1e-3))
}
