//! The samples that a run kept as pictures, under every attack, as tiles for a page.

use super::chosen::Run;
use super::examples::example_tiles;
use super::records::Records;
use crate::error::Result;
use crate::file;
use crate::record::{Example, ExampleRow, RunDir, RunInfo, SampleRow, read_examples};
use crate::types::{Attack, Image};

/// One kept sample under one attack.
#[derive(Clone, Debug)]
pub struct Exhibited {
    /// The row of the sample unperturbed.
    pub clean: SampleRow,
    /// The row of the attack.
    pub worst: SampleRow,
    /// Clean picture, its map, worst picture, its map brought back; each (3, H, W) in [0, 1]. The maps of one sample share one scale.
    pub tiles: [Image; 4],
}

/// Every sample of which a run kept a picture under every attack whose map is there, the longer sides of the tiles being `side`.
///
/// # Errors
/// A file error when a record is damaged.
pub fn exhibits(dir: &RunDir, side: usize) -> Result<Vec<Exhibited>> {
    let kept = read_examples(dir)?;
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let records = Records::read(Run { dir, info: RunInfo::read(dir.info_path())? })?;
    let mut all = Vec::new();
    for example in kept {
        let own = |row: &&SampleRow| {
            (&row.model, &row.dataset, &row.category, &row.sample)
                == (&example.row.model, &example.row.dataset, &example.row.category, &example.row.sample)
        };
        let rows: Vec<&SampleRow> = records.samples.iter().filter(own).collect();
        let Some(clean) = rows.iter().find(|row| row.attack == Attack::Clean) else { continue };
        let mut met: Vec<(&SampleRow, Example)> = Vec::new();
        for &row in rows.iter().filter(|row| row.attack != Attack::Clean) {
            let id = row.id()?;
            if !file::is_there(&dir.patch_map_path(&row.model, &id, row.attack)) {
                continue;
            }
            let map = dir.load_patch_map(&row.model, &id, row.attack)?;
            let mut one = Example { row: under(&example.row, row), worst_map: map, ..example.clone() };
            records.put_together(&mut one);
            met.push((row, one));
        }
        let examples: Vec<Example> = met.iter().map(|(_, one)| one.clone()).collect();
        let tiles = example_tiles(&examples, records.resampling, side)?;
        all.extend(met.iter().zip(tiles).map(|((row, _), tiles)| Exhibited {
            clean: (*clean).clone(),
            worst: (*row).clone(),
            tiles,
        }));
    }
    Ok(all)
}

fn under(kept: &ExampleRow, row: &SampleRow) -> ExampleRow {
    ExampleRow {
        attack: row.attack,
        parameters: row.parameters,
        worst_auroc: row.sample_auroc,
        ..kept.clone()
    }
}
