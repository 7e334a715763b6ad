//! The choice of categories by name.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

/// Whether a category is wanted; an empty choice wants all.
pub fn is_chosen(chosen: &[String], name: &str) -> bool {
    chosen.is_empty() || chosen.iter().any(|wanted| wanted == name)
}

/// Refuses a choice that names a category which is not there.
pub fn check<'a>(chosen: &[String], there: impl Iterator<Item = &'a str>) -> Result<()> {
    let there: BTreeSet<&str> = there.collect();
    let Some(unknown) = chosen.iter().find(|name| !there.contains(name.as_str())) else { return Ok(()) };
    let mut nearest: Vec<&str> = there.into_iter().collect();
    nearest.sort_by_key(|name| distance(unknown, name));
    Err(Error::setting(
        "categories",
        unknown,
        "is not in the dataset",
        format!("choose among {}", nearest.join(", ")),
    ))
}

/// Edit distance (insertions, deletions, replacements).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_textbook() {
        for (left, right, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(left, right), expected);
        }
    }

    #[test]
    fn the_nearest_name_comes_first() {
        let error = check(&["botle".into()], ["zipper", "bottle", "cable"].into_iter()).unwrap_err();
        assert_eq!(error.fix, "choose among bottle, cable, zipper");
        assert!(check(&["cable".into()], ["zipper", "cable"].into_iter()).is_ok());
    }
}
