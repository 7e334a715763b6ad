//! Whether the metrics of a run are those of the rows beside them.

use std::collections::HashMap;
use std::path::Path;

use super::rows::{SampleRow, SummaryRow};
use crate::error::{Error, Result};
use crate::types::Attack;

/// Refuses a `summary.csv` at `path` that was made from other rows than those of the `samples.csv` beside it, as numbers of samples
/// and evaluations and the mean loss tell.
///
/// # Errors
/// A file error that names the first row that does not agree.
pub fn require_agreement(path: &Path, summary: &[SummaryRow], samples: &[SampleRow]) -> Result<()> {
    let mut found: HashMap<(&str, &str, Attack), (usize, usize, f64)> = HashMap::new();
    for row in samples {
        let key = (row.model.as_str(), row.category.as_str(), row.attack);
        let (count, evaluations, loss) = found.entry(key).or_default();
        (*count, *evaluations, *loss) = (*count + 1, *evaluations + row.evaluations, *loss + row.loss);
    }
    for row in summary {
        let Some(category) = row.over.category() else { continue };
        let (count, evaluations, loss) =
            found.get(&(row.model.as_str(), category, row.attack)).copied().unwrap_or_default();
        let mean = loss / count as f64;
        let same_loss = row.mean_loss.is_none_or(|loss| (loss - mean).abs() <= 1e-9 * loss.abs().max(1.0));
        if (count, evaluations) != (row.samples, row.evaluations) || !same_loss {
            let problem =
                format!("was made from other rows than samples.csv has ({category}, {})", row.attack);
            return Err(Error::file(path, problem, "give the run's command again, which makes it anew"));
        }
    }
    Ok(())
}
