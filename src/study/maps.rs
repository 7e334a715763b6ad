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
    write_npy(dir.map_path(model, &sample.id, &mask_name(attack, own)), mask.view())
}

/// Without a dot: of `0.angle.mask.npy` nobody could tell whether it belongs to the sample `0` or to `0.angle`.
fn mask_name(attack: Attack, own: bool) -> String {
    if own { format!("{attack}-mask") } else { "mask".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::types::{Axis, SampleId};

    #[test]
    fn samples_whose_names_hold_those_of_attacks_have_files_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::create(folder.path()).unwrap();
        let stems = ["0", "0.angle", "0.angle-mask", "0.mask", "0.clean"];
        let mut paths = Vec::new();
        for stem in stems {
            let id = SampleId { category: "nut".into(), defect: "good".into(), stem: stem.into() };
            for attack in Attack::over(&Axis::ALL) {
                paths.push(dir.map_path(None, &id, attack.name()));
                paths.push(dir.map_path(None, &id, &mask_name(attack, true)));
            }
            paths.push(dir.map_path(None, &id, &mask_name(Attack::Clean, false)));
        }
        assert_eq!(paths.iter().collect::<HashSet<_>>().len(), paths.len());
    }
}
