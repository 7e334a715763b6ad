//! The forward transform: rotate, then hue, then saturation.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use ndarray::{ArrayView3, ArrayViewMut3};

use super::bilinear::{self, Rgbx, Source, Texel};
use super::colour::Shift;
use super::settings::{Rotation, Settings};
use super::shear::{self, ThreePass};
use super::turn::{self, Turn};
use crate::types::Perturbation;

/// Applies perturbations to square pictures of one size.
///
/// It holds FFT plans and working memory, and can be shared between threads: each call takes its own working memory from
/// a pool, and its result depends on nothing but its arguments.
pub struct Perturber {
    settings: Settings,
    size: usize,
    three_pass: Option<ThreePass>,
    pool: Mutex<Vec<Scratch>>,
}

/// Working memory of one call.
#[derive(Default)]
struct Scratch {
    texels: Vec<Rgbx>,
    row: Vec<Rgbx>,
    shear: shear::Scratch,
}

impl Perturber {
    /// For pictures of `size` x `size` pixels.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn new(settings: Settings, size: usize) -> Self {
        assert!(size > 0, "a picture must have at least one pixel");
        let three_pass = (settings.rotation == Rotation::ThreePass).then(|| ThreePass::new(size));
        Self { settings, size, three_pass, pool: Mutex::new(Vec::new()) }
    }

    /// How pictures are turned.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Height and width of the pictures.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Writes `image` (3, size, size), RGB in [0, 1], perturbed by `p` to `out` of the same shape, which may be one slot
    /// of a batch. Values stay in [0, 1]. A part of `p` that changes nothing is skipped: identity is an exact copy.
    ///
    /// # Panics
    /// If a shape is not (3, size, size) or a value of `p` is not finite.
    pub fn apply(&self, image: ArrayView3<f32>, p: Perturbation, mut out: ArrayViewMut3<f32>) {
        let shape = (3, self.size, self.size);
        assert_eq!(image.dim(), shape, "shape of the picture to perturb");
        assert_eq!(out.dim(), shape, "shape of the slot for the perturbed picture");
        assert!(
            p.angle_deg.is_finite() && p.hue_rad.is_finite() && p.saturation.is_finite(),
            "a perturbation must be finite, but it is {p:?}"
        );
        let image = image.as_standard_layout();
        let image = image.as_slice().expect("a picture in standard layout is contiguous");
        if let Some(out) = out.as_slice_mut() {
            self.apply_contiguous(image, p, out);
        } else {
            let mut contiguous = vec![0.0; image.len()];
            self.apply_contiguous(image, p, &mut contiguous);
            out.iter_mut().zip(contiguous).for_each(|(out, value)| *out = value);
        }
    }

    fn apply_contiguous(&self, image: &[f32], p: Perturbation, out: &mut [f32]) {
        let shift = Shift::new(p.hue_rad, p.saturation);
        if turn::is_whole(p.angle_deg) {
            out.copy_from_slice(image);
        } else {
            let mut scratch = self.take();
            match &self.three_pass {
                Some(three_pass) => {
                    three_pass.rotate(image, p.angle_deg, self.settings.fill, &mut scratch.shear, out);
                }
                None => self.rotate_bilinear(image, p.angle_deg, &mut scratch, out),
            }
            self.give_back(scratch);
        }
        if let Some(shift) = shift {
            shift.apply(planes_mut(out));
        }
    }

    fn rotate_bilinear(&self, image: &[f32], angle_deg: f64, scratch: &mut Scratch, out: &mut [f32]) {
        let size = self.size;
        scratch.texels.resize(size * size, Rgbx::ZERO);
        scratch.row.resize(size, Rgbx::ZERO);
        bilinear::interleave(image, &mut scratch.texels);
        let source = Source { texels: &scratch.texels, height: size, width: size };
        let turn = Turn::clockwise(angle_deg, (size, size));
        let [red, green, blue] = planes_mut(out);
        let rows =
            red.chunks_exact_mut(size).zip(green.chunks_exact_mut(size)).zip(blue.chunks_exact_mut(size));
        for (row, ((red, green), blue)) in rows.enumerate() {
            source.turned_row(&turn, self.settings.fill, row, &mut scratch.row);
            bilinear::separate(&scratch.row, [red, green, blue]);
        }
    }

    fn take(&self) -> Scratch {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, scratch: Scratch) {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl fmt::Debug for Perturber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Perturber")
            .field("settings", &self.settings)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The three planes of a contiguous picture.
fn planes_mut(picture: &mut [f32]) -> [&mut [f32]; 3] {
    let (red, rest) = picture.split_at_mut(picture.len() / 3);
    let (green, blue) = rest.split_at_mut(rest.len() / 2);
    [red, green, blue]
}
