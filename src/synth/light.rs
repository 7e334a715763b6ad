//! Lamp and camera: from a raster to a picture in display values, before and after sensor noise.

use ndarray::Array3;

use super::blur;
use super::dice::Dice;
use super::format::Format;
use super::noise::hash;
use super::palette::Rgb;
use super::scene::Raster;
use super::shape::{V2, heading, lerp, v2};
use crate::types::Image;

/// A photograph without sensor noise and what it was made from.
pub(super) struct Exposure {
    /// Picture in display values, shape (3, height, width).
    pub picture: Image,
    linear: Vec<Rgb>,
    shadows: Option<Vec<f32>>,
}

/// A rectangle of pixels; right and bottom are excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

impl Window {
    fn width(&self) -> usize {
        self.right - self.left
    }

    fn height(&self) -> usize {
        self.bottom - self.top
    }

    fn grown(self, by: usize, format: Format) -> Self {
        Self {
            left: self.left.saturating_sub(by),
            top: self.top.saturating_sub(by),
            right: (self.right + by).min(format.width),
            bottom: (self.bottom + by).min(format.height),
        }
    }

    fn whole(format: Format) -> Self {
        Self { left: 0, top: 0, right: format.width, bottom: format.height }
    }
}

/// Lamp and camera of one picture, drawn at random once.
#[derive(Clone)]
pub(super) struct Rig {
    /// Direction towards the lamp in the plane, times the sine of its distance from the zenith.
    pub lamp: V2,
    lamp_z: f32,
    ambient: f32,
    /// Factor by which the relief is exaggerated.
    relief: f32,
    slope: V2,
    tint: Rgb,
    exposure: f32,
    vignette: f32,
    /// Deviation of the lens blur in widths of the picture.
    blur: f32,
    shadow: f32,
    softness: f32,
    contrast: f32,
    noise: f32,
    noise_salt: u32,
}

impl Rig {
    pub fn new(dice: &mut Dice) -> Self {
        let zenith = dice.range(28.0, 58.0).to_radians();
        let lamp = heading(dice.turn()) * zenith.sin();
        let warmth = dice.range(-0.05, 0.05);
        let slope_size = dice.range(0.0, 0.35);
        Self {
            lamp,
            lamp_z: zenith.cos(),
            ambient: dice.range(0.3, 0.6),
            relief: dice.range(0.75, 1.3),
            slope: heading(dice.turn()) * slope_size,
            tint: [1.0 + warmth, 1.0 + dice.range(-0.015, 0.015), 1.0 - warmth],
            exposure: dice.range(0.72, 1.14),
            vignette: dice.range(0.0, 0.35),
            blur: dice.range(0.0, 0.85) / 192.0,
            shadow: dice.range(0.35, 0.75),
            softness: dice.range(0.012, 0.04),
            contrast: dice.range(0.85, 1.15),
            noise: dice.log_range(0.003, 0.018),
            noise_salt: dice.salt(),
        }
    }

