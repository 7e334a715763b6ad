//! A table and its four forms.

use super::cell::{Cell, Column};

/// A table with a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it shows, with units; empty for a listing that needs no title.
    pub title: String,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Lines beneath: what the cells stand on. Settings are in backticks.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without notes.
    pub fn new(title: impl Into<String>, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        Self { title: title.into(), columns, rows, notes: Vec::new() }
    }

    /// Aligned text under its title, as a terminal shows it, without a line break at the end.
    pub fn to_text(&self) -> String {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::short).collect()).collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let cells = rows.iter().map(|row| row[place].chars().count());
                cells.chain([column.head.chars().count()]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: &[String]| {
            let cells = cells.iter().zip(&self.columns).zip(&widths);
            let padded = cells.map(|((cell, column), &width)| match column.right {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
        let title = (!self.title.is_empty()).then(|| self.title.clone());
        let body = [self.heads(), rule].into_iter().chain(rows).map(|cells| line(&cells));
        title.into_iter().chain(body).chain(self.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
    }

    /// Comma-separated, values at full precision, shares in [0, 1]; without title and notes.
    pub fn to_csv(&self) -> String {
        let header: Vec<String> = self.columns.iter().flat_map(|column| column.names.clone()).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&self.columns).flat_map(|(cell, column)| {
                let mut values = cell.exact();
                values.resize(column.names.len(), String::new());
                values
            });
            cells.collect()
        });
        let mut writer = csv::Writer::from_writer(Vec::new());
        for cells in std::iter::once(header).chain(rows) {
            writer.write_record(&cells).expect("memory takes every row, and rows are as long as the header");
        }
        let bytes = writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("cells are text")
    }

    /// A Markdown table between its title and its notes, numbers as readers see them.
    pub fn to_markdown(&self) -> String {
        let escaped = |text: String| text.replace('|', "\\|");
        let line = |cells: Vec<String>| {
            format!("| {} |\n", cells.into_iter().map(escaped).collect::<Vec<_>>().join(" | "))
        };
        let aligned = self.columns.iter().map(|column| if column.right { "---:" } else { "---" });
        let rule = format!("|{}|\n", aligned.collect::<Vec<_>>().join("|"));
        let rows: String = self.rows.iter().map(|row| line(row.iter().map(Cell::short).collect())).collect();
        let notes: String = self.notes.iter().map(|note| format!("\n{note}\n")).collect();
        format!("{}\n\n{}{rule}{rows}{notes}", self.title, line(self.heads()))
    }

    /// A LaTeX `table` that needs the package booktabs, numbers as readers see them.
    pub fn to_latex(&self) -> String {
        let line = |cells: Vec<String>| {
            format!("{} \\\\\n", cells.iter().map(|cell| latex(cell)).collect::<Vec<_>>().join(" & "))
        };
        let columns: String =
            self.columns.iter().map(|column| if column.right { 'r' } else { 'l' }).collect();
        let rows: String = self.rows.iter().map(|row| line(row.iter().map(Cell::short).collect())).collect();
        let (title, header) = (latex(&self.title), line(self.heads()));
        let notes: String = self.notes.iter().map(|note| format!("\\par {}\n", latex(note))).collect();
        format!(
            "\\begin{{table}}\n\\centering\n\\caption{{{title}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{header}\\midrule\n\
             {rows}\\bottomrule\n\\end{{tabular}}\n{notes}\\end{{table}}\n"
        )
    }

    /// What readers see above the columns.
    pub fn heads(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.head.clone()).collect()
    }
}

/// Escapes what LaTeX would read as a command.
fn latex(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', letter]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![Column::words("category"), Column::numbers("pAUROC"), Column::numbers("change")];
        let rows = vec![
            vec![Cell::text("metal_nut"), Cell::Share(Some(0.51234)), Cell::Points(Some(-0.1))],
            vec![Cell::text("a, \"b\" | c"), Cell::Share(None), Cell::Points(None)],
        ];
        Table::new("Means, in %", columns, rows)
    }

    #[test]
    fn text_lines_up_between_title_and_notes() {
        let table = Table { notes: vec!["one, made up".into()], ..table() };
        assert_eq!(
            table.to_text(),
            "Means, in %\n\
             category    pAUROC  change\n\
             ----------  ------  ------\n\
             metal_nut     51.2   -10.0\n\
             a, \"b\" | c       -       -\n\
             one, made up"
        );
    }

    #[test]
    fn a_listing_has_no_line_for_a_title() {
        let columns = vec![Column::words("name"), Column::numbers("x")];
        let rows =
            vec![vec![Cell::text("a"), Cell::Share(Some(0.01))], vec![Cell::text("long"), Cell::Share(None)]];
        let text = Table::new("", columns, rows).to_text();
        assert_eq!(text, "name    x\n----  ---\na     1.0\nlong    -");
    }

    #[test]
    fn csv_has_a_column_for_each_value_of_a_cell() {
        let columns = vec![Column::words("category"), Column::numbers("clean").named(["AUROC", "AUPRO"])];
        let cells = [Cell::shares(Some(0.25), Some(0.125)), Cell::Share(None), Cell::text("")];
        let rows = cells.map(|cell| vec![Cell::text("nut"), cell]).to_vec();
        let csv = Table::new("", columns, rows).to_csv();
        assert_eq!(csv, "category,AUROC,AUPRO\nnut,0.25,0.125\nnut,,\nnut,,\n");
    }

    #[test]
    fn notes_follow_in_markdown_and_latex() {
        let table = Table { notes: vec!["5 % at most".into()], ..table() };
        assert!(table.to_markdown().ends_with(" |\n\n5 % at most\n"), "{}", table.to_markdown());
        let latex = table.to_latex();
        assert!(latex.ends_with("\\end{tabular}\n\\par 5 \\% at most\n\\end{table}\n"), "{latex}");
    }

    #[test]
    fn csv_keeps_every_digit_and_quotes() {
        assert_eq!(
            table().to_csv(),
            "category,pAUROC,change\nmetal_nut,0.51234,-0.1\n\"a, \"\"b\"\" | c\",,\n"
        );
    }

    #[test]
    fn markdown_aligns_numbers_right() {
        assert_eq!(
            table().to_markdown(),
            "Means, in %\n\n| category | pAUROC | change |\n|---|---:|---:|\n\
             | metal_nut | 51.2 | -10.0 |\n| a, \"b\" \\| c | - | - |\n"
        );
    }

    #[test]
    fn latex_escapes_what_it_would_read() {
        let text = table().to_latex();
        for line in ["\\caption{Means, in \\%}", "\\begin{tabular}{lrr}", "metal\\_nut & 51.2 & -10.0 \\\\"] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert_eq!(latex("a\\b^~"), "a\\textbackslash{}b\\textasciicircum{}\\textasciitilde{}");
    }
}
