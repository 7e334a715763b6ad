//! Columns of a data set whose values make groups of pictures.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::by_text;

/// A column of a list of pictures by whose values these are grouped, and the value that the others are held against: as text
/// `COLUMN` or `COLUMN=VALUE`.
///
/// ```
/// use askance::study::GroupBy;
///
/// let by: GroupBy = "lamp=warm".parse().unwrap();
/// assert_eq!((by.column.as_str(), by.reference.as_deref()), ("lamp", Some("warm")));
/// assert_eq!(by.to_string(), "lamp=warm");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBy {
    /// Name of the column, of the key of a `meta.json`, or of a group of the pattern that tells conditions.
    pub column: String,
    /// The value that others are compared with; none where nothing is compared.
    pub reference: Option<String>,
}

impl fmt::Display for GroupBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Some(value) => write!(f, "{}={value}", self.column),
            None => f.pad(&self.column),
        }
    }
}

impl FromStr for GroupBy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (column, reference) = match text.split_once('=') {
            Some((column, value)) => (column.trim(), Some(value.trim())),
            None => (text.trim(), None),
        };
        if column.is_empty() || reference.is_some_and(str::is_empty) {
            let fix = "write COLUMN, or COLUMN=VALUE with the value that others are compared with";
            return Err(Error::setting("group_by", text, "names no column or no value", fix));
        }
        Ok(Self { column: column.to_owned(), reference: reference.map(str::to_owned) })
    }
}

by_text!(GroupBy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["", " ", "=warm", "lamp="] {
            let error = text.parse::<GroupBy>().unwrap_err();
            assert!(error.fix.contains("COLUMN=VALUE"), "{error}");
        }
        assert_eq!(" lamp = warm ".parse::<GroupBy>().unwrap().to_string(), "lamp=warm");
        let by: GroupBy = "lamp=a=b".parse().unwrap();
        assert_eq!((by.column.as_str(), by.reference.as_deref()), ("lamp", Some("a=b")));
    }
}
