//! The table that tells what finding the worst cases took, and how far they can be trusted.

use askance::report::Effort;

use super::stability::value_of;
use super::table::render;

/// A row for each model and attack; nothing where none was made.
pub fn table(efforts: &[Effort]) -> Option<String> {
    if efforts.is_empty() {
        return None;
    }
    let cell = |known: Option<String>| known.unwrap_or_else(|| "-".to_owned());
    let body: Vec<Vec<String>> = efforts
        .iter()
        .map(|effort| {
            vec![
                effort.model.clone(),
                effort.attack.to_string(),
                effort.search.clone(),
                format!("{:.1}", effort.evaluations),
                format!("{:.1}", effort.coarse),
                cell(effort.scan_step.map(|step| value_of(effort.attack, step))),
                cell(effort.expected_gain.map(|gain| format!("{gain:.4}"))),
            ]
        })
        .collect();
    let header = ["model", "attack", "search", "full looks", "coarse", "exact in steps of", "one more wins"];
    Some(format!(
        "searches, means over samples: the scan of one axis is exact on its grid; any other search may have missed lower losses, and \
         says what it expects one more evaluation to win\n{}",
        render(&header, &body, 3)
    ))
}
