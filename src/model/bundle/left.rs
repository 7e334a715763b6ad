//! What a manifest that was begun by `askance models init` leaves to fill in.

use crate::error::{Error, Kind, Result};

/// The value of a field that nobody has filled in.
pub(crate) const FILL_IN: &str = "fill in";

/// A field without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Section and name, `input.mean`.
    pub field: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The fields of a manifest that are still to fill in, from its first line to its last.
pub(crate) fn to_fill_in(text: &str) -> Vec<Left> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = format!("{}.", name.0.trim());
        }
        let Some((key, value)) = text.split_once('=').filter(|_| !text.starts_with('#')) else { continue };
        let value = value.split('#').next().unwrap_or_default();
        if value.trim().trim_matches(['"', '\'']) == FILL_IN {
            let field = format!("{section}{}", key.trim().trim_matches(['"', '\'']));
            found.push(Left { field, line });
        }
    }
    found
}

/// Refuses a manifest that leaves something to fill in; `subject` names it.
pub(super) fn require_filled(text: &str, subject: &str) -> Result<()> {
    let left = to_fill_in(text);
    if left.is_empty() {
        return Ok(());
    }
    let fields: Vec<String> =
        left.iter().map(|left| format!("{} (line {})", left.field, left.line)).collect();
    let problem = format!("leaves {} to fill in", fields.join(", "));
    let fix = format!("write each value in place of {FILL_IN:?}; the remark above it says what is wanted");
    Err(Error::new(Kind::File, subject, problem, fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_by_field_and_line() {
        let text = "format = 1\nname = 'fill in'\n\n[input]\n# mean = \"fill in\"\nmean = \"fill in\"  # three numbers\n\
                    std = [1.0]\n[files]\n\"text.onnx\" = \"fill in\"\n";
        let left = |field: &str, line| Left { field: field.to_owned(), line };
        assert_eq!(to_fill_in(text), [left("name", 2), left("input.mean", 6), left("files.text.onnx", 9)]);
        let error = require_filled(text, "m/bundle.toml").unwrap_err();
        assert!(error.problem.contains("input.mean (line 6)") && error.subject == "m/bundle.toml", "{error}");
        require_filled("format = 1\ndescription = \"to fill in later\"", "m").unwrap();
    }
}