    /// A word for the exposure or sharpness where it is remarkable.
    pub fn word(&self) -> Option<&'static str> {
        if self.exposure < 0.8 {
            Some("dark")
        } else if self.exposure > 1.07 {
            Some("bright")
        } else if self.blur > 0.7 / 192.0 {
            Some("blurry")
        } else {
            None
        }
    }

    /// The light that reaches the backdrop, at the picture's size; `None` where the part covers everything.
    fn shadows(&self, raster: &Raster, format: Format, lift: f32) -> Option<Vec<f32>> {
        if raster.samples.iter().all(|s| s.cover >= 1.0) {
            return None;
        }
        let (Format { height, width }, unit) = (format, format.unit() as f32);
        let factor = raster.format.width / width;
        let weight = 1.0 / (factor * factor) as f32;
        let mut cover = vec![0.0_f32; format.area()];
        for (row, line) in raster.samples.chunks(raster.format.width).enumerate() {
            let target = &mut cover[row / factor * width..][..width];
            for (column, sample) in line.iter().enumerate() {
                target[column / factor] += sample.cover * weight;
            }
        }
        let soft = blur::boxes(&cover, width, self.softness * unit);
        let wide = blur::boxes(&soft, width, 1.7 * self.softness * unit);
        let shift = self.lamp * (lift / self.lamp_z * unit);
        let mut out = vec![0.0; format.area()];
        for y in 0..height {
            for x in 0..width {
                let cast = bilinear(&soft, format, x as f32 + shift.x, y as f32 + shift.y);
                out[y * width + x] = (1.0 - self.shadow * cast) * (1.0 - 0.3 * wide[y * width + x]);
            }
        }
        Some(out)
    }

    /// Photographs a part, without sensor noise.
    pub fn photograph(&self, raster: &Raster, format: Format, lift: f32) -> Exposure {
        let shadows = self.shadows(raster, format, lift);
        let mut linear = vec![[0.0_f32; 3]; format.area()];
        let whole = Window::whole(format);
        self.light(raster, shadows.as_deref(), format, whole, &mut linear);
        let mut picture = Array3::zeros((3, format.height, format.width));
        self.develop(&linear, format, whole, &mut picture);
        Exposure { picture, linear, shadows }
    }

    /// Photographs the part again after a change within `window` (in pixels of the picture).
    pub fn again(
        &self,
        before: &Exposure,
        raster: &Raster,
        format: Format,
        lift: f32,
        window: Window,
        open: bool,
    ) -> Image {
        let mut linear = before.linear.clone();
        let mut picture = before.picture.clone();
        let renewed = if open { self.shadows(raster, format, lift) } else { None };
        // a changed outline changes the shadow, which reaches far
        let window = if open { Window::whole(format) } else { window.grown(1, format) };
        let shadows = if open { renewed.as_deref() } else { before.shadows.as_deref() };
        self.light(raster, shadows, format, window, &mut linear);
        let reach = blur::reach(self.blur * format.unit() as f32);
        self.develop(&linear, format, window.grown(reach, format), &mut picture);
        picture
    }

    /// The linear light of the pixels in a window.
    fn light(
        &self,
        raster: &Raster,
        shadows: Option<&[f32]>,
        format: Format,
        window: Window,
        linear: &mut [Rgb],
    ) {
        let (side, width) = (raster.format.width, format.width);
        let factor = side / width;
        let weight = 1.0 / (factor * factor) as f32;
        let half = v2(self.lamp.x / 2.0, self.lamp.y / 2.0);
        let half_z = (self.lamp_z + 1.0) / 2.0;
        let half_length = 1.0 / (half.dot(half) + half_z * half_z).sqrt();
        let step = self.relief * raster.format.unit() as f32 / 2.0;
        let flat = self.ambient + (1.0 - self.ambient) * self.lamp_z;
        for y in window.top..window.bottom {
            linear[y * width + window.left..y * width + window.right].fill([0.0; 3]);
        }
        for row in window.top * factor..window.bottom * factor {
            let here = &raster.samples[row * side..][..side];
            let up = &raster.samples[row.saturating_sub(1) * side..][..side];
            let down = &raster.samples[(row + 1).min(raster.format.height - 1) * side..][..side];
            for column in window.left * factor..window.right * factor {
                let sample = &here[column];
                let target = row / factor * width + column / factor;
                let mut colour = [0.0_f32; 3];
                if sample.cover < 1.0 {
                    let seen = shadows.map_or(1.0, |s| s[target]) * flat * (1.0 - sample.cover);
                    let back = raster.back[row * side + column];
                    colour = [back[0] * back[0] * seen, back[1] * back[1] * seen, back[2] * back[2] * seen];
                }
                if sample.cover > 0.0 {
                    let rise = |a: f32, b: f32| {
                        let slope = (b - a) * step;
                        slope / (1.0 + 0.45 * slope.abs())
                    };
                    let gx =
                        rise(here[column.saturating_sub(1)].height, here[(column + 1).min(side - 1)].height);
                    let gy = rise(up[column].height, down[column].height);
                    let n = 1.0 / (1.0 + gx * gx + gy * gy).sqrt();
                    let facing = ((self.lamp_z - gx * self.lamp.x - gy * self.lamp.y) * n).max(0.0);
                    let diffuse = self.ambient * lerp(1.0, n, 0.4) + (1.0 - self.ambient) * facing;
                    let shine = ((half_z - gx * half.x - gy * half.y) * n * half_length).max(0.0);
                    let s2 = shine * shine;
                    let s8 = s2 * s2 * s2 * s2;
                    let highlight = sample.gloss * (0.5 * s8 * s8 * s8 + 0.12 * s2 * s2);
                    for (channel, albedo) in colour.iter_mut().zip(sample.albedo) {
                        let lit = albedo * albedo * diffuse + highlight * (0.35 + 0.65 * albedo);
                        *channel += lit * sample.cover;
                    }
                }
                for (sum, value) in linear[target].iter_mut().zip(colour) {
                    *sum += value * weight;
                }
            }
        }
    }

    /// Applies lens and tone curve to the pixels in a window.
    fn develop(&self, linear: &[Rgb], format: Format, window: Window, picture: &mut Image) {
        let (width, sigma) = (format.width, self.blur * format.unit() as f32);
        let source = window.grown(blur::reach(sigma), format);
        // the lens falls off towards the corners, however far these are
        let (high, wide) = format.extent();
        let lens = 1.0 / high.max(wide);
        for channel in 0..3 {
            let mut plane = Vec::with_capacity(source.width() * source.height());
            for y in source.top..source.bottom {
                plane.extend(
                    linear[y * width + source.left..y * width + source.right].iter().map(|c| c[channel]),
                );
            }
            let plane = blur::gaussian(&plane, source.width(), sigma);
            let gain = self.exposure * self.tint[channel] * 1.12;
            for y in window.top..window.bottom {
                let line = &plane[(y - source.top) * source.width()..][..source.width()];
                for x in window.left..window.right {
                    let p = Raster::place(format, x, y) * lens;
                    let lamp = (1.0 + p.dot(self.slope)) * (1.0 - self.vignette * p.dot(p));
                    let value = (line[x - source.left] * lamp * gain).max(0.0).sqrt();
                    let value = 0.45 + (value - 0.45) * self.contrast;
                    // a shoulder, so that highlights do not clip hard
                    let value =
                        if value > 0.8 { 0.8 + 0.2 * ((value - 0.8) / 0.2).tanh() } else { value.max(0.0) };
                    picture[[channel, y, x]] = value;
                }
            }
        }
    }

    /// Adds the sensor's noise (which depends on the rig alone, not on what is seen) and rounds to bytes.
    pub fn expose(&self, picture: &Image) -> image::RgbImage {
        let (_, height, width) = picture.dim();
        image::RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let (i, j) = (x as i32, y as i32);
            let common = bell(hash(i, j, self.noise_salt));
            let mut pixel = [0_u8; 3];
            for (channel, byte) in pixel.iter_mut().enumerate() {
                let own = bell(hash(i, j, self.noise_salt ^ (0x5bd1 * (channel as u32 + 1))));
                let value =
                    picture[[channel, y as usize, x as usize]] + self.noise * (0.7 * common + 0.7 * own);
                *byte = (value * 255.0).round().clamp(0.0, 255.0) as u8;
            }
            image::Rgb(pixel)
        })
    }
}

/// A number distributed about as the standard normal: the sum of four uniform bytes.
fn bell(h: u32) -> f32 {
    let sum: u32 = h.to_le_bytes().iter().map(|&b| u32::from(b)).sum();
    (sum as f32 - 510.0) / 147.8
}

fn bilinear(data: &[f32], Format { height, width }: Format, x: f32, y: f32) -> f32 {
    let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (dx, dy) = (x - x0 as f32, y - y0 as f32);
    lerp(
        lerp(data[y0 * width + x0], data[y0 * width + x1], dx),
        lerp(data[y1 * width + x0], data[y1 * width + x1], dx),
        dy,
    )
}
