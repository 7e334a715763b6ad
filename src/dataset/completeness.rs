//! Whether a test set is complete, and what else a user should know before a run.

use super::sample::Counts;
use super::set::Dataset;
use super::unused::Why;
use crate::error::shown;

impl Dataset {
    /// Warnings that a user should read before a run: test pictures that differ in number from the published
    /// set's (before the limit), masks that were paired in an unusual way, test pictures that are not
    /// evaluated. Training pictures are left out.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = count_warnings(self);
        warnings.extend(self.remarks.iter().cloned());
        let told = self.unused.iter().filter(|unused| unused.why != Why::OtherSplit);
        warnings.extend(told.map(ToString::to_string));
        warnings
    }
}

/// One warning for each category whose test pictures are more or fewer than those of the published set,
/// whatever part of it the limit selected.
fn count_warnings(dataset: &Dataset) -> Vec<String> {
    let Some(official) = dataset.official else { return Vec::new() };
    let mut warnings: Vec<String> = dataset
        .categories
        .iter()
        .filter_map(|category| compare(&category.name, category.found, official.counts(&category.name)?, ""))
        .collect();
    if let Some(counts) = official.counts_in_all()
        && dataset.categories.len() == official.categories().len()
    {
        let found = dataset.categories.iter().fold(Counts::default(), |sum, category| Counts {
            normal: sum.normal + category.found.normal,
            anomalous: sum.anomalous + category.found.anomalous,
        });
        warnings.extend(compare(official.name(), found, counts, " in all"));
    }
    warnings
}

fn compare(name: &str, found: Counts, official: Counts, scope: &str) -> Option<String> {
    let missing =
        official.normal.saturating_sub(found.normal) + official.anomalous.saturating_sub(found.anomalous);
    let extra =
        found.normal.saturating_sub(official.normal) + found.anomalous.saturating_sub(official.anomalous);
    let difference = match (missing, extra) {
        (0, 0) => return None,
        (missing, 0) => format!("{missing} missing"),
        (0, extra) => format!("{extra} too many"),
        (missing, extra) => format!("{missing} missing, {extra} too many"),
    };
    Some(format!(
        "{}: {} of {} good and {} of {} anomalous test images{scope}: {difference}",
        shown(name),
        found.normal,
        official.normal,
        found.anomalous,
        official.anomalous
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_both_ways() {
        let official = Counts { normal: 20, anomalous: 63 };
        let told = |normal, anomalous| compare("bottle", Counts { normal, anomalous }, official, "");
        assert_eq!(told(20, 63), None);
        let expected = "bottle: 18 of 20 good and 63 of 63 anomalous test images: 2 missing";
        assert_eq!(told(18, 63).as_deref(), Some(expected));
        assert!(told(19, 65).is_some_and(|text| text.ends_with("1 missing, 2 too many")));
    }
}
