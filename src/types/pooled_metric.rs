//! The pooled metrics that worst cases are chosen by.

use super::{Metrics, named};

/// A metric of a category's pooled pixels that worst cases are chosen by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PooledMetric {
    /// Pixel AUROC.
    #[default]
    PixelAuroc,
    /// AUPRO.
    Aupro,
}

named!(PooledMetric, "a pooled metric", { PixelAuroc = "pixel-auroc", Aupro = "aupro" });

impl PooledMetric {
    /// The value of the metric; `None` where it is not defined.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        match self {
            Self::PixelAuroc => metrics.pixel_auroc,
            Self::Aupro => metrics.aupro,
        }
    }
}
