//! A table and its three forms.

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A share, written in percent; nothing where it is not known.
    Share(Option<f64>),
    /// A difference of shares, written in points with its sign; nothing where it is not known.
    Points(Option<f64>),
}

/// A table with a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it shows, with units.
    pub title: String,
    /// Column names.
    pub header: Vec<String>,
    /// Rows, each with as many cells as the header.
    pub rows: Vec<Vec<Cell>>,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// For readers: one decimal.
    pub fn short(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Share(value) => value.map_or_else(|| "-".into(), |value| format!("{:.1}", 100.0 * value)),
            Self::Points(value) => value.map_or_else(|| "-".into(), |value| format!("{:+.1}", 100.0 * value)),
        }
    }

    /// For programs: the value itself, in [0, 1]; empty where it is not known.
    fn exact(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Share(value) | Self::Points(value) => {
                value.map_or_else(String::new, |value| value.to_string())
            }
        }
    }
}

impl Table {
    /// Comma-separated, values at full precision in [0, 1].
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::exact).collect());
        for cells in std::iter::once(self.header.clone()).chain(rows) {
            writer.write_record(&cells).expect("memory takes every row, and rows are as long as the header");
        }
        let bytes = writer.into_inner().expect("memory takes everything");
        String::from_utf8(bytes).expect("cells are text")
    }

    /// A Markdown table under its title, numbers in percent and points.
    pub fn to_markdown(&self) -> String {
        let escaped = |text: String| text.replace('|', "\\|");
        let line = |cells: Vec<String>| {
            format!("| {} |\n", cells.into_iter().map(escaped).collect::<Vec<_>>().join(" | "))
        };
        let aligned = self.alignments().map(|left| if left { "---" } else { "---:" });
        let rule = format!("|{}|\n", aligned.collect::<Vec<_>>().join("|"));
        let rows: String = self.rows.iter().map(|row| line(row.iter().map(Cell::short).collect())).collect();
        format!("{}\n\n{}{rule}{rows}", self.title, line(self.header.clone()))
    }

    /// A LaTeX `table` that needs the package booktabs, numbers in percent and points.
    pub fn to_latex(&self) -> String {
        let line = |cells: Vec<String>| {
            format!("{} \\\\\n", cells.iter().map(|cell| latex(cell)).collect::<Vec<_>>().join(" & "))
        };
        let columns: String = self.alignments().map(|left| if left { 'l' } else { 'r' }).collect();
        let rows: String = self.rows.iter().map(|row| line(row.iter().map(Cell::short).collect())).collect();
        let (title, header) = (latex(&self.title), line(self.header.clone()));
        format!(
            "\\begin{{table}}\n\\centering\n\\caption{{{title}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{header}\\midrule\n\
             {rows}\\bottomrule\n\\end{{tabular}}\n\\end{{table}}\n"
        )
    }

    /// Per column, whether it holds words.
    fn alignments(&self) -> impl Iterator<Item = bool> {
        (0..self.header.len())
            .map(|column| self.rows.iter().all(|row| row.get(column).is_none_or(Cell::is_text)))
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
        Table {
            title: "Means, in %".into(),
            header: ["category", "pAUROC", "change"].map(String::from).to_vec(),
            rows: vec![
                vec![Cell::text("metal_nut"), Cell::Share(Some(0.51234)), Cell::Points(Some(-0.1))],
                vec![Cell::text("a, \"b\" | c"), Cell::Share(None), Cell::Points(None)],
            ],
        }
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
