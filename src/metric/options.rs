//! Settings of the metrics.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::types::named;

/// A definition of AUPRO.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AuproMode {
    /// Exact AUPRO: every distinct score is a threshold; the curve is cut at the limit by linear interpolation and its area
    /// divided by the limit. The definition of MVTec's evaluation code and of anomalib.
    #[default]
    Exact,
    /// AUPRO from 200 equidistant thresholds from the smallest score towards the largest, the points with an FPR below the limit, and
    /// their FPR axis stretched to [0, 1]: the form behind the published tables of Accurate-WinCLIP and many papers after it.
    /// Not comparable with the exact form; for checking such tables.
    Thresholds200,
}

named!(AuproMode, "a form of AUPRO", { Exact = "exact", Thresholds200 = "thresholds-200" });

/// Settings of [`evaluate`](super::evaluate).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricOptions {
    /// False-positive rate up to which AUPRO integrates, in (0, 1].
    pub fpr_limit: f64,
    /// The definition of AUPRO.
    pub aupro: AuproMode,
}

impl Default for MetricOptions {
    /// Options for exact AUPRO up to an FPR of 0.3.
    fn default() -> Self {
        Self { fpr_limit: 0.3, aupro: AuproMode::Exact }
    }
}

impl MetricOptions {
    /// Refuses a limit outside (0, 1].
    ///
    /// # Errors
    /// A usage error that names the value.
    pub fn validate(&self) -> Result<()> {
        if self.fpr_limit > 0.0 && self.fpr_limit <= 1.0 {
            return Ok(());
        }
        Err(Error::setting(
            "fpr_limit",
            self.fpr_limit,
            "is not above 0 and at most 1",
            "give the false-positive rate up to which AUPRO integrates, usually 0.3",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_match_serde() {
        for mode in AuproMode::ALL {
            assert_eq!(mode.name().parse::<AuproMode>().unwrap(), mode);
            assert_eq!(serde_json::to_string(&mode).unwrap(), format!("\"{mode}\""));
        }
        assert!("thresholds".parse::<AuproMode>().is_err());
    }

    #[test]
    fn limits_outside_are_refused_by_name() {
        for fpr_limit in [0.0, -0.1, 1.1, f64::NAN] {
            let error = MetricOptions { fpr_limit, ..MetricOptions::default() }.validate().unwrap_err();
            assert!(error.subject.starts_with("`fpr_limit = "), "{error}");
        }
        assert!(MetricOptions { fpr_limit: 1.0, ..MetricOptions::default() }.validate().is_ok());
    }
}
