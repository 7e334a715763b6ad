//! What a build server demands of every configuration: `map_max<=0.01`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::record::BenchRow;

/// A bound on one number of every configuration.
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    quantity: &'static Quantity,
    /// Whether the number must be at most the bound; at least, if not.
    at_most: bool,
    bound: f64,
}

/// A number that can be demanded.
#[derive(Debug)]
struct Quantity {
    name: &'static str,
    value: fn(&BenchRow) -> Option<f64>,
}

/// Changes of metrics count in either direction.
static QUANTITIES: [Quantity; 16] = [
    Quantity { name: "map_max", value: |row| row.map_max_difference },
    Quantity { name: "map_mean", value: |row| row.map_mean_difference },
    Quantity { name: "clean_pauroc", value: |row| row.clean_pixel_auroc.map(f64::abs) },
    Quantity { name: "clean_aupro", value: |row| row.clean_aupro.map(f64::abs) },
    Quantity { name: "worst_pauroc", value: |row| row.worst_pixel_auroc.map(f64::abs) },
    Quantity { name: "worst_aupro", value: |row| row.worst_aupro.map(f64::abs) },
    Quantity { name: "mean_ms", value: |row| row.mean_ms },
    Quantity { name: "p50_ms", value: |row| row.p50_ms },
    Quantity { name: "p95_ms", value: |row| row.p95_ms },
    Quantity { name: "p99_ms", value: |row| row.p99_ms },
    Quantity { name: "first_ms", value: |row| row.first_ms },
    Quantity { name: "session_ms", value: |row| row.session_ms },
    Quantity { name: "images_per_s", value: |row| row.images_per_s },
    Quantity { name: "of_cpu", value: |row| row.times_cpu },
    Quantity { name: "host_mib", value: |row| row.host_mib },
    Quantity { name: "device_mib", value: |row| row.device_mib },
];

impl Requirement {
    /// How a configuration misses the bound; `None` where it keeps it.
    pub fn missed_by(&self, row: &BenchRow) -> Option<String> {
        let name = self.quantity.name;
        let Some(value) = (self.quantity.value)(row) else {
            return Some(format!("{name} is not known, and {self} is required"));
        };
        let kept = if self.at_most { value <= self.bound } else { value >= self.bound };
        (!kept).then(|| format!("{name} is {}, and {self} is required", figures(value)))
    }
}

/// Three significant figures, so that a number beside its bound can be told from it.
fn figures(value: f64) -> String {
    let places = 2 - value.abs().max(1e-9).log10().floor() as i32;
    if (0..=9).contains(&places) { format!("{value:.*}", places as usize) } else { format!("{value:.3e}") }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.quantity.name, if self.at_most { "<=" } else { ">=" }, self.bound)
    }
}

impl FromStr for Requirement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |problem: &str| {
            let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
            Error::usage(
                text,
                problem,
                format!("write NAME<=NUMBER or NAME>=NUMBER, where NAME is one of {}", names.join(", ")),
            )
        };
        let (at_most, (name, bound)) = match (text.split_once("<="), text.split_once(">=")) {
            (Some(parts), None) => (true, parts),
            (None, Some(parts)) => (false, parts),
            _ => return Err(refuse("is no bound on a number")),
        };
        let quantity = QUANTITIES
            .iter()
            .find(|quantity| quantity.name == name.trim())
            .ok_or_else(|| refuse("names nothing that is measured"))?;
        let bound = bound.trim().parse::<f64>().ok().filter(|bound| bound.is_finite());
        let bound = bound.ok_or_else(|| refuse("has no number after the comparison"))?;
        Ok(Self { quantity, at_most, bound })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_reads_back_and_holds_at_its_end() {
        let demand: Requirement = " p95_ms <= 20 ".parse().unwrap();
        assert_eq!(demand.to_string(), "p95_ms<=20");
        let at = |p95_ms| BenchRow { p95_ms, ..BenchRow::default() };
        assert_eq!(demand.missed_by(&at(Some(20.0))), None);
        let said = demand.missed_by(&at(Some(20.04))).unwrap();
        assert_eq!(said, "p95_ms is 20.0, and p95_ms<=20 is required");
        assert!(demand.missed_by(&at(None)).unwrap().contains("not known"));
        let demand: Requirement = "images_per_s>=30".parse().unwrap();
        assert!(demand.missed_by(&BenchRow { images_per_s: Some(29.0), ..BenchRow::default() }).is_some());
        assert!(demand.missed_by(&BenchRow { images_per_s: Some(30.0), ..BenchRow::default() }).is_none());
    }

    #[test]
    fn a_change_counts_in_either_direction() {
        let demand: Requirement = "worst_pauroc<=0.2".parse().unwrap();
        for (change, kept) in [(-0.3, false), (0.3, false), (-0.1, true), (0.1, true)] {
            let row = BenchRow { worst_pixel_auroc: Some(change), ..BenchRow::default() };
            assert_eq!(demand.missed_by(&row).is_none(), kept, "{change}");
        }
    }

    #[test]
    fn what_is_no_bound_is_refused_with_the_names() {
        for text in
            ["", "p95_ms", "p95_ms<20", "p95_ms<=", "p95_ms<=x", "p95_ms<=nan", "speed<=3", "p95_ms<=1>=2"]
        {
            let error = text.parse::<Requirement>().unwrap_err();
            assert!(error.fix.contains("images_per_s"), "{text}: {error}");
        }
    }
}
