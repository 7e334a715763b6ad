//! What a row of a comparison is about.

use crate::record::BenchRow;
use crate::report::cell::{Cell, Column};

/// Columns of the subject.
pub(super) fn columns() -> [Column; 3] {
    [Column::words("provider"), Column::words("precision"), Column::numbers("batch")]
}

/// Cells of the subject.
pub(super) fn cells(row: &BenchRow) -> [Cell; 3] {
    [Cell::text(&row.ran), Cell::text(&row.precision), Cell::count(row.batch)]
}
