//! Metrics by the names that readers know.

use crate::types::PooledMetric;

/// The name of a metric.
pub(super) const fn metric_name(metric: PooledMetric) -> &'static str {
    match metric {
        PooledMetric::PixelAuroc => "pixel AUROC",
        PooledMetric::Aupro => "AUPRO",
    }
}
