//! Maps and masks at evaluation size, where they are asked for.

use ndarray::Array2;

use crate::attack::{Objective, PooledSample};
use crate::dataset::Sample;
use crate::error::Result;
use crate::record::{RunDir, write_npy};
use crate::types::{Attack, Frame};

/// Writes the map as float32 and the mask as uint8, both as scored: 0 normal, 1 anomalous, 255 not counted. The mask is the same
/// for all attacks unless it turns with the picture or part of it is not counted; then each attack has its own.
pub(super) fn write(
    dir: &RunDir,
    objective: &Objective,
    model: Option<&str>,
    sample: &Sample,
    attack: Attack,
    pooled: &PooledSample<'_>,
) -> Result<()> {
    let scored = objective.scored(pooled.patch_map.view(), pooled.mask, &pooled.perturbation);
    write_npy(dir.map_path(model, &sample.id, attack.name()), scored.map.view())?;
    if !sample.masked {
        return Ok(());
    }
    let mut mask: Array2<u8> = scored.mask.mapv(u8::from);
    if let Some(valid) = &scored.valid {
        mask.zip_mut_with(valid, |pixel, &valid| {
            if !valid {
                *pixel = 255;
            }
        });
    }
    let own = objective.frame() == Frame::RotatedMask || scored.valid.is_some();
    let what = if own { format!("{attack}.mask") } else { "mask".to_owned() };
    write_npy(dir.map_path(model, &sample.id, &what), mask.view())
}
