//! The forward transform: the part is mirrored and moved, then coloured; then come lamp, lens, sensor, camera and codec.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayView3, ArrayViewMut3};

use super::bilinear::{self, Rgbx, Source, Texel};
use super::blur::Blur;
use super::colour::Shift;
use super::geometry::{self, Geometry};
use super::linear::Linear;
use super::mirror::Mirror;
use super::planes::planes_mut;
use super::resampling::{Resampling, Rotation};
use super::shear::{self, Turns};
use super::{jpeg, noise, tone};
use crate::types::{Axis, Perturbation};

/// Applies perturbations to pictures, most quickly to square ones of one size.
///
/// A perturber holds FFT plans, the field of the noise and working memory, and can be shared between threads: each call takes its own
/// working memory from a pool, and its result depends on nothing but its arguments.
pub struct Perturber {
    resampling: Resampling,
    size: usize,
    turns: Option<Turns>,
    /// The numbers of the noise for pictures of each height and width, once they are needed.
    fields: Mutex<Fields>,
    pool: Mutex<Vec<Scratch>>,
}

/// The numbers of the noise by height and width of a picture.
type Fields = BTreeMap<(usize, usize), Arc<Vec<f32>>>;

/// Working memory of one call.
#[derive(Default)]
struct Scratch {
    texels: Vec<Rgbx>,
    row: Vec<Rgbx>,
    shear: shear::Scratch,
    plane: Vec<f32>,
    padded: Vec<f32>,
    turned: Vec<f32>,
}

impl Perturber {
    /// A perturber, for pictures of `size` x `size` pixels above all.
    ///
    /// # Panics
    /// If `size` is 0, or the glare lies outside the picture or has no size.
    pub fn new(resampling: Resampling, size: usize) -> Self {
        assert!(size > 0, "a picture must have at least one pixel");
        assert!(
            resampling.glare.validate().is_ok(),
            "a glare must lie in the picture: {:?}",
            resampling.glare
        );
        let turns = (resampling.rotation == Rotation::ThreePass).then(|| Turns::new(size));
        Self { resampling, size, turns, fields: Mutex::default(), pool: Mutex::new(Vec::new()) }
    }

    /// The resampling with which pictures are turned, and where a glare lies.
    pub fn resampling(&self) -> Resampling {
        self.resampling
    }

    /// Height and width of the pictures that it is for above all.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Writes `image` (3, height, width), RGB in [0, 1], perturbed by `p` to `out` of the same shape, which may be one slot
    /// of a batch. Values stay in [0, 1]. A part of `p` that changes nothing is skipped: identity is an exact copy.
    ///
    /// # Panics
    /// If the shapes differ or have not three channels, a value of `p` is not finite, its blur, shade, defocus or noise is negative, or its JPEG
    /// loss is beyond 0 to 99.
    pub fn apply(&self, image: ArrayView3<f32>, p: Perturbation, mut out: ArrayViewMut3<f32>) {
        let (channels, height, width) = image.dim();
        assert_eq!(channels, 3, "channels of the picture to perturb");
        assert_eq!(out.dim(), image.dim(), "shape of the slot for the perturbed picture");
        assert!(p.is_finite(), "a perturbation must be finite, but it is {p:?}");
        let image = image.as_standard_layout();
        let image = image.as_slice().expect("a picture in standard layout is contiguous");
        if let Some(out) = out.as_slice_mut() {
            self.apply_contiguous(image, (height, width), p, out);
        } else {
            let mut contiguous = vec![0.0; image.len()];
            self.apply_contiguous(image, (height, width), p, &mut contiguous);
            out.iter_mut().zip(contiguous).for_each(|(out, value)| *out = value);
        }
    }

