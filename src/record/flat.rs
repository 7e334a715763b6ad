//! Rows for programs that read JSON.

use serde::Serialize;
use serde_json::{Map, Value};

/// A row as one JSON object. What is nested in the row is flat in it, under the names of the columns.
pub fn to_json<T: Serialize>(row: &T) -> Value {
    let mut flat = Map::new();
    if let Ok(Value::Object(fields)) = serde_json::to_value(row) {
        for (name, value) in fields {
            match value {
                Value::Object(nested) => flat.extend(nested),
                value => drop(flat.insert(name, value)),
            }
        }
    }
    Value::Object(flat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Row as _, SummaryRow};
    use crate::types::{Attack, Metrics, Over};

    #[test]
    fn metrics_and_what_they_are_over_are_flat() {
        let row = |over| SummaryRow {
            model: "m".into(),
            dataset: "d".into(),
            over,
            attack: Attack::Clean,
            samples: 2,
            metrics: Metrics { pixel_auroc: Some(0.5), ..Metrics::default() },
            mean_loss: None,
            evaluations: 2,
            intervals: Default::default(),
            drops: Default::default(),
        };
        let mean = to_json(&row(Over::Mean));
        assert_eq!((mean["over"].as_str(), mean["pixel_auroc"].as_f64()), (Some("mean"), Some(0.5)));
        assert!(mean["category"].is_null() && mean["aupro"].is_null() && mean.get("metrics").is_none());
        let category = to_json(&row(Over::Category("mean".into())));
        assert_eq!(
            (category["over"].as_str(), category["category"].as_str()),
            (Some("category"), Some("mean"))
        );
        let columns: Vec<&str> = SummaryRow::header();
        assert!(columns.iter().all(|name| mean.get(*name).is_some()), "{mean}");
    }
}
