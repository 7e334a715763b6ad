//! The pictures that worst cases are, as the model saw them.

use image::{Rgb, RgbImage};
use ndarray::{Array3, ArrayView3};

use super::found::{Found, Origin};
use crate::attack::Objective;
use crate::dataset;
use crate::error::{Error, Result};
use crate::record::{Parameters, RunDir, write_atomic, write_npy};
use crate::study::observe::{Observe, Stage};
use crate::types::{Attack, PooledMetric};

/// Writes each worst case as PNG, which rounds to 256 levels, and as float32 `.npy` of shape (3, height, width), which is what the model
/// gets, in pieces where the fit is one of tiles; gives how many pictures there are.
pub(super) fn write(found: &Found, origin: &Origin, to: &RunDir, observe: &dyn Observe) -> Result<usize> {
    let Origin { info, size } = origin;
    let settings = found.settings_of_attacks();
    let objective = Objective::new(&settings, *size);
    let all = found.data.samples().count() * settings.attacks.len();
    let stage = Stage::begin(observe, &format!("pictures of {}", info.name), all);
    let mut written = 0;
    for sample in found.data.samples() {
        let image = dataset::load(sample, settings.input(*size))?.image;
        for &attack in &settings.attacks {
            if observe.stop() {
                return Err(Error::interrupted("replay"));
            }
            let row = found.row(&info.name, &sample.id, attack)?;
            let told_apart = attack != Attack::Clean && row.aupro != Parameters::default();
            for metric in PooledMetric::ALL.into_iter().take(if told_apart { 2 } else { 1 }) {
                let mut picture = Array3::zeros(image.dim());
                objective.perturber().apply(image.view(), row.chosen_by(metric), picture.view_mut());
                let chosen = if metric == PooledMetric::Aupro { "-aupro" } else { "" };
                let path = |ending| to.image_path(&info.name, &sample.id, attack, chosen, ending);
                write_npy(path("npy"), picture.view())?;
                write_atomic(path("png"), &png(picture.view()))?;
                written += 1;
            }
            stage.advance(1.0);
        }
    }
    stage.complete();
    Ok(written)
}

fn png(picture: ArrayView3<'_, f32>) -> Vec<u8> {
    let (_, height, width) = picture.dim();
    let level = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixels = RgbImage::from_fn(width as u32, height as u32, |x, y| {
        Rgb([0, 1, 2].map(|channel| level(picture[[channel, y as usize, x as usize]])))
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    // Memory takes whatever is written.
    let _ = pixels.write_to(&mut bytes, image::ImageFormat::Png);
    bytes.into_inner()
}
