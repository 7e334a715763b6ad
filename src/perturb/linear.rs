//! The way of the light from the lamp to the sensor, on linear light: values are decoded once before it and encoded once after it.
//!
//! Lamp (colour, unevenness, shade, glare), lens (vignetting, defocus, motion), exposure, noise, and then the sensor, which clips.

use super::field::Field;
use super::kernel::Kernel;
use super::light::Light;
use super::noise::Noise;
use super::planes::planes_mut;
use super::shade::Shade;
use super::srgb::{decoded, encoded};
use crate::types::{Axis, Glare, Perturbation};

/// A change of light, of which at least one part changes something.
pub(super) struct Linear {
    temperature: Option<Light>,
    others: Option<Others>,
}

/// Everything but the colour temperature.
struct Others {
    /// Gains of the channels by temperature and tint.
    gain: [f32; 3],
    uneven: Option<Field>,
    shade: Option<Shade>,
    glare: Option<Field>,
    vignette: Option<Field>,
    defocus: Option<Kernel>,
    motion: Option<Kernel>,
    exposure: f32,
    noise: Option<Noise>,
}

impl Linear {
    /// The change of light of a perturbation of pictures of `size` (height, width), whose glare lies at `glare`; `None` if nothing changes.
    ///
    /// # Panics
    /// If a shade, a defocus or a noise is negative.
    pub fn of(p: &Perturbation, glare: Glare, size: (usize, usize)) -> Option<Self> {
        const OTHERS: [Axis; 11] = [
            Axis::Tint,
            Axis::LightX,
            Axis::LightY,
            Axis::Shadow,
            Axis::Glare,
            Axis::Vignette,
            Axis::Defocus,
            Axis::MotionX,
            Axis::MotionY,
            Axis::Exposure,
            Axis::Noise,
        ];
        let temperature = Light::new(p.get(Axis::Temperature));
        let others = OTHERS.iter().any(|&axis| p.get(axis) != 0.0).then(|| {
            let tint = p.get(Axis::Tint).exp2() as f32;
            let [red, green, blue] = temperature.map_or([1.0; 3], Light::gains);
            Others {
                gain: [red * tint, green, blue * tint],
                uneven: Field::uneven(p.get(Axis::LightX), p.get(Axis::LightY), size),
                shade: Shade::new(p.get(Axis::Shadow), size),
                glare: Field::glare(p.get(Axis::Glare), glare, size),
                vignette: Field::vignette(p.get(Axis::Vignette), size),
                defocus: Kernel::defocus(p.get(Axis::Defocus)),
                motion: Kernel::motion(p.get(Axis::MotionX), p.get(Axis::MotionY)),
                exposure: p.get(Axis::Exposure).exp2() as f32,
                noise: Noise::new(p.get(Axis::Noise)),
            }
        });
        (temperature.is_some() || others.is_some()).then_some(Self { temperature, others })
    }

    /// Whether the change has noise, and so needs its field.
    pub fn is_noisy(&self) -> bool {
        self.others.as_ref().is_some_and(|others| others.noise.is_some())
    }

    /// Changes a picture of three planes in place. `field` has the numbers of the noise where there is any; `scratch` is working memory.
    pub fn apply(&self, planes: &mut [f32], size: (usize, usize), field: &[f32], scratch: &mut Vec<f32>) {
        match (&self.others, self.temperature) {
            (Some(others), _) => others.apply(planes, size, field, scratch),
            // The colour temperature leaves green as it is: it need not be decoded.
            (None, Some(light)) => light.apply(planes_mut(planes)),
            (None, None) => {}
        }
    }
}

impl Others {
    fn apply(&self, planes: &mut [f32], size: (usize, usize), field: &[f32], scratch: &mut Vec<f32>) {
        for (plane, gain) in planes.chunks_exact_mut(size.0 * size.1).zip(self.gain) {
            plane.iter_mut().for_each(|value| *value = decoded(*value) * gain);
        }
        if let Some(uneven) = &self.uneven {
            uneven.multiply(planes);
        }
        if let Some(shade) = &self.shade {
            shade.apply(planes);
        }
        if let Some(glare) = &self.glare {
            glare.add(planes);
        }
        if let Some(vignette) = &self.vignette {
            vignette.multiply(planes);
        }
        for kernel in [&self.defocus, &self.motion].into_iter().flatten() {
            kernel.apply(planes, size, scratch);
        }
        planes.iter_mut().for_each(|light| *light *= self.exposure);
        if let Some(noise) = self.noise {
            noise.apply(planes, field);
        }
        planes.iter_mut().for_each(|light| *light = encoded(light.clamp(0.0, 1.0)));
    }
}
