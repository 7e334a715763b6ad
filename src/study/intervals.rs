//! How sure the rows of results are: intervals over redrawn samples.

use super::session::Session;
use crate::dataset::{Category, Sample};
use crate::metric::{Estimate, Estimates, Redraws};
use crate::record::{Drops, Intervals, SummaryRow, SweepRow, mean_rows, sweep_means};
use crate::stats;
use crate::types::{Attack, Interval, Label, Metrics, Over};

/// The redraws of a category, the same for every model and attack, so that these are compared in the same redraws. `None` where
/// there are too few anomalous samples for any interval.
pub(super) fn redraws(
    session: &Session<'_>,
    category: &Category,
    samples: &[&Sample],
    count: usize,
) -> Option<Redraws> {
    let labels: Vec<bool> = samples.iter().map(|sample| sample.label == Label::Anomalous).collect();
    let scenes: Vec<Option<&str>> =
        samples.iter().map(|sample| sample.circumstances.scene.as_deref()).collect();
    let name = format!("bootstrap/{}/{}", session.data.dataset.name, category.name);
    let seed = stats::derive_seed(session.settings.seed, &name);
    let anomalous = labels.iter().filter(|&&anomalous| anomalous).count();
    let redraws = (anomalous >= Estimate::FEWEST).then(|| Redraws::of_scenes(&labels, &scenes, count, seed));
    redraws.filter(|redraws| redraws.anomalous() >= Estimate::FEWEST)
}

/// A row with the values of its metrics in the redraws.
pub(super) struct Estimated {
    pub(super) row: SummaryRow,
    pub(super) estimates: Estimates,
    /// The clean ones minus these.
    pub(super) drops: Estimates,
}

impl Estimated {
    pub(super) fn new(row: SummaryRow, estimates: Estimates) -> Self {
        let row = SummaryRow { intervals: intervals(&row.metrics, &estimates), ..row };
        Self { row, estimates, drops: Estimates::default() }
    }
}

/// The rows of one category under one model, with their drops from the clean row.
pub(super) fn with_drops(mut found: Vec<Estimated>) -> Vec<Estimated> {
    let clean = found.iter().find(|one| one.row.attack == Attack::Clean);
    let Some((metrics, estimates)) = clean.map(|clean| (clean.row.metrics, clean.estimates.clone())) else {
        return found;
    };
    for one in found.iter_mut().filter(|one| one.row.attack != Attack::Clean) {
        one.drops = estimates.minus(&one.estimates);
        one.row.drops = drops(&metrics, &one.row.metrics, &one.drops);
    }
    found
}

/// All rows, the means over categories last.
pub(super) fn rows(found: &[Estimated]) -> Vec<SummaryRow> {
    let mut rows: Vec<SummaryRow> = found.iter().map(|one| one.row.clone()).collect();
    let mut means = mean_rows(&rows);
    let metrics: Vec<Metrics> = means.iter().map(|mean| mean.metrics).collect();
    for place in 0..means.len() {
        let mean = &means[place];
        let same = |row: &SummaryRow, attack| {
            (&row.model, &row.dataset, row.attack) == (&mean.model, &mean.dataset, attack)
        };
        let own: Vec<&Estimated> = found.iter().filter(|one| same(&one.row, mean.attack)).collect();
        let estimates = mean_of(own.iter().map(|one| (one.row.metrics, &one.estimates)));
        let clean = means.iter().position(|row| mean.attack != Attack::Clean && same(row, Attack::Clean));
        let drops = clean.map(|clean| {
            let estimates = mean_of(own.iter().map(|one| (one.row.metrics, &one.drops)));
            drops(&metrics[clean], &metrics[place], &estimates)
        });
        let intervals = intervals(&metrics[place], &estimates);
        (means[place].intervals, means[place].drops) = (intervals, drops.unwrap_or_default());
    }
    rows.extend(means);
    rows
}

