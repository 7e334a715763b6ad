//! The data of a run as flags.

use askance::error::{Error, Result};
use askance::record::DatasetInfo;

use super::words::Words;

/// Adds where the data lie and which of them the run had. Other data that the user names have their own names and categories.
pub fn add(words: &mut Words<'_>, dataset: &DatasetInfo, skipped: bool) -> Result<()> {
    let DatasetInfo {
        name,
        root,
        layout,
        categories,
        limit,
        condition_pattern,
        // What came of them.
        samples: _,
        fingerprint: _,
        contents: _,
        pictures: _,
    } = dataset;
    if words.is_given("data") {
        return Ok(());
    }
    if root.is_empty() || root.contains('\u{fffd}') {
        let problem = "does not say in which folder the data are";
        return Err(Error::usage("run.toml", problem, "give `data`"));
    }
    words.add("data", root);
    words.add("name", name);
    // Older records do not have it.
    if !layout.is_empty() {
        words.add("layout", layout);
    }
    // A name with a comma could not have been given: the run had all categories.
    if !categories.iter().any(|category| category.contains(',')) {
        words.add_all("category", categories);
    }
    if let Some(limit) = limit {
        words.add("limit", limit);
    }
    if let Some(pattern) = condition_pattern {
        words.add("condition_pattern", pattern);
    }
    if skipped {
        words.flag("skip_bad");
    }
    Ok(())
}
