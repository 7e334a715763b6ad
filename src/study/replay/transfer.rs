//! The transfer of worst cases from one model to others, from the records of their replay.

use ndarray::Zip;

use super::as_found;
use super::found::Found;
use crate::error::Result;
use crate::record::{RunDir, SampleRow, SummaryRow, TransferRow, read_map, read_rows};
use crate::stats;
use crate::study::outcome::Outcome;
use crate::types::{Attack, Over, PooledMetric, SampleKey};

/// How far the answers of two models to one sample lie apart.
struct Apart {
    category: String,
    loss: f64,
    /// Mean and largest difference of a map; none where the shapes are not the same.
    map: Option<(f64, f64)>,
}

/// A row for each model but the one that the worst cases were found under, each attack and each scope of the summary. `chosen_anew`
/// says that the points are not the same.
pub(super) fn rows(
    found: &Found,
    origin: &str,
    run: &Outcome,
    chosen_anew: bool,
) -> Result<Vec<TransferRow>> {
    let first = as_found(origin);
    let of = |model: &str, over: &Over, attack| {
        run.summary.iter().find(|row| row.model == model && row.over == *over && row.attack == attack)
    };
    let samples: Vec<SampleRow> = read_rows(run.dir.samples_path())?;
    let mut rows = Vec::new();
    let replayed = run.summary.iter().filter(|row| row.model != first && row.attack != Attack::Clean);
    let groups = stats::grouped(replayed, |row| (row.model.clone(), row.attack));
    for group in groups {
        let (model, attack) = (&group[0].model, group[0].attack);
        let apart =
            if chosen_anew { Vec::new() } else { apart(found, &run.dir, &samples, (&first, model), attack)? };
        for row in group {
            let metrics = |other: Option<&SummaryRow>, metric: PooledMetric| metric.of(&other?.metrics);
            let (clean, there) = (of(model, &row.over, Attack::Clean), of(&first, &row.over, attack));
            let near = apart.iter().filter(|one| row.over.category().is_none_or(|name| one.category == name));
            let near: Vec<&Apart> = near.collect();
            let losses: Vec<f64> = near.iter().map(|one| one.loss).collect();
            let maps: Option<Vec<(f64, f64)>> = near.iter().map(|one| one.map).collect();
            let maps = maps.unwrap_or_default();
            let largest = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max);
            rows.push(TransferRow {
                found_under: origin.to_owned(),
                model: model.clone(),
                dataset: row.dataset.clone(),
                over: row.over.clone(),
                attack,
                samples: row.samples,
                clean_pixel_auroc: metrics(clean, PooledMetric::PixelAuroc),
                clean_aupro: metrics(clean, PooledMetric::Aupro),
                pixel_auroc: metrics(Some(row), PooledMetric::PixelAuroc),
                aupro: metrics(Some(row), PooledMetric::Aupro),
                found_pixel_auroc: metrics(there, PooledMetric::PixelAuroc),
                found_aupro: metrics(there, PooledMetric::Aupro),
                loss_difference_mean: stats::mean(&losses),
                loss_difference_max: largest(&mut losses.iter().copied()),
                map_difference_mean: stats::mean(&maps.iter().map(|map| map.0).collect::<Vec<_>>()),
                map_difference_max: largest(&mut maps.iter().map(|map| map.1)),
            });
        }
    }
    Ok(rows)
}

/// The differences between two models at the same points, sample by sample.
fn apart(
    found: &Found,
    dir: &RunDir,
    samples: &[SampleRow],
    (one, other): (&str, &str),
    attack: Attack,
) -> Result<Vec<Apart>> {
    let row = |model: &str, key: &SampleKey| {
        samples.iter().find(|row| {
            row.model == model
                && row.attack == attack
                && (&row.category, &row.sample) == (&key.category, &key.sample)
        })
    };
    let mut apart = Vec::new();
    for sample in found.data.samples() {
        let key = SampleKey::new(one, &sample.id);
        let (Some(first), Some(second)) = (row(one, &key), row(other, &key)) else { continue };
        let maps = [one, other].map(|model| read_map(&dir.patch_map_path(model, &sample.id, attack)));
        let [a, b] = maps;
        let (a, b) = (a?, b?);
        let map = (a.dim() == b.dim()).then(|| {
            let difference = Zip::from(&a).and(&b).map_collect(|a, b| f64::from((a - b).abs()));
            (difference.mean().unwrap_or_default(), difference.iter().copied().fold(0.0, f64::max))
        });
        apart.push(Apart {
            category: sample.id.category.clone(),
            loss: (first.loss - second.loss).abs(),
            map,
        });
    }
    Ok(apart)
}
