//! The choice of categories by name.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::types::did_you_mean;

/// Whether a category is wanted; an empty choice wants all.
pub fn is_chosen(chosen: &[String], name: &str) -> bool {
    chosen.is_empty() || chosen.iter().any(|wanted| wanted == name)
}

/// Refuses a choice that names a category which is not there.
pub fn check<'a>(chosen: &[String], there: impl Iterator<Item = &'a str>) -> Result<()> {
    let there: BTreeSet<&str> = there.collect();
    let Some(unknown) = chosen.iter().find(|name| !there.contains(name.as_str())) else { return Ok(()) };
    let there: Vec<&str> = there.into_iter().collect();
    Err(Error::setting(
        "categories",
        unknown,
        "is not in the dataset",
        format!("{}choose among {}", did_you_mean(unknown, &there), there.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_alike_is_asked_for() {
        let error = check(&["botle".into()], ["zipper", "bottle", "cable"].into_iter()).unwrap_err();
        assert_eq!(error.fix, "did you mean bottle? Otherwise choose among bottle, cable, zipper");
        assert!(check(&["cable".into()], ["zipper", "cable"].into_iter()).is_ok());
    }
}
