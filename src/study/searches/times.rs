//! What the runs of a comparison took.

use std::path::{Path, PathBuf};

use crate::attack::SearchChoice;
use crate::error::Result;
use crate::file;
use crate::record::{SearchTimeRow, read_rows, write_rows};
use crate::study::outcome::Outcome;

/// `search_time.csv`: a run that is taken up finished has no time of its own any more, so that the times of earlier starts are kept.
pub(super) struct Times {
    path: PathBuf,
    rows: Vec<SearchTimeRow>,
}

impl Times {
    pub fn open(out: &Path) -> Result<Self> {
        let path = out.join("search_time.csv");
        let rows = if file::is_there(&path) { read_rows(&path)? } else { Vec::new() };
        Ok(Self { path, rows })
    }

    /// Keeps what a run took, where it evaluated anything.
    pub fn keep(&mut self, outcome: &Outcome, search: SearchChoice, budget: usize) -> Result<()> {
        if outcome.clock.evaluations == 0 {
            return Ok(());
        }
        let row = SearchTimeRow {
            strategy: search.to_string(),
            budget,
            search_seconds: outcome.clock.search.as_secs_f64(),
            wall_seconds: outcome.wall.as_secs_f64(),
        };
        self.rows.retain(|old| (&old.strategy, old.budget) != (&row.strategy, row.budget));
        self.rows.push(row);
        write_rows(&self.path, &self.rows)
    }

    /// The times of these strategies and budgets.
    pub fn of(self, each: &[(String, usize)]) -> Vec<SearchTimeRow> {
        let wanted = |row: &SearchTimeRow| {
            each.iter().any(|(name, budget)| (name, budget) == (&row.strategy, &row.budget))
        };
        self.rows.into_iter().filter(wanted).collect()
    }
}