/// Fills in the intervals of the rows of a sweep of one model, and adds their means; `estimates` has those of each row.
pub(super) fn sweep(rows: &mut [SweepRow], estimates: &[Estimates]) -> Vec<SweepRow> {
    for (row, estimates) in rows.iter_mut().zip(estimates) {
        row.intervals = intervals(&row.metrics, estimates);
    }
    let mut means = sweep_means(rows);
    for mean in &mut means {
        let of_mean = rows
            .iter()
            .zip(estimates)
            .filter(|(row, _)| (row.axis, row.value) == (mean.axis, mean.value) && row.over != Over::Mean);
        let of_mean = mean_of(of_mean.map(|(row, estimates)| (row.metrics, estimates)));
        mean.intervals = intervals(&mean.metrics, &of_mean);
    }
    means
}

/// The means over categories of the metrics that these have. Where one has a metric and no estimate of it, there is none of the mean.
pub(super) fn mean_of<'e>(categories: impl Iterator<Item = (Metrics, &'e Estimates)>) -> Estimates {
    let categories: Vec<(Metrics, &Estimates)> = categories.collect();
    let mean = |metric: fn(&Metrics) -> Option<f64>, estimate: fn(&Estimates) -> &Option<Estimate>| {
        let known = categories.iter().filter(|(metrics, _)| metric(metrics).is_some());
        let estimates: Option<Vec<Estimate>> = known.map(|(_, of)| estimate(of).clone()).collect();
        Estimate::mean(&estimates?)
    };
    Estimates {
        pixel_auroc: mean(|metrics| metrics.pixel_auroc, |of| &of.pixel_auroc),
        aupro: mean(|metrics| metrics.aupro, |of| &of.aupro),
        image_auroc: mean(|metrics| metrics.image_auroc, |of| &of.image_auroc),
    }
}

fn intervals(metrics: &Metrics, estimates: &Estimates) -> Intervals {
    let pixel_auroc = around(metrics.pixel_auroc, &estimates.pixel_auroc);
    let aupro = around(metrics.aupro, &estimates.aupro);
    let image_auroc = around(metrics.image_auroc, &estimates.image_auroc);
    Intervals {
        pixel_auroc_low: pixel_auroc.map(|ends| ends.low),
        pixel_auroc_high: pixel_auroc.map(|ends| ends.high),
        aupro_low: aupro.map(|ends| ends.low),
        aupro_high: aupro.map(|ends| ends.high),
        image_auroc_low: image_auroc.map(|ends| ends.low),
        image_auroc_high: image_auroc.map(|ends| ends.high),
    }
}

fn drops(clean: &Metrics, worst: &Metrics, estimates: &Estimates) -> Drops {
    let drop = |metric: fn(&Metrics) -> Option<f64>| Some(metric(clean)? - metric(worst)?);
    let (pixel_auroc, aupro) = (drop(|metrics| metrics.pixel_auroc), drop(|metrics| metrics.aupro));
    let of_pixel_auroc = around(pixel_auroc, &estimates.pixel_auroc);
    let of_aupro = around(aupro, &estimates.aupro);
    Drops {
        pixel_auroc_drop: pixel_auroc,
        pixel_auroc_drop_low: of_pixel_auroc.map(|ends| ends.low),
        pixel_auroc_drop_high: of_pixel_auroc.map(|ends| ends.high),
        aupro_drop: aupro,
        aupro_drop_low: of_aupro.map(|ends| ends.low),
        aupro_drop_high: of_aupro.map(|ends| ends.high),
    }
}

/// The interval of an estimate around the value that is reported, which is exact where the estimate is within 1e-5 of it.
pub(super) fn around(value: Option<f64>, estimate: &Option<Estimate>) -> Option<Interval> {
    let (value, ends) = (value?, estimate.as_ref()?.interval()?);
    Some(Interval { low: ends.low.min(value), high: ends.high.max(value) })
}