    fn apply_contiguous(&self, image: &[f32], shape: (usize, usize), p: Perturbation, out: &mut [f32]) {
        self.place(image, shape, &p, out);
        if let Some(shift) = Shift::new(p.get(Axis::Hue), p.get(Axis::Saturation)) {
            shift.apply(planes_mut(out));
        }
        if let Some(linear) = Linear::of(&p, self.resampling.glare, shape) {
            let field = if linear.is_noisy() { self.field(shape) } else { Arc::default() };
            self.with_scratch(|scratch| linear.apply(out, shape, &field, &mut scratch.padded));
        }
        if let Some(blur) = Blur::new(p.get(Axis::Blur)) {
            self.with_scratch(|scratch| blur.apply(out, shape, &mut scratch.plane));
        }
        for (axis, change) in [
            (Axis::Brightness, tone::brighten as fn(&mut [f32], f64)),
            (Axis::Contrast, tone::stretch),
            (Axis::Gamma, tone::bend),
        ] {
            if p.get(axis) != 0.0 {
                change(out, p.get(axis));
            }
        }
        if let Some(quality) = jpeg::quality(p.get(Axis::Jpeg)) {
            jpeg::compress(out, shape, quality);
        }
    }

    /// Mirrors, then moves.
    fn place(&self, image: &[f32], shape: (usize, usize), p: &Perturbation, out: &mut [f32]) {
        match (Geometry::of(p), Mirror::of(p)) {
            (None, mirror) => {
                out.copy_from_slice(image);
                if let Some(mirror) = mirror {
                    mirror.apply(out, shape);
                }
            }
            (Some(geometry), None) => self.move_to(image, shape, geometry, p.get(Axis::Angle), out),
            (Some(geometry), Some(mirror)) => {
                let mut mirrored = image.to_vec();
                mirror.apply(&mut mirrored, shape);
                self.move_to(&mirrored, shape, geometry, p.get(Axis::Angle), out);
            }
        }
    }

    /// Tilts, turns, zooms and shifts: in one resampling, but for the three-pass rotation, which the rest follows, bilinear.
    fn move_to(
        &self,
        image: &[f32],
        shape: (usize, usize),
        geometry: Geometry,
        angle_deg: f64,
        out: &mut [f32],
    ) {
        self.with_scratch(|scratch| match &self.turns {
            Some(turns) if !geometry::is_whole(angle_deg) => {
                let fill = self.resampling.fill;
                match geometry.after_turn() {
                    None => turns.rotate(image, shape, angle_deg, fill, &mut scratch.shear, out),
                    Some(rest) => {
                        let mut turned = std::mem::take(&mut scratch.turned);
                        turned.resize(image.len(), 0.0);
                        turns.rotate(image, shape, angle_deg, fill, &mut scratch.shear, &mut turned);
                        self.warp(&turned, shape, rest, scratch, out);
                        scratch.turned = turned;
                    }
                }
            }
            _ => self.warp(image, shape, geometry, scratch, out),
        });
    }

    fn warp(
        &self,
        image: &[f32],
        (height, width): (usize, usize),
        geometry: Geometry,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        scratch.texels.resize(height * width, Rgbx::ZERO);
        scratch.row.resize(width, Rgbx::ZERO);
        bilinear::interleave(image, &mut scratch.texels);
        let source = Source { texels: &scratch.texels, height, width };
        let warp = geometry.forward((height, width));
        let [red, green, blue] = planes_mut(out);
        let rows =
            red.chunks_exact_mut(width).zip(green.chunks_exact_mut(width)).zip(blue.chunks_exact_mut(width));
        for (row, ((red, green), blue)) in rows.enumerate() {
            source.warped_row(&warp, self.resampling.fill, row, &mut scratch.row);
            bilinear::separate(&scratch.row, [red, green, blue]);
        }
    }

    /// The numbers of the noise for pictures of that height and width.
    fn field(&self, shape: (usize, usize)) -> Arc<Vec<f32>> {
        let mut fields = self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(fields.entry(shape).or_insert_with(|| Arc::new(noise::field(shape))))
    }

    /// Calls `work` with working memory of the pool.
    fn with_scratch(&self, work: impl FnOnce(&mut Scratch)) {
        let mut scratch = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        work(&mut scratch);
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl fmt::Debug for Perturber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Perturber")
            .field("resampling", &self.resampling)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
