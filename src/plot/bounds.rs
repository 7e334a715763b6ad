//! A figure of clean, uniform and per-sample worst case side by side.

use std::path::Path;

use super::bars::{Group, SPREAD, Value, grouped};
use super::canvas::{Canvas, note, px, title};
use super::legend::{Entry, Mark, legend};
use super::style;
use crate::error::{Error, Result};
use crate::record::{SummaryRow, UniformRow};
use crate::stats;
use crate::types::Attack;

type Metric = fn(&SummaryRow) -> Option<f64>;
const METRICS: [(&str, Metric); 2] =
    [("mean pAUROC (%)", |row| row.metrics.pixel_auroc), ("mean AUPRO (%)", |row| row.metrics.aupro)];

/// Draws pAUROC (above) and AUPRO (below), a group of three bars for each model, dataset and attack: unchanged pictures, the worst
/// perturbation that all samples of a category share, the worst of each sample. The rows are means over categories; only what has a
/// uniform worst case is shown. Several rows of one model, dataset and attack are those of several seeds.
///
/// # Errors
/// A file error when no uniform worst case has a metric, or the file cannot be written.
pub fn bounds(per_sample: &[SummaryRow], uniform: &[UniformRow], out: &Path) -> Result<()> {
    let uniform: Vec<SummaryRow> = uniform.iter().map(UniformRow::summary).collect();
    let attacked: Vec<&SummaryRow> = uniform.iter().filter(|row| row.attack != Attack::Clean).collect();
    let panels: Vec<_> =
        METRICS.into_iter().filter(|(_, metric)| attacked.iter().any(|row| metric(row).is_some())).collect();
    if panels.is_empty() {
        return Err(Error::file(
            out,
            "has nothing to show: no uniform worst case with a metric",
            "run askance attack `uniform`",
        ));
    }
    let distinct = stats::distinct(attacked.iter().map(|row| (&row.model, &row.dataset, row.attack)));
    let one_dataset = attacked.iter().all(|row| row.dataset == attacked[0].dataset);
    let one_model = attacked.iter().all(|row| row.model == attacked[0].model);
    let colours = [style::PALETTE[6], style::PALETTE[4], style::PALETTE[1]];
    let names = ["clean", "worst for all samples of a category together", "worst of each sample"];
    let mut canvas = Canvas::new(style::WIDTH, style::HEIGHT + 100);
    canvas.draw(out, |area| {
        title(area, "One perturbation for all, and one for each", style::WIDTH)?;
        let entries: Vec<Entry> = names
            .iter()
            .zip(colours)
            .map(|(&name, colour)| Entry { name: name.to_owned(), colour, mark: Mark::Box })
            .collect();
        let mut used = legend(area, &entries, 90, style::WIDTH)?;
        if distinct.len() < attacked.len() {
            used += note(area, SPREAD, 90 + used)?;
        }
        let (_, below) = area.split_vertically(px(90 + used + 10));
        for (place, (name, metric)) in below.split_evenly((panels.len(), 1)).iter().zip(panels) {
            let groups: Vec<Group> = distinct
                .iter()
                .map(|&(model, dataset, attack)| {
                    let value = |rows: &[SummaryRow], attack| {
                        let same = |other: &&SummaryRow| {
                            (&other.model, &other.dataset, other.attack) == (model, dataset, attack)
                        };
                        Value::of(rows.iter().filter(same).filter_map(metric))
                    };
                    let mut names = vec![attack.to_string()];
                    if !one_model {
                        names.extend(model.split(", ").map(str::to_owned));
                    }
                    names.extend((!one_dataset).then(|| dataset.clone()));
                    let values = vec![
                        value(&uniform, Attack::Clean),
                        value(&uniform, attack),
                        value(per_sample, attack),
                    ];
                    Group { names, values }
                })
                .collect();
            grouped(place, &groups, &colours, name)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}
