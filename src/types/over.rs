//! What a row of results is over.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the numbers of a row of results are over. A category may have any name, `mean` and `all` too, and is never taken for one of the others.
///
/// Files have two cells for it: `over` (`category`, `mean` or `all`) and `category`, which is empty unless the row is over one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Cells", try_from = "Cells")]
pub enum Over {
    /// The samples of one category.
    Category(String),
    /// The categories of a data set: the mean of their numbers, all with the same weight.
    Mean,
    /// The samples of all categories together.
    All,
}

impl Over {
    /// Names of the two columns in files, in order.
    pub const COLUMNS: &'static [&'static str] = &["over", "category"];

    /// Name of the category, where the row is over one.
    pub fn category(&self) -> Option<&str> {
        match self {
            Self::Category(name) => Some(name),
            Self::Mean | Self::All => None,
        }
    }
}

/// Writes the category's name, `mean` or `all`. A category that is itself called `mean` or `all` stands in backticks.
impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category(name) if ["mean", "all"].contains(&name.as_str()) => f.pad(&format!("`{name}`")),
            Self::Category(name) => f.pad(name),
            Self::Mean => f.pad("mean"),
            Self::All => f.pad("all"),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Cells {
    /// What kind of row it is; none in files of versions that had no such column.
    over: Option<Kind>,
    category: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Category,
    Mean,
    All,
}

impl From<Over> for Cells {
    fn from(over: Over) -> Self {
        let (kind, category) = match over {
            Over::Category(name) => (Kind::Category, Some(name)),
            Over::Mean => (Kind::Mean, None),
            Over::All => (Kind::All, None),
        };
        Self { over: Some(kind), category }
    }
}

impl TryFrom<Cells> for Over {
    type Error = String;

    fn try_from(cells: Cells) -> Result<Self, String> {
        match (cells.over, cells.category) {
            (None | Some(Kind::Category), category) => Ok(Self::Category(category.unwrap_or_default())),
            (Some(Kind::Mean), None) => Ok(Self::Mean),
            (Some(Kind::All), None) => Ok(Self::All),
            (Some(_), Some(name)) => Err(format!("a row over more than a category names one: {name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_of_any_name_reads_back_as_a_category() {
        for over in [Over::Mean, Over::All].into_iter().chain(["mean", "all", "nut"].map(category)) {
            let value = serde_json::to_value(&over).unwrap();
            assert_eq!(value["category"].as_str(), over.category(), "{value}");
            assert_eq!(serde_json::from_value::<Over>(value).unwrap(), over);
        }
        let odd = serde_json::json!({ "over": "mean", "category": "nut" });
        assert!(serde_json::from_value::<Over>(odd).is_err());
    }

    #[test]
    fn readers_tell_a_category_from_the_mean() {
        let shown = [Over::Mean, category("mean"), Over::All, category("all"), category("nut")];
        assert_eq!(shown.map(|over| over.to_string()), ["mean", "`mean`", "all", "`all`", "nut"]);
    }

    fn category(name: &str) -> Over {
        Over::Category(name.to_owned())
    }
}
