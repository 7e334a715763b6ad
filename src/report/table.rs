//! A table and its four forms.

use super::cell::{Cell, Column};
use crate::error::shown;
use crate::record::csv_cell;

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

    /// The same table with only the columns of these heads.
    #[must_use]
    pub fn only(&self, heads: &[&str]) -> Self {
        let kept: Vec<usize> =
            (0..self.columns.len()).filter(|&at| heads.contains(&self.columns[at].head.as_str())).collect();
        let mut table = self.clone();
        table.columns = kept.iter().map(|&at| self.columns[at].clone()).collect();
        table.rows = self.rows.iter().map(|row| kept.iter().map(|&at| row[at].clone()).collect()).collect();
        table
    }

    /// The same table with the intervals of its cells for readers too, and a note about them where there are any.
    #[must_use]
    pub fn with_intervals(&self) -> Self {
        let mut table = self.clone();
        table.rows =
            table.rows.into_iter().map(|row| row.into_iter().map(Cell::with_interval).collect()).collect();
        let any = table.rows.iter().flatten().any(Cell::has_interval);
        table.notes.extend(any.then(|| "In brackets: 95 % interval over samples.".to_owned()));
        table
    }

    /// The same table with its notes in a reader's words for settings: `words` gets texts with settings in backticks.
    #[must_use]
    pub fn worded(self, words: &dyn Fn(&str) -> String) -> Self {
        Self { notes: self.notes.iter().map(|note| words(note)).collect(), ..self }
    }

    /// Width of [`Self::to_text`] in letters, without title and notes.
    pub(super) fn width(&self) -> usize {
        let widest = |(place, column): (usize, &Column)| {
            let cells = self.rows.iter().map(|row| row[place].short().chars().count());
            cells.chain([column.head.chars().count()]).max().unwrap_or(0)
        };
        let columns = self.columns.iter().enumerate();
        columns.map(widest).sum::<usize>() + 2 * self.columns.len().saturating_sub(1)
    }

    /// Aligned text under its title, as a terminal shows it, without a line break at the end.
    pub fn to_text(&self) -> String {
        let title = (!self.title.is_empty()).then(|| self.title.clone());
        title.into_iter().chain(self.body()).chain(self.notes.iter().cloned()).collect::<Vec<_>>().join("\n")
    }

    /// Lines of [`Self::to_text`] without title and notes: heads, a rule, rows.
    pub(super) fn body(&self) -> Vec<String> {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| shown(cell.short())).collect()).collect();
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
        [self.heads(), rule].into_iter().chain(rows).map(|cells| line(&cells)).collect()
    }

    /// Comma-separated, values at full precision, shares in [0, 1]; without title and notes.
    pub fn to_csv(&self) -> String {
        let header: Vec<String> = self.columns.iter().flat_map(|column| column.names.clone()).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&self.columns).flat_map(|(cell, column)| {
                let mut values: Vec<String> =
                    cell.exact().iter().map(|text| csv_cell(text).into_owned()).collect();
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
        let rows: String =
            self.rows.iter().map(|row| line(row.iter().map(|cell| shown(cell.short())).collect())).collect();
        let notes: String = self.notes.iter().map(|note| format!("\n{note}\n")).collect();
        format!("{}\n\n{}{rule}{rows}{notes}", self.title, line(self.heads()))
    }

    /// A LaTeX table of the name `label` that needs the package booktabs, numbers as readers see them. A wide one is scaled to the width
    /// of the text (package graphicx), a long one goes over several pages (package longtable).
    pub fn to_latex(&self, label: &str) -> String {
        /// Most rows on a page.
        const ROWS: usize = 45;
        /// Most letters in a line of text.
        const LETTERS: usize = 75;
        let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        let cells = |row: &Vec<Cell>| {
            let shown = row.iter().zip(&self.columns);
            let shown = shown.map(
                |(cell, column)| if column.right { number(&cell.short()) } else { latex(&cell.short()) },
            );
            line(shown.collect())
        };
        let header = line(self.heads().iter().map(|head| latex(head)).collect());
        let rows: String = self.rows.iter().map(cells).collect();
        let columns: String =
            self.columns.iter().map(|column| if column.right { 'r' } else { 'l' }).collect();
        let caption = format!("\\caption{{{}}}\n\\label{{tab:{}}}", latex(&self.title), key(label));
        let notes: String =
            self.notes.iter().map(|note| format!("\\par\\smallskip {}\n", latex(note))).collect();
        let widest = |place: usize| {
            let rows = self.rows.iter().map(|row| row[place].short().chars().count());
            rows.chain([self.columns[place].head.chars().count()]).max().unwrap_or(0) + 2
        };
        let wide = (0..self.columns.len()).map(widest).sum::<usize>() > LETTERS;
        if self.rows.len() > ROWS {
            let size = if wide { "\\scriptsize\\setlength{\\tabcolsep}{2pt}" } else { "\\small" };
            return format!(
                "% needs \\usepackage{{booktabs,longtable}}\n\\begingroup\n{size}\n\\begin{{longtable}}{{{columns}}}\n{caption}\\\\\n\\toprule\n\
                 {header}\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{rows}\\end{{longtable}}\n{notes}\\endgroup\n"
            );
        }
        let tabular = format!(
            "\\begin{{tabular}}{{{columns}}}\n\\toprule\n{header}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}"
        );
        let (packages, tabular) = match wide {
            true => ("booktabs,graphicx", format!("\\resizebox{{\\textwidth}}{{!}}{{%\n{tabular}}}")),
            false => ("booktabs", tabular),
        };
        format!(
            "% needs \\usepackage{{{packages}}}\n\\begin{{table}}\n\\centering\n{caption}\n{tabular}\n{notes}\\end{{table}}\n"
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
            // Behind the end of a row these two are read as its options.
            '[' | '*' if escaped.is_empty() => escaped.extend(['{', letter, '}']),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            // Two hyphens, as flags have them, would become one dash.
            '-' if escaped.ends_with('-') => escaped.push_str("{}-"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Escapes a number, with a minus for each hyphen in front of a figure and a dash where nothing is known.
fn number(text: &str) -> String {
    if text == "-" {
        return "--".to_owned();
    }
    let mut shown = String::new();
    let mut before = ' ';
    let mut letters = latex(text).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(letter) = letters.next() {
        let signs =
            letter == '-' && !before.is_alphanumeric() && letters.peek().is_some_and(char::is_ascii_digit);
        if signs {
            shown.push_str("$-$");
        } else {
            shown.push(letter);
        }
        before = letter;
    }
    shown
}

/// A name as the key of a label, which takes no commands.
fn key(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
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
    fn notes_are_told_in_the_readers_words_and_a_flag_keeps_its_hyphens() {
        let table = Table { notes: vec!["give `budget`".into()], ..table() };
        let flag = ["--", "budget 5"].concat();
        let table = table.worded(&|text| text.replace("`budget`", &flag));
        assert_eq!(table.notes, [format!("give {flag}")]);
        assert!(table.to_latex("t").contains("give -{}-budget 5"), "{}", table.to_latex("t"));
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
        let latex = table.to_latex("means");
        assert!(latex.ends_with("\\end{tabular}\n\\par\\smallskip 5 \\% at most\n\\end{table}\n"), "{latex}");
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
        let text = table().to_latex("means");
        for line in [
            "\\caption{Means, in \\%}",
            "\\begin{tabular}{lrr}",
            "metal\\_nut & 51.2 & $-$10.0 \\\\",
            "\\label{tab:means}",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert_eq!(latex("a\\b^~"), "a\\textbackslash{}b\\textasciicircum{}\\textasciitilde{}");
    }

    /// What LaTeX would not take: braces, environments and groups that do not close, rows of another length.
    fn unbalanced(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let plain = text.replace("\\{", "").replace("\\}", "");
        let (open, close) = (plain.matches('{').count(), plain.matches('}').count());
        if open != close {
            found.push(format!("{open} braces open, {close} close"));
        }
        let names = |word: &str| -> Vec<String> {
            text.split(word).skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
        };
        let (begun, mut ended) = (names("\\begin{"), names("\\end{"));
        ended.reverse();
        if begun != ended || text.matches("\\begingroup").count() != text.matches("\\endgroup").count() {
            found.push(format!("{begun:?} begin, {ended:?} end"));
        }
        let columns = text.split("table}{").chain(text.split("tabular}{")).find_map(|rest| {
            let spec = rest.split('}').next()?;
            (!spec.is_empty() && spec.chars().all(|letter| "lr".contains(letter))).then_some(spec.len())
        });
        let rows = text.lines().filter(|line| line.ends_with("\\\\") && !line.starts_with("\\label"));
        for row in rows {
            let cells = row.replace("\\&", "").matches('&').count() + 1;
            if Some(cells) != columns {
                found.push(format!("{cells} cells of {columns:?}: {row}"));
            }
        }
        found
    }

    #[test]
    fn latex_closes_what_it_opens_whatever_the_size_and_the_names() {
        for (width, length) in [(1, 1), (12, 3), (3, 90), (14, 90)] {
            let heads = (0..width).map(|at| Column::numbers(format!("attack {at} pAUROC")));
            let columns: Vec<Column> = [Column::words("category")].into_iter().chain(heads).collect();
            let row = |name: &str| {
                let values = (0..width).map(|_| Cell::Points(Some(-0.125)));
                [Cell::text(name)].into_iter().chain(values).collect::<Vec<_>>()
            };
            let names = ["[a] & {b", "*c}", "50 % \\ of_$d #", "<e|f>~^"].iter().cycle();
            let rows = names.take(length).map(|name| row(name)).collect();
            let table = Table { notes: vec!["{open & closed}".into()], ..Table::new("In %", columns, rows) };
            let text = table.to_latex("a_b");
            assert_eq!(unbalanced(&text), Vec::<String>::new(), "{text}");
            assert!(text.contains("$-$12.5") && !text.contains(" -12.5"), "{text}");
            assert_eq!(text.contains("\\begin{longtable}"), length > 45);
            assert_eq!(text.contains("\\resizebox{\\textwidth}"), width == 12);
            assert!(text.contains("\\label{tab:a-b}") && text.contains("booktabs"), "{text}");
        }
    }
}
