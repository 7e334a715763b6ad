//! Names in the cells of CSV: a spreadsheet takes a cell that begins with one of a few characters for a formula and runs it.

use std::borrow::Cow;

/// The cell for a text: one that a spreadsheet would take for a formula has an apostrophe in front, which spreadsheets take for the
/// sign of a text. Numbers are no formulas.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start_matches('\'');
    let formula = begins.len() > 1 && begins.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match formula && text.parse::<f64>().is_err() {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// The text of a cell that [`csv_cell`] wrote.
pub(super) fn text_of(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| csv_cell(text) == cell).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_text_and_reads_back() {
        for text in ["=1+1", "+a", "-dent", "@x", "'=1", "''=1", "'a", "a=1", "-3.5", "1e-9", "", "-", "\t=1"]
        {
            let cell = csv_cell(text);
            assert_eq!(text_of(&cell), text);
            assert!(!cell.starts_with(['=', '+', '@', '\t']), "{cell}");
        }
        assert_eq!(csv_cell("=cmd()"), "'=cmd()");
        assert_eq!(csv_cell("-3.5"), "-3.5");
        assert_eq!(csv_cell("dent"), "dent");
        assert_eq!(text_of("'a"), "'a", "as files of before have it");
    }
}
