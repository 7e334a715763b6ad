//! A table on a terminal that is narrower than it.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::fold::folded;
use super::table::Table;

/// Fewer letters than these make a column of words no better to read.
const LETTERS: usize = 20;

impl Table {
    /// [`Self::to_text`] for a terminal with `width` columns. Title and notes are folded, and a table that is wider comes in blocks, each
    /// with the columns that tell its rows apart.
    pub fn to_text_within(&self, width: usize) -> String {
        let title = (!self.title.is_empty()).then(|| folded(&self.title, width));
        let blocks: Vec<String> = self.blocks(width).iter().map(|block| block.body().join("\n")).collect();
        let notes = self.notes.iter().map(|note| folded(note, width));
        title.into_iter().chain([blocks.join("\n\n")]).chain(notes).collect::<Vec<_>>().join("\n")
    }

    fn blocks(&self, width: usize) -> Vec<Self> {
        if self.width() <= width {
            return vec![self.clone()];
        }
        let keys = self.keys(2 * width / 3);
        let (mut blocks, mut at) = (Vec::new(), keys);
        while at < self.columns.len() {
            let with = |end: usize| self.at((0..keys).chain(at..end));
            let mut end = at + 1;
            while end < self.columns.len() && with(end + 1).width() <= width {
                end += 1;
            }
            blocks.push(with(end).with_last_folded(width));
            at = end;
        }
        blocks
    }

    /// How many of the first columns tell the rows apart; fewer where these take more than `width`.
    fn keys(&self, width: usize) -> usize {
        let are_told_apart = |keys: &usize| {
            let cells = |row: &Vec<Cell>| row[..*keys].iter().map(Cell::short).collect::<Vec<_>>();
            self.rows.iter().map(cells).collect::<BTreeSet<_>>().len() == self.rows.len()
        };
        let words = self.columns.iter().take_while(|column| !column.right).count();
        let keys = (1..self.columns.len()).find(are_told_apart).unwrap_or(words);
        (1..=keys).rev().find(|&keys| self.at(0..keys).width() <= width).unwrap_or(1).min(self.columns.len())
    }

    /// The table of these columns, without title and notes.
    fn at(&self, columns: impl IntoIterator<Item = usize>) -> Self {
        let columns: Vec<usize> = columns.into_iter().collect();
        let rows = self.rows.iter().map(|row| columns.iter().map(|&at| row[at].clone()).collect()).collect();
        Self::new("", columns.iter().map(|&at| self.columns[at].clone()).collect(), rows)
    }

    /// The same table, the cells of its last column over several rows where they are words that make it wider than `width`.
    fn with_last_folded(mut self, width: usize) -> Self {
        let Some(last) = self.columns.len().checked_sub(1).filter(|&last| !self.columns[last].right) else {
            return self;
        };
        let room = width.saturating_sub(self.at(0..last).width() + 2);
        if self.width() <= width || room < LETTERS {
            return self;
        }
        let rows = std::mem::take(&mut self.rows);
        self.rows = rows
            .into_iter()
            .flat_map(|mut row| {
                let text = folded(&row[last].short(), room);
                let mut lines = text.split('\n').map(Cell::text);
                row[last] = lines.next().unwrap_or(Cell::Count(None));
                let more: Vec<Vec<Cell>> = lines
                    .map(|line| {
                        let mut cells = vec![Cell::text(""); last];
                        cells.push(line);
                        cells
                    })
                    .collect();
                std::iter::once(row).chain(more)
            })
            .collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::Column;
    use super::*;

    fn table() -> Table {
        let columns = ["model", "attack"].map(Column::words).into_iter();
        let columns = columns.chain(["samples", "clean", "worst"].map(Column::numbers)).collect();
        let row = |attack: &str, count| {
            vec![Cell::text("pocket"), Cell::text(attack), Cell::count(count), Cell::count(9), Cell::count(1)]
        };
        let notes = vec!["one note of words".to_owned()];
        Table { notes, ..Table::new("what it shows", columns, vec![row("hue", 3), row("joint", 3)]) }
    }

    #[test]
    fn a_table_that_fits_is_as_it_is() {
        assert_eq!(table().to_text_within(37), table().to_text());
    }

    #[test]
    fn a_wide_table_comes_in_blocks_that_name_their_rows() {
        let expected = "what it shows\n\
                        model   attack  samples\n\
                        ------  ------  -------\n\
                        pocket  hue           3\n\
                        pocket  joint         3\n\
                        \n\
                        model   attack  clean  worst\n\
                        ------  ------  -----  -----\n\
                        pocket  hue         9      1\n\
                        pocket  joint       9      1\n\
                        one note of words";
        assert_eq!(table().to_text_within(29), expected);
    }

    #[test]
    fn columns_go_into_the_keys_until_rows_are_told_apart() {
        let columns =
            [Column::words("provider"), Column::numbers("batch"), Column::numbers("images in a second")];
        let row = |batch| vec![Cell::text("cpu"), Cell::count(batch), Cell::count(70 + batch)];
        let table = Table::new("", columns.to_vec(), vec![row(1), row(8)]);
        assert_eq!((table.keys(20), table.keys(10)), (2, 1));
        assert_eq!(table.blocks(30).len(), 1, "there is nothing that could go into a second block");
    }

    #[test]
    fn long_words_go_over_several_rows() {
        let columns = ["provider", "state"].map(Column::words).to_vec();
        let row = |name: &str, state: &str| vec![Cell::text(name), Cell::text(state)];
        let rows = vec![row("cuda:0", "not installed; fetch the build that has it"), row("cpu", "usable")];
        let expected = "provider  state\n\
                        --------  ------------------------\n\
                        cuda:0    not installed; fetch the\n          \x20 build that has it\n\
                        cpu       usable";
        assert_eq!(Table::new("", columns, rows).to_text_within(36), expected);
    }
}
